//! Regular expressions over origins: anchored, compiled, and probed with foreign origins.
//!
//! Origins are ASCII, and so regexes are of bytes: the tables of Unicode weigh more than the rest.

mod samples;
mod shape;

use std::net::Ipv4Addr;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, Group, GroupKind, RepetitionKind};
use regex_syntax::hir::Hir;
use regex_syntax::hir::translate::TranslatorBuilder;

use self::samples::{Place, Single, is_dot, samples};
use self::shape::{Counted, can_be_insecure, can_be_origin};
use crate::error::{ConfigErrorReason, ConfigWarningReason};
use crate::origin::{
    DangerousOptIns, Origin, OriginRegex, is_loopback_host, registrable_domain,
    spans_unrelated_registrants,
};

/// Origins that nobody means when they write a regex.
const UNRELATED_ORIGINS: [&str; 4] = [
    "https://evil.example",
    "https://evil-attacker.com",
    "https://a.b.c.evil.test:8443",
    "http://203.0.113.7",
];
/// What is put before what a regex spells out: more of a label, and labels.
const GLUED: [&str; 2] = ["evil", "evil.evil."];
/// How many copies counted repetitions may make of what they repeat, and how deep they may be nested.
/// The engine can be in all of these copies at each byte of an origin: `((x{0,60}){0,60}){0,8}` would hold
/// a request for tenths of a second, and `build` for minutes.
const MOST_COPIES: usize = 10_000;
const DEEPEST: usize = 2;
const TOO_MANY_COPIES: &str = "counted repetitions such as `{0,60}` multiply where one stands in another, \
                               and these make too many copies";

/// A regex that matches whole origins only.
#[derive(Debug)]
pub(super) struct CompiledRegex {
    pub(super) regex: Regex,
    /// Does it spell out loopback hosts?
    pub(super) loopback: bool,
    /// Does it spell out the ends of other domains?
    pub(super) public: bool,
}

/// Compiles `source` so that it matches whole origins only, and warns of what is doubtful about it.
///
/// With credentials it must not match an origin that is clearly somebody else's, and matches names
/// of several registrants only with the opt-in. No check decides that for every regex; this one tries
/// unrelated origins, and variations of what the regex itself spells out: a letter for an unescaped
/// dot, a foreign end, letters before a missing boundary, other members of a class. Alternatives
/// are taken for what the user means. What is too much to look at is refused.
pub(super) fn compile(
    source: &OriginRegex,
    credentials: bool,
    warnings: &mut Vec<ConfigWarningReason>,
) -> Result<CompiledRegex, ConfigErrorReason> {
    let invalid = |message: String| ConfigErrorReason::InvalidRegex { message };
    let hir = parse(source.source()).map_err(invalid)?;
    // What is always too long is not compiled, which would take its time.
    if !can_be_origin(&hir) {
        return Err(ConfigErrorReason::RegexNeverMatches);
    }
    let Counted { copies, depth } = Counted::of(&hir);
    if copies > MOST_COPIES || depth > DEEPEST {
        return Err(invalid(TOO_MANY_COPIES.to_owned()));
    }
    // The group keeps alternatives together; a part that would break out of it does not parse.
    let regex = RegexBuilder::new(&format!(r"\A(?:{})\z", source.source()))
        .unicode(false)
        .build()
        .map_err(|_| invalid("the regex is too large, or ends in a comment".to_owned()))?;
    if contains_dot(&hir) {
        warnings.push(ConfigWarningReason::UnescapedDot);
    }
    let opt_ins = source.dangerously_allowed();
    let trial = Trial { hir: &hir, regex: &regex };
    let examples = trial.examples();
    let mut needed = DangerousOptIns::default();
    if credentials {
        trial.try_unrelated()?;
        needed.insecure = can_be_insecure(&hir);
        if let Some(probe) = trial.spanning(examples.as_deref().map_err(|error| *error)?)? {
            if !opt_ins.public_suffix {
                return Err(ConfigErrorReason::RegexSpansUnrelatedRegistrants { probe });
            }
            needed.public_suffix = true;
        }
    }
    let needless = opt_ins.iter().filter(|opt_in| !needed.contains(*opt_in));
    warnings.extend(
        needless.map(|opt_in| ConfigWarningReason::NeedlessOptIn { opt_in: opt_in.as_str() }),
    );
    let examples = examples.unwrap_or_default();
    let loopback = trial.matches_any(&examples, Example::is_loopback);
    let public = trial.matches_any(&examples, Example::is_public);
    Ok(CompiledRegex { regex, loopback, public })
}

