//! Buttons, button-looking links and menus.

use maud::{Markup, Render, html};

use crate::form::Confirm;
use crate::icon;

/// A button; renders itself when interpolated into `html!`. Submits its form unless it opens, closes or copies something.
#[derive(Debug, Clone, Default)]
pub struct Button {
    label: String,
    icon: Option<&'static str>,
    class: &'static str,
    small: bool,
    label_hidden: bool,
    href: Option<String>,
    swap: Option<String>,
    name: Option<(String, String)>,
    form: Option<String>,
    form_action: Option<String>,
    opens: Option<String>,
    set: Option<String>,
    closes: Option<String>,
    popover: Option<String>,
    copy: Option<String>,
    confirm: Option<Confirm>,
    disabled: bool,
}

/// A submit button.
pub fn button(label: &str) -> Button {
    Button {
        label: label.to_owned(),
        ..Button::default()
    }
}

/// A link that looks like a button.
pub fn link_button(label: &str, href: &str) -> Button {
    Button {
        label: label.to_owned(),
        href: Some(href.to_owned()),
        ..Button::default()
    }
}

impl Button {
    /// The one main action of a page or form.
    pub fn primary(mut self) -> Self {
        self.class = "primary";
        self
    }

    /// An action that destroys something.
    pub fn danger(mut self) -> Self {
        self.class = "danger";
        self
    }

    /// A button without a border, for toolbars.
    pub fn quiet(mut self) -> Self {
        self.class = "quiet";
        self
    }

    /// The height of a table row.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// Puts an icon (see [`crate::icon`]) before the label.
    pub fn icon(mut self, name: &'static str) -> Self {
        self.icon = Some(name);
        self
    }

    /// Shows the icon alone; the label stays as accessible name and tooltip.
    pub fn icon_only(mut self) -> Self {
        self.label_hidden = true;
        self
    }

    /// Submits this name and value, for forms with several buttons.
    pub fn name(mut self, name: &str, value: &str) -> Self {
        self.name = Some((name.to_owned(), value.to_owned()));
        self
    }

    /// Submits the form with this id, wherever the button stands.
    pub fn form(mut self, id: &str) -> Self {
        self.form = Some(id.to_owned());
        self
    }

    /// Submits to another address than the form's own.
    pub fn action(mut self, address: &str) -> Self {
        self.form_action = Some(address.to_owned());
        self
    }

    /// Replaces only the element with this id by the answer (for links).
    pub fn swap(mut self, id: &str) -> Self {
        self.swap = Some(format!("#{id}"));
        self
    }

    /// Opens the dialog or side panel with this id.
    pub fn opens(mut self, id: &str) -> Self {
        self.opens = Some(id.to_owned());
        self
    }

    /// Sets a control before opening, for instance `("resource", "Orchestrator")`.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.set = Some(format!("{name}={value}"));
        self
    }

    /// Closes the dialog or side panel with this id.
    pub fn closes(mut self, id: &str) -> Self {
        self.closes = Some(id.to_owned());
        self
    }

    /// Opens the menu (a popover) with this id.
    pub fn popover(mut self, id: &str) -> Self {
        self.popover = Some(id.to_owned());
        self
    }

    /// Copies this text.
    pub fn copies(mut self, text: &str) -> Self {
        self.copy = Some(text.to_owned());
        self
    }

    /// Asks before the form is submitted by this button.
    pub fn confirm(mut self, confirm: Confirm) -> Self {
        self.confirm = Some(confirm);
        self
    }

    /// Greyed out.
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let class = format!(
            "button {}{}{}",
            self.class,
            if self.small { " small" } else { "" },
            if self.label_hidden { " icon-only" } else { "" }
        );
        let title = self.label_hidden.then_some(self.label.as_str());
        let inner = html! {
            @if let Some(name) = self.icon { (icon(name)) }
            span.visually-hidden[self.label_hidden] { (self.label) }
            @if self.popover.is_some() && !self.label_hidden { (icon("down")) }
        };
        if let Some(href) = &self.href {
            return html! { a class=(class) href=(href) data-swap=[&self.swap] title=[title] { (inner) } };
        }
        let command = match (&self.opens, &self.closes) {
            (Some(id), _) => Some(("show-modal", id)),
            (None, Some(id)) => Some(("close", id)),
            (None, None) => None,
        };
        let plain = command.is_some() || self.popover.is_some() || self.copy.is_some();
        html! {
            button class=(class) type=(if plain { "button" } else { "submit" }) title=[title] disabled[self.disabled]
                name=[self.name.as_ref().map(|(name, _)| name)] value=[self.name.as_ref().map(|(_, value)| value)]
                form=[&self.form] formaction=[&self.form_action]
                command=[command.map(|(verb, _)| verb)] commandfor=[command.map(|(_, id)| id)] data-set=[&self.set]
                popovertarget=[&self.popover] data-copy=[&self.copy]
                data-confirm=[self.confirm.as_ref().map(Confirm::title)]
                data-confirm-text=[self.confirm.as_ref().map(Confirm::text)]
                data-confirm-button=[self.confirm.as_ref().map(Confirm::button)]
                data-confirm-type=[self.confirm.as_ref().and_then(Confirm::typed)] {
                (inner)
            }
        }
    }
}

