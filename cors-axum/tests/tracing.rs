//! One event for each decision.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex};

use cors_axum::{
    CorsLayer, CorsOptions, CorsPolicy, CorsResult, PolicyChoice, ProvidedPolicy, ProviderError,
    RequestContext,
};
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

const ORIGIN: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What is logged up to a level, for as long as the other value lives.
    fn start(level: LevelFilter) -> (Self, impl Sized) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .without_time()
            .with_writer(log.clone())
            .finish();
        (log, subscriber.set_default())
    }

    /// The lines since the last time.
    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn request(method: &str, host: &str, origin: &str) -> Request<()> {
    let request = Request::builder().method(method).header("host", host).header("origin", origin);
    request.header("access-control-request-method", "PUT").body(()).unwrap()
}

#[tokio::test]
async fn every_decision_is_one_event_whether_it_comes_at_once_or_later() {
    let (log, _guard) = Log::start(LevelFilter::TRACE);
    let policy = CorsPolicy::builder().with_origins([ORIGIN]).named("shop").build().unwrap();
    let of_options = CorsLayer::new(policy.clone());
    let choose = move |host: &str| match host {
        "shop.example" => Ok(PolicyChoice::from(policy.clone())),
        "broken.example" => Err(ProviderError::new("the database is away")),
        _ => Ok(PolicyChoice::None),
    };
    let chooser = choose.clone();
    let at_once = CorsLayer::with_provider(move |request: &RequestContext<'_>| {
        ProvidedPolicy::Now(chooser(request.host().unwrap_or_default()))
    });
    let later = CorsLayer::with_provider(move |request: &RequestContext<'_>| {
        let choice = choose(request.host().unwrap_or_default());
        ProvidedPolicy::later(async move {
            tokio::task::yield_now().await;
            choice
        })
    });
    let hello = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("")));
    for layer in [at_once, later] {
        for request in [
            request("GET", "shop.example", ORIGIN),
            request("GET", "shop.example", EVIL),
            request("OPTIONS", "shop.example", ORIGIN),
            request("GET", "unknown.example", ORIGIN),
            request("OPTIONS", "broken.example", EVIL),
        ] {
            layer.layer(hello).oneshot(request).await.unwrap();
        }
        assert_eq!(
            log.take(),
            [
                "DEBUG cors: CORS decision policy=\"shop\" kind=Actual \
                 origin=https://app.example.com allowed=true",
                "INFO cors: CORS decision policy=\"shop\" kind=Actual \
                 origin=https://evil.example allowed=false \
                 reasons=the origin `https://evil.example` is not allowed \
                 explanation=request from `https://evil.example` for `GET`: refused by policy `shop`; \
                 1. the origin `https://evil.example` is not allowed: in policy `shop`, add \
                 `\"https://evil.example\"` to `origins`: \
                 origins = [\"https://app.example.com\", \"https://evil.example\"]",
                "INFO cors: CORS decision policy=\"shop\" kind=Preflight \
                 origin=https://app.example.com allowed=false \
                 reasons=the method `PUT` is not allowed \
                 explanation=preflight from `https://app.example.com` for `PUT`: refused by policy \
                 `shop`; 1. the method `PUT` is not allowed: in policy `shop`, add `\"PUT\"` to \
                 `methods`: methods = [\"PUT\"]",
                "ERROR cors: no CORS policy could be chosen kind=Preflight \
                 origin=https://evil.example \
                 error=no CORS policy could be chosen: the database is away",
            ]
        );
    }

    for (request, expected) in [
        (request("GET", "any.example", ORIGIN), "kind=Actual origin=https://app.example.com"),
        (Request::new(()), "kind=NotCors"),
    ] {
        of_options.layer(hello).oneshot(request).await.unwrap();
        let event = format!("DEBUG cors: CORS decision policy=\"shop\" {expected} allowed=true");
        assert_eq!(log.take(), [event]);
    }

    let disabled = CorsLayer::new(CorsOptions::builder().disable("/").build().unwrap());
    for method in ["OPTIONS", "GET"] {
        let response = disabled.layer(hello).oneshot(request(method, "any.example", EVIL)).await;
        assert_eq!(response.unwrap().status(), if method == "GET" { 200 } else { 403 });
    }
    assert_eq!(
        log.take(),
        ["INFO cors: CORS decision kind=Preflight origin=https://evil.example allowed=false \
          reasons=CORS is disabled for the path"]
    );
}

#[tokio::test]
async fn who_asks_for_fewer_events_gets_those_that_matter_more() {
    let policy = CorsPolicy::builder().with_origins([ORIGIN]).build().unwrap();
    let layer = CorsLayer::with_provider(move |request: &RequestContext<'_>| {
        ProvidedPolicy::Now(match request.host().unwrap_or_default() {
            "shop.example" => Ok(PolicyChoice::from(policy.clone())),
            "off.example" => Ok(PolicyChoice::Disabled),
            _ => Err(ProviderError::new("the database is away")),
        })
    });
    let hello = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("")));
    for (level, expected, recorded) in [
        (LevelFilter::TRACE, vec!["DEBUG", "INFO", "INFO", "ERROR"], true),
        (LevelFilter::DEBUG, vec!["DEBUG", "INFO", "INFO", "ERROR"], true),
        (LevelFilter::INFO, vec!["INFO", "INFO", "ERROR"], true),
        (LevelFilter::WARN, vec!["ERROR"], false),
        (LevelFilter::ERROR, vec!["ERROR"], false),
        (LevelFilter::OFF, vec![], false),
    ] {
        let (log, _guard) = Log::start(level);
        for (method, host, origin) in [
            ("GET", "shop.example", ORIGIN),
            ("OPTIONS", "shop.example", EVIL),
            ("OPTIONS", "off.example", ORIGIN),
            ("GET", "broken.example", ORIGIN),
        ] {
            let response = layer.layer(hello).oneshot(request(method, host, origin)).await.unwrap();
            let has_policy = host == "shop.example";
            let result = response.extensions().get::<CorsResult>();
            assert_eq!(result.is_some(), has_policy && recorded, "{level} {method} {host}");
        }
        let lines = log.take();
        let levels: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(levels, expected, "{level}");
    }
}
