//! Form controls. Every control has a visible label; hints and errors are tied to it with `aria-describedby`.

use maud::{Markup, Render, html};

use crate::icon;

#[derive(Debug, Clone)]
enum Kind {
    Input(&'static str),
    Password,
    Area(u32),
    Select(Vec<Choice>),
    Radio(Vec<Choice>),
    Checks(Vec<Choice>),
    Toggle,
    Tokens,
    Files(&'static str),
}

/// An option of a select, radio group or list of check boxes.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What is submitted.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// A second, quieter line (not in selects).
    pub hint: String,
    /// Shown, but not to be chosen.
    pub disabled: bool,
}

impl Choice {
    /// An option.
    pub fn new(value: &str, label: &str) -> Self {
        Self {
            value: value.to_owned(),
            label: label.to_owned(),
            ..Self::default()
        }
    }

    /// Adds an explanation.
    pub fn hint(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.hint);
        self
    }

    /// Makes it unavailable.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = disabled;
        self
    }
}

/// A labelled control; renders itself when interpolated into `html!`.
#[derive(Debug, Clone)]
pub struct Field {
    kind: Kind,
    name: String,
    label: String,
    values: Vec<String>,
    hint: Option<String>,
    error: Option<String>,
    placeholder: Option<String>,
    autocomplete: Option<&'static str>,
    show_when: Option<String>,
    max: Option<usize>,
    range: Option<(i64, i64)>,
    required: bool,
    readonly: bool,
    disabled: bool,
    autofocus: bool,
    wide: bool,
    file: Option<&'static str>,
}

/// The id of the control with this name.
pub(crate) fn id_of(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' })
        .collect();
    format!("field-{safe}")
}

/// A hidden control.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A line of text.
pub fn text(name: &str, label: &str) -> Field {
    Field::new(Kind::Input("text"), name, label)
}

/// An e-mail address.
pub fn email(name: &str, label: &str) -> Field {
    Field::new(Kind::Input("email"), name, label).autocomplete("email")
}

/// A web address.
pub fn url(name: &str, label: &str) -> Field {
    Field::new(Kind::Input("url"), name, label)
}

/// A whole number.
pub fn number(name: &str, label: &str) -> Field {
    Field::new(Kind::Input("number"), name, label)
}

/// A day.
pub fn date(name: &str, label: &str) -> Field {
    Field::new(Kind::Input("date"), name, label)
}

/// A moment, in UTC: a day and a time without a zone.
pub fn moment(name: &str, label: &str) -> Field {
    Field::new(Kind::Input("datetime-local"), name, label)
}

/// A password, with a button that reveals it. Never filled in again by the server.
pub fn password(name: &str, label: &str) -> Field {
    Field::new(Kind::Password, name, label).autocomplete("new-password")
}

/// Several lines of text.
pub fn textarea(name: &str, label: &str, rows: u32) -> Field {
    Field::new(Kind::Area(rows), name, label)
}

/// One of several, as a drop-down.
pub fn select(name: &str, label: &str, choices: Vec<Choice>) -> Field {
    Field::new(Kind::Select(choices), name, label)
}

/// One of several, all visible.
pub fn radio(name: &str, label: &str, choices: Vec<Choice>) -> Field {
    Field::new(Kind::Radio(choices), name, label)
}

/// Any of several. Each ticked box submits the same name.
pub fn checks(name: &str, label: &str, choices: Vec<Choice>) -> Field {
    Field::new(Kind::Checks(choices), name, label)
}

/// On or off; submits `true` when on, nothing when off.
pub fn toggle(name: &str, label: &str) -> Field {
    Field::new(Kind::Toggle, name, label)
}

/// A list of short texts (redirect URLs, e-mail addresses): one input per value, all with the same name. The script adds rows on
/// Enter or on the button; without it one spare row is there.
pub fn tokens(name: &str, label: &str) -> Field {
    Field::new(Kind::Tokens, name, label)
}

/// Files, in a form that [sends them](crate::Form::files). `accept` is what the browser offers: `.csv,text/csv`.
pub fn files(name: &str, label: &str, accept: &'static str) -> Field {
    Field::new(Kind::Files(accept), name, label)
}

