//! Where in a file errors and warnings are said to stand.

use cors_core::{ConfigErrors, ConfigWarning, CorsOptions, CorsPolicy};

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
fn everything_that_is_wrong_with_a_file_is_reported_at_once() {
    let errors = CorsOptions::from_toml(
        r#"
        default = "shop"
        [policies.storefront]
        origins = ["https://shop.example.com/"]
        max_age = 100000
        [policies.public]
        origins = "*"
        credentials = true
        [[routes]]
        path = "/a"
        [[routes]]
        path = "/b"
        policy = "public"
        disabled = true
        [[routes]]
        path = "/c"
        policy = "pubic"
        [[routes]]
        path = "/b"
        policy = "public"
        [[routes]]
        path = "/e"
        disabled = true
        pass_through = true
        [[routes]]
        path = "d"
        methods = ["get", "PUT", "*"]
        disabled = true
        "#,
    )
    .unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "line 4, column 20: policy `storefront`: origins[0] `https://shop.example.com/`: an origin has no path; write `https://shop.example.com`",
            "line 5, column 19: policy `storefront`: max_age `100000`: no browser caches a preflight for more than a day (86400 seconds)",
            "line 7, column 19: policy `public`: origins `*`: any origin with credentials would open every user's data to every site; list the origins",
            "line 2, column 19: default `shop`: there is no policy of this name; there are `storefront`, `public`",
            "line 17, column 18: routes[2] `/c`: there is no policy `pubic`; there are `public`, `storefront`",
            "line 10, column 16: routes[0] `/a`: a route has one of `policy`, `disabled` and `pass_through`",
            "line 12, column 16: routes[1] `/b`: a route has one of `policy`, `disabled` and `pass_through`",
            "line 22, column 16: routes[4] `/e`: a route has one of `policy`, `disabled` and `pass_through`",
            "line 19, column 16: routes[3] `/b`: routes[1] `/b` is for the same paths",
            "line 26, column 16: routes[5] `get d`: browsers send this method in upper case, and methods are case-sensitive; write `GET`",
            "line 26, column 16: routes[5] `* d`: `*` means any only where it stands alone",
            "line 26, column 16: routes[5] `d`: a path starts with `/`, and its parameters are whole segments (`/api/{id}`, without a regex) or its end (`/public/{*rest}`); other characters are percent-encoded",
        ]
    );
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

const DOUBTFUL_TOML: &str = r#"default = "app"

[policies.app]
origins = ["https://app.example.com", "http://localhost:*"]
credentials = true
headers = "*"
max_age = 10_000

[policies.idle]
origins = [
  "http://kiosk.example",
]
origin_regexes = ['https://a.example']
allow_null_origin = true
methods = ["patch"]

[[routes]]
path = "/internal/{*rest}"
disabled = true
"#;

const DOUBTFUL_JSON: &str = r#"{
  "default": "app",
  "policies": {
    "app": {
      "origins": ["https://app.example.com", "http://localhost:*"],
      "credentials": true, "headers": "*", "max_age": 10000
    },
    "idle": {
      "origins": [
        "http://kiosk.example"],
      "origin_regexes": ["https://a.example"],
      "allow_null_origin": true,
      "methods": ["patch"]
    }
  },
  "routes": [{"path": "/internal/{*rest}", "disabled": true}]
}"#;

