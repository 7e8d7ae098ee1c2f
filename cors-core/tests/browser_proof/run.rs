//! The thin loop that makes a browser of the steps of a fetch.

use std::collections::BTreeMap;
use std::time::Duration;

use cors_core::browser::{
    Blocked, Browser, FilteredResponse, HeaderList, Request, Response, SentRequest, Step,
};

use crate::vectors::isomorphic;

/// What a server answers at one URL.
pub(crate) struct Answers {
    pub(crate) preflight: Response,
    pub(crate) actual: Response,
}

/// One fetch from its beginning to its end.
pub(crate) struct Run {
    pub(crate) sent: Vec<Sent>,
    pub(crate) result: Result<FilteredResponse, Blocked>,
}

pub(crate) struct Sent {
    pub(crate) is_preflight: bool,
    pub(crate) request: SentRequest,
}

pub(crate) fn run<'server>(
    page: &mut Browser,
    request: &Request,
    now: Duration,
    server: impl Fn(&SentRequest) -> &'server Answers,
) -> Run {
    let mut sent = Vec::new();
    let mut step = page.start(request, now);
    let result = loop {
        step = match step {
            Step::SendPreflight(exchange) => {
                let request = exchange.request().clone();
                let response = &server(&request).preflight;
                sent.push(Sent { is_preflight: true, request });
                exchange.receive(response, now)
            }
            Step::SendActual(exchange) => {
                let request = exchange.request().clone();
                let response = &server(&request).actual;
                sent.push(Sent { is_preflight: false, request });
                exchange.receive(response, now)
            }
            Step::Done(result) => break result,
        };
    };
    Run { sent, result }
}

impl Run {
    /// The preflight, if the fetch began with one.
    pub(crate) fn preflight(&self) -> Option<&SentRequest> {
        self.sent.first().filter(|sent| sent.is_preflight).map(|sent| &sent.request)
    }
}

pub(crate) fn header(request: &SentRequest, name: &str) -> Option<String> {
    request.headers().combined(name).map(|value| isomorphic(&value))
}

/// Names in lower case, each with all its values.
pub(crate) fn combined(headers: &HeaderList) -> BTreeMap<String, String> {
    let names = headers.iter().map(|(name, _)| isomorphic(name).to_ascii_lowercase());
    names.map(|name| (name.clone(), isomorphic(&headers.combined(&name).unwrap()))).collect()
}
