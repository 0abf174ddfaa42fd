//! What holds for every input.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use odata::{Comparison, Constant, Expr, Function, Kind, Limits, Path, Query, Reference, Root, parse_segment};
use proptest::prelude::*;

use crate::model::{JOB, RELEASE};

/// Limits that a printed form, which has more parentheses than what it was read from, stays within.
const WIDE: Limits = Limits {
    nesting: 300,
    filter_nodes: 10_000,
    text_length: 1 << 20,
    ..Limits::DEFAULT
};

fn parse(option: &str, text: &str, limits: &Limits) -> Result<Query, odata::Error> {
    Query::parse(
        &[(option.to_owned(), text.to_owned())],
        &JOB,
        limits,
        Timestamp::UNIX_EPOCH,
    )
}

/// Text made of what expressions are made of, in any order.
fn scraps() -> impl Strategy<Value = String> {
    const WORDS: [&str; 40] = [
        "Id",
        "Name",
        "Info",
        "State",
        "Key",
        "CreationTime",
        "Enabled",
        "Release/Name",
        "Steps/any(x:",
        "x/Title",
        "eq",
        "ne",
        "gt",
        "and",
        "or",
        "not",
        "in",
        "has",
        "add",
        "div",
        "contains(",
        "length(",
        "(",
        ")",
        ",",
        "-",
        "'text'",
        "'it''s'",
        "'",
        "null",
        "true",
        "12",
        "1.5",
        "2024-01-01T00:00:00Z",
        "5f0bd1ec-9f8c-4d3c-8a7b-0123456789ab",
        "datetime'2024-01-01'",
        "A.B'Running'",
        "(1,2)",
        "/",
        "$it",
    ];
    let word = prop_oneof![8 => proptest::sample::select(&WORDS[..]).prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

fn property(name: &str) -> Expr {
    Expr::Path(Path {
        root: Root::Row,
        property: Reference(JOB.property(name).unwrap()),
    })
}

/// A typed value: an expression and a constant of the same type.
fn value() -> impl Strategy<Value = (Expr, Constant)> {
    let release = Path {
        root: Root::Navigation(Reference(JOB.navigation("Release").unwrap())),
        property: Reference(RELEASE.property("Name").unwrap()),
    };
    let lower = Expr::Call {
        function: Function::ToLower,
        arguments: vec![property("Info")],
    };
    prop_oneof![
        any::<i64>().prop_map(|number| (property("Id"), Constant::Int(number))),
        any::<i32>().prop_map(|number| (property("Priority"), Constant::Int(number.into()))),
        any::<f64>()
            .prop_filter("numbers are finite", |number| number.is_finite())
            .prop_map(|number| (property("Progress"), Constant::Double(number))),
        any::<String>().prop_map(|text| (property("Name"), Constant::Text(text))),
        any::<String>().prop_map(move |text| (Expr::Path(release), Constant::Text(text))),
        any::<String>().prop_map(move |text| (lower.clone(), Constant::Text(text))),
        any::<u128>().prop_map(|bits| (property("Key"), Constant::Guid(uuid::Uuid::from_u128(bits)))),
        any::<bool>().prop_map(|flag| (property("Enabled"), Constant::Boolean(flag))),
        any::<u8>().prop_map(|number| (property("State"), Constant::Int(number.into()))),
        (0_i64..253_000_000_000_000_000).prop_map(|micros| {
            let time = Timestamp::from_microsecond(micros).unwrap();
            (property("CreationTime"), Constant::DateTime(time))
        }),
        Just((property("Info"), Constant::Null)),
    ]
}

fn expression() -> impl Strategy<Value = Expr> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let comparison =
        (value(), proptest::sample::select(&[Eq, Ne, Gt, Ge, Lt, Le][..])).prop_map(|((left, constant), operator)| {
            Expr::Compare {
                left: Box::new(left),
                operator,
                right: Box::new(Expr::Constant(constant)),
            }
        });
    let list = value().prop_map(|(operand, constant)| Expr::In {
        operand: Box::new(operand),
        list: vec![constant.clone(), Constant::Null, constant],
    });
    prop_oneof![3 => comparison, 1 => list].prop_recursive(4, 24, 4, |inner| {
        let terms = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            terms.clone().prop_map(|terms| flat(terms, true)),
            terms.prop_map(|terms| flat(terms, false)),
            inner.prop_map(|term| Expr::Not(Box::new(term))),
        ]
    })
}

fn flat(terms: Vec<Expr>, and: bool) -> Expr {
    let terms = terms
        .into_iter()
        .flat_map(|term| match term {
            Expr::And(inner) if and => inner,
            Expr::Or(inner) if !and => inner,
            other => vec![other],
        })
        .collect();
    if and { Expr::And(terms) } else { Expr::Or(terms) }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), option in "\\$(filter|orderby|select|expand|top|skip|count)") {
        let _ = parse(&option, &text, &Limits::DEFAULT);
        let _ = parse_segment(&text);
    }

    #[test]
    fn what_is_read_from_scraps_prints_as_something_that_reads_the_same(text in scraps()) {
        let _ = parse("$orderby", &text, &Limits::DEFAULT);
        let _ = parse("$expand", &text, &Limits::DEFAULT);
        if let Ok(query) = parse("$filter", &text, &Limits::DEFAULT) {
            let printed = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
            prop_assert_eq!(query.filter, parse("$filter", &printed, &WIDE).unwrap().filter, "{}", printed);
        }
    }

    #[test]
    fn a_printed_expression_reads_as_itself(expr in expression()) {
        let printed = expr.to_string();
        prop_assert!(matches!(expr.kind(), Some(Kind::Boolean)));
        match parse("$filter", &printed, &WIDE) {
            Ok(query) => prop_assert_eq!(query.filter, Some(expr), "{}", printed),
            Err(error) => prop_assert!(false, "{printed}: {error}"),
        }
    }
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let started = Instant::now();
    for scrap in [
        "(",
        "not ",
        "-",
        "length(",
        "Id eq 1 and ",
        "'",
        "Steps/any(x:",
        "$it/",
        "[",
        "Release(",
        "1,",
        "é(",
    ] {
        let text = scrap.repeat(16_384 / scrap.len());
        for option in ["$filter", "$orderby", "$expand", "$select"] {
            let _ = parse(option, &text, &Limits::DEFAULT);
        }
        let _ = parse_segment(&text);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
