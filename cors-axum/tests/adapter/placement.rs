//! Where the layer stands in an axum application, and what follows: the table of the crate's
//! documentation, row by row.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use cors_axum::{CorsLayer, CorsOptions};
use http::StatusCode;
use tower::{Layer, ServiceBuilder, ServiceExt};

use crate::{ORIGIN, actual, layer, policy, preflight, summary};

async fn ok() {}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Lets nobody in, as authentication does with a preflight, which never carries credentials.
async fn unauthorized(_: Request, _: Next) -> Response {
    StatusCode::UNAUTHORIZED.into_response()
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

#[tokio::test]
async fn authentication_belongs_inside_the_layer() {
    let item = || Router::new().route("/item", get(ok));
    let inside = item().layer(from_fn(unauthorized)).layer(layer("one"));
    let inside_builder =
        item().layer(ServiceBuilder::new().layer(layer("one")).layer(from_fn(unauthorized)));
    for app in [inside, inside_builder] {
        assert_eq!(send(&app, preflight("GET", "/item", ORIGIN)).await, "204 one");
        assert_eq!(send(&app, actual("GET", "/item", ORIGIN)).await, "401 one");
    }
    let outside = item().layer(layer("one")).layer(from_fn(unauthorized));
    assert_eq!(send(&outside, preflight("GET", "/item", ORIGIN)).await, "401 -");
    assert_eq!(send(&outside, actual("GET", "/item", ORIGIN)).await, "401 -");
}
