//! Options, gathered before any of them is checked.

use indexmap::IndexMap;

use super::names::Names;
use super::routes::{Route, Routes, Target};
use super::{CorsOptions, Inner};
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Setting};
use crate::policy::{CorsPolicy, CorsPolicyBuilder};
use crate::shared::Shared;

/// Gathers the content of [`CorsOptions`]; nothing fails before [`build`](Self::build), which
/// returns every error at once, those of the policies included.
///
/// ```
/// use cors_core::{CorsOptions, CorsPolicy};
///
/// let errors = CorsOptions::builder()
///     .add_policy("storefront", CorsPolicy::builder().with_origins(["https://shop.example.com/"]))
///     .route("/admin/{*rest}", "admin")
///     .build()
///     .unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "policy `storefront`: origins[0] `https://shop.example.com/`: an origin has no path; \
///      write `https://shop.example.com`\n\
///      routes[0] `/admin/{*rest}`: there is no policy `admin`; there is `storefront`",
/// );
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct CorsOptionsBuilder {
    pub(super) policies: Vec<(String, PolicySource)>,
    pub(super) default: Option<String>,
    pub(super) routes: Vec<Route>,
    /// What a file already turned out to have wrong.
    pub(super) errors: Vec<ConfigError>,
}

/// A policy, or the settings of one: whichever is at hand.
///
/// ```
/// use cors_core::{CorsOptions, CorsPolicy, PolicySource};
///
/// let settings = CorsPolicy::builder().with_origins(["https://app.example.com"]);
/// let sources: [PolicySource; 2] = [settings.clone().build()?.into(), settings.into()];
/// let [built, unbuilt] =
///     sources.map(|source| CorsOptions::builder().add_policy("app", source).build());
/// assert_eq!(built?, unbuilt?);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolicySource(Source);

#[derive(Clone, Debug)]
enum Source {
    Policy(CorsPolicy),
    Settings(CorsPolicyBuilder),
}

impl From<CorsPolicy> for PolicySource {
    fn from(policy: CorsPolicy) -> Self {
        Self(Source::Policy(policy))
    }
}

impl From<CorsPolicyBuilder> for PolicySource {
    fn from(settings: CorsPolicyBuilder) -> Self {
        Self(Source::Settings(settings))
    }
}

