//! What becomes of requests and responses.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, Sse};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use cors_axum::{
    Cors, CorsLayer, CorsPolicy, CorsResult, ProvidedPolicy, ProvidedResponseFuture, Provider,
    ProviderError, RequestContext, ResponseFuture, TextRefusal,
};
use cors_core::CorsOutcome;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::counting::Counting;
use crate::{EVIL, ORIGIN, actual, layer, preflight, summary};

async fn ok() {}

async fn unauthorized(_: Request, _: Next) -> Response {
    StatusCode::UNAUTHORIZED.into_response()
}

/// One event, and then the connection stays open.
async fn events() -> impl IntoResponse {
    let events = stream::iter([Ok::<_, Infallible>(Event::default().data("1"))]);
    Sse::new(events.chain(stream::pending()))
}

/// Chunks of a body whose length nobody knows.
async fn chunks() -> Body {
    Body::from_stream(stream::iter(["a", "b"].map(Ok::<_, Infallible>)))
}

async fn never() {
    std::future::pending::<()>().await;
}

#[expect(clippy::panic, reason = "it is to be caught")]
async fn panics() {
    panic!("caught by the layer around it")
}

#[tokio::test]
async fn every_response_of_the_application_is_governed() {
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(1));
    let app = Router::new()
        .route("/never", get(never).layer(timeout))
        .route("/panics", get(panics).layer(CatchPanicLayer::new()))
        .route("/chunks", get(chunks))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/ok", get(ok))
        .route("/redirect", get(|| async { Redirect::to("https://elsewhere.example") }))
        .route("/not-modified", get(|| async { StatusCode::NOT_MODIFIED }))
        .route("/error", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/events", get(events))
        .route("/private", get(ok).layer(from_fn(unauthorized)))
        .layer(layer("one").record_results());
    for (method, path, status) in [
        ("GET", "/ok", 200),
        ("HEAD", "/ok", 200),
        ("GET", "/redirect", 303),
        ("GET", "/not-modified", 304),
        ("GET", "/private", 401),
        ("GET", "/missing", 404),
        ("DELETE", "/ok", 405),
        ("OPTIONS", "/ok", 405),
        ("GET", "/error", 500),
        ("GET", "/events", 200),
        ("GET", "/chunks", 200),
        ("GET", "/empty", 204),
        ("GET", "/never", 408),
        ("GET", "/panics", 500),
    ] {
        let allowed = app.clone().oneshot(actual(method, path, ORIGIN)).await.unwrap();
        assert_eq!(summary(&allowed), format!("{status} one"), "{method} {path}");
        assert_eq!(allowed.headers()["access-control-allow-origin"], ORIGIN, "{method} {path}");
        let mut without_origin = actual(method, path, "");
        without_origin.headers_mut().remove("origin");
        let refused = app.clone().oneshot(actual(method, path, EVIL)).await.unwrap();
        let not_cors = app.clone().oneshot(without_origin).await.unwrap();
        for response in [allowed, refused, not_cors] {
            assert_eq!(response.status(), status, "{method} {path}");
            assert_eq!(response.headers()["vary"], "Origin", "{method} {path}");
            let is_allowed = response.extensions().get::<CorsResult>().unwrap().is_origin_allowed();
            let has_field = response.headers().contains_key("access-control-allow-origin");
            assert_eq!(is_allowed, has_field, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_handed_on_while_it_runs() {
    let app = Router::new().route("/events", get(events)).layer(layer("one"));
    let response = app.oneshot(actual("GET", "/events", ORIGIN)).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let first = response.into_body().into_data_stream().next().await.unwrap().unwrap();
    assert_eq!(first, "data: 1\n\n");
}

#[tokio::test]
async fn bodies_are_of_any_type_and_only_preflights_get_an_empty_one() {
    #[derive(Debug, Default, PartialEq)]
    struct Own(u8);
    let inner = service_fn(|request: http::Request<Own>| async {
        Ok::<_, Infallible>(http::Response::new(request.into_body()))
    });
    let service = layer("one").layer(inner);
    let response = service.clone().oneshot(actual("PUT", "/", ORIGIN).map(|_| Own(7)));
    assert_eq!(response.await.unwrap().into_body(), Own(7));
    let response = service.oneshot(preflight("PUT", "/", ORIGIN).map(|_| Own(7)));
    assert_eq!(response.await.unwrap().into_body(), Own(0));
}

#[tokio::test]
async fn cors_fields_of_the_application_are_replaced() {
    let handler = || async {
        AppendHeaders([
            ("access-control-allow-origin", "*"),
            ("access-control-allow-origin", EVIL),
            ("access-control-allow-credentials", "true"),
            ("access-control-something-new", "1"),
            ("x-own", "kept"),
        ])
    };
    let app = Router::new().route("/", get(handler)).layer(layer("one"));
    for (origin, expected) in [
        (EVIL, vec![]),
        (
            ORIGIN,
            vec![("access-control-allow-origin", ORIGIN), ("access-control-expose-headers", "one")],
        ),
    ] {
        let response = app.clone().oneshot(actual("GET", "/", origin)).await.unwrap();
        let mut fields: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .filter(|(name, _)| name.starts_with("access-control-"))
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, expected);
        assert_eq!(response.headers()["x-own"], "kept");
    }
}

#[tokio::test]
async fn vary_is_merged_with_every_line_of_the_application() {
    let handler = || async {
        AppendHeaders([("vary", "accept"), ("vary", "Accept-Encoding, origin"), ("vary", "accept")])
    };
    let more = || async { AppendHeaders([("vary", "accept"), ("vary", "accept-encoding")]) };
    let app = Router::new().route("/own", get(handler)).route("/", get(more)).layer(layer("one"));
    for (path, expected) in [
        // `Origin` is there already.
        ("/own", vec!["accept", "Accept-Encoding, origin", "accept"]),
        ("/", vec!["accept, accept-encoding, Origin"]),
    ] {
        let response = app.clone().oneshot(actual("GET", path, EVIL)).await.unwrap();
        let lines: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn the_service_runs_once_for_every_request_but_a_preflight() {
    let without_origin = |method: &str| {
        let mut request = preflight("PUT", "/", ORIGIN);
        *request.method_mut() = method.parse().unwrap();
        request.headers_mut().remove("origin");
        request
    };
    for (request, status, calls, outcome) in [
        (actual("GET", "/", ORIGIN), 200, 1, "ActualAllowed"),
        (actual("DELETE", "/", EVIL), 200, 1, "ActualRefused"),
        (actual("OPTIONS", "/", ORIGIN), 200, 1, "ActualAllowed"),
        (without_origin("OPTIONS"), 200, 1, "NotCors"),
        (without_origin("GET"), 200, 1, "NotCors"),
        (preflight("PUT", "/", ORIGIN), 204, 0, "PreflightAllowed"),
        (preflight("PATCH", "/", ORIGIN), 204, 0, "PreflightRefused"),
        (preflight("PUT", "/", EVIL), 403, 0, "PreflightRefused"),
        (preflight("", "/", ORIGIN), 403, 0, "PreflightRefused"),
    ] {
        let what = format!("{request:?}");
        let inner = Counting::default();
        let layer = layer("one").record_results();
        let response = layer.layer(inner.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{what}");
        assert_eq!(inner.calls(), calls, "{what}");
        let result = response.extensions().get::<CorsResult>().unwrap();
        assert!(format!("{:?}", result.outcome()).starts_with(outcome), "{what}: {result:?}");
    }
}

#[tokio::test]
async fn answers_to_preflights_are_empty_and_have_no_length_of_their_own() {
    for (origin, status, expected) in [
        (
            ORIGIN,
            204,
            vec![
                ("access-control-allow-headers", "one"),
                ("access-control-allow-methods", "PUT, DELETE"),
                ("access-control-allow-origin", ORIGIN),
                ("vary", "Origin"),
            ],
        ),
        (EVIL, 403, vec![("vary", "Origin")]),
    ] {
        let service = layer("one").layer(Counting::default());
        let response = service.oneshot(preflight("PUT", "/", origin)).await.unwrap();
        assert_eq!(response.status(), status);
        let mut fields: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, expected);
        assert_eq!(axum::body::to_bytes(response.into_body(), 0).await.unwrap(), "");
    }
}

#[tokio::test]
async fn statuses_of_preflights_can_be_set() {
    let layer = layer("one")
        .preflight_status(StatusCode::OK)
        .and_then(|layer| layer.refused_preflight_status(StatusCode::NOT_FOUND))
        .unwrap();
    for (request, expected) in [
        (preflight("PUT", "/", ORIGIN), "200 one"),
        (preflight("PUT", "/", EVIL), "404 -"),
        (actual("GET", "/", EVIL), "200 -"),
    ] {
        let response = layer.layer(Counting::default()).oneshot(request).await.unwrap();
        assert_eq!(summary(&response), expected);
    }
}

#[tokio::test]
async fn errors_of_the_service_are_its_own() {
    #[derive(Clone)]
    struct Broken;
    impl Service<Request> for Broken {
        type Response = Response;
        type Error = &'static str;
        type Future = std::future::Ready<Result<Response, &'static str>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            Poll::Ready(Err("not today"))
        }

        fn call(&mut self, _: Request) -> Self::Future {
            std::future::ready(Err("broken"))
        }
    }
    let mut service = layer("one").layer(Broken);
    assert_eq!(service.call(actual("GET", "/", ORIGIN)).await.unwrap_err(), "broken");
    assert_eq!(service.ready().await.map(|_| ()).unwrap_err(), "not today");
}

#[tokio::test]
async fn an_outer_layer_adds_nothing_to_what_an_inner_one_refused() {
    let inner = layer("inner").layer(Counting::default());
    let app = CorsLayer::new(CorsPolicy::permissive()).layer(inner);
    let response = app.clone().oneshot(actual("GET", "/", EVIL)).await.unwrap();
    assert_eq!(summary(&response), "200 -");
    assert_eq!(response.headers()["vary"], "Origin");
    let result = response.extensions().get::<CorsResult>().unwrap();
    assert!(matches!(result.outcome(), CorsOutcome::ActualRefused(_)));

    // The other way round, too: the inner result stays whole.
    let inner = CorsLayer::new(CorsPolicy::permissive()).layer(Counting::default());
    let response = layer("outer").layer(inner).oneshot(actual("GET", "/", EVIL)).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(!response.headers().contains_key("vary"));
}

#[tokio::test]
async fn a_layer_of_options_wraps_services_that_cannot_be_cloned() {
    struct Whole;
    let whole = Whole;
    let inner = service_fn(move |_: Request| {
        let _ = &whole;
        std::future::ready(Ok::<Response, Infallible>(Response::default()))
    });
    let response = layer("one").refuse_disallowed_origins().layer(inner);
    let response = response.oneshot(actual("GET", "/", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), "200 one");
}

#[test]
fn the_future_of_a_layer_of_options_holds_a_response_and_a_result() {
    type Inner = std::future::Ready<Result<Response, Infallible>>;
    let tags = 2 * size_of::<usize>();
    let parts = size_of::<Inner>().max(size_of::<Response>()) + size_of::<CorsResult>() + tags;
    assert!(size_of::<ResponseFuture<Inner, Body>>() <= parts);
}

#[test]
fn layer_service_and_future_go_wherever_theirs_do() {
    fn shared<T: Clone + std::fmt::Debug + Send + Sync + Unpin + 'static>() {}
    fn sent<T: std::fmt::Debug + Send + Unpin + 'static>() {}
    shared::<CorsLayer>();
    shared::<Cors<Counting>>();
    sent::<ResponseFuture<std::future::Ready<Result<Response, Infallible>>, Body>>();
    shared::<CorsLayer<Provider, TextRefusal>>();
    shared::<Cors<Counting, Provider, TextRefusal>>();
    sent::<ProvidedResponseFuture<Counting, Body, Body, TextRefusal>>();
}

/// The inner provider's failure is no leave for the outer policy.
#[tokio::test]
async fn an_outer_layer_adds_nothing_where_the_provider_of_an_inner_one_failed() {
    let failing = |_: &RequestContext<'_>| ProvidedPolicy::Now(Err(ProviderError::new("away")));
    let inner = CorsLayer::with_provider(failing).layer(Counting::default());
    let app = CorsLayer::new(CorsPolicy::permissive()).layer(inner);
    let response = app.oneshot(actual("GET", "/", EVIL)).await.unwrap();
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    assert_eq!(response.headers()["vary"], "Origin");
}

/// An inner layer in another task does not see the outer one, and has to be told.
#[tokio::test]
async fn an_inner_layer_in_another_task_has_to_record_its_results() {
    for (records, expected) in [(false, Some("*")), (true, None)] {
        let inner = if records { layer("inner").record_results() } else { layer("inner") };
        let inner = inner.layer(Counting::default());
        let spawned = service_fn(move |request| {
            let inner = inner.clone();
            async move { tokio::spawn(inner.oneshot(request)).await.unwrap() }
        });
        let app = CorsLayer::new(CorsPolicy::permissive()).layer(spawned);
        let response = app.oneshot(actual("GET", "/", EVIL)).await.unwrap();
        let allowed = response.headers().get("access-control-allow-origin");
        assert_eq!(allowed.map(|value| value.to_str().unwrap()), expected);
    }
}
