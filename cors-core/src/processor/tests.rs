use super::*;
use crate::{CorsOptions, Origin};

const ORIGIN: (&str, &str) = ("origin", "https://a.example");
const EVIL: (&str, &str) = ("origin", "https://evil.example");
const ASKS: (&str, &str) = ("access-control-request-method", "PUT");

fn options() -> CorsOptions {
    CorsOptions::builder()
        .add_policy("a", CorsPolicy::builder().with_origins(["https://a.example"]))
        .add_policy("any", CorsPolicy::permissive())
        .route("/a", "a")
        .route_methods(["PUT"], "/mixed", "any")
        .disable("/mixed")
        .build()
        .unwrap()
}

fn action(
    processor: CorsProcessor,
    options: &CorsOptions,
    method: &str,
    path: &str,
    lines: &[(&str, &str)],
) -> CorsAction {
    let request = RequestContext::new(CorsRequest::new(method, &lines), path);
    processor.process(&request, options.select_for(&request))
}

#[test]
fn each_request_is_passed_forwarded_or_answered() {
    let (ok, refused) = (Some((204, true)), Some((403, true)));
    let disabled = Some((403, false));
    for (path, method, lines, forwards, responds) in [
        ("/none", "GET", vec![ORIGIN], false, None),
        ("/none", "OPTIONS", vec![ORIGIN, ASKS], false, None),
        ("/a", "GET", vec![], true, None),
        ("/a", "GET", vec![EVIL], true, None),
        ("/a", "OPTIONS", vec![ORIGIN], true, None),
        ("/a", "OPTIONS", vec![ORIGIN, ASKS], false, ok),
        ("/a", "OPTIONS", vec![EVIL, ASKS], false, refused),
        ("/a", "OPTIONS", vec![ORIGIN, ASKS, ASKS], false, refused),
        ("/mixed", "OPTIONS", vec![EVIL, ASKS], false, ok),
        ("/mixed", "PUT", vec![EVIL], true, None),
        ("/mixed", "GET", vec![EVIL], false, None),
        (
            "/mixed",
            "OPTIONS",
            vec![EVIL, ("access-control-request-method", "GET")],
            false,
            disabled,
        ),
    ] {
        let action = action(CorsProcessor::new(), &options(), method, path, &lines);
        let (forwarded, responded) = match &action {
            CorsAction::PassThrough => (false, None),
            CorsAction::Forward(_) => (true, None),
            CorsAction::Respond { status, answer } => {
                (false, Some((status.as_u16(), answer.is_some())))
            }
            CorsAction::Refuse(_) | CorsAction::Fail { .. } => panic!("{action:?}"),
        };
        assert_eq!((forwarded, responded), (forwards, responds), "{method} {path} {lines:?}");
    }
}

