//! How often the layer allocates, beside the service that it wraps.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cors_axum::{CorsLayer, CorsPolicy};
use http::{HeaderMap, HeaderValue, Request, Response};
use tower::{Layer, Service, service_fn};

const LISTED: &str = "https://app.example.com";
const MATCHED: &str = "https://shop.example.com";
const EVIL: &str = "https://evil.example";

/// Answers with a field, so that the header map has memory for those of the layer.
fn hello(_: Request<()>) -> Ready<Result<Response<()>, Infallible>> {
    let mut response = Response::new(());
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    ready(Ok(response))
}

/// A field value that is shared already, as those are that a server cuts out of its read buffer:
/// otherwise its first clone would allocate.
fn shared(value: &str) -> HeaderValue {
    let value = HeaderValue::from_str(value).unwrap();
    let _other_owner = value.clone();
    value
}

fn request(method: &str, origin: &str) -> Request<()> {
    let mut headers = HeaderMap::new();
    headers.insert("origin", shared(origin));
    headers.insert("access-control-request-method", shared("PUT"));
    let mut request = Request::builder().method(method).uri("/items/7").body(()).unwrap();
    *request.headers_mut() = headers;
    request
}

fn allocations<S>(mut service: S, request: Request<()>) -> u64
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut response = None;
    let measured = allocation_counter::measure(|| {
        let future = pin!(service.call(request));
        response = Some(future.poll(&mut Context::from_waker(Waker::noop())));
    });
    assert!(matches!(response, Some(Poll::Ready(Ok(_)))));
    measured.count_total
}

#[test]
fn the_layer_allocates_only_what_http_forces() {
    /// A recorded result, boxed, and the first extension of a response: the map, its table, and the
    /// boxed result.
    const RECORDED: u64 = 4;
    /// The first field of a response that the layer itself makes: the map's index and its entries.
    const HEADER_MAP: u64 = 2;

    let inner = service_fn(hello);
    let own = allocations(inner, request("GET", LISTED));
    let listed = CorsPolicy::builder()
        .with_origins([LISTED, "https://*.example.com"])
        .with_methods(["PUT"])
        .with_headers(["content-type"])
        .with_exposed_headers(["x-total-count"])
        .allow_credentials()
        .build()
        .unwrap();
    let recording = CorsLayer::new(listed.clone()).record_results().layer(inner);
    let listed = CorsLayer::new(listed).layer(inner);
    let any = CorsLayer::new(CorsPolicy::permissive()).layer(inner);
    for (service, method, origin, expected) in [
        (&listed, "GET", LISTED, own),
        (&listed, "GET", MATCHED, own),
        (&listed, "GET", EVIL, own),
        (&listed, "OPTIONS", LISTED, HEADER_MAP),
        (&listed, "OPTIONS", MATCHED, HEADER_MAP),
        (&listed, "OPTIONS", EVIL, HEADER_MAP),
        (&any, "GET", EVIL, own),
        (&any, "OPTIONS", EVIL, HEADER_MAP),
        (&recording, "GET", LISTED, own + RECORDED),
        (&recording, "OPTIONS", EVIL, HEADER_MAP + RECORDED),
    ] {
        // The first clone of a value of the policy makes it a shared one.
        allocations(service.clone(), request(method, origin));
        let counted = allocations(service.clone(), request(method, origin));
        assert_eq!(counted, expected, "{method} from {origin}");
    }
}

#[test]
fn a_provider_that_answers_at_once_allocates_nothing_more() {
    let policy = CorsPolicy::builder().with_origins([LISTED]).build().unwrap();
    let inner = service_fn(hello);
    let of_options = CorsLayer::new(policy.clone()).layer(inner);
    let of_provider = CorsLayer::with_provider(policy).layer(inner);
    for (method, origin) in [("GET", LISTED), ("GET", EVIL), ("OPTIONS", LISTED)] {
        let counted = [0, 1].map(|_| {
            let of_options = allocations(of_options.clone(), request(method, origin));
            (of_options, allocations(of_provider.clone(), request(method, origin)))
        });
        let [_, (of_options, of_provider)] = counted;
        assert_eq!(of_provider, of_options, "{method} from {origin}");
    }
}

#[test]
fn a_clone_is_a_reference_count_whatever_the_number_of_origins() {
    let origins = (0..1000).map(|number| format!("https://app-{number}.example.com"));
    let policy = CorsPolicy::builder().with_origins(origins).build().unwrap();
    let layer = CorsLayer::new(policy);
    let service = layer.layer(service_fn(hello));
    let measured = allocation_counter::measure(|| {
        let _clones = (layer.clone(), layer.layer(service_fn(hello)), service.clone());
    });
    assert_eq!(measured.count_total, 0);
}
