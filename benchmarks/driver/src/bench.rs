//! Runs the other benchmarks, and reads what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::SystemTime;

use serde_json::Value;

use crate::Result;
use crate::tools::{cargo, target};

/// The lines that a benchmark of our own prints.
pub(crate) fn lines(bench: &str) -> Result<Vec<Vec<String>>> {
    let arguments = ["bench", "--locked", "--bench", bench];
    let output = cargo(&arguments).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("`cargo {}` failed", arguments.join(" ")).into());
    }
    let words = |line: &str| line.split(' ').map(str::to_owned).collect();
    Ok(String::from_utf8(output.stdout)?.lines().map(words).collect())
}

/// The median of each benchmark of criterion, in nanoseconds, by its name.
pub(crate) fn times(bench: &str) -> Result<BTreeMap<String, f64>> {
    let start = SystemTime::now();
    let arguments = ["bench", "--locked", "--bench", bench, "--", "--noplot"];
    if !cargo(&arguments).stdout(Stdio::null()).status()?.success() {
        return Err(format!("`cargo {}` failed", arguments.join(" ")).into());
    }
    let mut times = BTreeMap::new();
    collect(&target()?.join("criterion"), start, &mut times)?;
    Ok(times)
}

/// What was measured since then.
fn collect(directory: &Path, since: SystemTime, times: &mut BTreeMap<String, f64>) -> Result {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let estimates = path.join("estimates.json");
        if path.ends_with("new") && fs::metadata(&estimates)?.modified()? >= since {
            let name: Value = read(&path.join("benchmark.json"))?;
            let estimates: Value = read(&estimates)?;
            if let (Some(name), Some(time)) =
                (name["full_id"].as_str(), estimates["median"]["point_estimate"].as_f64())
            {
                times.insert(name.to_owned(), time);
            }
        } else if path.is_dir() && !path.ends_with("new") && !path.ends_with("base") {
            collect(&path, since, times)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}
