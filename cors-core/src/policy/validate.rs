//! From settings to a policy, or to everything that is wrong with them.

mod origins;

use std::time::Duration;

use http::HeaderValue;

use super::{
    AnyOr, Compiled, CorsPolicy, CorsPolicyBuilder, FieldNames, Methods, Prepared, Values, joined,
};
use crate::error::{
    ConfigError, ConfigErrorReason, ConfigErrors, ConfigWarning, ConfigWarningReason, Place,
    Setting,
};
use crate::fetch;
use crate::shared::counted;

const SAFELISTED_METHODS: HeaderValue = HeaderValue::from_static(fetch::SAFELISTED_METHODS);
const LONGEST_MAX_AGE: u32 = 86_400;
const LONGEST_MAX_AGE_IN_CHROMIUM: u32 = 7_200;

pub(super) fn build(settings: CorsPolicyBuilder) -> Result<CorsPolicy, ConfigErrors> {
    let mut report = Report { policy: settings.name.clone(), ..Report::default() };
    let origins = origins::compile(&settings, &mut report);
    let methods = methods(&settings.methods, &mut report);
    let headers = headers(&settings, &mut report);
    let exposed_headers = exposed_headers(&settings, &mut report);
    let max_age = settings.max_age.and_then(|max_age| seconds(max_age, &mut report));

    report
        .warnings
        .sort_by_key(|warning| (warning.place().setting_name(), warning.place().index()));

    let values = Values {
        allow_methods: match &methods {
            AnyOr::Any if !settings.credentials => Some(HeaderValue::from_static("*")),
            AnyOr::Any => Some(SAFELISTED_METHODS),
            // Never none: a browser that has to send a preflight for another reason takes a missing
            // list as leave for whatever method it asked for, and remembers it.
            // https://fetch.spec.whatwg.org/#cors-preflight-fetch
            AnyOr::Listed(methods) => joined(methods.iter()).or(Some(SAFELISTED_METHODS)),
        },
        allow_headers: match &headers {
            AnyOr::Any if settings.credentials => None,
            // `*` covers every name but this one: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
            AnyOr::Any => joined(["*", fetch::NON_WILDCARD_REQUEST_HEADER_NAME].into_iter()),
            AnyOr::Listed(names) => joined(names.iter()),
        },
        expose_headers: match &exposed_headers {
            AnyOr::Any => Some(HeaderValue::from_static("*")),
            AnyOr::Listed(names) => joined(names.iter()),
        },
        max_age: max_age.map(|seconds| counted(seconds.into())),
    };
    let policy = Compiled {
        name: settings.name,
        origins,
        null_origin: settings.null_origin,
        methods,
        headers,
        exposed_headers,
        credentials: settings.credentials,
        max_age,
        private_network: settings.private_network,
        timing_allow_origin: settings.timing_allow_origin,
        methods_differ: false,
        values,
        warnings: report.warnings,
        written: None,
        prepared: Prepared::default(),
    };
    report.errors.sort_by_key(|error| (error.place().setting_name(), error.place().index()));
    ConfigErrors::none_or(report.errors, policy).map(CorsPolicy::new)
}

/// Gathers what is wrong and what is doubtful.
#[derive(Default)]
struct Report {
    policy: Option<String>,
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigWarning>,
}

impl Report {
    fn error(&mut self, place: Place, reason: impl Into<ConfigErrorReason>) {
        self.error_with_correction(place, reason, None);
    }

    fn error_with_correction(
        &mut self,
        place: Place,
        reason: impl Into<ConfigErrorReason>,
        correction: Option<String>,
    ) {
        let place = place.in_policy(self.policy.as_deref());
        self.errors.push(ConfigError::new(place, reason).with_correction(correction));
    }

    fn warning(&mut self, place: Place, reason: ConfigWarningReason) {
        self.warnings.push(ConfigWarning::new(place.in_policy(self.policy.as_deref()), reason));
    }
}

