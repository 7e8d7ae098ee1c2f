//! The text of a policy file, in every format.

use cors_core::{ConfigErrors, CorsOptions};

pub(super) const WORDS: &[&str] = &[
    "\n[policies.a]\n",
    "\n[[routes]]\n",
    "default = \"a\"\n",
    "origins = \"*\"\n",
    "[\"*\"]",
    "credentials = true\n",
    "max_age = 600\n",
    "allow_null_origin = \"dangerously-with-credentials\"\n",
    "origin_regexes = ['https://[a-z]+\\.a\\.example']\n",
    "{ origin = \"http://a.example\", ",
    "dangerously_allow = [\"insecure\"]",
    "path = \"/a/{*rest}\"\n",
    "policy = \"a\"\n",
    "disabled = true\n",
    "pass_through = true\n",
    "methods",
    "headers",
    "exposed_headers",
    "private_network",
    "timing_allow_origin",
    "\"policies\": {",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "- ",
    "\\u0000",
    "\u{e9}",
    "\u{2028}",
    "\u{feff}",
    "\t",
    "\r\n",
    "&a",
    "*a",
    "!!str ",
    "<<: ",
    "---\n",
    "1e9",
    "null",
    "~",
];

/// The input is a file in TOML, in JSON and in YAML.
///
/// Each format gives errors, which each name a place and a reason in one line, or options that are
/// written and read back as they were, in every format; and where two formats can read the text,
/// they read the same.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let [toml, json, yaml] =
        [CorsOptions::from_toml, CorsOptions::from_json, CorsOptions::from_yaml]
            .map(|read| read(text));
    for (format, options) in [("TOML", &toml), ("JSON", &json), ("YAML", &yaml)] {
        match options {
            Ok(options) => are_read_back(options, format),
            Err(errors) => say_what_is_wrong(errors, format),
        }
    }
    if let (Ok(json), Ok(yaml)) = (&json, &yaml) {
        assert_eq!(json, yaml, "JSON is YAML");
    }
}

fn are_read_back(options: &CorsOptions, format: &str) {
    let debug = format!("{options:?}");
    let json = serde_json::to_string(options).expect("options are JSON");
    let toml = toml::to_string(options).expect("options are TOML");
    let read = [
        ("JSON", CorsOptions::from_json(&json), &json),
        ("TOML", CorsOptions::from_toml(&toml), &toml),
        // JSON is YAML.
        ("YAML", CorsOptions::from_yaml(&json), &json),
    ];
    for (other, again, text) in read {
        let again = again.unwrap_or_else(|errors| panic!("{format} to {other}: {errors}\n{text}"));
        assert_eq!(&again, options, "{format} to {other}: {text}");
        assert_eq!(format!("{again:?}"), debug, "{format} to {other}: {text}");
        assert_eq!(serde_json::to_string(&again).expect("options are JSON"), json);
        assert_eq!(toml::to_string(&again).expect("options are TOML"), toml);
        let warnings = |options: &CorsOptions| -> Vec<String> {
            options.warnings().map(ToString::to_string).collect()
        };
        // Entries are written in the order in which they are compared.
        assert!(warnings(&again).len() <= warnings(options).len(), "{format} to {other}: {text}");
    }
    let rebuilt = options.to_builder().build().expect("options can be built again");
    assert_eq!(&rebuilt, options);
}

fn say_what_is_wrong(errors: &ConfigErrors, format: &str) {
    assert!(errors.iter().count() > 0, "an error without errors");
    assert_eq!(errors.to_string().lines().count(), errors.iter().count(), "{format}: {errors}");
    for error in errors.iter() {
        let place = error.place();
        let found = place.setting_name().is_some() || place.line_and_column().is_some();
        assert!(found, "{format}: `{error}` names no place");
        assert!(!error.reason().to_string().is_empty(), "{format}: `{place}` has no reason");
        assert!(!error.to_string().chars().any(char::is_control), "{format}: {error:?}");
    }
}
