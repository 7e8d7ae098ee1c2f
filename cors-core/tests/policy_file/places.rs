//! Where in a file errors and warnings are said to stand.

use cors_core::{ConfigErrors, CorsOptions};

type Read = fn(&str) -> Result<CorsOptions, ConfigErrors>;

const TOML: Read = CorsOptions::from_toml;
const JSON: Read = CorsOptions::from_json;
const YAML: Read = CorsOptions::from_yaml;

#[test]
fn an_unknown_default_stands_where_its_value_does() {
    let unknown = "default `b`: there is no policy of this name; there is `a`";
    for (read, text, place) in [
        (TOML, "default = 'b'\n[policies.a]\norigins = '*'", "line 1, column 11"),
        (TOML, "policies = { a = { origins = '*' } }\ndefault=\"b\"", "line 2, column 9"),
        (TOML, "'default' =   'b'\n[policies]\na = { origins = '*' }", "line 1, column 15"),
        (JSON, r#"{"default": "b", "policies": {"a": {"origins": "*"}}}"#, "line 1, column 13"),
        (
            JSON,
            "{\"policies\": {\"a\": {\"origins\": \"*\"}},\n  \"default\":\n    \"b\"}",
            "line 3, column 5",
        ),
        (YAML, "default: b\npolicies: {a: {origins: '*'}}", "line 1, column 10"),
        (YAML, "policies:\n  a:\n    origins: '*'\ndefault:\n  \"b\"\n", "line 5, column 3"),
        (YAML, "{policies: {a: {origins: '*'}}, default: b}", "line 1, column 42"),
    ] {
        let errors = read(text).unwrap_err();
        assert_eq!(errors.to_string(), format!("{place}: {unknown}"), "{text}");
    }
}

#[test]
fn errors_stand_where_values_do_in_every_format() {
    let toml = r#"
        [policies.a]
        origins = "*"
        credentials = true
        max_age = 100_000

        [policies.b]
        origins = []
        methods = ["PUT",
          "put"]

        [policies.c]
        methods = ["PUT"]

        [[routes]]
        path = "a"
        policy = "d"
    "#;
    let json = r#"{
  "policies": {
    "a": {"origins": "*", "credentials": true, "max_age": 100000},
    "b": {"origins": [], "methods": ["PUT",
       "put"]},
    "c": {"methods": ["PUT"]}
  },
  "routes": [
    {"path": "a", "policy": "d"}
  ]
}"#;
    let yaml = "
policies:
  a:
    origins: '*'
    credentials: true
    max_age: 100000
  b:
    origins: []
    methods:
      - PUT
      - put
  c:
    methods:
      - PUT
routes:
  - path: a
    policy: d
";
    for (read, text, places) in [
        (TOML, toml, [(3, 19), (5, 19), (8, 19), (10, 11), (12, 19), (17, 18), (16, 16)]),
        (JSON, json, [(3, 22), (3, 59), (4, 22), (5, 8), (6, 10), (9, 29), (9, 14)]),
        (YAML, yaml, [(4, 14), (6, 14), (8, 14), (11, 9), (12, 3), (17, 13), (16, 11)]),
    ] {
        let errors = read(text).unwrap_err();
        let found: Vec<_> = errors
            .iter()
            .filter_map(|error| error.place().line_and_column())
            .map(|position| (position.line, position.column))
            .collect();
        assert_eq!(found, places, "{errors}");
    }
}
