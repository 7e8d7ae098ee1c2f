//! Around a trivial actix service, and inside an actix application.

mod floor;

use actix_http::Request;
use actix_web::dev::{
    Service, ServiceFactory, ServiceRequest, ServiceResponse, Transform, fn_service,
};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use actix_web::test::TestRequest;
use actix_web::{App, Error, HttpResponse, test, web};
use cors_actix::Cors;

use self::floor::Floor;
use crate::rules::{self, Rules, WithRules, with_rules};
use crate::{Measure, Scenario, Subject, ready, request};

/// This library's middleware.
pub fn ours<R: Rules>() -> Cors {
    Cors::new(rules::policy::<R>())
}

/// actix-cors's middleware.
#[cfg(feature = "peers")]
pub fn peer<R: Rules>() -> actix_cors::Cors {
    let cors = actix_cors::Cors::default();
    let cors = match R::ORIGINS {
        [] => cors.allow_any_origin().send_wildcard(),
        origins => origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin)),
    };
    let cors = match R::METHODS {
        [] => cors.allow_any_method(),
        methods => cors.allowed_methods(methods.iter().copied()),
    };
    let cors = match R::HEADERS {
        [] => cors.allow_any_header(),
        headers => cors.allowed_headers(headers.iter().copied()),
    };
    let cors = match R::EXPOSED {
        [] => cors,
        headers => cors.expose_headers(headers.iter().copied()),
    };
    let cors = if R::CREDENTIALS { cors.supports_credentials() } else { cors };
    // As every other subject, run the application where an actual request's origin is refused.
    cors.block_on_origin_mismatch(false)
        .max_age(usize::try_from(R::MAX_AGE.0).expect("it is small"))
}

/// Measures a subject around a service that is ready with its response at once.
pub fn trivial(subject: Subject, scenario: Scenario, measure: &mut impl Measure) {
    with_rules(scenario, Trivial { subject, scenario, measure });
}

/// Measures a subject inside an actix application, with everything that it does for a request.
pub fn application(subject: Subject, scenario: Scenario, measure: &mut impl Measure) {
    with_rules(scenario, Inside { subject, scenario, measure });
}

struct Trivial<'a, M> {
    subject: Subject,
    scenario: Scenario,
    measure: &'a mut M,
}

impl<M: Measure> WithRules for Trivial<'_, M> {
    fn run<R: Rules>(self) {
        let answer = Answer::new(self.scenario);
        let inner = fn_service(move |request: ServiceRequest| {
            std::future::ready(Ok::<_, Error>(request.into_response(answer.response())))
        });
        let inner: Result<_, ()> = ready(inner.new_service(()));
        let inner = inner.expect("it never fails");
        match self.subject {
            Subject::None => self.around(inner),
            Subject::Floor => self.around(wrap(Floor::<R>::new(), inner)),
            Subject::Ours => self.around(wrap(ours::<R>(), inner)),
            #[cfg(feature = "peers")]
            Subject::Peer => self.around(wrap(peer::<R>(), inner)),
        }
    }
}

impl<M: Measure> Trivial<'_, M> {
    fn around<S, B>(self, service: S)
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    {
        let Self { scenario, measure, .. } = self;
        measure.measure(
            || request_of(scenario).to_srv_request(),
            |request| answered(service.call(request)),
        );
    }
}

fn wrap<T, S>(transform: T, service: S) -> T::Transform
where
    T: Transform<S, ServiceRequest>,
    S: Service<ServiceRequest>,
{
    match ready(transform.new_transform(service)) {
        Ok(service) => service,
        Err(_) => panic!("it is configured correctly"),
    }
}

struct Inside<'a, M> {
    subject: Subject,
    scenario: Scenario,
    measure: &'a mut M,
}

impl<M: Measure> WithRules for Inside<'_, M> {
    fn run<R: Rules>(self) {
        let answer = Answer::new(self.scenario);
        let handler = move || std::future::ready(answer.response());
        let app = App::new().service(web::resource(Scenario::PATH).to(handler));
        match self.subject {
            Subject::None => self.send_to(ready(test::init_service(app))),
            Subject::Floor => self.send_to(ready(test::init_service(app.wrap(Floor::<R>::new())))),
            Subject::Ours => self.send_to(ready(test::init_service(app.wrap(ours::<R>())))),
            #[cfg(feature = "peers")]
            Subject::Peer => self.send_to(ready(test::init_service(app.wrap(peer::<R>())))),
        }
    }
}

impl<M: Measure> Inside<'_, M> {
    fn send_to<S, B>(self, service: S)
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    {
        let Self { scenario, measure, .. } = self;
        measure.measure(
            || request_of(scenario).to_request(),
            |request| answered(service.call(request)),
        );
    }
}

fn answered<T>(future: impl Future<Output = Result<T, Error>>) -> T {
    ready(future).expect("the service answers")
}

fn request_of(scenario: Scenario) -> TestRequest {
    let method = scenario.method().parse().expect("it is a method");
    let request = TestRequest::with_uri(Scenario::PATH).method(method);
    request::lines(scenario).fold(request, |request, (name, value)| {
        let value = HeaderValue::from_maybe_shared(value).expect("it is a field value");
        request.append_header((HeaderName::from_static(name), value))
    })
}

/// The application's response.
#[derive(Clone)]
struct Answer {
    fields: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    fn new(scenario: Scenario) -> Self {
        let mut fields = Vec::new();
        if scenario.has_ordinary_answer() {
            fields.push((CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")));
            fields.push((CONTENT_LENGTH, HeaderValue::from_static("5")));
        }
        fields.extend(scenario.vary().map(|vary| (VARY, HeaderValue::from_static(vary))));
        Self { fields }
    }

    fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok().finish();
        for (name, value) in &self.fields {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}
