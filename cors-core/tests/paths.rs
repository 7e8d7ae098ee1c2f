//! What governs a path, where that is not one policy for every method and every spelling.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use cors_core::explain::Verdict;
use cors_core::{CorsOptions, CorsPolicy, CorsRequest, CorsResult, CorsService, PolicySelection};

const PAGE: &str = "https://app.example.com";

fn options() -> CorsOptions {
    CorsOptions::builder()
        .add_policy("open", CorsPolicy::permissive())
        .add_policy("app", CorsPolicy::builder().with_origins([PAGE]).with_methods(["PUT"]))
        .default_policy("open")
        .route("/admin/{*rest}", "app")
        .route_methods(["PUT"], "/items/{id}", "app")
        .build()
        .unwrap()
}

fn evaluated(path: &str, method: &str) -> CorsResult {
    let lines = [("origin", PAGE), ("access-control-request-method", method)];
    let request = CorsRequest::new("OPTIONS", &lines);
    let options = options();
    let PolicySelection::Policy(policy) = options.select(path, request.effective_method()) else {
        panic!("a policy governs {path}")
    };
    CorsService::new().evaluate_policy(&request, policy)
}

#[test]
fn a_path_that_can_be_read_in_several_ways_allows_nobody_and_is_told_apart() {
    let result = evaluated("/x/..%2Fadmin/x", "PUT");
    assert_eq!(result.policy().name(), Some("uncertain path"));
    assert!(!result.is_origin_allowed());
    let lines = [("origin", PAGE), ("access-control-request-method", "PUT")];
    let explanation = result.explain_request(&CorsRequest::new("OPTIONS", &lines));
    assert_eq!(explanation.verdict(), Verdict::Refused);
    let advice = explanation.steps()[0].correction().to_string();
    assert!(advice.starts_with("the path can be read in several ways"), "{advice}");
}

#[test]
fn no_cache_keeps_a_preflight_for_another_method() {
    for (path, method, policy, vary, max_age) in [
        ("/items/7", "PUT", "app", &["Origin", METHOD, HEADERS][..], Some(0)),
        // Any origin is allowed, and still the answer depends on the method.
        ("/items/7", "GET", "open", &["Origin", METHOD, HEADERS], Some(0)),
        ("/items", "GET", "open", &[], None),
        ("/admin/x", "GET", "app", &["Origin"], None),
    ] {
        let result = evaluated(path, method);
        assert_eq!(result.policy().name(), Some(policy), "{method} {path}");
        assert_eq!(result.response_fields().vary(), vary, "{method} {path}");
        assert_eq!(result.policy().max_age().map(|age| age.as_secs()), max_age, "{method} {path}");
    }
}

const METHOD: &str = "Access-Control-Request-Method";
const HEADERS: &str = "Access-Control-Request-Headers";
