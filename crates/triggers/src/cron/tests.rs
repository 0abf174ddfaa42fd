use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// The next times in UTC after a moment, as text without the date where it is the same.
#[track_caller]
fn check(expression: &str, after: &str, expected: &[&str]) {
    check_in("UTC", expression, after, expected);
}

#[track_caller]
fn check_in(name: &str, expression: &str, after: &str, expected: &[&str]) {
    let cron = Cron::parse(expression).unwrap();
    let found: Vec<String> = cron
        .upcoming(at(after), &zone(name), expected.len())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, expected, "{expression}");
}

#[test]
fn plain_fields_lists_ranges_and_steps() {
    check(
        "0 0/15 * ? * *",
        "2026-01-01T10:01:00Z",
        &["2026-01-01T10:15:00Z", "2026-01-01T10:30:00Z"],
    );
    check(
        "0 0/1 * 1/1 * ? *",
        "2026-01-01T10:01:30Z",
        &["2026-01-01T10:02:00Z", "2026-01-01T10:03:00Z"],
    );
    check(
        "5,35 10 9-10 ? * MON-FRI",
        "2026-01-02T10:10:10Z",
        &["2026-01-02T10:10:35Z", "2026-01-05T09:10:05Z"],
    );
    check(
        "0 0 9 ? * 2",
        "2026-01-01T00:00:00Z",
        &["2026-01-05T09:00:00Z", "2026-01-12T09:00:00Z"],
    );
    check(
        "0 */20 /12 * JAN,jul ?",
        "2026-01-31T12:40:00Z",
        &["2026-07-01T00:00:00Z", "2026-07-01T00:20:00Z"],
    );
    check(
        "0 0 0 1 1 ? 2027/2",
        "2026-01-01T00:00:00Z",
        &["2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z"],
    );
    check(
        "0 0 0 29 2 ?",
        "2026-01-01T00:00:00Z",
        &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
    );
}

