//! Layers whose policies come from a provider.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use cors_axum::{
    CorsLayer, CorsPolicyProvider, CorsResult, PolicyChoice, ProvidedPolicy, Provider,
    ProviderError, RequestContext,
};
use cors_core::ReloadableOptions;
use tokio::sync::oneshot;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::counting::Counting;
use crate::{EVIL, ORIGIN, actual, policy, preflight, summary};

/// Two tenants, told apart by host; two more hosts for what else there may be.
fn choice(host: &str) -> Result<PolicyChoice, ProviderError> {
    match host {
        "one.example" => Ok(policy("one").into()),
        "two.example" => Ok(policy("two").into()),
        "off.example" => Ok(PolicyChoice::Disabled),
        "broken.example" => Err(ProviderError::new("the database is away")),
        _ => Ok(PolicyChoice::None),
    }
}

fn at_once() -> CorsLayer<Provider> {
    CorsLayer::with_provider(|request: &RequestContext<'_>| {
        ProvidedPolicy::Now(choice(request.host().unwrap_or_default()))
    })
}

/// Lets others run before it answers.
fn later() -> CorsLayer<Provider> {
    CorsLayer::with_provider(|request: &RequestContext<'_>| {
        let host = request.host().unwrap_or_default().to_owned();
        ProvidedPolicy::later(async move {
            tokio::task::yield_now().await;
            choice(&host)
        })
    })
}

fn with_host(mut request: Request, host: &str) -> Request {
    request.headers_mut().insert("host", host.parse().unwrap());
    request
}

#[tokio::test]
async fn the_provider_chooses_the_policy_of_each_request_at_once_or_later() {
    for layer in [at_once(), later()] {
        for (host, request, expected, calls) in [
            ("one.example", preflight("PUT", "/", ORIGIN), "204 one", 0),
            ("two.example", preflight("PUT", "/", ORIGIN), "204 two", 0),
            ("two.example", preflight("PUT", "/", EVIL), "403 -", 0),
            ("two.example", actual("GET", "/", ORIGIN), "200 two", 1),
            ("two.example", actual("GET", "/", EVIL), "200 -", 1),
            ("off.example", preflight("PUT", "/", ORIGIN), "403 -", 0),
            ("off.example", actual("PUT", "/", ORIGIN), "200 -", 1),
            ("unknown.example", preflight("PUT", "/", ORIGIN), "200 -", 1),
            ("broken.example", preflight("PUT", "/", ORIGIN), "500 -", 0),
            ("broken.example", actual("GET", "/", ORIGIN), "200 -", 1),
        ] {
            let what = format!("{host} {} by {layer:?}", request.method());
            let inner = Counting::default();
            let service = layer.layer(inner.clone());
            let response = service.oneshot(with_host(request, host)).await.unwrap();
            assert_eq!(summary(&response), expected, "{what}");
            assert_eq!(inner.calls(), calls, "{what}");
            let has_failed = response.extensions().get::<ProviderError>().is_some();
            assert_eq!(has_failed, host == "broken.example", "{what}");
        }
    }
}

#[tokio::test]
async fn where_the_provider_fails_nobody_may_read_the_response() {
    let inner = service_fn(async |_: Request| {
        let response = Response::builder()
            .header("access-control-allow-origin", "*")
            .header("vary", "accept")
            .header("x-own", "kept");
        Ok::<_, Infallible>(response.body(Body::from("hello")).unwrap())
    });
    for layer in [at_once(), later()] {
        let request = |request| with_host(request, "broken.example");
        let service = layer.layer(inner);
        let response = service.clone().oneshot(request(actual("GET", "/", ORIGIN))).await.unwrap();
        assert_eq!(summary(&response), "200 -");
        assert_eq!(response.headers()["vary"], "accept, Origin");
        assert_eq!(response.headers()["x-own"], "kept");
        assert!(response.extensions().get::<CorsResult>().is_none());
        let error = response.extensions().get::<ProviderError>().unwrap();
        assert_eq!(error.to_string(), "no CORS policy could be chosen: the database is away");

        let response = service.oneshot(request(preflight("GET", "/", ORIGIN))).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(to_bytes(response.into_body(), 0).await.unwrap(), "");
    }
}

