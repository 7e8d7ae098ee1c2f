use super::*;
use crate::result::CorsOutcome;

const ORIGIN: (&str, &str) = ("origin", "https://a.example");
const EVIL: (&str, &str) = ("origin", "https://evil.example");

fn asks(method: &str) -> (&str, &str) {
    ("access-control-request-method", method)
}

fn asks_headers(names: &str) -> (&str, &str) {
    ("access-control-request-headers", names)
}

fn listed() -> CorsPolicy {
    CorsPolicy::builder()
        .with_origins(["https://a.example", "https://*.b.localhost"])
        .with_methods(["PUT", "DELETE"])
        .with_headers(["content-type", "x-id"])
        .with_exposed_headers(["x-total"])
        .allow_credentials()
        .preflight_max_age(std::time::Duration::from_secs(60))
        .timing_allow_origin()
        .build()
        .unwrap()
}

/// Any method and any header in place of the lists.
fn mirroring() -> CorsPolicy {
    let mut settings = listed().to_builder();
    settings.methods = vec!["*".to_owned()];
    settings.headers = vec!["*".to_owned()];
    settings.build().unwrap()
}

fn evaluate(policy: &CorsPolicy, method: &str, lines: &[(&str, &str)]) -> CorsResult {
    CorsService::new().evaluate_policy(&CorsRequest::new(method, &lines), policy)
}

fn fields(result: &CorsResult) -> Vec<String> {
    result
        .fields()
        .map(|(name, value)| {
            let name = name.as_str().trim_start_matches("access-control-");
            format!("{name}: {}", value.escape_ascii())
        })
        .collect()
}

fn reasons(result: &CorsResult) -> Vec<String> {
    result.reasons().map(ToString::to_string).collect()
}

#[test]
fn every_outcome_sends_the_fields_of_its_row() {
    const ALLOWED: [&str; 2] = ["allow-origin: https://a.example", "allow-credentials: true"];
    const EXPOSED: [&str; 2] =
        ["expose-headers: x-total", "timing-allow-origin: https://a.example"];
    const LISTS: [&str; 2] = ["allow-methods: PUT, DELETE", "allow-headers: content-type, x-id"];
    let listed = listed();
    for (method, lines, expected) in [
        ("GET", vec![], vec![]),
        ("GET", vec![ORIGIN], [ALLOWED, EXPOSED].concat()),
        ("OPTIONS", vec![ORIGIN], [ALLOWED, EXPOSED].concat()),
        ("GET", vec![EVIL], vec![]),
        (
            "OPTIONS",
            vec![ORIGIN, asks("PUT"), asks_headers("content-type")],
            [&ALLOWED[..], &LISTS, &["max-age: 60"]].concat(),
        ),
        ("OPTIONS", vec![ORIGIN, asks("PATCH")], [ALLOWED, LISTS].concat()),
        ("OPTIONS", vec![ORIGIN, asks("PUT"), asks_headers("x-other")], [ALLOWED, LISTS].concat()),
        ("OPTIONS", vec![EVIL, asks("PUT")], vec![]),
        ("OPTIONS", vec![ORIGIN, asks("PUT, GET")], vec![]),
    ] {
        assert_eq!(fields(&evaluate(&listed, method, &lines)), expected, "{method} {lines:?}");
    }
    let any = CorsPolicy::permissive();
    let star = ["allow-origin: *", "expose-headers: *"];
    assert_eq!(fields(&evaluate(&any, "GET", &[])), star);
    assert_eq!(fields(&evaluate(&any, "GET", &[("origin", "\u{7f} anything")])), star);
    assert_eq!(fields(&evaluate(&any, "GET", &[ORIGIN, EVIL])), star);
    assert_eq!(
        fields(&evaluate(
            &any,
            "OPTIONS",
            &[ORIGIN, asks("PUT"), asks_headers("authorization,x-a")]
        )),
        ["allow-origin: *", "allow-methods: *", "allow-headers: *, authorization"]
    );
    assert_eq!(fields(&evaluate(&any, "OPTIONS", &[ORIGIN, EVIL, asks("PUT")])), [""; 0]);
}

