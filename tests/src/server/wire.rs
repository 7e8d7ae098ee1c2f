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

/// Status and header lines of the answer to one request.
fn exchange(address: SocketAddr, request: &Request) -> Result<(u16, Lines), Unrepresentable> {
    let message = message(request)?;
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    stream.write_all(&message).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers and closes");
    Ok(parse(&answer))
}

/// The answer of an application that counts how often it runs.
pub(super) fn counted_exchange(
    address: SocketAddr,
    runs: &AtomicUsize,
    request: &Request,
) -> Result<Answer, Unrepresentable> {
    let before = runs.load(Ordering::SeqCst);
    let (status, headers) = exchange(address, request)?;
    let runs = runs.load(Ordering::SeqCst) - before;
    assert!(runs <= 1, "the application ran {runs} times for one request");
    Ok(Answer { status, headers, application_ran: runs == 1 })
}

fn message(request: &Request) -> Result<Vec<u8>, Unrepresentable> {
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

fn parse(answer: &[u8]) -> (u16, Lines) {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(answer).expect("the server speaks HTTP");
    assert!(parsed.is_complete(), "the server answers with a whole head");
    let lines =
        response.headers.iter().map(|line| (line.name.to_ascii_lowercase(), line.value.to_vec()));
    let own = lines.filter(|(name, _)| !FRAMING.contains(&name.as_str())).collect();
    (response.code.expect("a whole head has a status"), own)
}
