//! Counts by callgrind alone: neither the harness nor the peers have to be built.

use std::process::Command;

use crate::Result;
use crate::instructions::REQUESTS;
use crate::tools::{cargo, require, target};

/// Builds what is counted; without actix where it is not needed, which takes half the time.
pub(crate) fn build(with_actix: bool) -> Result {
    require("valgrind", "valgrind", "apt-get install valgrind")?;
    let mut arguments =
        vec!["build", "--release", "--locked", "--no-default-features", "--bin", "count"];
    if with_actix {
        arguments.push("--features=actix");
    }
    if cargo(&arguments).status()?.success() {
        Ok(())
    } else {
        Err("the benchmarks do not build".into())
    }
}

/// The instructions of one request, the service's own included.
pub(crate) fn count(frame: &str, subject: &str, scenario: &str) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*::counted*"])
        .arg("--callgrind-out-file=/dev/null")
        .arg(target()?.join("release/count"))
        .args([frame, subject, scenario])
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    let collected = log.lines().find_map(|line| line.split_once("Collected :"));
    let count: f64 = match collected {
        Some((_, count)) if output.status.success() => count.trim().parse()?,
        _ => return Err(format!("callgrind says: {log}").into()),
    };
    if count == 0.0 {
        return Err(format!("callgrind did not find what to count: {log}").into());
    }
    Ok(count / REQUESTS)
}
