//! The engines, and where they differ from the standard.

use std::time::Duration;

/// Whose rules a browser follows: the standard's, or those of an engine where they differ.
///
/// Every difference that is modelled is a [`Quirk`]; beside them the engines differ in the order
/// of their checks, in their words ([`Blocked::message`](super::Blocked::message)) and in
/// [`Engine::max_age_limit`].
///
/// ```
/// use cors_core::browser::{Engine, Quirk};
///
/// assert!(Engine::Standard.quirks().is_empty());
/// assert!(Engine::Chromium.has(Quirk::AuthorizationCoveredByWildcard));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Engine {
    /// The Fetch standard to the letter: <https://fetch.spec.whatwg.org/>
    #[default]
    Standard,
    /// Chrome, Edge and other Chromium browsers, as observed in version 156.
    Chromium,
    /// Firefox, from its sources and documentation.
    Firefox,
    /// Safari and other WebKit browsers, from WebKit's sources.
    WebKit,
}

/// One difference between the standard and the engines that have it.
///
/// ```
/// use cors_core::browser::{Engine, Quirk};
///
/// assert!(Engine::Firefox.has(Quirk::UnparseableMaxAgeNotCached));
/// assert!(!Engine::Chromium.has(Quirk::UnparseableMaxAgeNotCached));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// `Access-Control-Allow-Headers: *` covers `Authorization` too.
    ///
    /// The standard asks for it by name. Chromium logs a deprecation, Firefox decides by the
    /// preference `network.cors_preflight.authorization_covered_by_wildcard`, on by default.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>
    AuthorizationCoveredByWildcard,
    /// A cached `*` covers `Authorization` too. Chromium, which lets the preflight itself pass,
    /// sends the next one again.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#concept-cache-match-header>
    AuthorizationCoveredByCachedWildcard,
    /// `DPR`, `Device-Memory`, `Downlink`, `ECT`, `Intervention`, `RTT`, `Save-Data`,
    /// `Viewport-Width` and `Width` need no preflight while their values look right: Chromium may
    /// add them itself.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
    ClientHintsSafelisted,
    /// Headers of the same name are joined before they are judged and sent: two times
    /// `Content-Type: text/plain` needs a preflight, `text/plain;a=b` beside `application/json`
    /// does not. The standard judges every header alone.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
    RepeatedHeadersJoined,
    /// `Range` is unsafe from 2^63 - 1 on; the standard knows no largest number.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#simple-range-header-value>
    RangeNumbersBounded,
    /// A `User-Agent` that a script sets is dropped without a word. By the standard it is sent,
    /// after a preflight.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#forbidden-request-header>
    UserAgentIgnored,
    /// `Access-Control-Max-Age` is a signed 64-bit number: `+600` is 600, what is below zero is
    /// not cached, what is too large counts as absent. The standard allows digits only.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#http-access-control-max-age>
    SignedMaxAge,
    /// A negative `Access-Control-Max-Age` is not cached; by the standard it is unparseable and
    /// so 5 seconds.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#http-access-control-max-age>
    NegativeMaxAgeNotCached,
    /// An `Access-Control-Max-Age` that is not a number is not cached at all, instead of for
    /// 5 seconds.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#http-access-control-max-age>
    UnparseableMaxAgeNotCached,
    /// The cache modes `no-store`, `reload` and `no-cache`, and the conditional request headers
    /// (`If-Match` and the like), bypass the preflight cache as they bypass the HTTP cache.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#concept-http-fetch>
    CacheModeBypassesPreflightCache,
    /// A page with an opaque origin sends every preflight; the standard caches it under `null`.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#cors-preflight-cache>
    OpaqueOriginNotCached,
    /// Preflights of URLs of 1,024 bytes and more are not cached.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#cors-preflight-cache>
    LongUrlNotCached,
    /// What an earlier preflight allowed at the same URL is forgotten when a later one is stored;
    /// the standard adds to it.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#concept-cache-create-entry>
    PreflightCacheEntryReplaced,
    /// A request that fails after its preflight leaves the preflight cache as it is.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#concept-cache-clear>
    PreflightCacheKeptOnFailure,
    /// A cached `*` that came with credentials covers nothing. The letter of the standard lets it
    /// cover every method and header, although the preflight that brought it did not.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#concept-cache-match-method>
    CredentialedWildcardNotCached,
    /// A preflight that refused the method or a header is cached for what it does allow.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    RefusedPreflightCached,
    /// A `HEAD` that needs a preflight for its headers looks for `HEAD` in the preflight cache;
    /// the standard exempts all three safelisted methods.
    ///
    /// Standard: <https://fetch.spec.whatwg.org/#concept-http-fetch>
    CachedHeadMustBeListed,
}

impl Engine {
    /// The ways in which this engine is known to leave the standard.
    ///
    /// ```
    /// use cors_core::browser::{Engine, Quirk};
    ///
    /// assert!(Engine::WebKit.quirks().contains(&Quirk::RefusedPreflightCached));
    /// ```
    #[must_use]
    pub const fn quirks(self) -> &'static [Quirk] {
        match self {
            Self::Standard => &[],
            Self::Chromium => &[
                Quirk::AuthorizationCoveredByWildcard,
                Quirk::ClientHintsSafelisted,
                Quirk::RepeatedHeadersJoined,
                Quirk::RangeNumbersBounded,
                Quirk::UserAgentIgnored,
                Quirk::SignedMaxAge,
                Quirk::CacheModeBypassesPreflightCache,
                Quirk::OpaqueOriginNotCached,
                Quirk::LongUrlNotCached,
                Quirk::PreflightCacheEntryReplaced,
                Quirk::PreflightCacheKeptOnFailure,
                Quirk::CredentialedWildcardNotCached,
            ],
            Self::Firefox => &[
                Quirk::AuthorizationCoveredByWildcard,
                Quirk::UnparseableMaxAgeNotCached,
                Quirk::CredentialedWildcardNotCached,
                Quirk::CachedHeadMustBeListed,
            ],
            Self::WebKit => &[
                Quirk::AuthorizationCoveredByWildcard,
                Quirk::AuthorizationCoveredByCachedWildcard,
                Quirk::NegativeMaxAgeNotCached,
                Quirk::PreflightCacheEntryReplaced,
                Quirk::PreflightCacheKeptOnFailure,
                Quirk::CredentialedWildcardNotCached,
                Quirk::RefusedPreflightCached,
            ],
        }
    }

    /// Does this engine have `quirk`?
    ///
    /// ```
    /// use cors_core::browser::{Engine, Quirk};
    ///
    /// assert!(Engine::Chromium.has(Quirk::SignedMaxAge));
    /// ```
    #[must_use]
    pub fn has(self, quirk: Quirk) -> bool {
        self.quirks().contains(&quirk)
    }

    /// How long this engine caches a preflight at most, whatever `Access-Control-Max-Age` says;
    /// `None` for the standard, which leaves the limit to the browser.
    ///
    /// Belongs to <https://fetch.spec.whatwg.org/#concept-cache-max-age>.
    ///
    /// ```
    /// use cors_core::browser::Engine;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Engine::Chromium.max_age_limit(), Some(Duration::from_secs(2 * 60 * 60)));
    /// ```
    #[must_use]
    pub const fn max_age_limit(self) -> Option<Duration> {
        match self {
            Self::Standard => None,
            Self::Chromium => Some(Duration::from_secs(7_200)),
            Self::Firefox => Some(Duration::from_secs(86_400)),
            Self::WebKit => Some(Duration::from_secs(600)),
        }
    }
}
