//! Policies: settings that were checked and compiled once, and are then only read.

mod builder;
mod compiled;
mod lists;
mod prepared;
mod presets;
#[cfg(feature = "regex")]
mod regexes;
mod validate;
mod written;

use std::fmt;
use std::time::Duration;

use http::HeaderValue;

use crate::error::ConfigWarning;
#[cfg(feature = "regex")]
use crate::origin::OriginRegex;
use crate::origin::{Admission, OriginEntry, OriginSet};
use crate::shared::Shared;
pub use builder::CorsPolicyBuilder;
pub(crate) use builder::NullOrigin;
pub(crate) use compiled::{Compiled, Values};
pub(crate) use lists::{AnyOr, FieldNames, Methods, joined};
pub(crate) use prepared::Prepared;
pub(crate) use written::{Syntax, Written};

/// What a server allows pages of other origins: immutable, checked and compiled.
///
/// A policy is built by a [`CorsPolicyBuilder`] or read from a policy file, and an invalid one
/// cannot be owned. Its clone is a reference count. Two policies are equal where their settings
/// are; their names and warnings do not count.
///
/// ```
/// use cors_core::CorsPolicy;
///
/// let policy = CorsPolicy::builder()
///     .with_origins(["https://app.example.com", "https://*.example.com"])
///     .with_methods(["PUT"])
///     .allow_credentials()
///     .build()?;
/// assert!(policy.is_origin_allowed("https://shop.example.com"));
/// assert!(!policy.is_origin_allowed("https://evilexample.com"));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone)]
pub struct CorsPolicy {
    compiled: Shared<Compiled>,
}

