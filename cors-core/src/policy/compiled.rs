//! The form in which a policy is evaluated.

use http::HeaderValue;

use super::{AnyOr, FieldNames, Methods, NullOrigin, Prepared, Written};
use crate::error::ConfigWarning;
use crate::origin::OriginSet;
use crate::shared::leaked;

/// The compiled form. Invariants, established by `validate::build`:
/// any origin implies no credentials and no private network access; any exposed header implies no
/// credentials.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) name: Option<String>,
    pub(crate) origins: AnyOr<OriginSet>,
    pub(crate) null_origin: NullOrigin,
    pub(crate) methods: AnyOr<Methods>,
    pub(crate) headers: AnyOr<FieldNames>,
    pub(crate) exposed_headers: AnyOr<FieldNames>,
    pub(crate) credentials: bool,
    /// At most 86,400 seconds.
    pub(crate) max_age: Option<u32>,
    pub(crate) private_network: bool,
    pub(crate) timing_allow_origin: bool,
    /// Is another policy there for another method of the same paths?
    pub(crate) methods_differ: bool,
    pub(crate) values: Values,
    pub(crate) warnings: Vec<ConfigWarning>,
    /// For explanations; no part of what the policy is.
    pub(crate) written: Option<Box<Written>>,
    pub(crate) prepared: Prepared,
}

impl Compiled {
    /// With credentials browsers read `*` as a method of that name, so any method is answered by
    /// the one that was asked for: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    pub(crate) fn mirrors_method(&self) -> bool {
        self.credentials && self.methods.is_any()
    }

    /// As [`Self::mirrors_method`], for headers.
    pub(crate) fn mirrors_headers(&self) -> bool {
        self.credentials && self.headers.is_any()
    }

    /// Do the answers to preflights of one origin depend on what is asked?
    pub(crate) fn preflights_differ(&self) -> bool {
        self.methods_differ || self.mirrors_method() || self.mirrors_headers()
    }

    /// The same policy, whose texts live as long as the program. What was prepared from the old
    /// texts is dropped with them.
    pub(super) fn leak(self) -> Self {
        let origins = match self.origins {
            AnyOr::Any => AnyOr::Any,
            AnyOr::Listed(origins) => AnyOr::Listed(origins.leak()),
        };
        let values = self.values.leak();
        Self { origins, values, prepared: Prepared::default(), ..self }
    }
}

/// The field values that do not depend on the request, ready to be cloned. A value that
/// is mirrored takes precedence.
#[derive(Clone, Default)]
pub(crate) struct Values {
    pub(crate) allow_methods: Option<HeaderValue>,
    pub(crate) allow_headers: Option<HeaderValue>,
    pub(crate) expose_headers: Option<HeaderValue>,
    pub(crate) max_age: Option<HeaderValue>,
}

impl Values {
    fn leak(self) -> Self {
        let leak = |value: Option<HeaderValue>| value.as_ref().map(leaked);
        Self {
            allow_methods: leak(self.allow_methods),
            allow_headers: leak(self.allow_headers),
            expose_headers: leak(self.expose_headers),
            max_age: leak(self.max_age),
        }
    }
}
