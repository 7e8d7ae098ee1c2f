//! The transform: its policies and settings, which every service that it wraps gets.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{Error, HttpResponse};
use cors_core::adapter::{ActualAnswer, CorsAction, CorsProcessor};
use cors_core::{
    ConfigErrors, CorsOptions, CorsPolicyProvider, CorsRequest, CorsResult, RequestContext,
};

use crate::middleware::CorsMiddleware;
use crate::provider::{Policies, Provider};
use crate::request::{Lines, View};
use crate::status::engine_status;

/// Puts an application, a scope or a resource under CORS policies.
///
/// Made from one policy or from [`CorsOptions`], both of which are checked already: nothing can
/// fail once it is at work. Make it once, outside of the closure for `HttpServer::new`, and clone it
/// for each worker; the clones share the policies, however many origins there are.
///
/// ```
/// use actix_web::{App, HttpResponse, test, web};
/// use cors_actix::{Cors, CorsPolicy};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let cors = Cors::new(policy);
/// let app = test::init_service(
///     App::new().wrap(cors.clone()).route("/", web::get().to(HttpResponse::Ok)),
/// )
/// .await;
///
/// let request = test::TestRequest::get().insert_header(("origin", "https://app.example.com"));
/// let response = test::call_service(&app, request.to_request()).await;
/// assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "https://app.example.com");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a middleware does nothing until something is wrapped in it"]
pub struct Cors {
    pub(crate) policies: Policies,
    processor: CorsProcessor,
    refusal: Option<Arc<Refusal>>,
}

type Refusal = dyn Fn(&CorsResult) -> HttpResponse + Send + Sync;

impl Cors {
    /// A middleware for a policy, which then governs every path, or for options.
    ///
    /// ```
    /// use cors_actix::{Cors, CorsOptions, CorsPolicy};
    ///
    /// let everywhere = Cors::new(CorsPolicy::permissive());
    ///
    /// let by_path = Cors::new(
    ///     CorsOptions::builder()
    ///         .add_policy("public", CorsPolicy::permissive())
    ///         .route("/public/{*rest}", "public")
    ///         .build()?,
    /// );
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    pub fn new(options: impl Into<CorsOptions>) -> Self {
        Self::of(Policies::Options(options.into()))
    }

    /// A middleware that asks a provider for the policy of each request.
    ///
    /// The provider sees the request's method, its whole path, host and scheme, its headers, and the
    /// values that are declared by [`with_data`](Self::with_data). Where it answers at once, nothing waits;
    /// otherwise the request waits for it. So give it a [time limit](CorsPolicyProvider): one that hangs
    /// stalls every request. Keep policies and clone them: what their responses have in common is kept
    /// with them.
    ///
    /// A preflight carries no cookies, no `Authorization` and no headers that the page sets, so choose by
    /// the host, the path or the origin; and what a provider chooses by has to agree with what caches and
    /// browsers keep. See [what to choose by](CorsPolicyProvider#what-to-choose-by).
    ///
    /// Where it fails, a preflight is answered with status 500 and an empty body. Every other request
    /// runs (unless [disallowed origins are refused](Self::refuse_disallowed_origins)), and its
    /// response has no CORS field, whoever set it. The [`ProviderError`](cors_core::ProviderError)
    /// is in the response's extensions.
    ///
    /// ```
    /// use cors_actix::{Cors, CorsPolicy, RequestContext};
    ///
    /// let public = CorsPolicy::permissive();
    /// let cors = Cors::with_provider(move |request: &RequestContext<'_>| {
    ///     (request.host_name().as_deref() == Some("public.example.com")).then(|| public.clone())
    /// });
    /// ```
    ///
    /// `ReloadableOptions` of [`cors_core`], which are replaced while requests run, are a provider too,
    /// and one that answers at once.
    pub fn with_provider(provider: impl CorsPolicyProvider) -> Self {
        Self::of(Policies::Provided(Provider::new(provider)))
    }

    fn of(policies: Policies) -> Self {
        Self { policies, processor: CorsProcessor::new(), refusal: None }
    }

    /// Makes the policy of this name that of the paths that no rule names.
    ///
    /// ```
    /// use cors_actix::{Cors, CorsOptions, CorsPolicy};
    ///
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// let cors = Cors::new(options.clone()).named("public")?;
    ///
    /// let errors = Cors::new(options).named("pubic").unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "named `pubic`: there is no policy of this name; there is `public`",
    /// );
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no policy of this name; a provider, which chooses by itself, has none.
    pub fn named(self, name: &str) -> Result<Self, ConfigErrors> {
        let options = match self.policies {
            Policies::Options(options) => options,
            Policies::Provided(_) => CorsOptions::builder().build()?,
        };
        Ok(Self { policies: Policies::Options(options.with_default(name)?), ..self })
    }

