//! Where the layer stands in an axum application, and what follows: the table of the crate's
//! documentation, row by row.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, delete, get, post};
use cors_axum::{
    CorsLayer, CorsOptions, CorsPolicy, CorsResult, ProvidedPolicy, ProviderError, RequestContext,
};
use http::StatusCode;
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::{EVIL, ORIGIN, actual, layer, policy, preflight, summary};

async fn ok() {}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Lets nobody in, as authentication does with a preflight, which never carries credentials.
async fn unauthorized(_: Request, _: Next) -> Response {
    StatusCode::UNAUTHORIZED.into_response()
}

async fn to_login(_: Request, _: Next) -> Response {
    Redirect::to("/login").into_response()
}

async fn send(app: &Router, request: Request) -> String {
    let Ok(response) = app.clone().oneshot(request).await;
    summary(&response)
}

#[tokio::test]
async fn the_place_of_the_layer_decides_what_it_governs() {
    let item = || Router::new().route("/item", get(ok));
    for (place, app, expected) in [
        (
            "Router::layer, after routes and fallback",
            item().fallback(not_found).layer(layer("one")),
            ["204 one", "200 one", "204 one", "404 one", "405 one"],
        ),
        (
            "Router::layer, without a fallback",
            item().layer(layer("one")),
            ["204 one", "200 one", "204 one", "404 one", "405 one"],
        ),
        (
            "around the router",
            Router::new().fallback_service(layer("one").layer(item())),
            ["204 one", "200 one", "204 one", "404 one", "405 one"],
        ),
        (
            "Router::layer, before the fallback",
            item().layer(layer("one")).fallback(not_found),
            ["204 one", "200 one", "404 -", "404 -", "405 one"],
        ),
        (
            "Router::layer, before the routes",
            Router::new().layer(layer("one")).route("/item", get(ok)),
            ["405 -", "200 -", "204 one", "404 one", "405 -"],
        ),
        (
            "Router::route_layer",
            item().route_layer(layer("one")),
            ["204 one", "200 one", "404 -", "404 -", "405 one"],
        ),
        (
            "MethodRouter::layer",
            Router::new().route("/item", get(ok).layer(layer("one"))),
            ["204 one", "200 one", "404 -", "404 -", "405 one"],
        ),
        (
            "MethodRouter::route_layer",
            Router::new().route("/item", get(ok).route_layer(layer("one"))),
            ["405 -", "200 one", "404 -", "404 -", "405 -"],
        ),
    ] {
        let requests = [
            preflight("PUT", "/item", ORIGIN),
            actual("GET", "/item", ORIGIN),
            preflight("PUT", "/missing", ORIGIN),
            actual("GET", "/missing", ORIGIN),
            actual("DELETE", "/item", ORIGIN),
        ];
        for (request, expected) in requests.into_iter().zip(expected) {
            let what = format!("{place}: {} {}", request.method(), request.uri());
            assert_eq!(send(&app, request).await, expected, "{what}");
        }
    }
}

#[tokio::test]
async fn a_method_added_after_the_layer_is_not_governed() {
    let app = Router::new().route("/item", get(ok).layer(layer("one")).post(ok));
    assert_eq!(send(&app, preflight("POST", "/item", ORIGIN)).await, "204 one");
    assert_eq!(send(&app, actual("GET", "/item", ORIGIN)).await, "200 one");
    assert_eq!(send(&app, actual("POST", "/item", ORIGIN)).await, "200 -");
}

#[tokio::test]
async fn one_of_two_layers_on_the_methods_of_a_path_answers_every_preflight() {
    let methods = get(ok).layer(layer("one")).merge(delete(ok).layer(layer("two")));
    let app = Router::new().route("/item", methods);
    assert_eq!(send(&app, actual("GET", "/item", ORIGIN)).await, "200 one");
    assert_eq!(send(&app, actual("DELETE", "/item", ORIGIN)).await, "200 two");
    assert_eq!(send(&app, preflight("DELETE", "/item", ORIGIN)).await, "204 two");
    assert_eq!(send(&app, preflight("GET", "/item", ORIGIN)).await, "204 two");
}

#[tokio::test]
async fn path_rules_of_one_layer_govern_each_method_by_its_own_policy() {
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .add_policy("two", policy("two"))
        .default_policy("one")
        .route_methods(["DELETE"], "/item", "two")
        .build()
        .unwrap();
    let app = Router::new().route("/item", get(ok).delete(ok)).layer(CorsLayer::new(options));
    assert_eq!(send(&app, actual("GET", "/item", ORIGIN)).await, "200 one");
    assert_eq!(send(&app, actual("DELETE", "/item", ORIGIN)).await, "200 two");
    assert_eq!(send(&app, preflight("DELETE", "/item", ORIGIN)).await, "204 two");
    assert_eq!(send(&app, preflight("GET", "/item", ORIGIN)).await, "204 one");
}