/// An entry of a menu.
#[derive(Debug, Clone)]
pub enum MenuItem {
    /// Goes to a page.
    Link {
        label: String,
        icon: &'static str,
        href: String,
    },
    /// Posts to an address, with the anti-forgery token; asks first when `confirm` is given.
    Post {
        label: String,
        icon: &'static str,
        action: String,
        csrf: String,
        confirm: Option<Confirm>,
        danger: bool,
    },
    /// Opens a dialog.
    Open {
        label: String,
        icon: &'static str,
        dialog: String,
    },
    /// Copies a text.
    Copy { label: String, text: String },
    /// A line between groups.
    Separator,
}

impl MenuItem {
    /// Goes to a page.
    pub fn link(label: &str, icon: &'static str, href: &str) -> Self {
        Self::Link {
            label: label.to_owned(),
            icon,
            href: href.to_owned(),
        }
    }

    /// Posts to an address.
    pub fn post(label: &str, icon: &'static str, action: &str, csrf: &str) -> Self {
        Self::Post {
            label: label.to_owned(),
            icon,
            action: action.to_owned(),
            csrf: csrf.to_owned(),
            confirm: None,
            danger: false,
        }
    }

    /// Posts to an address after a confirmation; shown as destructive.
    pub fn delete(label: &str, action: &str, csrf: &str, confirm: Confirm) -> Self {
        Self::Post {
            label: label.to_owned(),
            icon: "trash",
            action: action.to_owned(),
            csrf: csrf.to_owned(),
            confirm: Some(confirm),
            danger: true,
        }
    }

    /// Opens a dialog.
    pub fn open(label: &str, icon: &'static str, dialog: &str) -> Self {
        Self::Open {
            label: label.to_owned(),
            icon,
            dialog: dialog.to_owned(),
        }
    }

    /// Copies a text.
    pub fn copy(label: &str, text: &str) -> Self {
        Self::Copy {
            label: label.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// A menu under its own button. `id` must be unique on the page.
pub fn menu(id: &str, trigger: Button, items: &[MenuItem]) -> Markup {
    html! {
        (trigger.popover(id))
        (popover(id, items))
    }
}

/// The "More actions" menu at the end of a row. `of` completes the accessible name ("More actions for …").
pub fn row_menu(id: &str, of: &str, items: &[MenuItem]) -> Markup {
    if items.is_empty() {
        return html! {};
    }
    menu(
        id,
        button(&format!("More actions for {of}"))
            .icon("dots")
            .icon_only()
            .quiet()
            .small(),
        items,
    )
}

fn popover(id: &str, items: &[MenuItem]) -> Markup {
    html! {
        div.menu id=(id) popover {
            @for item in items {
                @match item {
                    MenuItem::Link { label, icon: name, href } => a.menu-item href=(href) { (icon(name)) (label) },
                    MenuItem::Post { label, icon: name, action, csrf, confirm, danger } => {
                        form method="post" action=(action) {
                            input type="hidden" name="_csrf" value=(csrf);
                            button.menu-item.danger[*danger] type="submit"
                                data-confirm=[confirm.as_ref().map(Confirm::title)]
                                data-confirm-text=[confirm.as_ref().map(Confirm::text)]
                                data-confirm-button=[confirm.as_ref().map(Confirm::button)]
                                data-confirm-type=[confirm.as_ref().and_then(Confirm::typed)] { (icon(name)) (label) }
                        }
                    },
                    MenuItem::Open { label, icon: name, dialog } => {
                        button.menu-item type="button" command="show-modal" commandfor=(dialog) { (icon(name)) (label) }
                    },
                    MenuItem::Copy { label, text } => {
                        button.menu-item type="button" data-copy=(text) { (icon("copy")) (label) }
                    },
                    MenuItem::Separator => hr;,
                }
            }
        }
    }
}
