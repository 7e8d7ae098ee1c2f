//! The text of every error and warning that settings can have.

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
fn origins_that_could_never_match_are_refused_with_a_correction() {
    for (origin, message) in [
        ("", "an origin is not empty"),
        ("https://app.example.com/", "an origin has no path; write `https://app.example.com`"),
        ("https://app.example.com?q", "an origin has no query; write `https://app.example.com`"),
        ("https://app.example.com#f", "an origin has no fragment; write `https://app.example.com`"),
        (
            "HTTPS://App.example.com",
            "browsers send origins in lower case; write `https://app.example.com`",
        ),
        (
            "https://app.example.com:443",
            "browsers leave out the scheme's default port; write `https://app.example.com`",
        ),
        (
            "https://app.example.com:08443",
            "a port is a number from 1 to 65535 without leading zeros; write `https://app.example.com:8443`",
        ),
        ("https://user@app.example.com", "an origin has no user name or password"),
        ("https://bücher.example", "browsers send internationalised hosts in Punycode (`xn--...`)"),
        (
            "app.example.com",
            "an origin starts with a scheme, such as `https://`; write `https://app.example.com`",
        ),
        (
            "https://a,https://b",
            "each entry of a list is a string of its own; write `https://a`, `https://b`",
        ),
        (
            "https://a https://b",
            "each entry of a list is a string of its own; write `https://a`, `https://b`",
        ),
        ("http://localhost:*/", "an origin has no path; write `http://localhost:*`"),
        (
            "1http://app.example.com",
            "a scheme is a lower-case letter and up to 63 lower-case letters, digits, `+`, `-` or `.`",
        ),
        ("file://", "pages of the scheme `file` have the origin `null`"),
        (
            " https://app.example.com",
            "an origin has no spaces or control characters; write `https://app.example.com`",
        ),
        ("https://", "an origin has a host"),
        ("https://a,b", "a host has no `,`"),
        ("https://a..b", "a domain has no empty label"),
        (
            "https://127.1",
            "a host that ends in a number is an IPv4 address, which browsers send as a dotted quad",
        ),
        (
            "https://[0:0:0:0:0:0:0:1]",
            "browsers send IPv6 addresses in their shortest lower-case form, such as `[::1]`; write `https://[::1]`",
        ),
        (
            "https://*app.example.com",
            "a `*` stands only as the first label (`https://*.example.com`) or as the port \
             (`http://localhost:*`); for anything else use a regex or a predicate",
        ),
        (
            "tauri://localhost:*",
            "wildcards are for `http`, `https`, `ws` and `wss` only: list the exact origin",
        ),
        ("https://*.127.0.0.1", "an IP address has no subdomains"),
        (
            "null",
            "`null` is no origin to list; use allow_null_origin if every sandboxed page of any site may read",
        ),
    ] {
        let settings = CorsPolicy::builder().with_origins([APP, origin]);
        assert_eq!(errors(settings), [format!("origins[1] `{origin}`: {message}")]);
    }
    let long = format!("https://{}.example", "a".repeat(500));
    assert!(
        errors(CorsPolicy::builder().with_origins([&long]))[0]
            .ends_with("`: an origin has at most 512 bytes")
    );
    let long = format!("https://{}.example", "a".repeat(250));
    assert!(
        errors(CorsPolicy::builder().with_origins([&long]))[0]
            .ends_with("`: a domain has at most 253 bytes")
    );
}

#[test]
fn origins_that_contradict_each_other_are_refused() {
    for (settings, expected) in [
        (CorsPolicy::builder(), "origins: no origin is allowed; list some, or allow any"),
        (
            app().allow_any_origin(),
            "origins[1] `*`: any origin (`*`) makes every other origin pointless; keep one or the other",
        ),
        (
            CorsPolicy::builder().allow_any_origin().allow_null_origin(),
            "origins[0] `*`: any origin (`*`) makes every other origin pointless; keep one or the other",
        ),
        (
            credentialed(["*"]),
            "origins `*`: any origin with credentials would open every user's data to every site; \
             list the origins",
        ),
        (
            CorsPolicy::builder().allow_any_origin().allow_private_network(),
            "origins `*`: any origin with private network access would open the network behind the \
             server to every site; list the origins",
        ),
        (
            app().allow_credentials().allow_null_origin(),
            "allow_null_origin: every site can send the origin `null`, and would get your users' \
             credentials; drop one of the two, or use allow_null_origin = \
             \"dangerously-with-credentials\"",
        ),
    ] {
        let found = errors(settings);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{found:?}");
    }
}

