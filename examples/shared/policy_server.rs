//! What the policy servers of all frameworks share: everything but routing and serving.

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use cors_core::{CorsOptions, CorsPolicy};
use lexopt::{Arg, ValueExt};
use serde::Serialize;

const USAGE: &str = "\
Answers under the CORS policies of a file.

Usage: policy_server [--config FILE] [--listen ADDR]

  --config FILE   a policy file that ends in .toml, .json, .yaml or .yml;
                  without it, the sample (examples/cors.toml)
  --listen ADDR   where to listen; without it, 127.0.0.1:8080
  --help          this text

For every policy NAME there are, for any method,
  /NAME/echo          a JSON object of the request's method, path and headers
  /NAME/status/CODE   an empty response with this status, 200 to 599";

const SAMPLE: &str = include_str!("../cors.toml");
const REFUSED_ORIGIN: &str = "https://evil.example";

/// What every echo has, for policies to expose and to merge with.
pub(crate) const ECHO_FIELDS: [(&str, &str); 3] =
    [("x-total-count", "42"), ("etag", "\"42\""), ("vary", "Accept-Encoding")];

/// The answer, with status 400, to a status that cannot be answered with.
pub(crate) const NO_STATUS: &str = "a status is a number from 200 to 599\n";

/// The whole program: reads the arguments and the file, listens, says so, and serves until it is
/// stopped.
pub(crate) async fn run(
    serve: impl AsyncFnOnce(CorsOptions, TcpListener) -> io::Result<()>,
) -> ExitCode {
    let arguments = match Arguments::parse(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let served = match start(&arguments) {
        Ok((options, listener)) => serve(options, listener).await.map_err(Into::into),
        Err(errors) => Err(errors),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            errors.to_string().lines().for_each(|error| eprintln!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The policies whose names can stand in a path as they are.
pub(crate) fn served_names(options: &CorsOptions) -> impl Iterator<Item = &str> {
    options.policies().map(|(name, _)| name).filter(|name| is_path_segment(name))
}

/// The paths of a policy's echo and of its statuses, as routers and path rules write them.
pub(crate) fn own_paths(name: &str) -> [String; 2] {
    [format!("/{name}/echo"), format!("/{name}/status/{{code}}")]
}

/// Every path that there is, one a line: the answer at `/`.
pub(crate) fn index(options: &CorsOptions) -> String {
    served_names(options).flat_map(own_paths).map(|path| path + "\n").collect()
}

/// The status that a path asks for, from 200 to 599.
pub(crate) fn status_code(text: &str) -> Option<u16> {
    text.parse().ok().filter(|code| (200..=599).contains(code))
}

/// A request as it arrived.
#[derive(Serialize)]
pub(crate) struct Echo {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

impl Echo {
    pub(crate) fn new<'a>(
        method: &str,
        path: &str,
        lines: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        // A field value is bytes: each of them becomes the character of its number.
        let text = |value: &[u8]| value.iter().copied().map(char::from).collect();
        let mut headers: Vec<_> =
            lines.map(|(name, value)| (name.to_owned(), text(value))).collect();
        // Lines of one name keep their order; that of different names means nothing in HTTP, and
        // not every server keeps it.
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { method: method.to_owned(), path: path.to_owned(), headers }
    }
}

struct Arguments {
    config: Option<PathBuf>,
    listen: String,
}

impl Arguments {
    /// None where help is asked for.
    fn parse(mut parser: lexopt::Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut arguments = Self { config: None, listen: "127.0.0.1:8080".to_owned() };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("config") => arguments.config = Some(parser.value()?.into()),
                Arg::Long("listen") => arguments.listen = parser.value()?.string()?,
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Some(arguments))
    }
}

/// Loads the policies, listens and says so; or returns what is wrong, one error a line.
fn start(
    Arguments { config, listen }: &Arguments,
) -> Result<(CorsOptions, TcpListener), Box<dyn Error>> {
    let options = match config {
        Some(file) => CorsOptions::from_file(file)?,
        None => CorsOptions::from_toml(SAMPLE)?,
    };
    let listener = TcpListener::bind(listen)
        .map_err(|error| format!("cannot listen on `{listen}`: {error}"))?;
    // Runtimes take no listener that would stop their threads.
    listener.set_nonblocking(true)?;

    let file = config.as_ref().map_or("the sample".into(), |file| file.to_string_lossy());
    let loaded = description(&options);
    let (options, notes) = with_own_rules(options);
    let to_try = suggestions(&options, listener.local_addr()?);
    write!(io::stdout(), "policies of {file}:\n{loaded}{notes}\n{to_try}\n")?;
    Ok((options, listener))
}

fn is_path_segment(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}

/// Puts the paths of each policy under it, and notes where the file has it otherwise.
fn with_own_rules(file: CorsOptions) -> (CorsOptions, String) {
    let mut options = file.clone();
    let mut notes = String::new();
    for (name, _) in file.policies() {
        if !is_path_segment(name) {
            notes += &format!("note: policy `{name}` has no paths: its name is no path segment\n");
            continue;
        }
        for path in own_paths(name) {
            // The rule is valid, so all that can be wrong is that the file has one for these paths.
            match options.to_builder().route(&path, name).build() {
                Ok(more) => options = more,
                Err(_) => notes += &format!("note: the file's own rule is for {path}\n"),
            }
        }
    }
    (options, notes)
}

/// What the file says, in short.
fn description(options: &CorsOptions) -> String {
    let default = options.default_policy().and_then(CorsPolicy::name);
    let mut text = String::new();
    for (name, policy) in options.policies() {
        let mut origins: Vec<_> = policy.origins().map(|entry| entry.text().to_owned()).collect();
        origins.extend(policy.origin_regexes().map(|regex| format!("/{}/", regex.source())));
        if origins.len() > 6 {
            origins.truncate(5);
            origins.push("...".to_owned());
        }
        let credentials = if policy.supports_credentials() { ", with credentials" } else { "" };
        let is_default = if default == Some(name) { " (default)" } else { "" };
        text += &format!("  {name}{is_default}: {}{credentials}\n", origins.join(" "));
    }
    options.warnings().for_each(|warning| text += &format!("warning: {warning}\n"));
    text
}

/// Commands to try, for the first policy that both allows and refuses an origin, else for the first
/// that allows one.
fn suggestions(options: &CorsOptions, address: SocketAddr) -> String {
    let mut text = format!("listening on http://{address}; to try:\n");
    let of = |name| Some((name, options.policy(name)?, allowed_origin(options.policy(name)?)?));
    let mut candidates: Vec<_> = served_names(options).filter_map(of).collect();
    candidates.sort_by_key(|(_, policy, _)| policy.is_origin_allowed(REFUSED_ORIGIN));
    let Some((name, policy, origin)) = candidates.first() else {
        return text + &format!("  curl -i http://{address}/\n");
    };
    let mut suggest = |what: &str, method: &str, origin: &str, more: &str| {
        let url = format!("http://{address}/{name}/echo");
        text += &format!("  # {what}\n  curl -i {method}{url} -H 'Origin: {origin}'{more}\n");
    };
    suggest("an allowed origin", "", origin, "");
    if !policy.is_origin_allowed(REFUSED_ORIGIN) {
        suggest("a refused origin", "", REFUSED_ORIGIN, "");
    }
    let any_method = policy.allows_any_method().then_some("PUT");
    let method = policy.methods().next().or(any_method).unwrap_or("GET");
    let mut asks = format!(" -H 'Access-Control-Request-Method: {method}'");
    let any_header = policy.allows_any_header().then_some("x-example");
    if let Some(header) = policy.headers().next().or(any_header) {
        asks += &format!(" -H 'Access-Control-Request-Headers: {header}'");
    }
    suggest("a preflight", "-X OPTIONS ", origin, &asks);
    text
}

/// An origin that the policy lists, with something in place of each `*`.
fn allowed_origin(policy: &CorsPolicy) -> Option<String> {
    if policy.allows_any_origin() {
        return Some("https://app.example.com".to_owned());
    }
    let filled = |text: &str| text.replace("://*.", "://www.").replace(":*", ":3000");
    let mut candidates = policy.origins().map(|entry| filled(entry.text()));
    candidates.find(|origin| policy.is_origin_allowed(origin))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use cors_core::PolicySelection;

    /// What the server answers under the sample to a GET with [`LINES`]: the path, the status, the
    /// origin that is allowed, and the body.
    pub(crate) const ANSWERS: [(&str, u16, &str, &str); 10] = [
        ("/storefront/echo", 200, "https://shop.example.com", ECHO),
        ("/storefront/status/503", 503, "https://shop.example.com", ""),
        ("/dashboard/status/204", 204, "", ""),
        ("/public-api/status/304", 304, "*", ""),
        ("/public-api/status/199", 400, "*", NO_STATUS),
        ("/public-api/status/600", 400, "*", NO_STATUS),
        ("/elsewhere", 404, "https://shop.example.com", ""),
        ("/api/x", 404, "*", ""),
        ("/internal/x", 404, "", ""),
        ("/", 200, "https://shop.example.com", INDEX),
    ];
    pub(crate) const LINES: [(&str, &str); 3] =
        [("x", "2"), ("origin", "https://shop.example.com"), ("x", "1")];
    const ECHO: &str = r#"{"method":"GET","path":"/storefront/echo","headers":[["origin","https://shop.example.com"],["x","2"],["x","1"]]}"#;
    const INDEX: &str = "\
/storefront/echo
/storefront/status/{code}
/public-api/echo
/public-api/status/{code}
/dashboard/echo
/dashboard/status/{code}
/local/echo
/local/status/{code}
";

    /// The options that the server has without a file of its own.
    pub(crate) fn sample() -> CorsOptions {
        let (options, notes) = with_own_rules(CorsOptions::from_toml(SAMPLE).unwrap());
        assert_eq!(notes, "");
        options
    }

    #[test]
    fn rules_of_the_file_stay_and_odd_names_have_no_paths() {
        let file = r#"{"policies": {"a b": {"origins": "*"}, "c": {"origins": "*"}},
            "routes": [{"path": "/c/echo", "disabled": true}]}"#;
        let (options, notes) = with_own_rules(CorsOptions::from_json(file).unwrap());
        assert_eq!(
            notes,
            "note: policy `a b` has no paths: its name is no path segment\n\
             note: the file's own rule is for /c/echo\n"
        );
        assert_eq!(index(&options), "/c/echo\n/c/status/{code}\n");
        let select = |path| options.select(path, Some("GET"));
        assert!(matches!(select("/c/echo"), PolicySelection::Disabled));
        assert!(matches!(select("/c/status/200"), PolicySelection::Policy(_)));
    }

    #[test]
    fn suggested_origins_are_allowed() {
        for (origin, expected) in [
            ("*", "https://app.example.com"),
            ("https://*.a.example", "https://www.a.example"),
            ("http://localhost:*", "http://localhost:3000"),
        ] {
            let policy = CorsPolicy::builder().with_origins([origin]).build().unwrap();
            assert_eq!(allowed_origin(&policy).as_deref(), Some(expected));
        }
    }
}
