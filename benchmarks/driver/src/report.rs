//! The tables, in Markdown.

use std::fmt::Write as _;
use std::fs;

use crate::Result;
use crate::instructions::Counts;
use crate::tools::{colophon, home};

/// The frames, with their titles and peers.
const FRAMES: [(&str, &str, &str); 4] = [
    ("tower", "A trivial tower service", "tower-http"),
    ("axum", "Inside an axum router", "tower-http"),
    ("actix", "A trivial actix service", "actix-cors"),
    ("actix_app", "Inside an actix application", "actix-cors"),
];

/// Counts, prints the table, and keeps it where everything was counted.
pub(crate) fn instructions(filter: &str) -> Result {
    let counts = Counts::of(filter)?;
    let table = table(&counts)?;
    print!("{table}");
    if filter == "*" {
        keep("instructions.md", &table)?;
    }
    Ok(())
}

/// Writes a table to the directory `results`.
pub(crate) fn keep(name: &str, table: &str) -> Result {
    let path = home().join("results").join(name);
    fs::write(&path, table)?;
    eprintln!("kept in {}", path.display());
    Ok(())
}

fn table(counts: &Counts) -> Result<String> {
    let mut table = "# Instructions\n\nOf one request, beyond those of the same service without \
                     CORS, which are in the column *none*.\n"
        .to_owned();
    for (frame, title, peer) in FRAMES {
        let scenarios = counts.scenarios(frame);
        if scenarios.is_empty() {
            continue;
        }
        writeln!(table, "\n## {title}\n")?;
        writeln!(
            table,
            "| scenario | none | floor | ours | {peer} | ours / floor | ours / {peer} |"
        )?;
        writeln!(table, "|---|---:|---:|---:|---:|---:|---:|")?;
        for scenario in scenarios {
            let [floor, ours, peer] =
                ["floor", "ours", "peer"].map(|subject| counts.added(frame, scenario, subject));
            writeln!(
                table,
                "| {} | {} | {} | {} | {} | {} | {} |",
                scenario.to_uppercase(),
                number(counts.total(frame, scenario, "none")),
                number(floor),
                number(ours),
                number(peer),
                ratio(ours, floor),
                ratio(ours, peer),
            )?;
        }
    }
    writeln!(table, "\n{}", colophon())?;
    Ok(table)
}

/// Without decimals, and with separators.
fn number(number: Option<f64>) -> String {
    let Some(number) = number else { return "-".to_owned() };
    let digits = format!("{:.0}", number.abs());
    let mut text = if number <= -0.5 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// There is none to what costs nothing, or less than the service that it answers for.
fn ratio(of: Option<f64>, to: Option<f64>) -> String {
    match (of, to) {
        (Some(of), Some(to)) if to > 0.0 => format!("{:.2}", of / to),
        _ => "-".to_owned(),
    }
}
