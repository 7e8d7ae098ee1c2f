//! Notices when this library becomes slower.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::tools::{home, rustc};
use crate::{Result, callgrind};

const FRAMES: [&str; 2] = ["tower", "actix"];
const SCENARIOS: [&str; 3] = ["s1", "s2", "s6"];

/// How much more than was accepted is too much, in per cent.
const MARGIN: f64 = 5.0;

const ACCEPT: &str = "cargo run --manifest-path benchmarks/driver/Cargo.toml -- accept";

/// Fails where the library adds more instructions than were accepted.
pub(crate) fn check() -> Result {
    let (accepted_by, accepted) = read()?;
    let mut too_much = String::new();
    for (key, now) in count()? {
        let Some(before) = accepted.get(&key) else {
            return Err(format!("nothing is accepted for {key}: `{ACCEPT}`").into());
        };
        let change = (now / before - 1.0) * 100.0;
        println!("{key}: {now:.0} instructions, accepted {before:.0} ({change:+.1} %)");
        if change > MARGIN {
            writeln!(too_much, "{key}: {now:.0} instructions instead of {before:.0}")?;
        }
    }
    if too_much.is_empty() {
        return Ok(());
    }
    let now = rustc();
    let compilers = if now == accepted_by {
        String::new()
    } else {
        format!("\nThe compiler is another one, {now}, and was {accepted_by}.")
    };
    Err(format!(
        "{too_much}That is over {MARGIN} per cent more. Make it faster, or accept it by\n\
         `{ACCEPT}`, and say why in the commit.{compilers}"
    )
    .into())
}

/// Writes down what the library adds now.
pub(crate) fn accept() -> Result {
    let mut text = format!(
        "# Instructions that this library adds to a request, as accepted; see guard.rs.\n\
         compiler {}\n",
        rustc()
    );
    for (key, count) in count()? {
        writeln!(text, "{key} {count:.0}")?;
    }
    fs::write(path(), &text)?;
    print!("{text}");
    Ok(())
}

/// What the library adds.
fn count() -> Result<Vec<(String, f64)>> {
    callgrind::build(true)?;
    let mut guarded = Vec::new();
    for frame in FRAMES {
        for scenario in SCENARIOS {
            let added = least(frame, "ours", scenario)? - least(frame, "none", scenario)?;
            guarded.push((format!("{frame}-{scenario}"), added));
        }
    }
    Ok(guarded)
}

/// The least of a few runs: where seeds are random, some have more collisions than others.
fn least(frame: &str, subject: &str, scenario: &str) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        least = least.min(callgrind::count(frame, subject, scenario)?);
    }
    Ok(least)
}

fn read() -> Result<(String, BTreeMap<String, f64>)> {
    let mut compiler = String::new();
    let mut accepted = BTreeMap::new();
    for line in fs::read_to_string(path())?.lines() {
        match line.split_once(' ') {
            None | Some(("#", _)) => {}
            Some(("compiler", version)) => compiler = version.to_owned(),
            Some((key, count)) => {
                accepted.insert(key.to_owned(), count.parse()?);
            }
        }
    }
    Ok((compiler, accepted))
}

fn path() -> PathBuf {
    home().join("accepted.txt")
}
