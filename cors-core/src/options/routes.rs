//! Path rules: the most specific one for a path and a method, whatever their order.

use matchit::{InsertError, Router};

use crate::error::{ConfigError, ConfigErrorReason, Place, Setting};
use crate::fetch;

/// A path rule as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// In the syntax of axum's router: `/api/{id}`, `/public/{*rest}`.
    pub(crate) path: String,
    /// Empty for every method.
    pub(crate) methods: Vec<String>,
    /// The name of a policy; none where CORS is disabled for the path.
    pub(crate) policy: Option<String>,
}

/// What a rule leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The index of a policy.
    Policy(usize),
    Disabled,
}

/// The compiled rules: a tree for each method that a rule names, and one for all other methods.
/// Each tree holds every rule that applies to its method, so one search finds the most specific.
#[derive(Clone, Default)]
pub(super) struct Routes {
    rules: Vec<Route>,
    trees: Vec<(String, Router<Target>)>,
    other_methods: Router<Target>,
}

impl Routes {
    /// Compiles rules; `index_of` finds a policy by its name.
    pub(super) fn new(
        rules: Vec<Route>,
        index_of: impl Fn(&str) -> Option<usize>,
        errors: &mut Vec<ConfigError>,
    ) -> Self {
        let mut reported = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            check_methods(index, rule, errors);
            if !is_path(&rule.path) {
                let place = Place::entry(Setting::Routes, index, &rule.path);
                errors.push(ConfigError::new(place, ConfigErrorReason::InvalidPath));
                reported.push(index);
            }
        }
        let mut builder = Builder { rules: &rules, index_of: &index_of, errors, reported };
        let other_methods = builder.tree(None);
        let trees = methods(&rules)
            .into_iter()
            .map(|method| (method.to_owned(), builder.tree(Some(method))))
            .collect();
        Self { rules, trees, other_methods }
    }

    /// What the most specific rule for a path and a method says.
    pub(super) fn find(&self, path: &str, method: Option<&str>) -> Option<Target> {
        if self.rules.is_empty() {
            return None;
        }
        let tree = self.trees.iter().find(|(own, _)| Some(own.as_str()) == method);
        let tree = tree.map_or(&self.other_methods, |(_, tree)| tree);
        tree.at(path).ok().map(|found| *found.value)
    }

    pub(super) fn rules(&self) -> &[Route] {
        &self.rules
    }
}

/// Every method that a tree of its own is needed for.
fn methods(rules: &[Route]) -> Vec<&str> {
    let mut methods = Vec::new();
    for method in rules.iter().flat_map(|rule| &rule.methods) {
        let with_head = [Some(method.as_str()), (method == "GET").then_some("HEAD")];
        for method in with_head.into_iter().flatten() {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
    methods
}

struct Builder<'a> {
    rules: &'a [Route],
    index_of: &'a dyn Fn(&str) -> Option<usize>,
    errors: &'a mut Vec<ConfigError>,
    /// The rules whose path was reported already, in whichever tree.
    reported: Vec<usize>,
}

impl Builder<'_> {
    /// The rules for a method, or for the methods that no rule names. Those that name the method
    /// come first, then, for HEAD, those that name GET (HEAD is GET without content), then those
    /// for every method; a rule gives way to one of an earlier kind for the same paths.
    fn tree(&mut self, method: Option<&str>) -> Router<Target> {
        let names = |rule: &Route, wanted: &str| rule.methods.iter().any(|own| own == wanted);
        let mut router = Router::new();
        let mut inserted: Vec<(&str, usize)> = Vec::new();
        for kind in 0..3 {
            let earlier = inserted.len();
            for (index, rule) in self.rules.iter().enumerate() {
                let applies = match (kind, method) {
                    (0, Some(method)) => names(rule, method),
                    (1, Some("HEAD")) => names(rule, "GET") && !names(rule, "HEAD"),
                    (2, _) => rule.methods.is_empty(),
                    _ => false,
                };
                let applies = applies && is_path(&rule.path);
                let Some(target) = self.target(rule).filter(|_| applies) else { continue };
                match router.insert(rule.path.as_str(), target) {
                    Ok(()) => inserted.push((&rule.path, index)),
                    Err(error) => {
                        let gives_way = matches!(&error, InsertError::Conflict { with }
                            if inserted.iter().take(earlier).any(|(path, _)| path == with));
                        if !gives_way {
                            self.report(index, method, &error, &inserted);
                        }
                    }
                }
            }
        }
        router
    }

    /// None for an unknown policy, which is reported elsewhere.
    fn target(&self, rule: &Route) -> Option<Target> {
        match &rule.policy {
            None => Some(Target::Disabled),
            Some(name) => (self.index_of)(name).map(Target::Policy),
        }
    }

    fn report(
        &mut self,
        index: usize,
        method: Option<&str>,
        error: &InsertError,
        inserted: &[(&str, usize)],
    ) {
        let Some(rule) = self.rules.get(index).filter(|_| !self.reported.contains(&index)) else {
            return;
        };
        self.reported.push(index);
        let reason = match error {
            InsertError::Conflict { with } => ConfigErrorReason::ConflictingRoutes {
                other: inserted.iter().find(|(path, _)| path == with).map_or(0, |(_, at)| *at),
                path: with.clone(),
                method: method.filter(|_| !rule.methods.is_empty()).map(str::to_owned),
            },
            _ => ConfigErrorReason::InvalidPath,
        };
        self.errors
            .push(ConfigError::new(Place::entry(Setting::Routes, index, &rule.path), reason));
    }
}

