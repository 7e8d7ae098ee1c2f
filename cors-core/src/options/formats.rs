//! Policy files in the formats that are read out of the box.

use std::path::Path;

use super::CorsOptions;
use super::file::OptionsFile;
use super::places;
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Position};

impl CorsOptions {
    /// Reads options from TOML.
    ///
    /// ```
    /// use cors_core::CorsOptions;
    ///
    /// let options = CorsOptions::from_toml(r#"
    ///     default = "storefront"
    ///
    ///     [policies.storefront]
    ///     origins = ["https://shop.example.com"]
    /// "#)?;
    /// assert!(options.default_policy().is_some());
    ///
    /// let errors = CorsOptions::from_toml("defualt = 'storefront'").unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "line 1, column 1: unknown field `defualt`, expected one of `default`, `policies`, `routes`",
    /// );
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The text is not TOML or not of the shape of a policy file (one error, with line and
    /// column), or everything that is wrong with its settings.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self, ConfigErrors> {
        let file: OptionsFile = toml::from_str(text).map_err(|error| {
            let lines = places::Lines::new(text);
            let position = error.span().map(|span| lines.position(span.start));
            unreadable(position, error.message())
        })?;
        Ok(file.build()?.at_places(places::of_toml(text)))
    }

    /// Reads options from JSON, of the same shape as in TOML.
    ///
    /// ```
    /// use cors_core::CorsOptions;
    ///
    /// let options = CorsOptions::from_json(r#"{"policies": {"public": {"origins": "*"}}}"#)?;
    /// assert!(options.policy("public").is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml).
    #[cfg(feature = "json")]
    pub fn from_json(text: &str) -> Result<Self, ConfigErrors> {
        let file: OptionsFile = serde_json::from_str(text).map_err(|error| {
            let position = Position { line: error.line(), column: error.column().max(1) };
            let message = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            unreadable(Some(position), message.strip_suffix(&place).unwrap_or(&message))
        })?;
        Ok(file.build()?.at_places(places::of_json(text)))
    }

    /// Reads options from YAML, of the same shape as in TOML.
    ///
    /// ```
    /// use cors_core::CorsOptions;
    ///
    /// let options = CorsOptions::from_yaml("policies:\n  public:\n    origins: '*'\n")?;
    /// assert!(options.policy("public").is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml).
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, ConfigErrors> {
        let file: OptionsFile = serde_saphyr::from_str(text).map_err(|error| {
            let position = error.location().and_then(|location| {
                Some(Position {
                    line: usize::try_from(location.line()).ok()?,
                    column: usize::try_from(location.column()).ok()?,
                })
            });
            unreadable(position, &error.without_snippet().to_string())
        })?;
        Ok(file.build()?.at_places(places::of_yaml(text)))
    }

    /// Reads options from a file, whose ending names the format: `.toml`, `.json`, `.yaml` or
    /// `.yml`, as far as the features of the same names are on.
    ///
    /// ```
    /// use cors_core::CorsOptions;
    ///
    /// let errors = CorsOptions::from_file("cors.ini").unwrap_err();
    /// assert!(errors.to_string().starts_with("configuration: `cors.ini` has no known ending"));
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read, its ending is not known, or as [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        let path = path.as_ref();
        let parse = parser_of(path)?;
        let text = std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
        parse(&text).map(|options| options.in_file(path))
    }
}

pub(super) type Parser = fn(&str) -> Result<CorsOptions, ConfigErrors>;

/// What reads the format that a file's ending names.
pub(super) fn parser_of(path: &Path) -> Result<Parser, ConfigErrors> {
    match path.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        #[cfg(feature = "toml")]
        "toml" => Ok(CorsOptions::from_toml),
        #[cfg(feature = "json")]
        "json" => Ok(CorsOptions::from_json),
        #[cfg(feature = "yaml")]
        "yaml" | "yml" => Ok(CorsOptions::from_yaml),
        _ => Err(no_file(format!(
            "`{}` has no known ending; name it .toml, .json or .yaml",
            path.display()
        ))),
    }
}

pub(super) fn cannot_read(path: &Path, error: &std::io::Error) -> ConfigErrors {
    no_file(format!("cannot read `{}`: {error}", path.display()))
}

fn unreadable(position: Option<Position>, message: &str) -> ConfigErrors {
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(": ");
    ConfigError::new(Place::position(position), ConfigErrorReason::Syntax { message }).into()
}

pub(super) fn no_file(message: String) -> ConfigErrors {
    ConfigError::new(Place::default(), ConfigErrorReason::File { message }).into()
}
