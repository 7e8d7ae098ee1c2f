//! An adapter for a framework that shares no type with `http`, whose responses have no extensions, and that
//! never waits. What is left out here is in `adapter.rs`.
//!
//! ```text
//! cargo run -p cors-core --example foreign_adapter
//! cargo test -p cors-core --example foreign_adapter
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cors_core::adapter::{
    CorsAction, CorsFields, CorsProcessor, is_cors_field, merged_vary_origin,
};
use cors_core::{
    CorsPolicy, CorsPolicyProvider, CorsRequest, ProvidedPolicy, ProviderError, RequestContext,
};

/// Header lines. [`HeaderLines`](cors_core::adapter::HeaderLines) is there for vectors of pairs; for a type
/// of its own, an adapter implements it.
type Lines = Vec<(String, String)>;

/// A request of the framework.
#[derive(Clone, Default)]
struct Request {
    method: String,
    /// The whole path, without the query.
    path: String,
    lines: Lines,
    /// What the layers share, where the request has passed one.
    decided: Option<Decided>,
}

/// Has a layer decided about the response? This stands in for the extensions of a response, and differs
/// in one thing: what comes in place of a response on its way out, between two layers, is left as it is.
type Decided = Arc<AtomicBool>;

/// A response of the framework.
#[derive(Debug, Default, PartialEq)]
struct Response {
    status: u16,
    lines: Lines,
    body: String,
}

/// Puts a service under the policies of a provider; options and a policy are providers, too.
struct Cors<S, P> {
    inner: S,
    provider: P,
    processor: CorsProcessor,
}

impl<S: Fn(Request) -> Response, P: CorsPolicyProvider> Cors<S, P> {
    /// Answers one request.
    fn call(&self, mut request: Request) -> Response {
        let action = self.decide(&request);
        let decided = Decided::clone(request.decided.get_or_insert_default());
        match action {
            CorsAction::PassThrough => (self.inner)(request),
            CorsAction::Forward(answer) => {
                let mut response = self.run(request, &decided);
                if !decided.swap(true, Ordering::Relaxed) {
                    apply(answer.response_fields(), &mut response.lines);
                }
                response
            }
            CorsAction::Respond { status, answer } => {
                let mut response = Response { status: status.as_u16(), ..Response::default() };
                if let Some(answer) = answer {
                    apply(answer.response_fields(), &mut response.lines);
                    decided.store(true, Ordering::Relaxed);
                }
                response
            }
            CorsAction::Refuse(result) => {
                let body = result.refusal_text();
                let mut response = Response { status: 403, body, ..Response::default() };
                set(&mut response.lines, "content-type", b"text/plain; charset=utf-8");
                apply(result.response_fields(), &mut response.lines);
                decided.store(true, Ordering::Relaxed);
                response
            }
            CorsAction::Fail { error, runs } => {
                println!("{error}");
                let mut response = if runs {
                    self.run(request, &decided)
                } else {
                    Response { status: 500, ..Response::default() }
                };
                if !runs || !decided.swap(true, Ordering::Relaxed) {
                    strip(&mut response.lines);
                }
                response
            }
        }
    }

    /// Runs the service, about whose response nobody has decided yet: not even where something around
    /// this layer tries a second time.
    fn run(&self, request: Request, decided: &Decided) -> Response {
        decided.store(false, Ordering::Relaxed);
        (self.inner)(request)
    }

    fn decide(&self, request: &Request) -> CorsAction {
        let view = CorsRequest::new(&request.method, &request.lines);
        let context = RequestContext::new(view, &request.path);
        let choice = match self.provider.provide(&context) {
            ProvidedPolicy::Now(choice) => choice,
            ProvidedPolicy::Later(_) => Err(ProviderError::new("nothing here can wait")),
        };
        self.processor.process_choice(&context, choice)
    }
}

/// As `apply_to`, for the header lines of this framework.
fn apply(fields: CorsFields<'_>, lines: &mut Lines) {
    let vary = fields.merged_vary(|| values(lines, "vary"));
    remove_cors_fields(lines);
    fields.for_each(|field, value| set(lines, field.name().as_str(), value.as_bytes()));
    if let Some(vary) = vary {
        set(lines, "vary", &vary);
    }
}

/// As `strip_cors_fields`.
fn strip(lines: &mut Lines) {
    let vary = merged_vary_origin(|| values(lines, "vary"));
    remove_cors_fields(lines);
    if let Some(vary) = vary {
        set(lines, "vary", &vary);
    }
}

fn remove_cors_fields(lines: &mut Lines) {
    lines.retain(|(name, _)| !is_cors_field(name));
}

/// Sets one line in the place of all lines of this name.
fn set(lines: &mut Lines, name: &str, value: &[u8]) {
    lines.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    lines.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
}

fn values<'a>(lines: &'a Lines, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let of_name = lines.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
    of_name.map(|(_, value)| value.as_bytes())
}

