//! What an adapter carries to a response.

use http::HeaderMap;

use crate::fields::{AllowOrigin, CorsFields, PreflightFields};
use crate::policy::CorsPolicy;
use crate::result::CorsResult;

/// What the response of the application is given: its CORS fields, with the result that they come
/// from where results are [recorded](crate::adapter::CorsProcessor::record_results).
///
/// ```
/// use cors_core::adapter::{CorsAction, CorsProcessor};
/// use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
///
/// let lines = [("origin", "https://app.example.com")];
/// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
/// let processor = CorsProcessor::new();
/// let policy = CorsPolicy::permissive();
/// let CorsAction::Forward(answer) = processor.process(&request, PolicySelection::Policy(&policy)) else {
///     panic!()
/// };
/// let mut headers = http::HeaderMap::new();
/// answer.apply_to(&mut headers);
/// assert_eq!(headers["access-control-allow-origin"], "*");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ActualAnswer(Kept<AllowOrigin>);

impl ActualAnswer {
    #[inline]
    pub(crate) fn of_fields(policy: CorsPolicy, allow_origin: AllowOrigin) -> Self {
        Self(Kept::Fields(policy, allow_origin))
    }

    #[inline]
    pub(crate) fn of_result(result: CorsResult) -> Self {
        Self(Kept::Result(Box::new(result)))
    }

    /// The fields.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new();
    /// # let policy = CorsPolicy::permissive();
    /// # let CorsAction::Forward(answer) = processor.process(&request, PolicySelection::Policy(&policy)) else { panic!() };
    /// assert!(answer.response_fields().allows_origin());
    /// ```
    #[inline]
    #[must_use]
    pub fn response_fields(&self) -> CorsFields<'_> {
        match &self.0 {
            Kept::Fields(policy, allow_origin) => CorsFields::of_actual(policy, allow_origin),
            Kept::Result(result) => result.response_fields(),
        }
    }

    /// The result, where it was recorded: for the extensions of the response.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new().record_results();
    /// # let policy = CorsPolicy::permissive();
    /// # let CorsAction::Forward(answer) = processor.process(&request, PolicySelection::Policy(&policy)) else { panic!() };
    /// assert!(answer.result().is_some_and(|result| result.is_origin_allowed()));
    /// ```
    #[inline]
    #[must_use]
    pub fn result(&self) -> Option<&CorsResult> {
        self.0.result()
    }

    /// Makes the CORS fields of a response these: see [`CorsFields::apply_to`].
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new();
    /// # let policy = CorsPolicy::permissive();
    /// # let CorsAction::Forward(answer) = processor.process(&request, PolicySelection::Policy(&policy)) else { panic!() };
    /// let mut headers = http::HeaderMap::new();
    /// answer.apply_to(&mut headers);
    /// assert_eq!(headers["access-control-allow-origin"], "*");
    /// ```
    #[inline]
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        self.response_fields().apply_to(headers);
    }
}

/// What the response to a preflight is given: as [`ActualAnswer`].
///
/// ```
/// use cors_core::adapter::{CorsAction, CorsProcessor};
/// use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
///
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/items");
/// let processor = CorsProcessor::new();
/// let policy = CorsPolicy::permissive();
/// let CorsAction::Respond { answer: Some(answer), .. } = processor.process(&request, PolicySelection::Policy(&policy)) else {
///     panic!()
/// };
/// let mut headers = http::HeaderMap::new();
/// answer.apply_to(&mut headers);
/// assert_eq!(headers["access-control-allow-origin"], "*");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PreflightAnswer(Kept<(AllowOrigin, PreflightFields)>);

impl PreflightAnswer {
    #[inline]
    pub(crate) fn of_fields(policy: CorsPolicy, fields: (AllowOrigin, PreflightFields)) -> Self {
        Self(Kept::Fields(policy, fields))
    }

    #[inline]
    pub(crate) fn of_result(result: CorsResult) -> Self {
        Self(Kept::Result(Box::new(result)))
    }

    /// The fields.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// # let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// # let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/items");
    /// # let processor = CorsProcessor::new();
    /// # let policy = CorsPolicy::permissive();
    /// # let CorsAction::Respond { answer: Some(answer), .. } = processor.process(&request, PolicySelection::Policy(&policy)) else { panic!() };
    /// assert!(answer.response_fields().allows_origin());
    /// ```
    #[inline]
    #[must_use]
    pub fn response_fields(&self) -> CorsFields<'_> {
        match &self.0 {
            Kept::Fields(policy, (allow_origin, fields)) => {
                CorsFields::of_preflight(policy, allow_origin, fields)
            }
            Kept::Result(result) => result.response_fields(),
        }
    }

    /// The result, where it was recorded: for the extensions of the response.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// # let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// # let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/items");
    /// # let processor = CorsProcessor::new().record_results();
    /// # let policy = CorsPolicy::permissive();
    /// # let CorsAction::Respond { answer: Some(answer), .. } = processor.process(&request, PolicySelection::Policy(&policy)) else { panic!() };
    /// assert!(answer.result().is_some_and(|result| result.is_origin_allowed()));
    /// ```
    #[inline]
    #[must_use]
    pub fn result(&self) -> Option<&CorsResult> {
        self.0.result()
    }

    /// Makes the CORS fields of a response these: see [`CorsFields::apply_to`].
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// # let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// # let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/items");
    /// # let processor = CorsProcessor::new();
    /// # let policy = CorsPolicy::permissive();
    /// # let CorsAction::Respond { answer: Some(answer), .. } = processor.process(&request, PolicySelection::Policy(&policy)) else { panic!() };
    /// let mut headers = http::HeaderMap::new();
    /// answer.apply_to(&mut headers);
    /// assert_eq!(headers["access-control-allow-origin"], "*");
    /// ```
    #[inline]
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        self.response_fields().apply_to(headers);
    }
}

/// What is kept of an evaluation.
#[derive(Clone, Debug, PartialEq)]
enum Kept<F> {
    /// As little as a response needs: it is moved a few times for each request.
    Fields(CorsPolicy, F),
    /// Boxed: who records results allocates for them anyway.
    Result(Box<CorsResult>),
}

impl<F> Kept<F> {
    #[inline]
    fn result(&self) -> Option<&CorsResult> {
        match self {
            Self::Fields(..) => None,
            Self::Result(result) => Some(result),
        }
    }
}
