//! What shows things: headings, chips, definition lists, snippets, tabs, notes, timelines.

use maud::{Markup, Render, html};

use crate::icon;

/// Meaning of a chip or a note; every tone also has words or an icon, never colour alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Neutral,
    /// Worth noticing.
    Info,
    /// Good.
    Success,
    /// Needs care.
    Warning,
    /// Wrong or destructive.
    Danger,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// What it says of an alert.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Neutral | Self::Info => "Info",
            Self::Success => "Success",
            Self::Warning => "Warning",
            Self::Danger => "Error",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Neutral | Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "error",
        }
    }
}

/// Title of a page, one sentence about it, and its actions.
pub fn page_header(title: &str, lead: &str, actions: Markup) -> Markup {
    html! {
        div.page-header {
            div { h1 { (title) } @if !lead.is_empty() { p.lead { (lead) } } }
            div.actions { (actions) }
        }
    }
}

/// A part of a page with a heading.
pub fn section(title: &str, content: Markup) -> Markup {
    html! { section.section { h2 { (title) } (content) } }
}

/// A box with a heading and actions in its corner.
pub fn card(title: &str, actions: Markup, content: Markup) -> Markup {
    html! {
        section.card {
            header.card-head { h2 { (title) } div.actions { (actions) } }
            div.card-body { (content) }
        }
    }
}

/// Puts cards or stats side by side as the width allows.
pub fn tiles(content: Markup) -> Markup {
    html! { div.tiles { (content) } }
}

/// A number with its name; `extra` may be a sparkline or a link.
pub fn stat(label: &str, value: &str, extra: Markup) -> Markup {
    html! { div.stat { span.stat-label { (label) } span.stat-value { (value) } (extra) } }
}

/// A small label.
pub fn chip(text: &str, tone: Tone) -> Markup {
    html! { span class={ "chip " (tone.class()) } { (text) } }
}

/// Several neutral labels; what is beyond `most` is summed up as "+n" with the rest in its tooltip.
pub fn chips<T: AsRef<str>>(texts: &[T], most: usize) -> Markup {
    let rest: Vec<&str> = texts.iter().skip(most).map(AsRef::as_ref).collect();
    html! {
        span.chips {
            @for text in texts.iter().take(most) { (chip(text.as_ref(), Tone::Neutral)) }
            @if !rest.is_empty() { span.chip.more title=(rest.join(", ")) { "+" (rest.len()) } }
        }
    }
}

/// A label that filters a list: what it stands for, how many there are, where it leads, and whether it is chosen.
#[derive(Debug, Clone)]
pub struct FilterChip {
    /// What it stands for.
    pub label: String,
    /// How many there are.
    pub count: i64,
    /// How it is marked.
    pub tone: Tone,
    /// The list with this filter, or without it where it is chosen.
    pub href: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// Labels that filter the list with the id `swap`.
pub fn filter_chips(label: &str, swap: &str, chips: &[FilterChip]) -> Markup {
    html! {
        nav.filter-chips aria-label=(label) {
            @for chip in chips {
                a class={ "chip " (chip.tone.class()) } href=(chip.href) data-swap={ "#" (swap) } aria-current=[chip.chosen.then_some("true")] {
                    (chip.label) b { (chip.count) }
                }
            }
        }
    }
}

/// Yes or no, as a mark with words for assistive technology.
pub fn toggle_mark(on: bool, yes: &str, no: &str) -> Markup {
    html! {
        @if on { (chip(yes, Tone::Success)) } @else { (chip(no, Tone::Neutral)) }
    }
}

/// Quiet text, for values that are absent.
pub fn muted(text: &str) -> Markup {
    html! { span.muted { (text) } }
}

/// A note in the text.
pub fn callout(tone: Tone, content: Markup) -> Markup {
    html! { div class={ "callout " (tone.class()) } { (icon(tone.icon())) div { (content) } } }
}

/// Text after an icon.
pub fn with_icon(icon_name: &str, text: &str) -> Markup {
    html! { span.with-icon { (icon(icon_name)) span { (text) } } }
}

/// What somebody is about to allow: (in words, as a scope).
pub fn consent_list(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul.consent {
            @for (words, scope) in entries { li { (icon("check")) span { b { (words) } @if !scope.is_empty() { br; code { (scope) } } } } }
        }
    }
}

/// Parts below each other, with even distances.
pub fn stack(content: Markup) -> Markup {
    html! { div.stack { (content) } }
}

/// What to show when there is nothing: a sentence, why it matters, and the way on.
pub fn empty_state(icon_name: &str, title: &str, text: &str, action: Markup) -> Markup {
    html! { div.empty { span.empty-icon { (icon(icon_name)) } h2 { (title) } @if !text.is_empty() { p { (text) } } (action) } }
}

/// Names and values.
pub fn definitions(entries: &[(&str, Markup)]) -> Markup {
    html! { dl.definitions { @for (name, value) in entries { div { dt { (name) } dd { (value) } } } } }
}

/// A machine-made value with a button that copies it.
pub fn copyable(text: &str) -> Markup {
    html! {
        span.copyable {
            code { (text) }
            button.button.quiet.small.icon-only type="button" data-copy=(text) title="Copy" { (icon("copy")) span.visually-hidden { "Copy " (text) } }
        }
    }
}

