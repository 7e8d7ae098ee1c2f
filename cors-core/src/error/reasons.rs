//! The closed lists of what can be wrong or doubtful.

use crate::origin::{MAX_ORIGIN_LENGTH, OriginPatternError};

/// Why a configuration is refused.
///
/// ```
/// use cors_core::{ConfigErrorReason, CorsPolicy};
///
/// let errors = CorsPolicy::builder().allow_any_origin().allow_credentials().build().unwrap_err();
/// let reason = errors.iter().next().unwrap().reason();
/// assert_eq!(reason, &ConfigErrorReason::AnyOriginWithCredentials);
/// assert!(reason.to_string().ends_with("list the origins"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigErrorReason {
    /// The policy allows no origin at all.
    #[error("no origin is allowed; list some, or allow any")]
    NoOrigins,
    /// An entry is no origin and no pattern.
    #[error(transparent)]
    Origin(#[from] OriginPatternError),
    /// `null` stands in the list.
    #[error(
        "`null` is no origin to list; use allow_null_origin if every sandboxed page of any site may read"
    )]
    NullInList,
    /// `*` stands beside other origins, regexes, predicates or `null`.
    #[error("any origin (`*`) makes every other origin pointless; keep one or the other")]
    AnyOriginBesideOthers,
    /// A list in one string.
    #[error("each entry of a list is a string of its own")]
    SeveralInOne,
    /// A `*` within a header name.
    #[error("there are no patterns for header names: list each name, or allow any (`*` alone)")]
    WildcardInName,
    /// `*` stands beside other entries of a list.
    #[error("`*` means any only where it stands alone")]
    WildcardInList,
    /// Any origin with credentials.
    #[error(
        "any origin with credentials would open every user's data to every site; list the origins"
    )]
    AnyOriginWithCredentials,
    /// Any origin with private network access.
    #[error(
        "any origin with private network access would open the network behind the server to every site; list the origins"
    )]
    AnyOriginWithPrivateNetwork,
    /// Any exposed header with credentials.
    #[error("with credentials browsers read `*` as a header of that name; list the headers")]
    AnyExposedHeaderWithCredentials,
    /// An `http` or `ws` origin, not loopback, with credentials.
    #[error(
        "with credentials an insecure origin lets anyone on the way act for your users; use https, or dangerously allow `insecure`"
    )]
    InsecureOriginWithCredentials,
    /// A wildcard over a public suffix, or over an ancestor of one, with credentials.
    #[error(
        "anyone can register a name that `*.{base}` matches, and would get your users' credentials; name the domain, or dangerously allow `public_suffix`"
    )]
    PublicSuffixWithCredentials {
        /// What follows `*.`.
        base: String,
    },
    /// `null` with credentials.
    #[error(
        "every site can send the origin `null`, and would get your users' credentials; drop one of the two, or dangerously allow both"
    )]
    NullOriginWithCredentials,
    /// A regex that does not compile.
    #[error("{message}")]
    InvalidRegex {
        /// What the regex engine says, on one line.
        message: String,
    },
    /// A regex that, with credentials, matches an origin that is clearly somebody else's.
    #[error(
        "with credentials the regex must not match foreign origins, and it matches `{probe}`; escape dots (`\\.`) and spell out the end of the host"
    )]
    RegexMatchesForeignOrigin {
        /// An origin that it matches.
        probe: String,
    },
    /// A regex that, with credentials, matches names that strangers can register.
    #[error(
        "with credentials the regex matches `{probe}`, which anyone can register; spell out your domain with a `\\.` before it, or dangerously allow `public_suffix`"
    )]
    RegexSpansUnrelatedRegistrants {
        /// An origin that it matches.
        probe: String,
    },
    /// A regex of which too much is to be looked at with credentials, or nothing is found to look at.
    #[error(
        "with credentials all that the regex matches is looked at, and it has too many alternatives or is too intricate for that; list the origins, or split the regex"
    )]
    RegexTooIntricate,
    /// A regex that no origin matches: none has such a shape, or such a length.
    #[error(
        "the regex matches no origin: it has to match all of it, from `https://` to the port, with no slash after that and in at most {MAX_ORIGIN_LENGTH} bytes"
    )]
    RegexNeverMatches,
    /// A method that is not a token.
    #[error("a method is one token, such as `PUT`")]
    MethodNotAToken,
    /// CONNECT, TRACE or TRACK.
    #[error("browsers never send CONNECT, TRACE or TRACK")]
    ForbiddenMethod,
    /// A method that browsers send in upper case only.
    #[error("browsers send this method in upper case, and methods are case-sensitive")]
    MethodNeverMatches,
    /// A header name that is not a token.
    #[error("a header name is one token, such as `content-type`")]
    HeaderNotAToken,
    /// A request header that scripts cannot set.
    #[error("scripts cannot set this request header, so no preflight asks for it")]
    ForbiddenRequestHeader,
    /// A CORS response field among the request headers.
    #[error("this is a field of CORS responses, not a request header")]
    ResponseFieldAmongRequestHeaders,
    /// `Set-Cookie` or `Set-Cookie2` among the exposed headers.
    #[error("scripts can never read this response header")]
    ForbiddenResponseHeader,
    /// A request field among the exposed headers.
    #[error("this is a field of requests, not of responses")]
    RequestFieldAmongExposedHeaders,
    /// A field of preflight responses among the exposed headers.
    #[error("only responses to preflights carry this field, and scripts never see those")]
    PreflightFieldAmongExposedHeaders,
    /// More than 86,400 seconds.
    #[error("no browser caches a preflight for more than a day (86400 seconds)")]
    MaxAgeTooLong,
    /// A fraction of a second.
    #[error("the field counts whole seconds")]
    MaxAgeNotWholeSeconds,
    /// A policy file with neither a policy nor a route.
    #[error(
        "there is neither a policy nor a route, so that no path would have CORS; write a policy (in TOML, `[policies.NAME]`)"
    )]
    NothingConfigured,
    /// Two policies of one name.
    #[error("there are two policies of this name")]
    DuplicatePolicy,
    /// A name that no policy has.
    #[error("there is no policy of this name; there {}", known_policies(.known, *.more))]
    UnknownPolicy {
        /// The unknown name.
        name: String,
        /// Some of the names that there are, those that differ in few letters first.
        known: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// A path rule whose path no router understands.
    #[error(
        "a path starts with `/`, and its parameters are whole segments (`/api/{{id}}`, without a regex) or its end (`/public/{{*rest}}`); other characters are percent-encoded"
    )]
    InvalidPath,
    /// A path rule in a spelling that paths are not compared in.
    #[error(
        "paths are compared without dot segments, with upper-case digits after `%`, and with characters decoded that may stand in a path"
    )]
    PathNotNormalized,
    /// A path rule for the same paths and methods as another.
    #[error("routes[{other}] `{path}` is for the same paths{}", for_method(.method))]
    ConflictingRoutes {
        /// The index of the other rule.
        other: usize,
        /// The path of the other rule.
        path: String,
        /// The method that both name; none where both are for every method.
        method: Option<String>,
    },
    /// A path rule with none of a policy, `disabled = true` and `pass_through = true`, or with several.
    #[error("a route has one of `policy`, `disabled` and `pass_through`")]
    RouteWithoutEffect,
    /// A status that fails every preflight.
    #[error("browsers accept a preflight only with a status from 200 to 299")]
    PreflightStatusNotOk,
    /// A status that is not that of a refusal.
    #[error("a refused preflight is answered with a status from 200 to 299 or from 400 to 599")]
    RefusedPreflightStatus,
    /// The text is not of its format, or holds an unknown key or a value of the wrong type.
    #[error("{message}")]
    Syntax {
        /// What the format's parser says, on one line.
        message: String,
    },
    /// The file could not be read, or its ending names no known format.
    #[error("{message}")]
    File {
        /// What went wrong.
        message: String,
    },
}

