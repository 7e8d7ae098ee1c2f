//! A page in a browser that talks to a server under test.

use std::time::Duration;

use cors_core::browser::{
    self, Blocked, Browser, Failure, FilteredResponse, ResponseType, SentRequest, Stage,
};

use crate::fetches::{Fetch, Outcome, Step, URL};
use crate::server::isomorphic;
use crate::{Answer, Request, Unrepresentable};

/// What a browser sent, and what it got for it.
#[derive(Clone, Debug)]
pub struct Exchanged {
    pub request: Request,
    pub answer: Answer,
}

/// A fetch that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub preflight: Option<Exchanged>,
    pub actual: Option<Exchanged>,
    pub result: Result<FilteredResponse, Blocked>,
}

impl Ended {
    /// What became of it, in the words of the statement that it is compared with.
    ///
    /// # Panics
    ///
    /// It failed in a way in which no answer of a policy fails.
    pub fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(seen) if seen.response_type() == ResponseType::Cors => Outcome::Allowed,
            Ok(_) => Outcome::SameOrigin,
            Err(blocked) if blocked.stage() == Stage::Arguments => Outcome::Throws,
            Err(blocked) => Outcome::Blocked(step(blocked.failure())),
        }
    }

    pub fn exchanges(&self) -> impl Iterator<Item = &Exchanged> {
        self.preflight.iter().chain(&self.actual)
    }
}

/// The step of the policy that a browser complains of.
fn step(failure: &Failure) -> Step {
    match failure {
        Failure::AllowOriginMissing
        | Failure::AllowOriginMismatch { .. }
        | Failure::PreflightStatus(_) => Step::Origin,
        Failure::AllowOriginWildcard | Failure::AllowCredentialsNotTrue(_) => Step::Credentials,
        Failure::MethodNotAllowed(_) | Failure::AllowMethodsUnparseable { .. } => Step::Method,
        Failure::HeaderNotAllowed(_)
        | Failure::AuthorizationNotListed { .. }
        | Failure::AllowHeadersUnparseable { .. } => Step::Headers,
        other => panic!("no answer of a policy fails like this: {other}"),
    }
}

/// Carries a fetch out: whatever the browser sends goes to `answer`.
///
/// # Errors
///
/// The server cannot be given what the browser sends.
pub fn carry_out(
    page: &mut Browser,
    fetch: &Fetch,
    now: Duration,
    mut answer: impl FnMut(&Request) -> Result<Answer, Unrepresentable>,
) -> Result<Ended, Unrepresentable> {
    let (mut preflight, mut actual) = (None, None);
    let mut step = page.start(&request(fetch), now);
    let result = loop {
        let (exchange, sent) = match step {
            browser::Step::SendPreflight(exchange) => (exchange, &mut preflight),
            browser::Step::SendActual(exchange) => (exchange, &mut actual),
            browser::Step::Done(result) => break result,
        };
        let request = on_the_wire(exchange.request());
        let answer = answer(&request)?;
        step = exchange.receive(&response(&answer), now);
        *sent = Some(Exchanged { request, answer });
    };
    Ok(Ended { preflight, actual, result })
}

fn request(fetch: &Fetch) -> browser::Request {
    let request = browser::Request::new(&fetch.method, URL)
        .body(fetch.body.clone())
        .credentials(fetch.credentials);
    let request = if fetch.listens { request.use_cors_preflight() } else { request };
    fetch.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// What is sent, whatever the host.
pub(crate) fn on_the_wire(sent: &SentRequest) -> Request {
    let headers = sent.headers().iter().map(|(name, value)| (isomorphic(name), value.to_vec()));
    let url = sent.url();
    let path = url.splitn(4, '/').nth(3).expect("a URL has a path");
    Request {
        method: sent.method().to_owned(),
        path: format!("/{path}"),
        headers: headers.collect(),
    }
}

pub(crate) fn response(answer: &Answer) -> browser::Response {
    let lines = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    browser::Response::new(answer.status, lines)
}
