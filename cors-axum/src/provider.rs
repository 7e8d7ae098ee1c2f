//! Where policies come from that are chosen for each request.

use std::fmt;
use std::sync::Arc;

use cors_core::{CorsPolicyProvider, ProvidedPolicy};
use http::Request;

use crate::request::{Target, context};

/// The policies come from a [`CorsPolicyProvider`], which may take a while: the inner service has
/// to be [`Clone`], since it waits with the request.
///
/// ```
/// use cors_axum::{CorsLayer, CorsPolicy, Provider, RequestContext};
///
/// let policy = CorsPolicy::permissive();
/// let layer: CorsLayer<Provider> =
///     CorsLayer::with_provider(move |_: &RequestContext<'_>| policy.clone());
/// ```
#[derive(Clone)]
pub struct Provider(Arc<dyn CorsPolicyProvider>);

impl Provider {
    pub(crate) fn new(provider: impl CorsPolicyProvider) -> Self {
        Self(Arc::new(provider))
    }

    #[inline]
    pub(crate) fn provide<B>(&self, request: &Request<B>) -> ProvidedPolicy {
        self.0.provide(&context(request, &Target(request)))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}
