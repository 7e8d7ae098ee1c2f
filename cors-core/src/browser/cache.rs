//! The CORS-preflight cache: <https://fetch.spec.whatwg.org/#concept-cache>

use std::time::Duration;

use super::engine::{Engine, Quirk};
use super::headers::HeaderList;

/// How long a preflight is cached where the response does not say.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5);
/// The length from which on Chromium does not cache a URL, in bytes.
const LONG_URL: usize = 1_024;

/// What preflights have allowed.
///
/// There is one cache per [`Browser`](super::Browser), which stands for one page: the network
/// partition key of the standard, the site of the top-level page, is the same for all entries and
/// left out. Time is what the caller says it is.
///
/// <https://fetch.spec.whatwg.org/#cors-preflight-cache>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PreflightCache {
    entries: Vec<Entry>,
}

/// What a request is looked up by.
#[derive(Clone, Debug)]
pub(super) struct CacheKey {
    /// The byte-serialised request origin, `null` after a tainting redirect.
    pub(super) origin: String,
    /// The current URL, query and fragment included.
    pub(super) url: String,
    /// Is the credentials mode `include`?
    pub(super) include: bool,
}

/// What a preflight response allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) methods: Vec<Vec<u8>>,
    pub(super) header_names: Vec<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    origin: String,
    url: String,
    credentials: bool,
    expires: Duration,
    allows: Allows,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Allows {
    Method(Vec<u8>),
    HeaderName(Vec<u8>),
}

impl PreflightCache {
    /// Stores one entry per method and header name, or prolongs the one that is there.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-create-entry>
    pub(super) fn store(
        &mut self,
        key: &CacheKey,
        allowed: Allowed,
        max_age: Duration,
        now: Duration,
        engine: Engine,
    ) {
        if engine.has(Quirk::LongUrlNotCached) && key.url.len() >= LONG_URL {
            return;
        }
        if engine.has(Quirk::PreflightCacheEntryReplaced) {
            self.clear(key);
        }
        self.entries.retain(|entry| entry.expires > now);
        let expires = now.saturating_add(max_age);
        let methods = allowed.methods.into_iter().map(Allows::Method);
        for allows in methods.chain(allowed.header_names.into_iter().map(Allows::HeaderName)) {
            let known = self
                .entries
                .iter_mut()
                .filter(|entry| entry.matches(key) && entry.allows == allows);
            if known.map(|entry| entry.expires = expires).count() == 0 {
                let (origin, url) = (key.origin.clone(), key.url.clone());
                self.entries.push(Entry { origin, url, credentials: key.include, expires, allows });
            }
        }
    }

    /// <https://fetch.spec.whatwg.org/#concept-cache-match-method>
    pub(super) fn allows_method(
        &self,
        key: &CacheKey,
        method: &str,
        now: Duration,
        engine: Engine,
    ) -> bool {
        self.fresh(key, now).any(|entry| match &entry.allows {
            Allows::Method(allowed) if allowed == b"*" && method != "*" => {
                entry.is_wildcard(engine)
            }
            Allows::Method(allowed) => allowed == method.as_bytes(),
            Allows::HeaderName(_) => false,
        })
    }

    /// <https://fetch.spec.whatwg.org/#concept-cache-match-header>
    pub(super) fn allows_header(
        &self,
        key: &CacheKey,
        name: &str,
        now: Duration,
        engine: Engine,
    ) -> bool {
        let covered = name != crate::fetch::NON_WILDCARD_REQUEST_HEADER_NAME
            || engine.has(Quirk::AuthorizationCoveredByCachedWildcard);
        self.fresh(key, now).any(|entry| match &entry.allows {
            Allows::HeaderName(allowed) if allowed == b"*" && name != "*" => {
                covered && entry.is_wildcard(engine)
            }
            Allows::HeaderName(allowed) => allowed.eq_ignore_ascii_case(name.as_bytes()),
            Allows::Method(_) => false,
        })
    }

    /// Forgets everything about origin and URL.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-clear>
    pub(super) fn clear(&mut self, key: &CacheKey) {
        self.entries.retain(|entry| entry.origin != key.origin || entry.url != key.url);
    }

    fn fresh(&self, key: &CacheKey, now: Duration) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.expires > now && entry.matches(key))
    }
}

impl Entry {
    /// An entry made without credentials does not serve a request with them; the other way round
    /// it does.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match>
    fn matches(&self, key: &CacheKey) -> bool {
        self.origin == key.origin && self.url == key.url && (self.credentials || !key.include)
    }

    fn is_wildcard(&self, engine: Engine) -> bool {
        !(self.credentials && engine.has(Quirk::CredentialedWildcardNotCached))
    }
}

