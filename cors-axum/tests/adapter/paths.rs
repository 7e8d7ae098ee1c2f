//! Which policy governs which path.

use axum::Router;
use axum::routing::{any, get};
use cors_axum::{CorsLayer, CorsOptions, CorsResult};
use tower::ServiceExt;

use crate::{EVIL, ORIGIN, actual, policy, preflight, summary};

async fn ok() {}

/// Answers as an application does that has CORS fields of its own.
async fn own_fields() -> [(&'static str, &'static str); 2] {
    [("access-control-allow-origin", "*"), ("vary", "accept")]
}

#[tokio::test]
async fn path_rules_choose_the_policy_by_path_and_method() {
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .add_policy("two", policy("two"))
        .default_policy("one")
        .route("/two/{*rest}", "two")
        .route_methods(["PUT"], "/mixed", "two")
        .disable("/off")
        .build()
        .unwrap();
    let app = Router::new().fallback(any(ok)).layer(CorsLayer::new(options));
    for (request, expected) in [
        (actual("GET", "/", ORIGIN), "200 one"),
        (actual("GET", "/two/x/y?z", ORIGIN), "200 two"),
        (actual("GET", "/mixed", ORIGIN), "200 one"),
        (actual("PUT", "/mixed", ORIGIN), "200 two"),
        // The method that is asked for decides, not OPTIONS.
        (preflight("PUT", "/mixed", ORIGIN), "204 two"),
        (preflight("DELETE", "/mixed", ORIGIN), "204 one"),
        (preflight("PUT", "/off", ORIGIN), "403 -"),
        (actual("OPTIONS", "/off", ORIGIN), "200 -"),
    ] {
        let what = format!("{request:?}");
        assert_eq!(summary(&app.clone().oneshot(request).await.unwrap()), expected, "{what}");
    }
}

#[tokio::test]
async fn without_a_policy_responses_are_left_as_they_are() {
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .route("/one/{*rest}", "one")
        .pass_through("/one/none")
        .disable("/off")
        .build()
        .unwrap();
    let app = Router::new().fallback(own_fields).layer(CorsLayer::new(options));
    for (request, status) in [
        (actual("GET", "/none", ORIGIN), 200),
        (actual("GET", "/none", EVIL), 200),
        (preflight("PUT", "/none", ORIGIN), 200),
        (actual("GET", "/one/none", EVIL), 200),
        (preflight("PUT", "/one/none", ORIGIN), 200),
        (actual("GET", "/off", EVIL), 200),
    ] {
        let what = format!("{request:?}");
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{what}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{what}");
        assert_eq!(response.headers()["vary"], "accept", "{what}");
        assert!(response.extensions().get::<CorsResult>().is_none(), "{what}");
    }
}

#[tokio::test]
async fn no_spelling_of_a_path_escapes_its_rule() {
    let options = CorsOptions::builder()
        .add_policy("open", policy("open"))
        .add_policy("admin", policy("admin"))
        .default_policy("open")
        .route("/admin/{*rest}", "admin")
        .build()
        .unwrap();
    let layer = CorsLayer::new(options);
    // A server of files, which reads all of these as `/admin/x`, and one that refuses what the policy
    // does not allow.
    let app = Router::new().fallback(own_fields);
    let strict = app.clone().layer(layer.clone().refuse_disallowed_origins());
    let app = app.layer(layer);
    for (path, own) in [
        ("/admin/x", "admin"),
        ("/%61dmin/x", "admin"),
        ("/admin//x", "admin"),
        ("/other//x", "open"),
        ("//admin/x", "-"),
        ("/admin%2fx", "-"),
        ("/admin%5Cx", "-"),
        ("/./admin/x", "-"),
        ("/other/%2E%2e/admin/x", "-"),
    ] {
        let status = if own == "-" { [200, 403, 403] } else { [200, 204, 200] };
        let requests = [
            (&app, actual("GET", path, ORIGIN)),
            (&app, preflight("PUT", path, ORIGIN)),
            (&strict, actual("GET", path, ORIGIN)),
        ];
        for ((app, request), status) in requests.into_iter().zip(status) {
            let what = format!("{request:?}");
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(summary(&response), format!("{status} {own}"), "{what}");
        }
    }
}

#[tokio::test]
async fn a_named_policy_takes_the_place_of_the_default() {
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .add_policy("two", policy("two"))
        .default_policy("one")
        .build()
        .unwrap();
    let app = Router::new()
        .route("/one", get(ok).layer(CorsLayer::new(options.clone())))
        .route("/two", get(ok).layer(CorsLayer::new(options).named("two").unwrap()));
    for (path, expected) in [("/one", "200 one"), ("/two", "200 two")] {
        let response = app.clone().oneshot(actual("GET", path, ORIGIN)).await.unwrap();
        assert_eq!(summary(&response), expected);
    }
}

/// `Router::nest` takes the prefix away from the request's path.
#[tokio::test]
async fn a_layer_in_a_nested_router_sees_the_whole_path_with_the_feature_and_the_rest_without() {
    let options = CorsOptions::builder()
        .add_policy("whole", policy("whole"))
        .add_policy("rest", policy("rest"))
        .route("/api/item", "whole")
        .route("/item", "rest")
        .build()
        .unwrap();
    let nested = Router::new().route("/item", get(ok)).layer(CorsLayer::new(options.clone()));
    let app = Router::new().nest("/api", nested);
    let seen = if cfg!(feature = "axum") { "whole" } else { "rest" };
    let response = app.clone().oneshot(actual("GET", "/api/item", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), format!("200 {seen}"));
    let response = app.oneshot(preflight("GET", "/api/item", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), format!("204 {seen}"));

    // Outside, the path is whole anyway.
    let app = Router::new().nest("/api", Router::new().route("/item", get(ok)));
    let app = app.layer(CorsLayer::new(options));
    let response = app.oneshot(actual("GET", "/api/item", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), "200 whole");
}
