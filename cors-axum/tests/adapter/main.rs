//! What the layer does around tower services and axum routers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod counting;
mod grpc_web;
mod http2;
mod paths;
mod placement;
mod presets;
mod providers;
mod refusing;
mod responses;
mod testing;
mod wire;

use axum::body::Body;
use axum::response::Response;
use cors_axum::{CorsLayer, CorsPolicy};
use http::Request;

const ORIGIN: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

/// A policy for `ORIGIN` that shows its name in every answer: as an allowed request header in those
/// to preflights, as an exposed header in others.
fn policy(name: &str) -> CorsPolicy {
    CorsPolicy::builder()
        .with_origins([ORIGIN])
        .with_methods(["PUT", "DELETE"])
        .with_headers([name])
        .with_exposed_headers([name])
        .named(name)
        .build()
        .unwrap()
}

fn layer(name: &str) -> CorsLayer {
    CorsLayer::new(policy(name))
}

fn actual(method: &str, path: &str, origin: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("origin", origin);
    request.body(Body::empty()).unwrap()
}

fn preflight(method: &str, path: &str, origin: &str) -> Request<Body> {
    let mut request = actual("OPTIONS", path, origin);
    request.headers_mut().insert("access-control-request-method", method.parse().unwrap());
    request
}

/// The status and the name of the policy that shows in the fields: `200 one`; `-` where there is no
/// CORS field at all, `?` where there are others only.
fn summary<B>(response: &Response<B>) -> String {
    let field = |name: &str| response.headers().get(name)?.to_str().ok();
    let policy = field("access-control-allow-headers").or(field("access-control-expose-headers"));
    let is_bare =
        !response.headers().keys().any(|name| name.as_str().starts_with("access-control-"));
    let policy = policy.unwrap_or(if is_bare { "-" } else { "?" });
    format!("{} {policy}", response.status().as_u16())
}
