//! One `tracing` event for each decision, for adapters to emit.

use std::fmt;

use crate::context::RequestContext;
use crate::processor::CorsAction;
use crate::request::{CorsRequest, RequestKind};
use crate::result::CorsResult;

/// Emits the event of a decision: refusals at level `info`, the failure of a provider at `error`,
/// everything else at `debug`, all with the target `cors`. A preflight of a path for which CORS is
/// disabled is a refusal, without a policy.
///
/// The fields are `policy` (its name), `kind`, `origin` (escaped, and at most 63 bytes of it) and
/// `allowed`; of refusals also `reasons`, and the `explanation` that
/// [`explain_request`](CorsResult::explain_request) gives, on one line, without what browsers print,
/// and short: at most 63 bytes of each text, and no names of headers beyond the first that is refused
/// where there are more than 16 of them, or than 512 bytes. They are put into words only where a
/// subscriber reads them. Nothing governs a request that passes through, so it has no event.
///
/// Adapters call this once for each request; the processor itself never logs.
///
/// ```
/// use cors_core::adapter::{CorsProcessor, trace_decision};
/// use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
///
/// let policy = CorsPolicy::permissive();
/// let lines = [("origin", "https://app.example.com")];
/// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
/// let action = CorsProcessor::new().process(&request, PolicySelection::Policy(&policy));
/// trace_decision(&request, &action);
/// ```
pub fn trace_decision(request: &RequestContext<'_>, action: &CorsAction) {
    let trace_result = |result| trace_result(request.request(), result);
    let origin = || request.request().origin_excerpt().map(tracing::field::display);
    match action {
        CorsAction::PassThrough => {}
        CorsAction::Respond { answer: None, .. } => tracing::info!(
            target: "cors",
            kind = ?RequestKind::Preflight,
            origin = origin(),
            allowed = false,
            reasons = %"CORS is disabled for the path",
            "CORS decision",
        ),
        // Without a result nobody listens.
        CorsAction::Forward(answer) => {
            if let Some(result) = answer.result() {
                trace_result(result);
            }
        }
        CorsAction::Respond { answer: Some(answer), .. } => {
            if let Some(result) = answer.result() {
                trace_result(result);
            }
        }
        CorsAction::Refuse(result) => trace_result(result),
        CorsAction::Fail { error, .. } => tracing::error!(
            target: "cors",
            kind = ?request.request().kind(),
            origin = origin(),
            %error,
            "no CORS policy could be chosen",
        ),
    }
}

/// Does a subscriber listen to decisions?
pub(crate) fn is_enabled() -> bool {
    tracing::enabled!(target: "cors", tracing::Level::INFO)
}

fn trace_result(request: &CorsRequest<'_>, result: &CorsResult) {
    let policy = result.policy().name();
    let kind = result.kind();
    let origin = request.origin_excerpt().map(tracing::field::display);
    if result.reasons().next().is_none() {
        tracing::debug!(target: "cors", policy, ?kind, origin, allowed = true, "CORS decision");
    } else {
        tracing::info!(
            target: "cors",
            policy,
            ?kind,
            origin,
            allowed = false,
            reasons = %Reasons(result),
            explanation = %Explained { request, result },
            "CORS decision",
        );
    }
}

/// All reasons, formatted only where somebody reads them.
struct Reasons<'a>(&'a CorsResult);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.0.reasons().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        Ok(())
    }
}

/// The explanation, found only where somebody reads it.
struct Explained<'a> {
    request: &'a CorsRequest<'a>,
    result: &'a CorsResult,
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.result.explain_for_log(self.request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CorsPolicy, CorsService};

    #[test]
    fn what_is_logged_does_not_grow_with_the_request() {
        let (long, method) = ("x".repeat(60_000), "M".repeat(250));
        let names: Vec<String> = (0..255).map(|number| format!("x-{number}")).collect();
        let names = names.join(",");
        let origin = format!("https://{}.example", "a.".repeat(240));
        let settings = CorsPolicy::builder().with_origins(["https://app.example.com"]);
        let any = settings.clone().with_headers(["*"]).build().unwrap();
        let listed = settings.with_headers(["x-id"]).build().unwrap();
        for policy in [any, listed] {
            for headers in [&long, &names, &format!("{long},cookie,a,b"), &format!("x-id,{names}")]
            {
                let lines = [
                    ("origin", &*origin),
                    ("access-control-request-method", &*method),
                    ("access-control-request-headers", headers),
                ];
                let request = CorsRequest::new("OPTIONS", &lines);
                let result = CorsService::new().evaluate_policy(&request, &policy);
                let text = Explained { request: &request, result: &result }.to_string();
                assert!(text.starts_with("preflight from `https://a.a."), "{text}");
                assert!(text.len() < 2_000, "{}: {text}", text.len());
            }
        }
    }
}
