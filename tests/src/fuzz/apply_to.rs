//! A result applied to the header map of any response, by the engine and by the adapters.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use actix_web::dev::{Service as _, Transform, fn_service};
use actix_web::test::TestRequest;
use cors_core::{CorsPolicy, CorsRequest, CorsResult, CorsService};
use http::{HeaderMap, HeaderName, HeaderValue};
use tower::{Layer, Service as _};

use super::input::{Exchange, Input};
use crate::server::trim;

/// The input is an exchange.
///
/// After [`CorsResult::apply_to`] the response has exactly the result's own CORS fields, one line
/// each; `Vary` holds what it held and what the result adds, and is not touched where it says so
/// already; all other fields are as they were; and to apply it again changes nothing. The axum
/// layer and the actix middleware answer with the same fields.
pub(super) fn check(data: &[u8]) {
    let Exchange { input, policy } = Exchange::read(data);
    let view = CorsRequest::new(&input.request.method, &input.request.headers);
    let result = CorsService::new().evaluate_policy(&view, &policy);
    let before = header_map(&input);
    let after = applied(&result, &before);
    has_its_fields(&result, &before, &after);
    assert_eq!(lines(&after, "vary"), merged(&lines(&before, "vary"), result.vary()), "{before:?}");
    assert_eq!(applied(&result, &after), after, "to apply it again changes nothing");

    let mut stripped = before.clone();
    cors_core::adapter::strip_cors_fields(&mut stripped);
    assert_eq!(lines(&stripped, "vary"), merged(&lines(&before, "vary"), &["Origin"]));
    assert!(stripped.keys().all(|name| !name.as_str().starts_with("access-control-")));

    let expected =
        if result.is_preflight_request() { applied(&result, &HeaderMap::new()) } else { after };
    let expected = by_name(&expected);
    if let Some(request) = http_request(&input) {
        assert_eq!(through_axum(policy.clone(), request, &before), expected, "by the axum layer");
    }
    if let Some(request) = actix_request(&input) {
        assert_eq!(through_actix(policy, request, &before), expected, "by the actix middleware");
    }
}

type Fields = BTreeMap<String, Vec<Vec<u8>>>;

fn applied(result: &CorsResult, headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    result.apply_to(&mut headers);
    headers
}

/// The result's own fields, one line each, and every other but `Vary` as it was.
fn has_its_fields(result: &CorsResult, before: &HeaderMap, after: &HeaderMap) {
    let mut expected = by_name(before);
    expected.retain(|name, _| !name.starts_with("access-control-"));
    let own: Vec<_> = result.fields().map(|(name, value)| (name.to_string(), value)).collect();
    expected.extend(own.iter().map(|(name, value)| (name.clone(), vec![value.to_vec()])));
    let mut found = by_name(after);
    for (name, _) in &own {
        assert_eq!(own.iter().filter(|(other, _)| other == name).count(), 1, "{own:?}");
    }
    expected.remove("vary");
    found.remove("vary");
    assert_eq!(found, expected, "{result:?}");
}

/// The lines of `Vary` after names have been added.
fn merged(lines: &[Vec<u8>], names: &[&str]) -> Vec<Vec<u8>> {
    let mut members: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        members.extend(line.split(|byte| *byte == b',').map(trim).map(<[u8]>::to_vec));
    }
    members.retain(|member| !member.is_empty());
    let has = |members: &[Vec<u8>], name: &[u8]| {
        members.iter().any(|member| member.eq_ignore_ascii_case(name))
    };
    if has(&members, b"*") || names.iter().all(|name| has(&members, name.as_bytes())) {
        return lines.to_vec();
    }
    let mut distinct: Vec<Vec<u8>> = Vec::new();
    for member in members.into_iter().chain(names.iter().map(|name| name.as_bytes().to_vec())) {
        if !has(&distinct, &member) {
            distinct.push(member);
        }
    }
    vec![distinct.join(&b", "[..])]
}

fn through_axum(policy: CorsPolicy, request: http::Request<()>, headers: &HeaderMap) -> Fields {
    let application = tower::service_fn(|_: http::Request<()>| {
        let mut response = http::Response::new(());
        *response.headers_mut() = headers.clone();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut service = cors_axum::CorsLayer::new(policy).layer(application);
    let response = now(service.call(request)).expect("it cannot fail");
    by_name(response.headers())
}

fn through_actix(policy: CorsPolicy, request: TestRequest, headers: &HeaderMap) -> Fields {
    let headers = headers.clone();
    let application = fn_service(move |request: actix_web::dev::ServiceRequest| {
        let mut response = actix_web::HttpResponse::Ok();
        for (name, value) in &headers {
            response.append_header((name.as_str(), value.as_bytes()));
        }
        std::future::ready(Ok::<_, actix_web::Error>(request.into_response(response.finish())))
    });
    let service = now(cors_actix::Cors::new(policy).new_transform(application));
    let service = service.expect("it never fails");
    let response = now(service.call(request.to_srv_request())).expect("it answers");
    let mut fields = Fields::new();
    for (name, value) in response.headers() {
        fields.entry(name.to_string()).or_default().push(value.as_bytes().to_vec());
    }
    fields
}

fn http_request(input: &Input) -> Option<http::Request<()>> {
    let mut request = http::Request::builder().method(&*input.request.method).uri("/any");
    for (name, value) in &input.request.headers {
        request = request.header(name, HeaderValue::from_bytes(trim(value)).ok()?);
    }
    request.body(()).ok()
}

fn actix_request(input: &Input) -> Option<TestRequest> {
    let method = input.request.method.parse().ok()?;
    let mut request = TestRequest::with_uri("/any").method(method);
    for (name, value) in &input.request.headers {
        let name = actix_web::http::header::HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = actix_web::http::header::HeaderValue::from_bytes(trim(value)).ok()?;
        request = request.append_header((name, value));
    }
    Some(request)
}

/// The output of a future that does not wait.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here takes time"),
    }
}

fn header_map(input: &Input) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &input.application.headers {
        let name = HeaderName::try_from(name).expect("an input holds valid names");
        headers.append(name, HeaderValue::from_bytes(value).expect("an input holds valid values"));
    }
    headers
}

fn lines(headers: &HeaderMap, name: &str) -> Vec<Vec<u8>> {
    headers.get_all(name).iter().map(|value| value.as_bytes().to_vec()).collect()
}

/// The lines of each name, in their order.
fn by_name(headers: &HeaderMap) -> Fields {
    let mut lines = Fields::new();
    for (name, value) in headers {
        lines.entry(name.to_string()).or_default().push(value.as_bytes().to_vec());
    }
    lines
}
