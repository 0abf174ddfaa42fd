//! Picks ticks out of several groups in a side panel: the resources of an application with their user and application scopes.

use maud::{Markup, Render, html};

use crate::{button, field, icon};

/// More ticks than this can be searched.
const SEARCHED: usize = 8;

/// Something to tick.
#[derive(Debug, Clone, Default)]
pub struct PickerItem {
    /// What is submitted and shown, for instance `OR.Assets.Read`.
    pub value: String,
    /// What it allows.
    pub hint: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// What one choice of the panel's drop-down offers.
#[derive(Debug, Clone, Default)]
pub struct PickerGroup {
    /// Stable key.
    pub key: String,
    /// Shown name.
    pub label: String,
    /// Per tab: what can be ticked.
    pub tabs: Vec<Vec<PickerItem>>,
}

/// The picker. Its rows show each group that has ticks; the panel edits one group at a time. All boxes stand in the form, so one submit
/// saves everything and the script is needed only to keep the rows current before that.
#[derive(Debug, Clone)]
pub struct Picker {
    id: String,
    group_label: String,
    add: String,
    tabs: Vec<(String, String, Option<String>)>,
    groups: Vec<PickerGroup>,
    error: Option<String>,
}

impl Picker {
    /// A picker whose drop-down is called `group_label` and whose opening button says `add`.
    pub fn new(id: &str, group_label: &str, add: &str) -> Self {
        Self {
            id: id.to_owned(),
            group_label: group_label.to_owned(),
            add: add.to_owned(),
            tabs: Vec::new(),
            groups: Vec::new(),
            error: None,
        }
    }

    /// A tab: its title, the submitted name of its boxes, and optionally a condition on another control (`"type=confidential"`).
    pub fn tab(mut self, title: &str, name: &str, show_when: Option<&str>) -> Self {
        self.tabs
            .push((title.to_owned(), name.to_owned(), show_when.map(ToOwned::to_owned)));
        self
    }

    /// The groups.
    pub fn groups(mut self, groups: Vec<PickerGroup>) -> Self {
        self.groups = groups;
        self
    }

    /// What is wrong with the choice.
    pub fn error(mut self, error: Option<&str>) -> Self {
        self.error = error.map(ToOwned::to_owned);
        self
    }

    fn panel(&self) -> Markup {
        let select = format!("{}-group", self.id);
        let panel = format!("{}-panel", self.id);
        let choices = self
            .groups
            .iter()
            .map(|group| field::Choice::new(&group.key, &group.label))
            .collect();
        crate::side_panel(
            &panel,
            "Edit resource",
            html! {
                (field::select(&select, &self.group_label, choices))
                @for group in &self.groups {
                    div.picker-group data-group=(group.key) data-show-when={ (select) "=" (group.key) } {
                        h3.picker-title { (group.label) }
                        (self.lists(group))
                    }
                }
                div.dialog-actions { (button("Save").primary().closes(&panel)) }
            },
        )
    }

    fn lists(&self, group: &PickerGroup) -> Markup {
        let prefix = format!("{}-{}", self.id, group.key);
        html! {
            div.tabs data-tabs {
                div.tablist {
                    @for (index, (title, _, show_when)) in self.tabs.iter().enumerate() {
                        button.tab type="button" role="tab" id={ (prefix) "-tab-" (index) } aria-controls={ (prefix) "-panel-" (index) }
                            aria-selected=(if index == 0 { "true" } else { "false" }) data-show-when=[show_when] { (title) }
                    }
                }
                @for (index, (title, name, show_when)) in self.tabs.iter().enumerate() {
                    div.tabpanel id={ (prefix) "-panel-" (index) } {
                        p.tab-title { (title) }
                        @if let Some(items) = group.tabs.get(index).filter(|items| !items.is_empty()) {
                            @let list = format!("{prefix}-{index}-list");
                            fieldset.ticks id=(list) data-show-when=[show_when] data-ticks {
                                legend.visually-hidden { (group.label) ": " (title) }
                                @if items.len() > SEARCHED {
                                    // An empty `form` keeps Enter from submitting the form around the picker.
                                    input.input.ticks-search type="search" form="" data-filter-list={ "#" (list) } aria-label={ "Search: " (title) }
                                        placeholder="Search" autocomplete="off";
                                }
                                label.option.all { input type="checkbox" data-all-ticks; span { "Select all" } }
                                @for (number, item) in items.iter().enumerate() {
                                    @let own = format!("{prefix}-{index}-{number}");
                                    label.option for=(own) {
                                        input id=(own) type="checkbox" name=(name) value=(item.value) checked[item.ticked] data-tick;
                                        span { code { (item.value) } @if !item.hint.is_empty() { small { (item.hint) } } }
                                    }
                                }
                            }
                        } @else { p.muted { "This resource has none." } }
                    }
                }
            }
        }
    }
}

impl Render for Picker {
    fn render(&self) -> Markup {
        let panel = format!("{}-panel", self.id);
        let select = format!("{}-group", self.id);
        html! {
            div.picker id=(self.id) data-picker=(select) {
                @if let Some(error) = &self.error { p.field-error { (icon("error")) span { (error) } } }
                ul.picker-rows {
                    @for group in &self.groups {
                        @let ticked: Vec<(usize, &PickerItem)> = group.tabs.iter().enumerate()
                            .flat_map(|(tab, items)| items.iter().filter(|item| item.ticked).map(move |item| (tab, item))).collect();
                        li data-row=(group.key) hidden[ticked.is_empty()] {
                            div {
                                b { (group.label) }
                                @for (index, (title, name, _)) in self.tabs.iter().enumerate() {
                                    p.picker-scopes data-names=(name) hidden[!ticked.iter().any(|(tab, _)| *tab == index)] {
                                        span { (title) }
                                        span.chips { @for (_, item) in ticked.iter().filter(|(tab, _)| *tab == index) { span.chip { (item.value) } } }
                                    }
                                }
                            }
                            div.actions {
                                (button(&format!("Edit {}", group.label)).icon("edit").icon_only().quiet().small().opens(&panel).set(&select, &group.key))
                                button.button.quiet.small.icon-only type="button" data-untick=(group.key) title={ "Remove " (group.label) } {
                                    (icon("trash")) span.visually-hidden { "Remove " (group.label) }
                                }
                            }
                        }
                    }
                }
                (button(&self.add).icon("plus").opens(&panel).set(&select, ""))
                (self.panel())
            }
        }
    }
}
