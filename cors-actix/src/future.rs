//! The future: waits for the provider and for the inner service, or for neither.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{Error, HttpResponse};
use cors_core::adapter::{ActualAnswer, CorsAction, LayerScope};
use cors_core::{CorsResult, PolicyFuture, ProviderError};
use pin_project_lite::pin_project;

use crate::fields;
use crate::middleware::Governed;
use crate::status::actix_status;

pin_project! {
    /// The response of a [`CorsMiddleware`](crate::CorsMiddleware), with its CORS fields.
    ///
    /// ```
    /// # use actix_web::dev::{Service, Transform};
    /// # use actix_web::test::{TestRequest, ok_service};
    /// use cors_actix::{Cors, CorsPolicy, ResponseFuture};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), actix_web::Error> {
    /// let Ok(service) = Cors::new(CorsPolicy::permissive()).new_transform(ok_service()).await else {
    ///     panic!("it never fails")
    /// };
    /// let response: ResponseFuture<_, _> = service.call(TestRequest::default().to_srv_request());
    /// assert!(response.await?.headers().contains_key("access-control-allow-origin"));
    /// # Ok(())
    /// # }
    /// ```
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
        Running { #[pin] service: F, treatment: Treatment },
        // The inner service does not run.
        Answered { response: Option<ServiceResponse> },
    }
}

/// What becomes of a response of the inner service.
#[derive(Clone)]
pub(crate) enum Treatment {
    /// Its fields stay, since nothing governs the request.
    Keep,
    /// It has none, since the provider failed.
    Strip(ProviderError),
    /// They are these.
    Apply(ActualAnswer),
}

impl<S: Service<ServiceRequest>> Governed<S> {
    /// Does as the processor says.
    #[inline(never)]
    pub(crate) fn carry_out(
        &self,
        action: CorsAction,
        request: ServiceRequest,
    ) -> State<S, S::Future> {
        match action {
            CorsAction::PassThrough => self.run(request, Treatment::Keep),
            CorsAction::Forward(answer) => self.run(request, Treatment::Apply(answer)),
            CorsAction::Respond { status, ref answer } => {
                let mut response = HttpResponse::new(actix_status(status));
                if let Some(answer) = answer {
                    let request = Some(request.headers());
                    fields::apply(answer.response_fields(), response.headers_mut(), request);
                    record(answer.result(), &mut response);
                }
                answered(request, response)
            }
            CorsAction::Refuse(result) => {
                let mut response = self.cors.refusal(&result);
                let fields = result.response_fields();
                fields::apply(fields, response.headers_mut(), None);
                record(Some(&result), &mut response);
                answered(request, response)
            }
            CorsAction::Fail { error, runs: false } => {
                let mut response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
                Treatment::Strip(error).treat(&mut response, None);
                answered(request, response)
            }
            CorsAction::Fail { error, runs: true } => self.run(request, Treatment::Strip(error)),
        }
    }

    #[inline]
    pub(crate) fn run(&self, request: ServiceRequest, treatment: Treatment) -> State<S, S::Future> {
        let service = treatment.within(|| self.service.call(request));
        State::Running { service, treatment }
    }
}

fn answered<S, F>(request: ServiceRequest, response: HttpResponse) -> State<S, F> {
    State::Answered { response: Some(request.into_response(response)) }
}

/// Leaves a result with its response, where it was recorded.
#[inline]
fn record<B>(result: Option<&CorsResult>, response: &mut HttpResponse<B>) {
    if let Some(result) = result {
        response.extensions_mut().insert(result.clone());
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
    #[inline]
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
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.as_mut().project().state.project() {
            StateProjection::Running { service, treatment } => {
                Poll::Ready(match ready!(treatment.within(|| service.poll(cx))) {
                    Ok(response) => {
                        let (request, mut response) = response.into_parts();
                        treatment.treat(&mut response, Some(request.headers()));
                        Ok(ServiceResponse::new(request, response.map_into_left_body()))
                    }
                    Err(mut error) => {
                        treatment.clone().treat_response_of(&mut error);
                        Err(error)
                    }
                })
            }
            StateProjection::Waiting { .. } => self.poll_policy(cx),
            StateProjection::Answered { response } => {
                let Some(response) = response.take() else { return Poll::Pending };
                Poll::Ready(Ok(response.map_into_right_body()))
            }
        }
    }
}

impl<S, B> ResponseFuture<S, S::Future>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    #[inline(never)]
    fn poll_policy(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<<Self as Future>::Output> {
        let mut state = self.as_mut().project().state;
        if let StateProjection::Waiting { policy, request, governed } = state.as_mut().project() {
            let choice = ready!(Pin::new(policy).poll(cx));
            let Some(request) = request.take() else { return Poll::Pending };
            let action = governed
                .cors
                .decide(&request, |processor, context| processor.process_choice(context, choice));
            let next = governed.carry_out(action, request);
            state.set(next);
        }
        self.poll(cx)
    }
}

impl Treatment {
    /// Runs what is further in, which has to leave its result where this would replace its fields.
    #[inline]
    fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        let _scope = match self {
            Self::Keep => None,
            Self::Strip(_) | Self::Apply(_) => Some(LayerScope::enter()),
        };
        run()
    }

    /// Treats the response that something further out makes of `error`: none can be made here, since
    /// the request is gone.
    fn treat_response_of(self, error: &mut Error) {
        if !matches!(self, Self::Keep) {
            error.add_response_mapper(move |mut response| {
                self.treat(&mut response, None);
                response
            });
        }
    }

    /// `request` are the request's fields, where they are still there.
    #[inline]
    fn treat<B>(&self, response: &mut HttpResponse<B>, request: Option<&HeaderMap>) {
        // A middleware further in, which is nearer to the handler, has the last word.
        let decided = {
            let extensions = response.extensions();
            extensions.contains::<CorsResult>() || extensions.contains::<ProviderError>()
        };
        if decided {
            return;
        }
        match self {
            Self::Keep => {}
            Self::Strip(error) => {
                fields::strip_and_vary(response.headers_mut());
                response.extensions_mut().insert(error.clone());
            }
            Self::Apply(answer) => {
                fields::apply(answer.response_fields(), response.headers_mut(), request);
                record(answer.result(), response);
            }
        }
    }
}

impl<S, F> fmt::Debug for ResponseFuture<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
