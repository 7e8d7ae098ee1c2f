//! What a request costs under large policies (S11 to S13), and a clone of the layer (S15).
//!
//! Times are of this machine and of this run: compare those of one size with those of another.

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::dev::{Service as ActixService, ServiceRequest, ServiceResponse, Transform};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use cors_actix::Cors;
use cors_axum::{CorsLayer, CorsOptions, CorsPolicy};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Request, Response};
use tower_http::cors::{AllowOrigin, CorsLayer as PeerLayer};
use tower_layer::Layer;
use tower_service::Service;

criterion_group!(
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(30)
        .without_plots();
    targets = origins, routed_origins, actix_origins, patterns, paths, clones
);
criterion_main!(benches);

/// The first of any number of origins.
const FIRST: &str = "https://app-0.example.com";
/// As long as a listed one, and different in the middle.
const NEAR_MISS: &str = "https://app-x.example.com";
const MISS: &str = "https://elsewhere.example.net";

fn texts(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|index| format!("https://app-{index}.example.com"))
}

/// S11: the whole layer, around a service that is ready with its response at once.
fn origins(criterion: &mut Criterion) {
    for count in [1, 10, 1_000, 100_000, 1_000_000] {
        let policy = built(CorsPolicy::builder().with_origins(texts(count)));
        let ours = CorsLayer::new(policy).layer(Hello);
        for (what, origin) in [("hit", FIRST), ("near", NEAR_MISS), ("miss", MISS)] {
            time(criterion, &format!("s11-ours-{what}/{count}"), ours.clone(), "/", origin);
        }
        // Its time grows with the number of origins, and says no more.
        if count <= 100_000 {
            let peer = peer_list(count).layer(Hello);
            for (what, origin) in [("hit", FIRST), ("miss", MISS)] {
                time(
                    criterion,
                    &format!("s11-tower-http-{what}/{count}"),
                    peer.clone(),
                    "/",
                    origin,
                );
            }
        }
    }
}

/// S11, inside an axum router as `axum::serve` runs it, which clones the layer's service for each
/// request.
fn routed_origins(criterion: &mut Criterion) {
    let router = || Router::new().route("/", get(async || "hello"));
    for count in [1, 10, 1_000, 100_000] {
        let policy = built(CorsPolicy::builder().with_origins(texts(count)));
        let ours = router().layer(CorsLayer::new(policy)).with_state(());
        time::<_, Body, _>(criterion, &format!("s11-ours-routed/{count}"), ours, "/", FIRST);
        let peer = router().layer(peer_list(count)).with_state(());
        time::<_, Body, _>(criterion, &format!("s11-tower-http-routed/{count}"), peer, "/", FIRST);
    }
}

/// S11, around a trivial actix service.
fn actix_origins(criterion: &mut Criterion) {
    for count in [1, 10, 1_000, 100_000, 1_000_000] {
        let ours = Cors::new(built(CorsPolicy::builder().with_origins(texts(count))));
        let ours = around_actix(ours);
        for (what, origin) in [("hit", FIRST), ("near", NEAR_MISS), ("miss", MISS)] {
            time_actix(criterion, &format!("s11-actix-ours-{what}/{count}"), &ours, origin);
        }
        // Its builder takes too long for more.
        if count <= 1_000 {
            let peer = texts(count)
                .fold(actix_cors::Cors::default(), |cors, origin| cors.allowed_origin(&origin));
            let peer = around_actix(peer.block_on_origin_mismatch(false));
            for (what, origin) in [("hit", FIRST), ("miss", MISS)] {
                time_actix(criterion, &format!("s11-actix-cors-{what}/{count}"), &peer, origin);
            }
        }
    }
}

