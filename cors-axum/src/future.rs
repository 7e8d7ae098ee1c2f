//! The future: waits for the inner service, or does not, and applies the result.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cors_core::CorsResult;
use http::{Response, StatusCode};
use pin_project_lite::pin_project;

pin_project! {
    /// The response of a [`Cors`](crate::Cors) service, with its CORS fields.
    #[derive(Debug)]
    #[must_use = "a future does nothing until it is polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        source: Source<F>,
        // None where nothing governs the request.
        result: Option<CorsResult>,
    }
}

pin_project! {
    /// Where the response comes from.
    #[derive(Debug)]
    #[project = SourceProjection]
    enum Source<F> {
        Service { #[pin] future: F },
        Layer { status: StatusCode },
    }
}

impl<F> ResponseFuture<F> {
    /// The response of the inner service.
    pub(crate) fn forward(future: F, result: Option<CorsResult>) -> Self {
        Self { source: Source::Service { future }, result }
    }

    /// An empty response of our own.
    pub(crate) fn respond(status: StatusCode, result: Option<CorsResult>) -> Self {
        Self { source: Source::Layer { status }, result }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.source.project() {
            SourceProjection::Service { future } => ready!(future.poll(cx))?,
            SourceProjection::Layer { status } => empty(*status),
        };
        // A layer further in, which is nearer to the route, has the last word.
        let is_governed = response.extensions().get::<CorsResult>().is_some();
        if let Some(result) = this.result.take().filter(|_| !is_governed) {
            result.apply_to(response.headers_mut());
            response.extensions_mut().insert(result);
        }
        Poll::Ready(Ok(response))
    }
}

/// Without `Content-Length`, which a 204 must not have; servers add it to other statuses.
fn empty<B: Default>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    response
}
