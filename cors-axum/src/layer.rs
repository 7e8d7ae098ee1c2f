//! The layer: its policies and settings, which every service that it wraps gets.

use cors_core::adapter::CorsProcessor;
use cors_core::{ConfigErrors, CorsOptions, CorsPolicyProvider, CorsResult};
use http::{Response, StatusCode};
use tower_layer::Layer;

use crate::provider::Provider;
use crate::refusal::{CustomRefusal, NoRefusal, TextRefusal};
use crate::service::Cors;

/// Puts a tower service under CORS policies.
///
/// Made from one policy or from [`CorsOptions`], both of which are checked already: nothing can
/// fail once it is at work. Or [from a provider](Self::with_provider), which chooses the policy of
/// each request. Its clone is a reference count, however many origins there are.
///
/// `P` is where the policies come from, [`CorsOptions`] or a [`Provider`], and `R` is what becomes of
/// actual requests from disallowed origins: they run ([`NoRefusal`]) or do not
/// ([`TextRefusal`], [`CustomRefusal`]). Both follow from the methods that are called.
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use cors_axum::{CorsLayer, CorsPolicy};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let app = Router::new()
///     .route("/", get(|| async { "hello" }))
///     .layer(CorsLayer::new(policy));
///
/// let request = Request::get("/").header("origin", "https://app.example.com").body(Body::empty())?;
/// let response = app.oneshot(request).await?;
/// assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example.com");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until a service is wrapped in it"]
pub struct CorsLayer<P = CorsOptions, R = NoRefusal> {
    policies: P,
    processor: CorsProcessor,
    refusal: R,
}

impl CorsLayer {
    /// A layer for a policy, which then governs every path, or for options.
    ///
    /// ```
    /// use cors_axum::{CorsLayer, CorsOptions, CorsPolicy};
    ///
    /// let everywhere = CorsLayer::new(CorsPolicy::permissive());
    ///
    /// let by_path = CorsLayer::new(
    ///     CorsOptions::builder()
    ///         .add_policy("public", CorsPolicy::permissive())
    ///         .route("/public/{*rest}", "public")
    ///         .build()?,
    /// );
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    pub fn new(options: impl Into<CorsOptions>) -> Self {
        Self::of(options.into())
    }
}

impl CorsLayer<Provider> {
    /// A layer that asks a provider for the policy of each request.
    ///
    /// The provider sees the request's method, its whole path, host and scheme, its headers, and
    /// its extensions as [data](cors_core::RequestContext::data). Where it answers at once, nothing
    /// waits and nothing is allocated for it; otherwise the request waits for it, and so does the
    /// inner service, which therefore has to be [`Clone`]. So give it a
    /// [time limit](CorsPolicyProvider): one that hangs stalls every request. Keep policies and clone
    /// them: what their responses have in common is kept with them.
    ///
    /// A preflight carries no cookies, no `Authorization` and no headers that the page sets, so choose by
    /// the host, the path or the origin; and what a provider chooses by has to agree with what caches and
    /// browsers keep. See [what to choose by](CorsPolicyProvider#what-to-choose-by).
    ///
    /// Where it fails, a preflight is answered with status 500 and an empty body. Every other request
    /// runs (unless [disallowed origins are refused](CorsLayer::refuse_disallowed_origins)), and its
    /// response has no CORS field, whoever set it. The [`ProviderError`](cors_core::ProviderError)
    /// is in the response's extensions.
    ///
    /// ```
    /// use cors_axum::{CorsLayer, CorsPolicy, RequestContext};
    ///
    /// let shop = CorsPolicy::builder().with_origins(["https://shop.example.com"]).build()?;
    /// let layer = CorsLayer::with_provider(move |request: &RequestContext<'_>| {
    ///     (request.host_name().as_deref() == Some("shop.api.example.com")).then(|| shop.clone())
    /// });
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    ///
    /// `ReloadableOptions` of [`cors_core`], which are replaced while requests run, are a provider
    /// too, and one that answers at once.
    pub fn with_provider(provider: impl CorsPolicyProvider) -> Self {
        Self::of(Provider::new(provider))
    }
}

