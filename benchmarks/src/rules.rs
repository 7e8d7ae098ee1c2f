//! The policies of the scenarios, in a form from which everyone's own can be made.

use crate::Scenario;

/// What is allowed, known to the compiler.
pub trait Rules: Clone + Send + Sync + Unpin + 'static {
    /// At most three; none for any origin.
    const ORIGINS: &'static [&'static str];
    /// Is tower-http told to send the origin to everyone, and to leave `Vary` out? It can be, where
    /// there is one; nobody else can.
    const EXACT: bool = false;
    /// None for any method.
    const METHODS: &'static [&'static str] = &["PUT", "DELETE"];
    /// [`METHODS`](Self::METHODS), as they are sent.
    const METHODS_LINE: &'static str = "PUT, DELETE";
    /// None for any header.
    const HEADERS: &'static [&'static str] = &["content-type", "x-request-id"];
    /// [`HEADERS`](Self::HEADERS), as they are sent.
    const HEADERS_LINE: &'static str = "content-type, x-request-id";
    const EXPOSED: &'static [&'static str] = &[];
    const EXPOSED_LINE: &'static str = "";
    const CREDENTIALS: bool = false;
    /// In seconds, as a number and as it is sent.
    const MAX_AGE: (u64, &'static str) = (600, "600");
}

/// One exact origin.
#[derive(Clone, Copy, Debug)]
pub struct One;

impl Rules for One {
    const ORIGINS: &'static [&'static str] = &["https://app.example.com"];
}

/// As [`One`], where it is all that tower-http ever sends.
#[derive(Clone, Copy, Debug)]
pub struct Exact;

impl Rules for Exact {
    const ORIGINS: &'static [&'static str] = One::ORIGINS;
    const EXACT: bool = true;
}

/// Three exact origins.
#[derive(Clone, Copy, Debug)]
pub struct Three;

impl Rules for Three {
    const ORIGINS: &'static [&'static str] =
        &["https://www.example.com", "https://api.example.com", "https://app.example.com"];
}

/// Any origin, method and header.
#[derive(Clone, Copy, Debug)]
pub struct Any;

impl Rules for Any {
    const ORIGINS: &'static [&'static str] = &[];
    const METHODS: &'static [&'static str] = &[];
    const METHODS_LINE: &'static str = "*";
    const HEADERS: &'static [&'static str] = &[];
    const HEADERS_LINE: &'static str = "*, authorization";
}

/// Three exact origins with credentials and exposed headers.
#[derive(Clone, Copy, Debug)]
pub struct Credentials;

impl Rules for Credentials {
    const ORIGINS: &'static [&'static str] = Three::ORIGINS;
    const HEADERS: &'static [&'static str] = &["authorization", "content-type", "x-request-id"];
    const HEADERS_LINE: &'static str = "authorization, content-type, x-request-id";
    const EXPOSED: &'static [&'static str] = &["x-total-count", "x-request-id"];
    const EXPOSED_LINE: &'static str = "x-total-count, x-request-id";
    const CREDENTIALS: bool = true;
}

/// What is to be done with the rules of a scenario, which are a type.
pub(crate) trait WithRules {
    fn run<R: Rules>(self);
}

pub(crate) fn with_rules(scenario: Scenario, with: impl WithRules) {
    use Scenario as S;
    match scenario {
        S::s1
        | S::s1e
        | S::s2
        | S::s2e
        | S::s4
        | S::s6
        | S::s7
        | S::s8
        | S::s8h
        | S::s9commas
        | S::s9spaces
        | S::s9name
        | S::s9repeated
        | S::s9names
        | S::s9lines => {
            with.run::<One>();
        }
        S::s2exact => with.run::<Exact>(),
        S::s3 | S::s4b => with.run::<Three>(),
        S::s1any | S::s5 | S::s5e | S::s6any => with.run::<Any>(),
        S::s6c | S::s6three | S::s10 | S::s10b | S::s10n => with.run::<Credentials>(),
    }
}

/// Makes this library's policy.
#[must_use]
pub fn policy<R: Rules>() -> cors_axum::CorsPolicy {
    let builder = cors_axum::CorsPolicy::builder();
    let builder = match R::ORIGINS {
        [] => builder.allow_any_origin(),
        origins => builder.with_origins(origins.iter().copied()),
    };
    let builder = match R::METHODS {
        [] => builder.allow_any_method(),
        methods => builder.with_methods(methods),
    };
    let builder = match R::HEADERS {
        [] => builder.allow_any_header(),
        headers => builder.with_headers(headers),
    };
    let builder = builder.with_exposed_headers(R::EXPOSED);
    let builder = if R::CREDENTIALS { builder.allow_credentials() } else { builder };
    builder
        .preflight_max_age(std::time::Duration::from_secs(R::MAX_AGE.0))
        .build()
        .expect("the rules are valid")
}

/// Which of the origins is this? Any is the first of none.
pub(crate) fn allows_origin<R: Rules>(origin: &[u8]) -> Option<u8> {
    if R::ORIGINS.is_empty() {
        return Some(0);
    }
    let index = R::ORIGINS.iter().position(|listed| listed.as_bytes() == origin)?;
    u8::try_from(index).ok()
}

/// An origin as a constant, or nothing where there are fewer.
pub(crate) const fn nth_origin<R: Rules>(index: usize) -> &'static str {
    if index < R::ORIGINS.len() { R::ORIGINS[index] } else { "" }
}

pub(crate) fn allows_method<R: Rules>(method: &[u8]) -> bool {
    // The protocol itself allows the last three.
    R::METHODS.is_empty()
        || R::METHODS.iter().any(|listed| listed.as_bytes() == method)
        || matches!(method, b"GET" | b"HEAD" | b"POST")
}

/// `names` looks them up, where it matters what they are.
pub(crate) fn allows_headers<'a, R: Rules>(names: impl FnOnce() -> Option<&'a [u8]>) -> bool {
    let is_listed = |name: &[u8]| {
        let name = name.trim_ascii();
        R::HEADERS.iter().any(|listed| listed.as_bytes().eq_ignore_ascii_case(name))
    };
    R::HEADERS.is_empty()
        || names().is_none_or(|names| names.split(|byte| *byte == b',').all(is_listed))
}

/// `Vary` with `Origin` in it, where it is not there yet.
pub(crate) fn merged_vary(line: &[u8]) -> Option<Vec<u8>> {
    let is_there = |member: &[u8]| {
        let member = member.trim_ascii();
        member == b"*" || member.eq_ignore_ascii_case(b"origin")
    };
    if line.split(|byte| *byte == b',').any(is_there) {
        return None;
    }
    // The memory of the line is just what becomes of it: one allocation.
    const ADDED: &[u8] = b", Origin";
    let mut merged = Vec::with_capacity(line.len() + ADDED.len());
    merged.extend_from_slice(line);
    merged.extend_from_slice(ADDED);
    Some(merged)
}
