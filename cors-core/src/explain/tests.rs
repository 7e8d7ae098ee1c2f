//! Every reason and every failure with its complete explanation. The texts stand in files of their
//! own, to be read as a user reads them.

use super::*;
use crate::policy::{CorsPolicy, CorsPolicyBuilder};
use crate::service::CorsService;

/// The names of all variants. It does not compile where one is left out.
macro_rules! variants {
    ($enumeration:ident: $($variant:ident)*) => {{
        fn name(value: &$enumeration) -> &'static str {
            match value {
                $($enumeration::$variant { .. } => stringify!($variant),)*
            }
        }
        (name as fn(&$enumeration) -> &'static str, [$(stringify!($variant)),*])
    }};
}

const ORIGIN: (&str, &str) = ("origin", "https://app.example.com");
const EVIL: (&str, &str) = ("origin", "https://evil.example");
const PRIVATE: (&str, &str) = ("access-control-request-private-network", "true");

const fn asks(method: &str) -> (&str, &str) {
    ("access-control-request-method", method)
}

const fn asks_headers(names: &str) -> (&str, &str) {
    ("access-control-request-headers", names)
}

fn settings() -> CorsPolicyBuilder {
    CorsPolicy::builder()
        .named("shop")
        .with_origins(["https://app.example.com", "http://*.localhost"])
        .with_methods(["PUT"])
        .with_headers(["content-type"])
}

fn explained(settings: &CorsPolicyBuilder, method: &str, lines: &[(&str, &str)]) -> Explanation {
    let policy = settings.clone().build().unwrap();
    let request = CorsRequest::new(method, &lines);
    let result = CorsService::new().evaluate_policy(&request, &policy);
    result.explain_request(&request).for_url("https://api.example.com/items")
}

#[test]
fn every_reason_is_explained() {
    let credentials = settings().allow_credentials();
    let any = CorsPolicy::builder().named("public").allow_any_origin();
    let mirroring =
        CorsPolicy::builder().with_origins(["https://app.example.com"]).allow_credentials();
    let mirroring = mirroring.allow_any_method().allow_any_header();
    let insecure = credentials.clone().with_origin_predicate(|origin| origin.scheme() == "http");
    let long_origin = format!("https://{}.example", "a".repeat(600));
    let long_method = "M".repeat(257);
    let many = "x-id,".repeat(20);
    let too_many: String = (0..300).map(|number| format!("x-{number},")).collect();
    let preflight = |more: &[(&'static str, &'static str)]| [&[ORIGIN], more].concat();
    let (name, all) = variants!(RefusalReason:
        OriginNotAllowed NullOriginNotAllowed InsecureOriginNotAllowed OriginTooLong SeveralOrigins
        RequestedMethodEmpty RequestedMethodRepeated RequestedMethodTooLong RequestedMethodNotAToken
        RequestedMethodForbidden RequestedHeadersMalformed TooManyRequestedHeaders MethodNotAllowed
        HeaderNotAllowed PrivateNetworkNotAllowed);

    let mut text = String::new();
    let mut seen = Vec::new();
    for (settings, method, lines) in [
        (settings(), "GET", vec![EVIL]),
        (credentials.clone(), "OPTIONS", vec![EVIL, asks("GET")]),
        (settings(), "GET", vec![("origin", "http://kiosk.example")]),
        (credentials.clone(), "GET", vec![("origin", "http://kiosk.example")]),
        (credentials.clone(), "GET", vec![("origin", "http://app.example.com")]),
        (settings(), "GET", vec![("origin", "https://App.example.com/")]),
        (settings(), "GET", vec![("origin", "https://*.example.com")]),
        (settings(), "GET", vec![("origin", "*")]),
        (settings(), "GET", vec![("origin", "capacitor://localhost")]),
        (settings(), "GET", vec![("origin", "null")]),
        (credentials.clone(), "GET", vec![("origin", "null")]),
        (insecure, "GET", vec![("origin", "http://kiosk.example")]),
        (settings(), "GET", vec![("origin", &*long_origin)]),
        (settings(), "GET", vec![ORIGIN, EVIL]),
        (any.clone(), "OPTIONS", vec![ORIGIN, EVIL, asks("GET")]),
        (settings(), "OPTIONS", preflight(&[asks("")])),
        (settings(), "OPTIONS", preflight(&[asks("PUT"), asks("PUT")])),
        (settings(), "OPTIONS", vec![ORIGIN, asks(&long_method)]),
        (settings(), "OPTIONS", preflight(&[asks("P T")])),
        (settings(), "OPTIONS", preflight(&[asks("Trace")])),
        (settings(), "OPTIONS", preflight(&[asks("PUT"), asks_headers("x-id;q=1")])),
        (settings(), "OPTIONS", vec![ORIGIN, asks("PUT"), asks_headers(&many)]),
        (mirroring.clone(), "OPTIONS", vec![ORIGIN, asks("PUT"), asks_headers(&too_many)]),
        (settings(), "OPTIONS", preflight(&[asks("DELETE")])),
        (settings(), "OPTIONS", preflight(&[asks("put")])),
        (settings(), "OPTIONS", preflight(&[asks("delete")])),
        (settings(), "OPTIONS", preflight(&[asks("patch")])),
        (settings().with_methods(["Purge"]), "OPTIONS", preflight(&[asks("purge")])),
        (mirroring, "OPTIONS", preflight(&[asks("*"), asks_headers("x-a,*")])),
        (settings(), "OPTIONS", preflight(&[asks("PUT"), asks_headers("content-type,x-b,x-a")])),
        (settings(), "OPTIONS", preflight(&[asks("PUT"), asks_headers("cookie,x-a,host")])),
        (
            settings(),
            "OPTIONS",
            preflight(&[asks("PUT"), asks_headers("access-control-allow-origin")]),
        ),
        (credentials, "OPTIONS", preflight(&[asks("PUT"), PRIVATE])),
        (any.clone(), "OPTIONS", preflight(&[asks("GET"), PRIVATE])),
        (any, "OPTIONS", vec![("origin", "null"), asks("GET"), PRIVATE]),
        (settings(), "OPTIONS", vec![EVIL, asks("PATCH"), asks_headers("x-other"), PRIVATE]),
    ] {
        let explanation = explained(&settings, method, &lines);
        let first = match explanation.steps()[0].cause() {
            Cause::Refusal(reason) => reason,
            #[cfg(feature = "browser")]
            Cause::Failure(_) => panic!("{explanation}"),
        };
        seen.push(name(first));
        text.push_str(&format!("# {}\n{explanation}\n\n", name(first)));
    }
    assert_same(&text, include_str!("tests/refusals.txt"));
    let unseen: Vec<_> = all.iter().filter(|name| !seen.contains(name)).collect();
    assert!(unseen.is_empty(), "without a row: {unseen:?}");
}

