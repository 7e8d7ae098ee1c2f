//! Layers that keep requests of disallowed origins from running.

use axum::Json;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use cors_axum::{
    CorsLayer, CorsOptions, CorsResult, ProvidedPolicy, ProviderError, RequestContext, TextRefusal,
};
use cors_core::CorsOutcome;
use http::{Method, StatusCode};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::counting::Counting;
use crate::{EVIL, ORIGIN, actual, layer, policy, preflight, summary};

const REASON: &str =
    "refused by the CORS policy: the origin `https://evil.example` is not allowed\n";

fn with(mut request: Request, fields: &[(&'static str, &str)]) -> Request {
    for (name, value) in fields {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The opening handshakes of HTTP/1.1, and of HTTP/2, whose target is whole.
fn handshakes(origin: &str) -> [Request; 2] {
    let upgrade = [("host", "api.example"), ("connection", "upgrade"), ("upgrade", "websocket")];
    [
        with(actual("GET", "/socket", origin), &upgrade),
        actual("CONNECT", "https://api.example/socket", origin),
    ]
}

#[tokio::test]
async fn requests_of_disallowed_origins_do_not_run() {
    let layer = layer("one").refuse_disallowed_origins();
    let [evil_upgrade, evil_connect] = handshakes(EVIL);
    let [upgrade, connect] = handshakes(ORIGIN);
    let [own_upgrade, own_connect] = handshakes("https://api.example");
    let no_origin = Request::post("/").body(axum::body::Body::empty()).unwrap();
    for (request, expected, calls) in [
        (actual("GET", "/", EVIL), "403 -", 0),
        (actual("POST", "/", EVIL), "403 -", 0),
        (actual("OPTIONS", "/", EVIL), "403 -", 0),
        (actual("POST", "/", "null"), "403 -", 0),
        (evil_upgrade, "403 -", 0),
        (evil_connect, "403 -", 0),
        (preflight("PUT", "/", EVIL), "403 -", 0),
        (actual("POST", "/", ORIGIN), "200 one", 1),
        (upgrade, "200 one", 1),
        (connect, "200 one", 1),
        (preflight("PUT", "/", ORIGIN), "204 one", 0),
        // Same-origin, by target or by what no script can set; and not from a browser at all.
        (own_upgrade, "200 -", 1),
        (own_connect, "200 -", 1),
        (with(actual("POST", "/", EVIL), &[("host", "evil.example")]), "200 -", 1),
        (actual("POST", "http://evil.example/", EVIL), "403 -", 0),
        (with(actual("POST", "/", EVIL), &[("sec-fetch-site", "same-origin")]), "200 -", 1),
        (no_origin, "200 -", 1),
    ] {
        let what = format!("{request:?}");
        let inner = Counting::default();
        let response = layer.layer(inner.clone()).oneshot(request).await.unwrap();
        assert_eq!(inner.calls(), calls, "{what}");
        assert_eq!(summary(&response), expected, "{what}");
    }
}

#[tokio::test]
async fn the_answer_says_why_and_has_the_fields_of_the_result() {
    let app = Router::new().fallback(any(|| async { "hello" }));
    let app = app.layer(layer("one").refuse_disallowed_origins());
    let response = app.oneshot(actual("POST", "/", EVIL)).await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.headers()["vary"], "Origin");
    let result = response.extensions().get::<CorsResult>().unwrap();
    assert!(matches!(result.outcome(), CorsOutcome::ActualRefused(_)));
    assert_eq!(text(response).await, REASON);
}

#[tokio::test]
async fn the_answer_can_be_ones_own_and_gets_the_fields_too() {
    let layer = layer("one").refuse_disallowed_origins().refuse_with(|result| {
        let reasons: Vec<_> = result.reasons().map(ToString::to_string).collect();
        let fields = [("access-control-allow-origin", "*"), ("vary", "accept")];
        (StatusCode::NOT_FOUND, fields, Json(reasons)).into_response()
    });
    let inner = Counting::default();
    let response = layer.layer(inner.clone()).oneshot(actual("POST", "/", EVIL)).await.unwrap();
    assert_eq!(inner.calls(), 0);
    assert_eq!(summary(&response), "404 -");
    assert_eq!(response.headers()["vary"], "accept, Origin");
    assert!(response.extensions().get::<CorsResult>().is_some());
    assert_eq!(text(response).await, r#"["the origin `https://evil.example` is not allowed"]"#);
}

#[tokio::test]
async fn forwarded_fields_count_behind_a_trusted_proxy_only() {
    let request = || {
        let fields = [
            ("host", "internal:8080"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
        ];
        with(actual("POST", "/", EVIL), &fields)
    };
    let anywhere = layer("one").refuse_disallowed_origins();
    let behind_proxy = layer("one").refuse_disallowed_origins_behind_trusted_proxy();
    for (layer, status) in [(anywhere, 403), (behind_proxy, 200)] {
        let response = layer.layer(Counting::default()).oneshot(request()).await.unwrap();
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn the_servers_own_origin_has_to_be_allowed_where_it_is_no_exception() {
    let spare = || layer("one").refuse_disallowed_origins();
    let strict = || layer("one").refuse_disallowed_origins_even_same_origin();
    let own = |origin, host| {
        with(actual("POST", "/", origin), &[("host", host), ("sec-fetch-site", "same-origin")])
    };
    let no_origin = Request::get("/").header("host", "evil.example");
    let no_origin = no_origin.body(axum::body::Body::empty()).unwrap();
    for (layer, request, status) in [
        (spare(), own(EVIL, "evil.example"), 200),
        (strict(), own(EVIL, "evil.example"), 403),
        (strict(), own(ORIGIN, "app.example.com"), 200),
        (strict(), no_origin, 200),
    ] {
        let inner = Counting::default();
        let response = layer.layer(inner.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(inner.calls(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn settings_do_not_depend_on_their_order() {
    fn others<R>(layer: CorsLayer<CorsOptions, R>) -> CorsLayer<CorsOptions, R> {
        let layer = layer.preflight_status(StatusCode::OK).unwrap();
        let layer = layer.refused_preflight_status(StatusCode::NOT_FOUND).unwrap();
        layer.record_results().named("two").unwrap()
    }
    fn answer(_: &CorsResult) -> Response {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
    type Refusing = fn(CorsLayer) -> CorsLayer<CorsOptions, TextRefusal>;
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .add_policy("two", policy("two"))
        .default_policy("one")
        .build()
        .unwrap();
    let refusals: [(Refusing, [u16; 2]); 3] = [
        (CorsLayer::refuse_disallowed_origins, [421, 200]),
        (CorsLayer::refuse_disallowed_origins_behind_trusted_proxy, [200, 200]),
        (CorsLayer::refuse_disallowed_origins_even_same_origin, [421, 421]),
    ];
    for (refusing, [forwarded, own]) in refusals {
        let layer = || CorsLayer::new(options.clone());
        for layer in [
            refusing(others(layer())).refuse_with(answer),
            others(refusing(layer())).refuse_with(answer),
            others(refusing(layer()).refuse_with(answer)),
        ] {
            let proxied = [("x-forwarded-host", "evil.example")];
            for (request, expected) in [
                (preflight("PUT", "/", ORIGIN), "200 two".to_owned()),
                (preflight("PUT", "/", EVIL), "404 -".to_owned()),
                (actual("POST", "/", ORIGIN), "200 two".to_owned()),
                (actual("POST", "/", EVIL), "421 -".to_owned()),
                (with(actual("POST", "/", EVIL), &proxied), format!("{forwarded} -")),
                (with(actual("POST", "/", EVIL), &[("host", "evil.example")]), format!("{own} -")),
            ] {
                let what = format!("{request:?}");
                let response = layer.layer(Counting::default()).oneshot(request).await.unwrap();
                assert_eq!(summary(&response), expected, "{what}");
                assert!(response.extensions().get::<CorsResult>().is_some(), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_policy_that_comes_later_keeps_requests_from_running_too() {
    let layer = CorsLayer::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::later(async {
            tokio::task::yield_now().await;
            Ok(policy("one").into())
        })
    });
    let inner = Counting::default();
    let service = layer.refuse_disallowed_origins().layer(inner.clone());
    let response = service.clone().oneshot(actual("POST", "/", EVIL)).await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(text(response).await, REASON);
    assert_eq!(inner.calls(), 0);
    let response = service.oneshot(actual("POST", "/", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), "200 one");
}

#[tokio::test]
async fn where_the_provider_fails_cross_origin_requests_do_not_run() {
    fn failed() -> ProviderError {
        ProviderError::new("the database is away")
    }
    let now = |_: &RequestContext<'_>| ProvidedPolicy::Now(Err(failed()));
    let later = |_: &RequestContext<'_>| {
        ProvidedPolicy::later(async {
            tokio::task::yield_now().await;
            Err(failed())
        })
    };
    for layer in [CorsLayer::with_provider(now), CorsLayer::with_provider(later)] {
        let layer = layer.refuse_disallowed_origins();
        for (request, expected, calls) in [
            (actual("POST", "/", ORIGIN), "500 -", 0),
            (actual("POST", "/", EVIL), "500 -", 0),
            (preflight("PUT", "/", ORIGIN), "500 -", 0),
            (with(actual("POST", "/", EVIL), &[("host", "evil.example")]), "200 -", 1),
            (Request::post("/").body(axum::body::Body::empty()).unwrap(), "200 -", 1),
        ] {
            let what = format!("{request:?}");
            let inner = Counting::default();
            let response = layer.layer(inner.clone()).oneshot(request).await.unwrap();
            assert_eq!(inner.calls(), calls, "{what}");
            assert_eq!(summary(&response), expected, "{what}");
            assert_eq!(response.headers()["vary"], "Origin", "{what}");
            assert!(response.extensions().get::<ProviderError>().is_some(), "{what}");
            assert!(calls == 1 || text(response).await.is_empty(), "{what}");
        }
    }
}

/// As tonic's: a body that no text makes.
#[derive(Debug, Default, PartialEq)]
struct Frames(Vec<u32>);

#[tokio::test]
async fn bodies_that_no_text_makes_need_an_answer_of_ones_own() {
    let inner = service_fn(async |_: http::Request<()>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Frames(vec![1])))
    });
    let request = |method: Method, origin| {
        http::Request::builder().method(method).header("origin", origin).body(()).unwrap()
    };
    // Without refusal, the body has to be `Default` only.
    let response = layer("one").layer(inner).call(request(Method::GET, EVIL)).await.unwrap();
    assert_eq!(response.body(), &Frames(vec![1]));
    let refusing = layer("one").refuse_disallowed_origins().refuse_with(|_| {
        let mut response = http::Response::new(Frames(vec![4, 3]));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    });
    let response = refusing.layer(inner).call(request(Method::POST, EVIL)).await.unwrap();
    assert_eq!((response.status(), response.body()), (StatusCode::FORBIDDEN, &Frames(vec![4, 3])));
}
