//! Folders: the tree that everything automations use lives in, and who is assigned to it.

pub mod api;
pub mod contents;
pub mod links;
pub mod members;
pub mod model;
pub mod navigation;
pub mod pages;
pub mod service;
pub mod tree;