fn methods(entries: &[String], report: &mut Report) -> AnyOr<Methods> {
    if is_any(Setting::Methods, entries, report) {
        return AnyOr::Any;
    }
    let mut methods = Methods::default();
    for (index, method) in named(entries) {
        let place = || Place::entry(Setting::Methods, index, method);
        let normalized = fetch::normalized_method(method.as_bytes());
        if !fetch::is_token(method.as_bytes()) {
            not_a_token(place(), method, ConfigErrorReason::MethodNotAToken, report);
        } else if fetch::is_forbidden_method(method.as_bytes()) {
            report.error(place(), ConfigErrorReason::ForbiddenMethod);
        } else if let Some(normalized) = normalized.filter(|normalized| normalized != method) {
            report.error_with_correction(
                place(),
                ConfigErrorReason::MethodNeverMatches,
                Some(normalized.to_owned()),
            );
        } else if !methods.insert(method) {
            report.warning(place(), ConfigWarningReason::Covered { by: method.clone() });
        } else if method == "patch" {
            report.warning(place(), ConfigWarningReason::LowerCasePatch);
        }
    }
    AnyOr::Listed(methods)
}

fn headers(settings: &CorsPolicyBuilder, report: &mut Report) -> AnyOr<FieldNames> {
    if is_any(Setting::Headers, &settings.headers, report) {
        if settings.credentials {
            report.warning(
                Place::text(Setting::Headers, "*"),
                ConfigWarningReason::AnyHeaderWithCredentials,
            );
        }
        return AnyOr::Any;
    }
    field_names(Setting::Headers, &settings.headers, report, |name| {
        if is_cors_response_field(name) {
            Err(ConfigErrorReason::ResponseFieldAmongRequestHeaders)
        } else if fetch::is_forbidden_request_header_name(name) {
            Err(ConfigErrorReason::ForbiddenRequestHeader)
        } else {
            Ok(None)
        }
    })
}

fn exposed_headers(settings: &CorsPolicyBuilder, report: &mut Report) -> AnyOr<FieldNames> {
    let entries = &settings.exposed_headers;
    let any = is_any(Setting::ExposedHeaders, entries, report);
    if let Some(index) =
        entries.iter().position(|name| name == "*").filter(|_| settings.credentials)
    {
        let place = if any {
            Place::text(Setting::ExposedHeaders, "*")
        } else {
            Place::entry(Setting::ExposedHeaders, index, "*")
        };
        report.error(place, ConfigErrorReason::AnyExposedHeaderWithCredentials);
    }
    if any {
        return AnyOr::Any;
    }
    field_names(Setting::ExposedHeaders, entries, report, |name| {
        if fetch::is_forbidden_response_header_name(name) {
            Err(ConfigErrorReason::ForbiddenResponseHeader)
        } else if is_cors_request_field(name) {
            Err(ConfigErrorReason::RequestFieldAmongExposedHeaders)
        } else if is_preflight_response_field(name) {
            Err(ConfigErrorReason::PreflightFieldAmongExposedHeaders)
        } else if fetch::is_safelisted_response_header_name(name) {
            Ok(Some(ConfigWarningReason::AlwaysExposed))
        } else {
            Ok(None)
        }
    })
}

/// Checks a list of names: each is a token, and `check` says what else it is.
fn field_names(
    setting: Setting,
    entries: &[String],
    report: &mut Report,
    check: impl Fn(&[u8]) -> Result<Option<ConfigWarningReason>, ConfigErrorReason>,
) -> AnyOr<FieldNames> {
    let mut names = FieldNames::default();
    for (index, name) in named(entries) {
        let place = || Place::entry(setting, index, name);
        if !fetch::is_token(name.as_bytes()) {
            not_a_token(place(), name, ConfigErrorReason::HeaderNotAToken, report);
            continue;
        }
        if name.contains('*') {
            report.error(place(), ConfigErrorReason::WildcardInName);
            continue;
        }
        match check(name.as_bytes()) {
            Err(reason) => report.error(place(), reason),
            Ok(_) if !names.insert(name) => {
                let by = name.to_ascii_lowercase();
                report.warning(place(), ConfigWarningReason::Covered { by });
            }
            Ok(Some(reason)) => report.warning(place(), reason),
            Ok(None) => {}
        }
    }
    AnyOr::Listed(names)
}

