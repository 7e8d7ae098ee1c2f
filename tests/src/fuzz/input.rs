//! Bytes as settings, a request and a response.
//!
//! A line is one byte that says what it is, and a value. Every byte string is an input, and one
//! with a line more, fewer or elsewhere is an input near it, so that mutations stay meaningful and
//! a crash can be read. An empty line ends the settings, a second one the request.

use cors_core::{ConfigErrors, CorsPolicy, Setting};

use crate::{Application, Entry, NullOrigin, Predicate, Request, Settings};

/// What mutations of an exchange insert.
pub(super) const WORDS: &[&str] = &[
    "\nohttps://a.example",
    "\nOhttps://*.a.example:*",
    "\nrhttps://[a-z]+\\.a\\.example",
    "\nd0",
    "\nN",
    "\nm*",
    "\nmPUT",
    "\nh*",
    "\nhx-a",
    "\ne*",
    "\nc",
    "\na600",
    "\np",
    "\nt",
    "\n\n",
    "\nMOPTIONS",
    "\nMGET",
    "\nonull",
    "\nohttps://b.a.example:81",
    "\nAPUT",
    "\nHx-a,authorization",
    "\nPtrue",
    "\nC",
    "\nvary: Origin",
    "\nVary: accept, *",
    "\naccess-control-allow-origin: *",
    "\ntiming-allow-origin: *",
    "*",
    ",",
    "\n",
];

/// Settings that may be wrong, a request, and the answer of an application.
#[derive(Clone, Debug)]
pub struct Input {
    pub settings: Settings,
    pub request: Request,
    pub application: Application,
    /// Does the page that makes the request send credentials?
    pub sends_credentials: bool,
}

/// An input whose settings are those of a policy.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub input: Input,
    pub policy: CorsPolicy,
}

impl Input {
    /// Reads any bytes.
    pub fn read(data: &[u8]) -> Self {
        let mut input = Self {
            settings: Settings::default(),
            request: Request {
                method: "OPTIONS".to_owned(),
                path: "/any".to_owned(),
                headers: Vec::new(),
            },
            application: Application { status: 200, headers: Vec::new() },
            sends_credentials: false,
        };
        let mut section = 0;
        for line in data.split(|byte| *byte == b'\n') {
            match (section, line) {
                (0 | 1, []) => section += 1,
                (0, [key, value @ ..]) => input.read_setting(*key, &text(value)),
                (1, [key, value @ ..]) => input.read_request(*key, value),
                (_, line) => input.read_response(line),
            }
        }
        input
    }

    /// Writes the bytes that are read as this input; a value with a line break in it is left out.
    pub fn write(&self) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut line = |key: &str, value: &[u8]| {
            if !value.contains(&b'\n') {
                lines.push([key.as_bytes(), value].concat());
            }
        };
        let Settings { origins, regexes, predicate, null_origin, .. } = &self.settings;
        for (key, entries) in [("o", origins), ("r", regexes)] {
            for entry in entries {
                let key = if entry.insecure || entry.public_suffix {
                    key.to_ascii_uppercase()
                } else {
                    key.to_owned()
                };
                line(&key, entry.text.as_bytes());
            }
        }
        if let Some(index) =
            predicate.and_then(|predicate| PREDICATES.iter().position(|own| *own == predicate))
        {
            line("d", index.to_string().as_bytes());
        }
        match null_origin {
            NullOrigin::Refused => {}
            NullOrigin::Allowed => line("n", b""),
            NullOrigin::Dangerous => line("N", b""),
        }
        let lists = [
            ("m", &self.settings.methods),
            ("h", &self.settings.headers),
            ("e", &self.settings.exposed_headers),
        ];
        for (key, list) in lists {
            list.iter().for_each(|name| line(key, name.as_bytes()));
        }
        if let Some(seconds) = self.settings.max_age {
            line("a", seconds.to_string().as_bytes());
        }
        for (key, on) in [
            ("c", self.settings.credentials),
            ("p", self.settings.private_network),
            ("t", self.settings.timing_allow_origin),
        ] {
            if on {
                line(key, b"");
            }
        }
        line("", b"");
        line("M", self.request.method.as_bytes());
        for (name, value) in &self.request.headers {
            if let Some((key, _)) = FIELDS.iter().find(|(_, own)| own.eq_ignore_ascii_case(name)) {
                line(key, value);
            }
        }
        if self.sends_credentials {
            line("C", b"");
        }
        line("", b"");
        line("", self.application.status.to_string().as_bytes());
        for (name, value) in &self.application.headers {
            line("", &[name.as_bytes(), b": ", value].concat());
        }
        lines.join(&b'\n')
    }

    fn read_setting(&mut self, key: u8, value: &str) {
        let settings = &mut self.settings;
        let entry = |dangerous| Entry {
            text: value.to_owned(),
            insecure: dangerous,
            public_suffix: dangerous,
        };
        match key {
            b'o' | b'O' => settings.origins.push(entry(key == b'O')),
            b'r' | b'R' => settings.regexes.push(entry(key == b'R')),
            b'd' => {
                let index: Option<usize> = value.parse().ok();
                settings.predicate = index.and_then(|index| PREDICATES.get(index)).copied();
            }
            b'n' => settings.null_origin = NullOrigin::Allowed,
            b'N' => settings.null_origin = NullOrigin::Dangerous,
            b'm' => settings.methods.push(value.to_owned()),
            b'h' => settings.headers.push(value.to_owned()),
            b'e' => settings.exposed_headers.push(value.to_owned()),
            b'c' => settings.credentials = true,
            b'a' => settings.max_age = value.parse().ok(),
            b'p' => settings.private_network = true,
            b't' => settings.timing_allow_origin = true,
            _ => {}
        }
    }

    fn read_request(&mut self, key: u8, value: &[u8]) {
        match key {
            b'M' => self.request.method = text(value),
            b'C' => self.sends_credentials = true,
            _ => {
                let key = char::from(key).to_string();
                if let Some((_, name)) = FIELDS.iter().find(|(own, _)| *own == key) {
                    let value = as_delivered(value).to_vec();
                    self.request.headers.push(((*name).to_owned(), value));
                }
            }
        }
    }

    /// A status, or a field line that an HTTP library can hold.
    fn read_response(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            let status = text(line).parse().ok();
            // Below 200 there are no final answers.
            let status = status.filter(|status| (200..=599).contains(status));
            self.application.status = status.unwrap_or(self.application.status);
            return;
        };
        let (name, value) = (text(&line[..colon]), crate::server::trim(&line[colon + 1..]));
        if http::HeaderName::try_from(&*name).is_ok()
            && http::HeaderValue::from_bytes(value).is_ok()
        {
            self.application.headers.push((name, value.to_vec()));
        }
    }
}

