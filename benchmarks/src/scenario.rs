//! The scenarios: what is asked, and what the application answers.

/// Every request also has the fields of [`EVERY_REQUEST`](Scenario::EVERY_REQUEST).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "they are quoted by these names")]
pub enum Scenario {
    /// No `Origin`; one exact origin.
    s1,
    /// As S1, and the response has no field of its own.
    s1e,
    /// No `Origin`; any origin.
    s1any,
    /// An actual request; one exact origin.
    s2,
    /// As S2, and the response has no field of its own.
    s2e,
    /// As S2, where tower-http sends the origin to everyone (see [`Rules::EXACT`](crate::Rules)).
    s2exact,
    /// An actual request; three exact origins, of which the last matches.
    s3,
    /// An actual request, whose origin is refused; one exact origin.
    s4,
    /// An actual request, whose origin is refused; three exact origins.
    s4b,
    /// An actual request; any origin.
    s5,
    /// As S5, and the response has no field of its own.
    s5e,
    /// A preflight for PUT with two headers; one exact origin.
    s6,
    /// As S6, with credentials and three exact origins.
    s6c,
    /// As S6C, with three headers.
    s6three,
    /// As S6, with any origin, method and header.
    s6any,
    /// A preflight, whose origin is refused.
    s7,
    /// A preflight, whose method is refused.
    s8,
    /// A preflight, of whose headers one is refused.
    s8h,
    /// As S6, and the list of headers is 1 MiB of commas.
    s9commas,
    /// A listed header, 1 MiB of spaces, and another header.
    s9spaces,
    /// One name of 1 MiB.
    s9name,
    /// One listed name, again and again, for 1 MiB.
    s9repeated,
    /// 10,000 names.
    s9names,
    /// 1,024 lines with nothing in them.
    s9lines,
    /// An actual request; credentials, exposed headers, and a `Vary` of the application.
    s10,
    /// As S10, and the origin is refused.
    s10b,
    /// As S10, without `Origin`.
    s10n,
}

/// The origin that is allowed everywhere.
const LISTED: &str = "https://app.example.com";
/// It is as long.
const REFUSED: &str = "https://app.example.net";

const METHOD: &str = "access-control-request-method";
const HEADERS: &str = "access-control-request-headers";
const ASKED: &str = "content-type,x-request-id";

impl Scenario {
    /// All but the hostile ones.
    pub const ORDINARY: [Self; 21] = [
        Self::s1,
        Self::s1e,
        Self::s1any,
        Self::s2,
        Self::s2e,
        Self::s2exact,
        Self::s3,
        Self::s4,
        Self::s4b,
        Self::s5,
        Self::s5e,
        Self::s6,
        Self::s6c,
        Self::s6three,
        Self::s6any,
        Self::s7,
        Self::s8,
        Self::s8h,
        Self::s10,
        Self::s10b,
        Self::s10n,
    ];

    /// A preflight whose list of headers is meant to cost as much as it can.
    pub const HOSTILE: [Self; 6] = [
        Self::s9commas,
        Self::s9spaces,
        Self::s9name,
        Self::s9repeated,
        Self::s9names,
        Self::s9lines,
    ];

    /// What clients send with every request.
    pub const EVERY_REQUEST: [(&'static str, &'static str); 3] =
        [("host", "api.example.com"), ("user-agent", "Mozilla/5.0"), ("accept", "*/*")];

    /// The path of every request.
    pub const PATH: &'static str = "/items";

    /// As it is called on the command line, and in what is printed.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ORDINARY.into_iter().chain(Self::HOSTILE);
        all.find(|scenario| format!("{scenario:?}") == name)
    }

    #[must_use]
    pub fn method(self) -> &'static str {
        let is_preflight = self.lines().iter().any(|(name, _)| *name == METHOD);
        if is_preflight { "OPTIONS" } else { "GET" }
    }

    /// The request's lines beside the ordinary ones.
    #[must_use]
    pub fn lines(self) -> Vec<(&'static str, String)> {
        let (origin, method, headers) = match self {
            Self::s1 | Self::s1e | Self::s1any | Self::s10n => (None, None, vec![]),
            Self::s2 | Self::s2e | Self::s2exact | Self::s3 | Self::s5 | Self::s5e | Self::s10 => {
                (Some(LISTED), None, vec![])
            }
            Self::s4 | Self::s4b | Self::s10b => (Some(REFUSED), None, vec![]),
            Self::s7 => (Some(REFUSED), Some("PUT"), vec![ASKED.to_owned()]),
            Self::s8 => (Some(LISTED), Some("PATCH"), vec![ASKED.to_owned()]),
            _ => (Some(LISTED), Some("PUT"), self.requested_headers()),
        };
        let mut lines = Vec::new();
        lines.extend(origin.map(|origin| ("origin", origin.to_owned())));
        lines.extend(method.map(|method| (METHOD, method.to_owned())));
        lines.extend(headers.into_iter().map(|line| (HEADERS, line)));
        lines
    }

    /// The lines of `Access-Control-Request-Headers` of a preflight that is hostile, or is allowed
    /// but for them.
    fn requested_headers(self) -> Vec<String> {
        const MEBIBYTE: usize = 1 << 20;
        const NAME: &str = "content-type,";
        match self {
            Self::s8h => vec!["content-type,x-session-id".to_owned()],
            Self::s6three => vec!["authorization,content-type,x-request-id".to_owned()],
            Self::s9commas => vec![",".repeat(MEBIBYTE)],
            Self::s9spaces => vec![format!("content-type,{},x", " ".repeat(MEBIBYTE))],
            Self::s9name => vec!["x".repeat(MEBIBYTE)],
            Self::s9repeated => vec![NAME.repeat(MEBIBYTE / NAME.len())],
            Self::s9names => {
                let names: Vec<_> = (0..10_000).map(|index| format!("x-{index}")).collect();
                vec![names.join(",")]
            }
            Self::s9lines => vec![String::new(); 1024],
            _ => vec![ASKED.to_owned()],
        }
    }

    /// Has the application's response fields of its own?
    #[must_use]
    pub fn has_ordinary_answer(self) -> bool {
        !matches!(self, Self::s1e | Self::s2e | Self::s5e)
    }

    /// The `Vary` of the application's response.
    #[must_use]
    pub fn vary(self) -> Option<&'static str> {
        matches!(self, Self::s10 | Self::s10b | Self::s10n).then_some("Accept-Encoding")
    }
}
