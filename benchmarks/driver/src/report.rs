//! The tables, in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::instructions::Counts;
use crate::tools::{colophon, home, require_callgrind};
use crate::{Result, bench, callgrind};

/// The frames, with their titles and peers.
const FRAMES: [(&str, &str, &str); 4] = [
    ("tower", "A trivial tower service", "tower-http"),
    ("axum", "Inside an axum router", "tower-http"),
    ("actix", "A trivial actix service", "actix-cors"),
    ("actix_app", "Inside an actix application", "actix-cors"),
];

/// Those who decide without a framework.
const DECIDERS: [&str; 4] = ["ours", "lines", "bunner", "registry"];

/// A figure, by frame, scenario and subject.
type Figures = BTreeMap<(String, String, String), f64>;

/// Measures everything, prints the tables, and keeps them.
pub(crate) fn compare() -> Result {
    require_callgrind()?;
    requests("*")?;
    growth()?;
    scale()
}

/// Counts instructions and allocations, measures times, and keeps the table where nothing was left
/// out.
pub(crate) fn requests(filter: &str) -> Result {
    let counts = Counts::of(filter)?;
    let everything = filter == "*";
    let (allocations, times) =
        if everything { (allocations()?, times()?) } else { (Figures::new(), Figures::new()) };
    let table = table(&counts, &allocations, &times)?;
    print!("{table}");
    if everything { keep("requests.md", &table) } else { Ok(()) }
}

/// What is looked at most while working on the library.
const QUICK: [&str; 12] =
    ["s1", "s1any", "s2", "s3", "s4", "s5", "s6", "s6c", "s6any", "s7", "s8", "s10"];

/// Counts the instructions of one frame, and prints them as they come.
pub(crate) fn quick(frame: &str) -> Result {
    if FRAMES.iter().all(|(known, ..)| *known != frame) {
        return Err(format!("there is no frame `{frame}`").into());
    }
    callgrind::build(frame.starts_with("actix"))?;
    println!("| scenario | none | floor | ours | ours / floor |\n|---|---:|---:|---:|---:|");
    for scenario in QUICK {
        let none = callgrind::count(frame, "none", scenario)?;
        let floor = callgrind::count(frame, "floor", scenario)? - none;
        let ours = callgrind::count(frame, "ours", scenario)? - none;
        let ratio = ratio(Some(ours), Some(floor));
        let [none, floor, ours] = [none, floor, ours].map(|count| number(Some(count)));
        println!("| {} | {none} | {floor} | {ours} | {ratio} |", scenario.to_uppercase());
    }
    Ok(())
}

fn allocations() -> Result<Figures> {
    let mut figures = Figures::new();
    for line in bench::lines("allocations")? {
        if let [frame, subject, scenario, count] = &line[..] {
            figures.insert((frame.clone(), scenario.clone(), subject.clone()), count.parse()?);
        }
    }
    Ok(figures)
}

fn times() -> Result<Figures> {
    let times = bench::times("times")?;
    let figures = times.into_iter().filter_map(|(name, time)| {
        let (group, subject) = name.split_once('/')?;
        let (frame, scenario) = group.split_once('-')?;
        Some(((frame.to_owned(), scenario.to_owned(), subject.to_owned()), time))
    });
    Ok(figures.collect())
}

/// Writes a table to the directory `results`.
pub(crate) fn keep(name: &str, table: &str) -> Result {
    let directory = home().join("results");
    fs::create_dir_all(&directory)?;
    let path = directory.join(name);
    fs::write(&path, table)?;
    eprintln!("kept in {}", path.display());
    Ok(())
}

