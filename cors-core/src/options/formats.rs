//! Policy files in the formats that are read out of the box.

use std::path::Path;

use super::CorsOptions;
use super::file::{OptionsFile, Part};
use super::places::{self, Places};
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Position, Setting};

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
        let mut part = None;
        let file = toml::Deserializer::parse(text)
            .and_then(|deserializer| OptionsFile::read(deserializer, &mut part));
        let file = file.map_err(|error| {
            let lines = places::Lines::new(text);
            let position = error.span().map(|span| lines.position(span.start));
            let key = error.span().and_then(|span| text.get(span));
            match key.filter(|_| error.message() == "duplicate key") {
                Some(key) => {
                    let key = key.trim_matches(['"', '\'']);
                    unreadable(position, part, &duplicate_key(key))
                }
                None => unreadable(position, part, error.message()),
            }
        })?;
        built(file, &places::of_toml(text))
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
        // The parsers of the other formats do so, too.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut part = None;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let file = OptionsFile::read(&mut deserializer, &mut part)
            .and_then(|file| deserializer.end().map(|()| file));
        let file = file.map_err(|error| {
            let position = Position { line: error.line(), column: error.column().max(1) };
            let message = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            unreadable(Some(position), part, message.strip_suffix(&place).unwrap_or(&message))
        })?;
        built(file, &places::of_json(text))
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
        let mut part = None;
        let file = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
            OptionsFile::read(deserializer, &mut part)
        });
        let file = file.map_err(|error| {
            let position = error.location().and_then(|location| {
                Some(Position {
                    line: usize::try_from(location.line()).ok()?,
                    column: usize::try_from(location.column()).ok()?,
                })
            });
            let error = error.without_snippet();
            if let serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } = error {
                return unreadable(position, part, &duplicate_key(key));
            }
            let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            let place = position
                .map(|Position { line, column }| format!(" at line {line}, column {column}"));
            let message = place.and_then(|place| message.strip_suffix(&place)).unwrap_or(&message);
            unreadable(position, part, message)
        })?;
        built(file, &places::of_yaml(text))
    }

    /// Reads options from a file, whose ending names the format: `.toml`, `.json`, `.yaml` or
    /// `.yml`, as far as the features of the same names are on.
    ///
    /// ```
    /// use cors_core::CorsOptions;
    ///
    /// let errors = CorsOptions::from_file("cors.ini").unwrap_err();
    /// assert!(errors.to_string().starts_with("cors.ini: no format has the ending .ini; "));
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read, its ending is not known, or as [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        let path = path.as_ref();
        let parse = parser_of(path)?;
        let text = std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
        parsed(&text, path, parse)
    }
}

/// The features that read formats, with the endings of their files.
const FEATURES: [(&str, &[&str]); 3] =
    [("toml", &["toml"]), ("json", &["json"]), ("yaml", &["yaml", "yml"])];

pub(super) type Parser = fn(&str) -> Result<CorsOptions, ConfigErrors>;

/// The options of a file's text.
pub(super) fn parsed(text: &str, path: &Path, parse: Parser) -> Result<CorsOptions, ConfigErrors> {
    match parse(text) {
        Ok(options) => Ok(options.in_file(path)),
        Err(errors) => Err(errors.in_file(path)),
    }
}

fn built(file: OptionsFile, places: &Places) -> Result<CorsOptions, ConfigErrors> {
    match file.build() {
        Ok(options) => Ok(options.at_places(places)),
        Err(errors) => Err(errors.at_places(places)),
    }
}

/// What reads the format that a file's ending names.
pub(super) fn parser_of(path: &Path) -> Result<Parser, ConfigErrors> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let known: &[&str] = &[
        #[cfg(feature = "toml")]
        ".toml",
        #[cfg(feature = "json")]
        ".json",
        #[cfg(feature = "yaml")]
        ".yaml",
    ];
    let why = match ending {
        #[cfg(feature = "toml")]
        "toml" => return Ok(CorsOptions::from_toml),
        #[cfg(feature = "json")]
        "json" => return Ok(CorsOptions::from_json),
        #[cfg(feature = "yaml")]
        "yaml" | "yml" => return Ok(CorsOptions::from_yaml),
        "" => "the file has no ending, which would name its format".to_owned(),
        _ => match FEATURES.into_iter().find(|(_, endings)| endings.contains(&ending)) {
            Some((feature, _)) => format!("reading .{ending} needs the feature `{feature}`"),
            None => format!("no format has the ending .{ending}"),
        },
    };
    Err(no_file(format!("{why}; what can be read is {}", known.join(" or "))).in_file(path))
}

pub(super) fn cannot_read(path: &Path, error: &std::io::Error) -> ConfigErrors {
    no_file(format!("cannot be read: {error}")).in_file(path)
}

#[cfg(any(feature = "toml", feature = "yaml"))]
fn duplicate_key(key: &str) -> String {
    format!("duplicate key `{key}`: write each table and each key once")
}

fn unreadable(position: Option<Position>, part: Option<Part>, message: &str) -> ConfigErrors {
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(": ");
    let place = match part {
        Some(Part::Policy(name)) => Place::default().in_policy(Some(&name)),
        Some(Part::Route(index)) => Place::indexed(Setting::Routes, index),
        None => Place::default(),
    };
    ConfigError::new(place.at(position), ConfigErrorReason::Syntax { message }).into()
}

pub(super) fn no_file(message: String) -> ConfigErrors {
    ConfigError::new(Place::default(), ConfigErrorReason::File { message }).into()
}