impl Exchange {
    /// Reads any bytes, and drops the settings that a policy cannot have: those that the errors
    /// name, and nothing else.
    ///
    /// # Panics
    ///
    /// The errors do not name what has to be dropped.
    pub fn read(data: &[u8]) -> Self {
        let mut input = Input::read(data);
        // Errors of one kind may hide others, but not for long.
        for _ in 0..8 {
            match input.settings.builder().build() {
                Ok(policy) => return Self { input, policy },
                Err(errors) => drop_named(&mut input.settings, &errors),
            }
        }
        let errors = input.settings.builder().build().map(drop);
        panic!("the errors do not say what is wrong with {:?}: {errors:?}", input.settings);
    }
}

/// Drops what the errors name.
fn drop_named(settings: &mut Settings, errors: &ConfigErrors) {
    let mut places: Vec<(Setting, Option<usize>)> = errors
        .iter()
        .map(|error| {
            let setting = error.place().setting_name().expect("an error names a setting");
            (setting, error.place().index())
        })
        .collect();
    places.sort_unstable();
    places.dedup();
    // From the end of each list, so that the other indexes stay true.
    for (setting, index) in places.into_iter().rev() {
        match (setting, index) {
            (Setting::Origins, Some(index)) => drop(settings.origins.remove(index)),
            (Setting::Origins, None) => {
                // Any origin is beside something that it cannot stand beside, or there is none.
                settings.credentials = false;
                settings.private_network = false;
                if !settings.allows_any_origin() {
                    settings.origins.push(Entry::new("https://a.example"));
                }
            }
            (Setting::OriginRegexes, Some(index)) => drop(settings.regexes.remove(index)),
            (Setting::AllowNullOrigin, None) => settings.null_origin = NullOrigin::Refused,
            (Setting::Methods, Some(index)) => drop(settings.methods.remove(index)),
            (Setting::Headers, Some(index)) => drop(settings.headers.remove(index)),
            (Setting::ExposedHeaders, Some(index)) => drop(settings.exposed_headers.remove(index)),
            (Setting::ExposedHeaders, None) => settings.exposed_headers.clear(),
            (Setting::MaxAge, None) => settings.max_age = None,
            other => panic!("an error at {other:?} of {settings:?}: {errors}"),
        }
    }
}

const PREDICATES: [Predicate; 4] = [
    Predicate::AllowAll,
    Predicate::AllowAllInsecureToo,
    Predicate::DenyAll,
    Predicate::HostEndsWith(".example.com"),
];

/// The request's fields, in two spellings each.
const FIELDS: [(&str, &str); 8] = [
    ("o", "origin"),
    ("O", "ORIGIN"),
    ("A", "Access-Control-Request-Method"),
    ("a", "access-control-request-method"),
    ("H", "Access-Control-Request-Headers"),
    ("h", "access-control-request-headers"),
    ("P", "Access-Control-Request-Private-Network"),
    ("p", "access-control-request-private-network"),
];

/// The line with no more white space at each end than the engine looks at.
///
/// HTTP counts none of it to the value, and servers take it off. From one that does not, the engine
/// takes off so much: what is left makes the value malformed, where the reference never sees it.
pub(super) fn as_delivered(line: &[u8]) -> &[u8] {
    const WHITE_SPACE: usize = 16;
    let value = crate::server::trim(line);
    let spaces = |bytes: &mut dyn Iterator<Item = &u8>| {
        bytes.take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    };
    let (before, after) = (spaces(&mut line.iter()), spaces(&mut line.iter().rev()));
    if value.is_empty() {
        return &line[..line.len().min(WHITE_SPACE)];
    }
    let start = before - before.min(WHITE_SPACE);
    &line[start..line.len() - (after - after.min(WHITE_SPACE))]
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
