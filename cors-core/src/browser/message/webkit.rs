//! Failures in the words of WebKit.

use super::super::blocked::Case;
use super::super::failure::Failure;
use super::{Words, api, isomorphic_decoded};

/// The words of WebKit, two lines: the cause, then what could not be loaded.
pub(super) fn words(failure: &Failure, case: &Case) -> Option<Words> {
    let sentence = sentence(failure, case)?;
    let api = api(case.initiator);
    let text = format!("{sentence}\n{api} cannot load {} due to access control checks.", case.url);
    Some(Words { name: None, sentence, text })
}

fn sentence(failure: &Failure, case: &Case) -> Option<String> {
    Some(match failure {
        Failure::AllowOriginMismatch { value, .. } if value.contains(&b',') => {
            "Access-Control-Allow-Origin cannot contain more than one origin.".to_owned()
        }
        Failure::AllowOriginMissing | Failure::AllowOriginMismatch { .. } => {
            let status = case.status.unwrap_or_default();
            format!(
                "Origin {} is not allowed by Access-Control-Allow-Origin. Status code: {status}",
                case.origin
            )
        }
        Failure::AllowOriginWildcard => {
            "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true."
                .to_owned()
        }
        Failure::AllowCredentialsNotTrue(_) => {
            "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\"."
                .to_owned()
        }
        Failure::PreflightStatus(status) | Failure::PreflightRedirect(status) => {
            format!("Preflight response is not successful. Status code: {status}")
        }
        Failure::AllowMethodsUnparseable { value, .. } => {
            invalid_value("Access-Control-Allow-Methods", value)
        }
        Failure::AllowHeadersUnparseable { value, .. } => {
            invalid_value("Access-Control-Allow-Headers", value)
        }
        Failure::MethodNotAllowed(method) => {
            format!("Method {method} is not allowed by Access-Control-Allow-Methods.")
        }
        Failure::AuthorizationNotListed { .. } => header_not_allowed("authorization"),
        Failure::HeaderNotAllowed(name) => header_not_allowed(name),
        Failure::LocationSchemeNotHttp(location) => redirection_denied(
            location,
            "not allowed to follow a cross-origin CORS redirection with non CORS scheme",
        ),
        Failure::LocationIncludesCredentials(location) => {
            redirection_denied(location, &format!("redirection URL {location} has credentials"))
        }
        _ => return None,
    })
}

fn invalid_value(field: &str, value: &[u8]) -> String {
    format!("Header {field} has an invalid value: {}", isomorphic_decoded(value))
}

fn header_not_allowed(name: &str) -> String {
    format!("Request header field {name} is not allowed by Access-Control-Allow-Headers.")
}

fn redirection_denied(location: &str, reason: &str) -> String {
    format!(
        "Cross-origin redirection to {location} denied by Cross-Origin Resource Sharing policy: \
         {reason}"
    )
}
