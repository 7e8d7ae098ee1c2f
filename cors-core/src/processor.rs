//! What every adapter does alike: choose the policy, evaluate it, and say what follows.

use http::StatusCode;

use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Setting};
use crate::options::{CorsOptions, PolicySelection};
use crate::request::{CorsRequest, RequestKind};
use crate::result::{CorsOutcome, CorsResult};
use crate::service::CorsService;

/// Tells an adapter what to do with a request.
///
/// An adapter builds a [`CorsRequest`], asks the processor, and carries the [`CorsAction`] out; it
/// never looks at an origin itself. Its clone is a reference count.
///
/// ```
/// use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest};
///
/// let processor = CorsProcessor::new(CorsPolicy::permissive());
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = CorsRequest::new("OPTIONS", &lines);
/// let CorsAction::Respond { status, result: Some(result) } = processor.process(&request, "/items")
/// else {
///     panic!("a preflight is answered")
/// };
/// assert_eq!(status, 204);
/// assert!(result.is_origin_allowed());
/// ```
#[derive(Clone, Debug)]
pub struct CorsProcessor {
    options: CorsOptions,
    preflight_status: StatusCode,
    refused_preflight_status: StatusCode,
}

/// What an adapter does with a request.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an adapter must not compile when there is something else to do"
)]
pub enum CorsAction {
    /// Nothing governs the request: run the inner service, and leave its response as it is.
    PassThrough,
    /// Run the inner service, once, and apply the result to its response, whatever that is.
    Forward(CorsResult),
    /// Answer now, with this status and an empty body, without running the inner service. There is
    /// no result to apply where CORS is disabled for the path.
    Respond {
        /// The status of the answer.
        status: StatusCode,
        /// What to apply to the answer's headers.
        result: Option<CorsResult>,
    },
}

impl CorsProcessor {
    /// A processor for a policy or for options, with status 204 for answered and 403 for refused
    /// preflights.
    #[must_use]
    pub fn new(options: impl Into<CorsOptions>) -> Self {
        Self {
            options: options.into(),
            preflight_status: StatusCode::NO_CONTENT,
            refused_preflight_status: StatusCode::FORBIDDEN,
        }
    }

    /// Makes the policy of this name that of the paths that no rule names.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy, CorsProcessor};
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// let processor = CorsProcessor::new(options).named("public")?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no policy of this name.
    pub fn named(self, name: &str) -> Result<Self, ConfigErrors> {
        Ok(Self { options: self.options.with_default(name)?, ..self })
    }

