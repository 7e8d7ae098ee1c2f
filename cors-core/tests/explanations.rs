//! That corrections are true: a policy that is changed as they say allows what it refused, and
//! reads as they say; and that they name the line to change.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use cors_core::browser::{Browser, Credentials, Engine, Failure, Request, Response};
use cors_core::{
    Cause, Change, Correction, CorsOptions, CorsPolicy, CorsPolicyBuilder, CorsRequest, CorsResult,
    CorsService, Explanation, RefusalReason, Verdict,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const LISTED: [&str; 6] = [
    "https://app.example.com",
    "https://*.example.org",
    "http://localhost:*",
    "https://shop.example:8443",
    "capacitor://localhost",
    "https://xn--bcher-kva.example",
];

/// Origins that a page can have, each of which some policy can list.
const OF_PAGES: [&str; 10] = [
    "https://app.example.com",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://a.b.example.org",
    "https://example.org",
    "http://localhost:3000",
    "http://kiosk.example",
    "capacitor://app",
    "chrome-extension://abcdefghijklmnop",
    "null",
];

/// What no page can have, look-alikes of the notation of policies among it.
const OF_NOBODY: [&str; 8] = [
    "*",
    "https://*.example.com",
    "http://localhost:*",
    "https://app.example.com/",
    "https://APP.example.com",
    "https://app.example.com, https://evil.example",
    "\"], \"https://evil.example",
    "",
];

const METHODS: [&str; 11] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "PURGE", "patch", "put", "*", "TRACE", "P T"];

const NAMES: [&str; 8] = [
    "content-type",
    "authorization",
    "x-a",
    "X-B",
    "x-`tick`",
    "cookie",
    "access-control-allow-origin",
    "*",
];

#[derive(Clone, Debug)]
struct Asked {
    origin: &'static str,
    method: Option<&'static str>,
    names: Vec<&'static str>,
    private_network: bool,
}

fn policies() -> impl Strategy<Value = CorsPolicy> {
    let lists = (
        subsequence(LISTED.to_vec(), 1..=4),
        subsequence(vec!["PUT", "DELETE", "PATCH", "Purge"], 0..=2),
        subsequence(vec!["content-type", "x-a", "x-c"], 0..=2),
    );
    let flags = (any::<[bool; 6]>(), 0..8_u8, any::<bool>());
    (lists, flags).prop_map(|((origins, methods, headers), (flags, any_origin, predicate))| {
        let [credentials, null, private, any_method, any_header, named] = flags;
        let any_origin = any_origin == 0;
        let settings = CorsPolicy::builder();
        let settings = if any_origin {
            settings.allow_any_origin()
        } else {
            let settings = settings.with_origins(origins);
            let settings = if credentials { settings.allow_credentials() } else { settings };
            let settings = match (null, credentials) {
                (true, true) => settings.dangerously_allow_null_origin_with_credentials(),
                (true, false) => settings.allow_null_origin(),
                (false, _) => settings,
            };
            // Matches insecure origins, which it does not admit with credentials.
            let settings = if predicate {
                settings.with_origin_predicate(|origin| origin.host() == "kiosk.example")
            } else {
                settings
            };
            if private { settings.allow_private_network() } else { settings }
        };
        let settings =
            if any_method { settings.allow_any_method() } else { settings.with_methods(methods) };
        let settings =
            if any_header { settings.allow_any_header() } else { settings.with_headers(headers) };
        let settings = if named { settings.named("shop") } else { settings };
        settings.build().unwrap()
    })
}

fn requests() -> impl Strategy<Value = Asked> {
    let origin = prop_oneof![4 => select(OF_PAGES.to_vec()), 1 => select(OF_NOBODY.to_vec())];
    let method = proptest::option::weighted(0.8, select(METHODS.to_vec()));
    (origin, method, subsequence(NAMES.to_vec(), 0..=3), any::<bool>()).prop_map(
        |(origin, method, names, private_network)| Asked { origin, method, names, private_network },
    )
}

