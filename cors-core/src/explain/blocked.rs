//! What to do about a fetch that a browser blocked.

use super::asked::Known;
use super::correction::Correction;
use super::{Asked, Cause, Explanation, FailedStep, Verdict, messages, remedy};
use crate::browser::{Blocked, Failure, Stage};
use crate::fetch;
use crate::origin::Origin;
use crate::request::RequestKind;
use crate::result::CorsResult;

impl Blocked {
    /// Explains what was blocked, by what, in the words of which browser, and what to change.
    ///
    /// `result` is that of the request whose answer was blocked, where the server runs this engine:
    /// then the steps are the reasons of the policy, and the corrections name its lines.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Credentials, Request, Response};
    ///
    /// let page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("GET", "https://api.example.com/").credentials(Credentials::Include);
    /// let answer = Response::new(200, [("access-control-allow-origin", "*")]);
    /// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
    /// let explanation = blocked.explain(None);
    /// assert_eq!(
    ///     explanation.steps()[0].correction().to_string(),
    ///     "have the server list its origins, answer with the one that asks, and send \
    ///      `Access-Control-Allow-Credentials: true` and `Vary: Origin`; or fetch without credentials",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn explain(&self, result: Option<&CorsResult>) -> Explanation {
        let result = result.filter(|result| result.kind() != RequestKind::NotCors);
        let method = self.failures().iter().find_map(|failure| match failure {
            Failure::MethodNotAllowed(method) => Some(method.clone()),
            _ => None,
        });
        let headers = self.failures().iter().filter_map(|failure| match failure {
            Failure::HeaderNotAllowed(name) => Some(name.clone()),
            Failure::AuthorizationNotListed { .. } => {
                Some(fetch::NON_WILDCARD_REQUEST_HEADER_NAME.to_owned())
            }
            _ => None,
        });
        let headers: Vec<String> = headers.collect();
        let steps = match result {
            // Of an answer that says nothing, a browser cannot know what else would fail.
            Some(result) if result.reasons().next().is_some() => {
                let known = Known {
                    origin: Some(self.page_origin().to_owned()),
                    method: method.clone(),
                    headers: (!headers.is_empty()).then(|| headers.clone()),
                };
                result.explain_known(&known).steps
            }
            _ => self
                .failures()
                .iter()
                .map(|failure| FailedStep {
                    cause: Cause::Failure(failure.clone()),
                    correction: self.correction(failure, result),
                })
                .collect(),
        };
        Explanation {
            asked: Asked {
                kind: match self.stage() {
                    Stage::Preflight => RequestKind::Preflight,
                    _ => RequestKind::Actual,
                },
                origin: Some(self.page_origin().to_owned()),
                method,
                headers,
                url: Some(self.url().to_owned()),
            },
            policy: result.and_then(|result| result.policy().name()).map(str::to_owned),
            verdict: Verdict::Blocked,
            steps,
            messages: messages::of_blocked(self),
            answer: None,
        }
    }

    fn correction(&self, failure: &Failure, allowed: Option<&CorsResult>) -> Correction {
        match (failure, allowed) {
            (Failure::AllowOriginWildcard | Failure::AllowCredentialsNotTrue(_), Some(result))
                if !result.supports_credentials() =>
            {
                remedy::allow_credentials(result.policy(), self.page_origin())
            }
            (
                Failure::AllowOriginMissing
                | Failure::AllowOriginMismatch { .. }
                | Failure::AllowCredentialsNotTrue(_),
                Some(_),
            ) => Correction::advice(
                "the policy allows this, and the answer does not say so: look for what changes its \
                 headers after the layer, or answers in place of it",
            ),
            (Failure::AllowOriginMissing, None) if self.is_after_preflight() => Correction::advice(
                "the preflight was allowed, so there is a CORS layer, and it does not see this \
                     response: it is around another method's handler or another router, or something \
                     outside of it answers (a caught panic, an error handler): put it around all \
                     routes, and around what answers in their place",
            ),
            _ => Correction::advice(advice(failure)),
        }
    }
}