#[test]
fn what_is_not_refused_is_explained_too() {
    let credentials = settings().allow_credentials();
    for (settings, method, lines, expected) in [
        (
            settings(),
            "GET",
            vec![],
            "request for `GET` of `https://api.example.com/items`: not CORS, for it has no `Origin`",
        ),
        (
            settings(),
            "GET",
            vec![ORIGIN],
            "request from `https://app.example.com` for `GET` of `https://api.example.com/items`: \
             allowed by policy `shop` without credentials; the page may read the answer",
        ),
        (
            credentials,
            "OPTIONS",
            vec![ORIGIN, asks("PUT"), asks_headers("Content-Type")],
            "preflight from `https://app.example.com` for `PUT` of `https://api.example.com/items` \
             with `content-type`: allowed by policy `shop`, credentials included; the browser sends \
             the request",
        ),
    ] {
        assert_eq!(explained(&settings, method, &lines).to_string(), expected);
    }
}

#[test]
fn what_a_result_keeps_is_enough_for_most_of_an_explanation() {
    let long = format!("https://{}.example.com", "a".repeat(60));
    let long_name = "x-".repeat(40);
    let any = CorsPolicy::builder().allow_any_origin();
    for (settings, lines, expected) in [
        (
            settings(),
            vec![EVIL, asks("PATCH"), asks_headers("x-a,x-b")],
            "preflight from `https://evil.example` for `PATCH` with `x-a`: refused by policy `shop`; \
             1. the origin `https://evil.example` is not allowed: in policy `shop`, add \
             `\"https://evil.example\"` to `origins`: origins = [\"https://app.example.com\", \
             \"http://*.localhost\", \"https://evil.example\"]; \
             2. the method `PATCH` is not allowed: in policy `shop`, add `\"PATCH\"` to `methods`: \
             methods = [\"PUT\", \"PATCH\"]; \
             3. the request header `x-a` is not allowed: in policy `shop`, add `\"x-a\"` to \
             `headers`: headers = [\"content-type\", \"x-a\"]",
        ),
        (
            any,
            vec![ORIGIN, asks("PUT"), asks_headers(&long_name), PRIVATE],
            "preflight for `PUT` with `x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x...`: \
             refused; \
             1. the method `PUT` is not allowed: add `\"PUT\"` to `methods`: methods = [\"PUT\"]; \
             2. the request header `x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x...` \
             is not allowed: add the name, which is too long to show, to `headers`; \
             3. access to a private network is not allowed: leave it, for no current browser asks for \
             this; or, list the origins in place of any, and write `private_network = true`",
        ),
        (
            settings(),
            vec![("origin", &*long), asks("GET")],
            "preflight from `https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...`: \
             refused by policy `shop`; 1. the origin \
             `https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...` is not allowed: \
             add the origin, which is too long to show, to `origins`",
        ),
    ] {
        let policy = settings.build().unwrap();
        let request = CorsRequest::new("OPTIONS", &lines);
        let explanation = CorsService::new().evaluate_policy(&request, &policy).explain();
        assert_eq!(format!("{explanation:#}"), expected);
    }
}