    /// Answers preflights whose origin is allowed with another status than 204.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsProcessor};
    /// use http::StatusCode;
    ///
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// assert!(processor.clone().preflight_status(StatusCode::OK).is_ok());
    /// assert!(processor.preflight_status(StatusCode::FOUND).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not [ok](https://fetch.spec.whatwg.org/#ok-status) (200 to 299), and so would
    /// fail every preflight.
    pub fn preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        if !status.is_success() {
            let place = Place::text(Setting::PreflightStatus, status.as_str());
            return Err(ConfigError::new(place, ConfigErrorReason::PreflightStatusNotOk).into());
        }
        Ok(Self { preflight_status: status, ..self })
    }

    /// Answers preflights that are refused for their origin, that no browser sends, or for whose
    /// path CORS is disabled, with another status than 403.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsProcessor};
    /// use http::StatusCode;
    ///
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// assert!(processor.clone().refused_preflight_status(StatusCode::NO_CONTENT).is_ok());
    /// assert!(processor.refused_preflight_status(StatusCode::FOUND).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not one of 200 to 299 or 400 to 599.
    pub fn refused_preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        if !status.is_success() && !status.is_client_error() && !status.is_server_error() {
            let place = Place::text(Setting::RefusedPreflightStatus, status.as_str());
            return Err(ConfigError::new(place, ConfigErrorReason::RefusedPreflightStatus).into());
        }
        Ok(Self { refused_preflight_status: status, ..self })
    }

    /// The options that the processor chooses from.
    #[must_use]
    pub fn options(&self) -> &CorsOptions {
        &self.options
    }

    /// Decides what to do with a request for `path`: the whole path of its target, as it came.
    #[must_use]
    pub fn process(&self, request: &CorsRequest<'_>, path: &str) -> CorsAction {
        match self.options.select(path, request.effective_method()) {
            PolicySelection::None => CorsAction::PassThrough,
            PolicySelection::Disabled => match request.kind() {
                RequestKind::Preflight => {
                    CorsAction::Respond { status: self.refused_preflight_status, result: None }
                }
                RequestKind::NotCors | RequestKind::Actual => CorsAction::PassThrough,
            },
            PolicySelection::Policy(policy) => {
                let result = CorsService::new().evaluate_policy(request, policy);
                match self.status(&result) {
                    Some(status) => CorsAction::Respond { status, result: Some(result) },
                    None => CorsAction::Forward(result),
                }
            }
        }
    }

    /// The status with which a preflight is answered; none for other requests.
    fn status(&self, result: &CorsResult) -> Option<StatusCode> {
        match result.outcome() {
            CorsOutcome::NotCors | CorsOutcome::ActualAllowed | CorsOutcome::ActualRefused(_) => {
                None
            }
            // An allowed origin gets the true lists, so that the browser itself names what fails.
            CorsOutcome::PreflightRefused(_) if !result.is_origin_allowed() => {
                Some(self.refused_preflight_status)
            }
            CorsOutcome::PreflightAllowed | CorsOutcome::PreflightRefused(_) => {
                Some(self.preflight_status)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CorsPolicy;

    const ORIGIN: (&str, &str) = ("origin", "https://a.example");
    const EVIL: (&str, &str) = ("origin", "https://evil.example");
    const ASKS: (&str, &str) = ("access-control-request-method", "PUT");

    fn processor() -> CorsProcessor {
        let options = CorsOptions::builder()
            .add_policy("a", CorsPolicy::builder().with_origins(["https://a.example"]))
            .add_policy("any", CorsPolicy::permissive())
            .route("/a", "a")
            .route_methods(["PUT"], "/mixed", "any")
            .disable("/mixed")
            .build()
            .unwrap();
        CorsProcessor::new(options)
    }

    #[test]
    fn each_request_is_passed_forwarded_or_answered() {
        let (ok, refused) = (Some((204, true)), Some((403, true)));
        let disabled = Some((403, false));
        for (path, method, lines, forwards, responds) in [
            ("/none", "GET", vec![ORIGIN], false, None),
            ("/none", "OPTIONS", vec![ORIGIN, ASKS], false, None),
            ("/a", "GET", vec![], true, None),
            ("/a", "GET", vec![EVIL], true, None),
            ("/a", "OPTIONS", vec![ORIGIN], true, None),
            ("/a", "OPTIONS", vec![ORIGIN, ASKS], false, ok),
            ("/a", "OPTIONS", vec![EVIL, ASKS], false, refused),
            ("/a", "OPTIONS", vec![ORIGIN, ASKS, ASKS], false, refused),
            ("/mixed", "OPTIONS", vec![EVIL, ASKS], false, ok),
            ("/mixed", "PUT", vec![EVIL], true, None),
            ("/mixed", "GET", vec![EVIL], false, None),
            (
                "/mixed",
                "OPTIONS",
                vec![EVIL, ("access-control-request-method", "GET")],
                false,
                disabled,
            ),
        ] {
            let action = processor().process(&CorsRequest::new(method, &lines), path);
            let (forwarded, responded) = match action {
                CorsAction::PassThrough => (false, None),
                CorsAction::Forward(_) => (true, None),
                CorsAction::Respond { status, result } => {
                    (false, Some((status.as_u16(), result.is_some())))
                }
            };
            assert_eq!((forwarded, responded), (forwards, responds), "{method} {path} {lines:?}");
        }
    }

    #[test]
    fn statuses_can_be_set_within_what_browsers_take() {
        let set = processor()
            .preflight_status(StatusCode::OK)
            .and_then(|processor| processor.refused_preflight_status(StatusCode::NOT_FOUND))
            .and_then(|processor| processor.named("a"))
            .unwrap();
        let status = |lines: &[(&str, &str)]| match set
            .process(&CorsRequest::new("OPTIONS", &lines), "/x")
        {
            CorsAction::Respond { status, .. } => status.as_u16(),
            action => panic!("{action:?}"),
        };
        assert_eq!(status(&[ORIGIN, ("access-control-request-method", "GET")]), 200);
        assert_eq!(status(&[EVIL, ASKS]), 404);
        for (result, message) in [
            (
                processor().preflight_status(StatusCode::FOUND),
                "preflight_status `302`: browsers accept a preflight only with a status from 200 to 299",
            ),
            (
                processor().refused_preflight_status(StatusCode::FOUND),
                "refused_preflight_status `302`: a refused preflight is answered with a status from \
                 200 to 299 or from 400 to 599",
            ),
            (
                processor().named("b"),
                "named `b`: there is no policy of this name; there are `a`, `any`",
            ),
        ] {
            assert_eq!(result.unwrap_err().to_string(), message);
        }
    }
}
