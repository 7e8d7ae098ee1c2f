//! The targets of the fuzzers, for a few seconds: all seeds, every input that once failed, and
//! mutations of these, which are the same in every run.
//!
//! `FUZZ_MUTATIONS` asks for another number of mutations for each target, `FUZZ_SEED` for others.

use std::path::Path;

use cors_conformance::fuzz::{Mutator, TARGETS, Target};

#[test]
fn origins_hold() {
    holds("origin", 20_000);
}

#[test]
fn patterns_hold() {
    holds("pattern", 3_000);
}

#[test]
fn requested_headers_hold() {
    holds("requested_headers", 3_000);
}

#[test]
fn policy_files_hold() {
    holds("policy_file", 1_500);
}

#[test]
fn evaluations_hold() {
    holds("evaluate", 1_000);
}

#[test]
fn applied_results_hold() {
    holds("apply_to", 1_500);
}

#[test]
fn every_target_is_a_program_and_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/fuzz_targets");
    let mut programs: Vec<String> = std::fs::read_dir(folder)
        .expect("there are programs")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    programs.sort_unstable();
    let mut expected: Vec<String> = TARGETS.iter().map(|t| format!("{}.rs", t.name)).collect();
    expected.sort_unstable();
    assert_eq!(programs, expected);
    let regressions = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/regressions");
    for folder in std::fs::read_dir(regressions).expect("there are regressions") {
        let name = folder.expect("a folder").file_name().into_string().expect("a name");
        assert!(TARGETS.iter().any(|target| target.name == name), "{name} is no target");
        assert!(!self::regressions(&name).is_empty(), "{name} holds no input");
    }
    for target in TARGETS {
        let call = format!("holds(\"{}\"", target.name);
        assert!(include_str!("fuzz.rs").contains(&call), "{} is not tried here", target.name);
    }
}

fn holds(name: &str, mutations: usize) {
    let target = Target::named(name);
    let mut corpus: Vec<Vec<u8>> = (target.seeds)().into_iter().collect();
    assert!(corpus.len() >= 100, "{} seeds", corpus.len());
    corpus.extend(regressions(name));
    corpus.push(Vec::new());
    for input in &corpus {
        run(target, input);
    }
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let mutations = number("FUZZ_MUTATIONS").unwrap_or(mutations as u64);
    let mut mutator = Mutator::new(number("FUZZ_SEED").unwrap_or(1), target.words);
    for _ in 0..mutations {
        run(target, &mutator.mutate(&corpus));
    }
}

/// The inputs that once failed.
fn regressions(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions").join(name);
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort_unstable();
    paths.iter().map(|path| std::fs::read(path).expect("a file is read")).collect()
}

/// Tries an input, and says which it was if it fails.
fn run(target: Target, input: &[u8]) {
    let check = std::panic::AssertUnwindSafe(|| (target.check)(input));
    if let Err(failure) = std::panic::catch_unwind(check) {
        println!("{} fails for `{}`", target.name, input.escape_ascii());
        std::panic::resume_unwind(failure);
    }
}
