//! What an evaluation costs, whatever the size of the policy and whatever the request holds.
//!
//! `cargo bench -p cors-core`. Read the figures as ratios within one run: the `yardstick` rows are
//! a look-up of a 25-byte key in the standard library's hash map, and an ordinary preflight.

#![expect(clippy::expect_used, reason = "a benchmark may panic")]

use std::collections::HashSet;
use std::hint::black_box;
use std::time::Duration;

use cors_core::{CorsPolicy, CorsRequest, CorsService};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const ORIGIN: &str = "https://app-0.example.com";

criterion_group!(benches, actual_requests, preflights, hostile_preflights, growth);
criterion_main!(benches);

/// A policy of `origins` exact origins, in which the first is [`ORIGIN`].
fn policy(origins: usize) -> CorsPolicy {
    CorsPolicy::builder()
        .with_origins((0..origins).map(|index| format!("https://app-{index}.example.com")))
        .with_methods(["PUT", "DELETE"])
        .with_headers(["authorization", "content-type", "x-request-id"])
        .with_exposed_headers(["x-total-count"])
        .allow_credentials()
        .preflight_max_age(Duration::from_secs(600))
        .build()
        .expect("the settings are valid")
}

/// A header map whose values share a buffer each, as a server's do.
fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_str(value).expect("the values are field values");
        drop(value.clone());
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

fn evaluate(
    c: &mut Criterion,
    name: &str,
    policy: &CorsPolicy,
    method: Method,
    headers: &HeaderMap,
) {
    c.bench_function(name, |b| {
        let request = CorsRequest::from_headers(&method, headers);
        b.iter(|| CorsService::new().evaluate_policy(black_box(&request), black_box(policy)));
    });
    c.bench_function(&format!("{name}, with the look-ups"), |b| {
        b.iter(|| {
            let request = CorsRequest::from_headers(black_box(&method), black_box(headers));
            CorsService::new().evaluate_policy(&request, policy)
        });
    });
}

fn actual_requests(c: &mut Criterion) {
    let set: HashSet<String> = [ORIGIN.to_owned()].into();
    c.bench_function("yardstick: look-up of 25 bytes", |b| {
        b.iter(|| set.contains(black_box(ORIGIN)));
    });
    let listed = policy(1);
    let patterns = CorsPolicy::builder()
        .with_origins(["https://*.example.com", "http://localhost:*"])
        .build()
        .expect("the settings are valid");
    for (name, policy, origin) in [
        ("actual, exact origin", &listed, ORIGIN),
        ("actual, refused", &listed, "https://evil.example.com"),
        ("actual, subdomain pattern", &patterns, ORIGIN),
        ("actual, any origin", &CorsPolicy::permissive(), ORIGIN),
    ] {
        evaluate(c, name, policy, Method::GET, &headers(&[("origin", origin)]));
    }
    evaluate(c, "not CORS", &listed, Method::GET, &HeaderMap::new());
}

fn preflight_asking(names: &[&str]) -> HeaderMap {
    let mut lines = vec![("origin", ORIGIN), ("access-control-request-method", "PUT")];
    lines.extend(names.iter().map(|names| ("access-control-request-headers", *names)));
    headers(&lines)
}

fn preflights(c: &mut Criterion) {
    let asked = preflight_asking(&["authorization,content-type,x-request-id"]);
    evaluate(c, "preflight, three headers", &policy(1), Method::OPTIONS, &asked);
    let refused = preflight_asking(&["content-type,x-other"]);
    evaluate(c, "preflight, header refused", &policy(1), Method::OPTIONS, &refused);
    let mirroring = CorsPolicy::local_development()
        .to_builder()
        .with_origins([ORIGIN])
        .build()
        .expect("the settings are valid");
    evaluate(c, "preflight, mirrored", &mirroring, Method::OPTIONS, &asked);
}

/// Each of these stays under five times the ordinary preflight.
fn hostile_preflights(c: &mut Criterion) {
    const MEBIBYTE: usize = 1 << 20;
    let policy = policy(1);
    let names: Vec<String> = (0..10_000).map(|index| format!("x-{index}")).collect();
    for (name, lines) in [
        ("hostile: commas", vec![",".repeat(MEBIBYTE)]),
        ("hostile: spaces", vec![format!("content-type,{},x", " ".repeat(MEBIBYTE))]),
        ("hostile: one name", vec!["x".repeat(MEBIBYTE)]),
        ("hostile: a repeated allowed name", vec!["content-type,".repeat(MEBIBYTE / 13)]),
        ("hostile: 10,000 names", vec![names.join(",")]),
        ("hostile: 1,024 empty lines", vec![String::new(); 1024]),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        evaluate(c, name, &policy, Method::OPTIONS, &preflight_asking(&lines));
    }
}

fn growth(c: &mut Criterion) {
    for origins in [1, 1_000, 1_000_000] {
        let policy = policy(origins);
        for (name, origin) in [
            ("hit", ORIGIN),
            ("near miss", "https://app-x.example.com"),
            ("miss", "https://evil.example"),
        ] {
            let name = format!("{origins} origins, {name}");
            evaluate(c, &name, &policy, Method::GET, &headers(&[("origin", origin)]));
        }
    }
}
