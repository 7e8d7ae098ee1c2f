//! The text of every error and warning that settings can have.

mod origins;

use std::time::Duration;

use crate::origin::{DangerousOptIn, OriginEntry, OriginRegex};
use crate::policy::{CorsPolicy, CorsPolicyBuilder};

const APP: &str = "https://app.example.com";

fn app() -> CorsPolicyBuilder {
    CorsPolicy::builder().with_origins([APP])
}

fn credentialed<I>(origins: I) -> CorsPolicyBuilder
where
    I: IntoIterator<Item: Into<OriginEntry>>,
{
    CorsPolicy::builder().with_origins(origins).allow_credentials()
}

fn errors(settings: CorsPolicyBuilder) -> Vec<String> {
    match settings.build() {
        Ok(policy) => panic!("{policy:?} is valid"),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

fn warnings(settings: CorsPolicyBuilder) -> Vec<String> {
    settings.build().unwrap().warnings().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_quoted_stays_on_one_line() {
    assert_eq!(
        errors(app().with_headers(["x-a\r\nx: \u{1b}"])),
        ["headers[0] `x-a\\r\\nx: \\u{1b}`: a header name is one token, such as `content-type`"]
    );
}

#[test]
fn methods_that_no_browser_sends_are_refused() {
    assert_eq!(
        errors(app().with_methods(["PUT", "Track", "P T", "", "put", "*"])),
        [
            "methods[1] `Track`: browsers never send CONNECT, TRACE or TRACK",
            "methods[2] `P T`: each entry of a list is a string of its own; write `P`, `T`",
            "methods[3] ``: a method is one token, such as `PUT`",
            "methods[4] `put`: browsers send this method in upper case, and methods are \
             case-sensitive; write `PUT`",
            "methods[5] `*`: `*` means any only where it stands alone; write `methods = \"*\"`",
        ]
    );
}

#[test]
fn headers_that_mean_nothing_are_refused() {
    assert_eq!(
        errors(app().with_headers([
            "x-a:",
            "Cookie",
            "Sec-Fetch-Mode",
            "Access-Control-Max-Age",
            "*"
        ])),
        [
            "headers[0] `x-a:`: a header name is one token, such as `content-type`",
            "headers[1] `Cookie`: scripts cannot set this request header, so no preflight asks for it",
            "headers[2] `Sec-Fetch-Mode`: scripts cannot set this request header, so no preflight asks for it",
            "headers[3] `Access-Control-Max-Age`: this is a field of CORS responses, not a request header",
            "headers[4] `*`: `*` means any only where it stands alone",
        ]
    );
    assert_eq!(
        errors(app().with_headers(["x-*"])),
        [
            "headers[0] `x-*`: there are no patterns for header names: list each name, or allow any (`*` alone)"
        ]
    );
    assert_eq!(
        errors(app().with_headers(["*", "Authorization"])),
        ["headers[0] `*`: `*` means any only where it stands alone; write `headers = \"*\"`"]
    );
    assert_eq!(
        errors(app().with_exposed_headers([
            "x a",
            "Set-Cookie",
            "origin",
            "access-control-request-anything",
            "access-control-allow-private-network",
        ])),
        [
            "exposed_headers[0] `x a`: each entry of a list is a string of its own; write `x`, `a`",
            "exposed_headers[1] `Set-Cookie`: scripts can never read this response header",
            "exposed_headers[2] `origin`: this is a field of requests, not of responses",
            "exposed_headers[3] `access-control-request-anything`: this is a field of requests, not of responses",
            "exposed_headers[4] `access-control-allow-private-network`: only responses to preflights \
             carry this field, and scripts never see those",
        ]
    );
    assert_eq!(
        errors(app().expose_any_header().allow_credentials()),
        [
            "exposed_headers `*`: with credentials browsers read `*` as a header of that name; list the headers"
        ]
    );
}

#[test]
fn fields_of_cors_stand_where_they_belong() {
    const OF_PREFLIGHTS: [&str; 4] = [
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Max-Age",
        "Access-Control-Allow-Private-Network",
    ];
    const OF_EVERY_RESPONSE: [&str; 3] = [
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "Access-Control-Expose-Headers",
    ];
    const OF_REQUESTS: [&str; 4] = [
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Private-Network",
    ];
    let refused = |settings, name: &str, reason: &str| {
        let found = errors(settings);
        assert!(found.len() == 1 && found[0].contains(reason), "{name}: {found:?}");
    };
    for name in OF_PREFLIGHTS.into_iter().chain(OF_EVERY_RESPONSE) {
        refused(app().with_headers([name]), name, "a field of CORS responses");
    }
    for name in OF_PREFLIGHTS {
        refused(app().with_exposed_headers([name]), name, "only responses to preflights");
    }
    for name in OF_EVERY_RESPONSE {
        assert_eq!(warnings(app().with_exposed_headers([name])), [""; 0], "{name}");
    }
    for name in OF_REQUESTS {
        refused(app().with_exposed_headers([name]), name, "a field of requests");
    }
}

#[test]
fn max_age_is_whole_seconds_up_to_a_day() {
    let max_age = |max_age| app().preflight_max_age(max_age);
    assert_eq!(
        errors(max_age(Duration::from_secs(86_401))),
        ["max_age `86401`: no browser caches a preflight for more than a day (86400 seconds)"]
    );
    assert_eq!(
        errors(max_age(Duration::from_millis(1500))),
        ["max_age `1.5`: the field counts whole seconds"]
    );
    assert_eq!(
        warnings(max_age(Duration::from_secs(86_400))),
        ["max_age `86400`: Chromium caches a preflight for at most 7200 seconds"]
    );
    assert_eq!(warnings(max_age(Duration::from_secs(7_200))), [""; 0]);
    assert_eq!(warnings(max_age(Duration::ZERO)), [""; 0]);
}

#[test]
fn what_is_doubtful_is_a_warning() {
    let opted_in = OriginEntry::new("https://a.example")
        .dangerously_allow(DangerousOptIn::Insecure)
        .dangerously_allow(DangerousOptIn::PublicSuffix);
    for (settings, expected) in [
        (
            app().with_origins(["http://kiosk.example"]),
            vec![
                "origins[1] `http://kiosk.example`: anyone on the way can change the pages of an insecure origin",
            ],
        ),
        (
            app().with_origins(["https://*.co.uk"]),
            vec!["origins[1] `https://*.co.uk`: anyone can register a name that `*.co.uk` matches"],
        ),
        (
            app().with_origins(["http://localhost:*"]),
            vec![
                "origins[1] `http://localhost:*`: loopback origins beside public ones let any program \
                 on a visitor's machine read; keep them out of production policies",
            ],
        ),
        (
            credentialed([
                "https://*.example.com",
                "https://*.a.example.com:*",
                APP,
                APP,
                "https://*.b.example.com",
            ]),
            vec![
                "origins[2] `https://app.example.com`: `https://*.example.com` covers this entry already",
                "origins[3] `https://app.example.com`: `https://app.example.com` covers this entry already",
                "origins[4] `https://*.b.example.com`: `https://*.example.com` covers this entry already",
            ],
        ),
        (
            CorsPolicy::builder().with_origins(["https://a.localhost:*", "https://a.localhost:1"]),
            vec![
                "origins[1] `https://a.localhost:1`: `https://a.localhost:*` covers this entry already",
            ],
        ),
        (
            credentialed([opted_in.clone()]),
            vec![
                "origins[0] `https://a.example`: dangerously allowing `insecure` changes nothing here; drop it",
                "origins[0] `https://a.example`: dangerously allowing `public_suffix` changes nothing here; drop it",
            ],
        ),
        (
            CorsPolicy::builder()
                .with_origins([OriginEntry::new("*").dangerously_allow(DangerousOptIn::Insecure)]),
            vec!["origins `*`: dangerously allowing `insecure` changes nothing here; drop it"],
        ),
        (
            CorsPolicy::builder().with_origin_regex("https://a.example"),
            vec![
                "origin_regexes[0] `https://a.example`: an unescaped dot matches any character; write `\\.` for a dot",
            ],
        ),
        (
            CorsPolicy::builder().with_origin_regex(
                OriginRegex::new(r"https://a\.example").dangerously_allow(DangerousOptIn::Insecure),
            ),
            vec![
                r"origin_regexes[0] `https://a\.example`: dangerously allowing `insecure` changes nothing here; drop it",
            ],
        ),
        (
            app().allow_null_origin(),
            vec![
                "allow_null_origin: every site can send the origin `null`, from a sandboxed frame",
            ],
        ),
        (
            app().allow_credentials().dangerously_allow_null_origin_with_credentials(),
            vec![
                "allow_null_origin: every site can send the origin `null`, from a sandboxed frame",
            ],
        ),
        (
            app().dangerously_allow_null_origin_with_credentials(),
            vec![
                "allow_null_origin: every site can send the origin `null`, from a sandboxed frame",
                "allow_null_origin: without credentials, `allow_null_origin` without a danger does the same",
            ],
        ),
        (
            app()
                .with_origin_predicate(|_| false)
                .dangerously_with_insecure_origin_predicate(|_| false),
            vec![
                "origin_predicates[1]: without credentials, `with_origin_predicate` does the same",
            ],
        ),
        (app().dangerously_with_insecure_origin_predicate(|_| false).allow_credentials(), vec![]),
        (
            app().with_methods(["patch", "PUT", "PUT"]),
            vec![
                "methods[0] `patch`: a page that writes `PATCH` is refused: browsers do not change the case of this method",
                "methods[2] `PUT`: `PUT` covers this entry already",
            ],
        ),
        (
            app().allow_any_header().allow_credentials(),
            vec![
                "headers `*`: any request header is allowed with credentials; listing those that are used is safer",
            ],
        ),
        (
            app().with_headers(["x-a", "X-A"]),
            vec!["headers[1] `X-A`: `x-a` covers this entry already"],
        ),
        (
            app().with_exposed_headers(["Content-Type"]),
            vec!["exposed_headers[0] `Content-Type`: scripts can always read this response header"],
        ),
    ] {
        assert_eq!(warnings(settings), expected);
    }
}

#[test]
fn loopback_beside_public_is_doubtful_in_regexes_too() {
    const LOOPBACK: &str = "loopback origins beside public ones let any program on a visitor's machine \
                            read; keep them out of production policies";
    let settings = |origins: &[&str], regexes: &[&str]| {
        let settings = CorsPolicy::builder().with_origins(origins);
        regexes.iter().fold(settings, |settings, regex| settings.with_origin_regex(*regex))
    };
    let (local, public) = (r"http://localhost:[0-9]+", r"https://pr-[0-9]+\.example\.com");
    for (origins, regexes, expected) in [
        (vec![APP], vec![local], vec!["origin_regexes[0] `http://localhost:[0-9]+`"]),
        (vec![], vec![public, local], vec!["origin_regexes[1] `http://localhost:[0-9]+`"]),
        (vec!["https://localhost"], vec![public], vec!["origins[0] `https://localhost`"]),
        (
            vec!["https://localhost"],
            vec![r"https?://(localhost|app\.example\.com)(:[0-9]+)?"],
            vec![
                "origins[0] `https://localhost`",
                r"origin_regexes[0] `https?://(localhost|app\.example\.com)(:[0-9]+)?`",
            ],
        ),
        (
            vec![APP],
            vec![r"https://[a-z]+\.localhost"],
            vec![r"origin_regexes[0] `https://[a-z]+\.localhost`"],
        ),
        (
            vec![APP],
            vec![r"https://127\.0\.0\.\d+"],
            vec![r"origin_regexes[0] `https://127\.0\.0\.\d+`"],
        ),
        (
            vec![APP],
            vec![r"https://\[::1\](:\d+)?"],
            vec![r"origin_regexes[0] `https://\[::1\](:\d+)?`"],
        ),
        // For development only.
        (
            vec!["http://localhost:*"],
            vec![r"https?://(\[::1\]|127\.0\.0\.1|0\.0\.0\.0|localhost)(:\d+)?"],
            vec![],
        ),
        (
            vec!["http://localhost:*"],
            vec![r"http://127\.0\.0\.[^/]*", r"http://10\.0\.\d+\.\d+"],
            vec![],
        ),
        (vec![], vec![r"https?://([^/]*\.)?localhost[^/]*"], vec![]),
        // Whoever means everything does not mean loopback.
        (vec![APP, "http://app.example.com"], vec![r"https?://[^/]+"], vec![]),
        (vec!["http://localhost:*"], vec![r"https?://[a-z0-9.-]+(:\d+)?"], vec![]),
        // Assertions make it match no such text.
        (vec![APP], vec![r"http://local\bhost|https://a\.example"], vec![]),
    ] {
        let found: Vec<String> = warnings(settings(&origins, &regexes))
            .into_iter()
            .filter(|warning| warning.contains("loopback"))
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|place| format!("{place}: {LOOPBACK}")).collect();
        assert_eq!(found, expected, "{origins:?} {regexes:?}");
    }
    let both = settings(&[APP], &[local]).allow_credentials();
    assert_eq!(warnings(both).len(), 1);
}

#[test]
fn all_errors_come_at_once_with_the_policys_name() {
    let settings = credentialed(["https://a.example/", "http://b.example"])
        .with_methods(["TRACE"])
        .with_headers(["cookie"])
        .with_exposed_headers(["set-cookie"])
        .preflight_max_age(Duration::from_secs(100_000))
        .named("storefront");
    let found = errors(settings);
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|error| error.starts_with("policy `storefront`: ")), "{found:?}");
}

