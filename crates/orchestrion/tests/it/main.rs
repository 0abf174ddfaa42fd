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
mod agent_support;
mod alerts;
mod assets_crud;
mod assets_lists;
mod assets_pages;
mod assets_robots;
mod assets_sharing;
mod assets_support;
mod assets_values;
mod audit_log;
mod blobs_s3;
mod browser_external_apps;
mod browser_pages;
mod browser_queues;
mod browser_uipath_auth;
mod calendars;
mod clients_jobs;
mod clients_queues;
mod clients_rest;
mod clients_unchanged;
mod clients_usage;
mod console_external_apps;
mod contract;
mod exports;
mod exports_work;
mod first_automation;
mod fleet_support;
mod folders_assignment;
mod folders_rules;
mod guard_access;
mod guard_matrix;
mod jobs;
mod jobs_support;
mod logs_lists;
mod logs_submit;
mod logs_support;
mod machines_crud;
mod machines_folders;
mod machines_pages;
mod machines_tokens;
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
mod packages_feeds;
mod packages_support;
mod packages_upload;
mod principals;
mod processes;
mod queue_abandoned;
mod queue_changes;
mod queue_definitions;
mod queue_items;
mod queue_pages;
mod queue_retention;
mod queue_sharing;
mod queue_statistics;
mod queue_transactions;
mod queues_support;
mod races;
mod robots_accounts;
mod roles_rules;
mod sessions_hosts;
mod smoke;
mod start;
mod stats;
mod support;
mod tenants_portal;
mod tls;
mod transport;
mod triggers_firing;
mod triggers_http;
mod triggers_pages;
mod triggers_queues;
mod triggers_schedules;
mod triggers_support;
mod users_rules;
