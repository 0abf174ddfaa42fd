//! The console's design system: components are functions and builders that return [`maud::Markup`].
//!
//! There is one stylesheet and one script, both compiled in ([`assets`]). The [`CONTENT_SECURITY_POLICY`] forbids inline styles and
//! scripts, so no component may emit `style="…"` or an event-handler attribute; a test walks over the whole gallery to keep it so.
//! `cargo run -p ui --example gallery -- <dir>` writes every component and a few sample pages as static files.

mod asset;
mod button;
mod chart;
mod dialog;
mod display;
pub mod field;
mod form;
mod frame;
mod grid;
mod icon;
mod matrix;
mod page;
mod picker;
mod query;

pub use asset::{Asset, assets};
pub use button::{Button, MenuItem, button, link_button, menu, row_menu};
pub use chart::{Slice, bars, donut, sparkline};
pub use dialog::{dialog, secret_dialog, side_panel};
pub use display::{
    FilterChip, Snippet, Step, TimelineEntry, Tone, api_hint, callout, card, checklist, chip, chips, consent_list,
    copyable, definitions, empty_state, filter_chips, link_tabs, live, muted, page_header, progress, secret_value,
    section, snippet, snippets, stack, stat, tabs, tiles, time, timeline, toggle_mark, with_icon,
};
pub use field::Field;
pub use form::{Confirm, Form, form};
pub use frame::{Bell, Frame, Link, NavGroup, NavItem, Person, Switcher, Theme, TreeNode};
pub use grid::{Grid, Row};
pub use icon::icon;
pub use matrix::{Matrix, MatrixRow};
pub use page::{error_page, page, plain_page};
pub use picker::{Picker, PickerGroup, PickerItem};
pub use query::{GridQuery, PAGE_SIZES};

/// Value of `Content-Security-Policy` for every page. There is no `form-action`: browsers apply it to the redirects that follow a
/// submit, and sign-in and consent redirect to the callbacks of registered applications.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
