//! Runs the benchmark `instructions`, and reads what the harness says.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;

use crate::Result;
use crate::tools::{cargo, require_callgrind};

/// How many requests are counted each time: `cors_benchmarks::count::COUNTED`.
pub(crate) const REQUESTS: f64 = 10.0;

/// The instructions of one request, by frame, scenario and subject.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<(String, String, String), f64>);

impl Counts {
    /// Counts the benchmarks whose path, as `instructions::tower::ours::s2`, matches.
    pub(crate) fn of(filter: &str) -> Result<Self> {
        require_callgrind()?;
        let arguments =
            ["bench", "--locked", "--bench", "instructions", "--", filter, "--output-format=json"];
        let output = cargo(&arguments).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("`cargo {}` failed", arguments.join(" ")).into());
        }
        let mut counts = Self::default();
        for line in String::from_utf8(output.stdout)?.lines().filter(|line| line.starts_with('{')) {
            let summary: Value = serde_json::from_str(line)?;
            let text = |key: &str| summary[key].as_str().map(str::to_owned);
            let total = &summary["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"];
            let (Some(frame), Some(scenario), Some(subject), Some(count)) =
                (text("group"), text("id"), text("function_name"), total.as_f64())
            else {
                return Err(format!("this is no count of instructions: {line}").into());
            };
            counts.0.insert((frame, scenario, subject), count / REQUESTS);
        }
        Ok(counts)
    }

    /// Of a request; the service's own are among them.
    pub(crate) fn total(&self, frame: &str, scenario: &str, subject: &str) -> Option<f64> {
        self.0.get(&(frame.to_owned(), scenario.to_owned(), subject.to_owned())).copied()
    }

    /// What a subject adds to the service without CORS.
    pub(crate) fn added(&self, frame: &str, scenario: &str, subject: &str) -> Option<f64> {
        Some(self.total(frame, scenario, subject)? - self.total(frame, scenario, "none")?)
    }

    /// The scenarios of a frame, in the order of their numbers.
    pub(crate) fn scenarios(&self, frame: &str) -> Vec<&str> {
        let keys = self.0.keys().filter(|(of, _, subject)| of == frame && subject == "ours");
        let mut scenarios: Vec<&str> = keys.map(|(_, scenario, _)| scenario.as_str()).collect();
        scenarios.sort_by_key(|scenario| {
            let number = scenario.trim_start_matches('s');
            let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
            (number[..end].parse::<u32>().unwrap_or(u32::MAX), *scenario)
        });
        scenarios
    }
}
