//! Lists: search and filters in the address, order by column, pages, row menus, actions on selected rows.

use maud::{Markup, Render, html};

use crate::field::Choice;
use crate::query::{GridQuery, PAGE_SIZES};
use crate::{Button, MenuItem, api_hint, empty_state, icon, link_button, row_menu};

#[derive(Debug, Clone)]
struct Column {
    label: String,
    sort: Option<&'static str>,
    class: &'static str,
}

/// A row of a grid.
#[derive(Debug, Clone, Default)]
pub struct Row {
    id: String,
    name: String,
    cells: Vec<Markup>,
    menu: Vec<MenuItem>,
}

impl Row {
    /// A row; `id` is submitted when the row is selected, `name` is said in accessible names.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The next cell.
    pub fn cell(mut self, content: impl Render) -> Self {
        self.cells.push(content.render());
        self
    }

    /// The next cell, as a link; use it for the name.
    pub fn link(self, text: &str, href: &str) -> Self {
        self.cell(html! { a.row-link href=(href) { (text) } })
    }

    /// The row's menu.
    pub fn menu(mut self, items: Vec<MenuItem>) -> Self {
        self.menu = items;
        self
    }
}

/// A list. Rendered with the id it was made with, which is what `data-swap` replaces when order, page or filters change.
#[derive(Debug, Clone)]
pub struct Grid {
    id: String,
    label: String,
    query: GridQuery,
    columns: Vec<Column>,
    rows: Vec<Row>,
    total: Option<u64>,
    more: Option<bool>,
    lead: Option<Markup>,
    search: Option<String>,
    filters: Vec<(String, String, Vec<Choice>)>,
    bulk: Option<(String, String, Vec<Button>)>,
    actions: Option<Markup>,
    empty: Option<Markup>,
    api: Option<(String, String)>,
}

