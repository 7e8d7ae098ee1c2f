//! The middleware: asks the processor about each request, and does as it says.

use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use cors_core::ProvidedPolicy;

use crate::cors::Cors;
use crate::future::{ResponseFuture, Treatment};
use crate::provider::Policies;

/// A service under CORS policies; [`Cors`] makes it, when actix builds the application.
///
/// ```
/// use actix_web::dev::{Service, Transform};
/// use actix_web::test::{TestRequest, ok_service};
/// use cors_actix::{Cors, CorsMiddleware, CorsPolicy};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), actix_web::Error> {
/// let cors = Cors::new(CorsPolicy::permissive());
/// let Ok(service): Result<CorsMiddleware<_>, ()> = cors.new_transform(ok_service()).await else {
///     panic!("it never fails")
/// };
/// let preflight = TestRequest::default()
///     .method(actix_web::http::Method::OPTIONS)
///     .insert_header(("origin", "https://app.example.com"))
///     .insert_header(("access-control-request-method", "PUT"));
/// let response = service.call(preflight.to_srv_request()).await?;
/// assert_eq!(response.status(), 204);
/// assert_eq!(response.headers().get("access-control-allow-methods").unwrap(), "*");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CorsMiddleware<S> {
    governed: Rc<Governed<S>>,
}

/// What the middleware shares with the futures that wait for a provider.
#[derive(Debug)]
pub(crate) struct Governed<S> {
    pub(crate) service: S,
    pub(crate) cors: Cors,
}

impl<S> CorsMiddleware<S> {
    pub(crate) fn new(service: S, cors: Cors) -> Self {
        Self { governed: Rc::new(Governed { service, cors }) }
    }
}

impl<S, B> Service<ServiceRequest> for CorsMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S, S::Future>;

    /// Ready when the inner service is: whether the next request is a preflight, nobody knows yet.
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.governed.service.poll_ready(cx)
    }

    #[inline]
    fn call(&self, request: ServiceRequest) -> Self::Future {
        let governed = &self.governed;
        let action = match &governed.cors.policies {
            Policies::Options(options) => match governed.cors.settle(options, &request) {
                Some(answer) => return governed.run(request, Treatment::Apply(answer)).into(),
                None => governed.cors.decide(&request, |processor, context| {
                    processor.process(context, options.select_for(context))
                }),
            },
            Policies::Provided(provider) => match provider.provide(&request) {
                ProvidedPolicy::Now(choice) => {
                    governed.cors.decide(&request, |processor, context| {
                        processor.process_choice(context, choice)
                    })
                }
                ProvidedPolicy::Later(policy) => {
                    return ResponseFuture::waiting(policy, request, Rc::clone(governed));
                }
            },
        };
        governed.carry_out(action, request).into()
    }
}
