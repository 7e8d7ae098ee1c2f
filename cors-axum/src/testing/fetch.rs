//! A page that fetches from a tower service in the same process.

use std::error::Error;
use std::future::poll_fn;

use cors_core::adapter::LayerScope;
use cors_core::browser::{Browser, Drive, FetchError, Reply, Request};
use http::Response;
use tower_service::Service;

/// Lets a page [`Browser`] fetch from a tower service in the same process, as a browser would.
///
/// It sends a preflight where one is needed and none is cached, checks it, follows redirects, and
/// shows of the response what the script would see: see [`testing`](crate::testing). Nothing else
/// implements it.
pub trait Fetch: sealed::Sealed {
    /// Fetches from a service that takes axum's bodies, such as a
    /// [`Router`](axum::Router).
    ///
    /// ```
    /// use axum::{Router, body::to_bytes, routing::get};
    /// use cors_axum::testing::{Browser, Fetch, Request};
    /// use cors_axum::{CorsLayer, CorsPolicy};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut app = Router::new()
    ///     .route("/items", get(|| async { "[]" }))
    ///     .layer(CorsLayer::new(CorsPolicy::permissive()));
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("GET", "https://api.example.com/items").header("x-trace", "1");
    /// let reply = page.fetch(&mut app, request).await?;
    /// assert!(reply.traffic().sent_preflight());
    /// let result = reply.traffic().result().ok_or("the layer answers")?;
    /// assert!(result.is_origin_allowed());
    /// assert_eq!(to_bytes(reply.into_body(), 1024).await?, "[]");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The browser would block the fetch, or the service fails.
    #[cfg(feature = "axum")]
    fn fetch<S, B>(
        &mut self,
        service: &mut S,
        request: Request,
    ) -> impl Future<Output = Result<Reply<B>, FetchError>>
    where
        S: Service<http::Request<axum::body::Body>, Response = Response<B>>,
        S::Error: Into<Box<dyn Error + Send + Sync>>;

    /// Fetches from a service that takes any bodies, which are made from bytes.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use cors_axum::testing::{Browser, Fetch, Request};
    /// use cors_axum::{CorsLayer, CorsPolicy};
    /// use http::Response;
    /// use tower::{Layer, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let echo = service_fn(|request: http::Request<Vec<u8>>| async {
    ///     Ok::<_, Infallible>(Response::new(request.into_body()))
    /// });
    /// let mut service = CorsLayer::new(CorsPolicy::permissive()).layer(echo);
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("POST", "https://api.example.com/").content("hello");
    /// let reply = page.fetch_with(&mut service, request, |bytes| bytes).await?;
    /// assert_eq!(reply.body(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As `fetch`.
    fn fetch_with<S, A, B>(
        &mut self,
        service: &mut S,
        request: Request,
        body: impl FnMut(Vec<u8>) -> A,
    ) -> impl Future<Output = Result<Reply<B>, FetchError>>
    where
        S: Service<http::Request<A>, Response = Response<B>>,
        S::Error: Into<Box<dyn Error + Send + Sync>>;
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Sealed {}

    impl Sealed for super::Browser {}
}

impl Fetch for Browser {
    #[cfg(feature = "axum")]
    async fn fetch<S, B>(
        &mut self,
        service: &mut S,
        request: Request,
    ) -> Result<Reply<B>, FetchError>
    where
        S: Service<http::Request<axum::body::Body>, Response = Response<B>>,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.fetch_with(service, request, axum::body::Body::from).await
    }

    async fn fetch_with<S, A, B>(
        &mut self,
        service: &mut S,
        request: Request,
        mut body: impl FnMut(Vec<u8>) -> A,
    ) -> Result<Reply<B>, FetchError>
    where
        S: Service<http::Request<A>, Response = Response<B>>,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut drive = self.drive(&request);
        loop {
            drive = match drive {
                Drive::Send(request, awaiting) => {
                    let response = match poll_fn(|cx| service.poll_ready(cx)).await {
                        Ok(()) => {
                            // So that the layer tells its result.
                            let request = request.map(&mut body);
                            LayerScope::within(|| service.call(request)).await
                        }
                        Err(error) => Err(error),
                    };
                    awaiting.receive(response)
                }
                Drive::Done(result) => return result,
            };
        }
    }
}
