//! CORS with nothing but the standard library: raw header lines in, raw header lines out.
//!
//! ```text
//! cargo run -p cors-core --example std_server
//! curl -i 127.0.0.1:8080/ -H 'Origin: https://app.example.com'
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use cors_core::{CorsPolicy, CorsRequest, CorsService};

/// The longest head of a request that is read, in bytes.
const HEAD_LIMIT: u64 = 16 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let policy = CorsPolicy::builder()
        .with_origins(["https://app.example.com", "http://localhost:*"])
        .with_methods(["PUT"])
        .with_headers(["content-type"])
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:8080")?;
    println!("listening on http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        if let Err(error) = stream.and_then(|stream| serve(&stream, &policy)) {
            println!("a connection failed: {error}");
        }
    }
    Ok(())
}

/// Answers one request; the connection ends with it.
fn serve(mut stream: &TcpStream, policy: &CorsPolicy) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let response = match read_head(BufReader::new(stream.take(HEAD_LIMIT)))? {
        Some((method, lines)) => respond(&method, &lines, policy),
        None => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_owned(),
    };
    stream.write_all(response.as_bytes())
}

/// A name, and a value of bytes, of which some may be no text.
type HeaderLine = (String, Vec<u8>);

/// The method and the header lines; none where they are not those of a request.
fn read_head(mut head: impl BufRead) -> io::Result<Option<(String, Vec<HeaderLine>)>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        head.read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\r\n") {
            None => return Ok(None),
            Some([]) => break,
            Some(line) => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let request_line = lines.next().and_then(|line| String::from_utf8(line).ok());
    let method = request_line.and_then(|line| Some(line.split_once(' ')?.0.to_owned()));
    let lines: Option<Vec<_>> = lines.map(|line| header_line(&line)).collect();
    Ok(method.zip(lines))
}

fn header_line(line: &[u8]) -> Option<HeaderLine> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let value = value.strip_prefix(b":")?.trim_ascii();
    Some((String::from_utf8(name.to_owned()).ok()?, value.to_owned()))
}

/// All that a server under one policy has to do: answer preflights, run everything else, and send the fields.
fn respond(method: &str, lines: &[HeaderLine], policy: &CorsPolicy) -> String {
    let result = CorsService::new().evaluate_policy(&CorsRequest::new(method, &lines), policy);
    let (status, body) = match (result.is_preflight_request(), result.is_origin_allowed()) {
        (true, true) => ("204 No Content", None),
        (true, false) => ("403 Forbidden", Some(String::new())),
        (false, _) => ("200 OK", Some(format!("you sent {method}\n"))),
    };
    let mut response = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in result.fields() {
        // What is sent is printable ASCII, whatever the request held.
        response += &format!("{name}: {}\r\n", String::from_utf8_lossy(value));
    }
    if !result.vary().is_empty() {
        response += &format!("Vary: {}\r\n", result.vary().join(", "));
    }
    if let Some(body) = &body {
        response += &format!("Content-Length: {}\r\n", body.len());
    }
    response + "\r\n" + &body.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_on_a_socket_are_answered() {
        let policy = CorsPolicy::builder().with_origins(["https://a.example"]).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = "Access-Control-Request-Method: GET\r\n";
        for (request, expected) in [
            (
                "GET / HTTP/1.1\r\nOrigin: https://a.example\r\n\r\n".to_owned(),
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\
                 access-control-allow-origin: https://a.example\r\nVary: Origin\r\n\
                 Content-Length: 13\r\n\r\nyou sent GET\n",
            ),
            (
                "PUT / HTTP/1.1\r\nORIGIN:https://evil.example\r\nX: \u{e9}\r\n\r\n".to_owned(),
                "HTTP/1.1 200 OK\r\nConnection: close\r\nVary: Origin\r\n\
                 Content-Length: 13\r\n\r\nyou sent PUT\n",
            ),
            (
                format!("OPTIONS / HTTP/1.1\r\nOrigin: https://a.example\r\n{asked}\r\n"),
                "HTTP/1.1 204 No Content\r\nConnection: close\r\n\
                 access-control-allow-origin: https://a.example\r\n\
                 access-control-allow-methods: GET, HEAD, POST\r\nVary: Origin\r\n\r\n",
            ),
            (
                format!("OPTIONS / HTTP/1.1\r\nOrigin: https://evil.example\r\n{asked}\r\n"),
                "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nVary: Origin\r\n\
                 Content-Length: 0\r\n\r\n",
            ),
            (
                "GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(),
                "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
            ),
        ] {
            let mut client = TcpStream::connect(address).unwrap();
            client.write_all(request.as_bytes()).unwrap();
            serve(&listener.accept().unwrap().0, &policy).unwrap();
            let mut response = String::new();
            client.read_to_string(&mut response).unwrap();
            assert_eq!(response, expected, "{request}");
        }
    }
}
