//! Policies, and requests that nearly fit them.

use std::fmt::Debug;

use cors_conformance::{Application, Entry, NullOrigin, Predicate, Request, Settings};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, Select, select};

type Lines = Vec<(String, Vec<u8>)>;

/// The settings of a valid policy.
pub fn settings() -> impl Strategy<Value = Settings> {
    (listed_settings(), 0..5_u8).prop_map(|(settings, any_origin)| match any_origin {
        0 => Settings {
            origins: vec![Entry::new("*")],
            regexes: Vec::new(),
            predicate: None,
            null_origin: NullOrigin::Refused,
            credentials: false,
            private_network: false,
            ..settings
        },
        _ => settings,
    })
}

/// As [`settings`], and not every origin is allowed.
pub fn listed_settings() -> impl Strategy<Value = Settings> {
    let origins = (
        vec(entry(), 1..5),
        vec(regex(), 0..2),
        option::weighted(0.15, predicate()),
        null_origin(),
    );
    let methods = list(&["GET", "PUT", "PUT", "DELETE", "QUERY", "patch", "X-!"]);
    let headers = list(&["content-type", "Authorization", "X-A", "x-a", "x-b", "x-long-header"]);
    let exposed = list(&["etag", "X-Total", "x-total", "location"]);
    let max_age = option::of(0..=86_400_u64);
    let switches = (any::<bool>(), any::<bool>(), any::<bool>());
    (origins, methods, headers, exposed, max_age, switches).prop_map(
        |((origins, regexes, predicate, null_origin), methods, headers, exposed, max_age, on)| {
            let (credentials, private_network, timing_allow_origin) = on;
            let exposed_headers = if credentials { without_any(exposed) } else { exposed };
            Settings {
                origins: with_opt_ins(origins, credentials),
                regexes,
                predicate,
                null_origin: match null_origin {
                    NullOrigin::Allowed if credentials => NullOrigin::Dangerous,
                    other => other,
                },
                methods,
                headers,
                exposed_headers,
                credentials,
                max_age,
                private_network,
                timing_allow_origin,
            }
        },
    )
}

/// An entry of an origin list, exact or with wildcards.
pub fn entry() -> impl Strategy<Value = Entry> {
    let web = (
        one_of(["https", "https", "http", "wss", "ws"]),
        any::<bool>(),
        domain(),
        prop_oneof![3 => Just(None), 2 => port().prop_map(Some), 1 => Just(Some("*"))],
    );
    let web = web.prop_map(|(scheme, subdomains, host, port)| {
        let subdomains = if subdomains { "*." } else { "" };
        format!("{scheme}://{subdomains}{host}{}", port_of(scheme, port))
    });
    let address = (
        one_of(["http", "https"]),
        one_of(["127.0.0.1", "10.0.0.1", "[::1]", "[2001:db8::1]"]),
        prop_oneof![option::of(port()), Just(Some("*"))],
    );
    let address = address
        .prop_map(|(scheme, host, port)| format!("{scheme}://{host}{}", port_of(scheme, port)));
    let app = one_of([
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://2c127fa4-62c7",
        "tauri://localhost",
        "app://x:80",
        "ftp://example.com",
    ]);
    prop_oneof![6 => web, 1 => address, 1 => app.prop_map(str::to_owned)].prop_map(Entry::new)
}

/// The bytes of an `Origin` that the policy allows, or nearly.
pub fn origin(settings: &Settings) -> impl Strategy<Value = Vec<u8>> + use<> {
    let texts: Vec<String> = settings.origins.iter().map(|entry| entry.text.clone()).collect();
    let own = (one_of(texts), subdomain(), prop_oneof![Just(""), Just(":80"), Just(":3000")])
        .prop_map(|(text, subdomain, port)| match &*text {
            "*" => "https://a.example".to_owned(),
            text => text.replace("*.", subdomain).replace(":*", port),
        });
    let other = one_of([
        "null",
        "https://a.example.com",
        "http://b.example.com:81",
        "http://a.example.com",
        "http://a.localhost:3000",
        "https://a.example",
    ]);
    let text = prop_oneof![4 => own, 1 => other.prop_map(str::to_owned)];
    (text, mutation()).prop_map(|(text, mutation)| mutation.apply(&text))
}