#[test]
fn a_long_list_is_not_shown() {
    let origins = |count: usize| (1..=count).map(|number| format!("https://{number}.example"));
    for (count, shown) in [(31, true), (32, false), (1000, false)] {
        let settings = CorsPolicy::builder().with_origins(origins(count));
        let explanation = explained(&settings, "GET", &[EVIL]);
        assert_eq!(explanation.steps()[0].correction().lines().len(), usize::from(shown));
    }
}

#[test]
fn nothing_of_a_request_breaks_out_of_its_line() {
    let lines = [("origin", "https://a.example\r\n\u{1b}[31m"), asks("PUT\n")];
    let explanation = explained(&settings(), "OPTIONS", &lines).for_url("https://b.example/\r\nx");
    let text = format!("{explanation:#}");
    assert!(!text.contains(char::is_control), "{text}");
}

#[cfg(feature = "browser")]
#[test]
fn every_failure_has_a_correction() {
    let (name, all) = variants!(Failure:
            InvalidUrl UrlIncludesCredentials InvalidMethod ForbiddenMethod
            MethodUnavailableInNoCors InvalidHeader BodyNotAllowed StreamUnavailableInNoCors
            CrossOriginInSameOriginMode RedirectModeInNoCors SchemeNotHttp AllowOriginMissing AllowOriginWildcard
            AllowOriginMismatch AllowCredentialsNotTrue PreflightRedirect PreflightStatus
            AllowMethodsUnparseable AllowHeadersUnparseable MethodNotAllowed AuthorizationNotListed
            HeaderNotAllowed RedirectModeError InvalidLocation LocationSchemeNotHttp
            LocationIncludesCredentials TooManyRedirects StreamCannotBeReplayed);
    let mismatch = |value: &str, lines| Failure::AllowOriginMismatch {
        value: value.into(),
        lines,
        origin: "https://app.example.com".into(),
    };
    let unparseable = ("GET;PUT".into(), "GET;PUT".into());
    let (value, element) = unparseable;
    let mut text = String::new();
    let mut seen = Vec::new();
    for failure in [
        Failure::InvalidUrl("https://".into()),
        Failure::UrlIncludesCredentials("https://user@api.example.com/".into()),
        Failure::InvalidMethod("P T".into()),
        Failure::ForbiddenMethod("TRACE".into()),
        Failure::MethodUnavailableInNoCors("PUT".into()),
        Failure::InvalidHeader("x a".into()),
        Failure::BodyNotAllowed("GET".into()),
        Failure::StreamUnavailableInNoCors,
        Failure::CrossOriginInSameOriginMode,
        Failure::RedirectModeInNoCors,
        Failure::SchemeNotHttp("ftp".into()),
        Failure::AllowOriginMissing,
        Failure::AllowOriginWildcard,
        mismatch("https://app.example.com, https://app.example.com", 2),
        mismatch("https://app.example.com, https://b.example", 1),
        mismatch("", 1),
        mismatch("https://app.example.com/", 1),
        mismatch("https://b.example", 1),
        Failure::AllowCredentialsNotTrue(vec![]),
        Failure::AllowCredentialsNotTrue("True".into()),
        Failure::PreflightRedirect(307),
        Failure::PreflightStatus(401),
        Failure::PreflightStatus(404),
        Failure::PreflightStatus(500),
        Failure::AllowMethodsUnparseable { value, element },
        Failure::AllowHeadersUnparseable { value: "\"x\"".into(), element: "\"x\"".into() },
        Failure::MethodNotAllowed("PUT".into()),
        Failure::MethodNotAllowed("patch".into()),
        Failure::AuthorizationNotListed { wildcard: true },
        Failure::HeaderNotAllowed("x-a".into()),
        Failure::RedirectModeError,
        Failure::InvalidLocation("a b".into()),
        Failure::LocationSchemeNotHttp("data:,".into()),
        Failure::LocationIncludesCredentials("https://user@b.example/".into()),
        Failure::TooManyRedirects,
        Failure::StreamCannotBeReplayed(307),
    ] {
        seen.push(name(&failure));
        let correction = blocked::advice(&failure);
        text.push_str(&format!("# {}\n{failure}\n   {correction}\n\n", name(&failure)));
    }
    assert_same(&text, include_str!("tests/failures.txt"));
    let unseen: Vec<_> = all.iter().filter(|name| !seen.contains(name)).collect();
    assert!(unseen.is_empty(), "without a row: {unseen:?}");
}

fn assert_same(found: &str, expected: &str) {
    let is_browsers = |line: &&str| {
        ["Chromium", "Firefox", "WebKit"].iter().any(|engine| line.starts_with(engine))
    };
    let expected = expected.lines().filter(|line| cfg!(feature = "browser") || !is_browsers(line));
    for (found, expected) in found.lines().zip(expected.clone()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.count());
}