/// How long to cache a preflight response; zero is not at all.
///
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
pub(super) fn max_age(headers: &HeaderList, engine: Engine) -> Duration {
    const FIELD: &str = "access-control-max-age";
    let value = headers.combined(FIELD).unwrap_or_default();
    let (sign, digits) = match value.as_slice() {
        [sign @ (b'+' | b'-'), digits @ ..] => (Some(*sign), digits),
        digits => (None, digits),
    };
    let accepted = match sign {
        None => true,
        Some(b'-') => engine.has(Quirk::SignedMaxAge) || engine.has(Quirk::NegativeMaxAgeNotCached),
        Some(_) => engine.has(Quirk::SignedMaxAge),
    };
    match seconds(digits).filter(|_| accepted) {
        Some(seconds) if engine.has(Quirk::SignedMaxAge) && i64::try_from(seconds).is_err() => {
            DEFAULT_MAX_AGE
        }
        Some(_) if sign == Some(b'-') => Duration::ZERO,
        Some(seconds) => {
            Duration::from_secs(seconds).min(engine.max_age_limit().unwrap_or(Duration::MAX))
        }
        None if engine.has(Quirk::UnparseableMaxAgeNotCached) && !value.is_empty() => {
            Duration::ZERO
        }
        None => DEFAULT_MAX_AGE,
    }
}