impl Asked {
    fn evaluate(&self, policy: &CorsPolicy) -> (CorsResult, Explanation, Explanation) {
        let names = self.names.join(", ");
        let mut lines = vec![("origin", self.origin)];
        if let Some(method) = self.method {
            lines.push(("access-control-request-method", method));
            if !names.is_empty() {
                lines.push(("access-control-request-headers", &names));
            }
            if self.private_network {
                lines.push(("access-control-request-private-network", "true"));
            }
        }
        let method = if self.method.is_some() { "OPTIONS" } else { "GET" };
        let request = CorsRequest::new(method, &lines);
        let result = CorsService::new().evaluate_policy(&request, policy);
        let (whole, own) = (result.explain_request(&request), result.explain());
        (result, whole, own)
    }
}

fn corrections(explanation: &Explanation) -> impl Iterator<Item = &Correction> {
    explanation.steps().iter().map(|step| step.correction())
}

fn apply<'a>(policy: &CorsPolicy, corrections: impl Iterator<Item = &'a Correction>) -> CorsPolicy {
    let apply = |settings: CorsPolicyBuilder, it: &Correction| it.apply_to(settings);
    corrections.fold(policy.to_builder(), apply).build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn a_corrected_policy_allows_what_was_refused(policy in policies(), asked in requests()) {
        let (result, explanation, _) = asked.evaluate(&policy);
        let refused = result.reasons().count();
        prop_assert_eq!(explanation.steps().len(), refused);
        prop_assert_eq!(explanation.verdict() == Verdict::Refused, refused > 0);

        // Each correction lifts its own reason, and adds none.
        for (index, step) in explanation.steps().iter().enumerate() {
            if step.correction().change().is_none() {
                continue;
            }
            let corrected = apply(&policy, std::iter::once(step.correction()));
            let (after, _, _) = asked.evaluate(&corrected);
            let mut before: Vec<RefusalReason> = result.reasons().copied().collect();
            before.remove(index);
            prop_assert_eq!(after.reasons().copied().collect::<Vec<_>>(), before, "{}", explanation);
        }
        // All of them together allow the request, where each step has one.
        if refused > 0 && corrections(&explanation).all(|it| it.change().is_some()) {
            let corrected = apply(&policy, corrections(&explanation));
            let (after, _, _) = asked.evaluate(&corrected);
            prop_assert_eq!(after.reasons().count(), 0, "{}", explanation);
        }
    }

    #[test]
    fn whatever_a_page_can_ask_has_a_change(policy in policies(), asked in requests()) {
        let (_, explanation, _) = asked.evaluate(&policy);
        for step in explanation.steps() {
            let possible = match step.cause() {
                Cause::Refusal(
                    RefusalReason::OriginNotAllowed { .. }
                    | RefusalReason::NullOriginNotAllowed
                    | RefusalReason::InsecureOriginNotAllowed { .. },
                ) => OF_PAGES.contains(&asked.origin),
                Cause::Refusal(RefusalReason::MethodNotAllowed { .. }) => {
                    let listed = |other: &str| policy.methods().any(|listed| listed == other);
                    !(matches!(asked.method, Some("put" | "patch" | "*"))
                        || asked.method == Some("PURGE") && listed("Purge"))
                }
                Cause::Refusal(RefusalReason::HeaderNotAllowed { .. }) => {
                    let never = ["cookie", "access-control-allow-origin", "*"];
                    !asked.names.iter().any(|name| never.contains(name))
                }
                Cause::Refusal(RefusalReason::PrivateNetworkNotAllowed) => {
                    // In place of any origin, that of the request is listed.
                    !policy.allows_any_origin()
                        || OF_PAGES.contains(&asked.origin) && asked.origin != "null"
                }
                _ => false,
            };
            prop_assert_eq!(step.correction().change().is_some(), possible, "{}", explanation);
        }
    }

    #[test]
    fn what_is_not_secure_says_so(policy in policies(), asked in requests()) {
        let (_, explanation, _) = asked.evaluate(&policy);
        for correction in corrections(&explanation) {
            let dangerous = match correction.change() {
                Some(Change::AddOrigin { origin, .. }) => {
                    origin.starts_with("http://") && !origin.starts_with("http://localhost")
                }
                Some(Change::AllowNullOrigin { .. }) => true,
                Some(Change::AllowPrivateNetwork { instead_of_any_origin: Some(origin), .. }) => {
                    origin.starts_with("http://") && !origin.starts_with("http://localhost")
                }
                _ => false,
            };
            prop_assert_eq!(correction.danger().is_some(), dangerous, "{}", correction);
        }
    }

    /// Without the request, one name after the other comes up.
    #[test]
    fn what_a_result_knows_leads_to_an_allowed_request_too(policy in policies(), asked in requests()) {
        let mut policy = policy;
        for _ in 0..=NAMES.len() {
            let (_, _, explanation) = asked.evaluate(&policy);
            if explanation.steps().is_empty() {
                return Ok(());
            }
            if corrections(&explanation).any(|it| it.change().is_none()) {
                return Ok(());
            }
            policy = apply(&policy, corrections(&explanation));
        }
        prop_assert!(false, "{asked:?} is still refused");
    }

    #[test]
    fn the_lines_of_a_correction_make_the_corrected_policy(
        policy in policies(),
        asked in requests(),
    ) {
        let Ok(text) = toml::to_string(&policy) else { return Ok(()) };
        let (_, explanation, _) = asked.evaluate(&policy);
        for correction in corrections(&explanation).filter(|it| it.change().is_some()) {
            let mut table: toml::Table = text.parse().unwrap();
            table.extend(correction.lines().join("\n").parse::<toml::Table>().unwrap());
            let read: CorsPolicy = toml::from_str(&table.to_string()).unwrap();
            prop_assert_eq!(read, apply(&policy, std::iter::once(correction)), "{}", correction);
        }
    }

    /// The words come from the browsers' half, and so does the verdict.
    #[test]
    fn browsers_have_words_for_what_they_can_have_asked(policy in policies(), asked in requests()) {
        let (_, explanation, _) = asked.evaluate(&policy);
        let of_a_page = Browser::at(asked.origin).is_ok_and(|page| page.origin() == asked.origin);
        if !of_a_page || explanation.steps().is_empty() {
            prop_assert!(explanation.messages().is_empty(), "{}", explanation);
        }
    }
}

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

