//! Which line of which file is named, and what programs get.

use cors_core::explain::Explanation;
use cors_core::{CorsOptions, CorsPolicy, CorsRequest, CorsService};

const TOML: &str = r#"default = "shop"

[policies.shop]
origins = [
  "https://app.example.com",
]
# No methods yet.
credentials = true

[policies."a b"]
origins = "*"
"#;

const JSON: &str = r#"{
  "policies": {
    "shop": {
      "origins": ["https://app.example.com"],
      "credentials": true
    },
    "a b": {"origins": "*"}
  }
}"#;

const YAML: &str = "# Policies.
policies:
  shop:
    origins:
      - https://app.example.com
    credentials: true
  a b: {origins: '*'}
";

fn preflight_of_a_stranger(policy: &CorsPolicy) -> Explanation {
    let lines = [("origin", "https://b.example"), ("access-control-request-method", "PUT")];
    let request = CorsRequest::new("OPTIONS", &lines);
    CorsService::new().evaluate_policy(&request, policy).explain_request(&request)
}

#[test]
fn corrections_name_the_line_in_every_format() {
    let folder = std::env::temp_dir().join(format!("cors-explanations-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (ending, text, [origins, shop, other], [origins_line, methods_line]) in [
        (
            "toml",
            TOML,
            [4, 3, 10],
            [
                r#"origins = ["https://app.example.com", "https://b.example"]"#,
                r#"methods = ["PUT"]"#,
            ],
        ),
        (
            "json",
            JSON,
            [4, 3, 7],
            [
                r#""origins": ["https://app.example.com", "https://b.example"]"#,
                r#""methods": ["PUT"]"#,
            ],
        ),
        (
            "yaml",
            YAML,
            [4, 3, 7],
            [r#"origins: ["https://app.example.com", "https://b.example"]"#, r#"methods: ["PUT"]"#],
        ),
    ] {
        let path = folder.join(format!("cors.{ending}"));
        std::fs::write(&path, text).unwrap();
        let file = path.display().to_string();
        let options = CorsOptions::from_file(&path).unwrap();
        let text = format!("{}", preflight_of_a_stranger(options.policy("shop").unwrap()));
        let steps: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            steps[1..7],
            [
                "1. the origin `https://b.example` is not allowed",
                &format!(
                    "in policy `shop`, add `\"https://b.example\"` to `origins` \
                     (line {origins} of {file})"
                ),
                origins_line,
                "2. the method `PUT` is not allowed",
                &format!(
                    "in policy `shop`, add `\"PUT\"` to `methods` \
                     (the policy begins at line {shop} of {file})"
                ),
                methods_line,
            ]
        );
        let other_policy = preflight_of_a_stranger(options.policy("a b").unwrap());
        let correction = other_policy.steps()[0].correction();
        assert_eq!(correction.line_and_column().map(|at| at.line), Some(other), "{correction}");
        assert_eq!(correction.file(), Some(&*file));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn lines_are_no_part_of_a_policy_and_follow_it_under_another_name() {
    let options = CorsOptions::from_toml(TOML).unwrap();
    let shop = options.policy("shop").unwrap();
    assert_eq!(shop, &shop.to_builder().build().unwrap());

    let line = |policy: &CorsPolicy| {
        preflight_of_a_stranger(policy).steps()[0].correction().line_and_column().map(|at| at.line)
    };
    let renamed = CorsOptions::builder().add_policy("other", shop.clone()).build().unwrap();
    assert_eq!(line(renamed.policy("other").unwrap()), Some(4));
    let again = options.to_builder().build().unwrap();
    assert_eq!(line(again.policy("shop").unwrap()), Some(4));
    assert_eq!(line(&shop.to_builder().build().unwrap()), None, "settings of code have no line");
}

#[test]
fn an_explanation_serialises_with_everything_in_it() {
    let options = CorsOptions::from_toml(TOML).unwrap();
    let lines = [("origin", "http://kiosk.example")];
    let request = CorsRequest::new("GET", &lines);
    let result = CorsService::new().evaluate_policy(&request, options.policy("shop").unwrap());
    let mut json = serde_json::to_value(result.explain_request(&request)).unwrap();
    let messages = json.as_object_mut().unwrap().remove("messages").unwrap();
    assert_eq!(messages[0]["engine"], "chromium");
    assert_eq!(messages[0]["error_name"], "MissingAllowOriginHeader");
    assert_eq!(
        json,
        serde_json::json!({
            "asked": {
                "kind": "actual",
                "origin": "http://kiosk.example",
                "method": "GET",
                "headers": [],
                "url": null,
            },
            "policy": "shop",
            "verdict": "refused",
            "steps": [{
                "cause": "the origin `http://kiosk.example` is not allowed",
                "correction": {
                    "text": "serve the page from `https://kiosk.example` rather than without TLS; or, \
                             in policy `shop`, add `{ origin = \"http://kiosk.example\", \
                             dangerously_allow = [\"insecure\"] }` to `origins` (line 4)",
                    "change": {
                        "add-origin": {
                            "origin": "http://kiosk.example",
                            "dangerously_allow": "insecure",
                        },
                    },
                    "danger": "with credentials an insecure origin lets anyone on the way act for \
                               your users; use https, or dangerously allow `insecure`",
                    "lines": [
                        "origins = [\"https://app.example.com\", { origin = \"http://kiosk.example\", \
                         dangerously_allow = [\"insecure\"] }]",
                    ],
                    "file": null,
                    "position": { "line": 4, "column": 1 },
                },
            }],
        })
    );
}