impl<R> CorsLayer<CorsOptions, R> {
    /// Makes the policy of this name that of the paths that no rule names.
    ///
    /// ```
    /// use cors_axum::{CorsLayer, CorsOptions, CorsPolicy};
    ///
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// let layer = CorsLayer::new(options.clone()).named("public")?;
    ///
    /// let errors = CorsLayer::new(options).named("pubic").unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "named `pubic`: there is no policy of this name; there is `public`",
    /// );
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no policy of this name.
    pub fn named(self, name: &str) -> Result<Self, ConfigErrors> {
        Ok(Self { policies: self.policies.with_default(name)?, ..self })
    }
}

impl<P, R> CorsLayer<P, R> {
    /// Answers preflights whose origin is allowed with another status than 204.
    ///
    /// ```
    /// use cors_axum::{CorsLayer, CorsPolicy};
    /// use http::StatusCode;
    ///
    /// let layer = CorsLayer::new(CorsPolicy::permissive()).preflight_status(StatusCode::OK)?;
    /// assert!(layer.preflight_status(StatusCode::FOUND).is_err());
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not [ok](https://fetch.spec.whatwg.org/#ok-status) (200 to 299), and so would
    /// fail every preflight.
    pub fn preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        Ok(Self { processor: self.processor.preflight_status(status)?, ..self })
    }

    /// Answers preflights that are refused for their origin, that no browser sends, or for whose
    /// path CORS is disabled, with another status than 403.
    ///
    /// ```
    /// use cors_axum::{CorsLayer, CorsPolicy};
    /// use http::StatusCode;
    ///
    /// let layer =
    ///     CorsLayer::new(CorsPolicy::permissive()).refused_preflight_status(StatusCode::NOT_FOUND)?;
    /// assert!(layer.refused_preflight_status(StatusCode::FOUND).is_err());
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not one of 200 to 299 or 400 to 599.
    pub fn refused_preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        Ok(Self { processor: self.processor.refused_preflight_status(status)?, ..self })
    }
}

impl<P> CorsLayer<P> {
    /// Answers actual requests, WebSocket handshakes included, from origins that the policy does not
    /// allow with status 403 and the reason as text, before the inner service runs.
    ///
    /// The default is to run them, since the browser keeps the answer from the page. Requests
    /// without `Origin` always run, and so do those of a page to its own origin: where
    /// `Sec-Fetch-Site` says so, or where the origin is that of the request's target (its scheme,
    /// where the server knows it, and its host). This is no defence against cross-site request
    /// forgery by itself: navigations send no `Origin` with GET.
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
    /// The answer has the fields of the result, and the result in its extensions. The type of the
    /// response's body has to be made from a [`String`]; where it is not, or where another answer
    /// is wanted, see [`refuse_with`](CorsLayer::refuse_with).
    ///
    /// ```
    /// use axum::{Router, body::{Body, to_bytes}, http::Request, routing::post};
    /// use cors_axum::{CorsLayer, CorsPolicy};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let app = Router::new()
    ///     .route("/", post(|| async { "done" }))
    ///     .layer(CorsLayer::new(policy).refuse_disallowed_origins());
    ///
    /// let request = Request::post("/").header("origin", "https://evil.example").body(Body::empty())?;
    /// let response = app.oneshot(request).await?;
    /// assert_eq!(response.status(), 403);
    /// assert_eq!(
    ///     to_bytes(response.into_body(), 1024).await?,
    ///     "refused by the CORS policy: the origin `https://evil.example` is not allowed\n",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn refuse_disallowed_origins(self) -> CorsLayer<P, TextRefusal> {
        self.refusing(TextRefusal, CorsProcessor::refuse_disallowed_origins)
    }

    /// As [`refuse_disallowed_origins`](Self::refuse_disallowed_origins), behind a proxy: takes the
    /// scheme and host of the request's target from the first element of `X-Forwarded-Proto` and
    /// `X-Forwarded-Host`, where they are there.
    ///
    /// Only for servers that nobody reaches but through a proxy that sets or removes both fields:
    /// anyone else could make any origin look like the server's own. It is no defence against DNS
    /// rebinding either: the page of a name that points at the proxy is same-origin, unless the proxy
    /// knows its own names.
    ///
    /// ```
    /// use cors_axum::{CorsLayer, CorsPolicy};
    ///
    /// let layer = CorsLayer::new(CorsPolicy::local_development())
    ///     .refuse_disallowed_origins_behind_trusted_proxy();
    /// ```
    pub fn refuse_disallowed_origins_behind_trusted_proxy(self) -> CorsLayer<P, TextRefusal> {
        self.refusing(TextRefusal, CorsProcessor::refuse_disallowed_origins_behind_trusted_proxy)
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
    /// use cors_axum::{CorsLayer, CorsPolicy};
    ///
    /// let policy = CorsPolicy::mcp(["http://localhost:3000"])?;
    /// let layer = CorsLayer::new(policy).refuse_disallowed_origins_even_same_origin();
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    pub fn refuse_disallowed_origins_even_same_origin(self) -> CorsLayer<P, TextRefusal> {
        self.refusing(TextRefusal, CorsProcessor::refuse_disallowed_origins_even_same_origin)
    }
}

