//! What a browser does with an answer, in the few steps that the vectors need, written from the
//! standard alone.
//!
//! A vector is one exchange: a preflight or an actual request. A page sees what it asked for only
//! if every exchange passes.

use crate::{Answer, Request};

/// What the browser makes of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on: to the actual request, or to the page.
    Passes,
    /// The page gets a network error.
    Blocked(Step),
    /// The request has no origin, so no check is made.
    Unchecked,
}

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    CorsCheck,
    PreflightStatus,
    AllowMethodsUnreadable,
    AllowHeadersUnreadable,
    Method,
    Authorization,
    Header,
}

/// Judges an exchange of a page that fetches with or without credentials (mode `include`).
pub fn judge(request: &Request, answer: &Answer, credentials: bool) -> Verdict {
    let origins = request.values("origin");
    let Some(origin) = origins.first() else {
        return Verdict::Unchecked;
    };
    let asked = request.values("access-control-request-method");
    let checked = match asked.first() {
        Some(method) if request.method == "OPTIONS" => {
            preflight_check(origin, method, request, answer, credentials)
        }
        _ => cors_check(origin, answer, credentials),
    };
    checked.map_or_else(Verdict::Blocked, |()| Verdict::Passes)
}

/// <https://fetch.spec.whatwg.org/#cors-check>
fn cors_check(origin: &[u8], answer: &Answer, credentials: bool) -> Result<(), Step> {
    // Several lines are one value with a comma, which equals nothing.
    let field = |name: &str| answer.values(name).join(", ");
    let allowed = field("access-control-allow-origin");
    let is_origin =
        !origin.is_empty() && allowed.chars().eq(origin.iter().copied().map(char::from));
    let passes = match credentials {
        false => allowed == "*" || is_origin,
        true => is_origin && field("access-control-allow-credentials") == "true",
    };
    passes.then_some(()).ok_or(Step::CorsCheck)
}

/// The steps on the response of <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
fn preflight_check(
    origin: &[u8],
    method: &[u8],
    request: &Request,
    answer: &Answer,
    credentials: bool,
) -> Result<(), Step> {
    cors_check(origin, answer, credentials)?;
    let refuse_unless = |holds: bool, step: Step| holds.then_some(()).ok_or(step);
    refuse_unless((200..=299).contains(&answer.status), Step::PreflightStatus)?;
    let methods =
        list(answer.values("access-control-allow-methods")).ok_or(Step::AllowMethodsUnreadable)?;
    let headers =
        list(answer.values("access-control-allow-headers")).ok_or(Step::AllowHeadersUnreadable)?;
    let wildcard = |names: &[String]| !credentials && names.iter().any(|name| name == "*");

    let method = crate::server::isomorphic(method);
    let safelisted = matches!(&*method, "GET" | "HEAD" | "POST");
    refuse_unless(safelisted || methods.contains(&method) || wildcard(&methods), Step::Method)?;
    // A list that is not one holds no name that a browser would send.
    let asked = request.values("access-control-request-headers");
    let asked = list(asked.into_iter().map(crate::server::isomorphic).collect());
    for name in asked.unwrap_or_default() {
        let listed = headers.iter().any(|header| header.eq_ignore_ascii_case(&name));
        if name.eq_ignore_ascii_case("authorization") {
            refuse_unless(listed, Step::Authorization)?;
        } else {
            refuse_unless(listed || wildcard(&headers), Step::Header)?;
        }
    }
    Ok(())
}

/// The elements of all lines; none where one is not a token.
/// <https://fetch.spec.whatwg.org/#extract-header-list-values>
fn list(lines: Vec<String>) -> Option<Vec<String>> {
    let elements = lines.iter().flat_map(|line| line.split(','));
    let elements = elements.map(|element| element.trim_matches([' ', '\t']));
    let elements: Vec<_> = elements.filter(|e| !e.is_empty()).map(str::to_owned).collect();
    let is_token = |text: &String| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    elements.iter().all(is_token).then_some(elements)
}
