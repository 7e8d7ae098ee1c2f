//! The service: asks the processor about each request, and does as it says.

use std::task::{Context, Poll};

#[cfg(feature = "axum")]
use axum::extract::OriginalUri;
use cors_core::{CorsAction, CorsProcessor, CorsRequest, Processing, RequestContext};
use http::{Request, Response};
use tower_service::Service;

use crate::future::ResponseFuture;

/// A service under CORS policies; [`CorsLayer`](crate::CorsLayer) makes it.
///
/// Requests and responses keep their bodies' types, which only have to be [`Default`] in responses
/// (a preflight is answered by an empty one), and errors are those of the inner service. Its clone
/// is one of the inner service and a reference count.
///
/// ```
/// use std::convert::Infallible;
///
/// use cors_axum::{CorsLayer, CorsPolicy, CorsResult};
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hello = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("hello")) });
/// let service = CorsLayer::new(CorsPolicy::permissive()).layer(hello);
///
/// let preflight = Request::options("/")
///     .header("origin", "https://app.example.com")
///     .header("access-control-request-method", "PUT")
///     .body(())?;
/// let response = service.oneshot(preflight).await?;
/// assert_eq!(response.status(), 204);
/// assert_eq!(response.headers()["access-control-allow-methods"], "*");
/// assert_eq!(response.body(), &"");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a service does nothing until it is called"]
pub struct Cors<S> {
    inner: S,
    processor: CorsProcessor,
}

impl<S> Cors<S> {
    pub(crate) fn new(inner: S, processor: CorsProcessor) -> Self {
        Self { inner, processor }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for Cors<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Default,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    /// Ready when the inner service is: whether the next request is a preflight, nobody knows yet.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let view = CorsRequest::from_headers(request.method(), request.headers());
        let context = RequestContext::new(view, path(&request));
        match self.processor.process(&context) {
            Processing::Done(CorsAction::Forward(result)) => {
                ResponseFuture::forward(self.inner.call(request), Some(result))
            }
            Processing::Done(CorsAction::Respond { status, result }) => {
                ResponseFuture::respond(status, result)
            }
            // The layer has no provider and blocks nothing, so what is left passes through.
            _ => ResponseFuture::forward(self.inner.call(request), None),
        }
    }
}

/// The path of the request's target as it came, which `Router::nest` shortens in `uri`.
#[cfg(feature = "axum")]
fn path<B>(request: &Request<B>) -> &str {
    let original = request.extensions().get::<OriginalUri>();
    original.map_or(request.uri(), |OriginalUri(uri)| uri).path()
}

#[cfg(not(feature = "axum"))]
fn path<B>(request: &Request<B>) -> &str {
    request.uri().path()
}
