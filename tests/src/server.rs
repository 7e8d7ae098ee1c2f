//! A server under test: a request in, an answer out, whatever the framework.

mod actix;
mod axum;
pub mod http2;
mod in_process;
pub mod wire;

use cors_core::adapter::{CorsAction, CorsProcessor};
use cors_core::{CorsOptions, CorsRequest, RequestContext};
use http::{HeaderMap, HeaderName, HeaderValue};

pub use actix::Actix;
pub use axum::Axum;
pub use in_process::{ActixInProcess, AxumInProcess};

/// Answers requests through CORS in front of an application.
///
/// Implemented once for the engine alone and once for each adapter; the call blocks, so an
/// asynchronous adapter runs its own executor in it.
pub trait Server: Sized {
    /// Starts a server with these options in front of this application.
    fn start(options: CorsOptions, application: Application) -> Self;

    /// Answers one request.
    ///
    /// # Errors
    ///
    /// The server's types cannot hold the request, so that it never arrives.
    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable>;
}

/// Field lines in their order, in any bytes.
pub type Lines = Vec<(String, Vec<u8>)>;

/// A request as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Lines,
}

impl Request {
    /// The values of all lines of a field, without white space at their ends.
    pub fn values(&self, name: &str) -> Vec<&[u8]> {
        values(&self.headers, name).map(trim).collect()
    }
}

/// What the application behind the server answers to everything.
#[derive(Clone, Debug)]
pub struct Application {
    pub status: u16,
    pub headers: Lines,
}

impl Default for Application {
    fn default() -> Self {
        let headers = [("content-type", "text/plain"), ("etag", "\"1\"")]
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Self { status: 200, headers: headers.to_vec() }
    }
}

/// What the client gets, and whether the application took part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Lines,
    pub application_ran: bool,
}

impl Answer {
    /// The values of all lines of a field, as text.
    pub fn values(&self, name: &str) -> Vec<String> {
        values(&self.headers, name).map(isomorphic).collect()
    }
}

/// Why a server never gets to see a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrepresentable {
    /// Its types hold no such bytes.
    RawBytes,
    /// It reads no request with so many header lines, or with so many bytes of them.
    TooLarge,
    /// It opens a tunnel in place of an answer.
    Tunnel,
}

/// The engine, reading the field lines as raw bytes.
#[derive(Debug)]
pub struct Core {
    options: CorsOptions,
    application: Application,
}

impl Core {
    fn decide(&self, request: CorsRequest<'_>, path: &str) -> CorsAction {
        let processor = CorsProcessor::new();
        let context = RequestContext::new(request, path);
        let action = processor.process(&context, self.options.select_for(&context));
        // The shorter way, which adapters try first, comes to the same.
        if let Some(answer) = processor.settle(&request, &self.options) {
            assert_eq!(action, CorsAction::Forward(answer), "{request:?}");
        }
        action
    }
}

impl Server for Core {
    fn start(options: CorsOptions, application: Application) -> Self {
        Self { options, application }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        let view = CorsRequest::new(&request.method, &request.headers);
        Ok(carry_out(self.decide(view, &request.path), &self.application))
    }
}

/// The engine, reading the parts of an `http` request, which cannot hold every byte.
#[derive(Debug)]
pub struct CoreOverHttp(Core);

impl Server for CoreOverHttp {
    fn start(options: CorsOptions, application: Application) -> Self {
        Self(Core::start(options, application))
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        let mut http = http::Request::builder().method(request.method.as_str());
        for (name, value) in &request.headers {
            let value =
                HeaderValue::from_bytes(trim(value)).map_err(|_| Unrepresentable::RawBytes)?;
            http = http.header(name, value);
        }
        let (parts, ()) = http.body(()).map_err(|_| Unrepresentable::RawBytes)?.into_parts();
        let view = CorsRequest::from_parts(&parts);
        Ok(carry_out(self.0.decide(view, &request.path), &self.0.application))
    }
}

/// Does what an adapter does.
fn carry_out(action: CorsAction, application: &Application) -> Answer {
    let (application_ran, status, headers) = match action {
        CorsAction::PassThrough => (true, application.status, header_map(&application.headers)),
        CorsAction::Forward(answer) => {
            let mut headers = header_map(&application.headers);
            answer.apply_to(&mut headers);
            (true, application.status, headers)
        }
        CorsAction::Respond { status, answer } => {
            let mut headers = HeaderMap::new();
            if let Some(answer) = answer {
                answer.apply_to(&mut headers);
            }
            (false, status.as_u16(), headers)
        }
        CorsAction::Refuse(_) | CorsAction::Fail { .. } => {
            unreachable!("options neither refuse nor fail")
        }
    };
    let lines = headers.iter().map(|(name, v)| (name.to_string(), v.as_bytes().to_vec()));
    Answer { status, headers: lines.collect(), application_ran }
}

fn header_map(lines: &[(String, Vec<u8>)]) -> HeaderMap {
    let line = |(name, value): &(String, Vec<u8>)| {
        let name = HeaderName::try_from(name).expect("an application sends valid names");
        (name, HeaderValue::from_bytes(value).expect("an application sends valid values"))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.iter().map(line) {
        headers.append(name, value);
    }
    headers
}

fn values<'a>(lines: &'a [(String, Vec<u8>)], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let named = move |(line, _): &&(String, Vec<u8>)| line.eq_ignore_ascii_case(name);
    lines.iter().filter(named).map(|(_, value)| value.as_slice())
}

/// `value` without the white space that HTTP does not count to it.
pub(crate) fn trim(value: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// Bytes as text of which each character is one byte.
pub(crate) fn isomorphic(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
