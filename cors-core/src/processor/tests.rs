use super::*;
use crate::CorsRequest;

const ORIGIN: (&str, &str) = ("origin", "https://a.example");
const EVIL: (&str, &str) = ("origin", "https://evil.example");
const ASKS: (&str, &str) = ("access-control-request-method", "PUT");

fn processor() -> CorsProcessor {
    let options = CorsOptions::builder()
        .add_policy("a", CorsPolicy::builder().with_origins(["https://a.example"]))
        .add_policy("any", CorsPolicy::permissive())
        .route("/a", "a")
        .route_methods(["PUT"], "/mixed", "any")
        .disable("/mixed")
        .build()
        .unwrap();
    CorsProcessor::new(options)
}

fn action(
    processor: &CorsProcessor,
    method: &str,
    path: &str,
    lines: &[(&str, &str)],
) -> CorsAction {
    at_once(processor, &RequestContext::new(CorsRequest::new(method, &lines), path))
}

fn at_once(processor: &CorsProcessor, request: &RequestContext<'_>) -> CorsAction {
    match processor.provide(request) {
        ProvidedPolicy::Now(choice) => processor.process(request, choice),
        ProvidedPolicy::Later(_) => panic!("it takes a while"),
    }
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
        let action = action(&processor(), method, path, &lines);
        let (forwarded, responded) = match &action {
            CorsAction::PassThrough => (false, None),
            CorsAction::Forward(_) => (true, None),
            CorsAction::Respond { status, answer } => {
                (false, Some((status.as_u16(), answer.is_some())))
            }
            CorsAction::Block(_) | CorsAction::Fail { .. } => panic!("{action:?}"),
        };
        assert_eq!((forwarded, responded), (forwards, responds), "{method} {path} {lines:?}");
    }
}

#[test]
fn statuses_can_be_set_within_what_browsers_take() {
    let set = processor()
        .preflight_status(StatusCode::OK)
        .and_then(|processor| processor.refused_preflight_status(StatusCode::NOT_FOUND))
        .and_then(|processor| processor.named("a"))
        .unwrap();
    let status = |lines: &[(&str, &str)]| match action(&set, "OPTIONS", "/x", lines) {
        CorsAction::Respond { status, .. } => status.as_u16(),
        action => panic!("{action:?}"),
    };
    assert_eq!(status(&[ORIGIN, ("access-control-request-method", "GET")]), 200);
    assert_eq!(status(&[EVIL, ASKS]), 404);
    for (result, message) in [
        (
            processor().preflight_status(StatusCode::FOUND),
            "preflight_status `302`: browsers accept a preflight only with a status from 200 to 299",
        ),
        (
            processor().refused_preflight_status(StatusCode::FOUND),
            "refused_preflight_status `302`: a refused preflight is answered with a status from \
             200 to 299 or from 400 to 599",
        ),
        (
            processor().named("b"),
            "named `b`: there is no policy of this name; there are `a`, `any`",
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
}

#[test]
fn blocking_keeps_refused_actual_requests_from_running_and_nothing_else() {
    let blocking = processor().refuse_disallowed_origins();
    let upgrade = ("upgrade", "websocket");
    let host = ("host", "evil.example");
    for (method, lines, blocks) in [
        ("GET", vec![], false),
        ("GET", vec![ORIGIN], false),
        ("GET", vec![EVIL], true),
        ("OPTIONS", vec![EVIL], true),
        ("GET", vec![EVIL, upgrade], true),
        ("GET", vec![ORIGIN, upgrade], false),
        ("POST", vec![EVIL, host], false),
        ("POST", vec![("origin", "null"), host], true),
    ] {
        let blocked = matches!(action(&blocking, method, "/a", &lines), CorsAction::Block(_));
        assert_eq!(blocked, blocks, "{method} {lines:?}");
    }
    assert_eq!(action(&blocking, "GET", "/none", &[EVIL]), CorsAction::PassThrough);
}

#[test]
fn a_provider_answers_at_once_or_later_or_fails() {
    let context = |method: &'static str, lines: &'static [(&str, &str)]| {
        let lines: &'static &[(&str, &str)] = Box::leak(Box::new(lines));
        RequestContext::new(CorsRequest::new(method, lines), "/")
    };
    let actual = context("GET", &[ORIGIN]);
    let preflight = context("OPTIONS", &[ORIGIN, ASKS]);

    let known = CorsProcessor::with_provider(CorsPolicy::permissive());
    assert!(matches!(at_once(&known, &actual), CorsAction::Forward(_)));
    let unknown = CorsProcessor::with_provider(|_: &RequestContext<'_>| None::<CorsPolicy>);
    assert!(matches!(at_once(&unknown, &preflight), CorsAction::PassThrough));

    let later = CorsProcessor::with_provider(Arc::new(|_: &RequestContext<'_>| {
        ProvidedPolicy::later(async { Ok(CorsPolicy::permissive().into()) })
    }));
    let ProvidedPolicy::Later(future) = later.provide(&actual) else { panic!("not later") };
    assert!(matches!(later.process(&actual, now(future)), CorsAction::Forward(_)));

    let failing = CorsProcessor::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::Now(Err(ProviderError::new("the database is away")))
    });
    for (request, expected) in
        [(&actual, RequestKind::Actual), (&preflight, RequestKind::Preflight)]
    {
        let CorsAction::Fail { error, kind } = at_once(&failing, request) else {
            panic!("no failure")
        };
        assert_eq!(kind, expected);
        assert_eq!(error.to_string(), "no CORS policy could be chosen: the database is away");
    }
    assert_eq!(
        failing.named("a").unwrap_err().to_string(),
        "named `a`: there is no policy of this name; there is none"
    );
}

/// What a future that is ready at once comes to.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the future is not ready"),
    }
}
