//! Failures in the words of Chromium.

use super::super::blocked::Case;
use super::super::failure::{Failure, Stage};
use super::super::request::InitiatorType;
use super::super::url;
use super::{Words, api};

/// The schemes that Chromium 156 lists.
const CORS_SCHEMES: &str = "chrome, chrome-experimental-site-token-provider, chrome-extension, \
                            chrome-untrusted, data, http, https, isolated-app";

/// The words of Chromium 156; the name is that of the developer tools' `corsErrorStatus`.
pub(super) fn words(failure: &Failure, case: &Case) -> Option<Words> {
    let (name, message) = match failure {
        // These two stand outside the frame, and outside the enumeration.
        Failure::CrossOriginInSameOriginMode => return Some(mode_same_origin(case)),
        Failure::SchemeNotHttp(scheme) => return Some(unsupported_scheme(scheme, case)),
        Failure::AllowOriginMissing
        | Failure::AllowOriginWildcard
        | Failure::AllowOriginMismatch { .. }
        | Failure::AllowCredentialsNotTrue(_) => cors_check(failure, case)?,
        Failure::PreflightStatus(_) => {
            ("PreflightInvalidStatus", "It does not have HTTP ok status.".to_owned())
        }
        Failure::PreflightRedirect(_) => (
            "PreflightDisallowedRedirect",
            "Redirect is not allowed for a preflight request.".to_owned(),
        ),
        Failure::AllowMethodsUnparseable { .. } => {
            ("InvalidAllowMethodsPreflightResponse", cannot_parse("Access-Control-Allow-Methods"))
        }
        Failure::AllowHeadersUnparseable { .. } => {
            ("InvalidAllowHeadersPreflightResponse", cannot_parse("Access-Control-Allow-Headers"))
        }
        Failure::MethodNotAllowed(method) => (
            "MethodDisallowedByPreflightResponse",
            format!(
                "Method {method} is not allowed by Access-Control-Allow-Methods in preflight \
                 response."
            ),
        ),
        Failure::AuthorizationNotListed { .. } => header_not_allowed("authorization"),
        Failure::HeaderNotAllowed(name) => header_not_allowed(name),
        // The location is left out, although the sentence has a place for it.
        Failure::LocationIncludesCredentials(_) => (
            "RedirectContainsCredentials",
            "Redirect location '' contains a username and password, which is disallowed for \
             cross-origin requests."
                .to_owned(),
        ),
        // The network stack stops these two before CORS sees them.
        Failure::LocationSchemeNotHttp(location)
            if !location.starts_with("data:") && !location.starts_with("about:") =>
        {
            (
                "CorsDisabledScheme",
                format!(
                    "Cross origin requests are only supported for protocol schemes: {CORS_SCHEMES}."
                ),
            )
        }
        _ => return None,
    };
    let sentence = with_check(failure, case, message);
    let text = framed(failure, case, &sentence);
    Some(Words { name: Some(name), sentence, text })
}

fn framed(failure: &Failure, case: &Case, sentence: &str) -> String {
    let kind = match case.initiator {
        InitiatorType::Fetch => "fetch",
        InitiatorType::XmlHttpRequest => "XMLHttpRequest",
    };
    // Chromium goes as far as a location that it then finds to have the wrong scheme.
    let (url, redirected_from) = match failure {
        Failure::LocationSchemeNotHttp(location) => {
            (location, Some(case.redirected_from.as_ref().unwrap_or(&case.url)))
        }
        _ => (&case.url, case.redirected_from.as_ref()),
    };
    let redirected =
        redirected_from.map(|first| format!("(redirected from '{first}') ")).unwrap_or_default();
    format!(
        "Access to {kind} at '{url}' {redirected}from origin '{}' has been blocked by CORS policy: \
         {sentence}",
        case.origin
    )
}

fn with_check(failure: &Failure, case: &Case, message: String) -> String {
    // The lists of the preflight are not part of its access control check.
    let is_access_control_check = case.stage == Stage::Preflight
        && !matches!(
            failure,
            Failure::AllowMethodsUnparseable { .. }
                | Failure::AllowHeadersUnparseable { .. }
                | Failure::MethodNotAllowed(_)
                | Failure::AuthorizationNotListed { .. }
                | Failure::HeaderNotAllowed(_)
        );
    if is_access_control_check {
        format!("Response to preflight request doesn't pass access control check: {message}")
    } else {
        message
    }
}

