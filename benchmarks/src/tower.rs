//! Around a trivial tower service, and inside an axum router.

mod floor;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::any;
use cors_axum::CorsLayer;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderName, HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use self::floor::FloorLayer;
use crate::rules::{self, Rules, WithRules, with_rules};
use crate::{Measure, Scenario, Subject, request};

/// This library's layer.
pub fn ours<R: Rules>() -> CorsLayer {
    CorsLayer::new(rules::policy::<R>())
}

/// tower-http's layer.
#[cfg(feature = "peers")]
pub fn peer<R: Rules>() -> tower_http::cors::CorsLayer {
    use tower_http::cors;

    let layer = cors::CorsLayer::new().allow_credentials(R::CREDENTIALS);
    let layer = match R::ORIGINS {
        [] => layer.allow_origin(cors::Any),
        [origin] if R::EXACT => layer.allow_origin(HeaderValue::from_static(origin)),
        origins => layer.allow_origin(cors::AllowOrigin::list(
            origins.iter().copied().map(HeaderValue::from_static),
        )),
    };
    let layer = match R::METHODS {
        [] => layer.allow_methods(cors::Any),
        methods => layer.allow_methods(cors::AllowMethods::list(
            methods.iter().map(|method| method.parse().expect("it is a method")),
        )),
    };
    let layer = match R::HEADERS {
        [] => layer.allow_headers(cors::Any),
        headers => layer.allow_headers(cors::AllowHeaders::list(
            headers.iter().copied().map(HeaderName::from_static),
        )),
    };
    let layer = match R::EXPOSED {
        [] => layer,
        headers => layer.expose_headers(cors::ExposeHeaders::list(
            headers.iter().copied().map(HeaderName::from_static),
        )),
    };
    layer.max_age(std::time::Duration::from_secs(R::MAX_AGE.0))
}

/// Measures a subject around a service that is ready with its response at once.
pub fn trivial(subject: Subject, scenario: Scenario, measure: &mut impl Measure) {
    with_trivial(subject, scenario, Measured { scenario, measure });
}

/// Measures a subject inside an axum router, with everything that the router does for a request.
pub fn router(subject: Subject, scenario: Scenario, measure: &mut impl Measure) {
    with_rules(scenario, Routed { subject, scenario, measure });
}

/// What is to be done with a service, whose type depends on the subject.
pub trait Visit {
    fn visit<S, B>(self, service: S)
    where
        S: Service<Request<()>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static;
}

/// Puts a subject around a service that is ready with its response at once.
pub fn with_trivial(subject: Subject, scenario: Scenario, visit: impl Visit) {
    with_rules(scenario, Trivial { subject, scenario, visit });
}

/// Puts this library around a service, under a policy that lives as long as the program.
pub fn with_leaked(scenario: Scenario, visit: impl Visit) {
    with_rules(scenario, Leaked { scenario, visit });
}

struct Leaked<V> {
    scenario: Scenario,
    visit: V,
}

impl<V: Visit> WithRules for Leaked<V> {
    fn run<R: Rules>(self) {
        let layer = CorsLayer::new(rules::policy::<R>().leak());
        self.visit.visit(layer.layer(Hello::new(self.scenario)));
    }
}

struct Trivial<V> {
    subject: Subject,
    scenario: Scenario,
    visit: V,
}

impl<V: Visit> WithRules for Trivial<V> {
    fn run<R: Rules>(self) {
        let inner = Hello::new(self.scenario);
        match self.subject {
            Subject::None => self.visit.visit(inner),
            Subject::Floor => self.visit.visit(FloorLayer::<R>::new().layer(inner)),
            Subject::Ours => self.visit.visit(ours::<R>().layer(inner)),
            #[cfg(feature = "peers")]
            Subject::Peer => self.visit.visit(peer::<R>().layer(inner)),
        }
    }
}

struct Measured<'a, M> {
    scenario: Scenario,
    measure: &'a mut M,
}

impl<M: Measure> Visit for Measured<'_, M> {
    fn visit<S, B>(self, mut service: S)
    where
        S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    {
        let Self { scenario, measure } = self;
        measure.measure(|| request_of(scenario, ()), |request| send(&mut service, request));
    }
}

struct Routed<'a, M> {
    subject: Subject,
    scenario: Scenario,
    measure: &'a mut M,
}

impl<M: Measure> WithRules for Routed<'_, M> {
    fn run<R: Rules>(self) {
        let Self { subject, scenario, measure } = self;
        let router = match subject {
            Subject::None => application(scenario),
            Subject::Floor => application(scenario).layer(FloorLayer::<R>::new()),
            Subject::Ours => application(scenario).layer(ours::<R>()),
            #[cfg(feature = "peers")]
            Subject::Peer => application(scenario).layer(peer::<R>()),
        };
        // As `axum::serve` does; otherwise each request makes the routes anew, and their layers.
        let mut router: Router = router.with_state(());
        measure
            .measure(|| request_of(scenario, Body::empty()), |request| send(&mut router, request));
    }
}

/// A route that takes every method, so that a preflight reaches the handler where no layer is
/// before it, as it reaches the trivial service. The router itself adds `Content-Length`.
fn application(scenario: Scenario) -> Router {
    let body = if scenario.has_ordinary_answer() { "hello" } else { "" };
    let vary = scenario.vary().map(|vary| [(VARY, HeaderValue::from_static(vary))]);
    let handler = move || {
        ready(match (body, &vary) {
            ("", _) => ().into_response(),
            (body, None) => body.into_response(),
            (body, Some(vary)) => (vary.clone(), body).into_response(),
        })
    };
    Router::new().route(Scenario::PATH, any(handler))
}

/// Sends a request, and waits for nothing.
pub fn send<S, A, B>(service: &mut S, request: Request<A>) -> Response<B>
where
    S: Service<Request<A>, Response = Response<B>, Error = Infallible>,
{
    let Ok(response) = crate::ready(service.call(request));
    response
}

/// The request of a scenario.
pub fn request_of<B>(scenario: Scenario, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = scenario.method().parse().expect("it is a method");
    *request.uri_mut() = http::Uri::from_static(Scenario::PATH);
    for (name, value) in request::lines(scenario) {
        let value = HeaderValue::from_maybe_shared(value).expect("it is a field value");
        request.headers_mut().append(HeaderName::from_static(name), value);
    }
    request
}

/// Answers at once.
#[derive(Clone)]
struct Hello {
    fields: Vec<(HeaderName, HeaderValue)>,
}

impl Hello {
    fn new(scenario: Scenario) -> Self {
        let mut fields = Vec::new();
        if scenario.has_ordinary_answer() {
            fields.push((CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")));
            fields.push((CONTENT_LENGTH, HeaderValue::from_static("5")));
        }
        fields.extend(scenario.vary().map(|vary| (VARY, HeaderValue::from_static(vary))));
        Self { fields }
    }
}

impl<A> Service<Request<A>> for Hello {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<A>) -> Self::Future {
        let mut response = Response::new(());
        for (name, value) in &self.fields {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        ready(Ok(response))
    }
}
