//! The evaluation of a policy, in the order of the standard.

mod requested_headers;

pub(crate) use requested_headers::{MAX_BYTES, MAX_NAMES};

use http::HeaderValue;

use crate::excerpt::Excerpt;
use crate::fetch;
use crate::fields::{AllowOrigin, Mirrored, PreflightFields};
use crate::origin::Admission;
use crate::policy::{AnyOr, CorsPolicy};
use crate::request::{Asked, CorsRequest, Field, MAX_METHOD_LENGTH};
use crate::result::{CorsOutcome, CorsResult, RefusalReason, RefusalReasons};

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
/// and headers (up to 256 of them) or that allows any and is asked as browsers ask; except that of
/// [raw header lines](CorsRequest::new), an origin of over 39 bytes that is matched by a pattern is
/// copied, and so is what is mirrored. (A value of [`http`] that nobody shares yet allocates when it
/// is first cloned; servers cut theirs out of a shared buffer.)
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
        let mut recorded = Recorded::default();
        // Each outcome where it is known: it is large, and is not moved from one place to another.
        let of_actual = |outcome, allow_origin| {
            CorsResult::new(policy, outcome, allow_origin, PreflightFields::default())
        };
        match request.asked() {
            Asked::NotCors => of_actual(CorsOutcome::NotCors, answer_without_origin(policy)),
            Asked::Actual { origin } => {
                let allow_origin = evaluate_origin(origin, policy, &mut recorded);
                match recorded.origin {
                    None => of_actual(CorsOutcome::ActualAllowed, allow_origin),
                    Some(reason) => of_actual(CorsOutcome::ActualRefused(reason), allow_origin),
                }
            }
            Asked::Preflight { origin, method } => {
                let (allow_origin, fields) =
                    evaluate_preflight(request, origin, method, policy, &mut recorded);
                let of_preflight = |outcome| CorsResult::new(policy, outcome, allow_origin, fields);
                match RefusalReasons::of_steps(recorded.steps()) {
                    None => of_preflight(CorsOutcome::PreflightAllowed),
                    Some(reasons) => of_preflight(CorsOutcome::PreflightRefused(reasons)),
                }
            }
        }
    }
}

/// Receives each step that fails, with its reason.
pub(crate) trait Record {
    /// Are the remaining steps evaluated although the response is decided already?
    const EVERY_STEP: bool;

    fn refuse(&mut self, step: Step, reason: impl FnOnce() -> RefusalReason);
}

#[derive(Clone, Copy)]
pub(crate) enum Step {
    Origin,
    Method,
    Headers,
    PrivateNetwork,
}

/// Every failing step, with its reason.
#[derive(Default)]
struct Recorded {
    origin: Option<RefusalReason>,
    method: Option<RefusalReason>,
    headers: Option<RefusalReason>,
    private_network: Option<RefusalReason>,
}

impl Recorded {
    /// In the order of the standard.
    fn steps(&self) -> [&Option<RefusalReason>; 4] {
        [&self.origin, &self.method, &self.headers, &self.private_network]
    }
}

impl Record for Recorded {
    const EVERY_STEP: bool = true;

    fn refuse(&mut self, step: Step, reason: impl FnOnce() -> RefusalReason) {
        let place = match step {
            Step::Origin => &mut self.origin,
            Step::Method => &mut self.method,
            Step::Headers => &mut self.headers,
            Step::PrivateNetwork => &mut self.private_network,
        };
        *place = Some(reason());
    }
}

/// Drops every reason: for adapters, where nobody reads them.
pub(crate) struct Unrecorded;

impl Record for Unrecorded {
    const EVERY_STEP: bool = false;

    fn refuse(&mut self, _: Step, _: impl FnOnce() -> RefusalReason) {}
}

/// How a step of a preflight ended.
enum Ending {
    /// With the value that has to be mirrored, where one has to be.
    Passed(Option<HeaderValue>),
    /// The policy does not allow it.
    NotAllowed,
    /// No browser sends it.
    Malformed,
}

impl Ending {
    fn is_passed(&self) -> bool {
        matches!(self, Self::Passed(_))
    }

    fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed)
    }

    fn mirrored(self) -> Option<HeaderValue> {
        if let Self::Passed(value) = self { value } else { None }
    }
}

/// The `Access-Control-Allow-Origin` of the response to a request without `Origin`.
#[inline]
pub(crate) fn answer_without_origin(policy: &CorsPolicy) -> AllowOrigin {
    // One answer to everybody, so that caches may keep it.
    if policy.allows_any_origin() { AllowOrigin::Any } else { AllowOrigin::Nothing }
}

