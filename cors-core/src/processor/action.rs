//! What follows for an adapter.

use http::StatusCode;

use super::answer::{ActualAnswer, PreflightAnswer};
use crate::provider::ProviderError;
use crate::result::CorsResult;

/// What an adapter does with a request.
///
/// ```
/// use cors_core::adapter::{CorsAction, CorsProcessor};
/// use cors_core::{CorsOptions, CorsRequest, RequestContext};
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
    /// Run the inner service, once: call it, and poll its future, in a
    /// [`LayerScope`](crate::adapter::LayerScope). Leave its response alone where that holds a [`CorsResult`] or
    /// a [`ProviderError`], since a layer within has decided. Otherwise apply this to the response,
    /// whatever it is, and put [`ActualAnswer::result`], where there is one, into its extensions.
    Forward(ActualAnswer),
    /// A preflight: answer now, with this status and an empty body, without running the inner
    /// service. Apply the answer to the response, and put [`PreflightAnswer::result`], where there is
    /// one, into its extensions. There is no answer where CORS is disabled for the path.
    Respond {
        /// The status of the response.
        status: StatusCode,
        /// What to apply to it.
        answer: Option<PreflightAnswer>,
    },
    /// An actual request that is not to run: answer now, with status 403 and the
    /// [reason as text](CorsResult::refusal_text) unless the user has another answer. Apply the result
    /// to the response, and put it into its extensions.
    Refuse(Box<CorsResult>),
    /// The provider failed. Where the request runs, run the inner service in a
    /// [`LayerScope`](crate::adapter::LayerScope), and leave its response alone where a layer within has decided.
    /// Where it does not run, answer now, with status 500 and an empty body. Either way
    /// [strip](crate::adapter::strip_cors_fields) the response, and put the error into its extensions.
    Fail {
        /// What to log.
        error: ProviderError,
        /// Does the inner service run? Not for preflights, and not for cross-origin requests where
        /// those of disallowed origins are kept from running: whether this one is, nobody knows.
        runs: bool,
    },
}
