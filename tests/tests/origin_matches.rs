//! Which origins a policy allows: our verdict is that of every other implementation, but for the
//! table of divergences.

use cors_conformance::divergences::{Comparison, Counts};
use cors_conformance::vectors::{OriginVector, PATH, PEERS, Peer};
use cors_conformance::{
    Application, Core, CoreOverHttp, Governs, Request, Server, reference, translate,
};

#[test]
fn origins_match_as_elsewhere() {
    let counts = Counts { agreeing: 295, differing: 47, skipped: 0 };
    check::<Core>(counts);
    check::<CoreOverHttp>(counts);
}

fn check<S: Server>(expected: Counts) {
    let mut comparison = Comparison::with("origin_matches");
    for vector in PEERS.iter().flat_map(|peer| Peer::load(peer).origin_matches) {
        let theirs = if vector.matches { "match" } else { "no match" };
        match verdict::<S>(&vector) {
            Some(ours) => {
                let context = format!("{:?} of {:?}", vector.origin, vector.allowed);
                comparison.compare(&vector.id, theirs, &ours, &context);
            }
            None => comparison.skip(&vector.id),
        }
    }
    comparison.finish(expected);
}

/// `match`, `no match`, or why there is no such policy; none for a request that cannot be sent.
fn verdict<S: Server>(vector: &OriginVector) -> Option<String> {
    let governs = Governs::Policy(translate::origins(&vector.allowed));
    let options = match governs.options(PATH) {
        Ok(options) => options,
        Err(errors) => return Some(translate::refused(&errors)),
    };
    let origin = vector.origin.as_ref().map(|origin| origin.bytes(1));
    let headers = origin.into_iter().map(|origin| ("Origin".to_owned(), origin)).collect();
    let request = Request { method: "GET".to_owned(), path: PATH.to_owned(), headers };
    let answer = S::start(options, Application::default()).answer(&request).ok()?;
    let expected = reference::answer(&governs, &request, &Application::default());
    assert_eq!(reference::canonical(&answer), reference::canonical(&expected), "{}", vector.id);
    let allowed =
        !request.headers.is_empty() && !answer.values("access-control-allow-origin").is_empty();
    Some(if allowed { "match" } else { "no match" }.to_owned())
}
