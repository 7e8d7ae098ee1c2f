//! Tests of the model as a whole.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;

use super::*;

const PAGE: &str = "https://app.example.com";
const API: &str = "https://api.example.com/";
const ENGINES: [Engine; 4] = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::WebKit];
const ALLOW_ORIGIN: (&str, &str) = ("Access-Control-Allow-Origin", PAGE);
const ALLOW_ANY: (&str, &str) = ("Access-Control-Allow-Origin", "*");

#[test]
fn pages_have_the_origin_of_their_url() {
    for (page, origin) in [
        ("https://app.example.com", Some(PAGE)),
        ("https://app.example.com/a?b#c", Some(PAGE)),
        ("HTTPS://App.Example.com:443", Some(PAGE)),
        ("chrome-extension://abcdefgh", Some("chrome-extension://abcdefgh")),
        ("null", Some("null")),
        ("NULL", None),
        ("", None),
        ("*", None),
        ("app.example.com", None),
        ("localhost:8080", None),
        ("file:///index.html", None),
        ("data:text/html,x", None),
        ("https://b\u{FC}cher.example", None),
    ] {
        assert_eq!(Browser::at(page).ok().as_ref().map(Browser::origin), origin, "{page}");
    }
}

#[test]
fn every_request_takes_its_road() {
    let cross = |method| Request::new(method, API);
    let same = |method| Request::new(method, "/same-origin");
    // Is a preflight sent, and which `Origin` and credentials has what is sent first?
    for (page, request, preflight, origin, credentials) in [
        (PAGE, same("GET"), false, None, true),
        (PAGE, same("GET").credentials(Credentials::Omit), false, None, false),
        (PAGE, same("PUT").header("x-a", "1"), false, Some(PAGE), true),
        (PAGE, same("POST").use_cors_preflight(), false, Some(PAGE), true),
        (PAGE, cross("GET"), false, Some(PAGE), false),
        (PAGE, cross("get").header("accept", "a"), false, Some(PAGE), false),
        (PAGE, cross("GET").credentials(Credentials::Include), false, Some(PAGE), true),
        (PAGE, cross("PUT").credentials(Credentials::Include), true, Some(PAGE), false),
        (PAGE, cross("GET").header("x-a", "1"), true, Some(PAGE), false),
        (PAGE, cross("POST").use_cors_preflight(), true, Some(PAGE), false),
        (PAGE, cross("POST").body(Body::Stream), true, Some(PAGE), false),
        (PAGE, cross("GET").mode(Mode::NoCors).header("x-a", "1"), false, None, false),
        (PAGE, cross("POST").mode(Mode::NoCors), false, Some(PAGE), false),
        ("null", cross("GET"), false, Some("null"), false),
        ("null", cross("PUT"), true, Some("null"), false),
        ("http://api.example.com", cross("GET"), false, Some("http://api.example.com"), false),
        (
            PAGE,
            Request::new("POST", "http://a.example").mode(Mode::NoCors),
            false,
            Some("null"),
            false,
        ),
    ] {
        let mut page = Browser::at(page).unwrap();
        let (is_preflight, exchange) = match page.start(&request, Duration::ZERO) {
            Step::SendPreflight(exchange) => (true, exchange),
            Step::SendActual(exchange) => (false, exchange),
            Step::Done(result) => panic!("{result:?}"),
        };
        assert_eq!(is_preflight, preflight, "{request:?}");
        let sent = exchange.request();
        assert_eq!(
            sent.headers().combined("origin").as_deref(),
            origin.map(str::as_bytes),
            "{request:?}"
        );
        assert_eq!(sent.includes_credentials(), credentials, "{request:?}");
    }
}

#[test]
fn some_requests_go_nowhere() {
    let page = Browser::at(PAGE).unwrap();
    for (request, stage, failure) in [
        (
            Request::new("GET", API).mode(Mode::SameOrigin),
            Stage::Request,
            Failure::CrossOriginInSameOriginMode,
        ),
        (
            Request::new("GET", API).mode(Mode::NoCors).redirect(RedirectMode::Error),
            Stage::Request,
            Failure::RedirectModeInNoCors,
        ),
        (Request::new("GET", "ftp://a"), Stage::Request, Failure::SchemeNotHttp("ftp".into())),
        (Request::new("TRACE", API), Stage::Arguments, Failure::ForbiddenMethod("TRACE".into())),
    ] {
        let blocked = page.clone().judge(&request, &answer(&[]), &answer(&[])).unwrap_err();
        assert_eq!((blocked.stage(), blocked.failures()), (stage, &[failure][..]));
    }
}

