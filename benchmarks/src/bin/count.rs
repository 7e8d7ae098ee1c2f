//! Runs a few requests of one scenario, for callgrind: `count FRAME SUBJECT SCENARIO`.

use std::env;
use std::process::ExitCode;

use cors_benchmarks::count::Count;
use cors_benchmarks::{Frame, Scenario, Subject};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let [frame, subject, scenario] = arguments[..]
        && let Some(frame) = Frame::named(frame)
        && let Some(subject) = Subject::named(subject)
        && let Some(scenario) = Scenario::named(scenario)
    {
        frame.run(subject, scenario, &mut Count);
        return ExitCode::SUCCESS;
    }
    eprintln!("usage: count FRAME SUBJECT SCENARIO, as `count tower ours s1`");
    ExitCode::FAILURE
}
