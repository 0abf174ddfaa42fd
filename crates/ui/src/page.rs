//! Whole documents.

use maud::{DOCTYPE, Markup, html};

use crate::asset::{icon_path, script_path, style_path};
use crate::dialog::confirm_dialog;
use crate::frame::{Bell, Frame, NavGroup, Switcher, Theme, TreeNode};
use crate::icon::logo;
use crate::{icon, link_button};

const PRODUCT: &str = "Orchestrion";

/// A page of the console in its frame.
pub fn page(frame: &Frame, content: Markup) -> Markup {
    document(
        &frame.title,
        frame.theme,
        "framed",
        html! {
            a.skip href="#main" { "Skip to content" }
            (header(frame))
            div.layout {
                nav.rail id="rail" aria-label="Main" popover {
                    @for group in &frame.navigation { (nav_group(group)) }
                    @if !frame.folders.is_empty() { (tree(&frame.folders)) }
                }
                main id="main" tabindex="-1" {
                    @if frame.breadcrumb.len() > 1 { (breadcrumb(frame)) }
                    @if let Some(flash) = &frame.flash {
                        div.flash role="status" data-flash { (icon("success")) span { (flash) } }
                    }
                    (content)
                }
            }
            (confirm_dialog())
            div.toasts id="toasts" role="status" {}
        },
    )
}

/// A page without navigation: sign-in, consent, signed out.
pub fn plain_page(title: &str, content: Markup) -> Markup {
    document(
        title,
        None,
        "plain",
        html! {
            main.plain-box id="main" tabindex="-1" {
                p.brand { (logo()) span { (PRODUCT) } }
                h1 { (title) }
                (content)
            }
        },
    )
}

/// What a failed request shows in the browser. `trace` lets an operator find it in the logs.
pub fn error_page(status: u16, message: &str, trace: &str) -> Markup {
    let title = match status {
        400 => "That did not work",
        401 => "Please sign in",
        403 => "You may not do this",
        404 => "Page not found",
        409 => "Something else changed first",
        429 => "Too many requests",
        503 => "Back in a moment",
        500.. => "Something went wrong",
        _ => "The request was refused",
    };
    plain_page(
        title,
        html! {
            p.lead { (message) }
            p.muted { "Status " (status) @if !trace.is_empty() { " · Trace " code { (trace) } } }
            p.actions { (link_button("Go to the console", "/console").primary()) }
        },
    )
}

fn document(title: &str, theme: Option<Theme>, class: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.map(Theme::name)] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · " (PRODUCT) }
                link rel="icon" type="image/svg+xml" href=(icon_path());
                link rel="stylesheet" href=(style_path());
                script src=(script_path()) defer {}
            }
            body class=(class) { (body) }
        }
    }
}

fn header(frame: &Frame) -> Markup {
    let home = if frame.home.is_empty() { "/console" } else { &frame.home };
    html! {
        header.top {
            button.button.quiet.icon-only.rail-button type="button" popovertarget="rail" title="Menu" { (icon("menu")) span.visually-hidden { "Menu" } }
            a.brand href=(home) { (logo()) span { (PRODUCT) } }
            (switcher("organization", "Organization", "building", &frame.organization))
            (switcher("tenant", "Tenant", "tenant", &frame.tenants))
            @if let Some(bell) = &frame.bell { (bell_menu(bell)) }
            (user_menu(frame))
        }
    }
}

fn switcher(id: &str, label: &str, mark: &str, switcher: &Switcher) -> Markup {
    if switcher.current.is_empty() {
        return html! {};
    }
    let popover = format!("switch-{id}");
    html! {
        span.slash aria-hidden="true" { "/" }
        @if switcher.others.is_empty() {
            span.switch { (icon(mark)) span.visually-hidden { (label) ": " } span.switch-name { (switcher.current) } }
        } @else {
            button.switch type="button" popovertarget=(popover) {
                (icon(mark)) span.visually-hidden { (label) ": " } span.switch-name { (switcher.current) } (icon("down"))
            }
            div.menu id=(popover) popover {
                p.menu-title { (label) }
                span.menu-item.current aria-current="true" { (icon("check")) (switcher.current) }
                @for other in &switcher.others { a.menu-item href=(other.href) { (icon(mark)) (other.title) } }
            }
        }
    }
}

