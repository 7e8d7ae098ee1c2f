//! That corrections are true: a policy that is changed as they say allows what it refused, and
//! reads as they say; and that they name the line to change.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod blocked;
mod lines;

use cors_core::browser::{Blocked, Browser, Credentials, Engine, Request, Response, Step};
use cors_core::explain::{
    BrowserMessage, Cause, Change, Correction, Explanation, FailedStep, Verdict,
};
use cors_core::{
    CorsPolicy, CorsPolicyBuilder, CorsRequest, CorsResult, CorsService, RefusalReason,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const LISTED: [&str; 6] = [
    "https://app.example.com",
    "https://*.example.org",
    "http://localhost:*",
    "https://shop.example:8443",
    "capacitor://localhost",
    "https://xn--bcher-kva.example",
];

/// Origins that a page can have, each of which some policy can list.
const OF_PAGES: [&str; 11] = [
    "https://app.example.com",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://a.b.example.org",
    "https://example.org",
    "http://localhost:3000",
    "http://kiosk.example",
    "capacitor://app",
    "chrome-extension://abcdefghijklmnop",
    "app://a\"`b",
    "null",
];

/// What no page can have, look-alikes of the notation of policies among it.
const OF_NOBODY: [&str; 9] = [
    "*",
    "https://*.example.com",
    "http://localhost:*",
    "https://app.example.com/",
    "https://APP.example.com",
    "https://app.example.com, https://evil.example",
    "\"], \"https://evil.example",
    "app://*",
    "",
];

const METHODS: [&str; 11] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "PURGE", "patch", "put", "*", "TRACE", "P T"];

const NAMES: [&str; 8] = [
    "content-type",
    "authorization",
    "x-a",
    "X-B",
    "x-`tick`",
    "cookie",
    "access-control-allow-origin",
    "*",
];

#[derive(Clone, Debug)]
struct Asked {
    origin: &'static str,
    method: Option<&'static str>,
    names: Vec<&'static str>,
    private_network: bool,
}

fn policies() -> impl Strategy<Value = CorsPolicy> {
    let lists = (
        subsequence(LISTED.to_vec(), 1..=4),
        subsequence(vec!["PUT", "DELETE", "PATCH", "Purge"], 0..=2),
        subsequence(vec!["content-type", "x-a", "x-c"], 0..=2),
    );
    let flags = (any::<[bool; 6]>(), 0..8_u8, any::<bool>());
    (lists, flags).prop_map(|((origins, methods, headers), (flags, any_origin, predicate))| {
        let [credentials, null, private, any_method, any_header, named] = flags;
        let any_origin = any_origin == 0;
        let settings = CorsPolicy::builder();
        let settings = if any_origin {
            settings.allow_any_origin()
        } else {
            let settings = settings.with_origins(origins);
            let settings = if credentials { settings.allow_credentials() } else { settings };
            let settings = match (null, credentials) {
                (true, true) => settings.dangerously_allow_null_origin_with_credentials(),
                (true, false) => settings.allow_null_origin(),
                (false, _) => settings,
            };
            // Matches insecure origins, which it does not admit with credentials.
            let settings = if predicate {
                settings.with_origin_predicate(|origin| origin.host() == "kiosk.example")
            } else {
                settings
            };
            if private { settings.allow_private_network() } else { settings }
        };
        let settings =
            if any_method { settings.allow_any_method() } else { settings.with_methods(methods) };
        let settings =
            if any_header { settings.allow_any_header() } else { settings.with_headers(headers) };
        let settings = if named { settings.named("shop") } else { settings };
        settings.build().unwrap()
    })
}

fn requests() -> impl Strategy<Value = Asked> {
    let origin = prop_oneof![4 => select(OF_PAGES.to_vec()), 1 => select(OF_NOBODY.to_vec())];
    let method = proptest::option::weighted(0.8, select(METHODS.to_vec()));
    (origin, method, subsequence(NAMES.to_vec(), 0..=3), any::<bool>()).prop_map(
        |(origin, method, names, private_network)| Asked { origin, method, names, private_network },
    )
}

