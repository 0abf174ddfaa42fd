//! Dialogs and side panels on the native element: focus stays inside, Escape closes, no script is needed to open them where the
//! browser knows `command`/`commandfor`.

use maud::{Markup, Render, html};

use crate::display::copyable;
use crate::{button, icon};

/// A modal dialog, opened by `button("…").opens(id)`.
pub fn dialog(id: &str, title: &str, content: Markup) -> Markup {
    modal("dialog", id, title, &content, false)
}

/// A panel at the right edge. May stand inside a form: its controls are submitted even while it is closed.
pub fn side_panel(id: &str, title: &str, content: Markup) -> Markup {
    modal("panel", id, title, &content, false)
}

/// Shows values that will never be shown again (label, value), each with a copy button; open when the page is shown.
/// `done` is where the closing link leads.
pub fn secret_dialog(title: &str, note: &str, values: &[(&str, &str)], done: &str) -> Markup {
    let content = html! {
        p.callout.warning { (icon("warning")) span { (note) } }
        dl.secrets { @for (label, value) in values { dt { (label) } dd { (copyable(value)) } } }
        div.dialog-actions { (crate::link_button("Done", done).primary()) }
    };
    modal("dialog", "secret", title, &content, true)
}

/// The one dialog behind every `data-confirm`; its texts are filled in by the script.
pub(crate) fn confirm_dialog() -> Markup {
    html! {
        dialog.dialog.confirm id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text" {
            form method="dialog" {
                h2 id="confirm-title" { "Are you sure?" }
                p id="confirm-text" {}
                div id="confirm-typed" hidden {
                    label for="confirm-name" { "Type " code {} " to go on" }
                    input.input id="confirm-name" type="text" autocomplete="off" spellcheck="false";
                }
                div.dialog-actions {
                    button.button value="" { "Cancel" }
                    button.button.danger id="confirm-yes" value="yes" { "Delete" }
                }
            }
        }
    }
}

fn modal(class: &str, id: &str, title: &str, content: &Markup, open: bool) -> Markup {
    html! {
        dialog class=(class) id=(id) aria-labelledby={ (id) "-title" } data-open[open] open[open] closedby=[(class == "panel").then_some("any")] {
            header.dialog-head {
                h2 id={ (id) "-title" } { (title) }
                @if !open { (button("Close").icon("close").icon_only().quiet().closes(id)) }
            }
            div.dialog-body { (content) }
        }
    }
    .render()
}