impl Field {
    fn new(kind: Kind, name: &str, label: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            label: label.to_owned(),
            values: Vec::new(),
            hint: None,
            error: None,
            placeholder: None,
            autocomplete: None,
            show_when: None,
            max: None,
            range: None,
            required: false,
            readonly: false,
            disabled: false,
            autofocus: false,
            wide: false,
            file: None,
        }
    }

    /// The current value; for `checks` and `tokens` adds one.
    pub fn value(mut self, value: &str) -> Self {
        self.values.push(value.to_owned());
        self
    }

    /// All current values of `checks` or `tokens`.
    pub fn values<T: AsRef<str>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.values
            .extend(values.into_iter().map(|value| value.as_ref().to_owned()));
        self
    }

    /// State of a `toggle`.
    pub fn on(mut self, on: bool) -> Self {
        self.values = if on { vec!["true".to_owned()] } else { Vec::new() };
        self
    }

    /// Marks it as needed.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// A quiet explanation below the label.
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    /// What is wrong with the value; nothing when `None`.
    pub fn error(mut self, error: Option<&str>) -> Self {
        self.error = error.filter(|error| !error.is_empty()).map(ToOwned::to_owned);
        self
    }

    /// Takes this field's message out of a list of (field, message).
    pub fn error_in(self, errors: &[(String, String)]) -> Self {
        let message = errors
            .iter()
            .find(|(field, _)| *field == self.name)
            .map(|(_, message)| message.clone());
        self.error(message.as_deref())
    }

    /// An example shown while empty.
    pub fn placeholder(mut self, text: &str) -> Self {
        self.placeholder = Some(text.to_owned());
        self
    }

    /// What the browser may fill in (HTML `autocomplete`).
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    /// Longest accepted text, in characters.
    pub fn max(mut self, characters: usize) -> Self {
        self.max = Some(characters);
        self
    }

    /// Accepted numbers, both ends included.
    pub fn range(mut self, from: i64, to: i64) -> Self {
        self.range = Some((from, to));
        self
    }

    /// Shown only while the control `name` has one of `values` (separated by `|`).
    pub fn show_when(mut self, name: &str, values: &str) -> Self {
        self.show_when = Some(format!("{name}={values}"));
        self
    }

    /// Shown and submitted, not to be changed.
    pub fn readonly(mut self) -> Self {
        self.readonly = true;
        self
    }

    /// Shown, neither changed nor submitted.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = disabled;
        self
    }

    /// Takes the focus when the page opens.
    pub fn autofocus(mut self) -> Self {
        self.autofocus = true;
        self
    }

    /// Uses the whole width of the form.
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Lets the visitor fill a `textarea` from a file of these types (HTML `accept`). Needs the script, which reads the file.
    pub fn file(mut self, accept: &'static str) -> Self {
        self.file = Some(accept);
        self
    }

    fn first(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn has(&self, value: &str) -> bool {
        self.values.iter().any(|given| given == value)
    }

    fn described_by(&self, id: &str) -> Option<String> {
        let hint = self.hint.is_some().then(|| format!("{id}-hint"));
        let error = self.error.is_some().then(|| format!("{id}-error"));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (hint, error) => hint.or(error),
        }
    }

    fn notes(&self, id: &str) -> Markup {
        html! {
            @if let Some(hint) = &self.hint { p.hint id={ (id) "-hint" } { (hint) } }
            @if let Some(error) = &self.error { p.field-error id={ (id) "-error" } { (icon("error")) span { (error) } } }
        }
    }

    fn mark(&self) -> Markup {
        html! { @if self.required { span.required title="required" { " *" } } }
    }

    fn input(&self, id: &str, kind: &str, value: &str, described: Option<&str>) -> Markup {
        html! {
            input.input id=(id) type=(kind) name=(self.name) value=(value) placeholder=[&self.placeholder]
                autocomplete=[self.autocomplete] maxlength=[self.max] min=[self.range.map(|(from, _)| from)] max=[self.range.map(|(_, to)| to)]
                required[self.required] readonly[self.readonly] disabled[self.disabled] autofocus[self.autofocus]
                aria-describedby=[described] aria-invalid=[self.error.as_ref().map(|_| "true")] spellcheck=[(kind != "text").then_some("false")];
        }
    }

    fn group(&self, id: &str, content: Markup) -> Markup {
        html! {
            fieldset.field id=(id) tabindex="-1" aria-describedby=[self.described_by(id)] data-show-when=[&self.show_when] disabled[self.disabled] {
                legend { (self.label) (self.mark()) }
                (self.notes(id))
                (content)
            }
        }
    }

    fn options(&self, id: &str, kind: &str, choices: &[Choice]) -> Markup {
        html! {
            div.options {
                @for (index, choice) in choices.iter().enumerate() {
                    @let own = format!("{id}-{index}");
                    label.option for=(own) {
                        input id=(own) type=(kind) name=(self.name) value=(choice.value) checked[self.has(&choice.value)]
                            disabled[choice.disabled || self.readonly && !self.has(&choice.value)] required[self.required && kind == "radio"];
                        span {
                            (choice.label)
                            @if !choice.hint.is_empty() { small { (choice.hint) } }
                        }
                    }
                }
            }
        }
    }
}

