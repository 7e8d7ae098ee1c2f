//! What to change so that a request is allowed.

use std::fmt;

use crate::error::{Position, Setting};
use crate::origin::{DangerousOptIn, OriginEntry};
use crate::policy::{CorsPolicy, CorsPolicyBuilder, Syntax};

/// Lists that are longer are not shown as a whole.
const LONGEST_LIST: usize = 32;

/// What to do about a step that failed: in the policy, or else where.
///
/// Prints as one line. Every change of the policy that is proposed has been checked: the policy
/// accepts it, and passes the step with it.
///
/// ```
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder()
///     .named("storefront")
///     .with_origins(["https://shop.example.com"])
///     .build()?;
/// let lines = [("origin", "https://admin.example.com")];
/// let request = CorsRequest::new("GET", &lines);
/// let explanation = CorsService::new().evaluate_policy(&request, &policy).explain();
/// let correction = explanation.steps()[0].correction();
/// assert_eq!(
///     correction.to_string(),
///     "in policy `storefront`, add `\"https://admin.example.com\"` to `origins`",
/// );
/// assert_eq!(
///     correction.lines(),
///     [r#"origins = ["https://shop.example.com", "https://admin.example.com"]"#],
/// );
///
/// let corrected = correction.apply_to(policy.to_builder()).build()?;
/// assert!(corrected.is_origin_allowed("https://admin.example.com"));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Correction {
    pub(super) text: String,
    pub(super) change: Option<Change>,
    pub(super) danger: Option<String>,
    pub(super) lines: Vec<String>,
    pub(super) file: Option<String>,
    pub(super) position: Option<Position>,
}

/// A change of a policy.
///
/// ```
/// use cors_core::explain::Change;
/// use cors_core::{CorsPolicy, CorsRequest, CorsService, Setting};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines =
///     [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = CorsRequest::new("OPTIONS", &lines);
/// let explanation = CorsService::new().evaluate_policy(&request, &policy).explain();
/// let change = explanation.steps()[0].correction().change().unwrap();
/// assert_eq!(change, &Change::AddMethod("PUT".into()));
/// assert_eq!(change.setting(), Setting::Methods);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Change {
    /// An entry more in `origins`.
    #[non_exhaustive]
    AddOrigin {
        /// The origin.
        origin: String,
        /// The danger that the entry has to accept.
        dangerously_allow: Option<DangerousOptIn>,
    },
    /// `allow_null_origin`.
    #[non_exhaustive]
    AllowNullOrigin {
        /// By the dangerous opt-in, which `null` needs beside credentials.
        dangerously_with_credentials: bool,
    },
    /// An entry more in `methods`.
    AddMethod(String),
    /// Entries more in `headers`.
    AddHeaders(Vec<String>),
    /// `private_network`.
    #[non_exhaustive]
    AllowPrivateNetwork {
        /// The origin to list in place of any, which does not go with private networks.
        instead_of_any_origin: Option<String>,
    },
    /// `credentials`.
    #[non_exhaustive]
    AllowCredentials {
        /// The origin to list in place of any, which does not go with credentials.
        instead_of_any_origin: Option<String>,
    },
}

impl Change {
    /// The setting that changes.
    ///
    /// ```
    /// # use cors_core::explain::Change;
    /// # use cors_core::Setting;
    /// assert_eq!(Change::AddHeaders(vec!["x-id".into()]).setting(), Setting::Headers);
    /// ```
    #[must_use]
    pub fn setting(&self) -> Setting {
        match self {
            Self::AddOrigin { .. } => Setting::Origins,
            Self::AllowNullOrigin { .. } => Setting::AllowNullOrigin,
            Self::AddMethod(_) => Setting::Methods,
            Self::AddHeaders(_) => Setting::Headers,
            Self::AllowPrivateNetwork { .. } => Setting::PrivateNetwork,
            Self::AllowCredentials { .. } => Setting::Credentials,
        }
    }

    pub(super) fn apply_to(&self, settings: CorsPolicyBuilder) -> CorsPolicyBuilder {
        let listing = |settings: CorsPolicyBuilder, origin: &Option<String>| match origin {
            Some(origin) => {
                CorsPolicyBuilder { origins: vec![OriginEntry::new(origin)], ..settings }
            }
            None => settings,
        };
        match self {
            Self::AddOrigin { origin, dangerously_allow } => {
                settings.with_origins([entry(origin, *dangerously_allow)])
            }
            Self::AllowNullOrigin { dangerously_with_credentials: true } => {
                settings.dangerously_allow_null_origin_with_credentials()
            }
            Self::AllowNullOrigin { .. } => settings.allow_null_origin(),
            Self::AddMethod(method) => settings.with_methods([method]),
            Self::AddHeaders(names) => settings.with_headers(names),
            Self::AllowPrivateNetwork { instead_of_any_origin } => {
                listing(settings, instead_of_any_origin).allow_private_network()
            }
            Self::AllowCredentials { instead_of_any_origin } => {
                listing(settings, instead_of_any_origin).allow_credentials()
            }
        }
    }

