//! Properties for fuzzers: what holds for any bytes.
//!
//! Each target reads bytes as an input of its own form and asserts a property of the engine, with
//! `assert!`. The fuzzers of `fuzz/` feed the targets with what coverage leads to; the test `fuzz`
//! feeds them with all seeds and with mutations of these that are the same in every run.

mod apply_to;
mod evaluate;
mod input;
mod mutate;
mod origin;
mod pattern;
mod policy_file;
mod requested_headers;
mod seeds;

use std::collections::BTreeSet;

pub use input::{Exchange, Input};
pub use mutate::Mutator;

/// A property, and where its inputs come from.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    /// Panics where the property does not hold.
    pub check: fn(&[u8]),
    /// The inputs to begin with, from the vectors.
    pub seeds: fn() -> BTreeSet<Vec<u8>>,
    /// Texts that mutations insert, because they matter to what is read.
    pub words: &'static [&'static str],
}

const fn target(
    name: &'static str,
    check: fn(&[u8]),
    seeds: fn() -> BTreeSet<Vec<u8>>,
    words: &'static [&'static str],
) -> Target {
    Target { name, check, seeds, words }
}

/// Every target; `fuzz/fuzz_targets` has a program for each.
pub const TARGETS: [Target; 6] = [
    target("origin", origin::check, seeds::origins, origin::WORDS),
    target("pattern", pattern::check, seeds::patterns, pattern::WORDS),
    target(
        "requested_headers",
        requested_headers::check,
        seeds::requested_headers,
        requested_headers::WORDS,
    ),
    target("policy_file", policy_file::check, seeds::policy_files, policy_file::WORDS),
    target("evaluate", evaluate::check, seeds::exchanges, input::WORDS),
    target("apply_to", apply_to::check, seeds::exchanges, input::WORDS),
];

impl Target {
    /// The target of this name.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn named(name: &str) -> Self {
        let target = TARGETS.into_iter().find(|target| target.name == name);
        target.unwrap_or_else(|| panic!("no target `{name}`"))
    }
}
