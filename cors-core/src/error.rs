//! What is wrong with a configuration (errors), and what is doubtful about it (warnings).

mod place;
mod reasons;

use std::fmt;

use place::OnOneLine;
pub(crate) use place::Spot;
pub use place::{Place, Position, Setting};
pub use reasons::{ConfigErrorReason, ConfigWarningReason};
use reasons::{WrittenOptIn, known_policies};

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
pub struct ConfigErrors(
    /// Invariant: never empty.
    Vec<ConfigError>,
);

impl ConfigErrors {
    /// `Ok` of `value` where there is nothing in `errors`.
    pub(crate) fn none_or<T>(errors: Vec<ConfigError>, value: T) -> Result<T, Self> {
        if errors.is_empty() { Ok(value) } else { Err(Self(errors)) }
    }

    /// The same errors, in other places.
    #[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
    pub(crate) fn map_places(self, place: impl Fn(Place, &ConfigErrorReason) -> Place) -> Self {
        let at =
            |error: ConfigError| ConfigError { place: place(error.place, &error.reason), ..error };
        Self(self.0.into_iter().map(at).collect())
    }

    /// The errors, in the order in which the configuration is written.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let errors = CorsPolicy::builder()
    ///     .with_origins(["https://example.com/", "https://example.com:443"])
    ///     .build()
    ///     .unwrap_err();
    /// let indexes: Vec<_> = errors.iter().filter_map(|error| error.place().index()).collect();
    /// assert_eq!(indexes, [0, 1]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = std::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl IntoIterator for ConfigErrors {
    type Item = ConfigError;
    type IntoIter = std::vec::IntoIter<ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One error a line.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, error)| {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")
        })
    }
}

impl std::error::Error for ConfigErrors {}

/// One thing that is wrong with a configuration: where it stands, why it is refused and, where
/// that is known, what to write instead.
///
/// ```
/// use cors_core::CorsPolicy;
///
/// let errors = CorsPolicy::builder().with_methods(["put"]).build().unwrap_err();
/// let error = errors.iter().find(|error| error.place().index() == Some(0)).unwrap();
/// assert_eq!(
///     error.to_string(),
///     "methods[0] `put`: browsers send this method in upper case, and methods are case-sensitive; \
///      write `PUT`",
/// );
/// ```
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
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, Setting};
    /// let errors = CorsPolicy::builder().with_origins(["example.com"]).build().unwrap_err();
    /// let place = errors.iter().next().unwrap().place();
    /// assert_eq!(place.setting_name(), Some(Setting::Origins));
    /// assert_eq!(place.entry_text(), Some("example.com"));
    /// ```
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Why it is refused.
    ///
    /// ```
    /// # use cors_core::{ConfigErrorReason, CorsPolicy};
    /// let errors = CorsPolicy::builder().build().unwrap_err();
    /// assert_eq!(errors.iter().next().unwrap().reason(), &ConfigErrorReason::NoOrigins);
    /// ```
    #[must_use]
    pub fn reason(&self) -> &ConfigErrorReason {
        &self.reason
    }

    /// What to write instead, where that is known.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let errors = CorsPolicy::builder().with_origins(["https://example.com:443"]).build().unwrap_err();
    /// let error = errors.iter().next().unwrap();
    /// assert_eq!(error.correction(), Some("https://example.com"));
    /// ```
    #[must_use]
    pub fn correction(&self) -> Option<&str> {
        self.correction.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match (&self.reason, self.place.setting_name()) {
            // A route is placed by its path, and so its reason has to say the name.
            (ConfigErrorReason::UnknownPolicy { name, known, more }, Some(Setting::Routes)) => {
                let known = known_policies(known, *more);
                format!("there is no policy `{name}`; there {known}")
            }
            (reason, _) => reason.to_string(),
        };
        // Reasons quote what is written, as syntax errors do with unknown keys.
        write!(f, "{}: {}", self.place, OnOneLine(&reason))?;
        match self.reason.opt_in() {
            Some(opt_in) if self.place.is_in_text() => write!(f, " (`{}`)", opt_in.in_file)?,
            Some(WrittenOptIn { in_code, in_file }) => {
                write!(f, " (`{in_code}`, in a policy file `{in_file}`)")?;
            }
            None => {}
        }
        match &self.correction {
            Some(correction) => write!(f, "; write `{}`", OnOneLine(correction)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Something doubtful in a valid policy, or in valid options.
///
/// Prints on one line, from its [place](Self::place) on: of a policy file, the line and the column, too.
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

    /// The same warning, in another place.
    #[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
    pub(crate) fn map_place(self, place: impl Fn(Place) -> Place) -> Self {
        Self { place: place(self.place), ..self }
    }

    /// Where the entry stands.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().with_origins(["http://example.com"]).build()?;
    /// assert_eq!(policy.warnings()[0].place().entry_text(), Some("http://example.com"));
    /// # #[cfg(feature = "toml")] {
    /// # use cors_core::CorsOptions;
    /// let text = "default = 'app'\n[policies.app]\norigins = ['http://example.com']";
    /// let options = CorsOptions::from_toml(text)?;
    /// let position = options.warnings().next().and_then(|warning| warning.place().line_and_column());
    /// assert_eq!(position.map(|position| position.line), Some(3));
    /// # }
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Why it is doubtful.
    ///
    /// ```
    /// # use cors_core::{ConfigWarningReason, CorsPolicy};
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://example.com:*", "https://example.com"])
    ///     .build()?;
    /// let by = "https://example.com:*".to_owned();
    /// assert_eq!(policy.warnings()[0].reason(), &ConfigWarningReason::Covered { by });
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn reason(&self) -> &ConfigWarningReason {
        &self.reason
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, OnOneLine(&self.reason.to_string()))
    }
}
