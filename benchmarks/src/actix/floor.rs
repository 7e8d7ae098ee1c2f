//! The floor, with actix's types; see [the other](crate::tower) for what it is.
//!
//! Actix's header map has no way to find out with one probe whether a field is there and to insert
//! it otherwise. What is not there is appended: inserting makes a value of what it replaces, and costs
//! twice as much.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN,
    VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpResponse};
use pin_project_lite::pin_project;

use crate::Rules;
use crate::rules::{allows_headers, allows_method, allows_origin, merged_vary, nth_origin};

pub(crate) struct Floor<R>(PhantomData<R>);

impl<R> Floor<R> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R, S, B> Transform<S, ServiceRequest> for Floor<R>
where
    R: Rules,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = FloorMiddleware<R, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(FloorMiddleware { service, rules: PhantomData }))
    }
}

pub(crate) struct FloorMiddleware<R, S> {
    service: S,
    rules: PhantomData<R>,
}

impl<R, S, B> Service<ServiceRequest> for FloorMiddleware<R, S>
where
    R: Rules,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = FloorFuture<R, S::Future, B>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let headers = request.headers();
        if request.method() == Method::OPTIONS
            && let Some(origin) = headers.get(ORIGIN)
            && let Some(method) = headers.get(ACCESS_CONTROL_REQUEST_METHOD)
        {
            let mut response = HttpResponse::new(StatusCode::NO_CONTENT);
            *response.status_mut() =
                Values::<R>::preflight(origin, method, headers, response.headers_mut());
            let response = request.into_response(response).map_into_right_body();
            return FloorFuture::Answered { response: Some(response) };
        }
        // Where any origin is allowed, the answer is the same without one.
        let origin = if R::ORIGINS.is_empty() {
            Some(0)
        } else {
            headers.get(ORIGIN).and_then(|origin| allows_origin::<R>(origin.as_bytes()))
        };
        FloorFuture::Forwarded { future: self.service.call(request), origin, rules: PhantomData }
    }
}

pin_project! {
    #[project = FloorProjection]
    pub(crate) enum FloorFuture<R, F, B> {
        Forwarded { #[pin] future: F, origin: Option<u8>, rules: PhantomData<R> },
        Answered { response: Option<ServiceResponse<EitherBody<B>>> },
    }
}

impl<R, F, B> Future for FloorFuture<R, F, B>
where
    R: Rules,
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            FloorProjection::Forwarded { future, origin, .. } => {
                let mut response = ready!(future.poll(cx))?;
                Values::<R>::actual(*origin, response.headers_mut());
                Poll::Ready(Ok(response.map_into_left_body()))
            }
            FloorProjection::Answered { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            },
        }
    }
}

/// The field values, as constants: making one is a copy of a few words.
struct Values<R>(PhantomData<R>);

impl<R: Rules> Values<R> {
    const ANY: HeaderValue = HeaderValue::from_static("*");
    const TRUE: HeaderValue = HeaderValue::from_static("true");
    const ONLY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
    const ORIGIN_0: HeaderValue = HeaderValue::from_static(nth_origin::<R>(0));
    const ORIGIN_1: HeaderValue = HeaderValue::from_static(nth_origin::<R>(1));
    const ORIGIN_2: HeaderValue = HeaderValue::from_static(nth_origin::<R>(2));
    const METHODS: HeaderValue = HeaderValue::from_static(R::METHODS_LINE);
    const HEADERS: HeaderValue = HeaderValue::from_static(R::HEADERS_LINE);
    const EXPOSED: HeaderValue = HeaderValue::from_static(R::EXPOSED_LINE);
    const MAX_AGE: HeaderValue = HeaderValue::from_static(R::MAX_AGE.1);

    fn actual(origin: Option<u8>, headers: &mut HeaderMap) {
        // First, because the map makes room for one more before it finds that there is one.
        if !R::ORIGINS.is_empty() {
            Self::vary(headers);
        }
        if let Some(origin) = origin {
            Self::allow(origin, headers);
            if !R::EXPOSED.is_empty() {
                headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, Self::EXPOSED);
            }
        }
    }

    fn preflight(
        origin: &HeaderValue,
        method: &HeaderValue,
        asked: &HeaderMap,
        headers: &mut HeaderMap,
    ) -> StatusCode {
        let allowed = allows_origin::<R>(origin.as_bytes());
        if let Some(origin) = allowed {
            Self::allow(origin, headers);
            headers.append(ACCESS_CONTROL_ALLOW_METHODS, Self::METHODS);
            headers.append(ACCESS_CONTROL_ALLOW_HEADERS, Self::HEADERS);
            let names = || asked.get(ACCESS_CONTROL_REQUEST_HEADERS).map(HeaderValue::as_bytes);
            if allows_method::<R>(method.as_bytes()) && allows_headers::<R>(names) {
                headers.append(ACCESS_CONTROL_MAX_AGE, Self::MAX_AGE);
            }
        }
        if !R::ORIGINS.is_empty() {
            headers.append(VARY, Self::ONLY_ORIGIN);
        }
        if allowed.is_some() { StatusCode::NO_CONTENT } else { StatusCode::FORBIDDEN }
    }

    fn allow(origin: u8, headers: &mut HeaderMap) {
        let value = match (R::ORIGINS, origin) {
            ([], _) => Self::ANY,
            ([_], _) | (_, 0) => Self::ORIGIN_0,
            ([_, _], _) | (_, 1) => Self::ORIGIN_1,
            _ => Self::ORIGIN_2,
        };
        headers.append(ACCESS_CONTROL_ALLOW_ORIGIN, value);
        if R::CREDENTIALS {
            headers.append(ACCESS_CONTROL_ALLOW_CREDENTIALS, Self::TRUE);
        }
    }

    fn vary(headers: &mut HeaderMap) {
        match headers.get_mut(VARY) {
            None => headers.append(VARY, Self::ONLY_ORIGIN),
            Some(line) => {
                if let Some(merged) = merged_vary(line.as_bytes())
                    && let Ok(merged) = HeaderValue::from_maybe_shared(bytes::Bytes::from(merged))
                {
                    *line = merged;
                }
            }
        }
    }
}
