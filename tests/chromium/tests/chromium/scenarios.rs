//! The scenarios: every policy, from every page, asked in every way.

use cors_core::CorsOptions;
use cors_core::browser::{Body, Credentials, InitiatorType, Request};
use serde_json::{Value, json};

use crate::world::Framework;

/// A page: where the browser finds it, and the origin that it has there.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub name: &'static str,
    url: &'static str,
    /// None where it is the API's own, which each server has another of.
    origin: Option<&'static str>,
}

/// A page of `origin`.
pub const fn page(origin: &'static str) -> Page {
    Page { name: origin, url: origin, origin: Some(origin) }
}

/// Those that some policy is for, and others that look like them.
pub const PAGES: [Page; 16] = [
    page("https://shop.example.com"),
    page("https://shop.example.com:8443"),
    page("https://eu.shop.example.com"),
    page("https://a.b.shop.example.com"),
    page("https://evilshop.example.com"),
    page("https://shop.example.com.evil.example"),
    page("https://pr-7.preview.example.com"),
    page("https://pr-x.preview.example.com"),
    page("http://shop.example.com"),
    page("http://kiosk.example.net"),
    page("http://localhost:3000"),
    page("http://127.0.0.1:5000"),
    page("http://localhost.evil.example:3000"),
    FRAME,
    SANDBOXED,
    OWN,
];

const FRAME: Page =
    Page { name: "a sandboxed frame", url: "http://shop.example.com/frame", origin: Some("null") };

pub const SANDBOXED: Page = Page {
    name: "a page under a sandbox policy",
    url: "https://shop.example.com/sandboxed",
    origin: Some("null"),
};

/// The page of the API itself.
pub const OWN: Page = Page { name: "the API itself", url: "https://", origin: None };

impl Page {
    pub fn scheme(&self) -> &'static str {
        if self.url.starts_with("https:") { "https" } else { "http" }
    }

    pub fn url(&self, framework: Framework) -> String {
        match self.origin {
            Some(_) => self.url.to_owned(),
            // Any path will do.
            None => framework.api(self.scheme()) + "/",
        }
    }

    pub fn origin(&self, framework: Framework) -> String {
        self.origin.map_or_else(|| framework.api(self.scheme()), str::to_owned)
    }
}

/// The pages that each policy is meant to let in, by their names.
const LET_IN: [(&str, &[&str]); 13] = [
    ("exact", &["https://shop.example.com", "http://127.0.0.1:5000"]),
    ("credentials", &["https://shop.example.com", "https://eu.shop.example.com"]),
    ("subdomains", &["https://eu.shop.example.com", "https://a.b.shop.example.com"]),
    (
        "ports",
        &["https://shop.example.com", "https://shop.example.com:8443", "http://localhost:3000"],
    ),
    (
        "subdomains-and-ports",
        &[
            "https://shop.example.com",
            "https://shop.example.com:8443",
            "https://eu.shop.example.com",
            "https://a.b.shop.example.com",
            "https://evilshop.example.com",
            "https://pr-7.preview.example.com",
            "https://pr-x.preview.example.com",
        ],
    ),
    ("regex", &["https://pr-7.preview.example.com"]),
    ("insecure", &["http://kiosk.example.net", "http://shop.example.com"]),
    ("public", ANY),
    ("public-simple", ANY),
    ("null", &["https://shop.example.com", FRAME.name, SANDBOXED.name]),
    ("null-with-credentials", &[FRAME.name, SANDBOXED.name]),
    ("local", &["http://localhost:3000", "http://127.0.0.1:5000"]),
    ("ruled", ANY),
];
const ANY: &[&str] = &["*"];

/// How a script asks.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    api: InitiatorType,
    method: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Option<&'static str>,
    /// The mode, as scripts write it.
    credentials: &'static str,
    listens_to_upload: bool,
    /// What stands after the name of the policy.
    path: &'static str,
}

pub const fn call(api: InitiatorType, method: &'static str, credentials: &'static str) -> Call {
    let path = ECHO;
    Call { api, method, headers: &[], body: None, credentials, listens_to_upload: false, path }
}

impl Call {
    pub fn includes_credentials(&self) -> bool {
        self.credentials == INCLUDE
    }

    pub const fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    pub const fn body(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }

    pub const fn listens_to_upload(self) -> Self {
        Self { listens_to_upload: true, ..self }
    }

    pub const fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }
}

pub const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
pub const TOKEN: &[(&str, &str)] = &[("X-CSRF-Token", "1")];
const JSON_AND_TOKEN: &[(&str, &str)] =
    &[("X-CSRF-Token", "1"), ("Content-Type", "application/json")];
const AUTHORIZATION: &[(&str, &str)] = &[("Authorization", "Bearer 1")];
const UNLISTED: &[(&str, &str)] = &[("X-Unlisted", "1"), ("Accept", "text/html")];
const SAFELISTED: &[(&str, &str)] =
    &[("Accept", "application/json"), ("Accept-Language", "de"), ("Range", "bytes=0-9")];

const ECHO: &str = "echo";
pub const NO_SUCH_PATH: &str = "no/such/path";

pub const FETCH: InitiatorType = InitiatorType::Fetch;
pub const XHR: InitiatorType = InitiatorType::XmlHttpRequest;
pub const SAME_ORIGIN: &str = "same-origin";
pub const INCLUDE: &str = "include";
pub const OMIT: &str = "omit";

