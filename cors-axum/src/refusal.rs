//! What is answered in place of a request that is not to run.

use std::fmt;
use std::sync::Arc;

use cors_core::CorsResult;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

/// Makes the response to a request that does not run.
///
/// Implemented by [`NoRefusal`], [`TextRefusal`] and [`CustomRefusal`], between which the methods
/// of [`CorsLayer`](crate::CorsLayer) choose, and by nothing else.
///
/// ```
/// use cors_axum::{CorsLayer, CorsPolicy, Refusal};
///
/// fn body_may_be_text<P, R: Refusal<String>>(_: &CorsLayer<P, R>) {}
///
/// body_may_be_text(&CorsLayer::new(CorsPolicy::permissive()).refuse_disallowed_origins());
/// ```
pub trait Refusal<B>: sealed::Sealed {
    /// The response, to which the fields of the result are yet to be applied.
    ///
    /// ```
    /// use cors_axum::{CorsResult, Refusal};
    /// use http::Response;
    ///
    /// fn refused<B>(refusal: &impl Refusal<B>, result: &CorsResult) -> Response<B> {
    ///     let mut response = refusal.response(result);
    ///     result.apply_to(response.headers_mut());
    ///     response
    /// }
    /// ```
    fn response(&self, result: &CorsResult) -> Response<B>;
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Sealed {}

    impl Sealed for super::NoRefusal {}
    impl Sealed for super::TextRefusal {}
    impl<F> Sealed for super::CustomRefusal<F> {}
}

/// Every actual request runs; the default.
///
/// ```
/// use cors_axum::{CorsLayer, CorsOptions, CorsPolicy, NoRefusal};
///
/// let layer: CorsLayer<CorsOptions, NoRefusal> = CorsLayer::new(CorsPolicy::permissive());
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NoRefusal;

/// Status 403 with the reason as text, for bodies that are made from a [`String`]; see
/// [`refuse_disallowed_origins`](crate::CorsLayer::refuse_disallowed_origins).
///
/// ```
/// use cors_axum::{CorsLayer, CorsOptions, CorsPolicy, TextRefusal};
///
/// let layer: CorsLayer<CorsOptions, TextRefusal> =
///     CorsLayer::new(CorsPolicy::permissive()).refuse_disallowed_origins();
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TextRefusal;

/// A response of the user's own; see [`refuse_with`](crate::CorsLayer::refuse_with).
///
/// ```
/// use cors_axum::{CorsLayer, CorsOptions, CorsPolicy, CorsResult, CustomRefusal};
/// use http::Response;
///
/// type Respond = fn(&CorsResult) -> Response<&'static str>;
/// let respond: Respond = |_| Response::new("not from here");
/// let layer: CorsLayer<CorsOptions, CustomRefusal<Respond>> =
///     CorsLayer::new(CorsPolicy::permissive()).refuse_disallowed_origins().refuse_with(respond);
/// ```
pub struct CustomRefusal<F> {
    response: Arc<F>,
}

impl<F> CustomRefusal<F> {
    pub(crate) fn new(response: F) -> Self {
        Self { response: Arc::new(response) }
    }
}

impl<B: Default> Refusal<B> for NoRefusal {
    fn response(&self, _: &CorsResult) -> Response<B> {
        with_status(StatusCode::FORBIDDEN, B::default())
    }
}

impl<B: From<String>> Refusal<B> for TextRefusal {
    fn response(&self, result: &CorsResult) -> Response<B> {
        let mut response = with_status(StatusCode::FORBIDDEN, result.refusal_text().into());
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        response
    }
}

impl<F, B> Refusal<B> for CustomRefusal<F>
where
    F: Fn(&CorsResult) -> Response<B>,
{
    fn response(&self, result: &CorsResult) -> Response<B> {
        (self.response)(result)
    }
}

/// Without `Content-Length`, which a 204 must not have; servers add it to other statuses.
pub(crate) fn with_status<B>(status: StatusCode, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

impl<F> Clone for CustomRefusal<F> {
    fn clone(&self) -> Self {
        Self { response: Arc::clone(&self.response) }
    }
}

impl<F> fmt::Debug for CustomRefusal<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomRefusal")
    }
}
