//! The futures of responses: they wait for the provider, where there is one, then for the inner
//! service, and treat its response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cors_core::adapter::{ActualAnswer, LayerScope, strip_cors_fields};
use cors_core::{CorsResult, PolicyFuture, ProviderError};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::provider::Provider;
use crate::refusal::Refusal;
use crate::service::Cors;

pin_project! {
    /// The response of a [`Cors`] service, with its CORS fields.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use cors_axum::{CorsLayer, CorsPolicy, ResponseFuture};
    /// use http::{Request, Response};
    /// use tower::{Layer, Service, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let hello = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("hello")) });
    /// let mut service = CorsLayer::new(CorsPolicy::permissive()).layer(hello);
    /// let response: ResponseFuture<_, _> = service.call(Request::new(()));
    /// let Ok(response) = response.await;
    /// assert_eq!(response.headers()["access-control-allow-origin"], "*");
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "a future does nothing until it is polled"]
    pub struct ResponseFuture<F, B> {
        #[pin]
        source: Source<F, B>,
    }
}

pin_project! {
    /// Where the response comes from.
    #[derive(Debug)]
    #[project = SourceProjection]
    enum Source<F, B> {
        // The inner service runs.
        Running { #[pin] service: F, treatment: Treatment },
        // The inner service does not run.
        Answered { response: Option<Response<B>> },
    }
}

/// What becomes of a response of the inner service.
#[derive(Debug)]
pub(crate) enum Treatment {
    /// Its fields stay, since nothing governs the request.
    Keep,
    /// It has none, since the provider failed.
    Strip(ProviderError),
    /// They are these.
    Apply(ActualAnswer),
}

impl<F, B> ResponseFuture<F, B> {
    /// The response of the inner service.
    #[inline]
    pub(crate) fn running(service: F, treatment: Treatment) -> Self {
        Self { source: Source::Running { service, treatment } }
    }

    /// A response of our own, which has its fields.
    #[inline]
    pub(crate) fn answered(response: Response<B>) -> Self {
        Self { source: Source::Answered { response: Some(response) } }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().source.project() {
            SourceProjection::Running { service, treatment } => {
                let mut polled = treatment.within(|| service.poll(cx));
                // In place: a response is large.
                if let Poll::Ready(Ok(response)) = &mut polled {
                    treatment.treat(response);
                }
                polled
            }
            SourceProjection::Answered { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

impl Treatment {
    /// Runs what is further in, which has to leave its result where this would replace its fields.
    #[inline]
    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        let _scope = match self {
            Self::Keep => None,
            Self::Strip(_) | Self::Apply(_) => Some(LayerScope::enter()),
        };
        run()
    }

    #[inline]
    pub(crate) fn treat<B>(&self, response: &mut Response<B>) {
        // A layer further in, which is nearer to the route, has the last word.
        let extensions = response.extensions();
        if extensions.get::<CorsResult>().is_some() || extensions.get::<ProviderError>().is_some() {
            return;
        }
        match self {
            Self::Keep => {}
            Self::Strip(error) => strip(response, error.clone()),
            Self::Apply(answer) => {
                answer.apply_to(response.headers_mut());
                record(answer.result(), response);
            }
        }
    }
}

/// Leaves a result with its response, where it was recorded.
#[inline]
pub(crate) fn record<B>(result: Option<&CorsResult>, response: &mut Response<B>) {
    if let Some(result) = result {
        response.extensions_mut().insert(result.clone());
    }
}

/// Takes the fields off a response whose provider failed.
fn strip<B>(response: &mut Response<B>, error: ProviderError) {
    strip_cors_fields(response.headers_mut());
    response.extensions_mut().insert(error);
}

pin_project! {
    /// The response of a [`Cors`] service whose provider may take a while.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use cors_axum::{CorsLayer, CorsPolicy, ProvidedPolicy, ProvidedResponseFuture, RequestContext};
    /// use http::{Request, Response};
    /// use tower::{Layer, Service, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let hello = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("hello")) });
    /// let policy = CorsPolicy::permissive();
    /// let mut service = CorsLayer::with_provider(move |_: &RequestContext<'_>| {
    ///     let policy = policy.clone();
    ///     ProvidedPolicy::later(async { Ok(policy.into()) })
    /// })
    /// .layer(hello);
    /// let response: ProvidedResponseFuture<_, _, _, _> = service.call(Request::new(()));
    /// let Ok(response) = response.await;
    /// assert_eq!(response.headers()["access-control-allow-origin"], "*");
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "a future does nothing until it is polled"]
    pub struct ProvidedResponseFuture<S, A, B, R>
    where
        S: Service<Request<A>>,
    {
        #[pin]
        state: State<S, A, B, R, S::Future>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<S, A, B, R, F> {
        Waiting { choice: PolicyFuture, held: Option<Held<S, A, R>> },
        Decided { #[pin] response: ResponseFuture<F, B> },
    }
}

/// What waits for the provider.
#[derive(Debug)]
pub(crate) struct Held<S, A, R> {
    /// Holds the very inner service that said it was ready.
    pub(crate) service: Cors<S, Provider, R>,
    pub(crate) request: Request<A>,
}

impl<S, A, B, R> ProvidedResponseFuture<S, A, B, R>
where
    S: Service<Request<A>>,
{
    pub(crate) fn decided(response: ResponseFuture<S::Future, B>) -> Self {
        Self { state: State::Decided { response } }
    }

    pub(crate) fn waiting(choice: PolicyFuture, held: Held<S, A, R>) -> Self {
        Self { state: State::Waiting { choice, held: Some(held) } }
    }
}

impl<S, A, B, R> Future for ProvidedResponseFuture<S, A, B, R>
where
    S: Service<Request<A>, Response = Response<B>>,
    R: Refusal<B>,
    B: Default,
{
    type Output = Result<Response<B>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProjection::Waiting { choice, held } = state.as_mut().project() {
            let choice = ready!(Pin::new(choice).poll(cx));
            if let Some(Held { mut service, request }) = held.take() {
                let response = service.resume(request, choice);
                state.set(State::Decided { response });
            }
        }
        match state.project() {
            StateProjection::Decided { response } => response.poll(cx),
            // Not reached: what is held is taken once, and the state is another from then on.
            StateProjection::Waiting { .. } => Poll::Pending,
        }
    }
}
