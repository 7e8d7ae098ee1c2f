//! Path rules: the most specific one for a path and a method, whatever their order.

mod paths;

use std::borrow::Cow;

use self::paths::{Found, Paths, Refusal};
use crate::error::{ConfigError, ConfigErrorReason, Place, Setting};
use crate::fetch;

/// A path rule as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// In the syntax of axum's router: `/api/{id}`, `/public/{*rest}`.
    pub(crate) path: String,
    /// Empty for every method.
    pub(crate) methods: Vec<String>,
    pub(crate) target: Target<String>,
}

/// What a rule leads to, where a policy is a name or, once compiled, an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<Policy> {
    Policy(Policy),
    Disabled,
    /// The application is left to itself.
    PassThrough,
}

impl Target<String> {
    pub(super) fn policy(&self) -> Option<&str> {
        match self {
            Self::Policy(name) => Some(name),
            Self::Disabled | Self::PassThrough => None,
        }
    }
}

/// The compiled rules.
#[derive(Clone, Default)]
pub(super) struct Routes {
    rules: Vec<Route>,
    paths: Paths<Target<usize>>,
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
            let target = match &rule.target {
                // An unknown name is reported by whoever knows them all; the path is checked all the same.
                Target::Policy(name) => index_of(name).map_or(Target::Disabled, Target::Policy),
                Target::Disabled => Target::Disabled,
                Target::PassThrough => Target::PassThrough,
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
    pub(super) fn find(&self, path: &str, method: Option<&str>) -> Found<Target<usize>> {
        if self.rules.is_empty() {
            return Found { value: None, depends_on_method: false };
        }
        self.paths.find(&normalized(path), method)
    }

    pub(super) fn rules(&self) -> &[Route] {
        &self.rules
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
