//! Assets: values that automations read by name, for all accounts or for single ones, visible in one folder or several.

mod api;
pub mod direct;
pub mod input;
pub mod model;
mod pages;
pub mod read;
pub mod schema;
pub mod sealing;
pub mod service;
mod sharing;
pub mod value;

use std::sync::Arc;

use access::Access;
use access::folders::links;
use context::Requirement;
use odata::EntitySet;
use store::Entity as _;
use web::{Area, Module, NavigationEntry};

/// Operations, pages and navigation of assets. The seed tells `access` that assets are contents of folders.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::Asset::model(),
        }],
        navigation: vec![NavigationEntry {
            area: Area::Folder,
            name: "assets",
            title: "Assets",
            icon: "asset",
            path: "/assets",
            requirement: Requirement::parse("Assets.View").unwrap_or(Requirement::Nothing),
        }],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let contents = &app.state::<Access>()?.contents;
                contents.register(links::contents::<model::Asset>());
                Ok(())
            })
        })),
        ..Module::default()
    }
}
