//! Policy files: what they mean, what they refuse, and that they can be written back.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod entries;
mod places;
mod shape;

use std::time::Duration;

use cors_core::{
    ConfigError, ConfigErrorReason, CorsOptions, CorsPolicy, DangerousOptIn, OriginEntry,
    PolicySelection, Position,
};

const TOML: &str = r#"
default = "storefront"

[policies.storefront]
origins = [
  "https://shop.example.com",
  "https://*.shop.example.com",
  { origin = "http://kiosk.example", dangerously_allow = ["insecure"] },
]
origin_regexes = ['https://pr-[0-9]+\.preview\.example\.com']
methods = ["PUT", "DELETE"]
headers = ["Content-Type", "authorization"]
exposed_headers = ["x-total-count"]
credentials = true
max_age = 600
private_network = true
timing_allow_origin = true

[policies.public]
origins = "*"
methods = "*"
headers = ["*"]
exposed_headers = "*"

[policies.sandboxed]
origin_regexes = [{ regex = 'http://a\.example', dangerously_allow = ["insecure"] }]
allow_null_origin = "dangerously-with-credentials"
credentials = true

[[routes]]
path = "/public/{*rest}"
policy = "public"

[[routes]]
path = "/reports/{id}"
methods = ["GET"]
policy = "storefront"

[[routes]]
path = "/internal/{*rest}"
disabled = true

[[routes]]
path = "/storage/{*rest}"
pass_through = true
"#;

const JSON: &str = r#"{
  "default": "storefront",
  "policies": {
    "storefront": {
      "origins": [
        "https://shop.example.com",
        "https://*.shop.example.com",
        {"origin": "http://kiosk.example", "dangerously_allow": ["insecure"]}
      ],
      "origin_regexes": ["https://pr-[0-9]+\\.preview\\.example\\.com"],
      "methods": ["PUT", "DELETE"],
      "headers": ["Content-Type", "authorization"],
      "exposed_headers": ["x-total-count"],
      "credentials": true,
      "max_age": 600,
      "private_network": true,
      "timing_allow_origin": true
    },
    "public": {"origins": "*", "methods": "*", "headers": ["*"], "exposed_headers": "*"},
    "sandboxed": {
      "origin_regexes": [{"regex": "http://a\\.example", "dangerously_allow": ["insecure"]}],
      "allow_null_origin": "dangerously-with-credentials",
      "credentials": true
    }
  },
  "routes": [
    {"path": "/public/{*rest}", "policy": "public"},
    {"path": "/reports/{id}", "methods": ["GET"], "policy": "storefront"},
    {"path": "/internal/{*rest}", "disabled": true},
    {"path": "/storage/{*rest}", "pass_through": true}
  ]
}"#;

const YAML: &str = r#"
default: storefront
policies:
  storefront:
    origins:
      - https://shop.example.com
      - https://*.shop.example.com
      - origin: http://kiosk.example
        dangerously_allow: [insecure]
    origin_regexes:
      - https://pr-[0-9]+\.preview\.example\.com
    methods: [PUT, DELETE]
    headers: [Content-Type, authorization]
    exposed_headers: [x-total-count]
    credentials: true
    max_age: 600
    private_network: true
    timing_allow_origin: true
  public: { origins: "*", methods: "*", headers: ["*"], exposed_headers: "*" }
  sandboxed:
    origin_regexes: [{ regex: 'http://a\.example', dangerously_allow: [insecure] }]
    allow_null_origin: dangerously-with-credentials
    credentials: true
routes:
  - { path: "/public/{*rest}", policy: public }
  - { path: "/reports/{id}", methods: [GET], policy: storefront }
  - { path: "/internal/{*rest}", disabled: true }
  - { path: "/storage/{*rest}", pass_through: true }
"#;

