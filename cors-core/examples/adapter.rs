//! A small but complete adapter, to copy for a framework that has none.
//!
//! The framework here is an asynchronous function from a request to a response. For another one, keep
//! what [`Cors::call`] does for each action, and its order: the choice, then the context, then the
//! service. "An adapter for another framework" in `ARCHITECTURE.md` lists the steps. If its types are not
//! those of `http`, if its responses have no extensions, or if it never waits, read
//! `foreign_adapter.rs`, too.
//!
//! ```text
//! cargo run -p cors-core --example adapter
//! cargo test -p cors-core --example adapter
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use cors_core::adapter::{CorsAction, CorsProcessor, LayerScope, strip_cors_fields};
use cors_core::{
    ConfigErrors, CorsOptions, CorsPolicy, CorsPolicyProvider, CorsRequest, CorsResult,
    PolicyChoice, ProvidedPolicy, ProviderError, RequestContext,
};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};

/// Puts a service under CORS policies.
struct Cors<S> {
    inner: S,
    /// Or options, which are a provider, too.
    provider: Box<dyn CorsPolicyProvider>,
    processor: CorsProcessor,
}

/// The names of these methods are those of the other adapters.
impl<S> Cors<S> {
    fn new(inner: S, options: impl Into<CorsOptions>) -> Self {
        Self::with_provider(inner, options.into())
    }

    fn with_provider(inner: S, provider: impl CorsPolicyProvider) -> Self {
        Self { inner, provider: Box::new(provider), processor: CorsProcessor::new() }
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
    ///
    /// Nothing that borrows the request lives while this waits: a context is not [`Send`], and bodies
    /// need not be [`Sync`], but servers move what waits from thread to thread.
    async fn call<A, B, F>(&self, request: Request<A>) -> Response<B>
    where
        S: Fn(Request<A>) -> F,
        F: Future<Output = Response<B>>,
        B: Default + From<String>,
    {
        // A statement of its own: in the `match` below, the context would outlive the wait.
        let provided = self.provider.provide(&context(&request));
        let choice = match provided {
            ProvidedPolicy::Now(choice) => choice,
            ProvidedPolicy::Later(choice) => choice.await,
        };
        match self.decide(&request, choice) {
            CorsAction::PassThrough => (self.inner)(request).await,
            CorsAction::Forward(answer) => {
                let mut response = self.run(request).await;
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
                    self.run(request).await
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

    /// Has the processor decide by what governs the request, and logs the decision.
    fn decide<A>(
        &self,
        request: &Request<A>,
        choice: Result<PolicyChoice, ProviderError>,
    ) -> CorsAction {
        // A context of its own: the first one is gone.
        let context = context(request);
        let action = self.processor.process_choice(&context, choice);
        #[cfg(feature = "tracing")]
        cors_core::adapter::trace_decision(&context, &action);
        action
    }

    /// Runs the service, and tells the layers within it that this one is around them: see
    /// [`LayerScope`]. `within` enters a scope for the call, and for each poll of the future; where you
    /// write a future of your own, do the same in its `poll`.
    async fn run<A, B, F>(&self, request: Request<A>) -> Response<B>
    where
        S: Fn(Request<A>) -> F,
        F: Future<Output = Response<B>>,
    {
        LayerScope::within(|| (self.inner)(request)).await
    }
}

/// What policies are chosen by.
fn context<A>(request: &Request<A>) -> RequestContext<'_> {
    let view = CorsRequest::from_headers(request.method(), request.headers());
    RequestContext::for_target(view, request.uri()).with_data(request.extensions())
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hello = |_: Request<()>| async { Response::new("hello\n".to_owned()) };
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
        println!("{:#?}", by_options.call(request()?).await);
        println!("{:#?}", by_provider.call(request()?).await);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::Arc;

    const APP: &str = "https://app.example.com";
    const STRANGER: &str = "https://evil.example";

    /// Sets a CORS field by itself, which a layer must not let through.
    async fn service(_: Request<()>) -> Response<String> {
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

    #[tokio::test]
    async fn options_decide() {
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
            let response = cors.call(request(method, origin)).await;
            assert_eq!(summary(&response), expected, "{method} {origin}");
        }
    }

    #[tokio::test]
    async fn providers_decide_or_fail() {
        let chooses = Cors::with_provider(service, policy());
        let response = chooses.call(request("OPTIONS", APP)).await;
        assert_eq!(summary(&response), (204, APP, "Origin", ""));

        let fails = Cors::with_provider(service, |_: &RequestContext<'_>| {
            ProvidedPolicy::Now(Err(ProviderError::new("no database")))
        });
        for (method, expected) in
            [("OPTIONS", (500, "", "Origin", "")), ("GET", (200, "", "Origin", "ran"))]
        {
            let response = fails.call(request(method, APP)).await;
            assert_eq!(summary(&response), expected, "{method}");
            assert!(response.extensions().get::<ProviderError>().is_some(), "{method}");
        }
    }

    /// What servers with several threads ask of a future. The body of this request is not `Sync`, as
    /// theirs are not.
    #[tokio::test]
    async fn a_request_that_waits_may_move_to_another_thread() {
        let waits = Arc::new(Cors::with_provider(
            |_: Request<Cell<u8>>| async { Response::new("ran".to_owned()) },
            |_: &RequestContext<'_>| {
                ProvidedPolicy::later(async {
                    tokio::task::yield_now().await;
                    Ok(policy().into())
                })
            },
        ));
        for (method, expected) in
            [("OPTIONS", (204, APP, "Origin", "")), ("GET", (200, APP, "Origin", "ran"))]
        {
            let (waits, request) =
                (Arc::clone(&waits), request(method, APP).map(|()| Cell::new(0)));
            let response = tokio::spawn(async move { waits.call(request).await }).await.unwrap();
            assert_eq!(summary(&response), expected, "{method}");
        }
    }

    #[tokio::test]
    async fn the_inner_of_two_layers_has_the_last_word_on_responses() {
        let inner = Arc::new(Cors::new(service, policy()));
        let inner = move |request| {
            let inner = Arc::clone(&inner);
            async move { inner.call(request).await }
        };
        let outer = Cors::new(inner, CorsPolicy::permissive());
        let response = outer.call(request("GET", APP)).await;
        assert_eq!(summary(&response), (200, APP, "Origin", "ran"));
        assert!(response.extensions().get::<CorsResult>().is_some());
    }

    #[tokio::test]
    async fn results_are_recorded_on_request() {
        let silent = Cors::new(service, policy());
        let records = Cors::new(service, policy()).record_results();
        for (cors, is_recorded) in [(&silent, false), (&records, true)] {
            for method in ["GET", "OPTIONS"] {
                let response = cors.call(request(method, APP)).await;
                let result = response.extensions().get::<CorsResult>();
                assert_eq!(result.is_some(), is_recorded, "{method}");
            }
        }
    }
}
