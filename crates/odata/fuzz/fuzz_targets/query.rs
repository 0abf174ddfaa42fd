//! Feeds arbitrary text to every parser. What is read must print as something that reads the same.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use odata::{Limits, Query};

#[path = "../../tests/it/model.rs"]
mod model;

const OPTIONS: [&str; 5] = ["$filter", "$orderby", "$expand", "$select", "$top"];

fn parse(option: &str, text: &str, limits: &Limits) -> Result<Query, odata::Error> {
    Query::parse(
        &[(option.to_owned(), text.to_owned())],
        &model::JOB,
        limits,
        Timestamp::UNIX_EPOCH,
    )
}

fuzz_target!(|text: &str| {
    for option in OPTIONS {
        let Ok(query) = parse(option, text, &Limits::DEFAULT) else {
            continue;
        };
        if let Some(filter) = query.filter {
            let wide = Limits {
                nesting: 300,
                filter_nodes: 10_000,
                text_length: 1 << 20,
                ..Limits::DEFAULT
            };
            let again = parse("$filter", &filter.to_string(), &wide);
            assert_eq!(again.ok().and_then(|query| query.filter), Some(filter));
        }
    }
    let _ = odata::parse_segment(text);
});
