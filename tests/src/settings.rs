//! The settings of a policy in the plainest form: what the builder is fed with, and what the
//! reference reads.

use std::time::Duration;

use cors_core::{
    ConfigErrors, CorsOptions, CorsPolicy, CorsPolicyBuilder, DangerousOptIn, Origin, OriginEntry,
    OriginRegex,
};

/// What governs a request.
#[derive(Clone, Debug)]
pub enum Governs {
    /// No policy does.
    Nothing,
    /// CORS is disabled for the path.
    Disabled,
    Policy(Settings),
}

impl Governs {
    /// Options under which every request for `path` is governed like this.
    ///
    /// # Errors
    ///
    /// The settings are not those of a policy.
    pub fn options(&self, path: &str) -> Result<CorsOptions, ConfigErrors> {
        match self {
            Self::Nothing => CorsOptions::builder().build(),
            Self::Disabled => CorsOptions::builder().disable(path).build(),
            Self::Policy(settings) => settings.builder().build().map(CorsOptions::from),
        }
    }
}

/// The settings of a policy.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Exact origins and patterns, or `*` alone.
    pub origins: Vec<Entry>,
    pub regexes: Vec<Entry>,
    pub predicate: Option<Predicate>,
    pub null_origin: NullOrigin,
    /// `*` alone for any, as in the other lists.
    pub methods: Vec<String>,
    pub headers: Vec<String>,
    pub exposed_headers: Vec<String>,
    pub credentials: bool,
    pub max_age: Option<u64>,
    pub private_network: bool,
    pub timing_allow_origin: bool,
}

impl Settings {
    pub fn builder(&self) -> CorsPolicyBuilder {
        let mut builder = CorsPolicy::builder()
            .with_origins(self.origins.iter().map(Entry::origin))
            .with_methods(&self.methods)
            .with_headers(&self.headers)
            .with_exposed_headers(&self.exposed_headers);
        for regex in &self.regexes {
            builder = builder.with_origin_regex(regex.regex());
        }
        if let Some(predicate) = self.predicate {
            let function = predicate.function();
            builder = if predicate.admits_insecure() {
                builder.dangerously_with_insecure_origin_predicate(function)
            } else {
                builder.with_origin_predicate(function)
            };
        }
        builder = match self.null_origin {
            NullOrigin::Refused => builder,
            NullOrigin::Allowed => builder.allow_null_origin(),
            NullOrigin::Dangerous => builder.dangerously_allow_null_origin_with_credentials(),
        };
        if self.credentials {
            builder = builder.allow_credentials();
        }
        if let Some(seconds) = self.max_age {
            builder = builder.preflight_max_age(Duration::from_secs(seconds));
        }
        if self.private_network {
            builder = builder.allow_private_network();
        }
        if self.timing_allow_origin {
            builder = builder.timing_allow_origin();
        }
        builder
    }

    pub fn allows_any_origin(&self) -> bool {
        matches!(&*self.origins, [entry] if entry.text == "*")
    }
}

/// An origin, a pattern or a regex, with the dangers that it accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub text: String,
    pub insecure: bool,
    pub public_suffix: bool,
}

impl Entry {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    fn origin(&self) -> OriginEntry {
        self.opt_ins().fold(OriginEntry::new(&self.text), OriginEntry::dangerously_allow)
    }

    fn regex(&self) -> OriginRegex {
        self.opt_ins().fold(OriginRegex::new(&self.text), OriginRegex::dangerously_allow)
    }

    fn opt_ins(&self) -> impl Iterator<Item = DangerousOptIn> {
        let insecure = self.insecure.then_some(DangerousOptIn::Insecure);
        insecure.into_iter().chain(self.public_suffix.then_some(DangerousOptIn::PublicSuffix))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NullOrigin {
    #[default]
    Refused,
    Allowed,
    /// With credentials too.
    Dangerous,
}

/// The predicates that vectors and generated policies use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicate {
    AllowAll,
    AllowAllInsecureToo,
    DenyAll,
    /// The host ends with this text.
    HostEndsWith(&'static str),
    /// The serialised origin is this text.
    Equals(&'static str),
}

impl Predicate {
    pub fn function(self) -> impl Fn(&Origin<'_>) -> bool + Send + Sync + 'static {
        move |origin| match self {
            Self::AllowAll | Self::AllowAllInsecureToo => true,
            Self::DenyAll => false,
            Self::HostEndsWith(end) => origin.host().ends_with(end),
            Self::Equals(text) => origin.as_str() == text,
        }
    }

    pub fn admits_insecure(self) -> bool {
        self == Self::AllowAllInsecureToo
    }
}
