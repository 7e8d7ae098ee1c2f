//! What is wrong with a configuration (errors), and what is doubtful about it (warnings).

use std::fmt;

use crate::origin::OriginPatternError;

/// Everything that is wrong with a configuration, at once; never empty.
///
/// ```
/// use cors_core::CorsPolicy;
///
/// let errors = CorsPolicy::builder()
///     .with_origins(["https://example.com/"])
///     .with_methods(["TRACE"])
///     .build()
///     .unwrap_err();
/// assert_eq!(errors.iter().count(), 2);
/// assert_eq!(
///     errors.to_string(),
///     "origins[0] `https://example.com/`: an origin has no path; write `https://example.com`\n\
///      methods[0] `TRACE`: browsers never send CONNECT, TRACE or TRACK",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    first: ConfigError,
    rest: Vec<ConfigError>,
}

impl ConfigErrors {
    /// `Ok` of `value` where there is nothing in `errors`.
    pub(crate) fn none_or<T>(errors: Vec<ConfigError>, value: T) -> Result<T, Self> {
        let mut errors = errors.into_iter();
        match errors.next() {
            None => Ok(value),
            Some(first) => Err(Self { first, rest: errors.collect() }),
        }
    }

    /// The errors, in the order in which the configuration is written.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self { first: error, rest: Vec::new() }
    }
}

impl IntoIterator for ConfigErrors {
    type Item = ConfigError;
    type IntoIter = std::iter::Chain<std::iter::Once<ConfigError>, std::vec::IntoIter<ConfigError>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.first).chain(self.rest)
    }
}

/// One error a line.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.rest.iter().try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl std::error::Error for ConfigErrors {}

/// One thing that is wrong with a configuration: where it stands, why it is refused and, where
/// that is known, what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    place: Place,
    reason: ConfigErrorReason,
    correction: Option<String>,
}

impl ConfigError {
    pub(crate) fn new(place: Place, reason: impl Into<ConfigErrorReason>) -> Self {
        Self { place, reason: reason.into(), correction: None }
    }

    pub(crate) fn with_correction(mut self, correction: Option<String>) -> Self {
        self.correction = correction;
        self
    }

    /// Where the entry stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Why it is refused.
    #[must_use]
    pub fn reason(&self) -> &ConfigErrorReason {
        &self.reason
    }