/// Any number of digits; what is too large counts as the largest number.
fn seconds(digits: &[u8]) -> Option<u64> {
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    valid.then(|| {
        digits.iter().fold(0_u64, |seconds, digit| {
            seconds.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);
    const ENGINES: [Engine; 4] =
        [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::WebKit];

    #[test]
    fn max_age_is_read_as_each_engine_reads_it() {
        const NONE: &[&str] = &[];
        // Seconds by the standard, in Chromium, Firefox and WebKit.
        for (lines, expected) in [
            (NONE, [5, 5, 5, 5]),
            (&[""], [5, 5, 5, 5]),
            (&["0"], [0, 0, 0, 0]),
            (&[" 060\t"], [60, 60, 60, 60]),
            (&["700"], [700, 700, 700, 600]),
            (&["100000"], [100_000, 7_200, 86_400, 600]),
            (&["-1"], [5, 0, 0, 0]),
            (&["-0"], [5, 0, 0, 0]),
            (&["+600"], [5, 600, 0, 5]),
            (&["+"], [5, 5, 0, 5]),
            (&["1.5"], [5, 5, 0, 5]),
            (&["abc"], [5, 5, 0, 5]),
            (&["600, 600"], [5, 5, 0, 5]),
            (&["600", "600"], [5, 5, 0, 5]),
            (&["0", "0"], [5, 5, 0, 5]),
            (&["9223372036854775807"], [i64::MAX.unsigned_abs(), 7_200, 86_400, 600]),
            (&["9223372036854775808"], [1 << 63, 5, 86_400, 600]),
            (&["99999999999999999999"], [u64::MAX, 5, 86_400, 600]),
        ] {
            let headers: HeaderList =
                lines.iter().map(|line| ("Access-Control-Max-Age", line)).collect();
            let found = ENGINES.map(|engine| max_age(&headers, engine).as_secs());
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    #[test]
    fn entries_match_by_origin_url_and_credentials() {
        let stored = key("https://a.example", "https://b.example/x", false);
        let cache = cache_of(&stored, "PUT", "X-A", Engine::Standard);
        for (origin, url, include, matches) in [
            ("https://a.example", "https://b.example/x", false, true),
            ("https://a.example", "https://b.example/x", true, false),
            ("null", "https://b.example/x", false, false),
            ("https://a.example", "https://b.example/x?", false, false),
            ("https://a.example", "https://b.example/x#y", false, false),
        ] {
            let key = key(origin, url, include);
            let found = cache.allows_method(&key, "PUT", NOW, Engine::Standard);
            assert_eq!(found, matches, "{key:?}");
            let found = cache.allows_header(&key, "x-a", NOW, Engine::Standard);
            assert_eq!(found, matches, "{key:?}");
        }
        let stored = CacheKey { include: true, ..stored };
        let cache = cache_of(&stored, "PUT", "X-A", Engine::Standard);
        for include in [true, false] {
            let key = CacheKey { include, ..stored.clone() };
            assert!(cache.allows_method(&key, "PUT", NOW, Engine::Standard));
        }
        assert!(!cache.allows_method(&stored, "put", NOW, Engine::Standard));
    }

    #[test]
    fn entries_expire_and_are_prolonged() {
        let key = key("https://a.example", "https://b.example/", false);
        let mut cache = cache_of(&key, "PUT", "x-a", Engine::Standard);
        let (early, late) = (NOW + Duration::from_secs(59), NOW + Duration::from_secs(60));
        assert!(cache.allows_method(&key, "PUT", early, Engine::Standard));
        assert!(!cache.allows_method(&key, "PUT", late, Engine::Standard));
        cache.store(&key, allowed("PUT", ""), Duration::from_secs(60), early, Engine::Standard);
        assert!(cache.allows_method(&key, "PUT", late, Engine::Standard));
        assert!(!cache.allows_header(&key, "x-a", late, Engine::Standard));
        cache.store(&key, allowed("PUT", ""), Duration::ZERO, late, Engine::Standard);
        assert!(!cache.allows_method(&key, "PUT", late, Engine::Standard));
    }

    #[test]
    fn cached_wildcards_cover_what_each_engine_lets_them_cover() {
        let without = key("https://a.example", "https://b.example/", false);
        let with = CacheKey { include: true, ..without.clone() };
        // Method, header and Authorization under `*` without credentials; method with them.
        for (engine, expected) in [
            (Engine::Standard, [true, true, false, true]),
            (Engine::Chromium, [true, true, false, false]),
            (Engine::Firefox, [true, true, false, false]),
            (Engine::WebKit, [true, true, true, false]),
        ] {
            let cache = cache_of(&without, "*", "*", engine);
            let credentialed = cache_of(&with, "*", "*", engine);
            let found = [
                cache.allows_method(&without, "PUT", NOW, engine),
                cache.allows_header(&without, "x-a", NOW, engine),
                cache.allows_header(&without, "authorization", NOW, engine),
                credentialed.allows_method(&with, "PUT", NOW, engine),
            ];
            assert_eq!(found, expected, "{engine:?}");
            assert!(credentialed.allows_method(&with, "*", NOW, engine), "{engine:?}");
            assert!(credentialed.allows_header(&with, "*", NOW, engine), "{engine:?}");
        }
    }

    #[test]
    fn a_later_preflight_adds_or_replaces() {
        let key = key("https://a.example", "https://b.example/", false);
        for (engine, kept) in [
            (Engine::Standard, true),
            (Engine::Chromium, false),
            (Engine::Firefox, true),
            (Engine::WebKit, false),
        ] {
            let mut cache = cache_of(&key, "PUT", "", engine);
            cache.store(&key, allowed("DELETE", ""), Duration::from_secs(60), NOW, engine);
            assert_eq!(cache.allows_method(&key, "PUT", NOW, engine), kept, "{engine:?}");
            assert!(cache.allows_method(&key, "DELETE", NOW, engine), "{engine:?}");
        }
    }

    #[test]
    fn chromium_does_not_cache_long_urls() {
        for (length, cached) in [(1_023, true), (1_024, false)] {
            let key = key("https://a.example", &"u".repeat(length), false);
            let cache = cache_of(&key, "PUT", "", Engine::Chromium);
            assert_eq!(cache.allows_method(&key, "PUT", NOW, Engine::Chromium), cached);
            let cache = cache_of(&key, "PUT", "", Engine::Standard);
            assert!(cache.allows_method(&key, "PUT", NOW, Engine::Standard));
        }
    }

    #[test]
    fn clearing_forgets_one_origin_and_url() {
        let one = key("https://a.example", "https://b.example/1", false);
        let two = key("https://a.example", "https://b.example/2", false);
        let null = key("null", "https://b.example/1", false);
        let mut cache = cache_of(&one, "PUT", "x-a", Engine::Standard);
        let sixty = Duration::from_secs(60);
        cache.store(&two, allowed("PUT", ""), sixty, NOW, Engine::Standard);
        cache.store(&null, allowed("PUT", ""), sixty, NOW, Engine::Standard);
        cache.clear(&one);
        assert!(!cache.allows_method(&one, "PUT", NOW, Engine::Standard));
        assert!(cache.allows_method(&two, "PUT", NOW, Engine::Standard));
        assert!(cache.allows_method(&null, "PUT", NOW, Engine::Standard));
    }

    #[test]
    fn a_preflight_without_credentials_does_not_revive_one_with() {
        let with = key("https://a.example", "https://b.example/", true);
        let without = CacheKey { include: false, ..with.clone() };
        let mut cache = cache_of(&with, "PUT", "", Engine::Standard);
        let later = NOW + Duration::from_secs(60);
        cache.store(&without, allowed("PUT", ""), Duration::from_secs(60), later, Engine::Standard);
        assert!(cache.allows_method(&without, "PUT", later, Engine::Standard));
        assert!(!cache.allows_method(&with, "PUT", later, Engine::Standard));
    }

    fn key(origin: &str, url: &str, include: bool) -> CacheKey {
        CacheKey { origin: origin.into(), url: url.into(), include }
    }

    fn allowed(method: &str, header_name: &str) -> Allowed {
        Allowed { methods: vec![method.into()], header_names: vec![header_name.into()] }
    }

    fn cache_of(key: &CacheKey, method: &str, name: &str, engine: Engine) -> PreflightCache {
        let mut cache = PreflightCache::default();
        cache.store(key, allowed(method, name), Duration::from_secs(60), NOW, engine);
        cache
    }
}
