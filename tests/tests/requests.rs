//! Requests and what becomes of them: what a browser makes of our answer is what it makes of that
//! of every other implementation, but for the table of divergences; and every answer is exactly
//! what the plain reference says.

use cors_conformance::browser::{self, Verdict};
use cors_conformance::divergences::{Comparison, Counts};
use cors_conformance::vectors::{CredentialsMode, PATH, PEERS, Peer, RequestVector};
use cors_conformance::{
    Actix, Answer, Axum, Core, CoreOverHttp, Dangers, OverHttp2, Request, Server, Unrepresentable,
    reference, translate,
};
use cors_core::{CorsRequest, RequestKind};

/// The fields that say the same in every implementation once an exchange passes. What the others
/// hold (one method or the list, names mirrored or listed) is judged by the browser.
const FIELDS: [&str; 5] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-allow-private-network",
];

#[test]
fn browsers_let_through_what_they_let_through_elsewhere() {
    let counts = Counts { agreeing: 674, differing: 98, skipped: 0 };
    check::<Core>(counts);
    check::<CoreOverHttp>(counts);
}

#[test]
fn browsers_let_through_the_same_over_actix() {
    check::<Actix>(Counts { agreeing: 674, differing: 98, skipped: 0 });
}

#[test]
fn browsers_let_through_the_same_over_http_2() {
    let counts = Counts { agreeing: 674, differing: 98, skipped: 0 };
    check::<OverHttp2<Actix>>(counts);
    check::<OverHttp2<Axum>>(counts);
}

#[test]
fn browsers_let_through_the_same_over_axum() {
    check::<Axum>(Counts { agreeing: 674, differing: 98, skipped: 0 });
}

fn check<S: Server>(expected: Counts) {
    let mut comparison = Comparison::with("requests");
    let peers = PEERS.iter().map(|peer| Peer::load(peer));
    for vector in peers.flat_map(|peer| peer.requests.into_iter().chain(peer.measured)) {
        match compare::<S>(&vector) {
            Ok((theirs, ours)) => {
                let context = format!("{:?} {:?}", vector.policy, vector.request());
                comparison.compare(&vector.id, &theirs, &ours, &context);
            }
            Err(_) => comparison.skip(&vector.id),
        }
    }
    comparison.finish(expected);
}

/// What the vector says and what we say: the kind of the request, what a browser makes of the
/// answer, and where it passes on both sides, the fields that differ.
fn compare<S: Server>(vector: &RequestVector) -> Result<(String, String), Unrepresentable> {
    let words = match vector.expect.browser_accepts {
        Some(true) => "passes",
        Some(false) => "blocked",
        None => "unchecked",
    };
    let mut theirs = format!("{} {words}", vector.kind());
    let governs = match translate::policy(vector.policy.as_ref(), Dangers::Accepted) {
        Ok(translation) => translation.governs,
        Err(reason) => return Ok((theirs, format!("refused: {reason}"))),
    };
    let options = match governs.options(PATH) {
        Ok(options) => options,
        Err(errors) => return Ok((theirs, translate::refused(&errors))),
    };
    let (request, application) = (vector.request(), vector.application());
    let answer = S::start(options, application.clone()).answer(&request)?;
    let expected = reference::answer(&governs, &request, &application);
    assert_eq!(reference::canonical(&answer), reference::canonical(&expected), "{}", vector.id);

    let credentials = vector.browser_credentials_mode == CredentialsMode::Include;
    let verdict = match browser::judge(&request, &answer, credentials) {
        _ if vector.expect.browser_accepts.is_none() => "unchecked",
        Verdict::Passes => "passes",
        Verdict::Blocked => "blocked",
        Verdict::Unchecked => "unchecked",
    };
    let mut ours = format!("{} {verdict}", kind(&request));
    if verdict == "passes" && ours == theirs {
        for name in FIELDS {
            let (value, own) = (vector.expect.field(name), list(&answer, name));
            if let Some(value) = value.map(elements).filter(|value| *value != own) {
                theirs.push_str(&format!(", {name} `{}`", value.join(", ")));
                ours.push_str(&format!(", {name} `{}`", own.join(", ")));
            }
        }
    }
    Ok((theirs, ours))
}

/// What the engine takes the request for, as the vectors spell it.
fn kind(request: &Request) -> &'static str {
    match CorsRequest::new(&request.method, &request.headers).kind() {
        RequestKind::NotCors => "not-cors",
        RequestKind::Preflight => "preflight",
        RequestKind::Actual => "actual",
    }
}

fn list(answer: &Answer, name: &str) -> Vec<String> {
    elements(&answer.values(name).join(","))
}

/// The elements of a list, sorted and without case.
fn elements(value: &str) -> Vec<String> {
    let elements = value.split(',').map(|element| element.trim().to_ascii_lowercase());
    let mut elements: Vec<String> = elements.filter(|element| !element.is_empty()).collect();
    elements.sort_unstable();
    elements.dedup();
    elements
}
