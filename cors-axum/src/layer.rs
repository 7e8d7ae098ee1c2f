//! The layer: what to apply, and to what it applies it.

use cors_core::{ConfigErrors, CorsOptions, CorsProcessor};
use http::StatusCode;
use tower_layer::Layer;

use crate::service::Cors;

/// Puts a tower service under CORS policies.
///
/// Made from one policy or from [`CorsOptions`], both of which are checked already: nothing can
/// fail once it is at work. Its clone is a reference count, however many origins there are.
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
pub struct CorsLayer {
    processor: CorsProcessor,
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
        Self { processor: CorsProcessor::new(options) }
    }

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
        Ok(Self { processor: self.processor.named(name)? })
    }

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
        Ok(Self { processor: self.processor.preflight_status(status)? })
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
        Ok(Self { processor: self.processor.refused_preflight_status(status)? })
    }
}

impl<S> Layer<S> for CorsLayer {
    type Service = Cors<S>;

    fn layer(&self, inner: S) -> Cors<S> {
        Cors::new(inner, self.processor.clone())
    }
}
