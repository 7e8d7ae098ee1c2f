//! Options: named policies, a default, and the paths that each is for.

mod builder;
#[cfg(feature = "serde")]
mod file;
#[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
mod formats;
mod names;
#[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
mod places;
#[cfg(feature = "reload")]
mod reload;
mod routes;
mod warnings;
#[cfg(feature = "watch")]
mod watch;

use std::fmt;

use indexmap::IndexMap;

use crate::context::RequestContext;
use crate::error::{ConfigError, ConfigErrors, ConfigWarning, Place, Setting, Spot};
use crate::policy::CorsPolicy;
use crate::shared::Shared;
pub use builder::{CorsOptionsBuilder, PolicySource};
use names::Names;
#[cfg(feature = "reload")]
pub use reload::ReloadableOptions;
use routes::{Route, Routes, Target};
#[cfg(feature = "watch")]
pub use watch::FileWatch;

/// Named policies, the default one, and path rules: all that a server has to say about CORS.
///
/// Immutable, checked and compiled; its clone is a reference count. Built in code, or read from a
/// policy file.
///
/// One policy governs a request, and policies are never merged: that of the most specific rule takes
/// nothing from the default one. What several share, [`CorsPolicy::to_builder`] carries over.
///
/// ```
/// use cors_core::{CorsOptions, CorsPolicy, PolicySelection};
///
/// let options = CorsOptions::builder()
///     .add_policy("storefront", CorsPolicy::builder().with_origins(["https://shop.example.com"]))
///     .add_policy("public", CorsPolicy::permissive())
///     .default_policy("storefront")
///     .route("/public/{*rest}", "public")
///     .disable("/internal/{*rest}")
///     .build()?;
///
/// let name = |path: &str| match options.select(path, Some("GET")) {
///     PolicySelection::Policy(policy) => policy.name().map(str::to_owned),
///     PolicySelection::Disabled | PolicySelection::None => None,
/// };
/// assert_eq!(name("/public/prices").as_deref(), Some("public"));
/// assert_eq!(name("/basket").as_deref(), Some("storefront"));
/// assert_eq!(name("/internal/metrics"), None);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone)]
pub struct CorsOptions {
    inner: Shared<Inner>,
}

#[derive(Clone)]
struct Inner {
    /// Invariant: each policy has the name that is its key, or it is leaked and has none.
    policies: IndexMap<String, CorsPolicy>,
    /// Invariant: an index into `policies`.
    default: Option<usize>,
    routes: Routes,
    /// The policy that governs every request: the default one, where there are no rules.
    only: Option<CorsPolicy>,
    /// The policies once more, for paths with rules for methods. Invariant: as many as `policies`, or
    /// none where no rule tells methods apart.
    for_methods: Vec<CorsPolicy>,
    uncertain: CorsPolicy,
    /// What is doubtful, beside what is doubtful about each policy.
    warnings: Vec<ConfigWarning>,
}

impl Inner {
    fn new(policies: IndexMap<String, CorsPolicy>, default: Option<usize>, routes: Routes) -> Self {
        let default_policy = default.and_then(|index| policies.get_index(index));
        let only = default_policy.filter(|_| routes.rules().is_empty());
        let only = only.map(|(_, policy)| policy.clone());
        let for_methods = if routes.depend_on_method() {
            policies.values().map(CorsPolicy::where_methods_differ).collect()
        } else {
            Vec::new()
        };
        let warnings = warnings::warnings(&policies, default, &routes);
        let uncertain = CorsPolicy::of_uncertain_path();
        Self { policies, default, routes, only, for_methods, uncertain, warnings }
    }

    /// The same with other policies of the same names, and rules at other spots. A policy that nobody
    /// else holds is not copied.
    fn map_parts(
        self,
        mut map: impl FnMut(CorsPolicy) -> CorsPolicy,
        place: impl FnMut(usize, &mut Spot),
    ) -> Self {
        let Self { policies, default, mut routes, only, for_methods, .. } = self;
        drop((only, for_methods));
        let policies = policies.into_iter();
        let policies = policies.map(|(name, policy)| (name, map(policy))).collect();
        routes.place(place);
        Self::new(policies, default, routes)
    }
}

/// What governs a request.
///
/// ```
/// use cors_core::{CorsOptions, PolicySelection};
///
/// let options = CorsOptions::builder().disable("/internal/{*rest}").build()?;
/// assert_eq!(options.select("/internal/metrics", Some("GET")), PolicySelection::Disabled);
/// assert_eq!(options.select("/items", Some("GET")), PolicySelection::None);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an adapter must not compile when there is another possibility"
)]
pub enum PolicySelection<'a> {
    /// This policy does.
    Policy(&'a CorsPolicy),
    /// CORS is disabled for the path: preflights are refused, other requests pass untouched.
    Disabled,
    /// Nothing does, or the application does by itself: every request passes untouched.
    None,
}