#[test]
fn any_beside_others_hides_no_other_error() {
    let any = "any origin (`*`) makes every other origin pointless; keep one or the other";
    assert_eq!(
        errors(credentialed(["*", "https://b.example/", "*", "a b"]).allow_private_network()),
        [
            format!("origins[0] `*`: {any}"),
            "origins[0] `*`: any origin with credentials would open every user's data to every site; \
             list the origins"
                .to_owned(),
            "origins[0] `*`: any origin with private network access would open the network behind the \
             server to every site; list the origins"
                .to_owned(),
            "origins[1] `https://b.example/`: an origin has no path; write `https://b.example`"
                .to_owned(),
            format!("origins[2] `*`: {any}"),
            "origins[3] `a b`: an origin has no spaces or control characters".to_owned(),
        ]
    );
    assert_eq!(
        errors(
            credentialed(["*"])
                .with_origin_regex("https://(a")
                .allow_null_origin()
                .with_methods(["*", "put", "TRACE"])
                .with_headers(["*", "x a:", "cookie"])
                .with_exposed_headers(["*", "x a:", "set-cookie"])
        ),
        [
            format!("origins[0] `*`: {any}").as_str(),
            "origins[0] `*`: any origin with credentials would open every user's data to every site; \
             list the origins",
            "origin_regexes[0] `https://(a`: the regex does not parse: unclosed group",
            "allow_null_origin: every site can send the origin `null`, and would get your users' \
             credentials; drop one of the two, or dangerously allow both \
             (`.dangerously_allow_null_origin_with_credentials()`, in a policy file `allow_null_origin = \
             \"dangerously-with-credentials\"`)",
            "methods[0] `*`: `*` means any only where it stands alone; write `methods = \"*\"`",
            "methods[1] `put`: browsers send this method in upper case, and methods are \
             case-sensitive; write `PUT`",
            "methods[2] `TRACE`: browsers never send CONNECT, TRACE or TRACK",
            "headers[0] `*`: `*` means any only where it stands alone",
            "headers[1] `x a:`: a header name is one token, such as `content-type`",
            "headers[2] `cookie`: scripts cannot set this request header, so no preflight asks for it",
            "exposed_headers[0] `*`: `*` means any only where it stands alone",
            "exposed_headers[0] `*`: with credentials browsers read `*` as a header of that name; \
             list the headers",
            "exposed_headers[1] `x a:`: a header name is one token, such as `content-type`",
            "exposed_headers[2] `set-cookie`: scripts can never read this response header",
        ]
    );
}
