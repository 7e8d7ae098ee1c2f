//! What a file has to be before its settings are looked at.

use cors_core::{ConfigErrors, CorsOptions};

type Read = fn(&str) -> Result<CorsOptions, ConfigErrors>;

const TOML: Read = CorsOptions::from_toml;
const JSON: Read = CorsOptions::from_json;
const YAML: Read = CorsOptions::from_yaml;

fn error(read: Read, text: &str) -> String {
    match read(text) {
        Ok(options) => panic!("{text} is valid: {options:?}"),
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn a_file_with_neither_a_policy_nor_a_route_is_refused() {
    let nothing = "policies: there is neither a policy nor a route, so that no path would have CORS; \
                   write a policy (in TOML, `[policies.NAME]`)";
    for (read, text) in [
        (TOML, ""),
        (TOML, "# cut off\n"),
        (TOML, "[policies]\n"),
        (TOML, "routes = []"),
        (JSON, "{}"),
        (JSON, r#"{"policies": {}, "routes": []}"#),
        (YAML, ""),
        (YAML, "null"),
        (YAML, "{}"),
        (YAML, "policies: {}\n"),
    ] {
        let error = error(read, text);
        assert!(error.ends_with(nothing), "{text:?}: {error}");
    }
    assert!(toml::from_str::<CorsOptions>("").is_err());
    assert!(CorsOptions::builder().build().is_ok(), "code may begin with nothing");
    assert!(CorsOptions::from_toml("[[routes]]\npath = '/'\ndisabled = true").is_ok());
}

#[test]
fn a_list_does_not_stand_for_a_table() {
    let file = "line 1, column 1: invalid type: sequence, expected a policy file: a table of `default`, \
                `policies` and `routes`";
    let origins = "policy `p`: invalid type: sequence, expected a string, or a table with `dangerously_allow`";
    for (read, text, message) in [
        (JSON, "[]", file),
        (JSON, r#"["p", {"p": {"origins": "*"}}, []]"#, file),
        (YAML, "[p, {p: {origins: '*'}}, []]", "line 1, column 1: expected mapping start"),
        (
            JSON,
            r#"{"policies": []}"#,
            "invalid type: sequence, expected a table of policies by name",
        ),
        (
            JSON,
            r#"{"policies": {"p": [["https://a.example"], []]}}"#,
            "policy `p`: invalid type: sequence, expected a table of settings",
        ),
        (
            TOML,
            "[policies]\np = [['https://a.example'], []]",
            "line 2, column 5: policy `p`: invalid type: sequence, expected a table of settings",
        ),
        (
            YAML,
            "policies:\n  p: [[https://a.example], []]",
            "line 2, column 6: policy `p`: expected mapping start",
        ),
        (
            JSON,
            r#"{"routes": [["/", [], "p", false]]}"#,
            "routes[0]: invalid type: sequence, expected a table of a path and its policy",
        ),
        (
            JSON,
            r#"{"policies": {"p": {"origins": [["https://a.example", ["insecure"]]]}}}"#,
            origins,
        ),
        (
            JSON,
            r#"{"policies": {"p": {"origin_regexes": [["https://a", ["insecure"]]]}}}"#,
            origins,
        ),
    ] {
        let error = error(read, text);
        assert!(error.ends_with(message), "{text}: {error}");
    }
    assert!(serde_json::from_str::<cors_core::CorsPolicy>(r#"["*"]"#).is_err());
}

#[test]
fn the_usual_slips_are_told_how_to_mend_them() {
    for (read, text, message) in [
        (
            TOML,
            "[policies.a]\norigins = '*'\ndefault = 'a'",
            "line 3, column 1: policy `a`: `default` stands at the top level of the file; in TOML, above every table",
        ),
        (
            YAML,
            "policies:\n  a:\n    origins: '*'\n    default: a\n",
            "line 4, column 5: policy `a`: `default` stands at the top level of the file; in TOML, above every table",
        ),
        (
            TOML,
            "[policies.a]\norigins = '*'\n[[routes]]\npath = '/'\npolicy = 'a'\ndefault = 'a'",
            "line 6, column 1: routes[0]: `default` stands at the top level of the file; in TOML, above every table",
        ),
        (
            TOML,
            "[policies.a]\norigins = '*'\n[policies.a.routes]\npath = '/'",
            "line 3, column 13: policy `a`: `routes` stands at the top level of the file; in TOML, as `[[routes]]`",
        ),
        (
            TOML,
            "origins = '*'",
            "line 1, column 1: `origins` is a setting of a policy; in TOML, write it below `[policies.NAME]`",
        ),
        (
            TOML,
            "[policies.a]\norigins = '*'\n[routes]\npath = '/'\npolicy = 'a'",
            "line 3, column 1: invalid type: map, expected a list of tables; in TOML, write `[[routes]]`",
        ),
        (
            TOML,
            "[policies.a]\norigins = '*'\n[policies.a]\norigins = '*'",
            "line 3, column 11: duplicate key `a`: write each table and each key once",
        ),
        (
            TOML,
            "default = 'a'\n\"default\" = 'a'\n[policies.a]\norigins = '*'",
            "line 2, column 1: duplicate key `default`: write each table and each key once",
        ),
        (
            YAML,
            "policies:\n  a: { origins: '*' }\n  a: { origins: '*' }\n",
            "line 3, column 3: duplicate key `a`: write each table and each key once",
        ),
        (
            YAML,
            "policies:\n  a: { origins: '*' }\n---\npolicies: {}\n",
            "line 4, column 1: only single YAML document expected but multiple found",
        ),
        (YAML, "default: *a\n", "line 1, column 10: reference to unknown value"),
    ] {
        assert_eq!(error(read, text), message, "{text}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    for (read, text) in [
        (TOML, "\u{feff}policies.a.origins = '*'"),
        (JSON, "\u{feff}{\"policies\": {\"a\": {\"origins\": \"*\"}}}"),
        (YAML, "\u{feff}policies: { a: { origins: '*' } }"),
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
    assert_eq!(error(JSON, "\u{feff}[x"), error(JSON, "[x"));
}

#[test]
fn what_cannot_be_read_is_told_with_the_policy_or_the_route_that_it_is_in() {
    for (read, text, message) in [
        (
            TOML,
            "[policies.a]\norigins = '*'\n[policies.b]\nmax_age = -1",
            "line 4, column 11: policy `b`: invalid value: integer `-1`, expected a whole number of seconds",
        ),
        (
            JSON,
            "{\"policies\": {\"a\": {\"origins\": \"*\"}},\n \"routes\": [{\"path\": \"/\", \"policy\": \"a\"}, {}]}",
            "line 2, column 44: routes[1]: missing field `path`",
        ),
        (YAML, "policies:\n  a:\n    credentials: perhaps\n", "line 3, column 18: policy `a`: "),
        (TOML, "[policies.a]\norigins = '*'\n[other]", "line 3, column 2: unknown field `other`"),
    ] {
        let error = error(read, text);
        assert!(error.starts_with(message), "{text}: {error}");
    }
}