#[test]
fn what_is_mirrored_is_sent_for_the_steps_that_passed() {
    const ALLOWED: [&str; 2] = ["allow-origin: https://a.example", "allow-credentials: true"];
    let mirroring = mirroring();
    let lines = [ORIGIN, asks("PURGE"), asks_headers("X-A, x-b"), asks_headers(",x-a")];
    assert_eq!(
        fields(&evaluate(&mirroring, "OPTIONS", &lines)),
        [&ALLOWED[..], &["allow-methods: PURGE", "allow-headers: x-a,x-b", "max-age: 60"]].concat()
    );
    let lines = [ORIGIN, asks("GET")];
    assert_eq!(
        fields(&evaluate(&mirroring, "OPTIONS", &lines)),
        [&ALLOWED[..], &["allow-methods: GET", "max-age: 60"]].concat()
    );
    let private = ("access-control-request-private-network", "true");
    let lines = [ORIGIN, asks("PURGE"), asks_headers("x-a"), private];
    let safelisted = ["allow-methods: GET, HEAD, POST"];
    let expected = [&ALLOWED[..], &safelisted].concat();
    assert_eq!(fields(&evaluate(&mirroring, "OPTIONS", &lines)), expected);
    let lines = [ORIGIN, asks("PURGE"), asks_headers("*")];
    assert_eq!(
        fields(&evaluate(&mirroring, "OPTIONS", &lines)),
        [&ALLOWED[..], &["allow-methods: PURGE"]].concat()
    );
    let lines = [ORIGIN, asks("*"), asks_headers("x-a")];
    assert_eq!(
        fields(&evaluate(&mirroring, "OPTIONS", &lines)),
        [&ALLOWED[..], &safelisted, &["allow-headers: x-a"]].concat()
    );
}

#[test]
fn a_policy_without_methods_says_which_are_always_allowed() {
    let policy = CorsPolicy::builder().with_origins(["https://a.example"]).build().unwrap();
    for method in ["GET", "PUT"] {
        assert_eq!(
            fields(&evaluate(&policy, "OPTIONS", &[ORIGIN, asks(method)])),
            ["allow-origin: https://a.example", "allow-methods: GET, HEAD, POST"],
            "{method}"
        );
    }
}

#[test]
fn vary_depends_on_the_policy_and_not_on_the_verdict() {
    const ALL: [&str; 3] =
        ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];
    let requests = [
        ("GET", vec![]),
        ("GET", vec![ORIGIN]),
        ("GET", vec![EVIL]),
        ("OPTIONS", vec![ORIGIN]),
        ("OPTIONS", vec![ORIGIN, asks("PUT")]),
        ("OPTIONS", vec![EVIL, asks("PUT")]),
        ("OPTIONS", vec![ORIGIN, asks("")]),
    ];
    for (method, lines) in requests {
        let preflight = lines.len() > 1;
        let vary = |policy: &CorsPolicy| evaluate(policy, method, &lines).vary();
        assert_eq!(vary(&CorsPolicy::permissive()), [""; 0], "{lines:?}");
        assert_eq!(vary(&listed()), ["Origin"], "{lines:?}");
        assert_eq!(vary(&mirroring()), if preflight { &ALL[..] } else { &ALL[..1] }, "{lines:?}");
    }
}