impl<P> CorsLayer<P, TextRefusal> {
    /// Answers the requests that do not run with a response of your own.
    ///
    /// The layer then applies the result to it: its CORS fields and `Vary` are the layer's.
    ///
    /// ```
    /// use axum::{Json, response::IntoResponse};
    /// use cors_axum::{CorsLayer, CorsPolicy, CorsResult};
    /// use http::StatusCode;
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let layer = CorsLayer::new(policy).refuse_disallowed_origins().refuse_with(|result| {
    ///     let reasons: Vec<_> = result.reasons().map(ToString::to_string).collect();
    ///     (StatusCode::FORBIDDEN, Json(reasons)).into_response()
    /// });
    /// # Ok::<(), cors_axum::ConfigErrors>(())
    /// ```
    pub fn refuse_with<F, B>(self, response: F) -> CorsLayer<P, CustomRefusal<F>>
    where
        F: Fn(&CorsResult) -> Response<B>,
    {
        self.refusing(CustomRefusal::new(response), |processor| processor)
    }
}

impl<P, R> CorsLayer<P, R> {
    /// Puts the [`CorsResult`] of each request into the extensions of its response, for middleware
    /// around the layer that counts or logs it.
    ///
    /// That costs each response the allocations of an extension. Without this setting it is done only
    /// where another CORS layer stands around this one, and, with the feature `tracing`, while a
    /// subscriber listens to the target `cors`.
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
    /// let service = CorsLayer::new(CorsPolicy::permissive()).record_results().layer(hello);
    ///
    /// let request = Request::get("/").header("origin", "https://app.example.com").body(())?;
    /// let response = service.oneshot(request).await?;
    /// let result = response.extensions().get::<CorsResult>();
    /// assert!(result.is_some_and(CorsResult::is_origin_allowed));
    /// # Ok(())
    /// # }
    /// ```
    pub fn record_results(self) -> Self {
        Self { processor: self.processor.record_results(), ..self }
    }

    fn refusing<T>(
        self,
        refusal: T,
        refusing: impl FnOnce(CorsProcessor) -> CorsProcessor,
    ) -> CorsLayer<P, T> {
        CorsLayer { policies: self.policies, processor: refusing(self.processor), refusal }
    }
}

impl<P> CorsLayer<P> {
    fn of(policies: P) -> Self {
        Self { policies, processor: CorsProcessor::new(), refusal: NoRefusal }
    }
}

impl<S, P: Clone, R: Clone> Layer<S> for CorsLayer<P, R> {
    type Service = Cors<S, P, R>;

    fn layer(&self, inner: S) -> Cors<S, P, R> {
        Cors::new(inner, self.policies.clone(), self.processor, self.refusal.clone())
    }
}