/// An entry that is no token: perhaps it is a list in one string.
fn not_a_token(place: Place, entry: &str, reason: ConfigErrorReason, report: &mut Report) {
    let parts: Vec<_> = entry.split([',', ' ']).filter(|part| !part.is_empty()).take(9).collect();
    let are_tokens = parts.iter().all(|part| fetch::is_token(part.as_bytes()));
    if (2..=8).contains(&parts.len()) && are_tokens {
        let correction = Some(parts.join("`, `"));
        report.error_with_correction(place, ConfigErrorReason::SeveralInOne, correction);
    } else {
        report.error(place, reason);
    }
}

/// Is the list `*` alone? A `*` beside other entries is an error.
fn is_any(setting: Setting, entries: &[String], report: &mut Report) -> bool {
    if entries == ["*"] {
        return true;
    }
    // Elsewhere `*` does not cover this name, so that it is often listed beside it.
    let covers_all = setting == Setting::Methods
        || setting == Setting::Headers
            && named(entries).all(|(_, name)| {
                name.eq_ignore_ascii_case(fetch::NON_WILDCARD_REQUEST_HEADER_NAME)
            });
    for (index, text) in entries.iter().enumerate().filter(|(_, text)| *text == "*") {
        report.error_with_correction(
            Place::entry(setting, index, text),
            ConfigErrorReason::WildcardInList,
            covers_all.then(|| format!("{setting} = \"*\"")),
        );
    }
    false
}

/// The entries other than `*`, with their indexes.
fn named(entries: &[String]) -> impl Iterator<Item = (usize, &String)> {
    entries.iter().enumerate().filter(|(_, text)| *text != "*")
}

fn seconds(max_age: Duration, report: &mut Report) -> Option<u32> {
    let place = || Place::text(Setting::MaxAge, &max_age.as_secs_f64().to_string());
    if max_age > Duration::from_secs(LONGEST_MAX_AGE.into()) {
        report.error(place(), ConfigErrorReason::MaxAgeTooLong);
    } else if max_age.subsec_nanos() != 0 {
        report.error(place(), ConfigErrorReason::MaxAgeNotWholeSeconds);
    } else if max_age > Duration::from_secs(LONGEST_MAX_AGE_IN_CHROMIUM.into()) {
        report.warning(place(), ConfigWarningReason::MaxAgeAboveChromium);
    }
    u32::try_from(max_age.as_secs()).ok()
}

/// The fields of responses to CORS requests:
/// <https://fetch.spec.whatwg.org/#http-responses>
fn is_cors_response_field(name: &[u8]) -> bool {
    let exposed: [&[u8]; 3] = [
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
        b"access-control-expose-headers",
    ];
    is_preflight_response_field(name)
        || exposed.iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// The fields that only responses to preflights carry.
fn is_preflight_response_field(name: &[u8]) -> bool {
    let fields: [&[u8]; 4] = [
        b"access-control-allow-methods",
        b"access-control-allow-headers",
        b"access-control-max-age",
        b"access-control-allow-private-network",
    ];
    fields.iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// `Origin` and the `Access-Control-Request-*` fields.
fn is_cors_request_field(name: &[u8]) -> bool {
    let prefix = b"access-control-request-";
    name.eq_ignore_ascii_case(b"origin")
        || name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
#[cfg(all(feature = "regex", feature = "public-suffix"))]
mod tests;