impl Asked {
    fn evaluate(&self, policy: &CorsPolicy) -> (CorsResult, Explanation, Explanation) {
        let names = self.names.join(", ");
        let mut lines = vec![("origin", self.origin)];
        if let Some(method) = self.method {
            lines.push(("access-control-request-method", method));
            if !names.is_empty() {
                lines.push(("access-control-request-headers", &names));
            }
            if self.private_network {
                lines.push(("access-control-request-private-network", "true"));
            }
        }
        let method = if self.method.is_some() { "OPTIONS" } else { "GET" };
        let request = CorsRequest::new(method, &lines);
        let result = CorsService::new().evaluate_policy(&request, policy);
        let (whole, own) = (result.explain_request(&request), result.explain());
        (result, whole, own)
    }
}

fn corrections(explanation: &Explanation) -> impl Iterator<Item = &Correction> {
    explanation.steps().iter().map(FailedStep::correction)
}

fn apply<'a>(policy: &CorsPolicy, corrections: impl Iterator<Item = &'a Correction>) -> CorsPolicy {
    let apply = |settings: CorsPolicyBuilder, it: &Correction| it.apply_to(settings);
    corrections.fold(policy.to_builder(), apply).build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_corrected_policy_allows_what_was_refused(policy in policies(), asked in requests()) {
        let (result, explanation, _) = asked.evaluate(&policy);
        let refused = result.reasons().count();
        prop_assert_eq!(explanation.steps().len(), refused);
        prop_assert_eq!(explanation.verdict() == Verdict::Refused, refused > 0);

        // Each correction lifts its own reason, and adds none.
        for (index, step) in explanation.steps().iter().enumerate() {
            if step.correction().change().is_none() {
                continue;
            }
            let corrected = apply(&policy, std::iter::once(step.correction()));
            let (after, _, _) = asked.evaluate(&corrected);
            let mut before: Vec<RefusalReason> = result.reasons().copied().collect();
            before.remove(index);
            prop_assert_eq!(after.reasons().copied().collect::<Vec<_>>(), before, "{}", explanation);
        }
        // All of them together allow the request, where each step has one.
        if refused > 0 && corrections(&explanation).all(|it| it.change().is_some()) {
            let corrected = apply(&policy, corrections(&explanation));
            let (after, _, _) = asked.evaluate(&corrected);
            prop_assert_eq!(after.reasons().count(), 0, "{}", explanation);
        }
    }

    #[test]
    fn whatever_a_page_can_ask_has_a_change(policy in policies(), asked in requests()) {
        let (_, explanation, _) = asked.evaluate(&policy);
        for step in explanation.steps() {
            let possible = match step.cause() {
                Cause::Refusal(
                    RefusalReason::OriginNotAllowed { .. }
                    | RefusalReason::NullOriginNotAllowed
                    | RefusalReason::InsecureOriginNotAllowed { .. },
                ) => OF_PAGES.contains(&asked.origin),
                Cause::Refusal(RefusalReason::MethodNotAllowed { .. }) => {
                    let listed = |other: &str| policy.methods().any(|listed| listed == other);
                    !(matches!(asked.method, Some("put" | "patch" | "*"))
                        || asked.method == Some("PURGE") && listed("Purge"))
                }
                Cause::Refusal(RefusalReason::HeaderNotAllowed { .. }) => {
                    let never = ["cookie", "access-control-allow-origin", "*"];
                    !asked.names.iter().any(|name| never.contains(name))
                }
                Cause::Refusal(RefusalReason::PrivateNetworkNotAllowed) => {
                    // In place of any origin, that of the request is listed.
                    !policy.allows_any_origin()
                        || OF_PAGES.contains(&asked.origin) && asked.origin != "null"
                }
                _ => false,
            };
            prop_assert_eq!(step.correction().change().is_some(), possible, "{}", explanation);
        }
    }

    #[test]
    fn what_is_not_secure_says_so(policy in policies(), asked in requests()) {
        let (_, explanation, _) = asked.evaluate(&policy);
        for correction in corrections(&explanation) {
            let dangerous = match correction.change() {
                Some(Change::AddOrigin { origin, .. }) => {
                    origin.starts_with("http://") && !origin.starts_with("http://localhost")
                }
                Some(Change::AllowNullOrigin { .. }) => true,
                Some(Change::AllowPrivateNetwork { instead_of_any_origin: Some(origin), .. }) => {
                    origin.starts_with("http://") && !origin.starts_with("http://localhost")
                }
                _ => false,
            };
            prop_assert_eq!(correction.danger().is_some(), dangerous, "{}", correction);
        }
    }

    /// Without the request, one name after the other comes up.
    #[test]
    fn what_a_result_knows_leads_to_an_allowed_request_too(policy in policies(), asked in requests()) {
        let mut policy = policy;
        for _ in 0..=NAMES.len() {
            let (_, _, explanation) = asked.evaluate(&policy);
            if explanation.steps().is_empty() {
                return Ok(());
            }
            if corrections(&explanation).any(|it| it.change().is_none()) {
                return Ok(());
            }
            policy = apply(&policy, corrections(&explanation));
        }
        prop_assert!(false, "{asked:?} is still refused");
    }

    #[test]
    fn the_lines_of_a_correction_make_the_corrected_policy(
        policy in policies(),
        asked in requests(),
    ) {
        let Ok(text) = toml::to_string(&policy) else { return Ok(()) };
        let (_, explanation, _) = asked.evaluate(&policy);
        for correction in corrections(&explanation).filter(|it| it.change().is_some()) {
            let mut table: toml::Table = text.parse().unwrap();
            table.extend(correction.lines().join("\n").parse::<toml::Table>().unwrap());
            let read: CorsPolicy = toml::from_str(&table.to_string()).unwrap();
            prop_assert_eq!(read, apply(&policy, std::iter::once(correction)), "{}", correction);
        }
    }

    /// What is said to be printed is what a browser prints that makes the whole fetch.
    #[test]
    fn browsers_print_what_the_explanation_says(
        policy in policies(),
        page in select(OF_PAGES.to_vec()),
        method in select(vec!["GET", "PUT", "DELETE", "PATCH", "patch", "PURGE", "*"]),
        names in subsequence(vec!["authorization", "x-a", "X-B", "access-control-allow-origin"], 0..=2),
        engine in select(vec![Engine::Chromium, Engine::Firefox, Engine::WebKit]),
    ) {
        let mode =
            if policy.supports_credentials() { Credentials::Include } else { Credentials::Omit };
        let fetch = Request::new(method, URL).credentials(mode);
        let fetch = names.iter().fold(fetch, |fetch, name| fetch.header(name, "1"));
        let page = Browser::at(page).unwrap().with_engine(engine);
        if let Err(found) = fetched(&policy, page, &fetch) {
            let (blocked, _, explanation) = *found;
            let words = explanation.messages().iter().find(|words| words.engine() == engine);
            prop_assert_eq!(words.map(|it| it.text().to_owned()), blocked.message(engine));
            prop_assert_eq!(words.and_then(BrowserMessage::error_name), blocked.error_name(engine));
            prop_assert!(words.is_some(), "{}", explanation);
        }
    }

    #[test]
    fn no_browser_has_words_for_what_no_page_can_ask(policy in policies(), asked in requests()) {
        let (_, explanation, _) = asked.evaluate(&policy);
        let of_nobody = OF_NOBODY.contains(&asked.origin)
            || matches!(asked.method, Some("put" | "TRACE" | "P T"));
        prop_assert!(!of_nobody || explanation.messages().is_empty(), "{}", explanation);
    }
}

