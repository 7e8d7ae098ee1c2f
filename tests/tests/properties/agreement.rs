//! The two halves of the protocol agree: the browser lets a script read an answer exactly where the
//! policy allows its fetch, and exactly what the policy exposes, through whatever caches.
//!
//! Three parties that share no code: the engine that answers, alone and in both adapters;
//! `cors_core::browser`, which judges; and `fetches`, which says from the settings and the standard
//! what has to come out. `mutants` shows that a fault of the engine does not pass.

mod check;
mod generate;
mod mutants;
mod tally;

use std::cell::RefCell;

use cors_conformance::{
    ActixInProcess, AxumInProcess, Core, CoreOverHttp, Governs, Request, Server,
};
use cors_core::browser::Engine;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::cases;
use check::{Disagreement, Negotiating, agrees, preflight_cache_agrees};
use generate::{FETCHES, World, world};
use tally::Tally;

/// How many worlds the engine is tried in, and an adapter.
const WORLDS: u32 = 4_200;
const WORLDS_OF_ADAPTERS: u32 = 200;

const _: () = assert!(WORLDS as usize * FETCHES >= 100_000);

#[test]
fn browsers_and_policies_agree_about_the_engine() {
    every_world::<Core>(WORLDS);
}

#[test]
fn browsers_and_policies_agree_about_the_engine_over_http() {
    every_world::<CoreOverHttp>(WORLDS_OF_ADAPTERS);
}

#[test]
fn browsers_and_policies_agree_about_axum() {
    every_world::<AxumInProcess>(WORLDS_OF_ADAPTERS);
}

#[test]
fn browsers_and_policies_agree_about_actix() {
    every_world::<ActixInProcess>(WORLDS_OF_ADAPTERS);
}

#[test]
fn cached_preflights_spare_only_what_the_policy_allows() {
    let tally = RefCell::new(Tally::default());
    run(400, |world| {
        let server = start::<Core>(world);
        let answer = |request: &Request| server.answer(request);
        let engines = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::WebKit];
        engines.into_iter().try_for_each(|engine| {
            preflight_cache_agrees(world, engine, &answer, &mut tally.borrow_mut())
        })
    });
    let Tally { preflights, spared, .. } = tally.into_inner();
    assert!(preflights > 0 && spared > preflights / 40, "{spared} of {preflights}");
}

/// Carries out the fetches of so many worlds, each with one server, and looks what they were.
fn every_world<S: Server>(worlds: u32) -> Tally {
    let tally = RefCell::new(Tally::default());
    run(worlds, |world| {
        let server = start::<S>(world);
        agrees(world, &|request| server.answer(request), &mut tally.borrow_mut())
    });
    let tally = tally.into_inner();
    // A case is a fetch.
    let tried = usize::try_from(cases(worlds).cases).expect("a number of cases");
    tally.assert_count(tried * FETCHES);
    // Few worlds say little.
    if tried >= 200 {
        tally.assert_balanced();
    }
    tally
}

fn start<S: Server>(world: &World) -> Negotiating<S> {
    let governs = Governs::Policy(world.settings.clone());
    let options = governs.options("/any").expect("a generated policy is valid");
    Negotiating::start(options, world.application.clone())
}

/// Tries a property on generated worlds. The seed of one that fails is kept in
/// `proptest-regressions`, and tried first from then on.
fn run(worlds: u32, property: impl Fn(&World) -> Result<(), Disagreement>) {
    let config = Config { source_file: Some(file!()), max_shrink_iters: 300, ..cases(worlds) };
    let result = TestRunner::new(config).run(&world(), |world| {
        property(&world).map_err(|disagreement| TestCaseError::fail(disagreement.to_string()))
    });
    match result {
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(TestError::Abort(reason)) => panic!("no cases: {reason}"),
        Ok(()) => {}
    }
}
