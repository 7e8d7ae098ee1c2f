//! A small but complete adapter, to copy for a framework that has none.
//!
//! The framework here is a function from a request to a response. For another one, replace the types of
//! `http` by its own, and keep what [`Cors::call`] does for each action. "An adapter for another
//! framework" in `ARCHITECTURE.md` lists the steps.
//!
//! ```text
//! cargo run -p cors-core --example adapter
//! cargo test -p cors-core --example adapter
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use cors_core::adapter::{CorsAction, CorsProcessor, LayerScope, strip_cors_fields};
use cors_core::{
    ConfigErrors, CorsOptions, CorsPolicy, CorsPolicyProvider, CorsRequest, CorsResult,
    ProvidedPolicy, ProviderError, RequestContext,
};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};

/// Puts a service under CORS policies.
struct Cors<S> {
    inner: S,
    policies: Policies,
    processor: CorsProcessor,
}

enum Policies {
    Options(CorsOptions),
    Provider(Box<dyn CorsPolicyProvider>),
}

/// The names of these methods are those of the other adapters.
impl<S> Cors<S> {
    fn new(inner: S, options: impl Into<CorsOptions>) -> Self {
        let policies = Policies::Options(options.into());
        Self { inner, policies, processor: CorsProcessor::new() }
    }

    fn with_provider(inner: S, provider: impl CorsPolicyProvider) -> Self {
        let policies = Policies::Provider(Box::new(provider));
        Self { inner, policies, processor: CorsProcessor::new() }
    }

    fn preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        Ok(Self { processor: self.processor.preflight_status(status)?, ..self })
    }

    fn refuse_disallowed_origins(self) -> Self {
        Self { processor: self.processor.refuse_disallowed_origins(), ..self }
    }

    fn record_results(self) -> Self {
        Self { processor: self.processor.record_results(), ..self }
    }

    /// Answers one request.
    fn call<A, B>(&self, request: Request<A>) -> Response<B>
    where
        S: Fn(Request<A>) -> Response<B>,
        B: Default + From<String>,
    {
        match self.decide(&request) {
            CorsAction::PassThrough => (self.inner)(request),
            CorsAction::Forward(answer) => {
                let mut response = self.run(request);
                if !is_decided(&response) {
                    answer.apply_to(response.headers_mut());
                    record(answer.result(), &mut response);
                }
                response
            }
            CorsAction::Respond { status, answer } => {
                let mut response = with_status(status, B::default());
                if let Some(answer) = answer {
                    answer.apply_to(response.headers_mut());
                    record(answer.result(), &mut response);
                }
                response
            }
            CorsAction::Refuse(result) => {
                let mut response = with_status(StatusCode::FORBIDDEN, result.refusal_text().into());
                let plain_text = HeaderValue::from_static("text/plain; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, plain_text);
                result.apply_to(response.headers_mut());
                record(Some(&result), &mut response);
                response
            }
            CorsAction::Fail { error, runs } => {
                let mut response = if runs {
                    self.run(request)
                } else {
                    with_status(StatusCode::INTERNAL_SERVER_ERROR, B::default())
                };
                if !is_decided(&response) {
                    strip_cors_fields(response.headers_mut());
                    response.extensions_mut().insert(error);
                }
                response
            }
        }
    }

    /// Asks who governs the request, has the processor decide, and logs the decision.
    fn decide<A>(&self, request: &Request<A>) -> CorsAction {
        let view = CorsRequest::from_headers(request.method(), request.headers());
        let context =
            RequestContext::for_target(view, request.uri()).with_data(request.extensions());
        let action = match &self.policies {
            Policies::Options(options) => {
                self.processor.process(&context, options.select_for(&context))
            }
            Policies::Provider(provider) => {
                let choice = match provider.provide(&context) {
                    ProvidedPolicy::Now(choice) => choice,
                    // An asynchronous framework awaits the future here.
                    ProvidedPolicy::Later(_) => Err(ProviderError::new("nothing here can wait")),
                };
                self.processor.process_choice(&context, choice)
            }
        };
        #[cfg(feature = "tracing")]
        cors_core::adapter::trace_decision(&context, &action);
        action
    }

    /// Runs the service, and tells the layers within it that this one is around them. An
    /// asynchronous framework also enters a scope for each poll of the future.
    fn run<A, B>(&self, request: Request<A>) -> Response<B>
    where
        S: Fn(Request<A>) -> Response<B>,
    {
        let _scope = LayerScope::enter();
        (self.inner)(request)
    }
}

/// Has a layer within decided already? Its response then stays as it is.
fn is_decided<B>(response: &Response<B>) -> bool {
    let extensions = response.extensions();
    extensions.get::<CorsResult>().is_some() || extensions.get::<ProviderError>().is_some()
}

/// Leaves the result, where there is one, for whoever is around this layer.
fn record<B>(result: Option<&CorsResult>, response: &mut Response<B>) {
    if let Some(result) = result {
        response.extensions_mut().insert(result.clone());
    }
}