/// What the engine answers, and what a browser makes of it.
fn fetched(
    policy: &CorsPolicy,
    page: &str,
    fetch: &Request,
) -> Result<(), (cors_core::browser::Blocked, CorsResult)> {
    use cors_core::browser::Step;

    let mut page = Browser::at(page).unwrap();
    let now = std::time::Duration::ZERO;
    let mut step = page.start(fetch, now);
    let mut last = None;
    loop {
        step = match step {
            Step::SendPreflight(exchange) | Step::SendActual(exchange) => {
                let sent = http::Request::try_from(exchange.request()).unwrap();
                let (parts, ()) = sent.into_parts();
                let request = CorsRequest::from_parts(&parts);
                let result = CorsService::new().evaluate_policy(&request, policy);
                let refused = result.is_preflight_request() && !result.is_origin_allowed();
                let response = Response::new(if refused { 403 } else { 204 }, result.fields());
                last = Some(result);
                exchange.receive(&response, now)
            }
            Step::Done(Ok(_)) => return Ok(()),
            Step::Done(Err(blocked)) => return Err((blocked, last.unwrap())),
        };
    }
}

#[test]
fn a_blocked_fetch_is_explained_by_the_policy_that_refused_it() {
    let policy = CorsPolicy::builder()
        .named("shop")
        .with_origins(["https://app.example.com"])
        .with_methods(["PUT"])
        .build()
        .unwrap();
    let fetch = Request::new("PUT", "https://api.example.com/").header("x-a", "1");
    let (blocked, result) = fetched(&policy, "https://admin.example.com", &fetch).unwrap_err();
    let explanation = blocked.explain(Some(&result));
    // A browser that gets nothing cannot know that the method would be allowed.
    assert!(blocked.failures().contains(&Failure::MethodNotAllowed("PUT".into())));
    let causes: Vec<String> =
        explanation.steps().iter().map(|step| step.cause().to_string()).collect();
    assert_eq!(
        causes,
        [
            "the origin `https://admin.example.com` is not allowed",
            "the request header `x-a` is not allowed",
        ]
    );
    assert_eq!(explanation.verdict(), Verdict::Blocked);
    assert_eq!(explanation.policy(), Some("shop"));
    let chromium = &explanation.messages()[0];
    assert_eq!(Some(chromium.text()), blocked.message(Engine::Chromium).as_deref());
    let corrected = apply(&policy, corrections(&explanation));
    assert!(fetched(&corrected, "https://admin.example.com", &fetch).is_ok());
}

