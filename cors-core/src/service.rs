//! The evaluation of a policy, in the order of the standard.

mod requested_headers;

use http::HeaderValue;

use crate::excerpt::Excerpt;
use crate::fetch;
use crate::origin::Admission;
use crate::policy::{AnyOr, CorsPolicy};
use crate::request::{CorsRequest, Field, RequestKind};
use crate::result::{AllowOrigin, CorsResult, Mirrored, RefusalReason, RefusalReasons};

/// The most bytes of a requested method that are looked at.
const MAX_METHOD_LENGTH: usize = 256;

/// Decides what the CORS protocol says of a request under a policy.
///
/// The decision is a pure function: no input or output, no clock, no log, no error. It never
/// panics, whatever bytes the request holds, and its work is bounded by the policy, not by the
/// request. In particular it looks at
///
/// - at most 512 bytes of an origin, and at most 256 of a requested method;
/// - of the requested headers, under a policy that lists *n* names: at most *n* + 16 elements, of
///   which 16 may be empty or repeated, and of each no more bytes than the longest name has, with
///   at most 16 bytes of white space on each side;
/// - where any header is allowed: at most 256 names and 16 KiB.
///
/// It allocates nothing for actual requests, nor for preflights under a policy that lists methods
/// and headers (up to 256 of them) or that allows any and is asked as browsers ask, except that an origin of over 63 bytes that is matched by a
/// pattern in [raw header lines](CorsRequest::new) is copied.
///
/// ```
/// use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "https://app.example.com")];
/// let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
/// assert_eq!(result.outcome(), &CorsOutcome::ActualAllowed);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CorsService;

impl CorsService {
    /// The service; it has no state.
    ///
    /// ```
    /// # use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService};
    /// const SERVICE: CorsService = CorsService::new();
    ///
    /// let lines = [("host", "api.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = SERVICE.evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.outcome(), &CorsOutcome::NotCors);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Evaluates `policy` for `request`.
    ///
    /// ```
    /// use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService};
    ///
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://app.example.com"])
    ///     .with_methods(["PUT"])
    ///     .with_headers(["content-type"])
    ///     .build()?;
    /// let lines = [
    ///     ("Origin", "https://app.example.com"),
    ///     ("Access-Control-Request-Method", "PUT"),
    ///     ("Access-Control-Request-Headers", "content-type"),
    /// ];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &policy);
    /// assert_eq!(result.outcome(), &CorsOutcome::PreflightAllowed);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn evaluate_policy(&self, request: &CorsRequest<'_>, policy: &CorsPolicy) -> CorsResult {
        match request.kind() {
            RequestKind::NotCors => CorsResult::not_cors(policy),
            RequestKind::Actual => evaluate_actual(request, policy),
            RequestKind::Preflight => evaluate_preflight(request, policy),
        }
    }
}

/// What the browser checks on the response to the actual request:
/// <https://fetch.spec.whatwg.org/#cors-check>
fn evaluate_actual(request: &CorsRequest<'_>, policy: &CorsPolicy) -> CorsResult {
    match evaluate_origin(request, policy) {
        Ok(allow_origin) => CorsResult::actual_allowed(policy, allow_origin),
        Err(reason) => CorsResult::actual_refused(policy, reason),
    }
}

