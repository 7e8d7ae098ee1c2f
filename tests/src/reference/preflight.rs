//! The steps of a preflight, each over the whole request.

use super::origins::is_allowed;
use crate::server::isomorphic;
use crate::{Request, Settings};

/// How many empty and repeated elements a list of names may have.
const NEEDLESS: usize = 16;
/// How much white space may stand on each side of an element, in bytes.
const WHITE_SPACE: usize = 16;

/// How much of a requested method is looked at, in bytes.
const METHOD_BYTES: usize = 256;

/// What each step came to.
pub(super) struct PreflightSteps {
    pub(super) origin: bool,
    pub(super) method: MethodStep,
    pub(super) headers: bool,
    pub(super) private_network: bool,
    headers_malformed: bool,
    several_origins: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodStep {
    Allowed,
    NotAllowed,
    Malformed,
}

impl PreflightSteps {
    pub(super) fn of(settings: &Settings, request: &Request) -> Self {
        let origins = request.values("origin");
        let headers = headers_step(settings, request);
        Self {
            origin: settings.allows_any_origin() || is_allowed(settings, origins[0]),
            method: method_step(settings, request),
            headers: headers == Some(true),
            private_network: settings.private_network || !asks_for_private_network(request),
            headers_malformed: headers.is_none(),
            several_origins: origins.len() > 1,
        }
    }

    /// Would no browser send it?
    pub(super) fn malformed(&self) -> bool {
        self.several_origins || self.method == MethodStep::Malformed || self.headers_malformed
    }
}

pub(super) fn asks_for_private_network(request: &Request) -> bool {
    request.values("access-control-request-private-network") == [b"true"]
}

/// The names that the preflight asks for, each once.
pub(super) fn requested_names(request: &Request) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for element in elements(request).into_iter().filter(|element| !element.is_empty()) {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(&element)) {
            names.push(element);
        }
    }
    names
}

fn method_step(settings: &Settings, request: &Request) -> MethodStep {
    let lines = request.values("access-control-request-method");
    let method = isomorphic(lines[0]);
    let forbidden = ["CONNECT", "TRACE", "TRACK"];
    if lines.len() > 1 || !is_token(&method) || forbidden.contains(&&*method.to_ascii_uppercase()) {
        return MethodStep::Malformed;
    }
    let listed = settings.methods.contains(&method) && settings.methods != ["*"];
    if listed || ["GET", "HEAD", "POST"].contains(&&*method) {
        MethodStep::Allowed
    } else if method.len() > METHOD_BYTES {
        MethodStep::Malformed
    } else if settings.methods == ["*"] && !(settings.credentials && method == "*") {
        MethodStep::Allowed
    } else {
        MethodStep::NotAllowed
    }
}

/// Are all requested names allowed? None for a list that no browser sends.
fn headers_step(settings: &Settings, request: &Request) -> Option<bool> {
    let elements = elements(request);
    if settings.headers == ["*"] {
        let names = requested_names(request);
        let bytes: usize = elements.iter().map(String::len).sum();
        let within_limits = names.len() <= 256
            && bytes <= 16 * 1024
            && elements.len() - names.len() <= NEEDLESS
            && names.iter().all(|name| is_token(name));
        let wildcard = settings.credentials && names.iter().any(|name| name == "*");
        return within_limits.then_some(!wildcard);
    }

    let listed = |name: &str| settings.headers.iter().any(|own| own.eq_ignore_ascii_case(name));
    let longest = settings.headers.iter().map(String::len).max().unwrap_or(0);
    let mut distinct: Vec<String> =
        settings.headers.iter().map(|n| n.to_ascii_lowercase()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let (mut allowed, mut needless) = (true, 0);
    for (index, element) in elements.iter().enumerate() {
        let token_bytes = element.bytes().take_while(|byte| is_token_byte(*byte)).count();
        if token_bytes > longest {
            // No allowed name is as long, and nothing more is read.
            return Some(false);
        }
        if token_bytes < element.len() {
            return None;
        }
        let repeated = || elements[..index].iter().any(|other| other.eq_ignore_ascii_case(element));
        needless += usize::from(element.is_empty() || listed(element) && repeated());
        allowed &= element.is_empty() || listed(element);
        if index + 1 > distinct.len() + NEEDLESS || needless > NEEDLESS {
            return None;
        }
    }
    Some(allowed)
}

/// The elements of all lines, without the white space that is tolerated around them.
fn elements(request: &Request) -> Vec<String> {
    let lines = request.values("access-control-request-headers");
    let lines: Vec<String> = lines.into_iter().map(isomorphic).collect();
    lines.iter().flat_map(|line| line.split(',')).map(|e| trimmed(e).to_owned()).collect()
}

fn trimmed(element: &str) -> &str {
    let spaces = |bytes: &mut dyn Iterator<Item = u8>| {
        bytes.take(WHITE_SPACE).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    };
    let element = &element[spaces(&mut element.bytes())..];
    &element[..element.len() - spaces(&mut element.bytes().rev())]
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
