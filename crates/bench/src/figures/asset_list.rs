//! Pages of a folder's asset list among a million assets.

use super::{Bench, million};
use crate::http::{encode, request};
use crate::load::Requests;
use crate::report::{Figure, Target};
use crate::server::api_headers;

const CONNECTIONS: usize = 4;

/// A list as clients ask for it: name of the figure, `$filter`, `$orderby`, more options, target.
struct Shape(&'static str, &'static str, &'static str, &'static str, Target);

const MOST: Target = Target::AtMost(30.0);
const SHAPES: &[Shape] = &[
    Shape("by type, by name", "ValueType eq 'Integer'", "Name", "", MOST),
    Shape("by type, newest first", "ValueType eq 'Text'", "Id desc", "", MOST),
    Shape("by prefix, by name", "startswith(Name,'invoice-0##')", "Name", "", MOST),
    Shape("by name, by id", "Name eq 'invoice-0##00000'", "Id", "", MOST),
    Shape("by common part, by name", "contains(Name,'##')", "Name", "", MOST),
    // Nothing narrows these down: they look at every asset of the folder.
    Shape(
        "by rare part, by name",
        "contains(Name,'voice-0##123')",
        "Name",
        "",
        Target::None,
    ),
    Shape(
        "by type, by name, counted",
        "ValueType eq 'Integer'",
        "Name",
        "&$count=true",
        Target::None,
    ),
];

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let settings = bench.settings("million", "RS256");
    let folder = million::fill(&settings, bench.options.rows)?;
    let server = settings.start()?;
    let token = server.token("OR.Assets")?;
    let headers = api_headers(&token, Some(folder));
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut figures = Vec::new();
    for Shape(name, filter, order, more, target) in SHAPES {
        let requests = (10..100)
            .map(|number| {
                let filter = encode(&filter.replace("##", &number.to_string()));
                let path = format!(
                    "/odata/Assets?$filter={filter}&$orderby={}&$top=50{more}",
                    encode(order)
                );
                request("GET", &path, &headers, "")
            })
            .collect();
        let outcome = bench.load(&server, CONNECTIONS, 200, Requests::Cycle(requests))?;
        let name = format!("asset list {name}, p99");
        figures.push(Figure::p99(name, *target, &outcome).note(format!("{:.0}/s", outcome.per_second)));
    }
    Ok(figures)
}
