//! Path rules: the most specific one for a path and a method, whatever their order.

mod paths;
mod spelling;

use std::borrow::Cow;
use std::fmt;

use self::paths::{Found, Paths, Refusal};
use self::spelling::{canonical, canonical_rule, collapsed};
use crate::error::{ConfigError, ConfigErrorReason, Place, Setting, Spot};
use crate::fetch;

/// A path rule as it is configured.
#[derive(Clone)]
pub(crate) struct Route {
    /// In the syntax of axum's router: `/api/{id}`, `/public/{*rest}`.
    pub(crate) path: String,
    /// Empty for every method.
    pub(crate) methods: Vec<String>,
    pub(crate) target: Target<String>,
    /// Where it was read from, for warnings; no part of what it says.
    pub(super) spot: Spot,
}

impl Route {
    pub(super) fn new(path: String, methods: Vec<String>, target: Target<String>) -> Self {
        Self { path, methods, target, spot: Spot::default() }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.methods == other.methods && self.target == other.target
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("path", &self.path)
            .field("methods", &self.methods)
            .field("target", &self.target)
            .finish()
    }
}

/// What a rule leads to, where a policy is a name or, once compiled, an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<Policy> {
    Policy(Policy),
    Disabled,
    /// The application is left to itself.
    PassThrough,
}

impl<Policy> Target<Policy> {
    /// What the paths lead to that no rule is for.
    pub(super) fn of_default(policy: Option<Policy>) -> Self {
        policy.map_or(Self::PassThrough, Self::Policy)
    }

    pub(super) fn policy(&self) -> Option<&Policy> {
        match self {
            Self::Policy(policy) => Some(policy),
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
            let inserted = if is_path(&rule.path) {
                paths.insert(&canonical_rule(&rule.path), &rule.methods, index, target)
            } else {
                Err(Refusal::NotAPath)
            };
            let (reason, correction) = match inserted {
                Ok(()) => match written(&rule.path) {
                    path if path == rule.path => continue,
                    path => (ConfigErrorReason::PathNotNormalized, Some(path.into_owned())),
                },
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

    /// What the most specific rule for a path and a method says, or `default` where there is none.
    ///
    /// Servers of files, and those that decode a path first, read `/a//b`, `/a/./b` and `/a%2Fb` as
    /// `/a/b`; most routers do not. None where the rules say other things of the two, and no rule spells
    /// the path out as it came: nobody knows which of them governs what is served.
    pub(super) fn find(
        &self,
        path: &str,
        method: Option<&str>,
        default: Target<usize>,
    ) -> Option<Found<Target<usize>>> {
        if self.rules.is_empty() {
            return Some(Found { value: default, depends_on_method: false });
        }
        let path = &*canonical(path);
        let found = self.paths.find(path, method, default);
        let Some(collapsed) = collapsed(path) else { return Some(found) };
        let other = self.paths.find(&collapsed, method, default);
        let depends_on_method = found.depends_on_method || other.depends_on_method;
        let is_certain = found.value == other.value || self.paths.spell_out(path);
        is_certain.then_some(Found { depends_on_method, ..found })
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

/// Is the path of a rule one at all? Routers of old wrote parameters as `:id` and `*rest`, which would
/// be taken by the letter.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'))
        && !path.split('/').any(|segment| segment.starts_with([':', '*']))
}

/// The path of a rule as rules are written: browsers take dot segments out before they send a path, in
/// whatever spelling, and what could only be written like a parameter of old stays encoded.
fn written(path: &str) -> Cow<'_, str> {
    let canonical = canonical_rule(path);
    let has_dots = canonical.split('/').any(|segment| matches!(segment, "." | ".."));
    match collapsed(&canonical) {
        Some(collapsed) if has_dots => Cow::Owned(collapsed),
        _ if is_path(&canonical) => canonical,
        _ => Cow::Borrowed(path),
    }
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
