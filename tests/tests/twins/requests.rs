//! Requests of all kinds, the same ones in every run.

use std::fmt;

use cors_conformance::{Lines, Request, wire};

/// What is sent, and what is odd about it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The odd part as it is written; most requests have none.
    pub oddity: Option<&'static str>,
    pub request: Request,
    /// What stands in place of the request line, where the request alone cannot say it.
    head: Option<&'static str>,
}

/// As many requests, of which every fourth has something odd about it.
pub fn generate(count: usize) -> Vec<Case> {
    let mut draw = Draw(0x7769_6e73);
    (0..count)
        .map(|index| match index % 4 {
            0 => odd_case(&mut draw, index / 4),
            _ => Case { oddity: None, request: request(&mut draw), head: None },
        })
        .collect()
}

const NAMES: [&str; 6] =
    ["storefront", "public-api", "dashboard", "local", "elsewhere", "internal"];
const TAILS: [&str; 14] = [
    "echo",
    "echo",
    "echo",
    "echo?a=1&b=%20",
    "status/200",
    "status/204",
    "status/205",
    "status/301",
    "status/304",
    "status/404",
    "status/503",
    "status/99",
    "status/x",
    "",
];
const PATHS: [&str; 6] =
    ["/", "/api/x", "/api/reports/7", "/api/reports/7/x", "/internal/x", "/no/such/path"];
const METHODS: [&str; 12] = [
    "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE",
    "get",
];
const ORIGINS: [&[u8]; 24] = [
    b"https://shop.example.com",
    b"https://shop.example.com",
    b"https://a.b.shop.example.com",
    b"http://kiosk.example.net",
    b"https://pr-7.preview.example.com",
    b"https://dashboard.corp.example.com",
    b"http://localhost:3000",
    b"http://127.0.0.1:8000",
    b"http://[::1]:1",
    b"https://evil.example",
    b"https://shop.example.com.evil.example",
    b"https://evilshop.example.com",
    b"https://pr-x.preview.example.com",
    b"https://shop.example.com:444",
    b"http://shop.example.com",
    b"http://localhost",
    b"HTTPS://SHOP.EXAMPLE.COM",
    b"null",
    b"",
    b"*",
    b"https://shop.example.com/",
    b"https://shop.example.com https://evil.example",
    b"https://shop.\xe9xample.com",
    b"https://shop.example.com\xff",
];
const REQUESTED_METHODS: [&[u8]; 12] = [
    b"PUT",
    b"PUT",
    b"DELETE",
    b"PATCH",
    b"GET",
    b"POST",
    b"put",
    b"PURGE",
    b"TRACE",
    b"",
    b"A B",
    b"P\xc3\x9cT",
];
const REQUESTED_HEADERS: [&[u8]; 12] = [
    b"content-type",
    b"content-type,x-csrf-token",
    b"authorization,content-type",
    b"authorization",
    b"x-csrf-token, content-type",
    b"Content-Type",
    b"x-other",
    b"*",
    b"",
    b",,",
    b"x y",
    b"x-\xff",
];
const OTHER_LINES: [(&str, &[u8]); 9] = [
    ("accept", b"*/*"),
    ("cookie", b"a=b; c=\"d\""),
    ("x-text", b"tab\there, quotes \" and \\ and /"),
    ("X-Upper", b"Mixed"),
    ("x-bytes", b"\x80\xa0\xe9\xff"),
    ("x-utf-8", "größe ✓".as_bytes()),
    ("x-empty", b""),
    ("sec-fetch-site", b"cross-site"),
    ("access-control-request-private-network", b"true"),
];

/// Targets that are spelled in other ways than usual.
const ODD_TARGETS: [&str; 18] = [
    "/%73torefront/echo",
    "/storefront/ech%6F",
    "/storefront/status/%32%30%34",
    "/storefront%2Fecho",
    "/public-api%2fecho",
    "/storefront/echo%",
    "/storefront/%zzecho",
    "/storefront/status/20%00",
    "/storefront/status/%FF",
    "/storefront/status/caf%C3%A9",
    "/storefront/status/2é",
    "/storefront/status/+204",
    "//storefront/echo",
    "/storefront//echo",
    "/storefront/echo/",
    "/storefront/./echo",
    "/%61pi/reports/7",
    "http://server.test/storefront/echo",
];