impl CorsPolicy {
    /// Begins a policy that allows nothing yet.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn builder() -> CorsPolicyBuilder {
        CorsPolicyBuilder::default()
    }

    /// Begins another policy with the settings of this one.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let public = CorsPolicy::permissive();
    /// let readable = public.to_builder().with_exposed_headers(["*"]).build();
    /// assert!(readable.is_err(), "`*` stands there already, and twice means nothing");
    /// assert_eq!(public.to_builder().build()?, public);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn to_builder(&self) -> CorsPolicyBuilder {
        let list = |names: &AnyOr<FieldNames>| match names {
            AnyOr::Any => vec!["*".to_owned()],
            AnyOr::Listed(names) => names.iter().map(str::to_owned).collect(),
        };
        let compiled = &*self.compiled;
        CorsPolicyBuilder {
            name: compiled.name.clone(),
            origins: self.origins().collect(),
            #[cfg(feature = "regex")]
            regexes: self.origin_regexes().cloned().collect(),
            predicates: compiled
                .origins
                .listed()
                .map_or_else(Vec::new, |set| set.predicates().to_vec()),
            null_origin: compiled.null_origin,
            methods: match &compiled.methods {
                AnyOr::Any => vec!["*".to_owned()],
                AnyOr::Listed(methods) => methods.iter().map(str::to_owned).collect(),
            },
            headers: list(&compiled.headers),
            exposed_headers: list(&compiled.exposed_headers),
            credentials: compiled.credentials,
            max_age: self.max_age(),
            private_network: compiled.private_network,
            timing_allow_origin: compiled.timing_allow_origin,
        }
    }

    /// The name that the policy was given, for messages and logs.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let settings = CorsPolicy::builder().allow_any_origin();
    /// assert_eq!(settings.clone().build()?.name(), None);
    /// assert_eq!(settings.named("public").build()?.name(), Some("public"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.compiled.name.as_deref()
    }

    /// Would a request from `origin` be allowed to read responses?
    ///
    /// This is the decision to make before a WebSocket handshake too, which browsers do not
    /// check.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().with_origins(["https://*.example.com"]).build()?;
    /// assert!(policy.is_origin_allowed("https://app.example.com"));
    /// assert!(!policy.is_origin_allowed("https://app.example.com, https://evil.example"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn is_origin_allowed(&self, origin: &str) -> bool {
        match &self.compiled.origins {
            AnyOr::Any => true,
            AnyOr::Listed(set) => matches!(
                set.admit(origin.as_bytes(), self.compiled.credentials),
                Admission::Listed(_) | Admission::Null | Admission::Matched
            ),
        }
    }

    /// Is every origin allowed?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(CorsPolicy::permissive().allows_any_origin());
    /// assert!(!CorsPolicy::local_development().allows_any_origin());
    /// ```
    #[must_use]
    #[inline]
    pub fn allows_any_origin(&self) -> bool {
        self.compiled.origins.is_any()
    }

    /// The origins and patterns, exact ones first; `*` alone for any.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, OriginEntry};
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://*.example.com", "https://example.com"])
    ///     .build()?;
    /// let origins: Vec<OriginEntry> = policy.origins().collect();
    /// assert_eq!(origins, ["https://example.com", "https://*.example.com"].map(OriginEntry::new));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn origins(&self) -> impl Iterator<Item = OriginEntry> + '_ {
        let any = self.allows_any_origin().then(|| OriginEntry::new("*"));
        let listed = self.compiled.origins.listed().into_iter().flat_map(OriginSet::entries);
        any.into_iter()
            .chain(listed.map(|(text, opt_ins)| OriginEntry::new(text).with_opt_ins(opt_ins)))
    }

    /// The regular expressions over origins.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().with_origin_regex(r"https://a\.example").build()?;
    /// assert!(policy.origin_regexes().map(|regex| regex.source()).eq([r"https://a\.example"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[cfg(feature = "regex")]
    pub fn origin_regexes(&self) -> impl Iterator<Item = &OriginRegex> {
        self.compiled.origins.listed().into_iter().flat_map(OriginSet::regexes)
    }

    /// Is the origin `null` allowed by name?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_null_origin().build()?;
    /// assert!(policy.allows_null_origin());
    /// // Any origin covers `null` too, but not by name.
    /// assert!(!CorsPolicy::permissive().allows_null_origin());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn allows_null_origin(&self) -> bool {
        self.compiled.null_origin != NullOrigin::Refused
    }

    /// Is every method allowed?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(CorsPolicy::permissive().allows_any_method());
    /// ```
    #[must_use]
    pub fn allows_any_method(&self) -> bool {
        self.compiled.methods.is_any()
    }

    /// The methods listed, in their order; GET, HEAD and POST are allowed without.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_any_origin().with_methods(["PUT"]).build()?;
    /// assert!(policy.methods().eq(["PUT"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.compiled.methods.listed().into_iter().flat_map(Methods::iter)
    }

    /// Is every request header allowed?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(CorsPolicy::permissive().allows_any_header());
    /// ```
    #[must_use]
    pub fn allows_any_header(&self) -> bool {
        self.compiled.headers.is_any()
    }

    /// The request headers listed, in their order and in lower case.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_any_origin().with_headers(["X-Id"]).build()?;
    /// assert!(policy.headers().eq(["x-id"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.compiled.headers.listed().into_iter().flat_map(FieldNames::iter)
    }

    /// Is every response header exposed to scripts?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(CorsPolicy::permissive().exposes_any_header());
    /// ```
    #[must_use]
    pub fn exposes_any_header(&self) -> bool {
        self.compiled.exposed_headers.is_any()
    }

    /// The response headers listed as exposed, in their order and in lower case.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_any_origin().with_exposed_headers(["ETag"]).build()?;
    /// assert!(policy.exposed_headers().eq(["etag"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn exposed_headers(&self) -> impl Iterator<Item = &str> {
        self.compiled.exposed_headers.listed().into_iter().flat_map(FieldNames::iter)
    }

    /// Are requests with credentials allowed?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(CorsPolicy::local_development().supports_credentials());
    /// assert!(!CorsPolicy::permissive().supports_credentials());
    /// ```
    #[must_use]
    pub fn supports_credentials(&self) -> bool {
        self.compiled.credentials
    }

    /// How long browsers may remember an allowed preflight, if that is said.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// # use std::time::Duration;
    /// let settings = CorsPolicy::builder().allow_any_origin();
    /// assert_eq!(settings.clone().build()?.max_age(), None);
    /// let policy = settings.preflight_max_age(Duration::from_secs(60)).build()?;
    /// assert_eq!(policy.max_age(), Some(Duration::from_secs(60)));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.compiled.max_age.map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// Is access to a private network allowed?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(!CorsPolicy::local_development().allows_private_network());
    /// ```
    #[must_use]
    pub fn allows_private_network(&self) -> bool {
        self.compiled.private_network
    }

    /// Is `Timing-Allow-Origin` sent to allowed origins?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::permissive().to_builder().timing_allow_origin().build()?;
    /// assert!(policy.sends_timing_allow_origin());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn sends_timing_allow_origin(&self) -> bool {
        self.compiled.timing_allow_origin
    }

    /// What is doubtful about the policy, in the order in which a policy file lists the settings.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().with_origins(["http://example.com"]).build()?;
    /// assert_eq!(policy.warnings().len(), 1);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.compiled.warnings
    }

    /// The same policy, never freed: for policies that live as long as the program.
    ///
    /// Clones of other policies count references, and threads that count at the same time wait for
    /// each other. Clones of a leaked policy, and of its field values, count nothing.
    /// To leak a policy twice does nothing more. Each time that a leaked policy is made into options,
    /// some hundred bytes are leaked too: give it to a layer once, and clone the layer. Where it is
    /// added to options under another name, they hold a copy that is not leaked:
    /// [leak the options](crate::CorsOptions::leak).
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?.leak();
    /// assert!(policy.is_leaked());
    /// assert!(policy.is_origin_allowed("https://app.example.com"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn leak(self) -> Self {
        if self.is_leaked() {
            return self;
        }
        Self { compiled: Shared::leak(self.compiled.into_owned().leak()) }
    }

    /// Does the policy live as long as the program?
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// assert!(!CorsPolicy::permissive().is_leaked());
    /// assert!(CorsPolicy::permissive().leak().is_leaked());
    /// ```
    #[must_use]
    pub fn is_leaked(&self) -> bool {
        self.compiled.is_leaked()
    }

    pub(crate) fn new(compiled: Compiled) -> Self {
        Self { compiled: Shared::new(compiled) }
    }

    #[inline]
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The policy's own text of an exact origin.
    pub(crate) fn listed_origin(&self, index: usize) -> Option<&HeaderValue> {
        self.compiled.origins.listed().and_then(|origins| origins.listed(index))
    }

    /// The same policy, whose preflights no cache keeps for another method; leaked where this one is.
    pub(crate) fn where_methods_differ(&self) -> Self {
        let (max_age, prepared) = (Some(0), Prepared::default());
        let compiled = self.compiled.clone().into_owned();
        let mut compiled = Compiled { methods_differ: true, max_age, prepared, ..compiled };
        compiled.values.max_age = Some(HeaderValue::from_static("0"));
        let policy = Self::new(compiled);
        if self.is_leaked() { policy.leak() } else { policy }
    }

    /// The same policy under another name; a leaked one is copied, but not leaked again.
    pub(crate) fn renamed(self, name: &str) -> Self {
        if self.name() == Some(name) {
            return self;
        }
        let name = Some(name.to_owned());
        let prepared = Prepared::default();
        Self::new(Compiled { name, prepared, ..self.compiled.into_owned() })
    }
}

impl PartialEq for CorsPolicy {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&*self.compiled, &*other.compiled);
        a.origins == b.origins
            && a.null_origin == b.null_origin
            && a.methods == b.methods
            && a.headers == b.headers
            && a.exposed_headers == b.exposed_headers
            && a.credentials == b.credentials
            && a.max_age == b.max_age
            && a.private_network == b.private_network
            && a.timing_allow_origin == b.timing_allow_origin
    }
}

impl fmt::Debug for CorsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.to_builder();
        let mut policy = f.debug_struct("CorsPolicy");
        policy.field("name", &settings.name);
        policy.field("origins", &settings.origins);
        #[cfg(feature = "regex")]
        policy.field("origin_regexes", &settings.regexes);
        policy
            .field("origin_predicates", &settings.predicates.len())
            .field("null_origin", &settings.null_origin)
            .field("methods", &settings.methods)
            .field("headers", &settings.headers)
            .field("exposed_headers", &settings.exposed_headers)
            .field("credentials", &settings.credentials)
            .field("max_age", &settings.max_age)
            .field("private_network", &settings.private_network)
            .field("timing_allow_origin", &settings.timing_allow_origin)
            .finish()
    }
}
