//! Help for the tests of applications: can a page call them, and do preflights reach the layer?
#![cfg_attr(all(feature = "browser", feature = "axum"), doc = "")]
#![cfg_attr(all(feature = "browser", feature = "axum"), doc = include_str!("../docs/fetch.md"))]

use std::fmt::Debug;
use std::future::poll_fn;

use cors_core::adapter::{LayerScope, judge_preflight};
use cors_core::{CorsResult, ProviderError};
#[cfg(feature = "axum")]
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use tower_service::Service;

#[cfg(feature = "browser")]
mod fetch;

#[cfg(feature = "browser")]
#[doc(no_inline)]
pub use cors_core::browser::{
    Blocked, Body, Browser, CacheMode, Credentials, Engine, Failure, FetchError, HeaderList,
    InitiatorType, InvalidPage, Mode, RedirectMode, Reply, Request, Response, ResponseType,
    SentRequest, Stage, Traffic,
};
#[cfg(feature = "browser")]
pub use fetch::Fetch;

/// Asserts that the layer answers, and allows, a preflight from a page of `origin` that wants to
/// send `method` to `path`; returns what the layer decided.
///
/// For the whole application, as it is served:
///
/// ```
/// use axum::{Router, routing::get};
/// use cors_axum::{CorsLayer, CorsPolicy, testing::assert_preflight_reaches};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = CorsPolicy::builder()
///     .with_origins(["https://app.example.com"])
///     .with_methods(["PUT"])
///     .build()?;
/// let app = Router::new().route("/items", get(|| async {})).layer(CorsLayer::new(policy));
///
/// let result = assert_preflight_reaches(app, "https://app.example.com", "PUT", "/items").await;
/// assert!(!result.supports_credentials());
/// # Ok(())
/// # }
/// ```
///
/// With the layer in the wrong place it says what to change: "the preflight was answered with 405
/// Method Not Allowed, not by CORS: the router turned OPTIONS away, because the layer is on a route
/// or a method, or was added before the route: ..."
///
/// A page that sends request headers makes a preflight that names them; see
/// [`assert_preflight_request_reaches`].
///
/// The request that follows is not sent. With `get(a).layer(cors).put(b)` the preflight for PUT is
/// answered, but the responses to PUT have no CORS field: a page that fetches (feature `browser`) finds
/// that, too.
///
/// # Panics
///
/// - The preflight was answered by something else; the message is the explanation of
///   [`UnansweredPreflight`](cors_core::adapter::UnansweredPreflight).
/// - The layer refused it; the message holds the reasons.
/// - The provider or the service failed, or an argument cannot stand in a request.
#[cfg(feature = "axum")]
#[expect(clippy::expect_used, reason = "an assertion panics")]
pub async fn assert_preflight_reaches<S, B>(
    service: S,
    origin: &str,
    method: &str,
    path: &str,
) -> CorsResult
where
    S: Service<http::Request<axum::body::Body>, Response = http::Response<B>>,
    S::Error: Debug,
{
    let preflight = http::Request::options(path)
        .header(ORIGIN, origin)
        .header(ACCESS_CONTROL_REQUEST_METHOD, method)
        .body(axum::body::Body::empty())
        .expect("origin, method and path can stand in a request");
    assert_preflight_request_reaches(service, preflight).await
}

/// As `assert_preflight_reaches`, for a preflight of your own, and for services of any body.
///
/// ```
/// use std::convert::Infallible;
///
/// use cors_axum::{CorsLayer, CorsPolicy, testing::assert_preflight_request_reaches};
/// use http::{Request, Response};
/// use tower::{Layer, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hello = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("hello")) });
/// let service = CorsLayer::new(CorsPolicy::permissive()).layer(hello);
/// let preflight = Request::options("/items")
///     .header("origin", "https://app.example.com")
///     .header("access-control-request-method", "PUT")
///     .header("access-control-request-headers", "content-type")
///     .body(())?;
/// let result = assert_preflight_request_reaches(service, preflight).await;
/// assert_eq!(result.allowed_origin(), Some("*"));
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// As `assert_preflight_reaches`.
#[expect(clippy::panic, clippy::expect_used, reason = "an assertion panics")]
pub async fn assert_preflight_request_reaches<S, A, B>(
    mut service: S,
    preflight: http::Request<A>,
) -> CorsResult
where
    S: Service<http::Request<A>, Response = http::Response<B>>,
    S::Error: Debug,
{
    let asked = preflight.headers().get("access-control-request-method");
    let asked = asked.map(|method| method.as_bytes().escape_ascii().to_string());
    let asked = format!("{} {}", asked.unwrap_or_default(), preflight.uri());

    poll_fn(|cx| service.poll_ready(cx)).await.expect("the service is ready");
    let response =
        LayerScope::within(|| service.call(preflight)).await.expect("the service answers");
    let (result, error) =
        (response.extensions().get::<CorsResult>(), response.extensions().get::<ProviderError>());
    match judge_preflight(&asked, response.status(), result, error) {
        Ok(result) => result,
        Err(failure) => panic!("{failure}"),
    }
}
