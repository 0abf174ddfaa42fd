//! Charts as inline SVG, each with its numbers as a table behind it.

use std::fmt::Write as _;

use maud::{Markup, Render, html};

/// A named number.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Its name.
    pub label: String,
    /// Its value, not negative.
    pub value: f64,
}

impl Slice {
    /// A named number; negative and undefined ones count as zero.
    pub fn new(label: &str, value: f64) -> Self {
        Self {
            label: label.to_owned(),
            value: if value.is_finite() { value.max(0.0) } else { 0.0 },
        }
    }
}

/// The course of a number, small enough for a table cell. `label` says what it is.
pub fn sparkline(label: &str, values: &[f64]) -> Markup {
    let (width, height) = (96.0, 24.0);
    let top = values.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let step = width / (values.len().max(2) - 1) as f64;
    let mut line = String::new();
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 * step;
        let y = height - 2.0 - value.max(0.0) / top * (height - 4.0);
        let _ = write!(line, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
    }
    let area = if values.len() > 1 {
        format!("{line}L{width} {height}L0 {height}Z")
    } else {
        String::new()
    };
    let text = values.iter().map(|value| number(*value)).collect::<Vec<_>>().join(", ");
    html! {
        svg.sparkline viewBox="0 0 96 24" width="96" height="24" role="img" aria-label={ (label) ": " (text) } preserveAspectRatio="none" {
            path.area d=(area) {}
            path.line d=(line) {}
        }
    }
}

/// Columns, one per slice.
pub fn bars(title: &str, slices: &[Slice]) -> Markup {
    let unit = round_up(slices.iter().map(|slice| slice.value).fold(0.0, f64::max) / 3.0);
    let top = unit * 3.0;
    let step = 640.0 / slices.len().max(1) as f64;
    let width = (step * 0.66).min(44.0);
    let every = slices.len().div_ceil(10).max(1);
    figure(
        title,
        slices,
        html! {
            svg.bars viewBox="0 0 640 180" role="img" aria-label=(title) {
                @for line in 0..=3_u8 {
                    @let y = 150.0 - f64::from(line) * 45.0;
                    line.gridline x1="0" x2="640" y1=(y) y2=(y) {}
                    @if line > 0 { text.axis x="0" y=(y - 4.0) { (number(unit * f64::from(line))) } }
                }
                @for (index, slice) in slices.iter().enumerate() {
                    @let height = slice.value / top * 135.0;
                    @let x = step * (index as f64 + 0.5);
                    rect.bar x=(round(x - width / 2.0)) y=(round(150.0 - height)) width=(round(width)) height=(round(height)) rx="3" {
                        title { (slice.label) ": " (number(slice.value)) }
                    }
                    @if index % every == 0 { text.axis.day x=(round(x)) y="170" text-anchor="middle" { (slice.label) } }
                }
            }
        },
    )
}

/// Parts of a whole.
pub fn donut(title: &str, slices: &[Slice]) -> Markup {
    let total: f64 = slices.iter().map(|slice| slice.value).sum();
    let around = std::f64::consts::TAU * 40.0;
    let mut before = 0.0;
    let mut arcs = Vec::with_capacity(slices.len());
    for slice in slices {
        let part = if total > 0.0 { slice.value / total } else { 0.0 };
        arcs.push((part * around, before * around));
        before += part;
    }
    figure(
        title,
        slices,
        html! {
            div.donut-box {
                svg.donut viewBox="0 0 100 100" width="132" height="132" role="img" aria-label=(title) {
                    circle.track cx="50" cy="50" r="40" {}
                    @for (index, (length, offset)) in arcs.iter().enumerate() {
                        circle class={ "series-" (index % 6) } cx="50" cy="50" r="40" stroke-dasharray={ (round((length - 1.2).max(0.0))) " " (round(around)) }
                            stroke-dashoffset=(round(-offset)) transform="rotate(-90 50 50)" {}
                    }
                    text x="50" y="50" text-anchor="middle" dominant-baseline="central" { (number(total)) }
                }
                ul.legend {
                    @for (index, slice) in slices.iter().enumerate() {
                        li { svg class={ "key series-" (index % 6) } viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" { rect width="10" height="10" rx="2.5" {} } (slice.label) b { (number(slice.value)) } }
                    }
                }
            }
        },
    )
}

fn figure(title: &str, slices: &[Slice], drawing: Markup) -> Markup {
    html! {
        figure.chart {
            figcaption { (title) }
            (drawing)
            details {
                summary { "Show the numbers" }
                table.table { thead { tr { th scope="col" { "Name" } th.numeric scope="col" { "Value" } } } tbody {
                    @for slice in slices { tr { td { (slice.label) } td.numeric { (number(slice.value)) } } }
                } }
            }
        }
    }
    .render()
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The next number of the form 1, 2 or 5 times a power of ten, at least 1: what people like to see on an axis.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1.0).log10().floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|candidate| *candidate >= value)
        .unwrap_or(10.0 * power)
}

/// Whole numbers as such, others with one digit.
fn number(value: f64) -> String {
    if (value - value.round()).abs() < 0.05 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        let cases = [
            (0.0, 1.0),
            (1.0, 1.0),
            (1.2, 2.0),
            (14.7, 20.0),
            (51.0, 100.0),
            (300.0, 500.0),
        ];
        assert!(
            cases
                .iter()
                .all(|(value, expect)| (round_up(*value) - expect).abs() < 1e-9)
        );
    }

    #[test]
    fn charts_stand_empty_and_zero_data() {
        for slices in [
            vec![],
            vec![Slice::new("a", 0.0)],
            vec![Slice::new("a", f64::NAN), Slice::new("b", -2.0)],
        ] {
            for drawn in [bars("t", &slices), donut("t", &slices)] {
                assert!(!drawn.0.contains("NaN") && !drawn.0.contains("inf"), "{}", drawn.0);
            }
        }
        assert!(!sparkline("t", &[]).0.contains("NaN"));
        assert!(!sparkline("t", &[0.0]).0.contains("NaN"));
    }
}