/// Keeps alternatives of single characters apart, which would become a class: who writes `(a|b)`
/// spells out two names. In what is repeated nobody spells out every name.
fn parse(source: &str) -> Result<Hir, String> {
    let mut ast = Parser::new().parse(source).map_err(|error| first_cause(&error.into()))?;
    keep_alternatives(&mut ast);
    let mut translator = TranslatorBuilder::new().unicode(false).utf8(false).build();
    translator.translate(source, &ast).map_err(|error| first_cause(&error.into()))
}

fn keep_alternatives(ast: &mut Ast) {
    match ast {
        Ast::Alternation(alternation) => {
            for branch in &mut alternation.asts {
                keep_alternatives(branch);
                let span = *branch.span();
                let inner = Box::new(std::mem::replace(branch, Ast::empty(span)));
                *branch = Ast::group(Group { span, kind: GroupKind::CaptureIndex(0), ast: inner });
            }
        }
        Ast::Concat(concat) => concat.asts.iter_mut().for_each(keep_alternatives),
        Ast::Group(group) => keep_alternatives(&mut group.ast),
        Ast::Repetition(repetition) if repetition.op.kind == RepetitionKind::ZeroOrOne => {
            keep_alternatives(&mut repetition.ast);
        }
        _ => {}
    }
}

/// A sample that is an origin.
struct Example<'h> {
    places: Vec<Place<'h>>,
    text: String,
}

/// Tries texts on a regex.
struct Trial<'h> {
    hir: &'h Hir,
    regex: &'h Regex,
}

/// There is too much to look at, or nothing to look at is found.
#[derive(Clone, Copy)]
struct TooIntricate;

impl From<TooIntricate> for ConfigErrorReason {
    fn from(_: TooIntricate) -> Self {
        Self::RegexTooIntricate
    }
}

impl<'h> Trial<'h> {
    fn try_unrelated(&self) -> Result<(), ConfigErrorReason> {
        for probe in UNRELATED_ORIGINS {
            if self.matches(probe) {
                let probe = probe.to_owned();
                return Err(ConfigErrorReason::RegexMatchesForeignOrigin { probe });
            }
        }
        Ok(())
    }

    /// An origin that strangers can register, where the regex matches one; an error where it matches
    /// one that is clearly theirs.
    fn spanning(&self, examples: &[Example<'h>]) -> Result<Option<String>, ConfigErrorReason> {
        if let Some(probe) = self.first_probe(examples, Example::foreign) {
            return Err(ConfigErrorReason::RegexMatchesForeignOrigin { probe });
        }
        let glued = self.first_probe(examples, Example::glued);
        Ok(glued.or_else(|| self.first_probe(examples, Example::varied)))
    }

    /// Does the regex match an example of a kind?
    fn matches_any(&self, examples: &[Example<'h>], is: fn(&Example<'h>) -> bool) -> bool {
        examples.iter().filter(|one| is(one)).any(|one| self.matches(&one.text))
    }

    /// The samples that are origins, of which the regex matches some.
    fn examples(&self) -> Result<Vec<Example<'h>>, TooIntricate> {
        let dotted = samples(self.hir, Single::Dot).ok_or(TooIntricate)?;
        let lettered = samples(self.hir, Single::Letter).ok_or(TooIntricate)?;
        // Most are the same.
        let mut dots = dotted.iter();
        let others: Vec<_> =
            lettered.into_iter().filter(|sample| dots.next() != Some(sample)).collect();
        let examples = dotted.into_iter().chain(others).map(|sample| {
            let text = sample.text();
            Example { places: sample.0, text }
        });
        let examples: Vec<_> = examples.filter(|one| Origin::parse(&one.text).is_ok()).collect();
        let is_matched = examples.iter().any(|one| self.matches(&one.text));
        if is_matched { Ok(examples) } else { Err(TooIntricate) }
    }

    /// The first probe of an example that the regex matches and that somebody else may own.
    fn first_probe(
        &self,
        examples: &[Example<'h>],
        probes: impl Fn(&Example<'h>) -> Vec<String>,
    ) -> Option<String> {
        examples.iter().find_map(|one| {
            let is_theirs = |probe: &String| is_foreign(&one.text, probe) && self.matches(probe);
            probes(one).into_iter().find(is_theirs)
        })
    }

    fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }
}

impl Example<'_> {
    fn is_loopback(&self) -> bool {
        Origin::parse(&self.text)
            .is_ok_and(|origin| is_of_the_web(&origin) && is_loopback_host(origin.host()))
    }

    /// Is it a name below one that the regex spells out? Others may be matched without being meant.
    fn is_public(&self) -> bool {
        let Ok(origin) = Origin::parse(&self.text) else { return false };
        let host = origin.host();
        let Some((above, last)) = host.trim_end_matches('.').rsplit_once('.') else { return false };
        let spelled =
            self.places.iter().skip(origin.scheme().len() + "://".len() + above.len() + 1);
        is_of_the_web(&origin)
            && !is_loopback_host(host)
            && !is_address(host)
            && spelled.take(last.len()).all(|place| place.is_literal())
    }