    /// What to write instead, where that is known.
    #[must_use]
    pub fn correction(&self) -> Option<&str> {
        self.correction.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)?;
        match &self.correction {
            Some(correction) => write!(f, "; write `{correction}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Something doubtful in a valid policy.
///
/// ```
/// use cors_core::{ConfigWarningReason, CorsPolicy};
///
/// let policy = CorsPolicy::builder().with_origins(["http://example.com"]).build()?;
/// let warning = &policy.warnings()[0];
/// assert_eq!(warning.reason(), &ConfigWarningReason::InsecureOrigin);
/// assert_eq!(
///     warning.to_string(),
///     "origins[0] `http://example.com`: anyone on the way can change the pages of an insecure origin",
/// );
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigWarning {
    place: Place,
    reason: ConfigWarningReason,
}

impl ConfigWarning {
    pub(crate) fn new(place: Place, reason: ConfigWarningReason) -> Self {
        Self { place, reason }
    }

    /// Where the entry stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Why it is doubtful.
    #[must_use]
    pub fn reason(&self) -> &ConfigWarningReason {
        &self.reason
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// Where in a configuration something stands: policy, setting, index and text, or line and column.
///
/// Prints as ``policy `storefront`: origins[2] `https://example.com/` ``.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    policy: Option<String>,
    setting: Option<Setting>,
    index: Option<usize>,
    text: Option<String>,
    position: Option<Position>,
}

impl Place {
    pub(crate) fn setting(setting: Setting) -> Self {
        Self { setting: Some(setting), ..Self::default() }
    }

    pub(crate) fn entry(setting: Setting, index: usize, text: &str) -> Self {
        Self { index: Some(index), text: Some(text.to_owned()), ..Self::setting(setting) }
    }

    pub(crate) fn text(setting: Setting, text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::setting(setting) }
    }

    #[cfg(feature = "serde")]
    pub(crate) fn position(position: Option<Position>) -> Self {
        Self { position, ..Self::default() }
    }

    pub(crate) fn in_policy(mut self, policy: Option<&str>) -> Self {
        self.policy = policy.map(str::to_owned);
        self
    }

    /// The name of the policy, where it has one.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// The setting; none where the text could not be read at all.
    #[must_use]
    pub fn setting_name(&self) -> Option<Setting> {
        self.setting
    }

    /// Which entry of a list it is, counted from 0.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.index
    }

    /// The entry as it is written.
    #[must_use]
    pub fn entry_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The line and column, where a text could not be read.
    #[must_use]
    pub fn line_and_column(&self) -> Option<Position> {
        self.position
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(policy) = &self.policy {
            write!(f, "policy `{policy}`: ")?;
        }
        match (self.setting, self.position) {
            (Some(setting), _) => write!(f, "{setting}")?,
            (None, Some(position)) => write!(f, "{position}")?,
            (None, None) => f.write_str("configuration")?,
        }
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        match &self.text {
            Some(text) => write!(f, " `{}`", text.escape_debug()),
            None => Ok(()),
        }
    }
}

/// A line and a column of a text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "a position in a text has no third coordinate")]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A setting, named as in a policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each setting is described where it is set")]
pub enum Setting {
    Origins,
    OriginRegexes,
    AllowNullOrigin,
    Methods,
    Headers,
    ExposedHeaders,
    MaxAge,
    Policies,
    Default,
    Routes,
    /// The policy that an adapter is told to use.
    Named,
    /// The statuses of an adapter.
    PreflightStatus,
    RefusedPreflightStatus,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origins => "origins",
            Self::OriginRegexes => "origin_regexes",
            Self::AllowNullOrigin => "allow_null_origin",
            Self::Methods => "methods",
            Self::Headers => "headers",
            Self::ExposedHeaders => "exposed_headers",
            Self::MaxAge => "max_age",
            Self::Policies => "policies",
            Self::Default => "default",
            Self::Routes => "routes",
            Self::Named => "named",
            Self::PreflightStatus => "preflight_status",
            Self::RefusedPreflightStatus => "refused_preflight_status",
        })
    }
}

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigErrorReason {
    /// The policy allows no origin at all.
    #[error("no origin is allowed; list some, or allow any")]
    NoOrigins,
    /// An entry is no origin and no pattern.
    #[error(transparent)]
    Origin(#[from] OriginPatternError),
    /// `null` stands in the list.
    #[error(
        "`null` is no origin to list; use allow_null_origin if every sandboxed page of any site may read"
    )]
    NullInList,
    /// `*` stands beside other origins, regexes, predicates or `null`.
    #[error("any origin (`*`) makes every other origin pointless; keep one or the other")]
    AnyOriginBesideOthers,
    /// `*` stands beside other entries of a list.
    #[error("`*` means any only where it stands alone")]
    WildcardInList,
    /// Any origin with credentials.
    #[error(
        "any origin with credentials would open every user's data to every site; list the origins"
    )]
    AnyOriginWithCredentials,
    /// Any origin with private network access.
    #[error(
        "any origin with private network access would open the network behind the server to every site; list the origins"
    )]
    AnyOriginWithPrivateNetwork,
    /// Any exposed header with credentials.
    #[error("with credentials browsers read `*` as a header of that name; list the headers")]
    AnyExposedHeaderWithCredentials,
    /// An `http` or `ws` origin, not loopback, with credentials.
    #[error(
        "with credentials an insecure origin lets anyone on the way act for your users; use https, or dangerously allow `insecure`"
    )]
    InsecureOriginWithCredentials,
    /// A wildcard over a public suffix, or over an ancestor of one, with credentials.
    #[error(
        "anyone can register a name that `*.{base}` matches, and would get your users' credentials; name the domain, or dangerously allow `public_suffix`"
    )]
    PublicSuffixWithCredentials {
        /// What follows `*.`.
        base: String,
    },
    /// `null` with credentials.
    #[error(
        "every site can send the origin `null`, and would get your users' credentials; drop one of the two, or use allow_null_origin = \"dangerously-with-credentials\""
    )]
    NullOriginWithCredentials,
    /// A regex that does not compile.
    #[error("{message}")]
    InvalidRegex {
        /// What the regex engine says, on one line.
        message: String,
    },
    /// A regex that, with credentials, matches an origin that is clearly somebody else's.
    #[error(
        "with credentials the regex must not match foreign origins, and it matches `{probe}`; escape dots (`\\.`) and spell out the end of the host"
    )]
    RegexMatchesForeignOrigin {
        /// An origin that it matches.
        probe: String,
    },
    /// A regex that, with credentials, matches names that strangers can register.
    #[error(
        "with credentials the regex matches `{probe}`, which anyone can register; put a `\\.` before your domain, or dangerously allow `public_suffix`"
    )]
    RegexSpansUnrelatedRegistrants {
        /// An origin that it matches.
        probe: String,
    },
    /// A regex that no origin matches, since it has no slash.
    #[error("the regex matches no origin: it has to match all of it, from `https://` to the port")]
    RegexNeverMatches,
    /// A method that is not a token.
    #[error("a method is one token, such as `PUT`")]
    MethodNotAToken,
    /// CONNECT, TRACE or TRACK.
    #[error("browsers never send CONNECT, TRACE or TRACK")]
    ForbiddenMethod,
    /// A method that browsers send in upper case only.
    #[error("browsers send this method in upper case, and methods are case-sensitive")]
    MethodNeverMatches,
    /// A header name that is not a token.
    #[error("a header name is one token, such as `content-type`")]
    HeaderNotAToken,
    /// A request header that scripts cannot set.
    #[error("scripts cannot set this request header, so no preflight asks for it")]
    ForbiddenRequestHeader,
    /// A CORS response field among the request headers.
    #[error("this is a field of CORS responses, not a request header")]
    ResponseFieldAmongRequestHeaders,
    /// `Set-Cookie` or `Set-Cookie2` among the exposed headers.
    #[error("scripts can never read this response header")]
    ForbiddenResponseHeader,
    /// A request field among the exposed headers.
    #[error("this is a field of requests, not of responses")]
    RequestFieldAmongExposedHeaders,
    /// A field of preflight responses among the exposed headers.
    #[error("only responses to preflights carry this field, and scripts never see those")]
    PreflightFieldAmongExposedHeaders,
    /// More than 86,400 seconds.
    #[error("no browser caches a preflight for more than a day (86400 seconds)")]
    MaxAgeTooLong,
    /// A fraction of a second.
    #[error("the field counts whole seconds")]
    MaxAgeNotWholeSeconds,
    /// Two policies of one name.
    #[error("there are two policies of this name")]
    DuplicatePolicy,
    /// A name that no policy has.
    #[error("there is no policy of this name; there {}", known_policies(.known))]
    UnknownPolicy {
        /// The names that there are.
        known: Vec<String>,
    },
    /// A path rule whose path no router understands.
    #[error("{message}")]
    InvalidPath {
        /// What is wrong with it.
        message: String,
    },
    /// A path rule for the same paths and methods as another.
    #[error("routes[{other}] `{path}` is for the same paths{}", for_method(.method))]
    ConflictingRoutes {
        /// The index of the other rule.
        other: usize,
        /// The path of the other rule.
        path: String,
        /// The method that both name; none where both are for every method.
        method: Option<String>,
    },
    /// A path rule with neither a policy nor `disabled = true`, or with both.
    #[error("a route names a policy or is disabled, one of the two")]
    RouteWithoutEffect,
    /// A status that fails every preflight.
    #[error("browsers accept a preflight only with a status from 200 to 299")]
    PreflightStatusNotOk,
    /// A status that is not that of a refusal.
    #[error("a refused preflight is answered with a status from 200 to 299 or from 400 to 599")]
    RefusedPreflightStatus,
    /// The text is not of its format, or holds an unknown key or a value of the wrong type.
    #[error("{message}")]
    Syntax {
        /// What the format's parser says, on one line.
        message: String,
    },
    /// The file could not be read, or its ending names no known format.
    #[error("{message}")]
    File {
        /// What went wrong.
        message: String,
    },
}