#[test]
fn ranges_go_on_over_the_end() {
    check(
        "0 0 22-1 ? * *",
        "2026-01-01T21:00:00Z",
        &[
            "2026-01-01T22:00:00Z",
            "2026-01-01T23:00:00Z",
            "2026-01-02T00:00:00Z",
            "2026-01-02T01:00:00Z",
            "2026-01-02T22:00:00Z",
        ],
    );
    check(
        "0 0 0 ? * SAT-SUN",
        "2026-01-01T00:00:00Z",
        &["2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z", "2026-01-10T00:00:00Z"],
    );
    check(
        "0 0 0 1 NOV-FEB/2 ?",
        "2026-01-02T00:00:00Z",
        &["2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    );
}

#[test]
fn special_days_of_the_month() {
    check(
        "0 0 0 L * ?",
        "2026-02-01T00:00:00Z",
        &["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"],
    );
    check(
        "0 0 0 L-3 * ?",
        "2026-02-01T00:00:00Z",
        &["2026-02-25T00:00:00Z", "2026-03-28T00:00:00Z"],
    );
    // 31 January 2026 is a Saturday, 28 February too.
    check(
        "0 0 0 LW * ?",
        "2026-01-01T00:00:00Z",
        &["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"],
    );
    // 15 February is a Sunday, 15 March too.
    check(
        "0 0 0 15W * ?",
        "2026-01-31T00:00:00Z",
        &["2026-02-16T00:00:00Z", "2026-03-16T00:00:00Z"],
    );
    // 1 August 2026 is a Saturday: the working day must not be in July.
    check("0 0 0 1W * ?", "2026-07-02T00:00:00Z", &["2026-08-03T00:00:00Z"]);
    // 31 May 2026 is a Sunday: not in June; and June has no 31st.
    check(
        "0 0 0 31W * ?",
        "2026-05-01T00:00:00Z",
        &["2026-05-29T00:00:00Z", "2026-07-31T00:00:00Z"],
    );
    check(
        "0 0 0 1,L * ?",
        "2026-01-31T00:00:00Z",
        &["2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"],
    );
}

#[test]
fn special_days_of_the_week() {
    check(
        "0 0 0 ? * 6L",
        "2026-01-01T00:00:00Z",
        &["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"],
    );
    check(
        "0 0 0 ? * FRI#3",
        "2026-01-01T00:00:00Z",
        &["2026-01-16T00:00:00Z", "2026-02-20T00:00:00Z"],
    );
    check(
        "0 0 0 ? * 7#5",
        "2026-01-01T00:00:00Z",
        &["2026-01-31T00:00:00Z", "2026-05-30T00:00:00Z"],
    );
    check(
        "0 0 0 ? * L",
        "2026-01-01T00:00:00Z",
        &["2026-01-03T00:00:00Z", "2026-01-10T00:00:00Z"],
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    for text in [
        "",
        "* * * * *",
        "0 0 0 * * *",
        "0 0 0 ? * ?",
        "0 0 0 1 * MON",
        "60 0 0 ? * *",
        "0 0 24 ? * *",
        "0 0 0 32 * ?",
        "0 0 0 0 * ?",
        "0 0 0 ? 13 *",
        "0 0 0 ? * 8",
        "0 0 0 ? * 0",
        "0 0 0 ? * MON#6",
        "0 0 0 L-31 * ?",
        "0 0 0 W * ?",
        "0 0/0 0 ? * *",
        "0 0/99 0 ? * *",
        "0 -1 0 ? * *",
        "0 1- 0 ? * *",
        "0 , 0 ? * *",
        "0 0 0 ? * * 1969",
        "0 0 0 ? * * 2030-2029",
        "0 0 0 ? * * * *",
        "0 0 0 LL * ?",
        "a 0 0 ? * *",
        "0 0 0 ? * MONL3",
        "0 +1 0 ? * *",
        "0 0 0 15WW * ?",
        "? 0 0 ? * *",
    ] {
        assert!(
            matches!(Cron::parse(text), Err(Fault::Form(_))),
            "{text}: {:?}",
            Cron::parse(text)
        );
    }
    assert!(matches!(Cron::parse(&"0,".repeat(200)), Err(Fault::Form(_))));
    for text in ["* * * ? * *", "0/5 * * ? * *", "0,5 * * ? * *", "0,55 * * ? * *"] {
        assert_eq!(Cron::parse(text), Err(Fault::TooFrequent), "{text}");
    }
    assert!(Cron::parse("0/10 * * ? * *").is_ok() && Cron::parse("0,30 * * ? * *").is_ok());
}

#[test]
fn some_expressions_never_fire_again() {
    let never = |text: &str| {
        Cron::parse(text)
            .unwrap()
            .next(at("2026-01-01T00:00:00Z"), &TimeZone::UTC)
    };
    assert_eq!(never("0 0 0 30 2 ?"), None);
    assert_eq!(never("0 0 0 ? * * 2025"), None);
    assert_eq!(never("0 0 0 31 4,6,9,11 ? *"), None);
    assert!(never("0 0 0 29 2 ?").is_some());
}

#[test]
fn a_zero_second_is_the_second_of_creation() {
    let next = |text: &str, after: &str| {
        Cron::parse(text)
            .unwrap()
            .made_at(34)
            .next(at(after), &TimeZone::UTC)
            .unwrap()
    };
    assert_eq!(next("0 * * ? * *", "2026-01-01T12:23:34Z"), at("2026-01-01T12:24:34Z"));
    assert_eq!(next("1 * * ? * *", "2026-01-01T12:23:34Z"), at("2026-01-01T12:24:01Z"));
    assert_eq!(next("0 0 9 ? * *", "2026-01-01T12:23:34Z"), at("2026-01-02T09:00:34Z"));
}

#[test]
fn local_times_that_are_skipped_fire_at_the_next_that_exists() {
    // In Berlin 02:00 to 03:00 does not exist on 29 March 2026; the change is at 01:00 UTC.
    check_in(
        "Europe/Berlin",
        "0 30 2 ? * *",
        "2026-03-28T12:00:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    );
    check_in(
        "Europe/Berlin",
        "0 0/20 * ? * *",
        "2026-03-29T00:30:00Z",
        &["2026-03-29T00:40:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"],
    );
    // Midnight itself is skipped in Cairo on 24 April 2026, and a whole day in Apia in 2011.
    check_in(
        "Africa/Cairo",
        "0 0 0 ? * *",
        "2026-04-23T12:00:00Z",
        &["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"],
    );
    check_in(
        "Pacific/Apia",
        "0 0 12 ? * *",
        "2011-12-29T12:00:00Z",
        &["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"],
    );
}

#[test]
fn local_times_that_are_repeated_fire_once() {
    // In Berlin 02:00 to 03:00 happens twice on 25 October 2026, from 00:00 and from 01:00 UTC.
    check_in(
        "Europe/Berlin",
        "0 30 2 ? * *",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    );
    check_in(
        "Europe/Berlin",
        "0 30 2 ? * *",
        "2026-10-25T01:10:00Z",
        &["2026-10-26T01:30:00Z"],
    );
    check_in(
        "Europe/Berlin",
        "0 0/30 * ? * *",
        "2026-10-25T00:30:00Z",
        &["2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"],
    );
}

#[test]
fn an_expression_is_told_in_words() {
    for (text, told) in [
        ("0 0/1 * 1/1 * ? *", "Every minute"),
        ("0 0/5 * ? * *", "Every 5 minutes"),
        ("0 0 9 ? * MON-FRI", "At 09:00, Monday to Friday"),
        (
            "30 15 6,18 L * ?",
            "At 06:15:30, 18:15:30, on the last day of the month",
        ),
        (
            "0 0 0 15W JAN-MAR ?",
            "At 00:00, on the working day nearest to day 15 of the month, in January to March",
        ),
        (
            "0 10 * ? * 6#3",
            "At minute 10 of every hour, on the third Friday of the month",
        ),
        (
            "0 0/30 9-17 ? * 2L 2027",
            "Every 30 minutes, in hour 9 to 17, on the last Monday of the month, in 2027",
        ),
    ] {
        assert_eq!(Cron::parse(text).unwrap().summary(), told, "{text}");
    }
}

/// Whether a local time matches, told field by field, the slow way.
fn matches(text: &str, local: DateTime) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    let numbers = |text: &str, least: i32, most: i32, value: i32| {
        text.split(',').any(|part| {
            let (span, step) = part
                .split_once('/')
                .map_or((part, None), |(span, step)| (span, Some(step.parse::<i32>().unwrap())));
            let (from, to) = match span.split_once('-') {
                Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
                None if span == "*" => (least, most),
                None if step.is_some() => (span.parse().unwrap(), most),
                None => (span.parse().unwrap(), span.parse().unwrap()),
            };
            let size = most - least + 1;
            let to = if to < from { to + size } else { to };
            let mut at: i32 = from;
            while at <= to {
                if (at - least) % size + least == value {
                    return true;
                }
                at += step.unwrap_or(1);
            }
            false
        })
    };
    let date = local.date();
    let length = i32::from(date.days_in_month());
    let day = i32::from(date.day());
    let working = |wanted: i32| -> i32 {
        if !(1..=length).contains(&wanted) {
            return 0;
        }
        let on = |day: i32| {
            (1..=length).contains(&day)
                && !matches!(
                    Date::new(date.year(), date.month(), day as i8).unwrap().weekday(),
                    Weekday::Saturday | Weekday::Sunday
                )
        };
        [0, -1, 1, -2, 2]
            .into_iter()
            .map(|by| wanted + by)
            .find(|day| on(*day))
            .unwrap()
    };
    let weekday = i32::from(date.weekday().to_sunday_one_offset());
    let of_month = |part: &str| match part {
        "L" => day == length,
        "LW" => day == working(length),
        part if part.starts_with("L-") => day == length - part[2..].parse::<i32>().unwrap(),
        part if part.ends_with('W') => day == working(part[..part.len() - 1].parse().unwrap()),
        part => numbers(part, 1, 31, day),
    };
    let of_week = |part: &str| match part.split_once('#') {
        Some((of, nth)) => weekday == of.parse::<i32>().unwrap() && (day - 1) / 7 + 1 == nth.parse::<i32>().unwrap(),
        None if part.ends_with('L') && part.len() == 2 => {
            weekday == part[..1].parse::<i32>().unwrap() && day + 7 > length
        }
        None => numbers(part, 1, 7, weekday),
    };
    numbers(fields[0], 0, 59, i32::from(local.second()))
        && numbers(fields[1], 0, 59, i32::from(local.minute()))
        && numbers(fields[2], 0, 23, i32::from(local.hour()))
        && numbers(fields[4], 1, 12, i32::from(date.month()))
        && (fields[3] == "?" || fields[3].split(',').any(of_month))
        && (fields[5] == "?" || fields[5].split(',').any(of_week))
}

fn entry(least: i32, most: i32) -> impl Strategy<Value = String> {
    let number = least..=most;
    prop_oneof![
        Just("*".to_owned()),
        number.clone().prop_map(|number| number.to_string()),
        (number.clone(), number.clone()).prop_map(|(from, to)| format!("{from}-{to}")),
        (number.clone(), 1..=most).prop_map(|(from, step)| format!("{from}/{step}")),
        (number.clone(), number.clone(), 1..=most).prop_map(|(from, to, step)| format!("{from}-{to}/{step}")),
        (number.clone(), number).prop_map(|(one, other)| format!("{one},{other}")),
    ]
}

fn days() -> impl Strategy<Value = (String, String)> {
    let of_month = prop_oneof![
        4 => entry(1, 31),
        1 => Just("L".to_owned()),
        1 => Just("LW".to_owned()),
        1 => (0..=30).prop_map(|before| format!("L-{before}")),
        1 => (1..=31).prop_map(|day| format!("{day}W")),
    ];
    let of_week = prop_oneof![
        4 => entry(1, 7),
        1 => (1..=7).prop_map(|day| format!("{day}L")),
        1 => (1..=7, 1..=5).prop_map(|(day, nth)| format!("{day}#{nth}")),
    ];
    prop_oneof![
        of_month.prop_map(|days| (days, "?".to_owned())),
        of_week.prop_map(|days| ("?".to_owned(), days))
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Against a search through the minutes of some weeks, across both changes of clocks.
    #[test]
    fn the_next_time_is_what_a_search_finds(
        second in 0..=59i8,
        minutes in entry(0, 59),
        hours in entry(0, 23),
        (of_month, of_week) in days(),
        months in entry(1, 12),
        start in prop_oneof![Just("2026-03-27T20:00:00Z"), Just("2026-10-23T20:00:00Z"), Just("2028-02-26T00:00:00Z")],
        moved in 0..20_000i64,
        place in prop_oneof![Just("UTC"), Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("Africa/Cairo")],
    ) {
        let text = format!("{second} {minutes} {hours} {of_month} {months} {of_week}");
        let cron = Cron::parse(&text).unwrap();
        let zone = zone(place);
        let after = at(start).checked_add(moved.seconds()).unwrap();
        // All local times of the window that match, as instants, each once.
        let window = 20 * 24 * 60;
        let local = zone.to_datetime(after);
        let base = date(local.year(), local.month(), local.day()).at(local.hour(), local.minute(), second, 0);
        let expected = (-120..window)
            .filter_map(|minute: i64| {
                let local = base.checked_add(minute.minutes()).unwrap();
                if !matches(&text, local) {
                    return None;
                }
                let ambiguous = zone.to_ambiguous_zoned_datetime(local);
                let instant = if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
                    // Minute by minute to the end of the gap.
                    (1..2_000).find_map(|later: i64| {
                        let next = local.with().second(0).build().unwrap().checked_add(later.minutes()).unwrap();
                        let next = zone.to_ambiguous_zoned_datetime(next);
                        (!matches!(next.offset(), AmbiguousOffset::Gap { .. })).then(|| next.earlier().unwrap().timestamp())
                    })?
                } else {
                    ambiguous.earlier().unwrap().timestamp()
                };
                (instant > after).then_some(instant)
            })
            .min();
        if let Some(expected) = expected { prop_assert_eq!(cron.next(after, &zone), Some(expected), "{} in {} after {}", text, place, after) } else {
            let end = after.checked_add((window - 240).minutes()).unwrap();
            prop_assert!(cron.next(after, &zone).is_none_or(|next| next > end), "{} in {} after {}", text, place, after);
        }
    }
}