const DOUBTFUL_YAML: &str = "default: app
policies:
  app:
    origins: [https://app.example.com, 'http://localhost:*']
    credentials: true
    headers: '*'
    max_age: 10000
  idle:
    origins:
      - http://kiosk.example
    origin_regexes: [https://a.example]
    allow_null_origin: true
    methods:
      - patch
routes:
  - path: /internal/{*rest}
    disabled: true
";

fn positions<'a>(warnings: impl Iterator<Item = &'a ConfigWarning>) -> Vec<(usize, usize)> {
    let places = warnings.map(|warning| warning.place().line_and_column());
    places.map(|position| position.map_or((0, 0), |at| (at.line, at.column))).collect()
}

#[test]
fn warnings_stand_where_errors_would_in_every_format() {
    for (read, text, places) in [
        (
            TOML,
            DOUBTFUL_TOML,
            [(4, 39), (6, 11), (7, 11), (11, 3), (13, 19), (14, 21), (15, 12), (9, 11), (18, 8)],
        ),
        (
            JSON,
            DOUBTFUL_JSON,
            [(5, 46), (6, 39), (6, 55), (10, 9), (11, 26), (12, 28), (13, 19), (8, 13), (16, 23)],
        ),
        (
            YAML,
            DOUBTFUL_YAML,
            [(4, 40), (6, 14), (7, 14), (10, 9), (11, 22), (12, 24), (14, 9), (8, 3), (16, 11)],
        ),
    ] {
        let options = read(text).unwrap();
        let warnings: Vec<String> = options.warnings().map(ToString::to_string).collect();
        assert_eq!(positions(options.warnings()), places, "{warnings:#?}");
        let idle = options.policy("idle").unwrap();
        assert_eq!(positions(idle.warnings().iter()), places[3..7], "{warnings:#?}");
    }
}

#[test]
fn warnings_name_the_file_whatever_becomes_of_the_options() {
    let folder = std::env::temp_dir().join(format!("cors-core-places-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("cors.toml");
    std::fs::write(&path, DOUBTFUL_TOML).unwrap();
    let options = CorsOptions::from_file(&path).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();

    let warnings = |options: &CorsOptions| -> Vec<String> {
        options.warnings().map(ToString::to_string).collect()
    };
    let expected = warnings(&options);
    let file = path.display();
    assert_eq!(
        expected[3],
        format!(
            "{file}:11:3: policy `idle`: origins[0] `http://kiosk.example`: anyone on the way can \
             change the pages of an insecure origin"
        )
    );
    assert_eq!(
        expected[7..],
        [
            format!(
                "{file}:9:11: policy `idle`: governs nothing: it is not the default and no route names \
                 it; make it one of the two, unless the program chooses it by its name"
            ),
            format!(
                "{file}:18:8: routes[0] `/internal/{{*rest}}`: policy `app` governs `/internal` itself, \
                 since the rest is one character or more; disable `/internal` too, or route it"
            ),
        ]
    );
    assert_eq!(warnings(&options.clone().with_default("app").unwrap()), expected);
    assert_eq!(warnings(&options.clone().leak()), expected);
    let more = options.to_builder().add_policy("more", CorsPolicy::permissive());
    let more = more.route("/more", "more").disable("/a/{*rest}").build().unwrap();
    assert_eq!(warnings(&more)[..9], expected);
    assert!(
        warnings(&more)[9].starts_with("routes[2] `/a/{*rest}`: "),
        "what code adds has no line"
    );
}

#[test]
fn places_are_no_part_of_what_options_are() {
    let read = CorsOptions::from_toml(DOUBTFUL_TOML).unwrap();
    let other = CorsOptions::from_json(DOUBTFUL_JSON).unwrap();
    assert_eq!(read, other);
    assert_eq!(format!("{read:?}"), format!("{other:?}"));
    let text = toml::to_string(&read).unwrap();
    assert_eq!(toml::to_string(&other).unwrap(), text);
    let without_places: CorsOptions = toml::from_str(&text).unwrap();
    assert_eq!(positions(without_places.warnings()), [(0, 0); 9]);
}

#[test]
fn an_opt_in_is_asked_for_as_it_is_written_where_it_is_missing() {
    let text = r#"
[policies.a]
origins = ["http://a.example", "https://*.github.io"]
origin_regexes = ['https://[a-z]+\.github\.io']
allow_null_origin = true
credentials = true
"#;
    let of_file = [
        r#" (`dangerously_allow = ["insecure"]`)"#,
        r#" (`dangerously_allow = ["public_suffix"]`)"#,
        r#" (`dangerously_allow = ["public_suffix"]`)"#,
        r#" (`allow_null_origin = "dangerously-with-credentials"`)"#,
    ];
    let errors = CorsOptions::from_toml(text).unwrap_err().to_string();
    assert_eq!(errors.lines().count(), of_file.len(), "{errors}");
    for (error, form) in errors.lines().zip(of_file) {
        assert!(error.ends_with(form), "{error}");
    }
    // Of another format, it is not known that the text is a file.
    let error = toml::from_str::<CorsOptions>(text).unwrap_err().to_string();
    for form in [
        r#" (`.dangerously_allow(DangerousOptIn::Insecure)`, in a policy file `dangerously_allow = ["insecure"]`)"#,
        r#" (`.dangerously_allow_null_origin_with_credentials()`, in a policy file `allow_null_origin = "dangerously-with-credentials"`)"#,
    ] {
        assert!(error.contains(form), "{error}");
    }
}
