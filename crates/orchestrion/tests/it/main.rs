//! Behaviour of the server over HTTP, on every database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]

mod access_pages;
mod access_support;
mod accounts_sign_in;
mod accounts_users;
mod assets_crud;
mod assets_lists;
mod assets_pages;
mod assets_sharing;
mod assets_support;
mod assets_values;
mod audit_log;
mod browser_external_apps;
mod browser_pages;
mod browser_uipath_auth;
mod clients_queues;
mod clients_rest;
mod clients_unchanged;
mod clients_usage;
mod console_external_apps;
mod contract;
mod exports;
mod exports_work;
mod folders_assignment;
mod folders_rules;
mod guard_access;
mod guard_matrix;
mod oauth_authorize;
mod oauth_bearer;
mod oauth_code;
mod oauth_discovery;
mod oauth_nodes;
mod oauth_personal_tokens;
mod oauth_refresh;
mod oauth_session;
mod oauth_support;
mod oauth_token;
mod outbox;
mod principals;
mod queue_abandoned;
mod queue_changes;
mod queue_definitions;
mod queue_items;
mod queue_retention;
mod queue_sharing;
mod queue_statistics;
mod queue_transactions;
mod queues_support;
mod races;
mod roles_rules;
mod smoke;
mod start;
mod support;
mod tenants_portal;
mod tls;
mod transport;
mod users_rules;