    /// Answers preflights whose origin is allowed with another status than 204.
    ///
    /// ```
    /// use actix_web::http::StatusCode;
    /// use cors_actix::{Cors, CorsPolicy};
    ///
    /// let cors = Cors::new(CorsPolicy::permissive()).preflight_status(StatusCode::OK)?;
    /// assert!(cors.preflight_status(StatusCode::FOUND).is_err());
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not [ok](https://fetch.spec.whatwg.org/#ok-status) (200 to 299), and so would
    /// fail every preflight.
    pub fn preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        Ok(Self { processor: self.processor.preflight_status(engine_status(status))?, ..self })
    }

    /// Answers preflights that are refused for their origin, that no browser sends, or for whose
    /// path CORS is disabled, with another status than 403.
    ///
    /// ```
    /// use actix_web::http::StatusCode;
    /// use cors_actix::{Cors, CorsPolicy};
    ///
    /// let cors =
    ///     Cors::new(CorsPolicy::permissive()).refused_preflight_status(StatusCode::NOT_FOUND)?;
    /// assert!(cors.refused_preflight_status(StatusCode::FOUND).is_err());
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not one of 200 to 299 or 400 to 599.
    pub fn refused_preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        let processor = self.processor.refused_preflight_status(engine_status(status))?;
        Ok(Self { processor, ..self })
    }

    /// Keeps actual requests, WebSocket handshakes included, from running where the policy does not
    /// allow their origin; the default is to run them, since the browser keeps the answer from the
    /// page.
    ///
    /// They are answered with status 403 and the reason as text. Requests without `Origin` always
    /// run, and so do requests that the page makes to its own origin: where `Sec-Fetch-Site` says
    /// so, or where the origin is that of the request's target (its scheme, where the server knows
    /// it, and its host). This is no defence against cross-site request forgery by itself:
    /// navigations and old browsers send no `Origin` with GET.
    ///
    /// Requests for paths where CORS is disabled, or that no policy governs, always run, too.
    ///
    /// The exception goes by `Host`, and is no defence against DNS rebinding: once the name of
    /// `http://evil.example:3000` points at this server, its page is same-origin to it. Servers that
    /// trust whoever reaches them, as those on localhost do, want
    /// [`refuse_disallowed_origins_even_same_origin`](Self::refuse_disallowed_origins_even_same_origin).
    ///
    /// Where a provider fails, every origin counts as disallowed: cross-origin requests are answered
    /// with status 500 and an empty body.
    ///
    /// ```
    /// # use actix_web::{App, HttpResponse, test, web};
    /// # use cors_actix::{Cors, CorsPolicy};
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let cors = Cors::new(policy).refuse_disallowed_origins();
    /// let app = App::new().wrap(cors).route("/", web::post().to(HttpResponse::Ok));
    /// let app = test::init_service(app).await;
    ///
    /// let request = test::TestRequest::post().insert_header(("origin", "https://evil.example"));
    /// let response = test::call_service(&app, request.to_request()).await;
    /// assert_eq!(response.status(), 403);
    /// assert_eq!(
    ///     test::read_body(response).await,
    ///     "refused by the CORS policy: the origin `https://evil.example` is not allowed\n",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn refuse_disallowed_origins(self) -> Self {
        Self { processor: self.processor.refuse_disallowed_origins(), ..self }
    }

    /// As [`refuse_disallowed_origins`](Self::refuse_disallowed_origins), behind a proxy: takes
    /// the scheme and host of the request's target from the first element of `X-Forwarded-Proto`
    /// and `X-Forwarded-Host`, where they are there.
    ///
    /// Only for servers that nobody reaches but through a proxy that sets or removes both fields:
    /// anyone else could make any origin look like the server's own. It is no defence against DNS
    /// rebinding either: the page of a name that points at the proxy is same-origin, unless the proxy
    /// knows its own names.
    ///
    /// ```
    /// # use cors_actix::{Cors, CorsPolicy};
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let cors = Cors::new(policy).refuse_disallowed_origins_behind_trusted_proxy();
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    pub fn refuse_disallowed_origins_behind_trusted_proxy(self) -> Self {
        let processor = self.processor.refuse_disallowed_origins_behind_trusted_proxy();
        Self { processor, ..self }
    }

    /// As [`refuse_disallowed_origins`](Self::refuse_disallowed_origins), without the exception: a
    /// request of the server's own pages that has an `Origin` does not run either, unless the policy
    /// allows their origin like any other.
    ///
    /// This is for DNS rebinding. The page of `http://evil.example:3000`, whose name has come to point at
    /// `127.0.0.1`, is same-origin by `Host` and by `Sec-Fetch-Site`; its `Origin` alone gives it away.
    /// With GET and HEAD browsers send none to the page's own origin, so that these always run: where
    /// they tell secrets or change something, check `Host`, too.
    ///
    /// ```
    /// # use cors_actix::{Cors, CorsPolicy};
    /// let policy = CorsPolicy::mcp(["http://localhost:3000"])?;
    /// let cors = Cors::new(policy).refuse_disallowed_origins_even_same_origin();
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    pub fn refuse_disallowed_origins_even_same_origin(self) -> Self {
        Self { processor: self.processor.refuse_disallowed_origins_even_same_origin(), ..self }
    }

    /// Answers a request that is kept from running with a response of the application's own.
    ///
    /// It gets the CORS fields of the result, too, which never allow the origin. Which requests are
    /// kept from running, another method may say; otherwise it is those of
    /// [`refuse_disallowed_origins`](Self::refuse_disallowed_origins).
    ///
    /// ```
    /// use actix_web::HttpResponse;
    /// # use cors_actix::{Cors, CorsPolicy};
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let cors = Cors::new(policy)
    ///     .refuse_disallowed_origins()
    ///     .refuse_with(|_| HttpResponse::Forbidden().body(r#"{"error":"origin"}"#));
    /// # Ok::<(), cors_actix::ConfigErrors>(())
    /// ```
    pub fn refuse_with(
        self,
        refusal: impl Fn(&CorsResult) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        Self { refusal: Some(Arc::new(refusal)), ..self.refuse_disallowed_origins() }
    }

    /// Shows providers the value of this type that an earlier middleware put into the extensions of
    /// the request, as [`RequestContext::data`](cors_core::RequestContext::data).
    ///
    /// Actix keeps the extensions of requests in a type of its own; a provider, which works with
    /// every framework, sees clones of the values that are declared. Without a provider, nothing is
    /// cloned.
    ///
    /// ```
    /// use cors_actix::{Cors, CorsPolicy, RequestContext};
    ///
    /// #[derive(Clone)]
    /// struct Tenant { is_public: bool }
    ///
    /// let cors = Cors::with_provider(|request: &RequestContext<'_>| {
    ///     request.data::<Tenant>().filter(|tenant| tenant.is_public).map(|_| CorsPolicy::permissive())
    /// })
    /// .with_data::<Tenant>();
    /// ```
    pub fn with_data<T: Clone + Send + Sync + 'static>(mut self) -> Self {
        if let Policies::Provided(provider) = &mut self.policies {
            provider.declare::<T>();
        }
        self
    }

    /// Puts the [`CorsResult`] of each request into the extensions of its response, for middleware
    /// around this one that counts or logs it.
    ///
    /// That costs each response an allocation. Without this setting it is done only where another CORS
    /// middleware stands around this one, and, with the feature `tracing`, while a subscriber listens to
    /// the target `cors`.
    ///
    /// ```
    /// use actix_web::{App, HttpResponse, test, web};
    /// use cors_actix::{Cors, CorsPolicy, CorsResult};
    ///
    /// # #[actix_web::main]
    /// # async fn main() {
    /// let app = App::new()
    ///     .route("/", web::get().to(HttpResponse::Ok))
    ///     .wrap(Cors::new(CorsPolicy::permissive()).record_results());
    /// let app = test::init_service(app).await;
    /// let request = test::TestRequest::get().insert_header(("origin", "https://app.example.com"));
    /// let response = test::call_service(&app, request.to_request()).await;
    /// assert!(response.response().extensions().contains::<CorsResult>());
    /// # }
    /// ```
    pub fn record_results(self) -> Self {
        Self { processor: self.processor.record_results(), ..self }
    }

    /// What to do with nearly every request: [`CorsProcessor::settle`].
    #[inline(always)]
    pub(crate) fn settle(
        &self,
        options: &CorsOptions,
        request: &ServiceRequest,
    ) -> Option<ActualAnswer> {
        let lines = Lines(request.headers());
        let view = CorsRequest::new(request.method().as_str(), &lines);
        self.processor.settle(&view, options)
    }

    /// What to do with a request, as `process` says.
    #[inline(never)]
    pub(crate) fn decide(
        &self,
        request: &ServiceRequest,
        process: impl FnOnce(&CorsProcessor, &RequestContext<'_>) -> CorsAction,
    ) -> CorsAction {
        let view = View::new(request);
        let context = view.context();
        let action = process(&self.processor, &context);
        #[cfg(feature = "tracing")]
        cors_core::adapter::trace_decision(&context, &action);
        action
    }

    /// The answer to a request that is kept from running.
    pub(crate) fn refusal(&self, result: &CorsResult) -> HttpResponse {
        match &self.refusal {
            Some(refusal) => refusal(result),
            None => HttpResponse::Forbidden()
                .content_type(ContentType::plaintext())
                .body(result.refusal_text()),
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Cors
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CorsMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(CorsMiddleware::new(service, self.clone())))
    }
}

impl fmt::Debug for Cors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cors")
            .field("policies", &self.policies)
            .field("processor", &self.processor)
            .finish_non_exhaustive()
    }
}
