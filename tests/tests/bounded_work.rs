//! What an attacker's request costs: its size changes neither the answer nor what is allocated for
//! it. Nothing is timed.

use std::cell::Cell;
use std::ops::ControlFlow;

use allocation_counter::{AllocationInfo, measure};
use cors_conformance::vectors::{Attack, Attacks, Must};
use cors_conformance::{Dangers, Governs, Request, Settings, translate};
use cors_core::adapter::HeaderLines;
use cors_core::{CorsRequest, CorsResult, CorsService};
use http::HeaderName;

#[test]
fn allocations_do_not_grow_with_the_request() {
    let mut checked = 0;
    for attack in Attacks::load().entries {
        if attack.must != Must::BoundedTime {
            continue;
        }
        let policy = settings(&attack).builder().build().expect("the policy builds");
        let evaluate = |request: &Request| {
            let view = CorsRequest::new(&request.method, &request.headers);
            // Caches of the regex engine are filled by the first use.
            let _ = CorsService::new().evaluate_policy(&view, &policy);
            let mut result = None;
            let allocations = measure(|| {
                result = Some(CorsService::new().evaluate_policy(&view, &policy));
            });
            (result.expect("evaluated"), allocations)
        };
        let (small, cost) = evaluate(&attack.request(1).expect("a request"));
        let (large, larger_cost) = evaluate(&attack.request(4).expect("a request"));
        assert_eq!(outcome(&small), outcome(&large), "{}", attack.id);
        assert_eq!(work(&cost), work(&larger_cost), "{}", attack.id);
        // Where any header is allowed, the few names that were read are kept.
        assert!(cost.bytes_total < 4096, "{}: {cost:?}", attack.id);
        checked += 1;
    }
    assert_eq!(checked, 16);
}

#[test]
fn lines_beyond_the_limit_are_not_read() {
    /// Lines that count how many of the requested headers were read.
    struct Counted<'a>(&'a Request, Cell<usize>);

    impl HeaderLines for Counted<'_> {
        fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
            self.0.headers.visit(name, &mut |value| {
                if name == "access-control-request-headers" {
                    self.1.set(self.1.get() + 1);
                }
                visit(value)
            });
        }
    }

    let attacks = Attacks::load().entries;
    let attack = attacks.iter().find(|attack| attack.id == "big-acrh-lines").expect("the entry");
    let settings = settings(attack);
    let policy = settings.builder().build().expect("the policy builds");
    for times in [1, 4] {
        let request = attack.request(times).expect("a request");
        let lines = Counted(&request, Cell::new(0));
        let view = CorsRequest::new(&request.method, &lines);
        let result = CorsService::new().evaluate_policy(&view, &policy);
        assert!(result.reasons().next().is_some(), "the request is refused");
        // Two lines say that there is more than one; then the reading begins.
        assert_eq!(lines.1.get(), 2 + settings.headers.len() + 16 + 1);
    }
}

fn settings(attack: &Attack) -> Settings {
    let translation = translate::policy(Some(&attack.policy), Dangers::Accepted);
    match translation.expect("the policy can be written").governs {
        Governs::Policy(settings) => settings,
        _ => panic!("{}: no policy", attack.id),
    }
}

/// What came of the evaluation: how many steps failed, and the fields. That an origin is too long
/// to be looked at is another reason than that it does not match.
fn outcome(result: &CorsResult) -> (usize, Vec<HeaderName>) {
    (result.reasons().count(), result.fields().map(|(name, _)| name).collect())
}

fn work(cost: &AllocationInfo) -> (u64, u64) {
    (cost.count_total, cost.bytes_total)
}
