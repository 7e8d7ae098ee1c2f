//! The engine a second time, as plainly as it can be written: lists are scanned, nothing is
//! compiled, every request is answered from the settings as they were configured.
//!
//! It shares no code with `cors-core`, whose types it needs only to call a user's predicate. Where
//! the two differ, one of them is wrong.

mod origins;
mod preflight;

use std::collections::{BTreeMap, BTreeSet};

use crate::server::isomorphic;
use crate::{Answer, Application, Governs, Request, Settings};
pub use origins::{is_allowed, is_well_formed};
use preflight::{MethodStep, PreflightSteps};

/// The answer that a server has to give.
pub fn answer(governs: &Governs, request: &Request, application: &Application) -> Answer {
    let preflight = kind(request) == "preflight";
    match governs {
        Governs::Disabled if preflight => {
            Answer { status: 403, headers: Vec::new(), application_ran: false }
        }
        Governs::Nothing | Governs::Disabled => from_application(application),
        Governs::Policy(settings) => {
            let steps = preflight.then(|| PreflightSteps::of(settings, request));
            let (mut answer, fields) = match &steps {
                Some(steps) => answer_preflight(settings, request, steps),
                None => (from_application(application), actual_fields(settings, request)),
            };
            answer.headers.retain(|(name, _)| {
                let name = name.to_ascii_lowercase();
                !name.starts_with("access-control-") && !fields.iter().any(|(own, _)| *own == name)
            });
            let fields = fields.into_iter().map(|(name, v)| (name.to_owned(), v.into_bytes()));
            answer.headers.extend(fields);
            let vary = vary(settings, preflight);
            answer.headers.extend(vary.map(|name| ("vary".to_owned(), name.as_bytes().to_vec())));
            answer
        }
    }
}

/// What the request is to the protocol, as the vectors spell it.
pub fn kind(request: &Request) -> &'static str {
    let has = |name: &str| !request.values(name).is_empty();
    match (has("origin"), request.method == "OPTIONS" && has("access-control-request-method")) {
        (false, _) => "not-cors",
        (true, true) => "preflight",
        (true, false) => "actual",
    }
}

/// An answer in a form in which two that say the same are equal: fields sorted, lists without
/// white space, `Vary` a set.
pub fn canonical(answer: &Answer) -> (u16, bool, BTreeMap<String, Vec<String>>) {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &answer.headers {
        let value = isomorphic(value);
        let lines = fields.entry(name.to_ascii_lowercase()).or_default();
        if name.eq_ignore_ascii_case("vary") {
            lines.extend(members(&value).map(str::to_ascii_lowercase));
        } else if name.to_ascii_lowercase().starts_with("access-control-") {
            lines.push(members(&value).collect::<Vec<_>>().join(","));
        } else {
            lines.push(value);
        }
    }
    if let Some(vary) = fields.get_mut("vary") {
        let names: BTreeSet<String> = vary.drain(..).collect();
        // All other names are in it.
        *vary =
            if names.contains("*") { vec!["*".to_owned()] } else { names.into_iter().collect() };
    }
    (answer.status, answer.application_ran, fields)
}

type Fields = Vec<(&'static str, String)>;

fn answer_preflight(
    settings: &Settings,
    request: &Request,
    steps: &PreflightSteps,
) -> (Answer, Fields) {
    let answer = |status| Answer { status, headers: Vec::new(), application_ran: false };
    if steps.malformed() || !steps.origin {
        return (answer(403), Vec::new());
    }
    let allowed = steps.method == MethodStep::Allowed && steps.headers && steps.private_network;
    let mut fields = origin_fields(settings, request);
    let any = |list: &[String]| list == ["*"];
    let methods = if any(&settings.methods) && settings.credentials {
        let method = || isomorphic(request.values("access-control-request-method")[0]);
        (steps.method == MethodStep::Allowed && steps.private_network).then(method)
    } else {
        joined(&settings.methods, str::to_owned)
    };
    let methods = methods.unwrap_or_else(|| "GET,HEAD,POST".to_owned());
    fields.push(("access-control-allow-methods", methods));

    let headers = if !any(&settings.headers) {
        joined(&settings.headers, str::to_ascii_lowercase)
    } else if settings.credentials {
        let mirrors = steps.headers && steps.private_network;
        let requested = mirrors.then(|| preflight::requested_names(request));
        requested.and_then(|names| joined(&names, str::to_ascii_lowercase))
    } else {
        Some("*,authorization".to_owned())
    };
    fields.extend(headers.map(|value| ("access-control-allow-headers", value)));

    if allowed {
        let max_age = settings.max_age.map(|seconds| seconds.to_string());
        fields.extend(max_age.map(|value| ("access-control-max-age", value)));
        if preflight::asks_for_private_network(request) {
            fields.push(("access-control-allow-private-network", "true".to_owned()));
        }
    }
    (answer(204), fields)
}

fn actual_fields(settings: &Settings, request: &Request) -> Fields {
    let mut fields = origin_fields(settings, request);
    let Some((_, origin)) = fields.first().cloned() else { return fields };
    let exposed = joined(&settings.exposed_headers, str::to_ascii_lowercase);
    fields.extend(exposed.map(|value| ("access-control-expose-headers", value)));
    if settings.timing_allow_origin {
        fields.push(("timing-allow-origin", origin));
    }
    fields
}

/// The fields of the CORS check; none where the origin is refused.
fn origin_fields(settings: &Settings, request: &Request) -> Fields {
    let origins = request.values("origin");
    let allow_origin = match &*origins {
        _ if settings.allows_any_origin() => "*".to_owned(),
        [origin] if is_allowed(settings, origin) => isomorphic(origin),
        _ => return Vec::new(),
    };
    let mut fields = vec![("access-control-allow-origin", allow_origin)];
    if settings.credentials {
        fields.push(("access-control-allow-credentials", "true".to_owned()));
    }
    fields
}

/// What every answer under the settings depends on, whatever this one is.
fn vary(settings: &Settings, preflight: bool) -> impl Iterator<Item = &'static str> {
    let mirrors = settings.credentials && (settings.methods == ["*"] || settings.headers == ["*"]);
    let names: &[&str] = match () {
        () if settings.allows_any_origin() => &[],
        () if preflight && mirrors => {
            &["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
        }
        () => &["Origin"],
    };
    names.iter().copied()
}

fn from_application(application: &Application) -> Answer {
    let headers = application.headers.clone();
    Answer { status: application.status, headers, application_ran: true }
}

/// The list without duplicates, in its order; none for an empty one.
fn joined(list: &[String], spelling: impl Fn(&str) -> String) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for name in list.iter().map(|name| spelling(name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(","))
}

fn members(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|m| !m.is_empty())
}
