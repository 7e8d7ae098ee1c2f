//! The scenarios: what is asked, and what the application answers.

/// Every request also has the fields of [`ORDINARY`](Scenario::ORDINARY).
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
    /// As S6, with any origin, method and header.
    s6any,
    /// A preflight, whose origin is refused.
    s7,
    /// A preflight, whose method is refused.
    s8,
    /// A preflight, of whose headers one is refused.
    s8h,
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

const ACTUAL: &[(&str, &str)] = &[("origin", LISTED)];
const ACTUAL_REFUSED: &[(&str, &str)] = &[("origin", REFUSED)];
const METHOD: &str = "access-control-request-method";
const HEADERS: &str = "access-control-request-headers";
const ASKED: &str = "content-type,x-request-id";

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::s1,
        Self::s1e,
        Self::s1any,
        Self::s2,
        Self::s2e,
        Self::s3,
        Self::s4,
        Self::s4b,
        Self::s5,
        Self::s5e,
        Self::s6,
        Self::s6c,
        Self::s6any,
        Self::s7,
        Self::s8,
        Self::s8h,
        Self::s10,
        Self::s10b,
        Self::s10n,
    ];

    /// What clients send with every request.
    pub const ORDINARY: [(&'static str, &'static str); 3] =
        [("host", "api.example.com"), ("user-agent", "Mozilla/5.0"), ("accept", "*/*")];

    /// The path of every request.
    pub const PATH: &'static str = "/items";

    #[must_use]
    pub fn is_preflight(self) -> bool {
        self.lines().iter().any(|(name, _)| *name == METHOD)
    }

    #[must_use]
    pub fn method(self) -> &'static str {
        if self.is_preflight() { "OPTIONS" } else { "GET" }
    }

    /// The request's lines beside the ordinary ones.
    #[must_use]
    pub fn lines(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::s1 | Self::s1e | Self::s1any | Self::s10n => &[],
            Self::s2 | Self::s2e | Self::s3 | Self::s5 | Self::s5e | Self::s10 => ACTUAL,
            Self::s4 | Self::s4b | Self::s10b => ACTUAL_REFUSED,
            Self::s6 | Self::s6c | Self::s6any => {
                &[("origin", LISTED), (METHOD, "PUT"), (HEADERS, ASKED)]
            }
            Self::s7 => &[("origin", REFUSED), (METHOD, "PUT"), (HEADERS, ASKED)],
            Self::s8 => &[("origin", LISTED), (METHOD, "PATCH"), (HEADERS, ASKED)],
            Self::s8h => {
                &[("origin", LISTED), (METHOD, "PUT"), (HEADERS, "content-type,x-session-id")]
            }
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
