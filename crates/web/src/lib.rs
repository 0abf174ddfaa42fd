//! The way in: every operation and page is declared once, found by one router, checked by one guard.
//!
//! * [`Operation`]: what is declared: method, path, scopes, permissions, folder rule, shapes, handler.
//! * [`Module`]: what a capability crate contributes. Nothing else of it is visible to the binary.
//! * [`Request`]: what a handler is given: [`Ctx`](context::Ctx), tenant, folder, rights, arguments, body.
//! * [`reply`]: what it answers with. Errors are [`context::Error`] and take their wire form in [`error`].
//! * [`Gatekeeper`]: the questions the guard asks the capability crates (who is this, which tenant, which rights).

mod app;
mod body;
mod cors;
mod credentials;
mod dispatch;
pub mod error;
mod gate;
mod guard;
mod incoming;
mod layout;
mod limits;
pub mod live;
mod metrics;
mod module;
mod openapi;
mod operation;
mod origin;
pub mod page;
pub mod reply;
mod request;
mod router;
mod server;

pub use app::{App, AppBuilder, Settings};
pub use body::bind;
pub use gate::{FolderRef, FolderSelector, Gatekeeper, TenantRef};
pub use incoming::Incoming;
pub use layout::{Family, IdentityPath, Layout};
pub use metrics::Metrics;
pub use module::{Area, Look, Migrations, Module, NavigationEntry, Reconciler, Seed};
pub use openapi::document as openapi_document;
pub use operation::{Access, Answer, Folder, Handler, Operation, Shape};
pub use origin::{Network, Origins};
pub use reply::{Body, Reply, Response};
pub use request::Request;
pub use server::{Listener, Tls, serve};

/// A boxed future, as object-safe traits and the operation table need it.
pub type Future<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;
