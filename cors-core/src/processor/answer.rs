use http::HeaderMap;

use crate::fields::CorsFields;
use crate::result::CorsResult;

/// What a response is given: its CORS fields, with the result that they come from where results are
/// [recorded](crate::CorsProcessor::record_results).
///
/// ```
/// use cors_core::{
///     CorsAction, CorsPolicy, CorsProcessor, CorsRequest, Processing, RequestContext,
/// };
///
/// let lines = [("origin", "https://app.example.com")];
/// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
/// let processor = CorsProcessor::new(CorsPolicy::permissive());
/// let Processing::Done(CorsAction::Forward(answer)) = processor.process(&request) else { panic!() };
/// let mut headers = http::HeaderMap::new();
/// answer.apply_to(&mut headers);
/// assert_eq!(headers["access-control-allow-origin"], "*");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CorsAnswer(Kept);

#[derive(Clone, Debug, PartialEq)]
enum Kept {
    Fields(CorsFields),
    /// Boxed: who records results allocates for them anyway.
    Result(Box<CorsResult>),
}

impl CorsAnswer {
    /// The fields.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, Processing, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// # let Processing::Done(CorsAction::Forward(answer)) = processor.process(&request) else { panic!() };
    /// assert!(answer.fields().allows_origin());
    /// ```
    #[must_use]
    pub fn fields(&self) -> &CorsFields {
        match &self.0 {
            Kept::Fields(fields) => fields,
            Kept::Result(result) => result.response_fields(),
        }
    }

    /// The result, where it was recorded.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, Processing, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new(CorsPolicy::permissive()).record_results();
    /// # let Processing::Done(CorsAction::Forward(answer)) = processor.process(&request) else { panic!() };
    /// assert!(answer.result().is_some_and(|result| result.is_origin_allowed()));
    /// ```
    #[must_use]
    pub fn result(&self) -> Option<&CorsResult> {
        match &self.0 {
            Kept::Fields(_) => None,
            Kept::Result(result) => Some(result),
        }
    }

    /// The result by itself, where it was recorded: for the extensions of the response.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, Processing, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// # let Processing::Done(CorsAction::Forward(answer)) = processor.process(&request) else { panic!() };
    /// assert_eq!(answer.into_result(), None);
    /// ```
    #[must_use]
    pub fn into_result(self) -> Option<Box<CorsResult>> {
        match self.0 {
            Kept::Fields(_) => None,
            Kept::Result(result) => Some(result),
        }
    }

    /// Makes the CORS fields of a response these: see [`CorsFields::apply_to`].
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, Processing, RequestContext};
    /// # let lines = [("origin", "https://app.example.com")];
    /// # let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// # let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// # let Processing::Done(CorsAction::Forward(answer)) = processor.process(&request) else { panic!() };
    /// let mut headers = http::HeaderMap::new();
    /// answer.apply_to(&mut headers);
    /// assert_eq!(headers["access-control-allow-origin"], "*");
    /// ```
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        self.fields().apply_to(headers);
    }
}

impl From<CorsFields> for CorsAnswer {
    fn from(fields: CorsFields) -> Self {
        Self(Kept::Fields(fields))
    }
}

impl From<CorsResult> for CorsAnswer {
    fn from(result: CorsResult) -> Self {
        Self(Kept::Result(Box::new(result)))
    }
}
