//! What an evaluation allocates.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use allocation_counter::measure;
use cors_core::{CorsPolicy, CorsRequest, CorsResult, CorsService};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// Under a policy with lists, patterns and a regex.
fn policy() -> CorsPolicy {
    CorsPolicy::builder()
        .with_origins(["https://a.example", "https://b.example", "https://*.c.example:*"])
        .with_origin_regex(r"https://pr-[0-9]+\.d\.example")
        .with_methods(["PUT", "DELETE"])
        .with_headers((0..256).map(|index| format!("x-{index}")))
        .with_exposed_headers(["x-total"])
        .allow_credentials()
        .build()
        .unwrap()
}

/// A header map whose values share a buffer each, as a server's do.
fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_str(value).unwrap();
        let _shared = value.clone();
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
    }
    headers
}

fn evaluate(policy: &CorsPolicy, method: &Method, headers: &HeaderMap) -> CorsResult {
    let request = CorsRequest::from_headers(method, headers);
    CorsService::new().evaluate_policy(&request, policy)
}

#[test]
fn evaluating_lists_allocates_nothing_whatever_the_request() {
    let policy = policy();
    let all_names: Vec<String> = (0..256).map(|index| format!("X-{index}")).collect();
    let all_names = all_names.join(", ");
    let others: Vec<String> = (0..16).map(|index| format!("y-{index}")).collect();
    let others = others.join(",");
    let hostile = ",".repeat(1 << 16);
    let long = "x".repeat(1 << 16);
    let asks = ("access-control-request-method", "PUT");
    for (method, lines) in [
        (Method::GET, vec![]),
        (Method::GET, vec![("origin", "https://b.example")]),
        (Method::GET, vec![("origin", "https://x.y.c.example:8443")]),
        (Method::GET, vec![("origin", "https://pr-7.d.example")]),
        (Method::GET, vec![("origin", "null")]),
        (Method::GET, vec![("origin", &long)]),
        (Method::GET, vec![("origin", "https://evil.example")]),
        (Method::OPTIONS, vec![("origin", "https://a.example")]),
        (Method::OPTIONS, vec![("origin", "https://a.example"), asks]),
        (
            Method::OPTIONS,
            vec![
                ("origin", "https://a.example"),
                asks,
                ("access-control-request-headers", &all_names),
            ],
        ),
        (
            Method::OPTIONS,
            vec![
                ("origin", "https://evil.example"),
                ("access-control-request-method", "PATCH"),
                ("access-control-request-headers", "x-other"),
                ("access-control-request-private-network", "true"),
            ],
        ),
        (
            Method::OPTIONS,
            vec![
                ("origin", "https://a.example"),
                asks,
                ("access-control-request-headers", &others),
            ],
        ),
        (
            Method::OPTIONS,
            vec![
                ("origin", "https://a.example"),
                asks,
                ("access-control-request-headers", &hostile),
            ],
        ),
        (
            Method::OPTIONS,
            vec![("origin", "https://a.example"), asks, ("access-control-request-headers", &long)],
        ),
    ] {
        let headers = headers(&lines);
        // The first match of a regex fills a cache that later ones share.
        let first = evaluate(&policy, &method, &headers);
        let mut again = None;
        let info = measure(|| again = Some(evaluate(&policy, &method, &headers)));
        assert_eq!(info.count_total, 0, "{method} {headers:?}");
        assert_eq!(again, Some(first));
    }
}

#[test]
fn any_method_and_header_allocate_nothing_for_what_browsers_ask() {
    let lines = [
        ("origin", "http://localhost:3000"),
        ("access-control-request-method", "PURGE"),
        ("access-control-request-headers", "authorization,content-type,x-a"),
    ];
    let headers = headers(&lines);
    for policy in [CorsPolicy::local_development(), CorsPolicy::permissive()] {
        let mut result = None;
        let info = measure(|| result = Some(evaluate(&policy, &Method::OPTIONS, &headers)));
        assert_eq!(info.count_total, 0, "{result:?}");
        assert!(result.unwrap().is_origin_allowed());
    }
}

#[test]
fn raw_lines_cost_nothing_but_the_copy_of_a_long_matched_origin() {
    let policy = policy();
    let long = format!("https://{}.c.example", "x".repeat(64));
    for (origin, allocations) in [
        ("https://a.example", 0),
        ("https://x.c.example", 0),
        ("https://evil.example", 0),
        (&*long, 1),
    ] {
        let lines = [("Origin", origin)];
        let info = measure(|| {
            let request = CorsRequest::new("GET", &lines);
            drop(CorsService::new().evaluate_policy(&request, &policy));
        });
        assert_eq!(info.count_total, allocations, "{origin}");
    }
}

#[test]
fn applying_a_result_allocates_only_to_merge_another_vary() {
    let policy = policy();
    let request = headers(&[("origin", "https://a.example")]);
    let result = evaluate(&policy, &Method::GET, &request);
    let applied = |vary: Option<&'static str>| {
        let mut response = HeaderMap::with_capacity(16);
        response.extend(vary.map(|vary| (http::header::VARY, HeaderValue::from_static(vary))));
        measure(|| result.apply_to(&mut response)).count_total
    };
    // The first lines are kept, and what becomes of them.
    for kept in ["accept-encoding", "accept-language", "accept", "authorization"] {
        assert!(applied(Some(kept)) > 1, "{kept}");
    }
    for (vary, allocations) in [
        (None, 0),
        (Some("Origin"), 0),
        (Some("*"), 0),
        (Some("accept-encoding"), 0),
        (Some("authorization"), 0),
        (Some("cookie"), 1),
    ] {
        assert_eq!(applied(vary), allocations, "{vary:?}");
    }
}

/// Policies that are replaced while requests run would fill the memory otherwise.
#[test]
fn a_policy_takes_all_that_was_made_of_it_with_it_unless_it_was_leaked() {
    let answer = |leak: bool| {
        let policy = if leak { policy().leak() } else { policy() };
        let lines =
            [("origin", "https://x.c.example:8443"), ("access-control-request-method", "PUT")];
        for method in [Method::GET, Method::OPTIONS] {
            let result = evaluate(&policy, &method, &headers(&lines));
            for vary in [None, Some("accept")] {
                let mut response = HeaderMap::new();
                response
                    .extend(vary.map(|vary| (http::header::VARY, HeaderValue::from_static(vary))));
                result.apply_to(&mut response);
            }
        }
    };
    answer(false);
    assert_eq!(measure(|| answer(false)).count_current, 0);
    assert!(measure(|| answer(true)).count_current > 0);
}
