//! Figures on paper: a table for people, JSON for comparison.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::load::Outcome;
use crate::machine::Machine;

/// What a figure has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Measured to explain the others.
    None,
}

/// A measured number beside what it has to be.
#[derive(Debug, Clone)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub target: Target,
    pub value: f64,
    pub load: Option<Outcome>,
    pub note: String,
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &'static str, target: Target, value: f64) -> Self {
        Self {
            name: name.into(),
            unit,
            target,
            value,
            load: None,
            note: String::new(),
        }
    }

    /// Requests per second of a load.
    pub fn rate(name: impl Into<String>, target: Target, outcome: &Outcome) -> Self {
        Self {
            load: Some(outcome.clone()),
            ..Self::new(name, "/s", target, outcome.per_second)
        }
    }

    /// The time that 99 of 100 requests of a load did not exceed.
    pub fn p99(name: impl Into<String>, target: Target, outcome: &Outcome) -> Self {
        // Nothing was answered in all the time.
        let p99 = if outcome.requests == 0 {
            f64::INFINITY
        } else {
            milliseconds(outcome.latency.p99)
        };
        Self {
            load: Some(outcome.clone()),
            ..Self::new(name, "ms", target, p99)
        }
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// `None` where nothing was asked for.
    pub fn met(&self) -> Option<bool> {
        match self.target {
            Target::AtLeast(least) => Some(self.value >= least),
            Target::AtMost(most) => Some(self.value <= most),
            Target::None => None,
        }
    }

    fn verdict(&self) -> String {
        let (Some(met), Target::AtLeast(bound) | Target::AtMost(bound)) = (self.met(), self.target) else {
            return String::new();
        };
        if met {
            "met".to_owned()
        } else {
            format!("MISSED by {:.0} %", (self.value / bound - 1.0).abs() * 100.0)
        }
    }

    fn to_json(&self) -> Value {
        let target = match self.target {
            Target::AtLeast(least) => json!({"atLeast": least}),
            Target::AtMost(most) => json!({"atMost": most}),
            Target::None => Value::Null,
        };
        let load = self.load.as_ref().map(|load| {
            json!({
                "connections": load.connections,
                "requests": load.requests,
                "p50Milliseconds": milliseconds(load.latency.p50),
                "p99Milliseconds": milliseconds(load.latency.p99),
                "worstMilliseconds": milliseconds(load.latency.worst),
                "serverCpuMicroseconds": load.server_cpu.map(micros),
                "clientCpuMicroseconds": load.client_cpu.map(micros),
                "shareOfOthers": load.others,
            })
        });
        json!({
            "name": self.name, "unit": self.unit, "value": self.value, "target": target, "met": self.met(),
            "load": load, "note": self.note,
        })
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

/// The whole run as JSON.
pub fn json(machine: &Machine, figures: &[Figure]) -> Value {
    json!({
        "machine": machine.to_json(),
        "figures": figures.iter().map(Figure::to_json).collect::<Vec<_>>(),
    })
}

/// The whole run as text. `server µs` and `client µs` are processor time per request, `others` is the share of the
/// machine that went to neither.
pub fn table(machine: &Machine, figures: &[Figure]) -> String {
    let mut text = format!(
        "machine  {}, {} cores, {:.1} GB, Linux {}, load average at start {}\n\
         limits   RS256 {:.0} and ES256 {:.0} signatures/s of one core; {:.0} durable 4 kB appends/s;\n         \
         {:.0} loopback exchanges/s with a constant answer (32 connections, client {:.1} µs of processor time each)\n\n",
        machine.cpu,
        machine.cores,
        machine.memory as f64 / 1e9,
        machine.kernel,
        machine.busy,
        machine.rs256,
        machine.es256,
        machine.appends,
        machine.loopback.per_second,
        machine.loopback.client_cpu.map_or(0.0, micros),
    );
    let heads = [
        "figure",
        "target",
        "measured",
        "",
        "conns",
        "p50 ms",
        "p99 ms",
        "server µs",
        "client µs",
        "others",
        "",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    for figure in figures {
        let target = match figure.target {
            Target::AtLeast(least) => format!(">= {} {}", plain(least), figure.unit),
            Target::AtMost(most) => format!("<= {} {}", plain(most), figure.unit),
            Target::None => "-".to_owned(),
        };
        let load = figure.load.as_ref();
        let of = |text: Option<String>| text.unwrap_or_default();
        rows.push([
            figure.name.clone(),
            target,
            format!("{} {}", plain(figure.value), figure.unit),
            figure.verdict(),
            of(load.map(|load| load.connections.to_string())),
            of(load.map(|load| format!("{:.2}", milliseconds(load.latency.p50)))),
            of(load.map(|load| format!("{:.2}", milliseconds(load.latency.p99)))),
            of(load
                .and_then(|load| load.server_cpu)
                .map(|time| format!("{:.1}", micros(time)))),
            of(load
                .and_then(|load| load.client_cpu)
                .map(|time| format!("{:.1}", micros(time)))),
            of(load
                .and_then(|load| load.others)
                .map(|share| format!("{:.0} %", share * 100.0))),
            figure.note.clone(),
        ]);
    }
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a String cannot fail.
            let _infallible = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// As many digits as say something.
fn plain(number: f64) -> String {
    if number.abs() >= 100.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.2}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_figure_says_by_how_much() {
        assert_eq!(
            Figure::new("x", "/s", Target::AtLeast(100.0), 80.0).verdict(),
            "MISSED by 20 %"
        );
        assert_eq!(
            Figure::new("x", "ms", Target::AtMost(10.0), 15.0).verdict(),
            "MISSED by 50 %"
        );
        assert_eq!(Figure::new("x", "ms", Target::AtMost(10.0), 10.0).verdict(), "met");
        assert_eq!(Figure::new("x", "ms", Target::None, 10.0).verdict(), "");
    }
}
