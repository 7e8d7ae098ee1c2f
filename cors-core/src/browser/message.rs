//! What the engines write to their consoles. The sentences are theirs, frames included.

mod chromium;
mod firefox;
mod webkit;

use super::blocked::Case;
use super::engine::Engine;
use super::failure::Failure;
use super::request::InitiatorType;

/// An engine's words for a failure.
pub(super) struct Words {
    pub(super) name: Option<&'static str>,
    /// What of the text does not depend on the URL.
    pub(super) sentence: String,
    pub(super) text: String,
}

/// `None` where the engine says nothing about CORS.
pub(super) fn words(engine: Engine, failure: &Failure, case: &Case) -> Option<Words> {
    match engine {
        Engine::Standard => None,
        Engine::Chromium => chromium::words(failure, case),
        Engine::Firefox => firefox::words(failure, case),
        Engine::WebKit => webkit::words(failure, case),
    }
}

/// Bytes as text, each byte one character.
///
/// <https://infra.spec.whatwg.org/#isomorphic-decode>
fn isomorphic_decoded(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The name of the API in sentences that begin with it.
const fn api(initiator: InitiatorType) -> &'static str {
    match initiator {
        InitiatorType::Fetch => "Fetch API",
        InitiatorType::XmlHttpRequest => "XMLHttpRequest",
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Stage;
    use super::*;

    /// One row per engine and failure: stage, failure, name, text.
    #[test]
    fn every_engine_has_its_words() {
        let value = |text: &str| text.as_bytes().to_vec();
        let mismatch = |text: &str, lines| Failure::AllowOriginMismatch {
            value: value(text),
            lines,
            origin: "https://app.example.com".into(),
        };
        let (chromium, firefox, webkit) = (Engine::Chromium, Engine::Firefox, Engine::WebKit);
        for (engine, stage, failure, name, text) in [
            (
                chromium,
                Stage::Preflight,
                Failure::PreflightStatus(404),
                Some("PreflightInvalidStatus"),
                "Access to fetch at 'https://b.example/' (redirected from 'https://a.example/') from \
                 origin 'https://app.example.com' has been blocked by CORS policy: Response to \
                 preflight request doesn't pass access control check: It does not have HTTP ok status.",
            ),
            (
                firefox,
                Stage::Preflight,
                Failure::PreflightStatus(404),
                Some("CORSPreflightDidNotSucceed3"),
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote \
                 resource at https://b.example/. (Reason: CORS preflight response did not succeed). \
                 Status code: 404.",
            ),
            (
                firefox,
                Stage::Actual,
                mismatch("a, b", 2),
                Some("CORSMultipleAllowOriginNotAllowed"),
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote \
                 resource at https://b.example/. (Reason: Multiple CORS header \
                 ‘Access-Control-Allow-Origin’ not allowed).",
            ),
            (
                firefox,
                Stage::Actual,
                mismatch("a, b", 1),
                Some("CORSAllowOriginNotMatchingOrigin"),
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote \
                 resource at https://b.example/. (Reason: CORS header \
                 ‘Access-Control-Allow-Origin’ does not match ‘a, b’).",
            ),
            (
                firefox,
                Stage::Preflight,
                Failure::HeaderNotAllowed("x-a".into()),
                Some("CORSMissingAllowHeaderFromPreflight2"),
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote \
                 resource at https://b.example/. (Reason: header ‘x-a’ is not allowed according to \
                 header ‘Access-Control-Allow-Headers’ from CORS preflight response).",
            ),
            (
                firefox,
                Stage::Actual,
                Failure::AllowOriginMissing,
                Some("CORSMissingAllowOrigin2"),
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote \
                 resource at https://b.example/. (Reason: CORS header \
                 ‘Access-Control-Allow-Origin’ missing). Status code: 404.",
            ),
            (
                chromium,
                Stage::Redirect,
                Failure::LocationSchemeNotHttp("ftp://c.example/".into()),
                Some("CorsDisabledScheme"),
                "Access to fetch at 'ftp://c.example/' (redirected from 'https://a.example/') from \
                 origin 'https://app.example.com' has been blocked by CORS policy: Cross origin \
                 requests are only supported for protocol schemes: chrome, \
                 chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, \
                 data, http, https, isolated-app.",
            ),
            (
                webkit,
                Stage::Actual,
                mismatch("a, b", 1),
                None,
                "Access-Control-Allow-Origin cannot contain more than one origin.\n\
                 Fetch API cannot load https://b.example/ due to access control checks.",
            ),
            (
                webkit,
                Stage::Actual,
                mismatch("a b", 1),
                None,
                "Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. \
                 Status code: 404\n\
                 Fetch API cannot load https://b.example/ due to access control checks.",
            ),
            (
                webkit,
                Stage::Preflight,
                Failure::PreflightRedirect(307),
                None,
                "Preflight response is not successful. Status code: 307\n\
                 Fetch API cannot load https://b.example/ due to access control checks.",
            ),
        ] {
            let found = words(engine, &failure, &case(stage)).unwrap();
            assert_eq!((found.name, found.text.as_str()), (name, text));
            assert!(text.contains(&found.sentence), "{}", found.sentence);
        }
    }

    #[test]
    fn chromium_tells_values_of_the_origin_apart() {
        let chromium = |text: &[u8], initiator| {
            let failure =
                Failure::AllowOriginMismatch { value: text.into(), lines: 1, origin: "x".into() };
            let case = Case { initiator, ..case(Stage::Actual) };
            let words = words(Engine::Chromium, &failure, &case).unwrap();
            (words.name.unwrap(), words.text)
        };
        for (value, name, shown) in [
            (&b"a b"[..], "MultipleAllowOriginValues", "a b"),
            (b"*,", "MultipleAllowOriginValues", "*,"),
            (b"null", "AllowOriginMismatch", "null"),
            (b"https://b.example", "AllowOriginMismatch", "https://b.example"),
            (b"b.example:80", "AllowOriginMismatch", "b.example:80"),
            (b"b.example", "InvalidAllowOriginValue", "b.example"),
            (b"NULL", "InvalidAllowOriginValue", "NULL"),
            (b"", "InvalidAllowOriginValue", ""),
            (b"http://b\xFCcher.example", "InvalidAllowOriginValue", "http://b\\u00FCcher.example"),
            ("http://b\u{FC}".as_bytes(), "AllowOriginMismatch", "http://b\\u00C3\\u00BC"),
        ] {
            let (found, text) = chromium(value, InitiatorType::Fetch);
            assert_eq!(found, name, "{value:?}");
            assert!(
                text.contains(&format!("value '{shown}'"))
                    || text.contains(&format!("values '{shown}'")),
                "{text}"
            );
            assert!(
                text.ends_with("Have the server send the header with a valid value."),
                "{text}"
            );
            let (_, text) = chromium(value, InitiatorType::XmlHttpRequest);
            assert!(!text.contains("Have the server"), "{text}");
        }
    }

    #[test]
    fn chromium_says_nothing_of_redirects_to_data_and_about() {
        for location in ["data:text/plain,x", "about:blank"] {
            let failure = Failure::LocationSchemeNotHttp(location.into());
            assert!(words(Engine::Chromium, &failure, &case(Stage::Redirect)).is_none());
            assert!(words(Engine::WebKit, &failure, &case(Stage::Redirect)).is_some());
        }
    }

    #[test]
    fn nobody_comments_on_arguments_that_the_api_throws_at() {
        for engine in [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::WebKit] {
            let failure = Failure::ForbiddenMethod("TRACE".into());
            assert!(words(engine, &failure, &case(Stage::Arguments)).is_none());
        }
    }

    fn case(stage: Stage) -> Case {
        Case {
            engine: Engine::Standard,
            stage,
            failures: vec![],
            origin: "https://app.example.com".into(),
            url: "https://b.example/".into(),
            redirected_from: Some("https://a.example/".into()),
            status: Some(404),
            after_preflight: false,
            initiator: InitiatorType::Fetch,
        }
    }
}