#[test]
fn statuses_can_be_set_within_what_browsers_take() {
    let set = CorsProcessor::new()
        .preflight_status(StatusCode::OK)
        .and_then(|processor| processor.refused_preflight_status(StatusCode::NOT_FOUND))
        .unwrap();
    let status = |lines: &[(&str, &str)]| match action(set, &options(), "OPTIONS", "/a", lines) {
        CorsAction::Respond { status, .. } => status.as_u16(),
        action => panic!("{action:?}"),
    };
    assert_eq!(status(&[ORIGIN, ("access-control-request-method", "GET")]), 200);
    assert_eq!(status(&[EVIL, ASKS]), 404);
    for (result, message) in [
        (
            CorsProcessor::new().preflight_status(StatusCode::FOUND),
            "preflight_status `302`: browsers accept a preflight only with a status from 200 to 299",
        ),
        (
            CorsProcessor::new().refused_preflight_status(StatusCode::FOUND),
            "refused_preflight_status `302`: a refused preflight is answered with a status from \
             200 to 299 or from 400 to 599",
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
}

#[test]
fn refusing_keeps_refused_actual_requests_from_running_and_nothing_else() {
    let refusing = CorsProcessor::new().refuse_disallowed_origins();
    let action = |method, path, lines: &[_]| action(refusing, &options(), method, path, lines);
    let upgrade = ("upgrade", "websocket");
    let host = ("host", "evil.example");
    for (method, lines, refuses) in [
        ("GET", vec![], false),
        ("GET", vec![ORIGIN], false),
        ("GET", vec![EVIL], true),
        ("OPTIONS", vec![EVIL], true),
        ("GET", vec![EVIL, upgrade], true),
        ("GET", vec![ORIGIN, upgrade], false),
        ("POST", vec![EVIL, host], false),
        ("POST", vec![("origin", "null"), host], true),
    ] {
        let refused = matches!(action(method, "/a", &lines), CorsAction::Refuse(_));
        assert_eq!(refused, refuses, "{method} {lines:?}");
    }
    assert_eq!(action("GET", "/none", &[EVIL]), CorsAction::PassThrough);
}

#[test]
fn same_origin_requests_are_spared_unless_they_are_not_to_be() {
    let own = [EVIL, ("host", "evil.example"), ("sec-fetch-site", "same-origin")];
    let forwarded = [EVIL, ("host", "10.0.0.7"), ("x-forwarded-host", "evil.example")];
    let listed = [ORIGIN, ("host", "a.example"), ("sec-fetch-site", "same-origin")];
    let no_origin = [("host", "evil.example"), ("sec-fetch-site", "same-origin")];
    let run = CorsProcessor::new();
    let spare = run.refuse_disallowed_origins();
    let trust = run.refuse_disallowed_origins_behind_trusted_proxy();
    let strict = run.refuse_disallowed_origins_even_same_origin();
    // The order of the methods does not matter.
    for (processor, runs) in [
        (run, [true, true, true, true]),
        (spare, [true, false, true, true]),
        (trust, [true, true, true, true]),
        (trust.refuse_disallowed_origins(), [true, true, true, true]),
        (spare.refuse_disallowed_origins_behind_trusted_proxy(), [true, true, true, true]),
        (strict, [false, false, true, true]),
        (strict.refuse_disallowed_origins(), [false, false, true, true]),
        (strict.refuse_disallowed_origins_behind_trusted_proxy(), [false, false, true, true]),
        (spare.refuse_disallowed_origins_even_same_origin(), [false, false, true, true]),
        (trust.refuse_disallowed_origins_even_same_origin(), [false, false, true, true]),
    ] {
        let requests: [&[_]; 4] = [&own, &forwarded, &listed, &no_origin];
        for (lines, runs) in requests.into_iter().zip(runs) {
            let action = action(processor, &options(), "POST", "/a", lines);
            assert_eq!(matches!(action, CorsAction::Forward(_)), runs, "{processor:?} {lines:?}");
            let recorded = processor.record_results();
            let action = self::action(recorded, &options(), "POST", "/a", lines);
            assert_eq!(matches!(action, CorsAction::Forward(_)), runs, "{recorded:?} {lines:?}");
        }
    }
}

#[test]
fn what_a_provider_answers_is_processed_or_fails() {
    let context = |method: &'static str, lines: &'static [(&str, &str)]| {
        let lines: &'static &[(&str, &str)] = Box::leak(Box::new(lines));
        RequestContext::new(CorsRequest::new(method, lines), "/")
    };
    let actual = context("GET", &[ORIGIN]);
    let preflight = context("OPTIONS", &[ORIGIN, ASKS]);
    let processor = CorsProcessor::new();

    let known = Ok(CorsPolicy::permissive().into());
    assert!(matches!(processor.process_choice(&actual, known), CorsAction::Forward(_)));
    let disabled = processor.process_choice(&preflight, Ok(PolicyChoice::Disabled));
    assert!(matches!(disabled, CorsAction::Respond { answer: None, .. }));
    let refusing = processor.refuse_disallowed_origins();
    let own = context("POST", &[ORIGIN, ("host", "a.example")]);
    let no_origin = context("POST", &[("host", "a.example")]);
    let strict = processor.refuse_disallowed_origins_even_same_origin();
    for (request, expected) in [
        (&actual, [true, false, false]),
        (&preflight, [false, false, false]),
        (&own, [true, true, false]),
        (&no_origin, [true, true, true]),
    ] {
        for (processor, expected) in [processor, refusing, strict].into_iter().zip(expected) {
            let failed = Err(ProviderError::new("the database is away"));
            let CorsAction::Fail { error, runs } = processor.process_choice(request, failed) else {
                panic!("no failure")
            };
            assert_eq!(runs, expected, "{request:?}");
            assert_eq!(error.to_string(), "no CORS policy could be chosen: the database is away");
        }
    }
}

/// Requests of every kind, under policies of every kind: what the lists settle is what processing
/// comes to, and the rest is left to it.
#[test]
fn what_is_settled_is_what_would_have_been_forwarded() {
    let listed = |origins: &[&str]| CorsPolicy::builder().with_origins(origins.to_vec());
    let exact = "https://a.example";
    let many: Vec<_> = (0..9).map(|number| format!("https://{number}.example")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).chain([exact]).collect();
    let predicate = |origin: &Origin<'_>| origin.host() == "x.b.example";

    let origins: [&[&str]; 8] = [
        &[],
        &[exact],
        &["https://x.b.example"],
        &["https://evil.example"],
        &["null"],
        &[""],
        &[exact, exact],
        &[exact, "https://evil.example"],
    ];
    let lines = origins.map(|origins| origins.iter().map(|origin| ("origin", *origin)));
    let lines: Vec<_> =
        lines.into_iter().flat_map(|l| [l.clone().collect(), l.chain([ASKS]).collect()]).collect();

    // Of 16 requests with GET, since those with OPTIONS are left: 2 have the listed origin, and where
    // something is looked for beyond the list, 2 without `Origin` and 4 with two of them are settled.
    for (policy, settled, settled_where_refused_do_not_run) in [
        (CorsPolicy::builder().allow_any_origin(), 16, 16),
        (listed(&[exact]), 16, 2),
        (listed(&[exact]).allow_credentials(), 16, 2),
        (listed(&many), 16, 2),
        (listed(&[exact, "https://*.b.example"]), 8, 2),
        (listed(&[exact]).allow_null_origin(), 8, 2),
        (listed(&[exact]).with_origin_predicate(predicate), 8, 2),
    ] {
        let options = CorsOptions::from(policy.clone().build().unwrap());
        let rules = CorsOptions::builder().add_policy("a", policy).route("/", "a").build().unwrap();
        let count = |processor: CorsProcessor, options: &CorsOptions| {
            let requests = ["GET", "OPTIONS"].map(|method| {
                lines.iter().map(move |lines: &Vec<_>| CorsRequest::new(method, lines))
            });
            let settled = requests.into_iter().flatten().filter_map(|view| {
                let answer = processor.settle(&view, options)?;
                let request = RequestContext::new(view, "/");
                let processed = processor.process(&request, options.select_for(&request));
                assert_eq!(processed, CorsAction::Forward(answer), "{options:?} {view:?}");
                Some(())
            });
            settled.count()
        };
        let processor = CorsProcessor::new();
        assert_eq!(count(processor, &options), settled, "{options:?}");
        let count_where_refused = count(processor.refuse_disallowed_origins(), &options);
        assert_eq!(count_where_refused, settled_where_refused_do_not_run, "{options:?}");
        assert_eq!(count(processor.record_results(), &options), 0);
        assert_eq!(count(processor, &rules), 0);
        let _scope = LayerScope::enter();
        assert_eq!(count(processor, &options), 0);
    }
}

#[cfg(feature = "regex")]
#[test]
fn what_a_regex_may_allow_is_not_settled() {
    let policy =
        CorsPolicy::builder().with_origin_regex(r"https://[a-z]\.example").build().unwrap();
    let options = CorsOptions::from(policy);
    let lines = [ORIGIN];
    let view = CorsRequest::new("GET", &lines);
    assert_eq!(CorsProcessor::new().settle(&view, &options), None);
}

#[test]
fn what_is_settled_comes_from_the_policies_as_they_are_now() {
    let lines = [ORIGIN];
    let view = CorsRequest::new("GET", &lines);
    let policy = |options: &CorsOptions| {
        let answer = CorsProcessor::new().settle(&view, options).unwrap();
        answer.response_fields().policy().clone()
    };
    let builder = || CorsOptions::builder().add_policy("a", CorsPolicy::permissive());
    let named = builder().add_policy("b", CorsPolicy::permissive()).default_policy("b").build();
    let named = named.unwrap();
    assert_eq!(policy(&named).name(), Some("b"));
    assert_eq!(policy(&named.clone().with_default("a").unwrap()).name(), Some("a"));
    assert!(!policy(&named).is_leaked() && policy(&named.leak()).is_leaked());
    let nothing = builder().build().unwrap();
    assert_eq!(CorsProcessor::new().settle(&view, &nothing), None);
}