/// Is `path` a path at all, and not in the syntax of older routers (`/:id`, `/*rest`), which would
/// match these characters literally?
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'))
        && path.split('/').all(|segment| !segment.starts_with([':', '*']))
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
mod tests {
    use super::*;

    fn rule(methods: &[&str], path: &str, policy: Option<&str>) -> Route {
        Route {
            path: path.to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            policy: policy.map(str::to_owned),
        }
    }

    /// Policies are called by their index.
    fn compiled(rules: Vec<Route>) -> (Routes, Vec<String>) {
        let mut errors = Vec::new();
        let routes = Routes::new(rules, |name| name.parse().ok(), &mut errors);
        (routes, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_most_specific_rule_wins_whatever_the_order() {
        let rules = vec![
            rule(&[], "/{*rest}", Some("0")),
            rule(&[], "/api/{id}", Some("1")),
            rule(&[], "/api/me", Some("2")),
            rule(&["GET"], "/api/{name}", Some("3")),
            rule(&["PUT", "QUERY"], "/api/{name}", Some("4")),
            rule(&[], "/api/{id}/private", None),
            rule(&["HEAD"], "/head", Some("5")),
            rule(&["GET"], "/head", Some("6")),
        ];
        let reversed = rules.iter().rev().cloned().collect();
        for rules in [rules, reversed] {
            let (routes, errors) = compiled(rules);
            assert_eq!(errors, [""; 0]);
            for (path, method, target) in [
                ("/", Some("GET"), None),
                ("/x", Some("GET"), Some(Target::Policy(0))),
                ("/api/", Some("GET"), Some(Target::Policy(0))),
                ("/api/7", Some("GET"), Some(Target::Policy(3))),
                ("/api/7", Some("HEAD"), Some(Target::Policy(3))),
                ("/api/7", Some("PUT"), Some(Target::Policy(4))),
                ("/api/7", Some("QUERY"), Some(Target::Policy(4))),
                ("/api/7", Some("put"), Some(Target::Policy(1))),
                ("/api/7", Some("DELETE"), Some(Target::Policy(1))),
                ("/api/7", None, Some(Target::Policy(1))),
                ("/api/me", Some("GET"), Some(Target::Policy(2))),
                ("/api/7/private", Some("GET"), Some(Target::Disabled)),
                ("/api/7/other", Some("GET"), Some(Target::Policy(0))),
                ("/head", Some("HEAD"), Some(Target::Policy(5))),
                ("/head", Some("GET"), Some(Target::Policy(6))),
                ("/head", Some("POST"), Some(Target::Policy(0))),
            ] {
                assert_eq!(routes.find(path, method), target, "{method:?} {path}");
            }
        }
    }

    #[test]
    fn rules_for_the_same_paths_and_methods_conflict() {
        let (_, errors) = compiled(vec![
            rule(&[], "/api/{id}", Some("0")),
            rule(&[], "/api/{name}", Some("1")),
            rule(&["GET", "PUT"], "/x", Some("0")),
            rule(&["PUT", "GET"], "/x", Some("1")),
            rule(&[], "/x", Some("1")),
        ]);
        assert_eq!(
            errors,
            [
                "routes[1] `/api/{name}`: routes[0] `/api/{id}` is for the same paths",
                "routes[3] `/x`: routes[2] `/x` is for the same paths and the method `GET`",
            ]
        );
    }

    #[test]
    fn paths_and_methods_that_never_match_are_refused() {
        for path in
            ["", "api", "/a/{", "/a/{}", "/{*rest}/x", "/{*}", "/:id", "/*", "/a?b", "/größe"]
        {
            let (_, errors) = compiled(vec![rule(&[], path, None)]);
            let expected = format!(
                "routes[0] `{path}`: a path starts with `/`, and its parameters are whole segments \
                 (`/api/{{id}}`) or its end (`/public/{{*rest}}`); other characters \
                 are percent-encoded"
            );
            assert_eq!(errors, [expected]);
        }
        let (_, errors) = compiled(vec![rule(&["get", "A B"], "/", None)]);
        assert_eq!(
            errors,
            [
                "routes[0] `get /`: browsers send this method in upper case, and methods are \
                 case-sensitive; write `GET`",
                "routes[0] `A B /`: a method is one token, such as `PUT`",
            ]
        );
    }
}