#[tokio::test]
async fn paths_that_neither_of_two_merged_routers_has_are_governed_by_one_of_them() {
    let one = Router::new().route("/one", get(ok)).layer(layer("one"));
    let two = Router::new().route("/two", get(ok)).layer(layer("two"));
    let app = Router::new().merge(one).merge(two);
    assert_eq!(send(&app, preflight("PUT", "/one", ORIGIN)).await, "204 one");
    assert_eq!(send(&app, preflight("PUT", "/two", ORIGIN)).await, "204 two");
    assert_eq!(send(&app, preflight("PUT", "/missing", ORIGIN)).await, "204 two");
    assert_eq!(send(&app, actual("GET", "/missing", ORIGIN)).await, "404 two");
}

#[tokio::test]
async fn of_two_layers_the_inner_result_wins_and_the_outer_answers_preflights() {
    let inner = Router::new().route("/item", post(ok)).layer(layer("inner"));
    let app = Router::new().nest("/api", inner).route("/other", get(ok)).layer(layer("outer"));
    assert_eq!(send(&app, actual("POST", "/api/item", ORIGIN)).await, "200 inner");
    assert_eq!(send(&app, preflight("POST", "/api/item", ORIGIN)).await, "204 outer");
    assert_eq!(send(&app, actual("GET", "/other", ORIGIN)).await, "200 outer");
}

/// What awaits before it calls on is polled when it does.
#[tokio::test]
async fn of_two_layers_the_inner_one_decides_however_late_it_is_called() {
    async fn waits(request: Request, next: Next) -> Response {
        tokio::task::yield_now().await;
        next.run(request).await
    }
    let permissive = CorsLayer::new(CorsPolicy::permissive());
    let outer_of_nothing =
        CorsLayer::new(CorsOptions::builder().disable("/other").build().unwrap());
    for (outer, recorded) in [(permissive, true), (outer_of_nothing, false)] {
        let app = Router::new().route("/", get(ok)).layer(layer("inner"));
        let app = app.layer(from_fn(waits)).layer(outer);
        for (origin, expected) in [(ORIGIN, "200 inner"), (EVIL, "200 -")] {
            let Ok(response) = app.clone().oneshot(actual("GET", "/", origin)).await;
            assert_eq!(summary(&response), expected);
            let result = response.extensions().get::<CorsResult>();
            assert_eq!(result.is_some(), recorded, "{origin}");
        }
    }
}

/// An outer provider's failure is no reason to take off what an inner policy says.
#[tokio::test]
async fn an_inner_layer_decides_where_the_provider_of_an_outer_one_failed() {
    let failing = CorsLayer::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::Now(Err(ProviderError::new("no database")))
    });
    let app = Router::new().route("/", get(ok)).layer(layer("inner")).layer(failing);
    assert_eq!(send(&app, actual("GET", "/", ORIGIN)).await, "200 inner");
}

/// Whatever answers in place of the application: of the layer's fields if inside, without if outside.
#[tokio::test]
async fn middleware_that_answers_belongs_inside_the_layer() {
    async fn never() {
        std::future::pending::<()>().await;
    }
    async fn panics() {
        panic!("caught by the layer around it")
    }
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(1));
    let unauthorized = from_fn(unauthorized);
    let login = from_fn(to_login);
    let panic = CatchPanicLayer::new();
    let item = |handler: MethodRouter| Router::new().route("/item", handler);
    let cors = || layer("one");
    for (what, inside, outside, status, outside_preflight) in [
        (
            "authentication",
            item(get(ok)).layer(unauthorized.clone()).layer(cors()),
            item(get(ok)).layer(cors()).layer(unauthorized.clone()),
            401,
            "401 -",
        ),
        (
            "a redirect",
            item(get(ok)).layer(login.clone()).layer(cors()),
            item(get(ok)).layer(cors()).layer(login.clone()),
            303,
            "303 -",
        ),
        (
            "a time limit",
            item(get(never)).layer(timeout).layer(cors()),
            item(get(never)).layer(cors()).layer(timeout),
            408,
            "204 one",
        ),
        (
            "a caught panic",
            item(get(panics)).layer(panic).layer(cors()),
            item(get(panics)).layer(cors()).layer(panic),
            500,
            "204 one",
        ),
        (
            "authentication, in a ServiceBuilder",
            item(get(ok)).layer(ServiceBuilder::new().layer(cors()).layer(unauthorized.clone())),
            item(get(ok)).layer(ServiceBuilder::new().layer(unauthorized).layer(cors())),
            401,
            "401 -",
        ),
    ] {
        let preflight = || preflight("GET", "/item", ORIGIN);
        let actual = || actual("GET", "/item", ORIGIN);
        assert_eq!(send(&inside, preflight()).await, "204 one", "{what}");
        assert_eq!(send(&inside, actual()).await, format!("{status} one"), "{what}");
        assert_eq!(send(&outside, preflight()).await, outside_preflight, "{what}");
        assert_eq!(send(&outside, actual()).await, format!("{status} -"), "{what}");
    }
}
