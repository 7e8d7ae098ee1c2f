//! Where in a configuration something stands.

use std::fmt;
use std::sync::Arc;

/// Where in a configuration something stands: policy, setting, index and text, and, where it was read
/// from a text, the file, the line and the column.
///
/// Prints as ``policy `storefront`: origins[2] `https://example.com/` ``, of a file as
/// ``cors.toml:4:3: policy `storefront`: origins[2] `https://example.com/` ``.
///
/// ```
/// use cors_core::{CorsOptions, CorsPolicy};
///
/// let errors = CorsOptions::builder()
///     .add_policy("storefront", CorsPolicy::builder().with_origins(["https://example.com/"]))
///     .build()
///     .unwrap_err();
/// let place = errors.iter().next().unwrap().place();
/// assert_eq!(place.to_string(), "policy `storefront`: origins[0] `https://example.com/`");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    policy: Option<String>,
    setting: Option<Setting>,
    index: Option<usize>,
    text: Option<String>,
    spot: Spot,
}

/// Where in a text something stands, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) file: Option<Arc<str>>,
    pub(crate) position: Option<Position>,
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

    pub(crate) fn indexed(setting: Setting, index: usize) -> Self {
        Self { index: Some(index), ..Self::setting(setting) }
    }

    pub(crate) fn on(self, spot: Spot) -> Self {
        Self { spot, ..self }
    }

    #[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
    pub(crate) fn at(mut self, position: Option<Position>) -> Self {
        self.spot.position = position;
        self
    }

    #[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
    pub(crate) fn in_file(mut self, file: Arc<str>) -> Self {
        self.spot.file = Some(file);
        self
    }

    pub(crate) fn in_policy(mut self, policy: Option<&str>) -> Self {
        self.policy = policy.map(str::to_owned);
        self
    }

    /// Is it known to be in a text, rather than in code?
    pub(super) fn is_in_text(&self) -> bool {
        self.spot != Spot::default()
    }

    /// The name of the policy, where it has one.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy};
    /// let storefront = CorsPolicy::builder();
    /// let errors = CorsOptions::builder().add_policy("storefront", storefront).build().unwrap_err();
    /// assert_eq!(errors.iter().next().unwrap().place().policy(), Some("storefront"));
    /// ```
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// The setting; none where the text could not be read at all.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, Setting};
    /// let errors = CorsOptions::builder().default_policy("app").build().unwrap_err();
    /// assert_eq!(errors.iter().next().unwrap().place().setting_name(), Some(Setting::Default));
    /// ```
    #[must_use]
    pub fn setting_name(&self) -> Option<Setting> {
        self.setting
    }

    /// Which entry of a list it is, counted from 0.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let origins = ["https://app.example.com", "example.com"];
    /// let errors = CorsPolicy::builder().with_origins(origins).build().unwrap_err();
    /// assert_eq!(errors.iter().next().unwrap().place().index(), Some(1));
    /// ```
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.index
    }

    /// The entry as it is written.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let errors = CorsPolicy::builder().with_origins(["HTTPS://example.com"]).build().unwrap_err();
    /// let place = errors.iter().next().unwrap().place();
    /// assert_eq!(place.entry_text(), Some("HTTPS://example.com"));
    /// ```
    #[must_use]
    pub fn entry_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The file, where it was one.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// # use cors_core::CorsOptions;
    /// let errors = CorsOptions::from_file("no-such-folder/cors.toml").unwrap_err();
    /// let place = errors.iter().next().unwrap().place();
    /// assert_eq!(place.file(), Some("no-such-folder/cors.toml"));
    /// # }
    /// ```
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.spot.file.as_deref()
    }

    /// The line and column, as far as they are known, where it was read from a text.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// # use cors_core::CorsOptions;
    /// let errors = CorsOptions::from_toml("[policies.app]\norigins = https").unwrap_err();
    /// let position = errors.iter().next().unwrap().place().line_and_column().unwrap();
    /// assert_eq!(position.line, 2);
    /// # }
    /// ```
    #[must_use]
    pub fn line_and_column(&self) -> Option<Position> {
        self.spot.position
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spot { file, position } = &self.spot;
        match (file.as_deref().map(OnOneLine), position) {
            (Some(file), Some(Position { line, column })) => write!(f, "{file}:{line}:{column}")?,
            (Some(file), None) => write!(f, "{file}")?,
            (None, Some(position)) => write!(f, "{position}")?,
            (None, None) if self.policy.is_none() && self.setting.is_none() => {
                f.write_str("configuration")?;
            }
            (None, None) => {}
        }
        let mut separator = if file.is_some() || position.is_some() { ": " } else { "" };
        if let Some(policy) = &self.policy {
            write!(f, "{separator}policy `{}`", OnOneLine(policy))?;
            separator = ": ";
        }
        let Some(setting) = self.setting else { return Ok(()) };
        write!(f, "{separator}{setting}")?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        match &self.text {
            Some(text) => write!(f, " `{}`", OnOneLine(text)),
            None => Ok(()),
        }
    }
}

/// A text whose control characters are escaped.
pub(super) struct OnOneLine<'a>(pub(super) &'a str);

impl fmt::Display for OnOneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if character.is_control() {
                write!(f, "{}", character.escape_default())
            } else {
                write!(f, "{character}")
            }
        })
    }
}

/// A line and a column of a text, both counted from 1.
///
/// ```
/// use cors_core::Position;
///
/// let position = Position { line: 2, column: 11 };
/// assert_eq!(position.to_string(), "line 2, column 11");
/// assert!(position < Position { line: 10, column: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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

/// A setting, named as in a policy file, and ordered as in its documentation.
///
/// ```
/// use cors_core::Setting;
///
/// assert_eq!(Setting::ExposedHeaders.to_string(), "exposed_headers");
/// assert!(Setting::Origins < Setting::Methods);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
#[expect(missing_docs, reason = "each setting is described where it is set")]
pub enum Setting {
    Origins,
    OriginRegexes,
    /// Predicates, of which a policy file has none.
    OriginPredicates,
    AllowNullOrigin,
    Methods,
    Headers,
    ExposedHeaders,
    Credentials,
    MaxAge,
    PrivateNetwork,
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
            Self::OriginPredicates => "origin_predicates",
            Self::AllowNullOrigin => "allow_null_origin",
            Self::Methods => "methods",
            Self::Headers => "headers",
            Self::ExposedHeaders => "exposed_headers",
            Self::Credentials => "credentials",
            Self::MaxAge => "max_age",
            Self::PrivateNetwork => "private_network",
            Self::Policies => "policies",
            Self::Default => "default",
            Self::Routes => "routes",
            Self::Named => "named",
            Self::PreflightStatus => "preflight_status",
            Self::RefusedPreflightStatus => "refused_preflight_status",
        })
    }
}
