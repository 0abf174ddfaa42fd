//! Items from a CSV file (reference: queues 5.3).

use std::sync::Arc;

use context::Error;
use http::Method;
use maud::{Markup, html};
use odata::Moment;
use serde_json::{Map, Value};
use ui::{Form, Tone, callout, field};
use web::{Folder, Operation, Request, Response, page};

use super::add::queue;
use super::content::CONTROLS;
use crate::console::{self, ACTIVE, can_be_mended, csrf, queue_path, status_of};
use crate::items::add::CommitType;
use crate::items::api::bulk::{Adding, MOST};
use crate::items::model::Priority;

const UPLOAD: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/upload";
/// Most bytes of an uploaded form; a character may take three.
const LARGEST_FORM: usize = 64 << 20;
/// Rows that failed of which the page tells why.
const MOST_TOLD: usize = 1_000;
/// Columns with a meaning of their own. All others are content.
const SPECIAL: [&str; 4] = ["Reference", "Priority", "DeferDate", "DueDate"];

pub fn operations() -> Vec<Operation> {
    let page = |method, id| {
        Operation::page(method, UPLOAD, id)
            .permission("Queues.View and Transactions.Create")
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, "Console_UploadQueueItems")
            .summary("The form for items from a file.")
            .handler(show),
        page(Method::POST, "Console_AddQueueItems")
            .summary("Adds the items of a file.")
            .takes_form()
            .body_limit(LARGEST_FORM)
            .handler(save),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    let queue = queue(&request).await?;
    render(&request, &queue, "", None).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let queue = queue(&request).await?;
    let form = request.form();
    let text = form
        .iter()
        .find(|(name, _)| name == "csv")
        .map_or("", |(_, text)| text.as_str());
    match add(&request, &queue, text).await {
        Ok(outcome) if outcome.failed.is_empty() => {
            let message = format!("{} item(s) were added.", outcome.total);
            page::done(&queue_path(&request, request.integer("id")?)?, &message)
        }
        Ok(outcome) => tell(&request, &outcome).await,
        Err(error) if can_be_mended(&error) => render(&request, &queue, text, Some(&error)).await,
        Err(error) => Err(error),
    }
}

/// What came of a file: its number of rows, and those that were not added.
struct Outcome {
    total: usize,
    /// Row as a spreadsheet numbers it, reference, reason.
    failed: Vec<(usize, String, String)>,
}

/// A row that is no item.
#[derive(Debug)]
struct BadRow {
    reference: String,
    reason: String,
}