#[test]
fn both_responses_are_checked_on_their_own() {
    let page = Browser::at(PAGE).unwrap();
    let request = Request::new("PUT", API);
    let (allows, refuses) =
        (answer(&[ALLOW_ORIGIN, ("Access-Control-Allow-Methods", "PUT")]), answer(&[]));
    assert_eq!(page.judge(&request, &allows, &allows).unwrap().status(), 200);
    assert_eq!(page.judge(&request, &refuses, &allows).unwrap_err().stage(), Stage::Preflight);
    assert_eq!(page.judge(&request, &allows, &refuses).unwrap_err().stage(), Stage::Actual);
}

#[test]
fn failing_after_the_preflight_clears_its_cache_in_some_engines() {
    for (engine, clears) in ENGINES.into_iter().zip([true, false, true, false]) {
        let mut page = Browser::at(PAGE).unwrap().with_engine(engine);
        let request = Request::new("PUT", API);
        let allows = answer(&[ALLOW_ANY, ("Access-Control-Allow-Methods", "*")]);
        assert_eq!(preflights(&mut page, &request, &allows, &answer(&[])), 1);
        let again = preflights(&mut page, &request, &allows, &allows);
        assert_eq!(again == 1, clears, "{engine:?}");
        assert_eq!(preflights(&mut page, &request, &allows, &allows), 0, "{engine:?}");
    }
}

#[test]
fn failing_without_a_preflight_leaves_the_cache_alone() {
    let mut page = Browser::at(PAGE).unwrap();
    let (put, get) = (Request::new("PUT", API), Request::new("GET", API));
    let allows = answer(&[ALLOW_ANY, ("Access-Control-Allow-Methods", "*")]);
    assert_eq!(preflights(&mut page, &put, &allows, &allows), 1);
    assert_eq!(preflights(&mut page, &get, &allows, &answer(&[])), 0);
    assert_eq!(preflights(&mut page, &put, &allows, &allows), 0);
}

#[test]
fn no_engine_caches_a_preflight_of_the_wrong_origin_or_status() {
    let methods = ("Access-Control-Allow-Methods", "*");
    for engine in ENGINES {
        for refuses in [answer(&[methods]), Response::new(404, [ALLOW_ANY, methods])] {
            let mut page = Browser::at(PAGE).unwrap().with_engine(engine);
            let put = Request::new("PUT", API);
            preflights(&mut page, &put, &refuses, &answer(&[]));
            let again = preflights(&mut page, &put, &refuses, &answer(&[]));
            assert_eq!(again, 1, "{engine:?}");
        }
    }
}

#[test]
fn judging_neither_reads_nor_writes_the_cache() {
    let mut page = Browser::at(PAGE).unwrap();
    let request = Request::new("PUT", API);
    let allows = answer(&[ALLOW_ANY, ("Access-Control-Allow-Methods", "*")]);
    page.judge(&request, &allows, &allows).unwrap();
    assert_eq!(preflights(&mut page, &request, &allows, &allows), 1);
    assert_eq!(preflights(&mut page, &request, &allows, &allows), 0);
    assert!(page.judge(&request, &answer(&[]), &allows).is_err());
}

