//! What other crates show on pages of this one: parts of the homes of tenants and folders, and the bell in the frame. They register
//! while the server is put together.

use std::sync::{Arc, PoisonError, RwLock};

use context::Error;
use maud::{Markup, html};
use ui::Bell;
use web::{Future, Request};

/// A part of the homes of tenants and folders.
pub trait Panel: Send + Sync {
    /// What it shows to the visitor about a folder, or about the tenant where none is given. Nothing where the visitor may see nothing
    /// of it.
    fn render<'a>(&'a self, request: &'a Request, folder: Option<i64>) -> Future<'a, Result<Markup, Error>>;
}

/// What waits for a visitor; every page asks, so that it must be cheap.
pub trait Notices: Send + Sync {
    /// The bell of a page in a tenant; `None` for those who have none.
    fn bell<'a>(&'a self, request: &'a Request) -> Future<'a, Result<Option<Bell>, Error>>;
}

/// All that is registered.
#[derive(Default)]
pub struct Panels {
    panels: RwLock<Vec<Arc<dyn Panel>>>,
    notices: RwLock<Option<Arc<dyn Notices>>>,
}

impl Panels {
    /// Adds a part of the homes.
    pub fn register(&self, panel: Arc<dyn Panel>) {
        self.panels.write().unwrap_or_else(PoisonError::into_inner).push(panel);
    }

    /// Sets what the bell rings for.
    pub fn ring(&self, notices: Arc<dyn Notices>) {
        *self.notices.write().unwrap_or_else(PoisonError::into_inner) = Some(notices);
    }

    /// All parts of a home.
    pub(crate) async fn render(&self, request: &Request, folder: Option<i64>) -> Result<Markup, Error> {
        let panels = self.panels.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut parts = Vec::with_capacity(panels.len());
        for panel in panels {
            parts.push(panel.render(request, folder).await?);
        }
        Ok(html! { @for part in parts { (part) } })
    }

    /// The bell of a page; `None` outside of tenants.
    pub(crate) async fn bell(&self, request: &Request) -> Result<Option<Bell>, Error> {
        let notices = self.notices.read().unwrap_or_else(PoisonError::into_inner).clone();
        match notices {
            Some(notices) if request.tenant().is_ok() => notices.bell(request).await,
            _ => Ok(None),
        }
    }
}

impl std::fmt::Debug for Panels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Panels").finish_non_exhaustive()
    }
}
