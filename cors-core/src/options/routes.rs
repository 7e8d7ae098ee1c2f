//! Path rules: the most specific one for a path and a method, whatever their order.

mod paths;

use std::borrow::Cow;
use std::fmt;

use self::paths::{Found, Paths, Refusal};
use crate::error::{ConfigError, ConfigErrorReason, Place, Setting, Spot};
use crate::fetch;

/// A path rule as it is configured.
#[derive(Clone)]
pub(crate) struct Route {
    /// In the syntax of axum's router: `/api/{id}`, `/public/{*rest}`.
    pub(crate) path: String,
    /// Empty for every method.
    pub(crate) methods: Vec<String>,
    /// The name of a policy; none where CORS is disabled for the path.
    pub(crate) policy: Option<String>,
    /// Where it was read from, for warnings; no part of what it says.
    pub(super) spot: Spot,
}

impl Route {
    pub(super) fn new(path: String, methods: Vec<String>, policy: Option<String>) -> Self {
        Self { path, methods, policy, spot: Spot::default() }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.methods == other.methods && self.policy == other.policy
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("path", &self.path)
            .field("methods", &self.methods)
            .field("policy", &self.policy)
            .finish()
    }
}

/// What a rule leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The index of a policy.
    Policy(usize),
    Disabled,
}

/// The compiled rules.
#[derive(Clone, Default)]
pub(super) struct Routes {
    rules: Vec<Route>,
    paths: Paths<Target>,
}

impl Routes {
    /// Compiles rules; `index_of` finds a policy by its name.
    pub(super) fn new(
        rules: Vec<Route>,
        index_of: impl Fn(&str) -> Option<usize>,
        errors: &mut Vec<ConfigError>,
    ) -> Self {
        let mut paths = Paths::default();
        for (index, rule) in rules.iter().enumerate() {
            check_methods(index, rule, errors);
            let target = match rule.policy.as_deref().map(&index_of) {
                None => Target::Disabled,
                Some(Some(policy)) => Target::Policy(policy),
                // Reported by whoever knows the names; the path is checked all the same.
                Some(None) => Target::Disabled,
            };
            let path = normalized(&rule.path);
            let inserted = if is_path(&rule.path) {
                paths.insert(&path, &rule.methods, index, target)
            } else {
                Err(Refusal::NotAPath)
            };
            let (reason, correction) = match inserted {
                Ok(()) if path == rule.path => continue,
                Ok(()) => (ConfigErrorReason::PathNotNormalized, Some(path.into_owned())),
                Err(Refusal::NotAPath) => (ConfigErrorReason::InvalidPath, None),
                Err(Refusal::Taken { by, method }) => {
                    let path = rules.get(by).map_or_else(String::new, |other| other.path.clone());
                    (ConfigErrorReason::ConflictingRoutes { other: by, path, method }, None)
                }
            };
            let place = Place::entry(Setting::Routes, index, &rule.path);
            errors.push(ConfigError::new(place, reason).with_correction(correction));
        }
        Self { rules, paths }
    }

    /// What the most specific rule for a path and a method says.
    pub(super) fn find(&self, path: &str, method: Option<&str>) -> Found<Target> {
        if self.rules.is_empty() {
            return Found { value: None, depends_on_method: false };
        }
        self.paths.find(&normalized(path), method)
    }

    pub(super) fn rules(&self) -> &[Route] {
        &self.rules
    }

    /// Notes where each rule, by its index, was read from.
    pub(super) fn place(&mut self, mut place: impl FnMut(usize, &mut Spot)) {
        self.rules.iter_mut().enumerate().for_each(|(index, rule)| place(index, &mut rule.spot));
    }

    /// Does any rule tell methods apart?
    pub(super) fn depend_on_method(&self) -> bool {
        self.rules.iter().any(|rule| !rule.methods.is_empty())
    }
}

/// Is `path` a path at all?
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'))
}

/// The one spelling of a path that rules are compared in: characters that need no percent-encoding
/// are decoded, and hexadecimal digits are upper case. An application that decodes paths takes
/// `/%61dmin` for `/admin`, and a rule has to do so, too.
///
/// <https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2>
fn normalized(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let encoded = after.get(..2).and_then(|digits| Some((digits, hex(digits)?)));
        rest = match encoded {
            Some((_, byte)) if is_unreserved(byte) => {
                text.push(char::from(byte));
                after.get(2..).unwrap_or_default()
            }
            Some((digits, _)) => {
                text.push('%');
                text.push_str(&digits.to_ascii_uppercase());
                after.get(2..).unwrap_or_default()
            }
            None => {
                text.push('%');
                after
            }
        };
    }
    text.push_str(rest);
    if text == path { Cow::Borrowed(path) } else { Cow::Owned(text) }
}

fn hex(digits: &str) -> Option<u8> {
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn check_methods(index: usize, rule: &Route, errors: &mut Vec<ConfigError>) {
    let mut error = |method: &str, reason, correction: Option<&str>| {
        let text = format!("{method} {}", rule.path);
        let error = ConfigError::new(Place::entry(Setting::Routes, index, &text), reason);
        errors.push(error.with_correction(correction.map(str::to_owned)));
    };
    for method in &rule.methods {
        let normalized = fetch::normalized_method(method.as_bytes());
        if method == "*" {
            error(method, ConfigErrorReason::WildcardInList, None);
        } else if !fetch::is_token(method.as_bytes()) {
            error(method, ConfigErrorReason::MethodNotAToken, None);
        } else if let Some(normalized) = normalized.filter(|normalized| normalized != method) {
            error(method, ConfigErrorReason::MethodNeverMatches, Some(normalized));
        }
    }
}

#[cfg(test)]
mod tests;
