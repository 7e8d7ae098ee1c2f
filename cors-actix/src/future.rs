//! The future: waits for the provider and for the inner service, or for neither.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{Error, HttpResponse};
use cors_core::{CorsAction, CorsResult, PolicyFuture, ProviderError, RequestKind};
use pin_project_lite::pin_project;

use crate::fields;
use crate::middleware::Governed;
use crate::status::actix_status;

pin_project! {
    /// The response of a [`CorsMiddleware`](crate::CorsMiddleware), with its CORS fields.
    #[must_use = "a future does nothing until it is polled"]
    pub struct ResponseFuture<S, F> {
        #[pin]
        state: State<S, F>,
    }
}

pin_project! {
    #[project = StateProjection]
    pub(crate) enum State<S, F> {
        // The provider takes a while.
        Waiting { policy: PolicyFuture, request: Option<ServiceRequest>, governed: Rc<Governed<S>> },
        // The inner service runs.
        Running { #[pin] service: F, treatment: Option<Treatment> },
        // The inner service does not run.
        Answered { response: Option<ServiceResponse> },
    }
}

/// What becomes of a response of the inner service.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "boxing it would cost every request an allocation")]
pub(crate) enum Treatment {
    Strip(ProviderError),
    Apply(CorsResult),
}

impl<S: Service<ServiceRequest>> Governed<S> {
    pub(crate) fn carry_out(
        &self,
        action: CorsAction,
        request: ServiceRequest,
    ) -> State<S, S::Future> {
        let run =
            |request, treatment| State::Running { service: self.service.call(request), treatment };
        let answer = |request: ServiceRequest, response, treatment: Option<Treatment>| {
            let response = request.into_response(response);
            State::Answered { response: Some(treated(response, treatment)) }
        };
        match action {
            CorsAction::PassThrough => run(request, None),
            CorsAction::Forward(result) => run(request, Some(Treatment::Apply(result))),
            CorsAction::Respond { status, result } => {
                let treatment = result.map(Treatment::Apply);
                answer(request, HttpResponse::new(actix_status(status)), treatment)
            }
            CorsAction::Block(result) => {
                answer(request, self.cors.refusal(&result), Some(Treatment::Apply(result)))
            }
            CorsAction::Fail { error, kind: RequestKind::Preflight } => {
                let response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
                answer(request, response, Some(Treatment::Strip(error)))
            }
            CorsAction::Fail { error, kind: RequestKind::NotCors | RequestKind::Actual } => {
                run(request, Some(Treatment::Strip(error)))
            }
        }
    }
}

impl<S, F> ResponseFuture<S, F> {
    pub(crate) fn waiting(
        policy: PolicyFuture,
        request: ServiceRequest,
        governed: Rc<Governed<S>>,
    ) -> Self {
        State::Waiting { policy, request: Some(request), governed }.into()
    }
}

impl<S, F> From<State<S, F>> for ResponseFuture<S, F> {
    fn from(state: State<S, F>) -> Self {
        Self { state }
    }
}

impl<S, B> Future for ResponseFuture<S, S::Future>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    /// An answer that was taken already leaves it pending: nothing here panics.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Waiting { policy, request, governed } => {
                    let choice = ready!(Pin::new(policy).poll(cx));
                    let Some(request) = request.take() else { return Poll::Pending };
                    governed.carry_out(governed.cors.resume(&request, choice), request)
                }
                StateProjection::Running { service, treatment } => {
                    let outcome = ready!(service.poll(cx));
                    return Poll::Ready(finished(outcome, treatment.take()));
                }
                StateProjection::Answered { response } => {
                    let Some(response) = response.take() else { return Poll::Pending };
                    return Poll::Ready(Ok(response.map_into_right_body()));
                }
            };
            state.set(next);
        }
    }
}

fn finished<B>(
    outcome: Result<ServiceResponse<B>, Error>,
    treatment: Option<Treatment>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match (outcome, treatment) {
        (Ok(response), treatment) => Ok(treated(response, treatment).map_into_left_body()),
        // It becomes a response further out, since the request is gone that a response needs here.
        (Err(mut error), Some(treatment)) => {
            error.add_response_mapper(move |mut response| {
                treatment.clone().treat(&mut response, None);
                response
            });
            Err(error)
        }
        (Err(error), None) => Err(error),
    }
}

fn treated<B>(response: ServiceResponse<B>, treatment: Option<Treatment>) -> ServiceResponse<B> {
    let (request, mut response) = response.into_parts();
    if let Some(treatment) = treatment {
        treatment.treat(&mut response, request.headers().get(header::ORIGIN));
    }
    ServiceResponse::new(request, response)
}

impl Treatment {
    fn treat<B>(self, response: &mut HttpResponse<B>, origin: Option<&HeaderValue>) {
        // A middleware further in, which is nearer to the handler, has the last word.
        if response.extensions().contains::<CorsResult>() {
            return;
        }
        match self {
            Self::Strip(error) => {
                fields::strip_and_vary(response.headers_mut());
                response.extensions_mut().insert(error);
            }
            Self::Apply(result) => {
                fields::apply(&result, response.headers_mut(), origin);
                response.extensions_mut().insert(result);
            }
        }
    }
}

impl<S, F> fmt::Debug for ResponseFuture<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
