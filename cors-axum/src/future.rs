//! The futures: wait for the provider and the inner service, or do not, and see to the fields.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cors_core::{
    CorsAnswer, CorsResult, LayerScope, PolicyFuture, ProviderError, strip_cors_fields,
};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::refusal::Refusal;
use crate::service::{Cors, Provider};

pin_project! {
    /// The response of a [`Cors`] service, with its CORS fields.
    #[derive(Debug)]
    #[must_use = "a future does nothing until it is polled"]
    pub struct ResponseFuture<F, B> {
        #[pin]
        source: Source<F, B>,
        fields: Fields,
    }
}

pin_project! {
    /// Where the response comes from.
    #[derive(Debug)]
    #[project = SourceProjection]
    enum Source<F, B> {
        Service { #[pin] future: F },
        Layer { response: Option<Response<B>> },
    }
}

/// What becomes of the response's CORS fields.
#[derive(Debug)]
pub(crate) enum Fields {
    /// They stay, since nothing governs the request.
    Keep,
    /// They are these.
    Apply(CorsAnswer),
    /// There are none, since the provider failed.
    Strip(ProviderError),
}

impl<F, B> ResponseFuture<F, B> {
    /// The response of the inner service.
    pub(crate) fn forward(future: F, fields: Fields) -> Self {
        Self { source: Source::Service { future }, fields }
    }

    /// A response of our own.
    pub(crate) fn respond(response: Response<B>, fields: Fields) -> Self {
        Self { source: Source::Layer { response: Some(response) }, fields }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.source.project() {
            SourceProjection::Service { future } => {
                let _scope = this.fields.scope();
                ready!(future.poll(cx))?
            }
            SourceProjection::Layer { response } => match response.take() {
                Some(response) => response,
                None => return Poll::Pending,
            },
        };
        std::mem::replace(this.fields, Fields::Keep).see_to(&mut response);
        Poll::Ready(Ok(response))
    }
}

impl Fields {
    fn scope(&self) -> Option<LayerScope> {
        match self {
            Self::Keep => None,
            Self::Apply(_) | Self::Strip(_) => Some(LayerScope::enter()),
        }
    }

    fn see_to<B>(self, response: &mut Response<B>) {
        // A layer further in, which is nearer to the route, has the last word.
        if response.extensions().get::<CorsResult>().is_some() {
            return;
        }
        match self {
            Self::Keep => {}
            Self::Apply(answer) => {
                answer.apply_to(response.headers_mut());
                if let Some(result) = answer.into_result() {
                    response.extensions_mut().insert(*result);
                }
            }
            Self::Strip(error) => {
                strip_cors_fields(response.headers_mut());
                response.extensions_mut().insert(error);
            }
        }
    }
}

pin_project! {
    /// The response of a [`Cors`] service whose provider may take a while.
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