/// An opt-in as it is written in code and in a policy file.
pub(super) struct WrittenOptIn {
    pub(super) in_code: &'static str,
    pub(super) in_file: &'static str,
}

impl ConfigErrorReason {
    /// The opt-in that the message asks for.
    pub(super) fn opt_in(&self) -> Option<WrittenOptIn> {
        match self {
            Self::InsecureOriginWithCredentials => Some(WrittenOptIn {
                in_code: ".dangerously_allow(DangerousOptIn::Insecure)",
                in_file: "dangerously_allow = [\"insecure\"]",
            }),
            Self::PublicSuffixWithCredentials { .. }
            | Self::RegexSpansUnrelatedRegistrants { .. } => Some(WrittenOptIn {
                in_code: ".dangerously_allow(DangerousOptIn::PublicSuffix)",
                in_file: "dangerously_allow = [\"public_suffix\"]",
            }),
            Self::NullOriginWithCredentials => Some(WrittenOptIn {
                in_code: ".dangerously_allow_null_origin_with_credentials()",
                in_file: "allow_null_origin = \"dangerously-with-credentials\"",
            }),
            _ => None,
        }
    }
}

pub(super) fn known_policies(known: &[String], more: usize) -> String {
    match (known, more) {
        ([], _) => "is none".to_owned(),
        ([one], 0) => format!("is `{one}`"),
        (several, 0) => format!("are `{}`", several.join("`, `")),
        (several, more) => format!("are `{}` and {more} more", several.join("`, `")),
    }
}