fn table(counts: &Counts, allocations: &Figures, times: &Figures) -> Result<String> {
    let mut table = "# Requests\n\nWhat a layer adds to a request: everything with it, less \
                     everything without it, which is in the column *none*. Instructions are \
                     counted; *whole* is the ratio of whole requests, for preflights, which take \
                     the place of what the service would do. Allocations are ours / floor / peer. \
                     Times are ratios of what is added, in one run, where both add at least a tenth \
                     of *none*: less is noise. `-` is a ratio to nothing, or to less than nothing.\n"
        .to_owned();
    for (frame, title, peer) in FRAMES {
        let scenarios = counts.scenarios(frame);
        if scenarios.is_empty() {
            continue;
        }
        writeln!(table, "\n## {title}\n")?;
        writeln!(
            table,
            "| scenario | none | floor | ours | {peer} | ours / floor | ours / {peer} | whole, \
             ours / floor | allocations | time, ours / floor | time, ours / {peer} |"
        )?;
        writeln!(table, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")?;
        for scenario in scenarios {
            let [floor, ours, peer] =
                ["floor", "ours", "peer"].map(|subject| counts.added(frame, scenario, subject));
            let whole = |subject| counts.total(frame, scenario, subject);
            let allocated = ["ours", "floor", "peer"]
                .map(|who| number(added(allocations, frame, scenario, who)));
            let noise = figure(times, frame, scenario, "none").map(|none| none / 10.0);
            let time =
                |subject| added(times, frame, scenario, subject).filter(|t| Some(*t) >= noise);
            writeln!(
                table,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                scenario.to_uppercase(),
                number(whole("none")),
                number(floor),
                number(ours),
                number(peer),
                ratio(ours, floor),
                ratio(ours, peer),
                ratio(whole("ours"), whole("floor")),
                allocated.join(" / "),
                ratio(time("ours"), time("floor")),
                ratio(time("ours"), time("peer")),
            )?;
        }
    }
    decisions(&mut table, counts, allocations, times)?;
    writeln!(table, "\n{}", colophon())?;
    Ok(table)
}

/// The core alone.
fn decisions(
    table: &mut String,
    counts: &Counts,
    allocations: &Figures,
    times: &Figures,
) -> Result {
    let scenarios = counts.scenarios("core");
    if scenarios.is_empty() {
        return Ok(());
    }
    writeln!(
        table,
        "\n## The decision alone\n\nFrom a header map to a decision with its fields. *lines* is ours \
         from raw lines; bunner is `bunner_cors_rs` 0.1.2, registry `cors-core` 0.1.1 of the public \
         registry. Times are in look-ups of a 25-byte key in the standard library's hash map, \
         measured in the same run.\n"
    )?;
    writeln!(table, "| scenario | instructions: {} | allocations | time |", DECIDERS.join(" / "))?;
    writeln!(table, "|---|---:|---:|---:|")?;
    for scenario in scenarios {
        let all = |figure: &dyn Fn(&str) -> String| DECIDERS.map(figure).join(" / ");
        let unit = figure(times, "core", scenario, "unit");
        writeln!(
            table,
            "| {} | {} | {} | {} |",
            scenario.to_uppercase(),
            all(&|decider| number(counts.total("core", scenario, decider))),
            all(&|decider| number(figure(allocations, "core", scenario, decider))),
            all(&|decider| ratio(figure(times, "core", scenario, decider), unit)),
        )?;
    }
    Ok(())
}

/// S11 to S13 and S15: every time beside that of the smallest policy of its row.
pub(crate) fn growth() -> Result {
    let mut rows: BTreeMap<String, BTreeMap<u64, f64>> = BTreeMap::new();
    for (name, time) in bench::times("growth")? {
        if let Some((row, size)) = name.split_once('/') {
            rows.entry(row.to_owned()).or_default().insert(size.parse()?, time);
        }
    }
    let mut table =
        "# Growth\n\nThe time of a whole request (S15: of a clone of the layer), and how \
                     many times that of the smallest policy it is. Compare within a row.\n\n\
                     | row | size: time in ns (ratio) |\n|---|---|\n"
            .to_owned();
    for (row, sizes) in rows {
        let first = sizes.values().next().copied();
        let cells: Vec<String> = sizes
            .iter()
            .map(|(size, time)| format!("{size}: {time:.0} ({})", ratio(Some(*time), first)))
            .collect();
        writeln!(table, "| {row} | {} |", cells.join(", "))?;
    }
    writeln!(table, "\n{}", colophon())?;
    print!("{table}");
    keep("growth.md", &table)
}

/// S14 and S16.
pub(crate) fn scale() -> Result {
    let mut table = "# Scale\n\nS14 is a policy of 1,000,000 exact origins: seconds to build it, and \
                     bytes. S16 is what two threads do under one policy beside twice what one does: \
                     1 where they do not get in each other's way; the best of fifteen runs in turns. \
                     *leaked* is ours under a policy that lives as long as the program, and *static* \
                     the engine alone under one.\n\n| what | |\n|---|---|\n"
        .to_owned();
    for line in bench::lines("scale")? {
        if let [scenario, what, rest @ ..] = &line[..]
            && scenario.starts_with('s')
        {
            writeln!(table, "| {} {what} | {} |", scenario.to_uppercase(), rest.join(" "))?;
        }
    }
    writeln!(table, "\n{}", colophon())?;
    print!("{table}");
    keep("scale.md", &table)
}

fn added(figures: &Figures, frame: &str, scenario: &str, subject: &str) -> Option<f64> {
    Some(figure(figures, frame, scenario, subject)? - figure(figures, frame, scenario, "none")?)
}

fn figure(figures: &Figures, frame: &str, scenario: &str, subject: &str) -> Option<f64> {
    figures.get(&(frame.to_owned(), scenario.to_owned(), subject.to_owned())).copied()
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
