//! Behaviour of the server over HTTP, on every database.

mod accounts_sign_in;
mod accounts_users;
mod assets_crud;
mod assets_lists;
mod assets_pages;
mod assets_sharing;
mod assets_support;
mod assets_values;
mod clients_unchanged;
mod guard_matrix;
mod smoke;
mod support;