impl Grid {
    /// A list named `label` (for assistive technology) in the state `query`.
    pub fn new(id: &str, label: &str, query: &GridQuery) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            query: query.clone(),
            columns: Vec::new(),
            rows: Vec::new(),
            total: None,
            more: None,
            lead: None,
            search: None,
            filters: Vec::new(),
            bulk: None,
            actions: None,
            empty: None,
            api: None,
        }
    }

    /// The next column.
    pub fn column(mut self, label: &str) -> Self {
        self.columns.push(Column {
            label: label.to_owned(),
            sort: None,
            class: "",
        });
        self
    }

    /// The next column, which can be ordered by; `key` is the value of the `sort` parameter.
    pub fn sorted(mut self, label: &str, key: &'static str) -> Self {
        self.columns.push(Column {
            label: label.to_owned(),
            sort: Some(key),
            class: "",
        });
        self
    }

    /// Aligns the last column's numbers.
    pub fn numeric(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.class = "numeric";
        }
        self
    }

    /// Hides the last column on narrow screens.
    pub fn optional(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.class = "optional";
        }
        self
    }

    /// The next row.
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    /// Further rows.
    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// Number of rows on all pages; without it there is no pager.
    pub fn total(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    /// For a list that nobody counts: a pager that only knows whether there is another page.
    pub fn more(mut self, more: bool) -> Self {
        self.more = Some(more);
        self
    }

    /// What stands above the tool bar and changes with the list.
    pub fn lead(mut self, content: Markup) -> Self {
        self.lead = Some(content);
        self
    }

    /// A search box; `placeholder` says what it looks in.
    pub fn search(mut self, placeholder: &str) -> Self {
        self.search = Some(placeholder.to_owned());
        self
    }

    /// A filter; "All" is put before the choices.
    pub fn filter(mut self, name: &str, label: &str, choices: Vec<Choice>) -> Self {
        self.filters.push((name.to_owned(), label.to_owned(), choices));
        self
    }

    /// Lets rows be selected. The buttons post `id` once per selected row to `action` (or to their own `.action(…)`).
    pub fn bulk(mut self, csrf: &str, action: &str, buttons: Vec<Button>) -> Self {
        self.bulk = Some((csrf.to_owned(), action.to_owned(), buttons));
        self
    }

    /// Buttons at the right of the tool bar.
    pub fn actions(mut self, content: Markup) -> Self {
        self.actions = Some(content);
        self
    }

    /// What to show when there is nothing at all (see [`empty_state`]). When filters leave nothing, a reset link is shown instead.
    pub fn empty(mut self, content: Markup) -> Self {
        self.empty = Some(content);
        self
    }

    /// The API call that shows the same list.
    pub fn api(mut self, method: &str, path: &str) -> Self {
        self.api = Some((method.to_owned(), path.to_owned()));
        self
    }

    /// The list.
    pub fn render(self) -> Markup {
        let bulk_form = format!("{}-bulk", self.id);
        let swap = format!("#{}", self.id);
        html! {
            div.grid id=(self.id) {
                @if let Some(lead) = &self.lead { (lead) }
                (self.toolbar(&bulk_form, &swap))
                @if self.rows.is_empty() {
                    @if self.query.is_narrowed() {
                        (empty_state("search", "No results", "Nothing matches the search and the filters.", html! {
                            (link_button("Reset filters", &self.query.path).swap(&self.id))
                        }))
                    } @else if let Some(empty) = &self.empty { (empty) }
                    @else { (empty_state("list", "Nothing here yet", "", html! {})) }
                } @else {
                    (self.table(&bulk_form, &swap))
                    (self.footer(&swap))
                }
                @if let Some((method, path)) = &self.api { (api_hint(method, path)) }
            }
        }
    }

    fn toolbar(&self, bulk_form: &str, swap: &str) -> Markup {
        if self.rows.is_empty() && !self.query.is_narrowed() && self.actions.is_none() {
            return html! {};
        }
        let kept = ["sort", "size"];
        html! {
            div.toolbar {
                @if self.search.is_some() || !self.filters.is_empty() {
                    form.filters method="get" action=(self.query.path) role="search" aria-label={ "Filter " (self.label) } data-swap=(swap) data-auto {
                        @for (name, value) in self.query.pairs() { @if kept.contains(&name.as_str()) { input type="hidden" name=(name) value=(value); } }
                        @if let Some(placeholder) = &self.search {
                            label.search-box {
                                span.visually-hidden { "Search: " (placeholder) }
                                (icon("search"))
                                input.input id={ (self.id) "-q" } type="search" name="q" value=(self.query.search) placeholder=(placeholder) autocomplete="off";
                            }
                        }
                        @for (name, label, choices) in &self.filters {
                            @let current = self.query.filter(name).unwrap_or("");
                            label.filter {
                                span { (label) }
                                select.input id={ (self.id) "-" (name) } name=(name) {
                                    option value="" { "All" }
                                    @for choice in choices { option value=(choice.value) selected[choice.value == current] { (choice.label) } }
                                }
                                (icon("down"))
                            }
                        }
                        button.button.small data-noscript type="submit" { "Apply" }
                        @if self.query.is_narrowed() { a.reset href=(self.query.path) data-swap=(swap) { "Reset" } }
                    }
                }
                @if let Some(actions) = &self.actions { div.actions { (actions) } }
                @if let Some((csrf, action, buttons)) = &self.bulk {
                    form.bulk id=(bulk_form) method="post" action=(action) hidden {
                        input type="hidden" name="_csrf" value=(csrf);
                        span role="status" { b data-count { "0" } " selected" }
                        @for button in buttons { (button) }
                        button.button.quiet.small type="reset" { "Clear" }
                    }
                }
            }
        }
    }

    fn table(&self, bulk_form: &str, swap: &str) -> Markup {
        let menus = self.rows.iter().any(|row| !row.menu.is_empty());
        html! {
            div.table-box tabindex="0" role="region" aria-label=(self.label) {
                table.table role="table" {
                    thead { tr {
                        @if self.bulk.is_some() { th.tick scope="col" { input type="checkbox" data-all form=(bulk_form) aria-label="Select all rows"; } }
                        @for column in &self.columns { (self.head(column, swap)) }
                        @if menus { th.end scope="col" { span.visually-hidden { "Actions" } } }
                    } }
                    tbody {
                        @for (number, row) in self.rows.iter().enumerate() {
                            tr role="row" {
                                @if self.bulk.is_some() {
                                    td.tick role="cell" { input type="checkbox" name="id" value=(row.id) form=(bulk_form) data-row aria-label={ "Select " (row.name) }; }
                                }
                                @for (index, cell) in row.cells.iter().enumerate() {
                                    @let column = self.columns.get(index);
                                    td class=[cell_class(index, column)]
                                        role="cell" data-label=[column.map(|column| column.label.as_str())] { (cell) }
                                }
                                @if menus { td.end role="cell" { (row_menu(&format!("{}-menu-{number}", self.id), &row.name, &row.menu)) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn head(&self, column: &Column, swap: &str) -> Markup {
        let class = (!column.class.is_empty()).then_some(column.class);
        let Some(key) = column.sort else {
            return html! { th class=[class] scope="col" { (column.label) } };
        };
        let descending = self
            .query
            .sort
            .as_ref()
            .filter(|(current, _)| current == key)
            .map(|(_, descending)| *descending);
        let (order, mark) = match descending {
            Some(false) => (Some("ascending"), "up-arrow"),
            Some(true) => (Some("descending"), "down-arrow"),
            None => (None, "down-arrow"),
        };
        html! {
            th class=[class] scope="col" aria-sort=[order] {
                a.sort href=(self.query.sort_href(key)) data-swap=(swap) { (column.label) (icon(mark)) }
            }
        }
    }

    fn footer(&self, swap: &str) -> Markup {
        let (page, size) = (self.query.page, self.query.size);
        let from = self.query.skip() + 1;
        let to = self.query.skip() + self.rows.len() as u64;
        let (total, next) = match (self.total, self.more) {
            (Some(total), _) => (Some(total), page < total.div_ceil(size)),
            (None, Some(more)) => (None, more),
            (None, None) => return html! {},
        };
        let step = |label: &str, mark: &str, target: u64, on: bool| {
            html! {
                @if on { a.button.quiet.small.icon-only href=(self.query.href("page", &target.to_string())) data-swap=(swap) title=(label) { (icon(mark)) span.visually-hidden { (label) } } }
                @else { span.button.quiet.small.icon-only.off aria-hidden="true" { (icon(mark)) } }
            }
        };
        let range = html! { span.range { (from) "–" (to) @if let Some(total) = total { " / " (total) } @else if next { " / …" } } };
        let short = total.map_or(!next && to <= PAGE_SIZES[0], |total| total <= PAGE_SIZES[0]);
        if short && page == 1 {
            return html! { div.grid-foot { span {} (range) } };
        }
        html! {
            div.grid-foot {
                span.sizes {
                    "Rows "
                    @for choice in PAGE_SIZES {
                        @if choice == size { b aria-current="true" { (choice) } }
                        @else { a href=(self.query.href("size", &choice.to_string())) data-swap=(swap) { (choice) } }
                    }
                }
                nav.pager aria-label={ "Pages of " (self.label) } {
                    (range)
                    (step("First page", "first", 1, page > 1))
                    (step("Previous page", "left", page.saturating_sub(1).max(1), page > 1))
                    (step("Next page", "right", page + 1, next))
                    @if let Some(total) = total { (step("Last page", "last", total.div_ceil(size).max(1), next)) }
                }
            }
        }
    }
}

/// The first cell names the row; on narrow screens it heads the card that the row becomes.
fn cell_class(index: usize, column: Option<&Column>) -> Option<&'static str> {
    if index == 0 {
        return Some("lead-cell");
    }
    column.map(|column| column.class).filter(|class| !class.is_empty())
}
