//! `Access-Control-Request-Headers`, in any number of lines of any bytes.

use cors_core::{CorsOptions, CorsRequest, CorsService};

use super::input::as_delivered;
use crate::{
    Application, Core, CoreOverHttp, Entry, Governs, Request, Server, Settings, reference,
};

pub(super) const WORDS: &[&str] = &[
    ",",
    ", ",
    ",,",
    "\n",
    "\n\n",
    "*",
    "x-a",
    "X-A",
    "authorization",
    "content-type",
    "\t",
    " ",
    ",,,,,,,,,,,,,,,,",
    "                ",
    "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
    "x-a,x-a,x-a,x-a",
];

/// What no vector has: lists at the edge of what is tolerated.
pub(super) const SEEDS: &[&str] = &[
    "* !\n*",
    "* !\n*,x-a",
    "* !\nx-b,X-A,x-a",
    "*\n*",
    "x-a\n,,,,,,,,,,,,,,,",
    "x-a x-b\nx-b\n\n x-a ,X-A",
    "x-a\n                x-a                ,x-a",
    "x-a\nx-ab",
    "\n\n",
];

/// The longest input; the reference compares each element with all before it.
const MAX_LENGTH: usize = 40 * 1024;

/// The first line holds the names of the policy, `*` for any and `!` for credentials, divided by
/// spaces; each other line is one of the field.
///
/// The answer is that of the reference, whether the server keeps raw lines or a header map.
pub(super) fn check(data: &[u8]) {
    let mut lines = data[..data.len().min(MAX_LENGTH)].split(|byte| *byte == b'\n');
    let settings = settings(lines.next().unwrap_or_default());
    let Ok(policy) = settings.builder().build() else { return };
    let mut headers: Vec<(String, Vec<u8>)> =
        [("Origin", PAGE), ("Access-Control-Request-Method", "GET")]
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .to_vec();
    headers
        .extend(lines.map(|line| {
            ("access-control-request-headers".to_owned(), as_delivered(line).to_vec())
        }));
    let request = Request { method: "OPTIONS".to_owned(), path: "/any".to_owned(), headers };

    let (governs, application) = (Governs::Policy(settings), Application::default());
    let expected = reference::canonical(&reference::answer(&governs, &request, &application));
    let options = CorsOptions::from(policy.clone());
    let raw = Core::start(options.clone(), application.clone()).answer(&request);
    assert_eq!(reference::canonical(&raw.expect("any bytes are taken")), expected, "{governs:?}");
    if let Ok(answer) = CoreOverHttp::start(options, application).answer(&request) {
        assert_eq!(reference::canonical(&answer), expected, "{governs:?}, as a header map");
    }

    // What is refused says so, in one line.
    let view = CorsRequest::new(&request.method, &request.headers);
    let result = CorsService::new().evaluate_policy(&view, &policy);
    for reason in result.reasons() {
        let words = reason.to_string();
        assert!(!words.is_empty() && !words.chars().any(char::is_control), "{words:?}");
    }
}

const PAGE: &str = "https://a.example";

fn settings(line: &[u8]) -> Settings {
    let words = String::from_utf8_lossy(line).into_owned();
    let mut settings = Settings { origins: vec![Entry::new(PAGE)], ..Settings::default() };
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "!" => settings.credentials = true,
            name => settings.headers.push(name.to_owned()),
        }
    }
    if settings.headers.iter().any(|name| name == "*") {
        settings.headers = vec!["*".to_owned()];
    }
    settings
}