#[test]
fn a_fetch_with_credentials_is_explained_by_the_credentials_that_the_policy_lacks() {
    let page = "https://app.example.com";
    let listed = CorsPolicy::builder().with_origins([page, "https://b.example"]).named("shop");
    for (settings, change) in [
        (listed.clone(), "write `credentials = true`"),
        (
            CorsPolicy::builder().allow_any_origin().allow_any_method().named("shop"),
            "write `origins = [\"https://app.example.com\"]` in place of any origin, and \
             `credentials = true`",
        ),
    ] {
        for fetch in ["GET", "POST"].map(|method| {
            Request::new(method, "https://api.example.com/").credentials(Credentials::Include)
        }) {
            let policy = settings.clone().build().unwrap();
            let (blocked, result) = fetched(&policy, page, &fetch).unwrap_err();
            let explanation = blocked.explain(Some(&result));
            let correction = explanation.steps()[0].correction();
            assert_eq!(
                correction.to_string(),
                format!("fetch without credentials; or, in policy `shop`, {change}")
            );
            let corrected = apply(&policy, std::iter::once(correction));
            assert!(fetched(&corrected, page, &fetch).is_ok(), "{explanation}");
        }
    }

    let exposes_any = listed.expose_any_header().build().unwrap();
    let fetch = Request::new("GET", "https://api.example.com/").credentials(Credentials::Include);
    let (blocked, result) = fetched(&exposes_any, page, &fetch).unwrap_err();
    let explanation = blocked.explain(Some(&result));
    assert_eq!(
        explanation.steps()[0].correction().to_string(),
        "fetch without credentials; or, write `credentials = true`, once this is mended: policy \
         `shop`: exposed_headers `*`: with credentials browsers read `*` as a header of that name; \
         list the headers"
    );
}

#[test]
fn what_the_policy_allows_and_the_answer_lacks_was_lost_on_the_way() {
    let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build().unwrap();
    let lines = [("origin", "https://app.example.com")];
    let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
    let page = Browser::at("https://app.example.com").unwrap();
    let fetch = Request::new("GET", "https://api.example.com/");
    let twice = [("access-control-allow-origin", "https://app.example.com"); 2];
    for answer in [Response::new(200, [("", ""); 0]), Response::new(200, twice)] {
        let blocked = page.judge(&fetch, &answer, &answer).unwrap_err();
        assert_eq!(
            blocked.explain(Some(&result)).steps()[0].correction().to_string(),
            "the policy allows this, and the answer does not say so: look for what changes its \
             headers after the layer, or answers in place of it"
        );
    }
    let blocked = page
        .judge(&fetch, &Response::new(200, [("", ""); 0]), &Response::new(200, [("", ""); 0]))
        .unwrap_err();
    assert_eq!(
        blocked.explain(None).to_string(),
        "request from `https://app.example.com` for `https://api.example.com/`: blocked by the browser\n\
         1. `Access-Control-Allow-Origin` is missing\n\
         \x20  have the server allow the origin, on errors, redirects and 304 too; check that nothing \
         answers before its CORS layer\n\
         Chromium (MissingAllowOriginHeader): Access to fetch at 'https://api.example.com/' from \
         origin 'https://app.example.com' has been blocked by CORS policy: No \
         'Access-Control-Allow-Origin' header is present on the requested resource.\n\
         Firefox (CORSMissingAllowOrigin2): Cross-Origin Request Blocked: The Same Origin Policy \
         disallows reading the remote resource at https://api.example.com/. (Reason: CORS header \
         ‘Access-Control-Allow-Origin’ missing). Status code: 200.\n\
         WebKit: Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. \
         Status code: 200 / Fetch API cannot load https://api.example.com/ due to access control \
         checks."
    );
}
