//! Runs the benchmarks, and writes down what came out.

mod bench;
mod callgrind;
mod guard;
mod instructions;
mod report;
mod servers;
mod tools;
mod weight;

use std::env;
use std::error::Error;
use std::process::ExitCode;

/// Whatever goes wrong ends the run, and is told.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
usage: cargo run --manifest-path benchmarks/driver/Cargo.toml -- COMMAND

  compare                 measure everything but servers and weight, about 20 minutes
  requests [FILTER]       instructions, allocations and times; with a filter, as
                          `*tower*s2`, only the instructions of what matches
  quick FRAME             instructions in one frame (tower, axum, actix or actix_app), without
                          the peers, which builds in half the time
  growth                  large policies
  scale                   a policy of a million origins, and two threads under one policy
  servers [--smoke]       servers under load, about 5 minutes
  weight [--smoke]        build time, crates and size, about 8 minutes
  guard                   fail where this library needs more instructions than were accepted
  accept                  accept what it needs now
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["compare"] => report::compare(),
        ["requests"] => report::requests("*"),
        ["requests", filter] => report::requests(filter),
        ["quick", frame] => report::quick(frame),
        ["growth"] => report::growth(),
        ["scale"] => report::scale(),
        ["servers"] => servers::compare(9, 2),
        ["servers", "--smoke"] => servers::compare(3, 1),
        ["weight"] => weight::measure(false),
        ["weight", "--smoke"] => weight::measure(true),
        ["guard"] => guard::check(),
        ["accept"] => guard::accept(),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
