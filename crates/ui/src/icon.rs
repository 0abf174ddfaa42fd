//! Line icons, drawn on a 20-unit grid for this console.

use maud::{Markup, html};

/// An icon by name; unknown names give a plain dot, so a typo shows but breaks nothing. Decorative: hidden from assistive technology.
pub fn icon(name: &str) -> Markup {
    html! {
        svg.icon viewBox="0 0 20 20" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.6"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false" {
            path d=(path(name)) {}
        }
    }
}

/// The mark of the product: the perforated roll that tells an orchestrion what to play.
pub(crate) fn logo() -> Markup {
    html! {
        svg.logo viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false" {
            rect.logo-ground width="32" height="32" rx="7" {}
            path.logo-holes d="M7.5 8.5h5M11.5 13.5h9M15.5 18.5h9M7.5 23.5h9" {}
            path.logo-brass d="M19.5 8.5h5M7.5 18.5h2M22.5 23.5h2" {}
        }
    }
}

fn path(name: &str) -> &'static str {
    match name {
        "home" => "M3.5 9 10 3.5 16.5 9v7.5h-4.5v-5h-4v5H3.5z",
        "app" | "application" => "M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM14 11.5v5M11.5 14h5",
        "key" => "M12.5 11.5a4 4 0 1 0-3.6-2.2L3.5 14.6v1.9h3v-2h2v-2l1.2-1.2a4 4 0 0 0 2.8.2zM13.4 6.7h.01",
        "token" => "M3.5 6.5h13v7h-13zM6.5 10h.01M10 10h.01M13.5 10h.01",
        "user" => "M10 10a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM3.8 16.8c.6-3 3-4.6 6.2-4.6s5.6 1.6 6.2 4.6",
        "users" | "group" => {
            "M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.2 16c.5-2.7 2.5-4.2 5.3-4.2s4.8 1.5 5.3 4.2M12.8 4.2a2.8 2.8 0 0 1 0 5.1M14.6 12.2c1.7.5 2.8 1.9 3.2 3.8"
        }
        "robot" => "M4.5 7.5h11v8h-11zM10 7.5v-3M10 4.5h.01M7.8 11h.01M12.2 11h.01M2.5 10.5v2.5M17.5 10.5v2.5",
        "machine" => "M3 4h14v9H3zM7.5 16.5h5M10 13v3.5",
        "session" => "M3 3.5h14v5H3zM3 11.5h14v5H3zM6 6h.01M6 14h.01M10 6h4M10 14h4",
        "shield" | "role" => "M10 3 16 5v4.5c0 3.6-2.3 6.1-6 7.5-3.7-1.4-6-3.9-6-7.5V5zM7.5 10l1.8 1.8 3.4-3.6",
        "folder" => "M2.8 15.5v-10h5l1.7 2h7.7v8z",
        "folders" => "M2.8 13.5v-9h4.4l1.5 1.7h6v7.3zM17.2 8.5v7.8H6.5",
        "queue" => "M3.5 4.5h13M3.5 8.5h13M3.5 12.5h7M3.5 16.5h7M13.5 12.2v4.6l3.4-2.3z",
        "package" => "M3.5 6.5 10 3l6.5 3.5v7L10 17l-6.5-3.5zM3.5 6.5 10 10l6.5-3.5M10 10v7M6.7 4.8l6.6 3.5",
        "library" => "M4 3.5h3v13H4zM8.5 3.5h3v13h-3zM12.6 4.2l2.8-.8 3 12.3-2.8.8z",
        "asset" => "M10 2.8 16.5 6v8L10 17.2 3.5 14V6zM3.7 6.2 10 9.3l6.3-3.1M10 9.3v7.6",
        "audit" | "list" => "M4.5 3h11v14h-11zM7.5 7h5M7.5 10h5M7.5 13h3",
        "building" | "organization" => "M4 17V3.5h8V17M12 8h4v9M2.5 17h15M7 7h2M7 10h2M7 13h2",
        "tenant" | "layers" => "M10 3 17 6.8 10 10.6 3 6.8zM3.5 10.2 10 13.8l6.5-3.6M3.5 13.4 10 17l6.5-3.6",
        "process" => "M3.5 4.5h13v11h-13zM8.2 7.3v5.4l4.3-2.7z",
        "settings" => "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
        "search" => "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
        "bell" => "M5 14.5h10l-1.2-2V9a3.8 3.8 0 0 0-7.6 0v3.5zM8.5 17h3M10 3.2v2",
        "plus" => "M10 4v12M4 10h12",
        "dots" => "M10 4.8h.01M10 10h.01M10 15.2h.01",
        "check" => "M4 10.5 8 14.5 16 5.5",
        "copy" => "M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7",
        "eye" => {
            "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10zM10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z"
        }
        "close" => "M5 5l10 10M15 5 5 15",
        "down" => "M5.5 8 10 12.5 14.5 8",
        "right" => "M8 5.5 12.5 10 8 14.5",
        "left" => "M12 5.5 7.5 10l4.5 4.5",
        "first" => "M14.5 5.5 10 10l4.5 4.5M5.5 5.5v9",
        "last" => "M5.5 5.5 10 10l-4.5 4.5M14.5 5.5v9",
        "up-arrow" => "M10 15.5v-11M5.8 8.7 10 4.5l4.2 4.2",
        "down-arrow" => "M10 4.5v11M5.8 11.3 10 15.5l4.2-4.2",
        "menu" => "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
        "info" => "M10 17.2a7.2 7.2 0 1 0 0-14.4 7.2 7.2 0 0 0 0 14.4zM10 9.3v4.2M10 6.5h.01",
        "warning" => "M10 3.2 17.6 16.5H2.4zM10 8.2v3.8M10 14.3h.01",
        "error" => "M10 17.2a7.2 7.2 0 1 0 0-14.4 7.2 7.2 0 0 0 0 14.4zM10 6.2v4.5M10 13.6h.01",
        "success" => "M10 17.2a7.2 7.2 0 1 0 0-14.4 7.2 7.2 0 0 0 0 14.4zM6.8 10.2l2.2 2.3 4.2-4.8",
        "sun" => {
            "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M15.7 4.3l-1.3 1.3M5.6 14.4l-1.3 1.3"
        }
        "moon" => "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
        "system" => "M3 4h14v9.5H3zM7.5 16.5h5M10 13.5v3",
        "sign-out" => "M8 3.5H3.5v13H8M12.5 6.5 16 10l-3.5 3.5M16 10H7.5",
        "link" => {
            "M8.5 11.5l3-3M9.5 6.2 11.6 4a3.1 3.1 0 0 1 4.4 4.4l-2.2 2.1M10.5 13.8 8.4 16A3.1 3.1 0 0 1 4 11.6l2.2-2.1"
        }
        "activity" => "M2.5 10h3.2L8 4.5l4 11 2.3-5.5h3.2",
        "clock" => "M10 17.2a7.2 7.2 0 1 0 0-14.4 7.2 7.2 0 0 0 0 14.4zM10 6v4.2l2.8 1.8",
        "trash" => "M3.5 5.5h13M8 5.5v-2h4v2M5.2 5.5 6 16.8h8l.8-11.3M8.5 8.8v4.8M11.5 8.8v4.8",
        "edit" => "M3.5 16.5l.8-3.6 8.8-8.8 2.8 2.8-8.8 8.8zM11.2 6l2.8 2.8",
        "external" => "M8.5 4.5h-5v12h12v-5M11.5 3.5h5v5M16.2 3.8 9.5 10.5",
        "code" | "api" => "M6.5 6 2.5 10l4 4M13.5 6l4 4-4 4M11.3 4.5l-2.6 11",
        "refresh" => "M16 10a6 6 0 1 1-1.8-4.3L16.5 8M16.5 3.8V8h-4.2",
        "download" => "M10 3.5v9M6.3 9 10 12.7 13.7 9M3.5 16.5h13",
        "upload" => "M10 12.7v-9M6.3 7.2 10 3.5l3.7 3.7M3.5 16.5h13",
        "lock" => "M4.5 9h11v8h-11zM7 9V6.5a3 3 0 0 1 6 0V9",
        "move" => "M3 10h12M11 5.5l4.5 4.5L11 14.5",
        "book" => {
            "M10 5.2C8 3.8 5.6 3.6 3 4v11.5c2.6-.4 5-.2 7 1.2 2-1.4 4.4-1.6 7-1.2V4c-2.6-.4-5-.2-7 1.2zM10 5.2v11.5"
        }
        "job" => "M10 17.2a7.2 7.2 0 1 0 0-14.4 7.2 7.2 0 0 0 0 14.4zM8.4 7.2v5.6l4.4-2.8z",
        "play" => "M6.5 4.5v11l9-5.5z",
        "stop" => "M5.5 5.5h9v9h-9z",
        "filter" => "M3 4.5h14L12 11v5l-4-2v-3z",
        _ => "M10 9.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1z",
    }
}