const URL: &str = "https://api.example.com/items";

/// What a browser makes of the answers of the engine, and what the engine says of the last one.
fn fetched(
    policy: &CorsPolicy,
    mut page: Browser,
    fetch: &Request,
) -> Result<(), Box<(Blocked, CorsResult, Explanation)>> {
    let now = std::time::Duration::ZERO;
    let mut step = page.start(fetch, now);
    let mut last = None;
    loop {
        step = match step {
            Step::SendPreflight(exchange) | Step::SendActual(exchange) => {
                let sent = http::Request::try_from(exchange.request()).unwrap();
                let (parts, ()) = sent.into_parts();
                let request = CorsRequest::from_parts(&parts);
                let result = CorsService::new().evaluate_policy(&request, policy);
                let status = match (result.is_preflight_request(), result.is_origin_allowed()) {
                    (false, _) => 200,
                    (true, true) => 204,
                    (true, false) => 403,
                };
                let response = Response::new(status, result.fields());
                let explanation = result.explain_request(&request).for_url(URL);
                last = Some((result, explanation));
                exchange.receive(&response, now)
            }
            Step::Done(Ok(_)) => return Ok(()),
            Step::Done(Err(blocked)) => {
                let (result, explanation) = last.unwrap();
                return Err(Box::new((blocked, result, explanation)));
            }
        };
    }
}