/// A request that is nearly one that the policy allows.
pub fn request(settings: &Settings) -> impl Strategy<Value = Request> + use<> {
    let method = one_of(["OPTIONS", "OPTIONS", "OPTIONS", "GET", "PUT", "options"]);
    let origins = prop_oneof![
        8 => vec(origin(settings), 1),
        1 => vec(origin(settings), 0..3),
        1 => vec(vec(any::<u8>(), 0..20), 1),
    ];
    let listed = one_of(["PUT", "GET", "DELETE", "QUERY", "patch"]);
    let other = one_of(["PATCH", "put", "X-!", "TRACE", "connect", "", "P T", "*"]);
    let asked = prop_oneof![3 => listed, 1 => other];
    let asked = prop_oneof![8 => vec(asked.clone(), 1), 1 => vec(asked, 0..3)];
    let private_network = one_of(["true", "true", "false", "True"]);
    let private_network =
        prop_oneof![3 => vec(private_network.clone(), 0), 1 => vec(private_network, 1..3)];
    (method, origins, asked, vec(requested_headers(), 0..3), private_network).prop_map(
        |(method, origins, asked, headers, private_network)| {
            let line = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
            let mut lines: Lines = origins.iter().map(|value| line("Origin", value)).collect();
            let name = "Access-Control-Request-Method";
            lines.extend(asked.iter().map(|value| line(name, value.as_bytes())));
            let name = "Access-Control-Request-Headers";
            lines.extend(headers.iter().map(|value| line(name, value)));
            let name = "access-control-request-private-network";
            lines.extend(private_network.iter().map(|value| line(name, value.as_bytes())));
            Request { method: method.to_owned(), path: "/any".to_owned(), headers: lines }
        },
    )
}

/// A policy and a request that nearly fits it.
pub fn exchange() -> impl Strategy<Value = (Settings, Request)> {
    settings().prop_flat_map(|settings| (Just(settings.clone()), request(&settings)))
}

/// An application that has `Vary` lines of its own, and perhaps CORS fields.
pub fn application() -> impl Strategy<Value = Application> {
    let members = ["Accept", "accept", "Origin", "ORIGIN", "Cookie", "*", "", "a\u{fc}"];
    let line = vec(one_of(members), 0..4).prop_map(|members| {
        let text = members.join(", ");
        ("Vary".to_owned(), text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect())
    });
    let own = one_of([
        ("access-control-allow-origin", "*"),
        ("Access-Control-Allow-Credentials", "true"),
        ("access-control-made-up", "x"),
        ("timing-allow-origin", "*"),
        ("etag", "\"1\""),
    ]);
    let own = own.prop_map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let lines = prop_oneof![line, own];
    (one_of([200, 304, 404, 500]), vec(lines, 0..5))
        .prop_map(|(status, headers)| Application { status, headers })
}

/// A line of requested headers: names of policies and others, in any case and with what
/// intermediaries leave behind, or any bytes.
fn requested_headers() -> impl Strategy<Value = Vec<u8>> {
    let listed = one_of(["content-type", "AUTHORIZATION", "x-a", "X-B", "x-long-header"]);
    let spaced = one_of(["", " ", "\tx-a ", "x-b  "]);
    let other = one_of(["x-c", "x a", "*", "x-longer-header", "x-longer-header;"]);
    let element = prop_oneof![16 => listed, 4 => spaced, 1 => other];
    prop_oneof![
        16 => vec(element, 0..4).prop_map(|elements| elements.join(",").into_bytes()),
        1 => (0..40_usize).prop_map(|count| vec![b','; count]),
        1 => vec(any::<u8>(), 0..20),
    ]
}

fn domain() -> impl Strategy<Value = String> {
    let label = one_of(["a", "b", "www", "example", "x-y", "a_b", "-a-", "1", "xn--a", "co"]);
    let last = one_of(["com", "example", "uk", "io", "localhost", "xn--p1ai"]);
    (vec(label, 0..3), last, 0..8_u8).prop_map(|(labels, last, dot)| {
        let labels: String = labels.iter().map(|label| format!("{label}.")).collect();
        format!("{labels}{last}{}", if dot == 0 { "." } else { "" })
    })
}

fn subdomain() -> impl Strategy<Value = &'static str> {
    let valid = one_of(["a.", "b.a.", "-x_.", "xn--a.", "1.2."]);
    prop_oneof![4 => valid, 1 => one_of(["", ".", "a..", "A.", "%61.", "*."])]
}

fn port() -> impl Strategy<Value = &'static str> {
    one_of(["1", "80", "443", "3000", "65535"])
}