fn known_policies(known: &[String]) -> String {
    match known {
        [] => "is none".to_owned(),
        [one] => format!("is `{one}`"),
        several => format!("are `{}`", several.join("`, `")),
    }
}

fn for_method(method: &Option<String>) -> String {
    method.as_ref().map_or_else(String::new, |method| format!(" and the method `{method}`"))
}

/// Why a valid policy is doubtful.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigWarningReason {
    /// More than Chromium's 7,200 seconds.
    #[error("Chromium caches a preflight for at most 7200 seconds")]
    MaxAgeAboveChromium,
    /// `patch`, which browsers send as it is written.
    #[error(
        "a page that writes `PATCH` is refused: browsers do not change the case of this method"
    )]
    LowerCasePatch,
    /// An `http` or `ws` origin, not loopback, without credentials.
    #[error("anyone on the way can change the pages of an insecure origin")]
    InsecureOrigin,
    /// A wildcard over a public suffix, or over an ancestor of one, without credentials.
    #[error("anyone can register a name that `*.{base}` matches")]
    PublicSuffix {
        /// What follows `*.`.
        base: String,
    },
    /// A dot that stands for any character in a regex.
    #[error("an unescaped dot matches any character; write `\\.` for a dot")]
    UnescapedDot,
    /// An entry that changes nothing.
    #[error("`{by}` covers this entry already")]
    Covered {
        /// The entry that covers it.
        by: String,
    },
    /// Loopback origins beside others.
    #[error(
        "loopback origins beside public ones let any program on a visitor's machine read; keep them out of production policies"
    )]
    LoopbackBesidePublic,
    /// `null` is allowed.
    #[error("every site can send the origin `null`, from a sandboxed frame")]
    NullOrigin,
    /// Any header with credentials.
    #[error("any request header is allowed with credentials; listing those that are used is safer")]
    AnyHeaderWithCredentials,
    /// An exposed header that scripts can always read.
    #[error("scripts can always read this response header")]
    AlwaysExposed,
    /// A dangerous opt-in without which the policy is the same.
    #[error("dangerously allowing `{opt_in}` changes nothing here; drop it")]
    NeedlessOptIn {
        /// The opt-in, as in a policy file.
        opt_in: &'static str,
    },
}