async fn add(request: &Request, queue: &Value, text: &str) -> Result<Outcome, Error> {
    let table = text.to_owned();
    // Reading a long table takes long enough to be done beside the tasks that serve others.
    let rows = tokio::task::spawn_blocking(move || read(&table))
        .await
        .map_err(Error::internal)??;
    let total = rows.len();
    let (mut given, mut places, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (at, row) in rows.into_iter().enumerate() {
        match row {
            Ok(item) => {
                given.push(item);
                places.push(at);
            }
            Err(BadRow { reference, reason }) => failed.push((at, reference, reason)),
        }
    }
    let adding = Adding {
        name: queue["Name"].as_str().unwrap_or_default().to_owned(),
        commit: CommitType::ProcessAllIndependently,
        given: Arc::new(given),
    };
    for (index, error) in adding.add(request).await? {
        let reference = adding.given.get(index).and_then(|item| item["Reference"].as_str());
        let messages: Vec<String> = console::errors(Some(&error), &CONTROLS)
            .into_iter()
            .map(|(_, message)| message)
            .collect();
        let at = places.get(index).copied().unwrap_or(index);
        failed.push((at, reference.unwrap_or_default().to_owned(), messages.join(" ")));
    }
    failed.sort_by_key(|(at, ..)| *at);
    // The header is row 1.
    let failed = failed
        .into_iter()
        .map(|(at, reference, reason)| (at + 2, reference, reason))
        .collect();
    Ok(Outcome { total, failed })
}

/// The rows of a table as `QueueItemDataDto`, or why they are none.
///
/// # Errors
/// 400 when it is no table: without header, with a column twice, with too many rows.
fn read(text: &str) -> Result<Vec<Result<Value, BadRow>>, Error> {
    let wrong = |message: String| Error::field("csv", message);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if !head.contains(',') && head.contains(';') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = reader
        .headers()
        .map_err(|error| wrong(format!("The file cannot be read: {error}.")))?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    if columns.iter().all(String::is_empty) {
        return Err(wrong(
            "The file has no header: its first row must name the columns.".to_owned(),
        ));
    }
    for (index, name) in columns.iter().enumerate() {
        if name.is_empty() {
            return Err(wrong(format!("Column {} has no name.", index + 1)));
        }
        if columns.iter().take(index).any(|other| other == name) {
            return Err(wrong(format!("The column {name} is there more than once.")));
        }
    }
    let mut rows = Vec::new();
    let mut count = 0;
    for record in reader.records() {
        count += 1;
        if count > MOST {
            // Only the number is of interest now.
            continue;
        }
        rows.push(match record {
            Ok(record) if record.len() == columns.len() => item(&columns, &record),
            Ok(record) => Err(BadRow {
                reference: reference(&columns, &record),
                reason: format!(
                    "The row has {} values; the header names {} columns.",
                    record.len(),
                    columns.len()
                ),
            }),
            Err(error) => Err(BadRow {
                reference: String::new(),
                reason: format!("The row cannot be read: {error}."),
            }),
        });
    }
    match count {
        0 => Err(wrong("The file has no rows below its header.".to_owned())),
        count if count > MOST => Err(wrong(format!(
            "At most {MOST} rows can be uploaded at a time; this file has {count}."
        ))),
        _ => Ok(rows),
    }
}

/// A row as an item; what is special is checked here, in words of the table.
fn item(columns: &[String], record: &csv::StringRecord) -> Result<Value, BadRow> {
    let (mut members, mut content) = (Map::new(), Map::new());
    for (name, value) in columns.iter().zip(record) {
        match SPECIAL.iter().find(|special| special.eq_ignore_ascii_case(name)) {
            Some(special) if !value.trim().is_empty() => {
                if let Some(reason) = wrong(special, value.trim()) {
                    let reference = reference(columns, record);
                    return Err(BadRow { reference, reason });
                }
                members.insert((*special).to_owned(), Value::from(value.trim()));
            }
            Some(_) => {}
            None => {
                content.insert(name.clone(), Value::from(value));
            }
        }
    }
    members.insert("SpecificContent".to_owned(), Value::Object(content));
    Ok(Value::Object(members))
}

/// The reference that a row has.
fn reference(columns: &[String], record: &csv::StringRecord) -> String {
    let mut cells = columns.iter().zip(record);
    let found = cells.find(|(name, _)| name.eq_ignore_ascii_case(SPECIAL[0]));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// What is wrong with the value of a special column.
fn wrong(column: &str, value: &str) -> Option<String> {
    let moment = || serde_json::from_value::<Moment>(Value::from(value)).is_ok();
    match column {
        "Priority" if value.parse::<Priority>().is_err() => Some("Priority must be High, Normal or Low.".to_owned()),
        "DeferDate" | "DueDate" if !moment() => Some(format!(
            "{column} must be a day and a time, such as 2030-01-31T12:00:00Z."
        )),
        _ => None,
    }
}

async fn render(request: &Request, queue: &Value, text: &str, error: Option<&Error>) -> Result<Response, Error> {
    let errors: Vec<(String, String)> = error
        .into_iter()
        .map(|error| ("csv".to_owned(), error.message.clone()))
        .collect();
    let path = queue_path(request, request.integer("id")?)?;
    let form = Form::new(csrf(request), &format!("{path}/upload"))
        .errors(&errors)
        .submit("Upload")
        .cancel(&path);
    let name = queue["Name"].as_str().unwrap_or_default();
    let content = html! {
        (ui::page_header("Upload items", &format!("Adds an item to queue {name} for each row of a CSV file."), html! {}))
        (callout(Tone::Info, html! {
            "The first row names the columns. " b { "Reference" } ", " b { "Priority" } ", " b { "DeferDate" } " and " b { "DueDate" }
            " have their own meaning; every other column becomes a text in the content of the item. At most 15,000 rows."
        }))
        (form.render(html! {
            (field::textarea("csv", "CSV file", 12).value(text).wide().required().file(".csv,text/csv").error_in(&errors)
                .placeholder("Reference,Priority,DueDate,Invoice,Amount\nINV-1,High,2030-01-31T12:00:00Z,4711,99.50"))
        }))
    };
    page::render_with(request, status_of(error), "Upload items", ACTIVE, content).await
}

/// Which rows were not added, and why.
async fn tell(request: &Request, outcome: &Outcome) -> Result<Response, Error> {
    let path = queue_path(request, request.integer("id")?)?;
    let (failed, total) = (outcome.failed.len(), outcome.total);
    let note = format!(
        "{} of {total} rows were added. {failed} could not be added:",
        total - failed
    );
    let content = html! {
        (ui::page_header("Upload items", "", html! {
            (ui::link_button("Upload more", &format!("{path}/upload")))
            (ui::link_button("Go to the queue", &path).primary())
        }))
        (ui::stack(html! { (callout(Tone::Warning, html! { (note) })) (rows(&outcome.failed)) }))
        @if failed > MOST_TOLD { p.muted { "… and " (failed - MOST_TOLD) " more." } }
    };
    page::render(request, "Upload items", ACTIVE, content).await
}

fn rows(failed: &[(usize, String, String)]) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="Rows that were not added" {
            table.table {
                thead { tr { th scope="col" { "Row" } th scope="col" { "Reference" } th scope="col" { "Reason" } } }
                tbody {
                    @for (row, reference, reason) in failed.iter().take(MOST_TOLD) {
                        tr {
                            td.lead-cell data-label="Row" { b { (row) } }
                            td data-label="Reference" { (reference) }
                            td data-label="Reason" { (reason) }
                        }
                    }
                }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_become_members_or_content() {
        let rows = read("\u{feff}reference,Amount,DueDate\r\nA,\"1,5\",\r\n,2,2030-01-01\r\nx\r\n").unwrap();
        assert_eq!(
            rows[0].as_ref().unwrap(),
            &json!({"Reference": "A", "SpecificContent": {"Amount": "1,5"}})
        );
        assert_eq!(
            rows[1].as_ref().unwrap(),
            &json!({"DueDate": "2030-01-01", "SpecificContent": {"Amount": "2"}})
        );
        assert!(rows[2].as_ref().unwrap_err().reason.contains("1 values"));
        let other = read("a;b\n1;2").unwrap();
        assert_eq!(
            other[0].as_ref().unwrap()["SpecificContent"],
            json!({"a": "1", "b": "2"})
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in ["", "a,b", "a,a\n1,2", "a,\n1,2"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        let long = "a\n".to_owned() + &"1\n".repeat(MOST + 1);
        assert!(read(&long).unwrap_err().message.contains("has 15001"));
        assert_eq!(read(&long[..long.len() - 2]).unwrap().len(), MOST);
    }
}
