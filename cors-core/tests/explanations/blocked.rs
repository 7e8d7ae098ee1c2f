//! Fetches that a browser blocked, with the result of the engine and without.

use std::time::Duration;

use cors_core::browser::{Browser, Credentials, Engine, Failure, Request, Response, Step};
use cors_core::explain::Verdict;
use cors_core::{CorsPolicy, CorsRequest, CorsService};

use super::{apply, corrections, fetched};

fn page(origin: &str) -> Browser {
    Browser::at(origin).unwrap()
}

#[test]
fn a_blocked_fetch_is_explained_by_the_policy_that_refused_it() {
    let policy = CorsPolicy::builder()
        .named("shop")
        .with_origins(["https://app.example.com"])
        .with_methods(["PUT"])
        .build()
        .unwrap();
    let fetch =
        Request::new("PUT", "https://api.example.com/").header("x-a", "1").header("x-b", "1");
    let (blocked, result, _) =
        *fetched(&policy, page("https://admin.example.com"), &fetch).unwrap_err();
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
    assert!(fetched(&corrected, page("https://admin.example.com"), &fetch).is_ok());
}

#[test]
fn a_fetch_with_credentials_is_explained_by_the_credentials_that_the_policy_lacks() {
    let app = "https://app.example.com";
    let listed = CorsPolicy::builder().with_origins([app, "https://b.example"]).named("shop");
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
            let (blocked, result, _) = *fetched(&policy, page(app), &fetch).unwrap_err();
            let explanation = blocked.explain(Some(&result));
            let correction = explanation.steps()[0].correction();
            assert_eq!(
                correction.to_string(),
                format!("fetch without credentials; or, in policy `shop`, {change}")
            );
            let corrected = apply(&policy, std::iter::once(correction));
            assert!(fetched(&corrected, page(app), &fetch).is_ok(), "{explanation}");
        }
    }

    let exposes_any = listed.expose_any_header().build().unwrap();
    let fetch = Request::new("GET", "https://api.example.com/").credentials(Credentials::Include);
    let (blocked, result, _) = *fetched(&exposes_any, page(app), &fetch).unwrap_err();
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
    let page = page("https://app.example.com");
    let fetch = Request::new("GET", "https://api.example.com/");
    let nothing = Response::new(200, [("", ""); 0]);
    let twice = [("access-control-allow-origin", "https://app.example.com"); 2];
    for answer in [nothing.clone(), Response::new(200, twice)] {
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

/// Methods that the layer is not around are where it goes wrong after a preflight went well.
#[test]
fn an_answer_that_lacks_what_the_preflight_had_passed_by_the_layer() {
    const PASSED_BY: &str = "and it does not see this response";
    let app = "https://app.example.com";
    let allows = Response::new(
        204,
        [
            ("access-control-allow-origin", app),
            ("access-control-allow-methods", "PUT"),
            ("access-control-max-age", "600"),
        ],
    );
    let nothing = Response::new(500, [("", ""); 0]);
    let put = Request::new("PUT", "https://api.example.com/");
    let get = Request::new("GET", "https://api.example.com/");
    let policy = CorsPolicy::builder().with_origins([app]).build().unwrap();
    let lines = [("origin", app)];
    let result = CorsService::new().evaluate_policy(&CorsRequest::new("PUT", &lines), &policy);
    let twice = Response::new(200, [("access-control-allow-origin", app); 2]);
    for (fetch, preflight, answer, result, passes_by) in [
        (&put, &allows, &nothing, None, true),
        // Without a preflight, nothing shows that there is a layer.
        (&get, &allows, &nothing, None, false),
        (&put, &nothing, &nothing, None, false),
        // The layer saw the response.
        (&put, &allows, &nothing, Some(&result), false),
        (&put, &allows, &twice, None, false),
    ] {
        let blocked = page(app).judge(fetch, preflight, answer).unwrap_err();
        let explanation = blocked.explain(result).to_string();
        assert_eq!(explanation.contains(PASSED_BY), passes_by, "{explanation}");
    }

    // A preflight that is remembered shows as much; that of another hop does not.
    let mut page = page(app);
    let mut blocked = |responses: &[&Response], fetch: &Request| {
        let mut responses = responses.iter();
        let mut step = page.start(fetch, Duration::ZERO);
        loop {
            step = match step {
                Step::SendPreflight(exchange) | Step::SendActual(exchange) => {
                    exchange.receive(responses.next().unwrap(), Duration::ZERO)
                }
                Step::Done(result) => break result,
            };
        }
    };
    assert!(blocked(&[&allows, &allows], &put).is_ok());
    let remembered = blocked(&[&nothing], &put).unwrap_err();
    assert!(remembered.explain(None).to_string().contains(PASSED_BY));
    let moved = [("access-control-allow-origin", app), ("location", "/elsewhere")];
    let moved = Response::new(303, moved);
    let redirected = blocked(&[&allows, &moved, &nothing], &put).unwrap_err();
    assert_eq!(redirected.failure(), &Failure::AllowOriginMissing);
    assert!(!redirected.explain(None).to_string().contains(PASSED_BY));
}
