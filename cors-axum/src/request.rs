//! What the processor sees of a tower request.

#[cfg(feature = "axum")]
use axum::extract::OriginalUri;
use cors_core::adapter::RequestTarget;
use cors_core::{CorsRequest, RequestContext};
use http::{Request, Uri};

/// What the processor sees of a request, all of it borrowed.
#[inline]
pub(crate) fn context<'a, B>(
    request: &'a Request<B>,
    target: &'a Target<'a, B>,
) -> RequestContext<'a> {
    let view = CorsRequest::from_headers(request.method(), request.headers());
    RequestContext::for_target(view, target).with_data(request.extensions())
}

/// The request's target as it came, whose path `Router::nest` shortens in `uri`.
pub(crate) struct Target<'a, B>(pub(crate) &'a Request<B>);

impl<B> Target<'_, B> {
    #[cfg(feature = "axum")]
    fn uri(&self) -> &Uri {
        let original = self.0.extensions().get::<OriginalUri>();
        original.map_or(self.0.uri(), |OriginalUri(uri)| uri)
    }

    #[cfg(not(feature = "axum"))]
    fn uri(&self) -> &Uri {
        self.0.uri()
    }
}

impl<B> RequestTarget for Target<'_, B> {
    fn path(&self) -> &str {
        self.uri().path()
    }

    fn scheme(&self) -> Option<&str> {
        RequestTarget::scheme(self.uri())
    }

    fn authority(&self) -> Option<&str> {
        RequestTarget::authority(self.uri())
    }
}
