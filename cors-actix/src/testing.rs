//! Help for tests of applications: can a page call them, and do preflights reach the middleware?
#![cfg_attr(feature = "browser", doc = "")]
#![cfg_attr(feature = "browser", doc = include_str!("../docs/fetch.md"))]

use std::future::poll_fn;

use actix_http::Request as ActixRequest;
use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::test::TestRequest;
use cors_core::adapter::{LayerScope, judge_preflight};
use cors_core::{CorsResult, ProviderError};

use crate::status::engine_status;

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

/// Sends a preflight to an application, and panics unless [`Cors`](crate::Cors) answers and allows
/// it; returns what it decided.
///
/// A route, an authentication middleware or a redirect
/// that answers first is what this finds, and explains; [where to put
/// it](crate#where-to-put-it) shows the places that work.
///
/// The request that follows is not sent. Where something outside of the middleware replaces its response,
/// that response has no CORS field: a page that fetches (feature `browser`) finds that, too.
///
/// ```
/// use actix_web::{App, HttpResponse, test, web};
/// use cors_actix::{Cors, CorsPolicy, testing::assert_preflight_reaches};
///
/// # #[actix_web::main]
/// # async fn main() {
/// let app = App::new()
///     .route("/items", web::put().to(HttpResponse::Ok))
///     .wrap(Cors::new(CorsPolicy::permissive()));
/// let app = test::init_service(app).await;
/// assert_preflight_reaches(&app, "https://app.example.com", "PUT", "/items").await;
/// # }
/// ```
///
/// # Panics
///
/// Something else answered, and the message says what probably did, and what to change; or the
/// policy refuses the preflight, and the message says why; or `path` is not one.
pub async fn assert_preflight_reaches<S, B>(
    service: S,
    origin: &str,
    method: &str,
    path: &str,
) -> CorsResult
where
    S: Service<ActixRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let preflight = TestRequest::with_uri(path)
        .method(Method::OPTIONS)
        .insert_header((header::ORIGIN, origin))
        .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, method));
    assert_preflight_request_reaches(service, preflight.to_request()).await
}

/// As [`assert_preflight_reaches`], for a preflight of your own, such as one that names request headers.
///
/// ```
/// use actix_web::{App, HttpResponse, http::Method, test, web};
/// use cors_actix::{Cors, CorsPolicy, testing::assert_preflight_request_reaches};
///
/// # #[actix_web::main]
/// # async fn main() {
/// let app = App::new()
///     .route("/items", web::put().to(HttpResponse::Ok))
///     .wrap(Cors::new(CorsPolicy::permissive()));
/// let app = test::init_service(app).await;
/// let preflight = test::TestRequest::with_uri("/items")
///     .method(Method::OPTIONS)
///     .insert_header(("origin", "https://app.example.com"))
///     .insert_header(("access-control-request-method", "PUT"))
///     .insert_header(("access-control-request-headers", "content-type"));
/// let result = assert_preflight_request_reaches(&app, preflight.to_request()).await;
/// assert_eq!(result.allowed_origin(), Some("*"));
/// # }
/// ```
///
/// # Panics
///
/// As [`assert_preflight_reaches`].
#[expect(clippy::panic, clippy::expect_used, reason = "an assertion panics")]
pub async fn assert_preflight_request_reaches<S, B>(
    service: S,
    preflight: ActixRequest,
) -> CorsResult
where
    S: Service<ActixRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let asked = preflight.head().headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let asked = asked.map(|method| method.as_bytes().escape_ascii().to_string());
    let asked = format!("{} {}", asked.unwrap_or_default(), preflight.uri());

    poll_fn(|cx| service.poll_ready(cx)).await.expect("the service is ready");
    let response = match LayerScope::within(|| service.call(preflight)).await {
        Ok(response) => response.into_parts().1.drop_body(),
        Err(error) => error.error_response().drop_body(),
    };
    let extensions = response.extensions();
    let (result, error) = (extensions.get::<CorsResult>(), extensions.get::<ProviderError>());
    match judge_preflight(&asked, engine_status(response.status()), result, error) {
        Ok(result) => result,
        Err(failure) => panic!("{failure}"),
    }
}
