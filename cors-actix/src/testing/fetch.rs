//! A page that fetches from an actix application in the same process.

use std::future::poll_fn;

use actix_http::Request as ActixRequest;
use actix_web::body::EitherBody;
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse};
use cors_core::adapter::LayerScope;
use cors_core::browser::{Browser, Drive, FetchError, Reply, Request};
use cors_core::{CorsResult, ProviderError};

use crate::status::engine_status;

/// Lets a page [`Browser`] fetch from an actix application in the same process, as a browser would.
///
/// It sends a preflight where one is needed and none is cached, checks it, follows redirects, and
/// shows of the response what the script would see: see [`testing`](crate::testing). Nothing else
/// implements it.
pub trait Fetch: sealed::Sealed {
    /// Fetches from an application that [`init_service`](actix_web::test::init_service) has made. An
    /// `Err` of it is turned into its response, as actix does.
    ///
    /// ```
    /// use actix_web::{App, body::to_bytes, test, web};
    /// use cors_actix::testing::{Browser, Fetch, Request};
    /// use cors_actix::{Cors, CorsPolicy};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::new()
    ///     .route("/items", web::get().to(|| async { "[]" }))
    ///     .wrap(Cors::new(CorsPolicy::permissive()));
    /// let app = test::init_service(app).await;
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("GET", "https://api.example.com/items").header("x-trace", "1");
    /// let reply = page.fetch(&app, request).await?;
    /// assert!(reply.traffic().sent_preflight());
    /// let result = reply.traffic().result().ok_or("the middleware answers")?;
    /// assert!(result.is_origin_allowed());
    /// assert_eq!(to_bytes(reply.into_body()).await.unwrap(), "[]");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The browser would block the fetch, or actix's types cannot hold the request.
    fn fetch<S, B>(
        &mut self,
        service: &S,
        request: Request,
    ) -> impl Future<Output = Result<Reply<EitherBody<B>>, FetchError>>
    where
        S: Service<ActixRequest, Response = ServiceResponse<B>, Error = Error>;
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Sealed {}

    impl Sealed for super::Browser {}
}

impl Fetch for Browser {
    async fn fetch<S, B>(
        &mut self,
        service: &S,
        request: Request,
    ) -> Result<Reply<EitherBody<B>>, FetchError>
    where
        S: Service<ActixRequest, Response = ServiceResponse<B>, Error = Error>,
    {
        let mut drive = self.drive(&request);
        loop {
            drive = match drive {
                Drive::Send(request, awaiting) => {
                    awaiting.receive(exchange(service, request).await)
                }
                Drive::Done(result) => return result,
            };
        }
    }
}

/// What the types of the two versions of `http` do not share; nothing that a browser sends.
type Unrepresentable = Box<dyn std::error::Error + Send + Sync>;

/// Serves a request of the browser as actix serves one from the wire.
async fn exchange<S, B>(
    service: &S,
    request: http::Request<Vec<u8>>,
) -> Result<http::Response<EitherBody<B>>, Unrepresentable>
where
    S: Service<ActixRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let request = actix_request(request)?;
    poll_fn(|cx| service.poll_ready(cx)).await.map_err(|error| error.to_string())?;
    // So that the middleware tells its result.
    let response = match LayerScope::within(|| service.call(request)).await {
        Ok(response) => response.into_parts().1.map_into_left_body(),
        Err(error) => error.error_response().map_into_right_body(),
    };
    browser_response(response)
}

fn actix_request(request: http::Request<Vec<u8>>) -> Result<ActixRequest, Unrepresentable> {
    let (parts, body) = request.into_parts();
    let mut request = ActixRequest::with_payload(Payload::from(body));
    let head = request.head_mut();
    head.method = Method::from_bytes(parts.method.as_str().as_bytes())?;
    head.uri = parts.uri.to_string().parse()?;
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes())?;
        head.headers.append(name, HeaderValue::from_bytes(value.as_bytes())?);
    }
    Ok(request)
}

fn browser_response<B>(response: HttpResponse<B>) -> Result<http::Response<B>, Unrepresentable> {
    let mut builder = http::Response::builder().status(engine_status(response.status()));
    for (name, value) in response.headers() {
        builder = builder.header(name.as_str(), value.as_bytes());
    }
    if let Some(result) = response.extensions().get::<CorsResult>() {
        builder = builder.extension(result.clone());
    }
    if let Some(error) = response.extensions().get::<ProviderError>() {
        builder = builder.extension(error.clone());
    }
    Ok(builder.body(response.into_body())?)
}
