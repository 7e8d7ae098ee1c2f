//! What the helper for tests of applications says.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use cors_axum::testing::assert_preflight_request_reaches;
use cors_axum::{CorsLayer, CorsOptions, ProvidedPolicy, ProviderError, RequestContext};
use http::{HeaderValue, StatusCode};

use crate::{EVIL, ORIGIN, actual, layer, policy, preflight};

async fn ok() {}

async fn unauthorized(_: Request, _: Next) -> Response {
    StatusCode::UNAUTHORIZED.into_response()
}

async fn to_login(_: Request, _: Next) -> Response {
    Redirect::to("/login").into_response()
}

/// The message of the panic; none where the assertion holds.
async fn message(app: Router, preflight: Request<Body>) -> Option<String> {
    let assertion = tokio::spawn(assert_preflight_request_reaches(app, preflight));
    let panic = assertion.await.err()?.into_panic();
    Some(panic.downcast_ref::<String>().unwrap().clone())
}

#[tokio::test]
async fn the_assertion_explains_what_answered_in_place_of_the_layer() {
    let app = || Router::new().route("/item", get(ok));
    let off = CorsOptions::builder().disable("/item").build().unwrap();
    let broken = CorsLayer::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::Now(Err(ProviderError::new("the database is away")))
    });
    let mut strange = preflight("PUT", "/item", ORIGIN);
    let method = HeaderValue::from_bytes(b"P\xffT").unwrap();
    strange.headers_mut().insert("access-control-request-method", method);
    for (app, request, start, part) in [
        (
            Router::new().route("/item", get(ok).route_layer(layer("one"))),
            preflight("PUT", "/item?page=2", ORIGIN),
            "the preflight for `PUT /item?page=2`: the preflight was answered with 405 Method Not \
             Allowed, not by CORS: ",
            "put the CORS layer around the whole router",
        ),
        (
            app().route_layer(layer("one")),
            preflight("PUT", "/items", ORIGIN),
            "the preflight for `PUT /items`: the preflight was answered with 404 Not Found, ",
            "the router knows no such path",
        ),
        (
            app().layer(layer("one")).layer(from_fn(unauthorized)),
            preflight("PUT", "/item", ORIGIN),
            "the preflight for `PUT /item`: the preflight was answered with 401 Unauthorized, ",
            "put the CORS layer outside of it",
        ),
        (
            app().layer(layer("one")).layer(from_fn(to_login)),
            preflight("PUT", "/item", ORIGIN),
            "the preflight for `PUT /item`: the preflight was answered with 303 See Other, ",
            "a redirect outside answers first",
        ),
        (
            app().layer(CorsLayer::new(off)),
            preflight("PUT", "/item", ORIGIN),
            "the preflight for `PUT /item`: the preflight was answered with 403 Forbidden, ",
            "CORS is disabled for the path",
        ),
        (
            app().layer(broken),
            preflight("PUT", "/item", ORIGIN),
            "the preflight for `PUT /item` failed: no CORS policy could be chosen: ",
            "the database is away",
        ),
        (
            app().layer(layer("one")),
            preflight("PATCH", "/item", EVIL),
            "the preflight for `PATCH /item` is refused by the policy `one`: ",
            "the origin `https://evil.example` is not allowed; the method `PATCH` is not allowed",
        ),
        (
            app().layer(layer("one")),
            strange,
            r"the preflight for `P\xffT /item` is refused by the policy `one`: ",
            r"the requested method `P\xffT` is not a token",
        ),
        (
            app().layer(CorsLayer::new(policy("one").to_builder().build().unwrap())),
            actual("GET", "/item", ORIGIN),
            "the preflight for ` /item` is no preflight: ",
            "ActualAllowed",
        ),
    ] {
        let message = message(app, request).await.unwrap();
        assert!(message.starts_with(start), "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn the_assertion_returns_what_the_layer_decided() {
    let app = Router::new().route("/item", get(ok)).layer(layer("one"));
    let mut request = preflight("PUT", "/item", ORIGIN);
    request.headers_mut().insert("access-control-request-headers", "one".parse().unwrap());
    let result = assert_preflight_request_reaches(app, request).await;
    assert_eq!(result.allowed_methods().collect::<Vec<_>>(), ["PUT", "DELETE"]);
    assert_eq!(result.allowed_origin(), Some(ORIGIN));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn the_assertion_makes_the_preflight_itself() {
    use cors_axum::testing::assert_preflight_reaches;

    let app = Router::new().route("/item", get(ok)).layer(layer("one"));
    let result = assert_preflight_reaches(app, ORIGIN, "DELETE", "/item").await;
    assert_eq!(result.policy().name(), Some("one"));

    let app = Router::new().route("/item", get(ok)).layer(layer("one"));
    let assertion = tokio::spawn(assert_preflight_reaches(app, EVIL, "PURGE", "/other?a"));
    let message = assertion.await.unwrap_err().into_panic().downcast::<String>().unwrap();
    assert_eq!(
        *message,
        "the preflight for `PURGE /other?a` is refused by the policy `one`: the origin \
         `https://evil.example` is not allowed; the method `PURGE` is not allowed"
    );
}