/// Heads that are no HTTP, or hardly: in place of the request line, or of a header line.
const ODD_HEADS: [&str; 17] = [
    "GET /storefront/echo HTTP/1.0",
    "GET /storefront/echo HTTP/3.0",
    "GET /storefront/echo",
    "GET  /storefront/echo HTTP/1.1",
    "G@T /storefront/echo HTTP/1.1",
    "GET storefront/echo HTTP/1.1",
    "GET /storefront/<echo> HTTP/1.1",
    "GET /storefront/echo#part HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "POST /storefront/echo HTTP/1.1\r\nContent-Length: x",
    "POST /storefront/echo HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 1",
    "GET /storefront/echo HTTP/1.1\r\nno colon",
    "GET /storefront/echo HTTP/1.1\r\nx y: 1",
    "GET /storefront/echo HTTP/1.1\r\nx : 1",
    "GET /storefront/echo HTTP/1.1\r\nx: a\r\n b",
    "GET /storefront/echo HTTP/1.1\r\nx: a\0b",
    "GET /storefront/echo HTTP/1.1\r\nx: a\x7fb",
];

impl Case {
    /// The request, where it is one.
    pub fn well_formed(&self) -> Option<&Request> {
        self.head.is_none().then_some(&self.request)
    }

    /// The same with another target.
    pub fn with_target(&self, target: &str) -> Self {
        let request = Request { path: target.to_owned(), ..self.request.clone() };
        Self { request, ..self.clone() }
    }

    /// The bytes of the request in HTTP/1.1.
    pub fn message(&self) -> Vec<u8> {
        let usual = wire::message(&self.request).expect("a server takes it");
        let Some(head) = self.head else { return usual };
        let line = usual.iter().position(|byte| *byte == b'\r').expect("a request line");
        [head.as_bytes(), &usual[line..]].concat()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().escape_ascii().fmt(f)
    }
}

fn odd_case(draw: &mut Draw, index: usize) -> Case {
    let request = request(draw);
    let index = index % (ODD_TARGETS.len() + ODD_HEADS.len());
    match index.checked_sub(ODD_TARGETS.len()) {
        Some(head) => {
            let head = Some(ODD_HEADS[head]);
            Case { oddity: head, request, head }
        }
        None => {
            let path = ODD_TARGETS[index];
            let request = Request { path: path.to_owned(), ..request };
            Case { oddity: Some(path), request, head: None }
        }
    }
}

fn request(draw: &mut Draw) -> Request {
    let path = match draw.below(8) {
        0 => draw.of(&PATHS).to_owned(),
        _ => format!("/{}/{}", draw.of(&NAMES), draw.of(&TAILS)),
    };
    let mut headers = Lines::new();
    let mut line = |name: &str, value: &[u8]| headers.push((name.to_owned(), value.to_vec()));
    for _ in 0..draw.below(4) {
        let (name, value) = draw.of(&OTHER_LINES);
        line(name, value);
    }
    let origins = [0, 1, 1, 1, 1, 1, 1, 2];
    for _ in 0..draw.of(&origins) {
        line("Origin", draw.of(&ORIGINS));
    }
    let mut method = draw.of(&METHODS).to_owned();
    if draw.below(3) == 0 {
        method = "OPTIONS".to_owned();
        for _ in 0..draw.of(&origins) {
            line("Access-Control-Request-Method", draw.of(&REQUESTED_METHODS));
        }
        for _ in 0..draw.below(3) {
            line("Access-Control-Request-Headers", draw.of(&REQUESTED_HEADERS));
        }
    }
    Request { method, path, headers }
}

/// Numbers that look random: SplitMix64, whose constants these are.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound).expect("a small number");
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("less than the bound")
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