fn main() -> Result<(), cors_core::ConfigErrors> {
    let hello =
        |_: Request| Response { status: 200, body: "hello\n".into(), ..Response::default() };
    let provider = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    let processor = CorsProcessor::new().refuse_disallowed_origins();
    let cors = Cors { inner: hello, provider, processor };
    for origin in ["https://app.example.com", "https://evil.example"] {
        let lines = vec![("Origin".to_owned(), origin.to_owned())];
        let request =
            Request { method: "GET".into(), path: "/".into(), lines, ..Request::default() };
        println!("{:#?}", cors.call(request));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cors_core::CorsOptions;
    use http::{HeaderMap, HeaderName};

    const APP: &str = "https://app.example.com";
    const STRANGER: &str = "https://evil.example";

    /// What an application may have set by itself.
    const OWN: [(&str, &str); 6] = [
        ("Access-Control-Allow-Origin", "*"),
        ("VARY", "Accept"),
        ("x-total", "7"),
        ("timing-allow-origin", "*"),
        ("vary", "Cookie, accept"),
        ("access-control-max-age", "5"),
    ];

    fn service(_: Request) -> Response {
        Response { status: 200, lines: owned(&OWN), body: "ran".to_owned() }
    }

    fn owned(lines: &[(&str, &str)]) -> Lines {
        lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn policy() -> CorsPolicy {
        let policy = CorsPolicy::builder().with_origins([APP]).with_methods(["PUT"]);
        policy.allow_credentials().timing_allow_origin().build().unwrap()
    }

    fn request(method: &str, origin: &str) -> Request {
        let asked = [("ORIGIN", origin), ("Access-Control-Request-Method", "PUT")];
        Request { method: method.into(), path: "/".into(), lines: owned(&asked), decided: None }
    }

    fn cors<S>(inner: S, provider: impl CorsPolicyProvider) -> Cors<S, impl CorsPolicyProvider> {
        Cors { inner, provider, processor: CorsProcessor::new() }
    }

    /// The lines with names in lower case and in order, so that they can be compared.
    fn sorted(lines: &Lines) -> Lines {
        let lines = lines.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        let mut lines: Lines = lines.collect();
        lines.sort();
        lines
    }

    #[test]
    fn lines_are_what_a_header_map_would_be() {
        for policy in [policy(), CorsPolicy::permissive()] {
            for (method, origin) in [("GET", APP), ("GET", STRANGER), ("OPTIONS", APP)] {
                for own in [&OWN[..], &[], &[("Vary", "*")], &[("vary", "ORIGIN")]] {
                    let request = request(method, origin);
                    let view = CorsRequest::new(&request.method, &request.lines);
                    let result = cors_core::CorsService::new().evaluate_policy(&view, &policy);
                    let mut expected = HeaderMap::new();
                    for (name, value) in own {
                        let name: HeaderName = name.parse().unwrap();
                        expected.append(name, value.parse().unwrap());
                    }
                    let mut lines = owned(own);
                    let (mut stripped, mut expected_stripped) = (lines.clone(), expected.clone());
                    apply(result.response_fields(), &mut lines);
                    result.apply_to(&mut expected);
                    assert_eq!(sorted(&lines), sorted(&pairs(&expected)), "{method} {origin}");
                    strip(&mut stripped);
                    cors_core::adapter::strip_cors_fields(&mut expected_stripped);
                    assert_eq!(sorted(&stripped), sorted(&pairs(&expected_stripped)));
                }
            }
        }
    }

    fn pairs(headers: &HeaderMap) -> Lines {
        let line = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        headers.iter().map(|(name, value)| (name.to_string(), line(value))).collect()
    }

    #[test]
    fn requests_are_answered() {
        let refuses = Cors {
            processor: CorsProcessor::new().refuse_disallowed_origins(),
            ..cors(service, policy())
        };
        let plain = cors(service, policy());
        for (response, status, allowed) in [
            (plain.call(request("GET", APP)), 200, Some(APP)),
            (plain.call(request("GET", STRANGER)), 200, None),
            (plain.call(request("OPTIONS", APP)), 204, Some(APP)),
            (plain.call(request("OPTIONS", STRANGER)), 403, None),
            (refuses.call(request("GET", STRANGER)), 403, None),
        ] {
            assert_eq!((response.status, allow_origin(&response)), (status, allowed));
        }

        let fails = cors(service, |_: &RequestContext<'_>| {
            ProvidedPolicy::later(async { Ok(policy().into()) })
        });
        let response = fails.call(request("OPTIONS", APP));
        assert_eq!((response.status, response.lines), (500, owned(&[("vary", "Origin")])));
        let response = fails.call(request("GET", APP));
        assert_eq!((response.status, allow_origin(&response)), (200, None));
    }

    fn allow_origin(response: &Response) -> Option<&str> {
        let mut lines = values(&response.lines, "access-control-allow-origin");
        let value = lines.next()?;
        assert_eq!(lines.next(), None);
        str::from_utf8(value).ok()
    }

    #[test]
    fn the_inner_of_two_layers_has_the_last_word_on_responses() {
        let nothing = || CorsOptions::builder().build().unwrap();
        for (inner, origin, expected) in [
            (CorsOptions::from(policy()), APP, Some(APP)),
            (CorsOptions::from(policy()), STRANGER, None),
            // Where nothing governs the request, the inner one decides nothing.
            (nothing(), STRANGER, Some("*")),
        ] {
            let inner = cors(service, inner);
            let retry = |request: Request| {
                inner.call(request.clone());
                inner.call(request)
            };
            let outer = cors(retry, CorsPolicy::permissive());
            assert_eq!(allow_origin(&outer.call(request("GET", origin))), expected, "{origin}");
        }
    }
}