/// S12.
fn patterns(criterion: &mut Criterion) {
    let mut policies = Vec::new();
    for count in [1, 100, 10_000] {
        let subdomains = (0..count).map(|index| format!("https://*.app-{index}.example.com"));
        policies.push((
            format!("s12-subdomains/{count}"),
            built(CorsPolicy::builder().with_origins(subdomains)),
            "https://a.app-0.example.com",
        ));
        let ports = (0..count).map(|index| format!("https://app-{index}.example.com:*"));
        policies.push((
            format!("s12-ports/{count}"),
            built(CorsPolicy::builder().with_origins(ports)),
            "https://app-0.example.com:8443",
        ));
    }
    let regex = CorsPolicy::builder().with_origin_regex(r"https://app-[0-9]+\.example\.com");
    policies.push(("s12-regex/1".to_owned(), built(regex), FIRST));
    let predicate = CorsPolicy::builder()
        .with_origin_predicate(|origin| origin.host().ends_with(".example.com"));
    policies.push(("s12-predicate/1".to_owned(), built(predicate), FIRST));
    for (name, policy, origin) in policies {
        time(criterion, &name, CorsLayer::new(policy).layer(Hello), "/", origin);
    }
    let predicate = AllowOrigin::predicate(|origin: &HeaderValue, _| {
        origin.as_bytes().ends_with(b".example.com")
    });
    let peer = PeerLayer::new().allow_origin(predicate).layer(Hello);
    time(criterion, "s12-tower-http-predicate/1", peer, "/", FIRST);
}

/// S13.
fn paths(criterion: &mut Criterion) {
    for count in [1, 100, 10_000] {
        let policy = built(CorsPolicy::builder().with_origins([FIRST]));
        let mut options = CorsOptions::builder().add_policy("first", policy);
        for index in 0..count {
            options = options.route(format!("/tenants/{index}/items/{{id}}"), "first");
        }
        let options = options.build().expect("the options are valid");
        let ours = CorsLayer::new(options).layer(Hello);
        time(criterion, &format!("s13-rules/{count}"), ours, "/tenants/0/items/7", FIRST);
    }
}

/// S15.
fn clones(criterion: &mut Criterion) {
    for count in [1, 1_000] {
        let layer = CorsLayer::new(built(CorsPolicy::builder().with_origins(texts(count))));
        clone(criterion, &format!("s15-ours/{count}"), &layer);
        clone(criterion, &format!("s15-tower-http/{count}"), &peer_list(count));
    }
}

fn built(builder: cors_core::CorsPolicyBuilder) -> CorsPolicy {
    builder.build().expect("the settings are valid")
}

fn peer_list(count: usize) -> PeerLayer {
    let list =
        texts(count).map(|origin| HeaderValue::from_maybe_shared(bytes::Bytes::from(origin)));
    let list: Result<Vec<_>, _> = list.collect();
    PeerLayer::new().allow_origin(AllowOrigin::list(list.expect("origins are field values")))
}

fn around_actix<T>(layer: T) -> T::Transform
where
    T: Transform<Hello, ServiceRequest, InitError = ()>,
{
    ready(layer.new_transform(Hello)).expect("it is configured correctly")
}

fn time_actix<S, B>(criterion: &mut Criterion, name: &str, service: &S, origin: &str)
where
    S: ActixService<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let prepare = || TestRequest::default().insert_header(("origin", origin)).to_srv_request();
    criterion.bench_function(name, |bencher| {
        let run = |request| drop(black_box(ready(service.call(request)).expect("it answers")));
        bencher.iter_batched(prepare, run, BatchSize::SmallInput);
    });
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the service waits"),
    }
}

fn clone<T: Clone>(criterion: &mut Criterion, name: &str, value: &T) {
    criterion.bench_function(name, |bencher| bencher.iter(|| black_box(value).clone()));
}

fn time<S, A, B>(criterion: &mut Criterion, name: &str, mut service: S, path: &str, origin: &str)
where
    S: Service<Request<A>, Response = Response<B>, Error = Infallible>,
    A: Default,
{
    let origin = HeaderValue::from_str(origin).expect("it is a field value");
    // Shared from now on: otherwise its first clone would allocate.
    let prepare = || {
        let mut request = Request::new(A::default());
        *request.uri_mut() = path.parse().expect("it is a path");
        request.headers_mut().insert("origin", origin.clone());
        request
    };
    criterion.bench_function(name, |bencher| {
        let run = |request| {
            let Ok(response) = ready(service.call(request));
            drop(black_box(response));
        };
        bencher.iter_batched(prepare, run, BatchSize::SmallInput);
    });
}

/// A service that is ready with its response at once.
#[derive(Clone)]
struct Hello;

impl Service<Request<()>> for Hello {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut response = Response::new(());
        response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
        std::future::ready(Ok(response))
    }
}

impl ActixService<ServiceRequest> for Hello {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = std::future::Ready<Result<ServiceResponse, Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let response = HttpResponse::Ok().insert_header(("content-type", "text/plain")).finish();
        std::future::ready(Ok(request.into_response(response)))
    }
}