/// What the browser checks on the response to a preflight, where every failing step counts:
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
pub(crate) fn evaluate_preflight<R: Record>(
    request: &CorsRequest<'_>,
    origin: Field<'_>,
    method: Field<'_>,
    policy: &CorsPolicy,
    record: &mut R,
) -> (AllowOrigin, PreflightFields) {
    // A refused origin, and a preflight that no browser sends, learn nothing.
    let silent = || (AllowOrigin::Nothing, PreflightFields::default());
    // The CORS check of the preflight's own response. Under an any-origin policy the value does not
    // matter, but browsers send it once.
    let allow_origin = if matches!(origin, Field::Several) {
        record.refuse(Step::Origin, || RefusalReason::SeveralOrigins);
        AllowOrigin::Nothing
    } else {
        evaluate_origin(origin, policy, record)
    };
    if allow_origin == AllowOrigin::Nothing && !R::EVERY_STEP {
        return silent();
    }
    // "If request's method is not in methods, request's method is not a CORS-safelisted method ..."
    let method = evaluate_method(method, policy, record);
    // "For each unsafeName of the CORS-unsafe request-header names with request's header list ..."
    let headers = requested_headers::evaluate(request, policy, record);
    // https://wicg.github.io/private-network-access/#cors-preflight
    let asks_for_private_network = request.asks_for_private_network();
    let lacks_private_network = asks_for_private_network && !policy.allows_private_network();
    if lacks_private_network {
        record.refuse(Step::PrivateNetwork, || RefusalReason::PrivateNetworkNotAllowed);
    }

    if method.is_malformed() || headers.is_malformed() {
        return silent();
    }
    let is_allowed = allow_origin != AllowOrigin::Nothing
        && method.is_passed()
        && headers.is_passed()
        && !lacks_private_network;
    let fields = PreflightFields {
        is_allowed,
        allow_private_network: is_allowed && asks_for_private_network,
        // What passed is answered where something else did not, so that the browser complains of
        // that; but a browser that does not know of private networks would take it as leave.
        mirrored: if lacks_private_network {
            Mirrored::default()
        } else {
            Mirrored { method: method.mirrored(), headers: headers.mirrored() }
        },
    };
    (allow_origin, fields)
}

/// The value of `Access-Control-Allow-Origin`, which the browser checks on every response: `*`, or
/// the origin byte for byte. <https://fetch.spec.whatwg.org/#cors-check>
#[inline]
pub(crate) fn evaluate_origin(
    origin: Field<'_>,
    policy: &CorsPolicy,
    record: &mut impl Record,
) -> AllowOrigin {
    let compiled = policy.compiled();
    let AnyOr::Listed(origins) = &compiled.origins else {
        return AllowOrigin::Any;
    };
    let Field::Line(value) = origin else {
        record.refuse(Step::Origin, || RefusalReason::SeveralOrigins);
        return AllowOrigin::Nothing;
    };
    let bytes = value.as_bytes();
    let origin = || Excerpt::new(bytes);
    let mut refuse = |reason: fn(Excerpt, usize) -> RefusalReason| {
        record.refuse(Step::Origin, || reason(origin(), bytes.len()));
        AllowOrigin::Nothing
    };
    match origins.admit(bytes, compiled.credentials) {
        Admission::Listed(index) => AllowOrigin::Listed(index),
        Admission::Null => AllowOrigin::Null,
        Admission::Matched => AllowOrigin::echo(value),
        Admission::NotAllowed => refuse(|origin, _| RefusalReason::OriginNotAllowed { origin }),
        Admission::NullNotAllowed => refuse(|_, _| RefusalReason::NullOriginNotAllowed),
        Admission::Insecure => {
            refuse(|origin, _| RefusalReason::InsecureOriginNotAllowed { origin })
        }
        Admission::TooLong => refuse(|_, length| RefusalReason::OriginTooLong { length }),
    }
}

/// The requested method, where it has to be mirrored.
///
/// <https://fetch.spec.whatwg.org/#http-access-control-request-method>
fn evaluate_method(method: Field<'_>, policy: &CorsPolicy, record: &mut impl Record) -> Ending {
    let mut malformed = |reason: RefusalReason| {
        record.refuse(Step::Method, || reason);
        Ending::Malformed
    };
    let Field::Line(value) = method else {
        return malformed(RefusalReason::RequestedMethodRepeated);
    };
    let method = value.as_bytes();
    let excerpt = || Excerpt::new(method);
    let compiled = policy.compiled();
    let mirrors = compiled.mirrors_method();
    let listed = match &compiled.methods {
        AnyOr::Any => false,
        // What a policy lists is a token, and not forbidden.
        AnyOr::Listed(methods) => methods.contains(method),
    };
    if listed || fetch::is_safelisted_method(method) && !mirrors {
        Ending::Passed(None)
    } else if method.is_empty() {
        malformed(RefusalReason::RequestedMethodEmpty)
    } else if method.len() > MAX_METHOD_LENGTH {
        malformed(RefusalReason::RequestedMethodTooLong { length: method.len() })
    } else if !fetch::is_token(method) {
        malformed(RefusalReason::RequestedMethodNotAToken { method: excerpt() })
    } else if fetch::is_forbidden_method(method) {
        malformed(RefusalReason::RequestedMethodForbidden { method: excerpt() })
    } else if !compiled.methods.is_any() || mirrors && method == b"*" {
        record.refuse(Step::Method, || RefusalReason::MethodNotAllowed { method: excerpt() });
        Ending::NotAllowed
    } else {
        Ending::Passed(if mirrors { value.to_header_value() } else { None })
    }
}

#[cfg(test)]
mod tests;