fn port_of(scheme: &str, port: Option<&str>) -> String {
    match (scheme, port) {
        (_, None) | ("http" | "ws", Some("80")) | ("https" | "wss", Some("443")) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    }
}

fn regex() -> impl Strategy<Value = Entry> {
    let sources = [
        r"https?://[a-z]+\.example\.com(:[0-9]+)?",
        r"http://[a-z.]+\.localhost:[0-9]+",
        r"(?i)https://A\.EXAMPLE|https://b\.example",
        r"chrome-extension://[a-p]{16}",
    ];
    // Insecure origins that match are told apart only when they come.
    (one_of(sources), any::<bool>())
        .prop_map(|(source, insecure)| Entry { insecure, ..Entry::new(source) })
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let end = Predicate::HostEndsWith(".example.com");
    let all = [Predicate::AllowAll, Predicate::AllowAllInsecureToo, Predicate::DenyAll, end];
    one_of(all)
}

fn null_origin() -> impl Strategy<Value = NullOrigin> {
    prop_oneof![
        4 => Just(NullOrigin::Refused),
        1 => Just(NullOrigin::Allowed),
        1 => Just(NullOrigin::Dangerous),
    ]
}

/// Some of the elements, or any.
fn list(elements: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let some = vec(select(elements).prop_map(str::to_owned), 0..5);
    prop_oneof![3 => some, 1 => Just(vec!["*".to_owned()])]
}

fn without_any(list: Vec<String>) -> Vec<String> {
    if list == ["*"] { Vec::new() } else { list }
}

/// With credentials every entry has every opt-in, so that the policy is valid.
fn with_opt_ins(mut entries: Vec<Entry>, credentials: bool) -> Vec<Entry> {
    for entry in &mut entries {
        (entry.insecure, entry.public_suffix) = (credentials, credentials);
    }
    entries
}

/// One step away from an origin.
#[derive(Clone, Debug)]
enum Mutation {
    None,
    ReplaceByte(Index, u8),
    InsertByte(Index, u8),
    DeleteByte(Index),
    InsertText(Index, &'static str),
    Append(&'static str),
    ChangeScheme(&'static str),
    DropFirstLabel,
    UpperCase,
}

impl Mutation {
    fn apply(&self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        match self {
            Self::None => {}
            Self::ReplaceByte(index, byte) => *index.get_mut(&mut bytes) = *byte,
            Self::InsertByte(index, byte) => bytes.insert(index.index(text.len() + 1), *byte),
            Self::DeleteByte(index) => {
                bytes.remove(index.index(text.len()));
            }
            Self::InsertText(index, inserted) => {
                let at = index.index(text.len() + 1);
                bytes.splice(at..at, inserted.bytes());
            }
            Self::Append(end) => bytes.extend(end.bytes()),
            Self::ChangeScheme(scheme) => {
                let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
                bytes = format!("{scheme}://{rest}").into_bytes();
            }
            Self::DropFirstLabel => {
                if let Some((scheme, (_, rest))) =
                    text.split_once("://").and_then(|(s, rest)| Some((s, rest.split_once('.')?)))
                {
                    bytes = format!("{scheme}://{rest}").into_bytes();
                }
            }
            Self::UpperCase => bytes.make_ascii_uppercase(),
        }
        bytes
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let texts = ["evil", "a.", ".a", "://", "@", "/", "null", ", ", "xn--", "0x"];
    let ends = ["", ".", "/", ":80", ":443", ":3000", ":03000", ".evil.example", ":", "0", " "];
    let schemes = ["http", "https", "ws", "HTTPS", "httpss", "file", ""];
    prop_oneof![
        20 => Just(Mutation::None),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(i, byte)| Mutation::ReplaceByte(i, byte)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(i, byte)| Mutation::InsertByte(i, byte)),
        1 => any::<Index>().prop_map(Mutation::DeleteByte),
        2 => (any::<Index>(), one_of(texts)).prop_map(|(i, text)| Mutation::InsertText(i, text)),
        2 => one_of(ends).prop_map(Mutation::Append),
        1 => one_of(schemes).prop_map(Mutation::ChangeScheme),
        1 => Just(Mutation::DropFirstLabel),
        1 => Just(Mutation::UpperCase),
    ]
}

pub fn one_of<T: Clone + Debug + 'static>(values: impl Into<Vec<T>>) -> Select<T> {
    select(values.into())
}