    /// `https://api.example.com` becomes `https://apixexample.com`, and `https://example.com`
    /// `https://example.com.evil.example`.
    fn foreign(&self) -> Vec<String> {
        let dots = self.places.iter().enumerate();
        let dots = dots.filter(|(_, place)| place.is_dot() && place.byte == b'.');
        let mut probes: Vec<_> = dots.map(|(index, _)| self.with(index, 1, "x")).collect();
        if let Ok(origin) = Origin::parse(&self.text) {
            let port = origin.port().map_or_else(String::new, |port| format!(":{port}"));
            let host = origin.host();
            probes.push(format!("{}://{host}.evil.example{port}", origin.scheme()));
        }
        probes
    }

    /// `https://example.com` becomes `https://evilexample.com`.
    fn glued(&self) -> Vec<String> {
        let mut before = None;
        let mut probes = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            let follows = before.replace(*place);
            let continues =
                follows.is_some_and(|c| c.is_literal() && !matches!(c.byte, b'.' | b'/'));
            if place.is_literal() && !continues {
                probes.extend(GLUED.iter().map(|glued| self.with(index, 0, glued)));
            }
        }
        probes
    }

    /// `https://a1.example` becomes `https://a2.example`, where the regex has `[0-9]`.
    fn varied(&self) -> Vec<String> {
        let same = |one: &Place<'_>, other: &Place<'_>| match (one.class, other.class) {
            (Some(class), Some(other)) => std::ptr::eq(class, other),
            _ => false,
        };
        let mut probes = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            // Beyond the second copy of a class, others make no difference to the registrant.
            let earlier = index.checked_sub(2).and_then(|earlier| self.places.get(earlier));
            let last = self.places.get(index + 1).is_none_or(|next| !same(next, place));
            if last || !earlier.is_some_and(|earlier| same(earlier, place)) {
                let others = place.others().map(|byte| char::from(byte).to_string());
                probes.extend(others.map(|other| self.on_the_web(self.with(index, 1, &other))));
            }
        }
        probes.retain(|probe| Origin::parse(probe).is_ok_and(|origin| is_of_the_web(&origin)));
        probes
    }

    fn with(&self, index: usize, replaced: usize, text: &str) -> String {
        let before = self.text.get(..index).unwrap_or_default();
        format!("{before}{text}{}", self.text.get(index + replaced..).unwrap_or_default())
    }

    /// A regex that does not spell out the scheme matches it for `https`, too.
    fn on_the_web(&self, probe: String) -> String {
        match probe.split_once("://") {
            Some((_, rest)) if self.places.first().is_some_and(|place| !place.is_literal()) => {
                format!("https://{rest}")
            }
            _ => probe,
        }
    }
}

/// Hosts of extensions and of apps are no names that are registered.
fn is_of_the_web(origin: &Origin<'_>) -> bool {
    matches!(origin.scheme(), "http" | "https" | "ws" | "wss" | "ftp")
}

/// Is `probe` an origin whose owner need not be that of `own`?
fn is_foreign(own: &str, probe: &str) -> bool {
    let (Ok(own), Ok(other)) = (Origin::parse(own), Origin::parse(probe)) else {
        return false;
    };
    let (own, other) = (own.host(), other.host());
    if own == other || is_loopback_host(other) {
        return false;
    }
    if is_address(own) || is_address(other) {
        return true;
    }
    match (registrable_domain(own), registrable_domain(other)) {
        (Some(own_domain), Some(domain)) => {
            own_domain != domain || other_below_suffixes(own, other)
        }
        _ => !other.ends_with(&format!(".{own}")),
    }
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

/// Is `other` two or more labels below a name that it shares with `own`, and that has public
/// suffixes below it, as `amazonaws.com` has `s3.amazonaws.com`?
fn other_below_suffixes(own: &str, other: &str) -> bool {
    let shared = own.rsplit('.').zip(other.rsplit('.')).take_while(|(own, other)| own == other);
    let shared = shared.map(|(label, _)| label.len() + 1).sum::<usize>();
    let split = other.len().checked_sub(shared).and_then(|end| other.split_at_checked(end));
    split.is_some_and(|(below, base)| {
        below.contains('.') && spans_unrelated_registrants(base.trim_start_matches('.'))
    })
}

fn contains_dot(hir: &Hir) -> bool {
    is_dot(hir) || hir.kind().subs().iter().any(contains_dot)
}

fn first_cause(error: &regex_syntax::Error) -> String {
    let cause = match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it is not of the regex syntax".to_owned(),
    };
    format!("the regex does not parse: {cause}")
}

#[cfg(test)]
#[cfg(feature = "public-suffix")]
mod tests;