fn with_status<B>(status: StatusCode, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hello = |_: Request<()>| Response::new("hello\n".to_owned());
    let policy = CorsPolicy::builder()
        .with_origins(["https://app.example.com"])
        .with_methods(["PUT"])
        .build()?;
    let by_options = Cors::new(hello, policy.clone())
        .preflight_status(StatusCode::OK)?
        .refuse_disallowed_origins()
        .record_results();
    let by_provider = Cors::with_provider(hello, move |request: &RequestContext<'_>| {
        (request.path() == "/items").then(|| policy.clone())
    });
    for (method, origin) in [
        ("GET", "https://app.example.com"),
        ("OPTIONS", "https://app.example.com"),
        ("GET", "https://evil.example"),
    ] {
        let request = || {
            Request::builder()
                .method(method)
                .uri("/items")
                .header("origin", origin)
                .header("access-control-request-method", "PUT")
                .body(())
        };
        println!("{:#?}", by_options.call(request()?));
        println!("{:#?}", by_provider.call(request()?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cors_core::PolicyChoice;

    const APP: &str = "https://app.example.com";
    const STRANGER: &str = "https://evil.example";

    /// Sets a CORS field by itself, which a layer must not let through.
    fn service(_: Request<()>) -> Response<String> {
        let mut response = Response::new("ran".to_owned());
        let any = HeaderValue::from_static("*");
        response.headers_mut().insert("access-control-allow-origin", any);
        response
    }

    fn policy() -> CorsPolicy {
        CorsPolicy::builder().with_origins([APP]).with_methods(["PUT"]).build().unwrap()
    }

    fn request(method: &str, origin: &str) -> Request<()> {
        let request = Request::builder().method(method).header("origin", origin);
        request.header("access-control-request-method", "PUT").body(()).unwrap()
    }

    /// The status, the origin that is allowed, `Vary` and the body.
    fn summary(response: &Response<String>) -> (u16, &str, &str, &str) {
        let field = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap());
        let allowed = field("access-control-allow-origin");
        (response.status().as_u16(), allowed, field("vary"), response.body())
    }

    #[test]
    fn options_decide() {
        let text = "refused by the CORS policy: the origin `https://evil.example` is not allowed\n";
        let runs = Cors::new(service, policy());
        let refuses = Cors::new(service, policy()).refuse_disallowed_origins();
        let disabled = CorsOptions::builder().disable("/").build().unwrap();
        let disabled = Cors::new(service, disabled);
        let none = Cors::new(service, CorsOptions::builder().build().unwrap());
        for (cors, method, origin, expected) in [
            (&runs, "GET", APP, (200, APP, "Origin", "ran")),
            (&runs, "GET", STRANGER, (200, "", "Origin", "ran")),
            (&runs, "OPTIONS", APP, (204, APP, "Origin", "")),
            (&runs, "OPTIONS", STRANGER, (403, "", "Origin", "")),
            (&refuses, "GET", STRANGER, (403, "", "Origin", text)),
            (&disabled, "OPTIONS", APP, (403, "", "", "")),
            (&disabled, "GET", APP, (200, "*", "", "ran")),
            (&none, "OPTIONS", APP, (200, "*", "", "ran")),
        ] {
            let response = cors.call(request(method, origin));
            assert_eq!(summary(&response), expected, "{method} {origin}");
        }
    }

    #[test]
    fn providers_decide_or_fail() {
        let chooses = Cors::with_provider(service, policy());
        let response = chooses.call(request("OPTIONS", APP));
        assert_eq!(summary(&response), (204, APP, "Origin", ""));

        let fails = Cors::with_provider(service, |_: &RequestContext<'_>| {
            ProvidedPolicy::Now(Err(ProviderError::new("no database")))
        });
        for (method, expected) in
            [("OPTIONS", (500, "", "Origin", "")), ("GET", (200, "", "Origin", "ran"))]
        {
            let response = fails.call(request(method, APP));
            assert_eq!(summary(&response), expected, "{method}");
            assert!(response.extensions().get::<ProviderError>().is_some(), "{method}");
        }

        let waits = Cors::with_provider(service, |_: &RequestContext<'_>| {
            ProvidedPolicy::later(async { Ok(PolicyChoice::None) })
        });
        assert_eq!(waits.call(request("OPTIONS", APP)).status(), 500);
    }

    #[test]
    fn the_inner_of_two_layers_has_the_last_word_on_responses() {
        let inner = Cors::new(service, policy());
        let outer = Cors::new(move |request| inner.call(request), CorsPolicy::permissive());
        let response = outer.call(request("GET", APP));
        assert_eq!(summary(&response), (200, APP, "Origin", "ran"));
        assert!(response.extensions().get::<CorsResult>().is_some());
    }

    #[test]
    fn results_are_recorded_on_request() {
        let is_recorded = |cors: &Cors<_>, method| {
            cors.call(request(method, APP)).extensions().get::<CorsResult>().is_some()
        };
        let silent = Cors::new(service, policy());
        let records = Cors::new(service, policy()).record_results();
        for method in ["GET", "OPTIONS"] {
            assert!(is_recorded(&records, method) && !is_recorded(&silent, method), "{method}");
        }
    }
}