impl Render for Field {
    fn render(&self) -> Markup {
        let id = id_of(&self.name);
        let described = self.described_by(&id);
        let control = match &self.kind {
            Kind::Radio(choices) => return self.group(&id, self.options(&id, "radio", choices)),
            Kind::Checks(choices) => return self.group(&id, self.options(&id, "checkbox", choices)),
            Kind::Tokens => {
                let spare = usize::from(self.values.is_empty() || !self.readonly);
                let rows = html! {
                    div.tokens data-tokens {
                        @for (index, value) in self.values.iter().map(String::as_str).chain(std::iter::repeat_n("", spare)).enumerate() {
                            div.token-row {
                                input.input type="text" name=(self.name) value=(value) placeholder=[&self.placeholder] maxlength=[self.max]
                                    aria-label={ (self.label) " " (index + 1) } autocomplete="off" spellcheck="false" readonly[self.readonly];
                                button.button.quiet.icon-only type="button" data-remove title="Remove" {
                                    (icon("close")) span.visually-hidden { "Remove" }
                                }
                            }
                        }
                        button.button.small type="button" data-add { (icon("plus")) span { "Add another" } }
                    }
                };
                return self.group(&id, rows);
            }
            Kind::Toggle => {
                return html! {
                    div.field.toggle-field data-show-when=[&self.show_when] {
                        label.toggle for=(id) {
                            input id=(id) type="checkbox" role="switch" name=(self.name) value="true" checked[self.has("true")]
                                disabled[self.disabled || self.readonly] aria-describedby=[described];
                            span.toggle-track aria-hidden="true" {}
                            span { (self.label) }
                        }
                        (self.notes(&id))
                    }
                };
            }
            Kind::Files(accept) => html! {
                input.input id=(id) type="file" name=(self.name) accept=(accept) multiple required[self.required]
                    disabled[self.disabled] aria-describedby=[described.as_deref()] aria-invalid=[self.error.as_ref().map(|_| "true")];
            },
            Kind::Input(kind) => self.input(&id, kind, self.first(), described.as_deref()),
            Kind::Password => html! {
                div.reveal {
                    (self.input(&id, "password", self.first(), described.as_deref()))
                    button.button.quiet.icon-only type="button" data-reveal=(id) aria-pressed="false" title="Show" {
                        (icon("eye")) span.visually-hidden { "Show " (self.label) }
                    }
                }
            },
            Kind::Area(rows) => html! {
                @if let Some(accept) = self.file.filter(|_| !self.readonly && !self.disabled) {
                    label.button.small.file for={ (id) "-file" } {
                        (icon("upload")) span { "Choose a file" } span.visually-hidden { " for " (self.label) }
                        input.visually-hidden id={ (id) "-file" } type="file" accept=(accept) data-file-into=(id);
                    }
                }
                textarea.input id=(id) name=(self.name) rows=(rows) placeholder=[&self.placeholder] maxlength=[self.max]
                    required[self.required] readonly[self.readonly] disabled[self.disabled] autofocus[self.autofocus]
                    aria-describedby=[described] aria-invalid=[self.error.as_ref().map(|_| "true")] { "\n" (self.first()) }
            },
            Kind::Select(choices) => html! {
                div.select {
                    select.input id=(id) name=(self.name) required[self.required] disabled[self.disabled || self.readonly]
                        aria-describedby=[described] aria-invalid=[self.error.as_ref().map(|_| "true")] {
                        @for choice in choices {
                            option value=(choice.value) selected[self.has(&choice.value)] disabled[choice.disabled] { (choice.label) }
                        }
                    }
                    (icon("down"))
                }
                @if self.readonly { input type="hidden" name=(self.name) value=(self.first()); }
            },
        };
        html! {
            div.field.wide[self.wide] data-show-when=[&self.show_when] {
                label for=(id) { (self.label) (self.mark()) }
                (self.notes(&id))
                (control)
            }
        }
    }
}
