//! Why a request is refused.

use crate::excerpt::Excerpt;

/// One step that a request failed, with the text that failed it.
///
/// ```
/// use cors_core::{CorsPolicy, CorsRequest, CorsService, RefusalReason};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "null")];
/// let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
/// assert!(result.reasons().eq([&RefusalReason::NullOriginNotAllowed]));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case", tag = "reason"))]
#[non_exhaustive]
pub enum RefusalReason {
    /// No entry of the policy is or matches the origin.
    #[error("the origin `{origin}` is not allowed")]
    OriginNotAllowed {
        /// The beginning of the `Origin` field.
        origin: Excerpt,
    },
    /// The origin is `null`, which the policy does not allow.
    #[error("the origin `null` is not allowed")]
    NullOriginNotAllowed,
    /// The origin matches a regex or a predicate that does not admit insecure origins, and the
    /// policy allows credentials.
    #[error("the origin `{origin}` is insecure and not allowed with credentials")]
    InsecureOriginNotAllowed {
        /// The beginning of the `Origin` field.
        origin: Excerpt,
    },
    /// The origin has more than 512 bytes.
    #[error("the origin has {length} bytes; no more than 512 are looked at")]
    OriginTooLong {
        /// The length of the `Origin` field, in bytes.
        length: usize,
    },
    /// There are several `Origin` lines; browsers send one.
    #[error("the request has several `Origin` lines")]
    SeveralOrigins,
    /// The preflight asks for no method, in an empty line.
    #[error("the preflight has an empty `Access-Control-Request-Method`")]
    RequestedMethodEmpty,
    /// The preflight asks for several methods.
    #[error("the preflight has several `Access-Control-Request-Method` lines")]
    RequestedMethodRepeated,
    /// The requested method has more than 256 bytes.
    #[error("the requested method has {length} bytes; no more than 256 are looked at")]
    RequestedMethodTooLong {
        /// The length of the requested method, in bytes.
        length: usize,
    },
    /// The requested method is not one token.
    #[error("the requested method `{method}` is not a token")]
    RequestedMethodNotAToken {
        /// The beginning of the requested method.
        method: Excerpt,
    },
    /// The requested method is CONNECT, TRACE or TRACK, which browsers never send.
    #[error("the requested method `{method}` is forbidden to browsers")]
    RequestedMethodForbidden {
        /// The requested method.
        method: Excerpt,
    },
    /// An element of `Access-Control-Request-Headers` is not a token.
    #[error("the requested headers hold `{element}`, which is not a token")]
    RequestedHeadersMalformed {
        /// The beginning of the element and what follows it.
        element: Excerpt,
    },
    /// `Access-Control-Request-Headers` holds more than is read: more elements than the policy has
    /// names and 16, more than 16 empty or repeated ones, or, where any header is allowed, more
    /// than 256 names or 16 KiB.
    #[error("the preflight asks for more headers than are read")]
    TooManyRequestedHeaders,
    /// The policy does not list the requested method. Also of a method `*` where credentials are
    /// allowed, since browsers could take an answer of that name for the wildcard.
    #[error("the method `{method}` is not allowed")]
    MethodNotAllowed {
        /// The beginning of the requested method.
        method: Excerpt,
    },
    /// The policy does not list a requested header. Also of a header `*` where credentials are
    /// allowed, as with methods.
    #[error("the request header `{name}` is not allowed")]
    HeaderNotAllowed {
        /// The beginning of the first such name.
        name: Excerpt,
    },
    /// The policy does not allow access to a private network.
    #[error("access to a private network is not allowed")]
    PrivateNetworkNotAllowed,
}

impl RefusalReason {
    /// Does the reason lie in a preflight that no browser sends?
    ///
    /// ```
    /// # use cors_core::RefusalReason;
    /// assert!(RefusalReason::RequestedMethodEmpty.is_malformed());
    /// assert!(!RefusalReason::PrivateNetworkNotAllowed.is_malformed());
    /// ```
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.fault() == Fault::Malformed
    }

    /// Does the reason lie in the origin?
    ///
    /// ```
    /// # use cors_core::RefusalReason;
    /// assert!(RefusalReason::SeveralOrigins.is_of_origin());
    /// assert!(!RefusalReason::TooManyRequestedHeaders.is_of_origin());
    /// ```
    #[must_use]
    pub fn is_of_origin(&self) -> bool {
        self.fault() == Fault::Origin
    }

    /// Every reason by name, so that a new one does not compile before it is decided where it
    /// belongs: who is told the lists of a policy depends on it.
    fn fault(&self) -> Fault {
        match self {
            Self::OriginNotAllowed { .. }
            | Self::NullOriginNotAllowed
            | Self::InsecureOriginNotAllowed { .. }
            | Self::OriginTooLong { .. }
            | Self::SeveralOrigins => Fault::Origin,
            Self::RequestedMethodEmpty
            | Self::RequestedMethodRepeated
            | Self::RequestedMethodTooLong { .. }
            | Self::RequestedMethodNotAToken { .. }
            | Self::RequestedMethodForbidden { .. }
            | Self::RequestedHeadersMalformed { .. }
            | Self::TooManyRequestedHeaders => Fault::Malformed,
            Self::MethodNotAllowed { .. }
            | Self::HeaderNotAllowed { .. }
            | Self::PrivateNetworkNotAllowed => Fault::NotAllowed,
        }
    }
}

/// Where a reason lies.
#[derive(PartialEq, Eq)]
enum Fault {
    Origin,
    /// In a preflight that no browser sends.
    Malformed,
    /// In what is asked for, which the policy does not allow.
    NotAllowed,
}

/// Every step that a preflight failed, in the order of the standard; never empty.
///
/// ```
/// use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [
///     ("origin", "https://app.example.com"),
///     ("access-control-request-method", "PUT"),
///     ("access-control-request-headers", "content-type,x-id"),
/// ];
/// let request = CorsRequest::new("OPTIONS", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &policy);
/// let CorsOutcome::PreflightRefused(reasons) = result.outcome() else { panic!() };
/// assert_eq!(reasons.first().to_string(), "the method `PUT` is not allowed");
/// assert_eq!(reasons.iter().count(), 2);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalReasons {
    first: RefusalReason,
    /// One for each later step; there are four steps.
    rest: [Option<RefusalReason>; 3],
}

impl RefusalReasons {
    /// The reasons of the steps that failed; none where all passed.
    #[inline]
    pub(crate) fn of_steps(steps: [&Option<RefusalReason>; 4]) -> Option<Self> {
        let mut failed = steps.into_iter().flatten().copied();
        let first = failed.next()?;
        Some(Self { first, rest: std::array::from_fn(|_| failed.next()) })
    }

    /// The reason that Chromium reports.
    ///
    /// ```
    /// # use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService, RefusalReason};
    /// # let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "null"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &policy);
    /// let CorsOutcome::PreflightRefused(reasons) = result.outcome() else { panic!() };
    /// assert_eq!(reasons.first(), &RefusalReason::NullOriginNotAllowed);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn first(&self) -> &RefusalReason {
        &self.first
    }

    /// All reasons, the first one first.
    ///
    /// ```
    /// # use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService};
    /// # let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "null"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &policy);
    /// let CorsOutcome::PreflightRefused(reasons) = result.outcome() else { panic!() };
    /// assert!(reasons.iter().map(|reason| reason.is_of_origin()).eq([true, false]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &RefusalReason> {
        std::iter::once(&self.first).chain(self.rest.iter().flatten())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for RefusalReasons {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