/// What the browser checks on the response to a preflight, where every failing step counts:
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
fn evaluate_preflight(request: &CorsRequest<'_>, policy: &CorsPolicy) -> CorsResult {
    // The CORS check of the preflight's own response.
    let (allow_origin, origin) = match evaluate_origin(request, policy) {
        // Under an any-origin policy the value does not matter, but browsers send it once.
        Ok(_) if matches!(request.origin, Field::Several) => {
            (AllowOrigin::Nothing, Some(RefusalReason::SeveralOrigins))
        }
        Ok(allow_origin) => (allow_origin, None),
        Err(reason) => (AllowOrigin::Nothing, Some(reason)),
    };
    // "If request's method is not in methods, request's method is not a CORS-safelisted method ..."
    let (mirrored_method, method) = split(evaluate_method(request, policy));
    // "For each unsafeName of the CORS-unsafe request-header names with request's header list ..."
    let (mirrored_headers, headers) = split(requested_headers::evaluate(request, policy));
    // https://wicg.github.io/private-network-access/#cors-preflight
    let asks_for_private_network = request.asks_for_private_network();
    let private_network = (asks_for_private_network && !policy.allows_private_network())
        .then_some(RefusalReason::PrivateNetworkNotAllowed);

    match RefusalReasons::of_steps([origin, method, headers, private_network]) {
        Some(reasons) => CorsResult::preflight_refused(policy, reasons, allow_origin),
        None => {
            let mirrored = Mirrored { method: mirrored_method, headers: mirrored_headers };
            CorsResult::preflight_allowed(policy, allow_origin, mirrored, asks_for_private_network)
        }
    }
}

/// The value of `Access-Control-Allow-Origin`: `*`, or the origin byte for byte.
fn evaluate_origin(
    request: &CorsRequest<'_>,
    policy: &CorsPolicy,
) -> Result<AllowOrigin, RefusalReason> {
    let compiled = policy.compiled();
    let AnyOr::Listed(origins) = &compiled.origins else {
        return Ok(AllowOrigin::Any);
    };
    let Field::Line(value) = request.origin else {
        return Err(RefusalReason::SeveralOrigins);
    };
    let bytes = value.as_bytes();
    match origins.admit(bytes, compiled.credentials) {
        Admission::Listed(own) => Ok(AllowOrigin::Value(own.clone())),
        Admission::Matched => Ok(AllowOrigin::echo(value)),
        Admission::NotAllowed => {
            Err(RefusalReason::OriginNotAllowed { origin: Excerpt::new(bytes) })
        }
        Admission::NullNotAllowed => Err(RefusalReason::NullOriginNotAllowed),
        Admission::Insecure => {
            Err(RefusalReason::InsecureOriginNotAllowed { origin: Excerpt::new(bytes) })
        }
        Admission::TooLong => Err(RefusalReason::OriginTooLong { length: bytes.len() }),
    }
}

/// The requested method, where it has to be mirrored.
///
/// <https://fetch.spec.whatwg.org/#http-access-control-request-method>
fn evaluate_method(
    request: &CorsRequest<'_>,
    policy: &CorsPolicy,
) -> Result<Option<HeaderValue>, RefusalReason> {
    let Field::Line(value) = request.requested_method else {
        return Err(RefusalReason::RequestedMethodRepeated);
    };
    let method = value.as_bytes();
    let excerpt = || Excerpt::new(method);
    let compiled = policy.compiled();
    let listed = match &compiled.methods {
        AnyOr::Any => false,
        // What a policy lists is a token, and not forbidden.
        AnyOr::Listed(methods) => methods.contains(method),
    };
    if listed || fetch::is_safelisted_method(method) && !compiled.mirrors_method() {
        Ok(None)
    } else if method.is_empty() {
        Err(RefusalReason::RequestedMethodEmpty)
    } else if method.len() > MAX_METHOD_LENGTH {
        Err(RefusalReason::RequestedMethodTooLong { length: method.len() })
    } else if !fetch::is_token(method) {
        Err(RefusalReason::RequestedMethodNotAToken { method: excerpt() })
    } else if fetch::is_forbidden_method(method) {
        Err(RefusalReason::RequestedMethodForbidden { method: excerpt() })
    } else if !compiled.methods.is_any() || compiled.mirrors_method() && method == b"*" {
        Err(RefusalReason::MethodNotAllowed { method: excerpt() })
    } else if compiled.mirrors_method() {
        Ok(value.to_header_value())
    } else {
        Ok(None)
    }
}

fn split<T>(result: Result<Option<T>, RefusalReason>) -> (Option<T>, Option<RefusalReason>) {
    match result {
        Ok(mirrored) => (mirrored, None),
        Err(reason) => (None, Some(reason)),
    }
}

#[cfg(test)]
mod tests;
