//! HTTP/1.1 messages, written and read by hand, so that a client library stands in nobody's way.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Answer, Lines, Request, Unrepresentable, trim, values};

/// More lines, or more bytes of them, than servers take by default.
const MAX_LINES: usize = 90;
const MAX_BYTES: usize = 64 * 1024;
/// Fields that a server adds to every response, and which are no part of the answer.
const FRAMING: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

/// A whole answer, with every field and the body as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Lines,
    pub body: Vec<u8>,
}

/// Sends the bytes of a request, which asks for the connection to be closed, and reads until it is.
///
/// # Panics
///
/// There is no server, or it does not answer with a whole head within 20 seconds.
pub fn send(address: SocketAddr, message: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    stream.write_all(message).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers and closes");
    parse(&answer)
}

/// A server on a socket, in front of an application that counts how often it runs.
pub trait Listening {
    fn address(&self) -> SocketAddr;
    fn runs(&self) -> &AtomicUsize;
}

/// The answer of a server to what is sent to its address.
pub(super) fn counted(
    server: &impl Listening,
    send: impl FnOnce(SocketAddr) -> Response,
) -> Result<Answer, Unrepresentable> {
    let before = server.runs().load(Ordering::SeqCst);
    let Response { status, mut headers, .. } = send(server.address());
    let runs = server.runs().load(Ordering::SeqCst) - before;
    assert!(runs <= 1, "the application ran {runs} times for one request");
    headers.retain(|(name, _)| !is_framing(name));
    Ok(Answer { status, headers, application_ran: runs == 1 })
}

pub(super) fn is_framing(name: &str) -> bool {
    FRAMING.contains(&name)
}

/// The answer over HTTP/1.1.
pub(super) fn exchange(
    server: &impl Listening,
    request: &Request,
) -> Result<Answer, Unrepresentable> {
    let message = message(request)?;
    counted(server, |address| send(address, &message))
}

/// Could a server take the request, which may hold anything?
pub(super) fn check(request: &Request) -> Result<(), Unrepresentable> {
    let bytes: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let is_sendable =
        |value: &[u8]| value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
    if !request.headers.iter().all(|(_, value)| is_sendable(trim(value))) {
        return Err(Unrepresentable::RawBytes);
    }
    if bytes > MAX_BYTES || request.headers.len() > MAX_LINES {
        return Err(Unrepresentable::TooLarge);
    }
    if request.method == "CONNECT" {
        return Err(Unrepresentable::Tunnel);
    }
    Ok(())
}

/// The bytes of a request.
///
/// # Errors
///
/// No server would take them for one request.
pub fn message(request: &Request) -> Result<Vec<u8>, Unrepresentable> {
    check(request)?;
    let mut message = format!("{} {} HTTP/1.1\r\n", request.method, request.path).into_bytes();
    if values(&request.headers, "host").next().is_none() {
        message.extend_from_slice(b"Host: server.test\r\n");
    }
    for (name, value) in request.headers.iter().filter(|(name, _)| !is_of_connection(name)) {
        message.extend_from_slice(&[name.as_bytes(), b": ", trim(value), b"\r\n"].concat());
    }
    message.extend_from_slice(b"Connection: close\r\n\r\n");
    Ok(message)
}

/// Lines that ask for a switch of protocol would keep the connection open.
fn is_of_connection(name: &str) -> bool {
    name.eq_ignore_ascii_case("connection") || name.eq_ignore_ascii_case("upgrade")
}

fn parse(answer: &[u8]) -> Response {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(answer).expect("the server speaks HTTP");
    let httparse::Status::Complete(head) = parsed else {
        panic!("not a whole head: `{}`", answer.escape_ascii());
    };
    let line = |line: &httparse::Header<'_>| (line.name.to_ascii_lowercase(), line.value.to_vec());
    Response {
        status: response.code.expect("a whole head has a status"),
        headers: response.headers.iter().map(line).collect(),
        body: answer[head..].to_vec(),
    }
}
