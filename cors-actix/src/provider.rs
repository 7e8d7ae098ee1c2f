//! Where the policies come from.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::dev::{Extensions, ServiceRequest};
use cors_core::{CorsOptions, CorsPolicyProvider, ProvidedPolicy};

use crate::request::View;

#[derive(Clone)]
pub(crate) enum Policies {
    /// They are there.
    Options(CorsOptions),
    /// They may take a while.
    Provided(Provider),
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(options) => options.fmt(f),
            Self::Provided(_) => f.write_str("Provider"),
        }
    }
}

/// A provider, and what it is shown.
#[derive(Clone)]
pub(crate) struct Provider {
    provider: Arc<dyn CorsPolicyProvider>,
    declared: Vec<Show>,
}

/// Copies a value of one type.
type Show = fn(&Extensions, &mut http::Extensions);

impl Provider {
    pub(crate) fn new(provider: impl CorsPolicyProvider) -> Self {
        Self { provider: Arc::new(provider), declared: Vec::new() }
    }

    /// Shows the provider the values of this type that an earlier middleware stored.
    pub(crate) fn declare<T: Clone + Send + Sync + 'static>(&mut self) {
        self.declared.push(|extensions, data| {
            if let Some(value) = extensions.get::<T>() {
                data.insert(value.clone());
            }
        });
    }

    pub(crate) fn provide(&self, request: &ServiceRequest) -> ProvidedPolicy {
        let mut data = http::Extensions::new();
        for show in &self.declared {
            show(&request.extensions(), &mut data);
        }
        self.provider.provide(&View::new(request).context().with_data(&data))
    }
}