/// A secret that is hidden until revealed, with a button that copies it.
pub fn secret_value(id: &str, label: &str, text: &str) -> Markup {
    html! {
        span.copyable.reveal {
            input.input.code id=(id) type="password" value=(text) readonly aria-label=(label) autocomplete="off";
            button.button.quiet.small.icon-only type="button" data-reveal=(id) aria-pressed="false" title="Show" { (icon("eye")) span.visually-hidden { "Show " (label) } }
            button.button.quiet.small.icon-only type="button" data-copy=(text) title="Copy" { (icon("copy")) span.visually-hidden { "Copy " (label) } }
        }
    }
}

/// A moment. `iso` is RFC 3339 in UTC; the script turns it into "5 minutes ago" in the reader's language, with the exact time as tooltip.
pub fn time(iso: &str) -> Markup {
    let short = iso.get(..16).unwrap_or(iso).replace('T', " ");
    html! { time datetime=(iso) title=(iso) { (short) } }
}

/// A piece of code in one language.
#[derive(Debug, Clone)]
pub struct Snippet {
    /// Title of its tab.
    pub label: String,
    /// The code.
    pub code: String,
}

impl Snippet {
    /// A piece of code.
    pub fn new(label: &str, code: &str) -> Self {
        Self {
            label: label.to_owned(),
            code: code.to_owned(),
        }
    }
}

/// One piece of code with a copy button.
pub fn snippet(code: &str) -> Markup {
    html! {
        div.snippet {
            pre tabindex="0" { code { (code) } }
            button.button.small type="button" data-copy=(code) { (icon("copy")) span { "Copy" } }
        }
    }
}

/// The same thing in several languages.
pub fn snippets(id: &str, list: &[Snippet]) -> Markup {
    let panels: Vec<(&str, Markup)> = list
        .iter()
        .map(|piece| (piece.label.as_str(), snippet(&piece.code)))
        .collect();
    html! { div.snippets { (tabs(id, &panels)) } }
}

/// Tabs within a page. Without the script all panels are shown under their titles.
pub fn tabs(id: &str, panels: &[(&str, Markup)]) -> Markup {
    html! {
        div.tabs data-tabs {
            div.tablist {
                @for (index, (title, _)) in panels.iter().enumerate() {
                    button.tab type="button" role="tab" id={ (id) "-tab-" (index) } aria-controls={ (id) "-panel-" (index) }
                        aria-selected=(if index == 0 { "true" } else { "false" }) { (title) }
                }
            }
            @for (index, (title, content)) in panels.iter().enumerate() {
                div.tabpanel id={ (id) "-panel-" (index) } {
                    p.tab-title { (title) }
                    (content)
                }
            }
        }
    }
}

/// Tabs that are pages of their own: (title, address, current).
pub fn link_tabs(label: &str, entries: &[(&str, &str, bool)]) -> Markup {
    html! {
        nav.link-tabs aria-label=(label) {
            @for (title, href, current) in entries {
                a.tab href=(href) aria-current=[current.then_some("page")] { (title) }
            }
        }
    }
}

/// Tells which API call shows the same thing, for instance `api_hint("GET", "/odata/Assets?$top=25")`.
pub fn api_hint(method: &str, path: &str) -> Markup {
    html! {
        p.api-hint {
            span.api-mark { "API" }
            code { b { (method) } " " (path) }
            button.button.quiet.small.icon-only type="button" data-copy=(path) title="Copy" { (icon("copy")) span.visually-hidden { "Copy the API address" } }
        }
    }
}

/// How far something is: `done` of `of`.
pub fn progress(label: &str, done: u64, of: u64) -> Markup {
    html! { progress.progress aria-label=(label) value=(done) max=(of.max(1)) { (done) " / " (of) } }
}

/// A thing that happened.
#[derive(Debug, Clone)]
pub struct TimelineEntry {
    /// RFC 3339 in UTC.
    pub time: String,
    /// What happened.
    pub title: Markup,
    /// By whom, from where; may be empty.
    pub detail: String,
    /// How it is marked.
    pub tone: Tone,
}

/// Things that happened, newest first.
pub fn timeline(entries: &[TimelineEntry]) -> Markup {
    html! {
        ol.timeline {
            @for entry in entries {
                li class=(entry.tone.class()) {
                    div { (entry.title) }
                    p.muted { (time(&entry.time)) @if !entry.detail.is_empty() { " · " (entry.detail) } }
                }
            }
        }
    }
}

/// A step of a checklist.
#[derive(Debug, Clone)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// Why.
    pub text: String,
    /// Where.
    pub href: String,
    /// Whether it has been done.
    pub done: bool,
}

/// The first steps on the home page.
pub fn checklist(title: &str, steps: &[Step]) -> Markup {
    let done = steps.iter().filter(|step| step.done).count();
    html! {
        section.card.checklist {
            header.card-head { h2 { (title) } span.muted { (done) " of " (steps.len()) " done" } }
            (progress(title, done as u64, steps.len() as u64))
            ol {
                @for step in steps {
                    li.done[step.done] {
                        span.check { @if step.done { (icon("check")) span.visually-hidden { "Done: " } } }
                        div { a href=(step.href) { (step.title) } p { (step.text) } }
                        (icon("right"))
                    }
                }
            }
        }
    }
    .render()
}

/// A region kept fresh by server-sent events: after each `message` event of `url` the page is asked for again, and the region with the
/// same id taken out of it. Nothing is replaced while the visitor works in the region.
pub fn live(id: &str, url: &str, content: Markup) -> Markup {
    html! { div id=(id) data-live=(url) { (content) } }
}