#[test]
fn credentials_need_an_opt_in_for_each_dangerous_entry() {
    let insecure = "with credentials an insecure origin lets anyone on the way act for your users; \
                    use https, or dangerously allow `insecure`";
    for origin in [
        "http://kiosk.example",
        "ws://kiosk.example",
        "http://192.168.1.7",
        "http://*.kiosk.example:*",
    ] {
        let expected = format!("origins[0] `{origin}`: {insecure}");
        assert_eq!(errors(credentialed([origin])), [expected]);
        let opted_in = OriginEntry::new(origin).dangerously_allow(DangerousOptIn::Insecure);
        assert_eq!(warnings(credentialed([opted_in])), [""; 0]);
    }
    for origin in [
        "http://localhost:*",
        "http://*.localhost",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "capacitor://app",
    ] {
        assert_eq!(warnings(credentialed([origin])), [""; 0], "{origin}");
    }
    for (origin, base) in [
        ("https://*.github.io", "github.io"),
        ("https://*.amazonaws.com", "amazonaws.com"),
        ("https://*.local", "local"),
    ] {
        let expected = format!(
            "origins[0] `{origin}`: anyone can register a name that `*.{base}` matches, and would \
             get your users' credentials; name the domain, or dangerously allow `public_suffix`"
        );
        assert_eq!(errors(credentialed([origin])), [expected]);
        let opted_in = OriginEntry::new(origin).dangerously_allow(DangerousOptIn::PublicSuffix);
        assert_eq!(warnings(credentialed([opted_in])), [""; 0]);
    }
    assert_eq!(
        warnings(credentialed(["https://*.localhost", "https://*.localhost:8443"])),
        [""; 0]
    );
}

#[test]
fn what_is_quoted_stays_on_one_line() {
    assert_eq!(
        errors(app().with_headers(["x-a\r\nx: \u{1b}"])),
        ["headers[0] `x-a\\r\\nx: \\u{1b}`: a header name is one token, such as `content-type`"]
    );
}

#[test]
fn regexes_are_refused_by_index() {
    let regexes = |sources: &[&str]| {
        sources
            .iter()
            .fold(CorsPolicy::builder(), |settings, source| settings.with_origin_regex(*source))
    };
    assert_eq!(
        errors(regexes(&[r"https://a\.example", "https://(a", r"example\.com"])),
        [
            "origin_regexes[1] `https://(a`: the regex does not parse: unclosed group",
            r"origin_regexes[2] `example\.com`: the regex matches no origin: it has to match all of it, from `https://` to the port, with no slash after that and in at most 512 bytes",
        ]
    );
    assert_eq!(
        errors(
            regexes(&["https://api.example.com", r"https://[a-z-]*-team\.vercel\.app"])
                .allow_credentials()
        ),
        [
            "origin_regexes[0] `https://api.example.com`: with credentials the regex must not match \
             foreign origins, and it matches `https://apixexample.com`; escape dots (`\\.`) and \
             spell out the end of the host",
            "origin_regexes[1] `https://[a-z-]*-team\\.vercel\\.app`: with credentials the regex \
             matches `https://evil-team.vercel.app`, which anyone can register; spell out \
             your domain with a `\\.` before it, or dangerously allow `public_suffix`",
        ]
    );
    let many = (0..2000).map(|index| format!("https://a{index}")).collect::<Vec<_>>().join("|");
    assert!(errors(regexes(&[&many]).allow_credentials())[0].ends_with(
        "`: with credentials all that the regex matches is looked at, and it has too many \
         alternatives or is too intricate for that; list the origins, or split the regex"
    ));
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
                "allow_null_origin: dangerously allowing `dangerously-with-credentials` changes nothing here; drop it",
            ],
        ),
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
fn a_repeated_entry_keeps_what_either_dangerously_allows() {
    let policy = credentialed([
        OriginEntry::new("http://kiosk.example").dangerously_allow(DangerousOptIn::Insecure),
        OriginEntry::new("http://kiosk.example").dangerously_allow(DangerousOptIn::Insecure),
    ])
    .build()
    .unwrap();
    assert_eq!(policy.origins().count(), 1);
    assert_eq!(policy.to_builder().build().unwrap(), policy);
}
