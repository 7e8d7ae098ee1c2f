//! Help for tests of applications: can a page call them, and do preflights reach the middleware?
#![cfg_attr(feature = "browser", doc = "")]
#![cfg_attr(feature = "browser", doc = include_str!("../docs/fetch.md"))]

use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::test::TestRequest;
use cors_core::{CorsResult, LayerScope, ProviderError, UnansweredPreflight};

use crate::status::engine_status;

#[cfg(feature = "browser")]
mod fetch;

#[cfg(feature = "browser")]
#[doc(no_inline)]
pub use cors_core::browser::{
    Blocked, Body, Browser, CacheMode, Credentials, Engine, Failure, FetchError, InitiatorType,
    Mode, RedirectMode, Reply, Request, SentRequest, Stage, Traffic,
};
#[cfg(feature = "browser")]
pub use fetch::Fetch;

/// Sends a preflight to an application, and panics unless [`Cors`](crate::Cors) answers and allows
/// it; returns what it decided.
///
/// A route, an authentication middleware or a redirect
/// that answers first is what this finds, and explains; [where to put
/// it](crate#where-to-put-it) shows the places that work.
///
/// ```
/// use actix_web::{App, HttpResponse, http::Method, test, web};
/// use cors_actix::{Cors, CorsPolicy, testing::assert_preflight_reaches};
///
/// # #[actix_web::main]
/// # async fn main() {
/// let app = App::new()
///     .route("/items", web::put().to(HttpResponse::Ok))
///     .wrap(Cors::new(CorsPolicy::permissive()));
/// let app = test::init_service(app).await;
/// assert_preflight_reaches(&app, "https://app.example.com", Method::PUT, "/items").await;
/// # }
/// ```
///
/// # Panics
///
/// Something else answered, and the message says what probably did, and what to change; or the
/// policy refuses the preflight, and the message says why; or `path` is not one.
#[expect(clippy::panic, reason = "an assertion panics")]
pub async fn assert_preflight_reaches<S, B>(
    service: &S,
    origin: &str,
    method: Method,
    path: &str,
) -> CorsResult
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
{
    let preflight = TestRequest::with_uri(path)
        .method(Method::OPTIONS)
        .insert_header((header::ORIGIN, origin))
        .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, method.as_str()));
    let response = match LayerScope::within(|| service.call(preflight.to_request())).await {
        Ok(response) => response.into_parts().1.drop_body(),
        Err(error) => error.error_response().drop_body(),
    };
    let what = format!("the preflight for `{method} {path}`");
    let extensions = response.extensions();
    if let Some(error) = extensions.get::<ProviderError>() {
        panic!("{what} failed: {error}");
    }
    let Some(result) =
        extensions.get::<CorsResult>().filter(|result| result.is_preflight_request())
    else {
        panic!("{what}: {}", UnansweredPreflight::new(engine_status(response.status())));
    };
    let reasons: Vec<_> = result.reasons().map(ToString::to_string).collect();
    let policy = result.policy().name().map(|name| format!(" `{name}`")).unwrap_or_default();
    assert!(reasons.is_empty(), "{what} is refused by the policy{policy}: {}", reasons.join("; "));
    result.clone()
}
