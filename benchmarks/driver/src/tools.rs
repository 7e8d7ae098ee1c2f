//! The programs that are needed, and the machine that they run on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// The directory `benchmarks`.
pub(crate) fn home() -> PathBuf {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR"));
    driver.parent().unwrap_or(driver).to_owned()
}

/// Where cargo builds the benchmarks: this program comes from there, whatever the folder is called.
pub(crate) fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let profile = program.parent().and_then(Path::parent);
    Ok(profile.ok_or("this program is in no target directory of cargo")?.to_owned())
}

/// A run of cargo for the benchmarks.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(home());
    cargo
}

/// Says what to install where a program is not there; `version` is how its version starts.
pub(crate) fn require(program: &str, version: &str, install: &str) -> Result {
    match first_line(program, &["--version"]) {
        Some(line) if line.contains(version) => Ok(()),
        Some(line) => Err(format!(
            "`{program}` is `{line}`, and has to be {version}: install it by `{install}`"
        )
        .into()),
        None => Err(format!("`{program}` is not there: install it by `{install}`").into()),
    }
}

/// What the harness for instruction counts needs.
pub(crate) fn require_callgrind() -> Result {
    require("valgrind", "valgrind", "apt-get install valgrind")?;
    require("gungraun-runner", "0.20.0", "cargo install gungraun-runner --version =0.20.0 --locked")
}

/// The first line that a program prints.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    // wrk says that it fails when it is asked for its version.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next().unwrap_or_default().to_owned())
}

/// When and where: the last line of each table.
pub(crate) fn colophon() -> String {
    let date = first_line("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default();
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |model| model.trim_matches([' ', '\t', ':']));
    format!("{date}, {}, {count} cores of {model}.", rustc())
}

/// The version of the compiler, which instruction counts depend on.
pub(crate) fn rustc() -> String {
    first_line("rustc", &["--version"]).unwrap_or_else(|| "unknown rustc".to_owned())
}