#[test]
fn every_reason_is_reported_with_what_failed() {
    let long = format!("https://{}.example", "a".repeat(600));
    let long_method = "M".repeat(257);
    let many = "x-id,".repeat(20);
    let insecure =
        CorsPolicy::builder().with_origin_predicate(|_| true).allow_credentials().build().unwrap();
    let private = ("access-control-request-private-network", "true");
    for (policy, method, lines, expected) in [
        (listed(), "GET", vec![EVIL], vec!["the origin `https://evil.example` is not allowed"]),
        (listed(), "GET", vec![("origin", "null")], vec!["the origin `null` is not allowed"]),
        (
            insecure,
            "GET",
            vec![("origin", "http://a.example")],
            vec!["the origin `http://a.example` is insecure and not allowed with credentials"],
        ),
        (
            listed(),
            "GET",
            vec![("origin", &*long)],
            vec!["the origin has 616 bytes; no more than 512 are looked at"],
        ),
        (listed(), "GET", vec![ORIGIN, ORIGIN], vec!["the request has several `Origin` lines"]),
        (
            CorsPolicy::permissive(),
            "OPTIONS",
            vec![ORIGIN, ORIGIN, asks("GET")],
            vec!["the request has several `Origin` lines"],
        ),
        (
            listed(),
            "OPTIONS",
            vec![ORIGIN, asks("")],
            vec!["the preflight has an empty `Access-Control-Request-Method`"],
        ),
        (
            listed(),
            "OPTIONS",
            vec![ORIGIN, asks("PUT"), asks("PUT")],
            vec!["the preflight has several `Access-Control-Request-Method` lines"],
        ),
        (
            mirroring(),
            "OPTIONS",
            vec![ORIGIN, asks(&long_method)],
            vec!["the requested method has 257 bytes; no more than 256 are looked at"],
        ),
        (
            mirroring(),
            "OPTIONS",
            vec![ORIGIN, asks("*"), asks_headers("x-a,*")],
            vec!["the method `*` is not allowed", "the request header `*` is not allowed"],
        ),
        (
            listed(),
            "OPTIONS",
            vec![ORIGIN, asks("P T")],
            vec!["the requested method `P T` is not a token"],
        ),
        (
            CorsPolicy::permissive(),
            "OPTIONS",
            vec![ORIGIN, asks("Trace")],
            vec!["the requested method `Trace` is forbidden to browsers"],
        ),
        (
            listed(),
            "OPTIONS",
            vec![ORIGIN, asks("PUT"), asks_headers("x-id;q=1")],
            vec!["the requested headers hold `x-id;q=1`, which is not a token"],
        ),
        (
            listed(),
            "OPTIONS",
            vec![ORIGIN, asks("PUT"), asks_headers(&many)],
            vec!["the preflight asks for more headers than are read"],
        ),
        (
            listed(),
            "OPTIONS",
            vec![EVIL, asks("PATCH"), asks_headers("x-other"), private],
            vec![
                "the origin `https://evil.example` is not allowed",
                "the method `PATCH` is not allowed",
                "the request header `x-other` is not allowed",
                "access to a private network is not allowed",
            ],
        ),
    ] {
        let result = evaluate(&policy, method, &lines);
        assert_eq!(reasons(&result), expected);
        let silent = result.reasons().any(|r| r.is_malformed() || r.is_of_origin());
        assert_eq!(fields(&result).is_empty(), silent, "{lines:?}");
    }
}

#[test]
fn safelisted_methods_need_no_listing_and_others_match_with_case() {
    for (method, allowed) in [
        ("GET", true),
        ("HEAD", true),
        ("POST", true),
        ("PUT", true),
        ("put", false),
        ("get", false),
        ("*", false),
        ("OPTIONS", false),
    ] {
        let result = evaluate(&listed(), "OPTIONS", &[ORIGIN, asks(method)]);
        assert_eq!(result.outcome() == &CorsOutcome::PreflightAllowed, allowed, "{method}");
    }
}

#[test]
fn requested_headers_are_read_in_any_order_and_case_with_bounded_tolerance() {
    let needless = |count| "x-id,".repeat(count) + "x-id";
    let commas = |count| ",".repeat(count) + "x-id";
    let spaces = format!("x-id{},", " ".repeat(1 << 20));
    let long = "x".repeat(1 << 20);
    let never = "not allowed";
    let malformed = "not a token";
    let too_many = "more headers than are read";
    for (value, refused) in [
        ("", ""),
        ("content-type,x-id", ""),
        ("X-Id , CONTENT-TYPE", ""),
        ("\tx-id\t,,content-type,", ""),
        (&needless(16), ""),
        (&needless(17), too_many),
        (&commas(16), ""),
        (&commas(17), too_many),
        ("x-id,x-other", never),
        ("x-i", never),
        ("content-type-x", never),
        ("*", never),
        ("content-type x-id", malformed),
        ("x-other,@", malformed),
        ("x-id,\u{e9}", malformed),
        (&spaces, malformed),
        (&long, never),
    ] {
        let lines = [ORIGIN, asks("PUT"), asks_headers(value)];
        let result = evaluate(&listed(), "OPTIONS", &lines);
        let found = reasons(&result).join("; ");
        assert!(found.contains(refused) && found.is_empty() == refused.is_empty(), "{found}");
    }
    let empty_lines = |count| {
        let mut lines = vec![ORIGIN, asks("PUT")];
        lines.extend(std::iter::repeat_n(asks_headers(""), count));
        evaluate(&listed(), "OPTIONS", &lines)
    };
    assert_eq!(empty_lines(16).outcome(), &CorsOutcome::PreflightAllowed);
    assert_eq!(reasons(&empty_lines(17)), ["the preflight asks for more headers than are read"]);
}

