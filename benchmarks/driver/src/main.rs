//! Runs the benchmarks, and writes down what came out.

mod guard;
mod instructions;
mod report;
mod tools;

use std::env;
use std::error::Error;
use std::process::ExitCode;

/// Whatever goes wrong ends the run, and is told.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
usage: cargo run --manifest-path benchmarks/driver/Cargo.toml -- COMMAND

  instructions [FILTER]   count instructions (FILTER as `*tower*s2`), and print the table
  guard                   fail where this library needs more instructions than were accepted
  accept                  accept what it needs now
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["instructions"] => report::instructions("*"),
        ["instructions", filter] => report::instructions(filter),
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