impl CorsOptions {
    /// Begins options without policies.
    ///
    /// ```
    /// use cors_core::{CorsOptions, CorsPolicy};
    ///
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .default_policy("public")
    ///     .build()?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn builder() -> CorsOptionsBuilder {
        CorsOptionsBuilder::default()
    }

    /// The policy for a request: that of the most specific path rule for its path and method, else
    /// the default.
    ///
    /// `path` is the path of the request's target, percent-encoded as it came and without the
    /// query; it is compared with characters decoded that may stand in a path. `method` is the
    /// [effective method](crate::CorsRequest::effective_method).
    ///
    /// Some servers, most of all those of files, read `/a//b`, `/a/./b`, `/a%2Fb` and `/a%5Cb` as `/a/b`.
    /// Where the rules lead to another policy so, and none spells the path out as it came, the policy
    /// is one that allows nothing, called `uncertain path`.
    ///
    /// Browsers cache what a preflight allows by URL, not by the method that it was sent for. So where
    /// rules for methods apply to a path, the policy comes with a
    /// [`max_age`](CorsPolicy::max_age) of zero, and the answers to preflights vary on what is asked:
    /// else the preflight for one method would open the path for the methods that another policy
    /// governs.
    ///
    /// ```
    /// use cors_core::{CorsOptions, CorsPolicy, PolicySelection};
    ///
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .route_methods(["GET"], "/reports/{id}", "public")
    ///     .build()?;
    /// assert!(matches!(options.select("/reports/7", Some("GET")), PolicySelection::Policy(_)));
    /// assert_eq!(options.select("/reports/7", Some("PUT")), PolicySelection::None);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn select(&self, path: &str, method: Option<&str>) -> PolicySelection<'_> {
        let inner = &*self.inner;
        let default = Target::of_default(inner.default);
        let Some(found) = inner.routes.find(path, method, default) else {
            return PolicySelection::Policy(&inner.uncertain);
        };
        let policy = match found.value {
            Target::Disabled => return PolicySelection::Disabled,
            Target::PassThrough => None,
            Target::Policy(index) => {
                let differs = inner.for_methods.get(index).filter(|_| found.depends_on_method);
                differs.or_else(|| Some(inner.policies.get_index(index)?.1))
            }
        };
        policy.map_or(PolicySelection::None, PolicySelection::Policy)
    }

    /// As [`select`](Self::select), of a request, whose path and method are not looked at where the
    /// default policy governs every request.
    ///
    /// ```
    /// use cors_core::{CorsOptions, CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    ///
    /// let options = CorsOptions::from(CorsPolicy::permissive());
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// assert!(matches!(options.select_for(&request), PolicySelection::Policy(_)));
    /// ```
    #[must_use]
    #[inline]
    pub fn select_for(&self, request: &RequestContext<'_>) -> PolicySelection<'_> {
        match self.only_policy() {
            Some(policy) => PolicySelection::Policy(policy),
            None => self.select(request.path(), request.method()),
        }
    }

    /// The policy that governs every request, if one does.
    #[inline]
    pub(crate) fn only_policy(&self) -> Option<&CorsPolicy> {
        self.inner.only.as_ref()
    }

    /// The policy of a name.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// assert!(options.policy("public").is_some_and(CorsPolicy::allows_any_origin));
    /// assert!(options.policy("app").is_none());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&CorsPolicy> {
        self.inner.policies.get(name)
    }

    /// The policies with their names, in the order in which they were configured.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .add_policy("app", CorsPolicy::builder().with_origins(["https://app.example.com"]))
    ///     .build()?;
    /// assert!(options.policies().map(|(name, _)| name).eq(["public", "app"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn policies(&self) -> impl Iterator<Item = (&str, &CorsPolicy)> {
        self.inner.policies.iter().map(|(name, policy)| (name.as_str(), policy))
    }

    /// The policy of the paths that no rule names.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::from(CorsPolicy::permissive());
    /// assert_eq!(options.default_policy().and_then(CorsPolicy::name), Some("default"));
    /// assert!(CorsOptions::builder().build()?.default_policy().is_none());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn default_policy(&self) -> Option<&CorsPolicy> {
        self.inner.default.and_then(|index| self.inner.policies.get_index(index)).map(|(_, p)| p)
    }

    /// The same options with another default policy.
    ///
    /// ```
    /// use cors_core::{CorsOptions, CorsPolicy};
    ///
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// let errors = options.with_default("pubic").unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "named `pubic`: there is no policy of this name; there is `public`",
    /// );
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no policy of this name.
    pub fn with_default(self, name: &str) -> Result<Self, ConfigErrors> {
        let index = self.inner.policies.get_index_of(name);
        if index.is_none() {
            let names: Names<'_> = self.inner.policies.keys().map(String::as_str).collect();
            let reason = names.unknown(name);
            return Err(ConfigError::new(Place::text(Setting::Named, name), reason).into());
        }
        let with_default = |inner: Inner| Inner::new(inner.policies, index, inner.routes);
        Ok(Self { inner: self.inner.map(with_default) })
    }

    /// The same options, never freed, and so are their policies: see [`CorsPolicy::leak`].
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let options = CorsOptions::builder()
    ///     .add_policy("public", CorsPolicy::permissive())
    ///     .default_policy("public")
    ///     .build()?
    ///     .leak();
    /// assert!(options.default_policy().is_some_and(CorsPolicy::is_leaked));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn leak(self) -> Self {
        if self.inner.is_leaked() {
            return self;
        }
        Self { inner: Shared::leak(self.inner.into_owned().map_parts(CorsPolicy::leak, |_, _| {})) }
    }

    /// Begins other options with the content of these.
    ///
    /// ```
    /// use cors_core::{CorsOptions, CorsPolicy};
    ///
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// let more = options.to_builder().default_policy("public").build()?;
    /// assert!(more.default_policy().is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn to_builder(&self) -> CorsOptionsBuilder {
        CorsOptionsBuilder {
            policies: self
                .policies()
                .map(|(name, policy)| (name.to_owned(), policy.clone().into()))
                .collect(),
            default: self.default_name().map(str::to_owned),
            routes: self.inner.routes.rules().to_vec(),
            errors: Vec::new(),
        }
    }

    /// What is doubtful about the policies, in their order, and then about what they govern.
    ///
    /// A server logs them when it starts. That a policy governs nothing is doubtful only where no
    /// provider or adapter chooses it by its name.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let kiosk = CorsPolicy::builder().with_origins(["http://kiosk.example"]);
    /// let options = CorsOptions::builder().add_policy("kiosk", kiosk).build()?;
    /// let warnings: Vec<String> = options.warnings().map(ToString::to_string).collect();
    /// assert_eq!(
    ///     warnings,
    ///     [
    ///         "policy `kiosk`: origins[0] `http://kiosk.example`: anyone on the way can change the \
    ///          pages of an insecure origin",
    ///         "policy `kiosk`: governs nothing: it is not the default and no route names it; make it \
    ///          one of the two, unless the program chooses it by its name",
    ///     ]
    /// );
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn warnings(&self) -> impl Iterator<Item = &ConfigWarning> {
        self.inner.policies.values().flat_map(CorsPolicy::warnings).chain(&self.inner.warnings)
    }

    /// The same options with other policies of the same names, and rules at other spots.
    #[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
    fn map_parts(
        self,
        map: impl FnMut(CorsPolicy) -> CorsPolicy,
        place: impl FnMut(usize, &mut Spot),
    ) -> Self {
        Self { inner: self.inner.map(|inner| inner.map_parts(map, place)) }
    }

    /// The name of the default policy.
    fn default_name(&self) -> Option<&str> {
        let (name, _) = self.inner.policies.get_index(self.inner.default?)?;
        Some(name)
    }

    /// The path rules, in the order in which they were configured.
    pub(crate) fn routes(&self) -> &[Route] {
        self.inner.routes.rules()
    }
}

/// A single policy, which governs every path: the default one, which is called `default` where it has
/// no name of its own.
impl From<CorsPolicy> for CorsOptions {
    fn from(policy: CorsPolicy) -> Self {
        let name = policy.name().unwrap_or("default").to_owned();
        let keep = if policy.is_leaked() { Shared::leak } else { Shared::new };
        // A leaked policy stays the one that it is, rather than be leaked again under a name.
        let policy = if policy.is_leaked() { policy } else { policy.renamed(&name) };
        let policies = IndexMap::from([(name, policy)]);
        Self { inner: keep(Inner::new(policies, Some(0), Routes::default())) }
    }
}

impl PartialEq for CorsOptions {
    fn eq(&self, other: &Self) -> bool {
        self.policies().eq(other.policies())
            && self.inner.default == other.inner.default
            && self.routes() == other.routes()
    }
}

impl fmt::Debug for CorsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CorsOptions")
            .field("default", &self.default_name())
            .field("policies", &self.inner.policies)
            .field("routes", &self.routes())
            .finish()
    }
}
