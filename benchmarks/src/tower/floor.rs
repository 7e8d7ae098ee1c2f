//! The floor: what anyone has to do who answers as this library does, and nothing else.
//!
//! It is a layer of the same shape (no boxed future, no body of its own) for rules that the compiler
//! knows: all comparisons, loops and field values are constants. It is correct for the requests of
//! browsers under its rules, with one look-up for each request field that can matter, and one probe
//! for each response field. What it does not do is what this library promises beside: it looks at
//! the first line of a field only, does not tell malformed preflights from others, and trusts the
//! application to set no CORS fields (which ours removes). So it is a bound, and not a proposal.
//!
//! Fields are inserted one by one, which is what a layer does that is written by hand. Copying a
//! map that was prepared would cost a preflight less, and be below this floor.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, Entry, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::Rules;
use crate::rules::{allows_headers, allows_method, allows_origin, nth_origin};

#[derive(Clone)]
pub(crate) struct FloorLayer<R>(PhantomData<R>);

impl<R> FloorLayer<R> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R, S> Layer<S> for FloorLayer<R> {
    type Service = Floor<R, S>;

    fn layer(&self, inner: S) -> Floor<R, S> {
        Floor { inner, rules: PhantomData }
    }
}

#[derive(Clone)]
pub(crate) struct Floor<R, S> {
    inner: S,
    rules: PhantomData<R>,
}

impl<R, S, A, B> Service<Request<A>> for Floor<R, S>
where
    R: Rules,
    S: Service<Request<A>, Response = Response<B>>,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = FloorFuture<R, S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let headers = request.headers();
        if request.method() == Method::OPTIONS
            && let Some(origin) = headers.get(ORIGIN)
            && let Some(method) = headers.get(ACCESS_CONTROL_REQUEST_METHOD)
        {
            let mut response = Response::new(B::default());
            *response.status_mut() =
                Values::<R>::preflight(origin, method, headers, response.headers_mut());
            return FloorFuture::Answered { response: Some(response) };
        }
        // Where any origin is allowed, the answer is the same without one.
        let origin = if R::ORIGINS.is_empty() {
            Some(0)
        } else {
            headers.get(ORIGIN).and_then(|origin| allows_origin::<R>(origin.as_bytes()))
        };
        FloorFuture::Forwarded { future: self.inner.call(request), origin, rules: PhantomData }
    }
}

pin_project! {
    #[project = FloorProjection]
    pub(crate) enum FloorFuture<R, F, B> {
        Forwarded { #[pin] future: F, origin: Option<u8>, rules: PhantomData<R> },
        Answered { response: Option<Response<B>> },
    }
}

impl<R, F, B, E> Future for FloorFuture<R, F, B>
where
    R: Rules,
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            FloorProjection::Forwarded { future, origin, .. } => {
                let mut response = ready!(future.poll(cx))?;
                Values::<R>::actual(*origin, response.headers_mut());
                Poll::Ready(Ok(response))
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
            vary(headers);
        }
        if let Some(origin) = origin {
            Self::allow(origin, headers);
            if !R::EXPOSED.is_empty() {
                headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, Self::EXPOSED);
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
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, Self::METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, Self::HEADERS);
            let names = || asked.get(ACCESS_CONTROL_REQUEST_HEADERS).map(HeaderValue::as_bytes);
            if allows_method::<R>(method.as_bytes()) && allows_headers::<R>(names) {
                headers.insert(ACCESS_CONTROL_MAX_AGE, Self::MAX_AGE);
            }
        }
        if !R::ORIGINS.is_empty() {
            headers.insert(VARY, HeaderValue::from_static("Origin"));
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
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, value);
        if R::CREDENTIALS {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, Self::TRUE);
        }
    }
}

/// One probe finds out whether the application varies on something itself.
fn vary(headers: &mut HeaderMap) {
    const ONLY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
    match headers.entry(VARY) {
        Entry::Vacant(entry) => {
            entry.insert(ONLY_ORIGIN);
        }
        Entry::Occupied(mut entry) => {
            if let Some(merged) = crate::rules::merged_vary(entry.get().as_bytes())
                && let Ok(merged) = HeaderValue::from_maybe_shared(bytes::Bytes::from(merged))
            {
                entry.insert(merged);
            }
        }
    }
}
