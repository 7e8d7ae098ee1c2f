//! The decision alone, without a framework: this library's core beside the crates that also decide
//! without one.
//!
//! Everyone starts from the header map of a request, looks up what it needs, and ends with a
//! decision that holds the response fields. Requests are made before; neither making nor dropping
//! them counts.

use std::collections::HashSet;
use std::hint::black_box;

use bunner_cors_rs as bunner;
use cors_core::{CorsRequest, CorsResult, CorsService};
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use crate::rules::{self, Rules, WithRules, with_rules};
use crate::{Answer, Measure, Scenario, request, text, tower};

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decider {
    /// Nobody: a look-up of a key of 25 bytes in the standard library's hash map, as a unit for
    /// machines of different speed.
    Unit,
    /// This library, from a header map.
    Ours,
    /// This library, from a list of raw lines.
    Lines,
    /// `bunner_cors_rs`, from a header map.
    Bunner,
    /// `cors-core` of the public registry, from a header map.
    Registry,
}

impl Decider {
    pub const ALL: [Self; 5] = [Self::Unit, Self::Ours, Self::Lines, Self::Bunner, Self::Registry];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Ours => "ours",
            Self::Lines => "lines",
            Self::Bunner => "bunner",
            Self::Registry => "registry",
        }
    }
}

/// Measures one decision.
pub fn decide(decider: Decider, scenario: Scenario, measure: &mut impl Measure) {
    with_rules(scenario, Deciding { decider, scenario, measure });
}

struct Deciding<'a, M> {
    decider: Decider,
    scenario: Scenario,
    measure: &'a mut M,
}

impl<M: Measure> WithRules for Deciding<'_, M> {
    fn run<R: Rules>(self) {
        let Self { decider, scenario, measure } = self;
        let (parts, ()) = tower::request_of(scenario, ()).into_parts();
        let asked = (parts.method, parts.headers);
        let asked = || black_box(&asked);
        match decider {
            Decider::Unit => {
                const KEY: &str = "https://app-0.example.com";
                let set: HashSet<String> = [KEY.to_owned()].into();
                measure.measure(|| (), |()| Found(set.contains(black_box(KEY))));
            }
            Decider::Ours => {
                let (service, policy) = (CorsService::new(), rules::policy::<R>());
                measure.measure(asked, |(method, headers)| {
                    let request = CorsRequest::from_headers(method, headers);
                    service.evaluate_policy(&request, black_box(&policy))
                });
            }
            Decider::Lines => {
                let (service, policy) = (CorsService::new(), rules::policy::<R>());
                let lines: Vec<_> = request::lines(scenario).collect();
                let lines: Vec<(&str, &[u8])> =
                    lines.iter().map(|(name, value)| (*name, &value[..])).collect();
                let prepare = || black_box((scenario.method(), lines.as_slice()));
                measure.measure(prepare, |(method, lines)| {
                    let request = CorsRequest::new(method, &lines);
                    service.evaluate_policy(&request, black_box(&policy))
                });
            }
            Decider::Bunner => {
                let cors = bunner_cors::<R>();
                measure.measure(asked, |(method, headers)| {
                    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
                    let request = bunner::RequestContext {
                        method: method.as_str(),
                        origin: text(ORIGIN),
                        access_control_request_method: text(ACCESS_CONTROL_REQUEST_METHOD),
                        access_control_request_headers: text(ACCESS_CONTROL_REQUEST_HEADERS),
                        access_control_request_private_network: false,
                    };
                    Bunner(black_box(&cors).check(&request).expect("it has no callbacks"))
                });
            }
            Decider::Registry => {
                let cors = registry_cors::<R>();
                measure.measure(asked, |(method, headers)| {
                    Registry(registry_decision(black_box(&cors), method, headers))
                });
            }
        }
    }
}

fn bunner_cors<R: Rules>() -> bunner::Cors {
    let list = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let options = bunner::CorsOptions::new()
        .origin(match R::ORIGINS {
            [] => bunner::Origin::any(),
            origins => bunner::Origin::list(
                origins.iter().map(|&origin| bunner::OriginMatcher::exact(origin)),
            ),
        })
        .credentials(R::CREDENTIALS)
        .max_age(R::MAX_AGE.0);
    // It knows no other way to allow all, and asks for the methods of actual requests, too.
    let methods = match R::METHODS {
        [] => &["PUT", "PATCH", "DELETE"],
        methods => methods,
    };
    let methods = [list(&["GET", "HEAD", "POST"]), list(methods)].concat();
    let options = options.methods(bunner::AllowedMethods::list(methods));
    let options = match R::HEADERS {
        [] => options.allowed_headers(bunner::AllowedHeaders::Any),
        headers => options.allowed_headers(bunner::AllowedHeaders::list(list(headers))),
    };
    let options = match R::EXPOSED {
        [] => options,
        exposed => options.exposed_headers(bunner::ExposedHeaders::list(list(exposed))),
    };
    bunner::Cors::new(options).expect("the rules are valid")
}

fn registry_cors<R: Rules>() -> registry_cors_core::Cors {
    use registry_cors_core::{AllowHeaders, AllowOrigin, Cors};

    let builder = Cors::builder()
        .allow_origin(match R::ORIGINS {
            [] => AllowOrigin::Any,
            origins => AllowOrigin::exact(origins),
        })
        .allow_credentials(R::CREDENTIALS)
        .allow_headers(match R::HEADERS {
            [] => AllowHeaders::Any,
            headers => AllowHeaders::list(headers),
        })
        .max_age(std::time::Duration::from_secs(R::MAX_AGE.0));
    let builder = match R::METHODS {
        [] => builder.allow_methods(["*"]),
        methods => builder.allow_methods(methods),
    };
    let builder = if R::EXPOSED.is_empty() { builder } else { builder.expose_headers(R::EXPOSED) };
    builder.build().expect("the rules are valid")
}

fn registry_decision(
    cors: &registry_cors_core::Cors,
    method: &Method,
    headers: &HeaderMap,
) -> registry_cors_core::CorsDecision {
    let bytes = |name| headers.get(name).map(HeaderValue::as_bytes);
    cors.evaluate(
        method.as_str().as_bytes(),
        bytes(ORIGIN),
        bytes(ACCESS_CONTROL_REQUEST_METHOD),
        bytes(ACCESS_CONTROL_REQUEST_HEADERS),
        false,
    )
}

struct Found(bool);
struct Bunner(bunner::CorsDecision);
struct Registry(registry_cors_core::CorsDecision);

impl Answer for Found {
    fn status(&self) -> u16 {
        u16::from(self.0)
    }

    fn lines(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

impl Answer for CorsResult {
    fn status(&self) -> u16 {
        200
    }

    fn lines(&self) -> Vec<(String, String)> {
        self.fields().map(|(name, value)| (name.to_string(), text(value))).collect()
    }
}

impl Answer for Bunner {
    fn status(&self) -> u16 {
        200
    }

    fn lines(&self) -> Vec<(String, String)> {
        match &self.0 {
            bunner::CorsDecision::PreflightAccepted { headers }
            | bunner::CorsDecision::SimpleAccepted { headers } => {
                let lines = headers.iter();
                lines.map(|(name, value)| (name.to_lowercase(), value.clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Answer for Registry {
    fn status(&self) -> u16 {
        200
    }

    fn lines(&self) -> Vec<(String, String)> {
        let lines = self.0.headers().into_iter().flatten();
        lines.map(|(name, value)| (text(name).to_lowercase(), text(value))).collect()
    }
}
