//! The top of every page about one application: its name, its menu, its tabs.

use context::Error;
use maud::{Markup, html};
use ui::{Confirm, MenuItem, Tone, button, chip};
use web::Request;

use super::application_path;
use crate::clients::Client;
use crate::console::csrf;

/// A page about one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Secrets,
    Connection,
    Access,
    Activity,
}

impl Tab {
    const ALL: [Self; 5] = [
        Self::Overview,
        Self::Secrets,
        Self::Connection,
        Self::Access,
        Self::Activity,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Secrets => "Secrets",
            Self::Connection => "Connection details",
            Self::Access => "Access",
            Self::Activity => "Activity",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Secrets => "/secrets",
            Self::Connection => "/connection",
            Self::Access => "/access",
            Self::Activity => "/activity",
        }
    }

    /// Secrets and roles belong to applications that act for themselves.
    fn fits(self, client: &Client) -> bool {
        client.confidential || !matches!(self, Self::Secrets | Self::Access)
    }
}

/// "Confidential application" and its counterpart, as procedure and documentation call them.
pub(super) fn type_name(confidential: bool) -> &'static str {
    if confidential {
        "Confidential application"
    } else {
        "Non-Confidential application"
    }
}

/// The header of the page `current` of an application; pages of other crates about it use it as well.
pub fn header(cx: &Request, client: &Client, current: Tab) -> Result<Markup, Error> {
    let path = application_path(cx, client.id)?;
    let csrf = csrf(cx)?;
    let switch = if client.enabled {
        MenuItem::Post {
            label: "Disable".to_owned(),
            icon: "lock",
            action: format!("{path}/disable"),
            csrf: csrf.to_owned(),
            confirm: Some(Confirm::new(
                &format!("Disable “{}”?", client.name),
                "It gets no tokens, and the tokens it has are refused within a minute. You can enable it again.",
                "Disable",
            )),
            danger: false,
        }
    } else {
        MenuItem::post("Enable", "check", &format!("{path}/enable"), csrf)
    };
    let delete = Confirm::delete(&client.name)
        .explain(
            "Its secrets, grants and role assignments go with it. Programs that use it stop working within a minute.",
        )
        .type_name(&client.name);
    let items = [
        MenuItem::copy("Copy App ID", &client.id.to_string()),
        switch,
        MenuItem::Separator,
        MenuItem::delete("Delete", &format!("{path}/delete"), csrf, delete),
    ];
    let tabs: Vec<(&str, String, bool)> = Tab::ALL
        .into_iter()
        .filter(|tab| tab.fits(client))
        .map(|tab| (tab.title(), format!("{path}{}", tab.path()), tab == current))
        .collect();
    let tabs: Vec<(&str, &str, bool)> = tabs
        .iter()
        .map(|(title, href, on)| (*title, href.as_str(), *on))
        .collect();
    Ok(html! {
        (ui::page_header(&client.name, type_name(client.confidential), html! {
            @if !client.enabled { (chip("Disabled", Tone::Warning)) }
            (ui::menu("application-more", button("More"), &items))
        }))
        (ui::link_tabs(&client.name, &tabs))
    })
}
