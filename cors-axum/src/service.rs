//! The service: asks the processor about each request, and does as it says.

use std::task::{Context, Poll};

use cors_core::adapter::{CorsAction, CorsProcessor};
use cors_core::{
    CorsOptions, CorsRequest, PolicyChoice, ProvidedPolicy, ProviderError, RequestContext,
};
use http::{Request, Response, StatusCode};
use tower_service::Service;

use crate::future::{Held, ProvidedResponseFuture, ResponseFuture, Treatment, record};
use crate::provider::Provider;
use crate::refusal::{NoRefusal, Refusal, with_status};
use crate::request::{Target, context};

/// A service under CORS policies; [`CorsLayer`](crate::CorsLayer) makes it.
///
/// Requests and responses keep their bodies' types, which only have to be [`Default`] in responses
/// (a preflight is answered by an empty one), and errors are those of the inner service. Its clone
/// is one of the inner service and a reference count.
///
/// ```
/// use std::convert::Infallible;
///
/// use cors_axum::{CorsLayer, CorsPolicy, CorsResult};
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hello = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("hello")) });
/// let service = CorsLayer::new(CorsPolicy::permissive()).layer(hello);
///
/// let preflight = Request::options("/")
///     .header("origin", "https://app.example.com")
///     .header("access-control-request-method", "PUT")
///     .body(())?;
/// let response = service.oneshot(preflight).await?;
/// assert_eq!(response.status(), 204);
/// assert_eq!(response.headers()["access-control-allow-methods"], "*");
/// assert_eq!(response.body(), &"");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a service does nothing until it is called"]
pub struct Cors<S, P = CorsOptions, R = NoRefusal> {
    inner: S,
    policies: P,
    processor: CorsProcessor,
    refusal: R,
}

impl<S, P, R> Cors<S, P, R> {
    pub(crate) fn new(inner: S, policies: P, processor: CorsProcessor, refusal: R) -> Self {
        Self { inner, policies, processor, refusal }
    }

    #[inline]
    fn run<A, B>(
        &mut self,
        request: Request<A>,
        treatment: Treatment,
    ) -> ResponseFuture<S::Future, B>
    where
        S: Service<Request<A>, Response = Response<B>>,
    {
        let service = treatment.within(|| self.inner.call(request));
        ResponseFuture::running(service, treatment)
    }

    /// Decides by `process`, and carries out the action.
    #[inline(never)]
    fn act<A, B>(
        &mut self,
        request: Request<A>,
        process: impl FnOnce(&Self, &RequestContext<'_>) -> CorsAction,
    ) -> ResponseFuture<S::Future, B>
    where
        S: Service<Request<A>, Response = Response<B>>,
        R: Refusal<B>,
        B: Default,
    {
        let target = Target(&request);
        let context = context(&request, &target);
        let action = process(self, &context);
        #[cfg(feature = "tracing")]
        cors_core::adapter::trace_decision(&context, &action);
        let empty = |status| with_status(status, B::default());
        match action {
            CorsAction::PassThrough => self.run(request, Treatment::Keep),
            CorsAction::Forward(answer) => self.run(request, Treatment::Apply(answer)),
            CorsAction::Respond { status, ref answer } => {
                let mut response = empty(status);
                if let Some(answer) = answer {
                    answer.apply_to(response.headers_mut());
                    record(answer.result(), &mut response);
                }
                ResponseFuture::answered(response)
            }
            CorsAction::Refuse(result) => {
                let mut response = self.refusal.response(&result);
                result.apply_to(response.headers_mut());
                record(Some(&result), &mut response);
                ResponseFuture::answered(response)
            }
            CorsAction::Fail { error, runs: false } => {
                let mut response = empty(StatusCode::INTERNAL_SERVER_ERROR);
                Treatment::Strip(error).treat(&mut response);
                ResponseFuture::answered(response)
            }
            CorsAction::Fail { error, runs: true } => self.run(request, Treatment::Strip(error)),
        }
    }
}

impl<S, A, B, R> Service<Request<A>> for Cors<S, CorsOptions, R>
where
    S: Service<Request<A>, Response = Response<B>>,
    R: Refusal<B>,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    /// Ready when the inner service is: whether the next request is a preflight, nobody knows yet.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<A>) -> Self::Future {
        let view = CorsRequest::from_headers(request.method(), request.headers());
        match self.processor.settle(&view, &self.policies) {
            Some(answer) => self.run(request, Treatment::Apply(answer)),
            None => self.act(request, |cors, context| {
                cors.processor.process(context, cors.policies.select_for(context))
            }),
        }
    }
}

impl<S, A, B, R> Service<Request<A>> for Cors<S, Provider, R>
where
    S: Service<Request<A>, Response = Response<B>> + Clone,
    R: Refusal<B> + Clone,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ProvidedResponseFuture<S, A, B, R>;

    /// Ready when the inner service is: the provider is asked afterwards.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<A>) -> Self::Future {
        match self.policies.provide(&request) {
            ProvidedPolicy::Now(choice) => {
                ProvidedResponseFuture::decided(self.resume(request, choice))
            }
            ProvidedPolicy::Later(choice) => {
                // Readiness is of the service that was asked, and not of its clone.
                let clone = self.clone();
                let service = std::mem::replace(self, clone);
                ProvidedResponseFuture::waiting(choice, Held { service, request })
            }
        }
    }
}

impl<S, R> Cors<S, Provider, R> {
    /// Does as the processor says, now that the provider has answered.
    pub(crate) fn resume<A, B>(
        &mut self,
        request: Request<A>,
        choice: Result<PolicyChoice, ProviderError>,
    ) -> ResponseFuture<S::Future, B>
    where
        S: Service<Request<A>, Response = Response<B>>,
        R: Refusal<B>,
        B: Default,
    {
        self.act(request, |cors, context| cors.processor.process_choice(context, choice))
    }
}