/// One row per quirk of the preflight cache that the other tests leave out.
#[test]
fn engines_disagree_about_when_to_preflight_again() {
    let named = ("Access-Control-Allow-Headers", "x-a");
    let methods = ("Access-Control-Allow-Methods", "PUT");
    let head = Request::new("HEAD", API).header("x-a", "1");
    let reload = Request::new("PUT", API).cache(CacheMode::Reload);
    let put = Request::new("PUT", API);
    let refused = Request::new("PUT", API).header("x-b", "1");
    // The page, first and second request, then whether each engine preflights the second.
    for (page, first, second, expected) in [
        (PAGE, &put, &put, [false, false, false, false]),
        (PAGE, &head, &head, [false, false, true, false]),
        (PAGE, &put, &reload, [false, true, false, false]),
        (PAGE, &reload, &put, [false, true, false, false]),
        (PAGE, &refused, &put, [true, true, true, false]),
        ("null", &put, &put, [false, true, false, false]),
    ] {
        let found = ENGINES.map(|engine| {
            let mut page = Browser::at(page).unwrap().with_engine(engine);
            let allows = answer(&[ALLOW_ANY, methods, named]);
            preflights(&mut page, first, &allows, &allows);
            preflights(&mut page, second, &allows, &allows) == 1
        });
        assert_eq!(found, expected, "{first:?} {second:?}");
    }
}

proptest! {
    /// Whatever a server answers and an engine makes of it, a page reads across origins only what
    /// allows it by name, or by `*` without credentials; and every engine finds its words.
    #[test]
    fn only_responses_that_allow_the_page_are_readable(
        preflight_status in 100_u16..1_000,
        actual_status in 100_u16..1_000,
        preflight in vec((field(), value()), 0..8),
        actual in vec((field(), value()), 0..8),
        request in request(),
        engine in select(&ENGINES),
    ) {
        let page = Browser::at(PAGE).unwrap().with_engine(engine);
        let preflight = Response::new(preflight_status, preflight);
        let actual = Response::new(actual_status, actual);
        let allows = |response: &Response| {
            let allow_origin = response.headers().combined("access-control-allow-origin");
            let allow_credentials = response.headers().combined("access-control-allow-credentials");
            match request.credentials {
                Credentials::Include => {
                    allow_origin.as_deref() == Some(PAGE.as_bytes())
                        && allow_credentials.as_deref() == Some(b"true")
                }
                _ => allow_origin.is_some_and(|value| value == b"*" || value == PAGE.as_bytes()),
            }
        };
        match page.judge(&request, &preflight, &actual) {
            Ok(seen) => {
                assert!(allows(&actual), "{seen:?}");
                assert!(!seen.headers().iter().any(|(name, _)| name.eq_ignore_ascii_case(b"set-cookie")));
            }
            Err(blocked) => {
                for engine in ENGINES {
                    let (message, name) = (blocked.message(engine), blocked.error_name(engine));
                    assert!(message.is_some() || name.is_none(), "{blocked:?}");
                }
                assert!(!blocked.failures().is_empty());
            }
        }
    }
}

fn field() -> impl Strategy<Value = &'static str> {
    select(&[
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Expose-Headers",
        "Access-Control-Max-Age",
        "Location",
        "Set-Cookie",
    ])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let likely = select(&["*", PAGE, "true", "PUT", "x-a, authorization", "60", "/elsewhere"]);
    prop_oneof![
        8 => likely.prop_map(|value| value.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..12),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let methods = select(&["GET", "POST", "PUT", "patch", "HEAD"]);
    let credentials = select(&[Credentials::Omit, Credentials::SameOrigin, Credentials::Include]);
    let names = select(&["Accept", "X-A", "Authorization", "Content-Type", "Range"]);
    (methods, credentials, vec((names, value()), 0..4), any::<bool>()).prop_map(
        |(method, credentials, headers, use_cors_preflight)| {
            let request = Request::new(method, API).credentials(credentials);
            let request = if use_cors_preflight { request.use_cors_preflight() } else { request };
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
        },
    )
}

fn answer(headers: &[(&str, &str)]) -> Response {
    Response::new(200, headers.iter().copied())
}

/// How many preflights a fetch sends; the time stands still.
fn preflights(
    page: &mut Browser,
    request: &Request,
    preflight: &Response,
    actual: &Response,
) -> usize {
    let mut count = 0;
    let mut step = page.start(request, Duration::ZERO);
    loop {
        step = match step {
            Step::SendPreflight(exchange) => {
                count += 1;
                exchange.receive(preflight, Duration::ZERO)
            }
            Step::SendActual(exchange) => exchange.receive(actual, Duration::ZERO),
            Step::Done(_) => return count,
        };
    }
}