fn in_code() -> CorsOptions {
    let kiosk =
        OriginEntry::new("http://kiosk.example").dangerously_allow(DangerousOptIn::Insecure);
    let storefront = CorsPolicy::builder()
        .with_origins(["https://shop.example.com", "https://*.shop.example.com"])
        .with_origins([kiosk])
        .with_origin_regex(r"https://pr-[0-9]+\.preview\.example\.com")
        .with_methods(["PUT", "DELETE"])
        .with_headers(["Content-Type", "authorization"])
        .with_exposed_headers(["x-total-count"])
        .allow_credentials()
        .preflight_max_age(Duration::from_secs(600))
        .allow_private_network()
        .timing_allow_origin();
    let insecure = cors_core::OriginRegex::new(r"http://a\.example")
        .dangerously_allow(DangerousOptIn::Insecure);
    let sandboxed = CorsPolicy::builder()
        .with_origin_regex(insecure)
        .dangerously_allow_null_origin_with_credentials()
        .allow_credentials();
    CorsOptions::builder()
        .add_policy("storefront", storefront)
        .add_policy("public", CorsPolicy::permissive())
        .add_policy("sandboxed", sandboxed)
        .default_policy("storefront")
        .route("/public/{*rest}", "public")
        .route_methods(["GET"], "/reports/{id}", "storefront")
        .disable("/internal/{*rest}")
        .pass_through("/storage/{*rest}")
        .build()
        .unwrap()
}

#[test]
fn a_policy_file_means_the_same_in_every_format_and_in_code() {
    let options = in_code();
    assert_eq!(CorsOptions::from_toml(TOML).unwrap(), options);
    assert_eq!(CorsOptions::from_json(JSON).unwrap(), options);
    assert_eq!(CorsOptions::from_yaml(YAML).unwrap(), options);
    assert_eq!(toml::from_str::<CorsOptions>(TOML).unwrap(), options);
    let PolicySelection::Policy(policy) = options.select("/reports/7", Some("HEAD")) else {
        panic!("no policy")
    };
    assert_eq!(policy.name(), Some("storefront"));
}

#[test]
fn the_documented_file_is_valid() {
    let page = include_str!("../../docs/policy-file.md");
    let toml = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let options = CorsOptions::from_toml(toml).unwrap();
    let warnings: Vec<String> = options.warnings().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "line 12, column 3: policy `storefront`: origins[2] `http://localhost:*`: loopback origins \
             beside public ones let any program on a visitor's machine read; keep them out of production policies"
        ]
    );
}

#[test]
fn options_are_written_as_they_are_read() {
    let options = in_code();
    let toml = toml::to_string(&options).unwrap();
    assert_eq!(CorsOptions::from_toml(&toml).unwrap(), options);
    let json = serde_json::to_string(&options).unwrap();
    assert_eq!(CorsOptions::from_json(&json).unwrap(), options);
    assert_eq!(serde_json::to_string(&CorsOptions::from_json(JSON).unwrap()).unwrap(), json);
    let policy = serde_json::to_string(options.policy("storefront").unwrap()).unwrap();
    assert_eq!(
        policy,
        r#"{"origins":["https://shop.example.com",{"origin":"http://kiosk.example","dangerously_allow":["insecure"]},"https://*.shop.example.com"],"origin_regexes":["https://pr-[0-9]+\\.preview\\.example\\.com"],"methods":["PUT","DELETE"],"headers":["content-type","authorization"],"exposed_headers":["x-total-count"],"credentials":true,"max_age":600,"private_network":true,"timing_allow_origin":true}"#
    );
}