impl CorsOptionsBuilder {
    /// Adds a policy under a name of its own.
    ///
    /// ```
    /// use cors_core::{CorsOptions, CorsPolicy};
    ///
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .add_policy("app", CorsPolicy::builder().with_origins(["https://app.example.com"]))
    ///     .build()?;
    /// assert!(options.policy("app").is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn add_policy(mut self, name: impl Into<String>, policy: impl Into<PolicySource>) -> Self {
        self.policies.push((name.into(), policy.into()));
        self
    }

    /// Names the policy of the paths that no rule names.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .default_policy("public")
    ///     .build()?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn default_policy(mut self, name: impl Into<String>) -> Self {
        self.default = Some(name.into());
        self
    }

    /// Governs the paths that match `path` by a policy, whatever the method.
    ///
    /// Paths are written as in axum's router: `{id}` stands for one segment, `{*rest}` for the rest
    /// of the path (at least one character, so that `/public/{*rest}` does not cover `/public`). The
    /// most specific rule wins, in whatever order they are added: at the first segment where two
    /// differ, a text is more specific than `{id}`, and that than `{*rest}`.
    ///
    /// Paths are compared in one spelling, with characters decoded that may stand in a path: the rule
    /// `/admin` is one for `/%61dmin`, too. What governs paths such as `//admin` and `/files%2Fx` is told
    /// by [`CorsOptions::select`].
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .route("/public/{*rest}", "public")
    ///     .build()?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn route(self, path: impl Into<String>, policy: impl Into<String>) -> Self {
        self.route_methods([""; 0], path, policy)
    }

    /// Governs the paths that match `path` by a policy, for some methods only.
    ///
    /// For a preflight, the method that it asks for decides. A rule for GET is one for HEAD too,
    /// unless another names HEAD. A path with a rule that does not name the method is governed by
    /// the next less specific rule that applies.
    ///
    /// Browsers cache what a preflight allows by URL, and not by method. So where rules for methods
    /// apply to a path, its preflights are answered with an `Access-Control-Max-Age` of zero, whatever
    /// the policy says: each request that needs one sends its own.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .route_methods(["GET"], "/reports/{id}", "public")
    ///     .build()?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn route_methods<I>(
        self,
        methods: I,
        path: impl Into<String>,
        policy: impl Into<String>,
    ) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.add_route(methods, path.into(), Target::Policy(policy.into()))
    }

    /// Disables CORS for the paths that match `path`: preflights are refused, and other requests
    /// pass untouched.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, PolicySelection};
    /// let options = CorsOptions::builder().disable("/internal/{*rest}").build()?;
    /// assert_eq!(options.select("/internal/metrics", Some("GET")), PolicySelection::Disabled);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn disable(self, path: impl Into<String>) -> Self {
        self.disable_methods([""; 0], path)
    }

    /// Disables CORS for the paths that match `path`, for some methods only.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, PolicySelection};
    /// let options = CorsOptions::builder().disable_methods(["DELETE"], "/items/{id}").build()?;
    /// assert_eq!(options.select("/items/7", Some("DELETE")), PolicySelection::Disabled);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn disable_methods<I>(self, methods: I, path: impl Into<String>) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.add_route(methods, path.into(), Target::Disabled)
    }

    /// Leaves the paths that match `path` to the application, preflights too: no request is answered
    /// and no response is changed, as on paths that nothing governs. For what speaks CORS by itself,
    /// such as a server behind this one.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy, PolicySelection};
    /// let options = CorsOptions::builder()
    ///     .add_policy("app", CorsPolicy::permissive())
    ///     .default_policy("app")
    ///     .pass_through("/storage/{*rest}")
    ///     .build()?;
    /// assert_eq!(options.select("/storage/photo.jpg", Some("PUT")), PolicySelection::None);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn pass_through(self, path: impl Into<String>) -> Self {
        self.pass_through_methods([""; 0], path)
    }

    /// Leaves the paths that match `path` to the application, for some methods only.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, PolicySelection};
    /// let options = CorsOptions::builder()
    ///     .disable("/upload/{*rest}")
    ///     .pass_through_methods(["PUT"], "/upload/{id}")
    ///     .build()?;
    /// assert_eq!(options.select("/upload/7", Some("PUT")), PolicySelection::None);
    /// assert_eq!(options.select("/upload/7", Some("GET")), PolicySelection::Disabled);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn pass_through_methods<I>(self, methods: I, path: impl Into<String>) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.add_route(methods, path.into(), Target::PassThrough)
    }

    /// Checks everything and compiles it.
    ///
    /// ```
    /// # use cors_core::CorsOptions;
    /// let errors = CorsOptions::builder().default_policy("app").build().unwrap_err();
    /// assert_eq!(errors.to_string(), "default `app`: there is no policy of this name; there is none");
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong: with the policies, then with the default, then with the path
    /// rules.
    pub fn build(self) -> Result<CorsOptions, ConfigErrors> {
        let mut errors = Vec::new();
        let mut route_errors = self.errors;
        let owned: Vec<String> = self.policies.iter().map(|(name, _)| name.clone()).collect();
        let names: Names<'_> = owned.iter().map(String::as_str).collect();
        let mut policies = IndexMap::with_capacity(self.policies.len());
        let mut distinct = 0;
        for (index, (name, PolicySource(source))) in self.policies.into_iter().enumerate() {
            if names.index(&name) == Some(distinct) {
                distinct += 1;
            } else {
                let place = Place::entry(Setting::Policies, index, &name);
                errors.push(ConfigError::new(place, ConfigErrorReason::DuplicatePolicy));
            }
            let built = match source {
                Source::Policy(policy) => Ok(policy.renamed(&name)),
                Source::Settings(settings) => settings.named(name.as_str()).build(),
            };
            match built {
                Ok(policy) => {
                    policies.insert(name, policy);
                }
                Err(found) => errors.extend(found),
            }
        }

        let is_unknown = |name: &&String| names.index(name).is_none();
        if let Some(name) = self.default.as_ref().filter(is_unknown) {
            errors.push(ConfigError::new(Place::text(Setting::Default, name), names.unknown(name)));
        }
        for (index, rule) in self.routes.iter().enumerate() {
            if let Some(name) = rule.target.policy().filter(is_unknown) {
                let place = Place::entry(Setting::Routes, index, &rule.path);
                errors.push(ConfigError::new(place, names.unknown(name)));
            }
        }
        errors.append(&mut route_errors);
        let routes = Routes::new(self.routes, |name| names.index(name), &mut errors);
        let default = self.default.and_then(|name| policies.get_index_of(&name));
        let inner = Inner::new(policies, default, routes);
        ConfigErrors::none_or(errors, inner).map(|inner| CorsOptions { inner: Shared::new(inner) })
    }

    pub(super) fn add_route<I>(mut self, methods: I, path: String, target: Target<String>) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut methods: Vec<String> =
            methods.into_iter().map(|method| method.as_ref().to_owned()).collect();
        if methods == ["*"] {
            methods.clear();
        }
        self.routes.push(Route::new(path, methods, target));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_hides_no_error_and_no_error_hides_a_repeated_name() {
        let bad = |origin: &str| CorsPolicy::builder().with_origins([origin]);
        let errors = CorsOptions::builder()
            .add_policy("a", bad("https://a.example/"))
            .add_policy("b", CorsPolicy::permissive())
            .add_policy("a", bad("https://b.example/"))
            .build()
            .unwrap_err();
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "policy `a`: origins[0] `https://a.example/`: an origin has no path; write `https://a.example`",
                "policies[2] `a`: there are two policies of this name",
                "policy `a`: origins[0] `https://b.example/`: an origin has no path; write `https://b.example`",
            ]
        );
    }
}