    /// What to do, without the policy's name: an imperative.
    pub(super) fn imperative(&self) -> String {
        let listing = |origin: &Option<String>, flag: &str| match origin {
            Some(origin) => format!(
                "write `origins = [{origin:?}]` in place of any origin, and `{flag} = true`"
            ),
            None => format!("write `{flag} = true`"),
        };
        match self {
            Self::AddOrigin { origin, dangerously_allow } => {
                let entry = entry_in(Syntax::Toml, &entry(origin, *dangerously_allow));
                format!("add `{entry}` to `origins`")
            }
            Self::AllowNullOrigin { dangerously_with_credentials: true } => {
                "write `allow_null_origin = \"dangerously-with-credentials\"`".to_owned()
            }
            Self::AllowNullOrigin { .. } => "write `allow_null_origin = true`".to_owned(),
            Self::AddMethod(method) => format!("add `{method:?}` to `methods`"),
            Self::AddHeaders(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name:?}`")).collect();
                format!("add {} to `headers`", names.join(", "))
            }
            Self::AllowPrivateNetwork { instead_of_any_origin } => {
                listing(instead_of_any_origin, "private_network")
            }
            Self::AllowCredentials { instead_of_any_origin } => {
                listing(instead_of_any_origin, "credentials")
            }
        }
    }

    /// How the changed settings read in a policy file, one line each.
    pub(super) fn lines(&self, policy: &CorsPolicy, syntax: Syntax) -> Vec<String> {
        let quoted = |text: &str| format!("{text:?}");
        let listing = |origin: &Option<String>, flag| {
            let origins = origin.as_ref().map(|o| list(syntax, Setting::Origins, &[quoted(o)]));
            origins.into_iter().chain([assignment(syntax, flag, "true")]).collect()
        };
        let entries: Vec<String> = match self {
            Self::AddOrigin { origin, dangerously_allow } => {
                let added = entry(origin, *dangerously_allow);
                let origins = policy.origins().take(LONGEST_LIST).chain([added]);
                origins.map(|entry| entry_in(syntax, &entry)).collect()
            }
            Self::AllowNullOrigin { dangerously_with_credentials } => {
                let value = if *dangerously_with_credentials {
                    "\"dangerously-with-credentials\""
                } else {
                    "true"
                };
                return vec![assignment(syntax, self.setting(), value)];
            }
            Self::AddMethod(method) => {
                policy.methods().take(LONGEST_LIST).chain([&**method]).map(quoted).collect()
            }
            Self::AddHeaders(names) => {
                let added = names.iter().map(String::as_str);
                policy.headers().take(LONGEST_LIST).chain(added).map(quoted).collect()
            }
            Self::AllowPrivateNetwork { instead_of_any_origin }
            | Self::AllowCredentials { instead_of_any_origin } => {
                return listing(instead_of_any_origin, self.setting());
            }
        };
        if entries.len() > LONGEST_LIST {
            return Vec::new();
        }
        vec![list(syntax, self.setting(), &entries)]
    }
}

fn entry(origin: &str, dangerously_allow: Option<DangerousOptIn>) -> OriginEntry {
    let entry = OriginEntry::new(origin);
    match dangerously_allow {
        Some(opt_in) => entry.dangerously_allow(opt_in),
        None => entry,
    }
}

fn list(syntax: Syntax, setting: Setting, entries: &[String]) -> String {
    assignment(syntax, setting, &format!("[{}]", entries.join(", ")))
}

fn assignment(syntax: Syntax, setting: Setting, value: &str) -> String {
    match syntax {
        Syntax::Toml => format!("{setting} = {value}"),
        #[cfg(feature = "json")]
        Syntax::Json => format!("\"{setting}\": {value}"),
        #[cfg(feature = "yaml")]
        Syntax::Yaml => format!("{setting}: {value}"),
    }
}

/// An entry of `origins`. Entries are printable ASCII, whose escapes all formats share.
fn entry_in(syntax: Syntax, entry: &OriginEntry) -> String {
    let origin = format!("{:?}", entry.text());
    let opt_ins: Vec<_> = entry.opt_ins().map(|opt_in| format!("{:?}", opt_in.as_str())).collect();
    if opt_ins.is_empty() {
        return origin;
    }
    let opt_ins = opt_ins.join(", ");
    match syntax {
        Syntax::Toml => format!("{{ origin = {origin}, dangerously_allow = [{opt_ins}] }}"),
        #[cfg(feature = "json")]
        Syntax::Json => {
            format!("{{ \"origin\": {origin}, \"dangerously_allow\": [{opt_ins}] }}")
        }
        #[cfg(feature = "yaml")]
        Syntax::Yaml => format!("{{ origin: {origin}, dangerously_allow: [{opt_ins}] }}"),
    }
}

impl Correction {
    /// Words alone: there is nothing to change in the policy, or it is not known what.
    pub(super) fn advice(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            change: None,
            danger: None,
            lines: Vec::new(),
            file: None,
            position: None,
        }
    }

    /// A change of `policy`, which has been checked. `first` is what is better, if it can be done.
    pub(super) fn of_policy(
        policy: &CorsPolicy,
        change: Change,
        first: Option<String>,
        danger: Option<String>,
    ) -> Self {
        let written = policy.compiled().written.as_deref();
        let setting = change.setting();
        let own = written.and_then(|written| written.setting(setting));
        let position = own.or(written.map(|written| written.policy));
        let file = written.and_then(|written| written.file.as_deref());
        let place = position.map_or_else(String::new, |position| {
            let line = position.line;
            let of_file = file.map_or_else(String::new, |file| format!(" of {file}"));
            if own.is_some() {
                format!(" (line {line}{of_file})")
            } else {
                format!(" (the policy begins at line {line}{of_file})")
            }
        });
        let first = first.map_or_else(String::new, |first| format!("{first}; or, "));
        let in_policy =
            policy.name().map_or_else(String::new, |name| format!("in policy `{name}`, "));
        Self {
            text: format!("{first}{in_policy}{}{place}", change.imperative()),
            danger,
            lines: change.lines(policy, written.map_or_else(Syntax::default, |it| it.syntax)),
            file: file.map(str::to_owned),
            position,
            change: Some(change),
        }
    }

    /// What to change in the policy; none where nothing in a policy can help, or where the request
    /// is not known well enough to say.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://a.example"), ("origin", "https://b.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(result.explain().steps()[0].correction().change().is_none());
    /// ```
    #[must_use]
    pub fn change(&self) -> Option<&Change> {
        self.change.as_ref()
    }

    /// What the change would mean, where it is not secure.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://kiosk.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(
    ///     result.explain().steps()[0].correction().danger(),
    ///     Some(
    ///         "with credentials an insecure origin lets anyone on the way act for your users; \
    ///          use https, or dangerously allow `insecure`"
    ///     ),
    /// );
    /// ```
    #[must_use]
    pub fn danger(&self) -> Option<&str> {
        self.danger.as_deref()
    }

    /// The lines of the policy file as they read after the change, in its format, or in TOML where
    /// the policy was not read from a text. Exact origins come first. None where the list is longer
    /// than 32 entries.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost"), ("access-control-request-private-network", "true"),
    ///     ("access-control-request-method", "GET")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.explain().steps()[0].correction().lines(), ["private_network = true"]);
    /// ```
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The policy file, where the policy was read from one.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.explain().steps()[0].correction().file(), None);
    /// ```
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Where in the policy's text the setting stands, or, where it is not set yet, the policy.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// # use cors_core::{CorsOptions, CorsRequest, CorsService};
    /// let options = CorsOptions::from_toml("[policies.app]\norigins = ['https://app.example.com']")?;
    /// let lines = [("origin", "https://admin.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let policy = options.policy("app").unwrap();
    /// let explanation = CorsService::new().evaluate_policy(&request, policy).explain();
    /// let position = explanation.steps()[0].correction().line_and_column().unwrap();
    /// assert_eq!(position.line, 2);
    /// # }
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn line_and_column(&self) -> Option<Position> {
        self.position
    }

    /// The settings of a policy with the change; the same settings where there is none.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let explanation = CorsService::new().evaluate_policy(&request, &policy).explain();
    /// let settings = explanation.steps()[0].correction().apply_to(policy.to_builder());
    /// assert!(settings.build()?.allows_null_origin());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn apply_to(&self, settings: CorsPolicyBuilder) -> CorsPolicyBuilder {
        match &self.change {
            Some(change) => change.apply_to(settings),
            None => settings,
        }
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.danger {
            Some(danger) => write!(f, "; dangerous: {danger}"),
            None => Ok(()),
        }
    }
}
