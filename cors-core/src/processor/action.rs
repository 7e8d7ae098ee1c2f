//! What follows for an adapter.

use http::StatusCode;

use super::answer::{ActualAnswer, PreflightAnswer};
use crate::provider::ProviderError;
use crate::request::RequestKind;
use crate::result::CorsResult;

/// What an adapter does with a request.
///
/// ```
/// use cors_core::{CorsAction, CorsOptions, CorsProcessor, CorsRequest, RequestContext};
/// use http::StatusCode;
///
/// let options = CorsOptions::builder().disable("/internal").build()?;
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/internal");
/// let action = CorsProcessor::new().process(&request, options.select_for(&request));
/// assert_eq!(action, CorsAction::Respond { status: StatusCode::FORBIDDEN, answer: None });
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an adapter must not compile when there is something else to do"
)]
pub enum CorsAction {
    /// Nothing governs the request: run the inner service, and leave its response as it is.
    PassThrough,
    /// Run the inner service, once, in a [`LayerScope`](crate::LayerScope); then apply this to its response, whatever
    /// that is, unless the response holds the [`CorsResult`] of a layer within.
    Forward(ActualAnswer),
    /// A preflight: answer now, with this status and an empty body, without running the inner
    /// service. There is nothing to apply where CORS is disabled for the path.
    Respond {
        /// The status of the response.
        status: StatusCode,
        /// What to apply to it.
        answer: Option<PreflightAnswer>,
    },
    /// An actual request that is not to run: answer now, with status 403 and the reason as text
    /// unless the user has another answer, and apply the result to it.
    Block(Box<CorsResult>),
    /// The provider failed. A preflight is answered with status 500 and an empty body; for any other
    /// request, run the inner service and [strip](crate::strip_cors_fields) its response.
    Fail {
        /// What to log.
        error: ProviderError,
        /// What the request is to the protocol.
        kind: RequestKind,
    },
}