fn cors_check(failure: &Failure, case: &Case) -> Option<(&'static str, String)> {
    let (actual, preflight, message) = match failure {
        Failure::AllowOriginMissing => (
            "MissingAllowOriginHeader",
            "PreflightMissingAllowOriginHeader",
            "No 'Access-Control-Allow-Origin' header is present on the requested resource."
                .to_owned(),
        ),
        Failure::AllowOriginWildcard => (
            "WildcardOriginNotAllowed",
            "PreflightWildcardOriginNotAllowed",
            format!(
                "The value of the 'Access-Control-Allow-Origin' header in the response must not \
                 be the wildcard '*' when the request's credentials mode is 'include'.{}",
                credentials_hint(case)
            ),
        ),
        Failure::AllowOriginMismatch { value, .. } => return Some(mismatch(value, case)),
        Failure::AllowCredentialsNotTrue(value) => (
            "InvalidAllowCredentials",
            "PreflightInvalidAllowCredentials",
            format!(
                "The value of the 'Access-Control-Allow-Credentials' header in the response is \
                 '{}' which must be 'true' when the request's credentials mode is 'include'.{}",
                escaped(value),
                credentials_hint(case)
            ),
        ),
        _ => return None,
    };
    Some((of_stage(case, actual, preflight), message))
}

/// A space or a comma makes it several values, a URL or `null` another origin, anything else
/// an invalid value.
fn mismatch(value: &[u8], case: &Case) -> (&'static str, String) {
    let shown = escaped(value);
    let (actual, preflight, message) = if value.iter().any(|byte| b" ,".contains(byte)) {
        (
            "MultipleAllowOriginValues",
            "PreflightMultipleAllowOriginValues",
            format!("contains multiple values '{shown}', but only one is allowed."),
        )
    } else if value == b"null" || url::parses(value) {
        (
            "AllowOriginMismatch",
            "PreflightAllowOriginMismatch",
            format!("has a value '{shown}' that is not equal to the supplied origin."),
        )
    } else {
        (
            "InvalidAllowOriginValue",
            "PreflightInvalidAllowOriginValue",
            format!("contains the invalid value '{shown}'."),
        )
    };
    let hint = match case.initiator {
        InitiatorType::Fetch => " Have the server send the header with a valid value.",
        InitiatorType::XmlHttpRequest => "",
    };
    let message = format!("The 'Access-Control-Allow-Origin' header {message}{hint}");
    (of_stage(case, actual, preflight), message)
}

fn of_stage(case: &Case, actual: &'static str, preflight: &'static str) -> &'static str {
    if case.stage == Stage::Preflight { preflight } else { actual }
}

const fn credentials_hint(case: &Case) -> &'static str {
    match case.initiator {
        InitiatorType::Fetch => "",
        InitiatorType::XmlHttpRequest => {
            " The credentials mode of requests initiated by the XMLHttpRequest is controlled by \
             the withCredentials attribute."
        }
    }
}

fn cannot_parse(field: &str) -> String {
    format!("Cannot parse {field} response header field in preflight response.")
}

fn header_not_allowed(name: &str) -> (&'static str, String) {
    (
        "HeaderDisallowedByPreflightResponse",
        format!(
            "Request header field {name} is not allowed by Access-Control-Allow-Headers in \
             preflight response."
        ),
    )
}

fn mode_same_origin(Case { initiator, url, origin, .. }: &Case) -> Words {
    let text = format!(
        "{} cannot load {url}. Request mode is \"same-origin\" but the URL's origin is not same \
         as the request origin {origin}.",
        api(*initiator)
    );
    Words { name: None, sentence: text.clone(), text }
}

fn unsupported_scheme(scheme: &str, Case { initiator, url, .. }: &Case) -> Words {
    let text =
        format!("{} cannot load {url}. URL scheme \"{scheme}\" is not supported.", api(*initiator));
    Words { name: None, sentence: text.clone(), text }
}

/// Bytes that are not printable ASCII as `\uXXXX`.
fn escaped(value: &[u8]) -> String {
    value
        .iter()
        .map(|&byte| match byte {
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\u{byte:04X}"),
        })
        .collect()
}
