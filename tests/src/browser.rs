//! What a browser does with one answer, said by `cors_core::browser`.
//!
//! A vector is one exchange: a preflight or an actual request. A page sees what it asked for only
//! if every exchange passes. The page and its fetch are made from the request, so that the browser
//! sends what the vector says.

use std::time::Duration;

use cors_core::browser::{self, Browser, Credentials, Response, Step};

use crate::pages::{on_the_wire, response};
use crate::server::isomorphic;
use crate::{Answer, Request};

/// Of a host that is no page's in any vector.
const URL: &str = "https://server.test/vector";

/// What the browser makes of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on: to the actual request, or to the page.
    Passes,
    /// The page gets a network error.
    Blocked,
    /// The request has no origin, so no check is made.
    Unchecked,
}

/// Judges an exchange of a page that fetches with or without credentials (mode `include`).
///
/// What no browser sends (an origin that no page has, a method that is sent in another case) is
/// blocked only where the answer says yes to nothing.
pub fn judge(request: &Request, answer: &Answer, credentials: bool) -> Verdict {
    if request.values("origin").is_empty() {
        return Verdict::Unchecked;
    }
    let passes = passes(request, answer, credentials).unwrap_or_else(|| says_yes(request, answer));
    if passes { Verdict::Passes } else { Verdict::Blocked }
}

/// None where no browser sends the request.
fn passes(request: &Request, answer: &Answer, credentials: bool) -> Option<bool> {
    let origins = request.values("origin");
    let [origin] = &*origins else { return None };
    let mut page = Browser::at(&isomorphic(origin)).ok()?;
    let step = match asked_method(request) {
        Some(method) => {
            let method = isomorphic(method);
            // One that needs no listing is asked for on behalf of the headers, or when forced.
            let forced = ["GET", "HEAD", "POST"].contains(&&*method);
            let fetch = fetch(method, credentials, requested_names(request));
            let fetch = if forced { fetch.use_cors_preflight() } else { fetch };
            match page.start(&fetch, Duration::ZERO) {
                Step::SendPreflight(exchange) if is_sent(request, exchange.request()) => {
                    exchange.receive(&response(answer), Duration::ZERO)
                }
                _ => return None,
            }
        }
        None => {
            let fetch = fetch(request.method.clone(), credentials, Vec::new());
            let step = match page.start(&fetch, Duration::ZERO) {
                Step::SendPreflight(exchange) => {
                    let allows = allows(exchange.request().headers().combined("origin")?, request);
                    exchange.receive(&allows, Duration::ZERO)
                }
                step => step,
            };
            match step {
                Step::SendActual(exchange) if is_sent(request, exchange.request()) => {
                    exchange.receive(&response(answer), Duration::ZERO)
                }
                _ => return None,
            }
        }
    };
    Some(!matches!(step, Step::Done(Err(_))))
}

/// A fetch with headers that need a preflight: no value that begins like this is safelisted.
fn fetch(method: String, credentials: bool, names: Vec<String>) -> browser::Request {
    let mode = if credentials { Credentials::Include } else { Credentials::Omit };
    let fetch = browser::Request::new(method, URL).credentials(mode);
    names.iter().fold(fetch, |fetch, name| fetch.header(name, "("))
}

/// Lets the actual request of a vector through to its answer.
fn allows(origin: Vec<u8>, request: &Request) -> Response {
    let fields = [
        ("access-control-allow-origin", &*origin),
        ("access-control-allow-credentials", b"true"),
        ("access-control-allow-methods", request.method.as_bytes()),
    ];
    Response::new(204, fields)
}

/// Is it the request of the vector that the browser sends, as far as CORS looks at it?
fn is_sent(request: &Request, sent: &browser::SentRequest) -> bool {
    let sent = on_the_wire(sent);
    sent.method == request.method
        && sent.values("origin") == request.values("origin")
        && asked_method(&sent) == asked_method(request)
        && (asked_method(&sent).is_none() || requested_names(&sent) == requested_names(request))
}

/// The method that a preflight asks for; none for any other request, whatever fields it has.
fn asked_method(request: &Request) -> Option<&[u8]> {
    let asked = request.values("access-control-request-method");
    asked.first().copied().filter(|_| request.method == "OPTIONS")
}

/// The requested names in lower case and order, each once.
fn requested_names(request: &Request) -> Vec<String> {
    let lines = request.values("access-control-request-headers").into_iter().map(isomorphic);
    let mut names = elements(lines.map(|line| line.to_ascii_lowercase()));
    names.sort_unstable();
    names.dedup();
    names
}

/// Does the answer allow the origin, and the method where one is asked for?
fn says_yes(request: &Request, answer: &Answer) -> bool {
    let methods = elements(answer.values("access-control-allow-methods").into_iter());
    let allows_method = asked_method(request).is_none_or(|asked| {
        methods.iter().any(|listed| listed == "*" || listed.as_bytes() == asked)
    });
    !answer.values("access-control-allow-origin").is_empty() && allows_method
}

fn elements(lines: impl Iterator<Item = String>) -> Vec<String> {
    let lines: Vec<String> = lines.collect();
    let elements = lines.iter().flat_map(|line| line.split(','));
    let elements = elements.map(|element| element.trim_matches([' ', '\t']));
    elements.filter(|element| !element.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_browser_sends_is_blocked_where_nothing_says_yes() {
        let origin = "https://a.example/";
        for (headers, answered, verdict) in [
            (vec![], vec![("access-control-allow-origin", "*")], Verdict::Unchecked),
            (vec![("origin", origin)], vec![], Verdict::Blocked),
            (
                vec![("origin", origin)],
                vec![("access-control-allow-origin", "https://b.example")],
                Verdict::Passes,
            ),
            (
                vec![("origin", "https://a.example"), ("access-control-request-method", "put")],
                vec![
                    ("access-control-allow-origin", "https://a.example"),
                    ("access-control-allow-methods", "PUT"),
                ],
                Verdict::Blocked,
            ),
            (
                vec![("origin", "https://a.example"), ("access-control-request-method", "put")],
                vec![
                    ("access-control-allow-origin", "https://a.example"),
                    ("access-control-allow-methods", "PUT, put"),
                ],
                Verdict::Passes,
            ),
        ] {
            let lines = |lines: Vec<(&str, &str)>| {
                let lines = lines.into_iter();
                lines.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect()
            };
            let request = Request {
                method: "OPTIONS".to_owned(),
                path: "/".to_owned(),
                headers: lines(headers),
            };
            let answer = Answer { status: 200, headers: lines(answered), application_ran: false };
            assert_eq!(judge(&request, &answer, false), verdict, "{request:?} {answer:?}");
        }
    }
}
