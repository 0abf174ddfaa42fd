//! Forms: the anti-forgery field, the error summary, the row of buttons.

use maud::{Markup, html};

use crate::{button, icon, link_button};

/// A question asked before a submit. Needs the script; the server checks permissions and rules in any case.
#[derive(Debug, Clone)]
pub struct Confirm {
    title: String,
    text: String,
    button: String,
    typed: Option<String>,
}

impl Confirm {
    /// A question with the label of the button that goes on, for instance `("Delete “Invoices”?", "…cannot be undone.", "Delete")`.
    pub fn new(title: &str, text: &str, button: &str) -> Self {
        Self {
            title: title.to_owned(),
            text: text.to_owned(),
            button: button.to_owned(),
            typed: None,
        }
    }

    /// The question before something named is deleted.
    pub fn delete(name: &str) -> Self {
        Self::new(&format!("Delete “{name}”?"), "This cannot be undone.", "Delete")
    }

    /// Replaces the explanation.
    pub fn explain(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// Lets the button work only after this text has been typed.
    pub fn type_name(mut self, name: &str) -> Self {
        self.typed = Some(name.to_owned());
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn button(&self) -> &str {
        &self.button
    }

    pub(crate) fn typed(&self) -> Option<&str> {
        self.typed.as_deref()
    }
}

/// A POST form with its anti-forgery field and nothing else.
pub fn form(csrf: &str, action: &str, content: Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="_csrf" value=(csrf);
            (content)
        }
    }
}

/// A POST form with an error summary on top and a row of buttons at the end.
#[derive(Debug, Clone, Default)]
pub struct Form {
    id: Option<String>,
    csrf: String,
    action: String,
    submit: Option<String>,
    danger: bool,
    cancel: Option<String>,
    also: Option<Markup>,
    swap: Option<String>,
    files: bool,
    errors: Vec<(String, String)>,
    guarded: bool,
    confirm: Option<Confirm>,
}

impl Form {
    /// A form that posts to `action`.
    pub fn new(csrf: &str, action: &str) -> Self {
        Self {
            csrf: csrf.to_owned(),
            action: action.to_owned(),
            guarded: true,
            ..Self::default()
        }
    }

    /// Names the form, so that buttons elsewhere can submit it.
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// The main button.
    pub fn submit(mut self, label: &str) -> Self {
        self.submit = Some(label.to_owned());
        self
    }

    /// Shows the main button as destructive.
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// A "Cancel" link.
    pub fn cancel(mut self, href: &str) -> Self {
        self.cancel = Some(href.to_owned());
        self
    }

    /// Further buttons in the row.
    pub fn also(mut self, buttons: Markup) -> Self {
        self.also = Some(buttons);
        self
    }

    /// Replaces only the element with this id by the answer.
    pub fn swap(mut self, id: &str) -> Self {
        self.swap = Some(format!("#{id}"));
        self
    }

    /// Sends files along (`multipart/form-data`). Such a form cannot be swapped.
    pub fn files(mut self) -> Self {
        self.files = true;
        self
    }

    /// Lists a failure in the summary; `field` is the control's name, or empty for one that concerns the whole form.
    pub fn error(mut self, field: &str, message: &str) -> Self {
        self.errors.push((field.to_owned(), message.to_owned()));
        self
    }

    /// Lists failures in the summary, as (field name, message).
    pub fn errors(mut self, errors: &[(String, String)]) -> Self {
        self.errors.extend_from_slice(errors);
        self
    }

    /// Lets the visitor leave without a warning about unsaved changes.
    pub fn unguarded(mut self) -> Self {
        self.guarded = false;
        self
    }

    /// Asks before submitting.
    pub fn confirm(mut self, confirm: Confirm) -> Self {
        self.confirm = Some(confirm);
        self
    }

    /// The form around its fields.
    pub fn render(self, content: Markup) -> Markup {
        let confirm = self.confirm.as_ref();
        html! {
            form.form id=[&self.id] method="post" action=(self.action) enctype=[self.files.then_some("multipart/form-data")]
                data-swap=[&self.swap] data-guard[self.guarded]
                data-confirm=[confirm.map(Confirm::title)] data-confirm-text=[confirm.map(Confirm::text)]
                data-confirm-button=[confirm.map(Confirm::button)] data-confirm-type=[confirm.and_then(Confirm::typed)] novalidate {
                input type="hidden" name="_csrf" value=(self.csrf);
                (error_summary(&self.errors))
                (content)
                @if self.submit.is_some() || self.cancel.is_some() || self.also.is_some() {
                    div.form-actions {
                        @if let Some(label) = &self.submit {
                            @if self.danger { (button(label).danger()) } @else { (button(label).primary()) }
                        }
                        @if let Some(also) = &self.also { (also) }
                        @if let Some(href) = &self.cancel { (link_button("Cancel", href)) }
                    }
                }
            }
        }
    }
}

/// The list of what is wrong, with a link to each field; the script moves the focus there.
fn error_summary(errors: &[(String, String)]) -> Markup {
    if errors.is_empty() {
        return html! {};
    }
    html! {
        div.error-summary role="alert" tabindex="-1" {
            @if let [(field, message)] = errors { p { (icon("error")) span { (failure(field, message)) } } }
            @else {
                p { (icon("error")) strong { (errors.len()) " things need your attention" } }
                ul { @for (field, message) in errors { li { (failure(field, message)) } } }
            }
        }
    }
}

fn failure(field: &str, message: &str) -> Markup {
    if field.is_empty() {
        return html! { (message) };
    }
    html! { a href={ "#" (crate::field::id_of(field)) } { (message) } }
}
