//! Failures in the words of Firefox.

use super::super::blocked::Case;
use super::super::failure::Failure;
use super::{Words, isomorphic_decoded};

/// The words of Firefox; the name is the key of the message.
pub(super) fn words(failure: &Failure, case: &Case) -> Option<Words> {
    let (name, reason) = match failure {
        Failure::AllowOriginMissing => (
            "CORSMissingAllowOrigin2",
            "CORS header ‘Access-Control-Allow-Origin’ missing".to_owned(),
        ),
        Failure::AllowOriginWildcard => (
            "CORSNotSupportingCredentials",
            "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’"
                .to_owned(),
        ),
        Failure::AllowOriginMismatch { lines: 2.., .. } => (
            "CORSMultipleAllowOriginNotAllowed",
            "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed".to_owned(),
        ),
        Failure::AllowOriginMismatch { value, .. } => (
            "CORSAllowOriginNotMatchingOrigin",
            format!(
                "CORS header ‘Access-Control-Allow-Origin’ does not match ‘{}’",
                isomorphic_decoded(value)
            ),
        ),
        Failure::AllowCredentialsNotTrue(_) => (
            "CORSMissingAllowCredentials",
            "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’".to_owned(),
        ),
        Failure::PreflightStatus(_) => {
            ("CORSPreflightDidNotSucceed3", "CORS preflight response did not succeed".to_owned())
        }
        Failure::PreflightRedirect(_) => (
            "CORSExternalRedirectNotAllowed",
            "CORS request external redirect not allowed".to_owned(),
        ),
        Failure::AllowMethodsUnparseable { element, .. } => {
            ("CORSInvalidAllowMethod", invalid_token(element, "Access-Control-Allow-Methods"))
        }
        Failure::AllowHeadersUnparseable { element, .. } => {
            ("CORSInvalidAllowHeader", invalid_token(element, "Access-Control-Allow-Headers"))
        }
        Failure::MethodNotAllowed(_) => (
            "CORSMethodNotFound",
            "Did not find method in CORS header ‘Access-Control-Allow-Methods’".to_owned(),
        ),
        Failure::AuthorizationNotListed { .. } => header_not_allowed("authorization"),
        Failure::HeaderNotAllowed(name) => header_not_allowed(name),
        Failure::SchemeNotHttp(_) | Failure::LocationSchemeNotHttp(_) => {
            ("CORSRequestNotHttp", "CORS request not http".to_owned())
        }
        _ => return None,
    };
    let status = match (failure, case.status) {
        (Failure::AllowOriginMissing | Failure::PreflightStatus(_), Some(status)) => {
            format!(" Status code: {status}.")
        }
        _ => String::new(),
    };
    let text = format!(
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote \
         resource at {}. (Reason: {reason}).{status}",
        case.url
    );
    Some(Words { name: Some(name), sentence: reason, text })
}

fn invalid_token(element: &[u8], field: &str) -> String {
    format!("invalid token ‘{}’ in CORS header ‘{field}’", isomorphic_decoded(element))
}

fn header_not_allowed(name: &str) -> (&'static str, String) {
    (
        "CORSMissingAllowHeaderFromPreflight2",
        format!(
            "header ‘{name}’ is not allowed according to header ‘Access-Control-Allow-Headers’ \
             from CORS preflight response"
        ),
    )
}
