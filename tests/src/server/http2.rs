//! HTTP/2 messages, over connections without an upgrade.

use std::net::SocketAddr;
use std::sync::LazyLock;

use http::HeaderValue;
use http_body_util::BodyExt;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::wire::{self, Listening, Response};
use super::{Answer, Application, Request, Server, Unrepresentable, trim};

pub(super) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime starts"));

/// More bytes of header lines than servers take over HTTP/2 by default.
const MAX_BYTES: usize = 12 * 1024;

/// A server that is talked to over HTTP/2.
#[derive(Debug)]
pub struct OverHttp2<S>(S);

impl<S: Server + Listening> Server for OverHttp2<S> {
    fn start(options: cors_core::CorsOptions, application: Application) -> Self {
        Self(S::start(options, application))
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        wire::check(request)?;
        let request = Request {
            headers: request
                .headers
                .iter()
                .filter(|(name, _)| !is_of_http_1(name))
                .cloned()
                .collect(),
            ..request.clone()
        };
        let bytes: usize = request.headers.iter().map(|(name, v)| name.len() + v.len()).sum();
        if bytes > MAX_BYTES {
            return Err(Unrepresentable::TooLarge);
        }
        let http = self::request(&request).ok_or(Unrepresentable::RawBytes)?;
        wire::counted(&self.0, |address| {
            RUNTIME.block_on(async { Connection::open(address).await.send(http).await })
        })
    }
}

/// HTTP/2 has no such lines, and says by `:authority` what `Host` says.
fn is_of_http_1(name: &str) -> bool {
    ["connection", "upgrade", "host"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection(SendRequest<String>);

impl Connection {
    /// Opens it.
    ///
    /// # Panics
    ///
    /// There is no server, or it does not speak HTTP/2.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("an option can be set");
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("the server speaks HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    /// Sends a request, and waits for the whole answer.
    ///
    /// # Panics
    ///
    /// There is none.
    pub async fn send(&mut self, request: http::Request<String>) -> Response {
        let response = self.0.send_request(request).await.expect("the server answers");
        let (head, body) = response.into_parts();
        let line = |(name, value): (&http::HeaderName, &HeaderValue)| {
            (name.to_string(), value.as_bytes().to_vec())
        };
        let body = body.collect().await.expect("the server sends a whole body").to_bytes();
        Response {
            status: head.status.as_u16(),
            headers: head.headers.iter().map(line).collect(),
            body: body.to_vec(),
        }
    }
}

/// The request in the client's types, where they hold it.
pub fn request(request: &Request) -> Option<http::Request<String>> {
    if !request.path.starts_with('/') || !request.path.is_ascii() {
        return None;
    }
    let uri = format!("http://server.test{}", request.path);
    let mut http = http::Request::builder().method(request.method.as_str()).uri(uri);
    for (name, value) in &request.headers {
        http = http.header(name, HeaderValue::from_bytes(trim(value)).ok()?);
    }
    http.body(String::new()).ok()
}
