//! A table of tick boxes: permission by View, Edit, Create and Delete.

use maud::{Markup, Render, html};

/// One line of a [`Matrix`].
#[derive(Debug, Clone, Default)]
pub struct MatrixRow {
    /// What the line is about.
    pub label: String,
    /// Per column: the submitted value and whether it is ticked; `None` where the combination does not exist.
    pub cells: Vec<Option<(String, bool)>>,
}

/// A table of tick boxes with "all" boxes per row and column. Every ticked box submits `name`.
#[derive(Debug, Clone)]
pub struct Matrix {
    name: String,
    label: String,
    columns: Vec<String>,
    groups: Vec<(String, Vec<MatrixRow>)>,
    readonly: bool,
}

impl Matrix {
    /// A table of boxes that all submit `name`.
    pub fn new(name: &str, label: &str, columns: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            groups: Vec::new(),
            readonly: false,
        }
    }

    /// Lines under a common heading (empty for none).
    pub fn group(mut self, title: &str, rows: Vec<MatrixRow>) -> Self {
        self.groups.push((title.to_owned(), rows));
        self
    }

    /// Shows what is set; nothing can be changed.
    pub fn readonly(mut self, readonly: bool) -> Self {
        self.readonly = readonly;
        self
    }

    fn cell(&self, row: &MatrixRow, index: usize, column: &str) -> Markup {
        html! {
            @match row.cells.get(index).and_then(Option::as_ref) {
                Some((value, ticked)) => td {
                    input type="checkbox" name=(self.name) value=(value) checked[*ticked] disabled[self.readonly]
                        data-column=(index) aria-label={ (row.label) ": " (column) };
                },
                None => td.none aria-hidden="true" { "–" },
            }
        }
    }
}

impl Render for Matrix {
    fn render(&self) -> Markup {
        html! {
            div.table-box tabindex="0" role="region" aria-label=(self.label) {
                table.table.matrix data-matrix {
                    thead { tr {
                        th scope="col" { (self.label) }
                        @for (index, column) in self.columns.iter().enumerate() {
                            th scope="col" {
                                label { @if !self.readonly { input type="checkbox" data-all-column=(index); } span { (column) } }
                            }
                        }
                        @if !self.readonly { th scope="col" { "All" } }
                    } }
                    @for (title, rows) in &self.groups {
                        tbody {
                            @if !title.is_empty() { tr.group { th scope="rowgroup" colspan=(self.columns.len() + 2) { (title) } } }
                            @for row in rows {
                                tr {
                                    th scope="row" { (row.label) }
                                    @for (index, column) in self.columns.iter().enumerate() { (self.cell(row, index, column)) }
                                    @if !self.readonly { td { input type="checkbox" data-all-row aria-label={ (row.label) ": all" }; } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