#[tokio::test]
async fn the_service_that_was_ready_runs_when_the_provider_has_answered() {
    let (sender, receiver) = oneshot::channel();
    let receiver = Mutex::new(Some(receiver));
    let layer = CorsLayer::with_provider(move |_: &RequestContext<'_>| {
        let receiver = receiver.lock().unwrap().take().unwrap();
        ProvidedPolicy::later(async move { Ok(receiver.await?) })
    });
    let inner = Counting::default();
    let mut service = layer.layer(inner.clone());
    let mut response = pin!(service.ready().await.unwrap().call(actual("GET", "/", ORIGIN)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(response.as_mut().poll(&mut context).is_pending());
    assert_eq!(inner.calls(), 0, "nothing runs before there is a policy");

    sender.send(policy("one").into()).unwrap();
    // `Counting` answers with an error unless it was asked whether it is ready.
    let Poll::Ready(response) = response.poll(&mut context) else { panic!("it waits still") };
    assert_eq!(summary(&response.unwrap()), "200 one");
    assert_eq!(inner.calls(), 1);
}

#[test]
fn a_provider_that_answers_at_once_makes_nothing_wait() {
    let inner = Counting::default();
    let mut service = at_once().layer(inner.clone());
    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
    let request = with_host(actual("GET", "/", ORIGIN), "one.example");
    let response = pin!(service.call(request));
    assert_eq!(inner.calls(), 1, "the service is called before the future is polled");
    assert!(response.poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[derive(Clone)]
struct Tenant(&'static str);

/// Records what it sees, and governs nothing.
#[derive(Clone, Default)]
struct Recording {
    seen: Arc<Mutex<Vec<String>>>,
}

impl CorsPolicyProvider for Recording {
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        self.seen.lock().unwrap().push(format!(
            "{} {} {} {} {}",
            request.method().unwrap_or("-"),
            request.scheme().unwrap_or("-"),
            request.host().unwrap_or("-"),
            request.path(),
            request.data::<Tenant>().map_or("-", |Tenant(name)| name),
        ));
        ProvidedPolicy::now(None)
    }
}

#[tokio::test]
async fn the_provider_sees_target_host_and_extensions() {
    let recording = Recording::default();
    let nested = Router::new()
        .route("/items", get(|| async {}))
        .layer(CorsLayer::with_provider(recording.clone()));
    let app = Router::new().nest("/api", nested);
    let mut with_data = with_host(actual("GET", "/api/items?q=1", ORIGIN), "api.example:8080");
    with_data.extensions_mut().insert(Tenant("blue"));
    for request in [
        with_data,
        preflight("PUT", "/api/items", ORIGIN),
        with_host(actual("GET", "https://target.example/api/items", ORIGIN), "other.example"),
    ] {
        app.clone().oneshot(request).await.unwrap();
    }
    let path = if cfg!(feature = "axum") { "/api/items" } else { "/items" };
    assert_eq!(
        *recording.seen.lock().unwrap(),
        [
            format!("GET - api.example:8080 {path} blue"),
            format!("PUT - - {path} -"),
            format!("GET https target.example {path} -"),
        ]
    );
}

#[tokio::test]
async fn options_can_be_exchanged_while_requests_run() {
    let options = ReloadableOptions::new(policy("one"));
    let app = CorsLayer::with_provider(options.clone()).layer(Counting::default());
    let response = app.clone().oneshot(actual("GET", "/", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), "200 one");
    options.replace(policy("two"));
    let response = app.clone().oneshot(preflight("PUT", "/", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), "204 two");
    assert!(options.reload_toml("[policies.broken]").is_err());
    let response = app.oneshot(actual("GET", "/", ORIGIN)).await.unwrap();
    assert_eq!(summary(&response), "200 two");
}