#[test]
fn where_any_header_is_allowed_256_names_and_16_kib_are_read() {
    let names =
        |count: usize| (0..count).map(|index| format!("x-{index}")).collect::<Vec<_>>().join(",");
    let long = |bytes: usize| format!("x,{}", "y".repeat(bytes - 1));
    for (value, allowed) in [
        (names(256), true),
        (names(257), false),
        (long(16 * 1024), true),
        (long(16 * 1024 + 1), false),
        (",".repeat(15), true),
        (",".repeat(16), false),
        ("a b".to_owned(), false),
    ] {
        for policy in [mirroring(), CorsPolicy::permissive()] {
            let lines = [ORIGIN, asks("PUT"), asks_headers(&value)];
            let result = evaluate(&policy, "OPTIONS", &lines);
            assert_eq!(
                result.outcome() == &CorsOutcome::PreflightAllowed,
                allowed,
                "{}",
                value.len()
            );
        }
    }
}

#[test]
fn private_network_access_is_answered_on_allowed_preflights_that_ask() {
    let policy = listed().to_builder().allow_private_network().build().unwrap();
    let private = ("access-control-request-private-network", "true");
    let answers =
        |lines: &[(&str, &str)]| evaluate(&policy, "OPTIONS", lines).allows_private_network();
    assert!(answers(&[ORIGIN, asks("PUT"), private]));
    assert!(!answers(&[ORIGIN, asks("PUT")]));
    assert!(!answers(&[ORIGIN, asks("PATCH"), private]));
    assert!(!answers(&[EVIL, asks("PUT"), private]));
    assert!(!answers(&[ORIGIN, private]));
}

#[test]
fn pattern_matches_echo_the_request_and_aspnets_accessors_agree_with_the_fields() {
    let origin = format!("https://{}.b.localhost", "a".repeat(80));
    for origin in ["https://x.b.localhost", &origin] {
        let result = evaluate(&listed(), "GET", &[("origin", origin)]);
        assert_eq!(result.allowed_origin(), Some(origin));
        assert!(result.is_origin_allowed() && result.supports_credentials());
        assert!(result.allowed_exposed_headers().eq(["x-total"]));
        assert!(!result.is_preflight_request() && result.preflight_max_age().is_none());
    }
    let result = evaluate(&listed(), "OPTIONS", &[ORIGIN, asks("PUT")]);
    assert!(result.allowed_methods().eq(["PUT", "DELETE"]));
    assert!(result.allowed_headers().eq(["content-type", "x-id"]));
    assert_eq!(result.preflight_max_age(), Some(std::time::Duration::from_secs(60)));
    let refused = evaluate(&listed(), "GET", &[EVIL]);
    assert!(!refused.is_origin_allowed() && !refused.supports_credentials());
    assert!(refused.vary_by_origin() && refused.allowed_origin().is_none());
}

#[test]
fn a_leaked_policy_answers_alike_from_texts_of_its_own() {
    let preflight = |policy: &CorsPolicy| {
        let mut headers = http::HeaderMap::new();
        evaluate(policy, "OPTIONS", &[ORIGIN, asks("PUT")]).apply_to(&mut headers);
        headers
    };
    let counted = listed();
    let answered = listed();
    let before = preflight(&answered);
    let leaked = answered.leak();
    assert_eq!(leaked, counted);
    assert!(crate::CorsOptions::from(leaked.clone()).default_policy().unwrap().is_leaked());
    for (method, lines) in [
        ("GET", vec![]),
        ("GET", vec![ORIGIN]),
        ("GET", vec![("origin", "https://x.b.localhost")]),
        ("GET", vec![EVIL]),
        ("OPTIONS", vec![ORIGIN, asks("PUT"), asks_headers("x-id")]),
        ("OPTIONS", vec![ORIGIN, asks("PATCH")]),
    ] {
        let result = evaluate(&leaked, method, &lines);
        assert_eq!(result, evaluate(&counted, method, &lines), "{method} {lines:?}");
    }
    let after = preflight(&leaked);
    assert_eq!(after, before);
    for name in
        ["access-control-allow-origin", "access-control-allow-methods", "access-control-max-age"]
    {
        let [before, after] = [&before, &after].map(|headers| headers[name].as_bytes().as_ptr());
        assert_ne!(before, after, "{name}");
    }
}