pub const CALLS: [Call; 24] = [
    call(FETCH, "GET", SAME_ORIGIN),
    call(FETCH, "GET", INCLUDE),
    call(FETCH, "GET", OMIT).headers(SAFELISTED),
    call(FETCH, "HEAD", SAME_ORIGIN),
    call(FETCH, "POST", SAME_ORIGIN).body("text"),
    call(FETCH, "POST", INCLUDE).headers(JSON).body("{}"),
    call(FETCH, "PUT", SAME_ORIGIN).headers(JSON).body("{}"),
    call(FETCH, "put", INCLUDE).headers(JSON_AND_TOKEN).body("{}"),
    call(FETCH, "DELETE", INCLUDE).headers(TOKEN),
    call(FETCH, "PATCH", SAME_ORIGIN),
    call(FETCH, "patch", SAME_ORIGIN),
    call(FETCH, "OPTIONS", SAME_ORIGIN),
    call(FETCH, "GET", SAME_ORIGIN).headers(AUTHORIZATION),
    call(FETCH, "GET", INCLUDE).headers(AUTHORIZATION),
    call(FETCH, "GET", OMIT).headers(UNLISTED),
    call(FETCH, "GET", SAME_ORIGIN).path("status/404"),
    call(FETCH, "DELETE", INCLUDE).path("status/503"),
    call(FETCH, "GET", SAME_ORIGIN).path(NO_SUCH_PATH),
    call(XHR, "GET", SAME_ORIGIN),
    call(XHR, "GET", INCLUDE),
    call(XHR, "POST", SAME_ORIGIN).body("text").listens_to_upload(),
    call(XHR, "POST", INCLUDE).body("text").listens_to_upload(),
    call(XHR, "PUT", INCLUDE).headers(JSON_AND_TOKEN).body("{}"),
    call(XHR, "GET", INCLUDE).headers(UNLISTED).path("status/500"),
];

/// A call from a page to the paths of a policy.
#[derive(Clone, Debug)]
pub struct Scenario {
    page: Page,
    policy: String,
    pub call: Call,
    pub path: String,
    pub url: String,
}

/// Every policy under every call, from one page to one server. Where the page is not let in, which
/// no call changes, every third call shows it: others with each policy.
///
/// Each has a URL of its own, by which it is told apart, and which keeps it out of the preflight
/// caches of the others.
pub fn of(page: Page, framework: Framework, options: &CorsOptions) -> Vec<Scenario> {
    let names = options.policies().map(|(name, _)| name);
    let pairs = names.flat_map(|policy| CALLS.map(|call| (policy, call)));
    let scenarios = pairs.enumerate().map(|(number, (policy, call))| {
        (number, Scenario::new(page, framework, policy, call, number))
    });
    // The policies have as many calls each, so that a part of three has to move on with them.
    let is_shown = |number: usize| (number + number / CALLS.len()).is_multiple_of(3);
    let shown = scenarios.filter(|(number, it)| it.is_let_in() || is_shown(*number));
    shown.map(|(_, scenario)| scenario).collect()
}

impl Scenario {
    /// One whose URL ends in `number`.
    pub fn new(page: Page, framework: Framework, policy: &str, call: Call, number: usize) -> Self {
        let path = format!("/{policy}/{}", call.path);
        let url = format!("{}{path}?{number}", framework.api(page.scheme()));
        Self { page, policy: policy.to_owned(), call, path, url }
    }

    /// Is its page meant to be let in?
    pub fn is_let_in(&self) -> bool {
        let is_put = self.call.method.eq_ignore_ascii_case("put");
        let policy = match (self.policy.as_str(), self.call.path) {
            (_, NO_SUCH_PATH) => "exact",
            ("ruled", ECHO) if is_put => "credentials",
            ("ruled", ECHO) => return false,
            (policy, _) => policy,
        };
        let row = LET_IN.iter().find(|(name, _)| *name == policy);
        row.is_some_and(|(_, pages)| *pages == ANY || pages.contains(&self.page.name))
    }

    /// For the script of a page.
    pub fn for_script(&self) -> Value {
        let Call { api, method, headers, body, credentials, listens_to_upload, .. } = self.call;
        json!({
            "url": self.url,
            "api": if api == FETCH { "fetch" } else { "XMLHttpRequest" },
            "method": method,
            "headers": headers,
            "body": body,
            "credentials": credentials,
            "listensToUpload": listens_to_upload,
        })
    }

    /// For the model of the browser.
    pub fn for_model(&self) -> Request {
        let Call { api, method, headers, body, credentials, listens_to_upload, .. } = self.call;
        let credentials = match credentials {
            OMIT => Credentials::Omit,
            INCLUDE => Credentials::Include,
            _ => Credentials::SameOrigin,
        };
        let mut request =
            Request::new(method, self.url.as_str()).initiator(api).credentials(credentials);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.body(Body::Text);
        }
        if listens_to_upload { request.use_cors_preflight() } else { request }
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { page, call, url, .. } = self;
        let api = if call.api == FETCH { "fetch" } else { "XMLHttpRequest" };
        write!(f, "{}: {api} {} {url} with {:?}", page.name, call.method, call.headers)?;
        write!(f, ", credentials {}", call.credentials)
    }
}