/// What to change where nothing is known of the server but its answer.
pub(super) fn advice(failure: &Failure) -> String {
    let fixed = match failure {
        Failure::InvalidUrl(_) => "correct the URL in the page",
        Failure::UrlIncludesCredentials(_) => {
            "leave user name and password out of the URL; send them in `Authorization`"
        }
        Failure::InvalidMethod(_) => "a method is one token, such as `PUT`",
        Failure::ForbiddenMethod(_) => "use another method: no browser sends this one",
        Failure::MethodUnavailableInNoCors(_) => {
            "use mode `cors`, or one of the methods `GET`, `HEAD` and `POST`"
        }
        Failure::InvalidHeader(_) => "correct the name or the value of the header in the page",
        Failure::BodyNotAllowed(_) => "leave the body out, or use a method that has one",
        Failure::StreamUnavailableInNoCors => {
            "use mode `cors`, or read the stream to its end first"
        }
        Failure::CrossOriginInSameOriginMode => "use mode `cors` in the page",
        Failure::RedirectModeInNoCors => "use mode `cors`, or redirect mode `follow`",
        Failure::SchemeNotHttp(_) => "serve what is fetched over `http` or `https`",
        Failure::AllowOriginMissing => {
            "have the server allow the origin, on errors, redirects and 304 too; check that nothing \
             answers before its CORS layer"
        }
        Failure::AllowOriginWildcard => {
            "have the server list its origins, answer with the one that asks, and send \
             `Access-Control-Allow-Credentials: true` and `Vary: Origin`; or fetch without \
             credentials"
        }
        Failure::AllowOriginMismatch { lines: 2.., .. } => {
            "have one layer of the server set the field, and replace what others set"
        }
        Failure::AllowOriginMismatch { value, .. } if value.iter().any(|b| b" ,".contains(b)) => {
            "have the server answer with one origin, the one that asks"
        }
        Failure::AllowOriginMismatch { value, .. } if value.is_empty() => {
            "have the server send the origin that asks, or no such field"
        }
        Failure::AllowOriginMismatch { value, origin, .. } => {
            let is_origin = Origin::from_bytes(value).is_ok();
            let value = value.escape_ascii();
            let vary = if is_origin {
                format!(
                    "; if `{value}` is the origin of another page, a cache mixes the two up for want \
                     of `Vary: Origin`"
                )
            } else {
                String::new()
            };
            return format!(
                "have the server send `{origin}`, byte for byte as the page has it{vary}"
            );
        }
        Failure::AllowCredentialsNotTrue(value) if value.is_empty() => {
            "have the server send `Access-Control-Allow-Credentials: true`, to preflights too; or \
             fetch without credentials"
        }
        Failure::AllowCredentialsNotTrue(_) => {
            "have the server send `true`, in lower case and once; or fetch without credentials"
        }
        Failure::PreflightRedirect(_) => {
            "fetch the final URL, or keep `OPTIONS` from redirects to https, to logins and to other \
             slashes"
        }
        Failure::PreflightStatus(401 | 403) => {
            "have the CORS layer answer `OPTIONS` with 204 before anything asks for a login"
        }
        Failure::PreflightStatus(404 | 405) => {
            "have the CORS layer answer `OPTIONS` with 204 before the router looks for the path"
        }
        Failure::PreflightStatus(_) => "have the CORS layer answer `OPTIONS` with 204",
        Failure::AllowMethodsUnparseable { .. } => {
            "have the server send methods with commas between them, and nothing else"
        }
        Failure::AllowHeadersUnparseable { .. } => {
            "have the server send header names with commas between them: no quotes, no semicolons"
        }
        Failure::MethodNotAllowed(method)
            if method.eq_ignore_ascii_case("PATCH") && method != "PATCH" =>
        {
            "write `PATCH` in the page, whose case browsers do not change"
        }
        Failure::MethodNotAllowed(method) => {
            return format!(
                "have the server list `{method}` in `Access-Control-Allow-Methods`; with credentials \
                 `*` does not cover it"
            );
        }
        Failure::AuthorizationNotListed { .. } => {
            "have the server list `authorization` by name in `Access-Control-Allow-Headers`: `*` \
             does not cover it"
        }
        Failure::HeaderNotAllowed(name) => {
            return format!(
                "have the server list `{name}` in `Access-Control-Allow-Headers`; with credentials \
                 `*` does not cover it"
            );
        }
        Failure::RedirectModeError => "fetch the final URL, or use redirect mode `follow`",
        Failure::InvalidLocation(_) => "have the server send one `Location`, with a URL in it",
        Failure::LocationSchemeNotHttp(_) => "have the server redirect to `http` or `https` only",
        Failure::LocationIncludesCredentials(_) => {
            "have the server leave user name and password out of `Location`"
        }
        Failure::TooManyRedirects => "have the server redirect less; look for a circle",
        Failure::StreamCannotBeReplayed(_) => {
            "fetch the final URL, or send a body that is not a stream"
        }
    };
    fixed.to_owned()
}