fn for_method(method: &Option<String>) -> String {
    method.as_ref().map_or_else(String::new, |method| format!(" and the method `{method}`"))
}

/// Why a valid policy is doubtful, or valid options are.
///
/// ```
/// use cors_core::{ConfigWarningReason, CorsPolicy};
///
/// let policy = CorsPolicy::builder()
///     .with_origins(["https://app.example.com"])
///     .with_methods(["patch"])
///     .build()?;
/// assert_eq!(policy.warnings()[0].reason(), &ConfigWarningReason::LowerCasePatch);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigWarningReason {
    /// More than Chromium's 7,200 seconds.
    #[error("Chromium caches a preflight for at most 7200 seconds")]
    MaxAgeAboveChromium,
    /// `patch`, which browsers send as it is written.
    #[error(
        "a page that writes `PATCH` is refused: browsers do not change the case of this method"
    )]
    LowerCasePatch,
    /// An `http` or `ws` origin, not loopback, without credentials.
    #[error("anyone on the way can change the pages of an insecure origin")]
    InsecureOrigin,
    /// A wildcard over a public suffix, or over an ancestor of one, without credentials.
    #[error("anyone can register a name that `*.{base}` matches")]
    PublicSuffix {
        /// What follows `*.`.
        base: String,
    },
    /// A dot that stands for any character in a regex.
    #[error("an unescaped dot matches any character; write `\\.` for a dot")]
    UnescapedDot,
    /// An entry that changes nothing.
    #[error("`{by}` covers this entry already")]
    Covered {
        /// The entry that covers it.
        by: String,
    },
    /// Loopback origins beside others.
    #[error(
        "loopback origins beside public ones let any program on a visitor's machine read; keep them out of production policies"
    )]
    LoopbackBesidePublic,
    /// `null` is allowed.
    #[error("every site can send the origin `null`, from a sandboxed frame")]
    NullOrigin,
    /// Any header with credentials.
    #[error("any request header is allowed with credentials; listing those that are used is safer")]
    AnyHeaderWithCredentials,
    /// An exposed header that scripts can always read.
    #[error("scripts can always read this response header")]
    AlwaysExposed,
    /// A dangerous opt-in without which the policy is the same.
    #[error("{}", needless(.opt_in))]
    NeedlessOptIn {
        /// The opt-in, as in a policy file; for a predicate, the builder's method.
        opt_in: &'static str,
    },
    /// A policy of options that is neither the default nor named by a route.
    #[error(
        "governs nothing: it is not the default and no route names it; make it one of the two, unless the program chooses it by its name"
    )]
    GovernsNothing,
    /// A rule that disables the rest of a path (`/internal/{*rest}`) where a policy governs the path
    /// without a rest.
    #[error(
        "policy `{policy}` governs `{base}` itself, since the rest is one character or more; disable `{base}` too, or route it"
    )]
    BaseNotDisabled {
        /// The path without the rest.
        base: String,
        /// The policy's name.
        policy: String,
    },
}

fn needless(opt_in: &str) -> String {
    let without = match opt_in {
        "dangerously-with-credentials" => "`allow_null_origin` without a danger",
        "dangerously_with_insecure_origin_predicate" => "`with_origin_predicate`",
        _ => return format!("dangerously allowing `{opt_in}` changes nothing here; drop it"),
    };
    format!("without credentials, {without} does the same")
}