fn bell_menu(bell: &Bell) -> Markup {
    html! {
        button.button.quiet.icon-only.bell type="button" popovertarget="bell-menu" title="Alerts" {
            (icon("bell"))
            @if bell.count.is_empty() { span.visually-hidden { "Alerts" } }
            @else { span.badge { (bell.count) } span.visually-hidden { " unread alerts" } }
        }
        div.menu.bell-menu id="bell-menu" popover {
            p.menu-title { b { "Alerts" } @if bell.entries.is_empty() { br; "Nothing unread" } }
            @for (tone, entry) in &bell.entries {
                a.menu-item href=(entry.href) { span class={ "chip " (tone.class()) } { (tone.word()) } span { (entry.title) } }
            }
            hr;
            @for link in &bell.links { a.menu-item href=(link.href) { (link.title) } }
        }
    }
}

fn user_menu(frame: &Frame) -> Markup {
    if frame.user.name.is_empty() {
        return html! {};
    }
    let sign_out = if frame.sign_out.is_empty() {
        "/console/sign-out"
    } else {
        &frame.sign_out
    };
    let initial: String = frame
        .user
        .name
        .chars()
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    html! {
        button.user type="button" popovertarget="user-menu" title=(frame.user.name) {
            span.avatar aria-hidden="true" { (initial) }
            span.user-name { (frame.user.name) }
            (icon("down"))
        }
        div.menu id="user-menu" popover {
            p.menu-title { b { (frame.user.name) } @if !frame.user.detail.is_empty() { br; (frame.user.detail) } }
            @for link in &frame.user.menu { a.menu-item href=(link.href) { (link.title) } }
            @if !frame.theme_action.is_empty() { (theme_form(frame)) }
            hr;
            (crate::form(&frame.csrf, sign_out, html! { button.menu-item type="submit" { "Sign out" } }))
        }
    }
}

fn theme_form(frame: &Frame) -> Markup {
    let chosen = frame.theme.map_or("system", Theme::name);
    crate::form(
        &frame.csrf,
        &frame.theme_action,
        html! {
            div.themes role="group" aria-label="Theme" {
                @for (value, label, mark) in [("light", "Light", "sun"), ("dark", "Dark", "moon"), ("system", "System", "system")] {
                    button type="submit" name="theme" value=(value) aria-pressed=(if value == chosen { "true" } else { "false" }) { (icon(mark)) (label) }
                }
            }
        },
    )
}

fn nav_group(group: &NavGroup) -> Markup {
    html! {
        @if !group.items.is_empty() {
            div.nav-group {
                @if !group.title.is_empty() { p.nav-title { (group.title) } }
                ul {
                    @for item in &group.items {
                        li { a.nav-item href=(item.href) aria-current=[item.active.then_some("page")] { (icon(item.icon)) span { (item.title) } } }
                    }
                }
            }
        }
    }
}

fn tree(nodes: &[TreeNode]) -> Markup {
    html! {
        div.nav-group.tree {
            p.nav-title id="tree-title" { "Folders" }
            @if nodes.len() > 8 {
                input.input type="search" data-filter-list="#tree" aria-label="Search folders" placeholder="Search folders" autocomplete="off";
            }
            ul id="tree" aria-labelledby="tree-title" {
                @for node in nodes {
                    li class={ "depth-" (node.depth.min(7)) } {
                        @if node.selectable {
                            a.nav-item href=(node.href) aria-current=[node.active.then_some("true")] { (icon("folder")) span { (node.title) } }
                        } @else {
                            span.nav-item.off title="You have no access to this folder" { (icon("folder")) span { (node.title) } }
                        }
                    }
                }
            }
        }
    }
}

fn breadcrumb(frame: &Frame) -> Markup {
    let last = frame.breadcrumb.len() - 1;
    html! {
        nav.breadcrumb aria-label="Breadcrumb" {
            ol {
                @for (index, link) in frame.breadcrumb.iter().enumerate() {
                    li { @if index == last || link.href.is_empty() { span aria-current=[(index == last).then_some("page")] { (link.title) } } @else { a href=(link.href) { (link.title) } } }
                }
            }
        }
    }
}