#[test]
fn options_of_a_leaked_policy_are_written_as_those_of_any_other() {
    let policy = CorsPolicy::permissive();
    let options = CorsOptions::from(policy.clone());
    let leaked = CorsOptions::from(policy.leak());
    let text = toml::to_string(&leaked).unwrap();
    assert_eq!(text, toml::to_string(&options).unwrap());
    assert_eq!(CorsOptions::from_toml(&text).unwrap(), leaked);
    let debugged = |options| format!("{options:?}").contains(r#"default: Some("default")"#);
    assert!(debugged(options) && debugged(leaked));
}

#[test]
fn a_predicate_cannot_be_written() {
    let policy = CorsPolicy::builder().with_origin_predicate(|_| true).build().unwrap();
    let error = serde_json::to_string(&policy).unwrap_err();
    assert_eq!(error.to_string(), "a policy with an origin predicate cannot be written to a file");
}

#[test]
fn unknown_keys_and_wrong_types_are_refused_with_line_and_column() {
    for (toml, line, column, message) in [
        (
            "[[routes]]\npath = '/'\nwhy = 1",
            3,
            1,
            "unknown field `why`, expected one of `path`, `methods`, `policy`, `disabled`, `pass_through`",
        ),
        (
            "[policies.a]\norigin_regexes = [{ regex = 'x', why = 1 }]",
            2,
            34,
            "unknown field `why`, expected `regex` or `dangerously_allow`",
        ),
        ("a = 1", 1, 1, "unknown field `a`, expected one of `default`, `policies`, `routes`"),
        (
            "[policies.a]\norigins = 'x'",
            2,
            11,
            "invalid value: string \"x\", expected a list, or the string \"*\"",
        ),
        (
            "[policies.a]\n\norigins = [1]",
            3,
            12,
            "invalid type: integer `1`, expected a string, or a table with `dangerously_allow`",
        ),
        (
            "[policies.a]\norigins = [{ origin = 'x', why = 1 }]",
            2,
            28,
            "unknown field `why`, expected `origin` or `dangerously_allow`",
        ),
        (
            "[policies.a]\norigins = [{ origin = 'x', dangerously_allow = ['all'] }]",
            2,
            49,
            "unknown variant `all`, expected `insecure` or `public_suffix`",
        ),
        (
            "[policies.a]\nmax_age = -1",
            2,
            11,
            "invalid value: integer `-1`, expected a whole number of seconds",
        ),
        (
            "[policies.a]\nmax_age = 1.5",
            2,
            11,
            "invalid type: floating point `1.5`, expected a whole number of seconds",
        ),
        (
            "[policies.a]\ncredentials = 'yes'",
            2,
            15,
            "invalid type: string \"yes\", expected a boolean",
        ),
        (
            "[policies.a]\nallow_null_origin = 'yes'",
            2,
            21,
            "invalid value: string \"yes\", expected true, false, or the string \"dangerously-with-credentials\"",
        ),
        (
            "[policies.a]\norigin = 'x'",
            2,
            1,
            "unknown field `origin`, expected one of `origins`, `origin_regexes`, `allow_null_origin`, `methods`, `headers`, `exposed_headers`, `credentials`, `max_age`, `private_network`, `timing_allow_origin`",
        ),
        ("[[routes]]\npolicy = 'a'", 1, 1, "missing field `path`"),
        (
            "[policies.a]\n[policies.a]",
            2,
            11,
            "duplicate key `a`: write each table and each key once",
        ),
        ("default = ", 1, 11, "string values must be quoted, expected literal string"),
    ] {
        let errors = CorsOptions::from_toml(toml).unwrap_err();
        let found: Vec<_> = errors.iter().collect();
        assert_eq!(found.len(), 1, "{toml}");
        assert_eq!(
            found[0].place().line_and_column(),
            Some(Position { line, column }),
            "{toml}: {errors}"
        );
        assert_eq!(found[0].reason().to_string(), message, "{toml}");
    }
    let errors = CorsOptions::from_json("{\"policies\":\n {\"a\": {\"origin\": 1}}}").unwrap_err();
    assert!(
        errors.to_string().starts_with("line 2, column 16: policy `a`: unknown field `origin`"),
        "{errors}"
    );
    let errors = CorsOptions::from_yaml("policies:\n  a:\n    origin: 1\n").unwrap_err();
    assert!(
        errors.to_string().starts_with("line 3, column 5: policy `a`: unknown field"),
        "{errors}"
    );
}

#[test]
fn a_message_holds_no_control_characters() {
    let errors = CorsOptions::from_json("{\"\\u001b[2J\": 1}").unwrap_err();
    let start = r"line 1, column 12: unknown field `\u{1b}[2J`, expected ";
    assert!(errors.to_string().starts_with(start), "{errors}");
    let errors = CorsOptions::from_json("{\"policies\": {\"a\\nb\": {}}}").unwrap_err();
    assert!(
        errors.to_string().starts_with(r"line 1, column 23: policy `a\nb`: origins: "),
        "{errors}"
    );
}

#[test]
fn a_repeated_policy_name_is_refused_in_every_format() {
    let json = r#"{"policies": {"a": {"origins": "*"}, "a": {"origins": "*"}}}"#;
    let errors = CorsOptions::from_json(json).unwrap_err();
    assert_eq!(errors.to_string(), "line 1, column 40: there are two policies of the name `a`");
    let yaml = "policies:\n  a: { origins: '*' }\n  a: { origins: '*' }\n";
    assert!(CorsOptions::from_yaml(yaml).is_err());
    let errors = CorsOptions::builder()
        .add_policy("a", CorsPolicy::permissive())
        .add_policy("a", CorsPolicy::permissive())
        .build()
        .unwrap_err();
    assert_eq!(errors.to_string(), "policies[1] `a`: there are two policies of this name");
}

#[test]
fn files_are_read_by_their_ending() {
    let folder = std::env::temp_dir().join(format!("cors-core-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("a.toml", TOML), ("a.json", JSON), ("a.yaml", YAML), ("a.yml", YAML)] {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(CorsOptions::from_file(&path).unwrap(), in_code());
    }
    for (name, text, message) in [
        ("b.toml", "[policies.a]\nmax_age = ", "2:11: string values must be quoted"),
        ("b.toml", "[policies.a]\nmax_age = -1", "2:11: policy `a`: invalid value: "),
        ("b.toml", "default = 'b'\npolicies = {}", "1:11: default `b`: there is no policy"),
        ("b.toml", "", " policies: there is neither a policy nor a route"),
        ("b.json", "{\"policies\": {\"a\":\n {}}}", "2:2: policy `a`: origins: no origin"),
        (
            "b.json",
            "{\"policies\": {\"a\": {\"origins\":\n[\"https://a.example\",\n \"x\"]}}}",
            "3:2: policy `a`: origins[1] `x`: an origin starts with",
        ),
        (
            "b.yaml",
            "policies:\n  a:\n    origins:\n    - https://a.example\n    - x\n",
            "5:7: policy `a`: origins[1] `x`: an origin starts with",
        ),
        (
            "b.yaml",
            "policies: {a: {origins: '*'}}\nroutes:\n- path: /a\n  policy: b\n",
            "4:11: routes[0] `/a`: there is no policy `b`; there is `a`",
        ),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        let errors = CorsOptions::from_file(&path).unwrap_err().to_string();
        let start = format!("{}:{message}", path.display());
        assert!(errors.starts_with(&start), "{errors} does not start with {start}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    for (path, message) in [
        ("missing.toml", "missing.toml: cannot be read: "),
        (
            "cors.ini",
            "cors.ini: no format has the ending .ini; what can be read is .toml or .json or .yaml",
        ),
        (
            "cors",
            "cors: the file has no ending, which would name its format; what can be read is .toml or .json or .yaml",
        ),
    ] {
        let errors = CorsOptions::from_file(path).unwrap_err();
        assert!(errors.to_string().starts_with(message), "{errors}");
        let reasons: Vec<_> = errors.iter().map(ConfigError::reason).collect();
        assert!(matches!(reasons[..], [ConfigErrorReason::File { .. }]));
    }
}
