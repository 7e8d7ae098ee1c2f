//! What each of the three makes of a scenario: the real browser, its model, and the engine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use cors_conformance::{Request as WireRequest, wire};
use cors_core::browser::{
    Blocked, Browser, Engine, Exchange, FilteredResponse, Response, SentRequest, Step,
};
use cors_core::{
    CorsOptions, CorsOutcome, CorsRequest, CorsService, PolicySelection, RefusalReason,
};
use serde::Deserialize;

use crate::scenarios::Scenario;
use crate::traffic::{Preflight, Told};

/// Fields that follow from a connection or from the time, not from who asks.
const PASSING: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The script reads the status and these headers.
    Readable { status: u16, headers: BTreeMap<String, String> },
    /// It reads nothing. The developer tools have the name of the error, the console the text.
    Blocked { error: String, text: String },
}

impl Fate {
    /// Is it this CORS error, of a preflight or of an actual request?
    pub fn is_of(&self, name: &str) -> bool {
        matches!(self, Self::Blocked { error, .. } if error.trim_start_matches("Preflight") == name)
    }
}

/// What the browser does, and what its model says that it would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub preflights: Vec<Preflight>,
    pub fate: Fate,
}

/// What the script of a page reports.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    pub url: String,
    pub error: Option<String>,
    pub status: Option<u16>,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub progress: Vec<String>,
}

/// What the real browser did.
pub fn observed(report: &Report, told: &Told) -> Course {
    let fate = match (report.status, &report.error) {
        (Some(status), None) if told.cors_errors.is_empty() && told.console.is_empty() => {
            Fate::Readable { status, headers: readable(report.headers.iter().cloned()) }
        }
        // More or less than one of each is a difference, and is shown as it is.
        _ => Fate::Blocked { error: told.cors_errors.join(" & "), text: told.console.join(" & ") },
    };
    Course { preflights: told.preflights.clone(), fate }
}

fn readable(headers: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    headers.filter(|(name, _)| !PASSING.contains(&name.as_str())).collect()
}

/// What the model of Chromium says, by what the server really answers.
#[derive(Clone, Debug)]
pub struct Prediction {
    pub course: Course,
    /// What was sent, and the names in the answers to it.
    pub sent: Vec<(SentRequest, Vec<String>)>,
}

/// The model of a page that has sent nothing yet.
pub fn model(origin: &str) -> Browser {
    Browser::at(origin).expect("a page has an origin").with_engine(Engine::Chromium)
}

/// Lets the model walk through the call, and a plain client carry its requests to the server.
pub fn predict(page: &mut Browser, scenario: &Scenario, server: SocketAddr) -> Prediction {
    let (mut preflights, mut sent) = (Vec::new(), Vec::new());
    let mut step = page.start(&scenario.for_model(), Duration::ZERO);
    let result = loop {
        let exchange = match step {
            Step::SendPreflight(exchange) => {
                let field = |name| exchange.request().headers().combined(name).map(text);
                preflights.push(Preflight {
                    method: field("access-control-request-method"),
                    headers: field("access-control-request-headers"),
                });
                exchange
            }
            Step::SendActual(exchange) => exchange,
            Step::Done(result) => break result,
        };
        let response = carry(&exchange, scenario, server);
        let names = response.headers().iter().map(|(name, _)| text(name.to_vec())).collect();
        sent.push((exchange.request().clone(), names));
        step = exchange.receive(&response, Duration::ZERO);
    };
    Prediction { course: Course { preflights, fate: fate_of(&result) }, sent }
}

fn carry(exchange: &Exchange<'_>, scenario: &Scenario, server: SocketAddr) -> Response {
    let headers = exchange.request().headers().iter();
    let request = WireRequest {
        method: exchange.request().method().to_owned(),
        path: scenario.path.clone(),
        headers: headers.map(|(name, value)| (text(name.to_vec()), value.to_vec())).collect(),
    };
    let message = wire::message(&request).expect("what a browser sends can be sent");
    let wire::Response { status, headers, .. } = wire::send(server, &message);
    Response::new(status, headers)
}

fn fate_of(result: &Result<FilteredResponse, Blocked>) -> Fate {
    match result {
        Ok(response) => {
            let headers = response.headers();
            let headers = headers.iter().map(|(name, _)| {
                let name = text(name.to_ascii_lowercase());
                let value = headers.combined(&name).unwrap_or_default();
                (name, text(value))
            });
            Fate::Readable { status: response.status(), headers: readable(headers) }
        }
        Err(blocked) => Fate::Blocked {
            error: blocked.error_name(Engine::Chromium).unwrap_or_default().to_owned(),
            text: blocked.message(Engine::Chromium).unwrap_or_default(),
        },
    }
}

/// Fields are ASCII here.
fn text(bytes: impl Into<Vec<u8>>) -> String {
    String::from_utf8(bytes.into()).expect("the servers send ASCII")
}

/// The name of the error that the policy means the browser to run into, or the names of the
/// response that it means the script to read.
///
/// It sees the requests as a server does, and knows of browsers only that credentials mode
/// `include` needs both fields.
pub fn intended(
    options: &CorsOptions,
    scenario: &Scenario,
    sent: &[(SentRequest, Vec<String>)],
) -> Result<Vec<String>, String> {
    let includes_credentials = scenario.call.includes_credentials();
    let mut readable = Vec::new();
    for (request, names) in sent {
        let lines: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (text(name.to_vec()), value.to_vec()))
            .collect();
        let requested = request.headers().combined("access-control-request-method").map(text);
        let prefix = if requested.is_some() { "Preflight" } else { "" };
        let method = requested.as_deref().unwrap_or(request.method());
        let PolicySelection::Policy(policy) = options.select(&scenario.path, Some(method)) else {
            return Err(format!("{prefix}MissingAllowOriginHeader"));
        };
        let request = CorsRequest::new(request.method(), &lines);
        let result = CorsService::new().evaluate_policy(&request, policy);
        let Some(allowed) = result.allowed_origin() else {
            return Err(format!("{prefix}MissingAllowOriginHeader"));
        };
        if includes_credentials && allowed == "*" {
            return Err(format!("{prefix}WildcardOriginNotAllowed"));
        }
        if includes_credentials && !result.supports_credentials() {
            return Err(format!("{prefix}InvalidAllowCredentials"));
        }
        match result.outcome() {
            CorsOutcome::PreflightAllowed | CorsOutcome::ActualAllowed => {}
            CorsOutcome::PreflightRefused(reasons) => {
                return Err(match reasons.first() {
                    RefusalReason::MethodNotAllowed { .. } => "MethodDisallowedByPreflightResponse",
                    RefusalReason::HeaderNotAllowed { .. } => "HeaderDisallowedByPreflightResponse",
                    other => return Err(other.to_string()),
                }
                .to_owned());
            }
            other => return Err(format!("{other:?}")),
        }
        let exposed: Vec<_> = result.allowed_exposed_headers().collect();
        let is_readable = |name: &String| {
            exposed.contains(&"*") || exposed.contains(&name.as_str()) || is_safelisted(name)
        };
        readable = names.iter().filter(|name| is_readable(name)).cloned().collect();
        readable.retain(|name| !PASSING.contains(&name.as_str()));
        readable.sort_unstable();
        readable.dedup();
    }
    Ok(readable)
}

/// <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
fn is_safelisted(name: &str) -> bool {
    let names = ["cache-control", "content-language", "content-type", "expires", "last-modified"];
    names.contains(&name) || name == "pragma"
}
