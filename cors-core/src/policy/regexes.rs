//! Regular expressions over origins: anchored, compiled, and probed with foreign origins.
//!
//! Origins are ASCII, and so regexes are of bytes: the tables of Unicode weigh more than the rest.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Dot, Hir, HirKind};

use crate::error::{ConfigErrorReason, ConfigWarningReason};
use crate::origin::{DangerousOptIn, Origin, OriginRegex, is_loopback_host, registrable_domain};

/// Origins that nobody means when they write a regex.
const UNRELATED_ORIGINS: [&str; 4] = [
    "https://evil.example",
    "https://evil-attacker.com",
    "https://a.b.c.evil.test:8443",
    "http://203.0.113.7",
];
/// How many example texts are derived from one regex.
const MAX_SAMPLES: usize = 256;
/// The most copies of a repeated part in an example text.
const MAX_COPIES: u32 = 64;

/// Compiles `source` so that it matches whole origins only, and warns of what is doubtful about it.
///
/// With credentials it must not match an origin that is clearly somebody else's. No check decides
/// that for every regex; this one tries unrelated origins, and look-alikes of what the regex itself
/// spells out, and so finds the usual slips: a missing `\.`, a missing boundary, a missing end.
pub(super) fn compile(
    source: &OriginRegex,
    credentials: bool,
    warnings: &mut Vec<ConfigWarningReason>,
) -> Result<Regex, ConfigErrorReason> {
    let invalid = |message: String| ConfigErrorReason::InvalidRegex { message };
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(source.source());
    let hir = hir.map_err(|error| invalid(first_cause(&error)))?;
    // The group keeps alternatives together; a part that would break out of it does not parse.
    let regex = RegexBuilder::new(&format!(r"\A(?:{})\z", source.source()))
        .unicode(false)
        .build()
        .map_err(|_| invalid("the regex is too large, or ends in a comment".to_owned()))?;
    if !can_match(&hir, '/') {
        return Err(ConfigErrorReason::RegexNeverMatches);
    }
    if contains_dot(&hir) {
        warnings.push(ConfigWarningReason::UnescapedDot);
    }
    let opt_ins = source.dangerously_allowed();
    let needless =
        |opt_in: DangerousOptIn| ConfigWarningReason::NeedlessOptIn { opt_in: opt_in.as_str() };
    if !credentials {
        warnings.extend(opt_ins.iter().map(needless));
        return Ok(regex);
    }
    let samples = samples(&hir, false);
    if let Some(probe) = foreign_match(&regex, &samples) {
        return Err(ConfigErrorReason::RegexMatchesForeignOrigin { probe });
    }
    match (glued_match(&regex, &samples), opt_ins.public_suffix) {
        (Some(probe), false) => Err(ConfigErrorReason::RegexSpansUnrelatedRegistrants { probe }),
        (None, true) => {
            warnings.push(needless(DangerousOptIn::PublicSuffix));
            Ok(regex)
        }
        (Some(_), true) | (None, false) => Ok(regex),
    }
}

/// An unrelated origin, or a look-alike of a sample, that the regex matches.
fn foreign_match(regex: &Regex, samples: &[Sample]) -> Option<String> {
    let unrelated = UNRELATED_ORIGINS.iter().map(|origin| (*origin).to_owned());
    let look_alikes = samples.iter().flat_map(|sample| {
        let dotted = (0..sample.0.len()).map(|index| sample.with_letter_for_dot(index));
        dotted.flatten().chain(sample.with_foreign_end())
    });
    unrelated.chain(look_alikes).find(|probe| regex.is_match(probe.as_bytes()))
}

/// An origin with letters glued before what a sample spells out, that the regex matches and that
/// somebody else can register.
fn glued_match(regex: &Regex, samples: &[Sample]) -> Option<String> {
    samples
        .iter()
        .flat_map(|sample| (0..sample.0.len()).filter_map(|index| sample.with_glued_letters(index)))
        .find(|probe| regex.is_match(probe.as_bytes()))
}

/// A text that a regex matches, with the part of the regex that each character stems from.
#[derive(Clone, Default)]
struct Sample(Vec<(char, Stem)>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stem {
    /// The character itself.
    Literal,
    /// A single unescaped dot.
    Dot,
    /// A class of characters.
    Class,
}

impl Sample {
    fn text(&self) -> String {
        self.0.iter().map(|(character, _)| character).collect()
    }

    /// `https://api.example.com` becomes `https://apixexample.com`.
    fn with_letter_for_dot(&self, index: usize) -> Option<String> {
        let mut probe = self.clone();
        match probe.0.get_mut(index) {
            Some((character, Stem::Dot)) => *character = 'x',
            _ => return None,
        }
        self.look_alike(probe.text())
    }

    /// `https://example.com` becomes `https://example.com.evil.example`.
    fn with_foreign_end(&self) -> Option<String> {
        let text = self.text();
        let origin = Origin::parse(&text).ok()?;
        let port = origin.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = origin.host();
        self.look_alike(format!("{}://{host}.evil.example{port}", origin.scheme()))
    }

    /// `https://example.com` becomes `https://evilexample.com`.
    fn with_glued_letters(&self, index: usize) -> Option<String> {
        let follows_literal = index.checked_sub(1).and_then(|before| self.0.get(before));
        let begins_literal =
            !matches!(follows_literal, Some((c, Stem::Literal)) if !matches!(c, '.' | '/'));
        match self.0.get(index)? {
            (_, Stem::Literal) if begins_literal => {}
            _ => return None,
        }
        let (before, after) = self.0.split_at_checked(index)?;
        let characters = |part: &[(char, Stem)]| part.iter().map(|(c, _)| *c).collect::<String>();
        self.look_alike(format!("{}evil{}", characters(before), characters(after)))
    }

    /// `probe`, where it is an origin whose owner need not be that of the sample.
    fn look_alike(&self, probe: String) -> Option<String> {
        let text = self.text();
        let (own, other) = (Origin::parse(&text).ok()?.host(), Origin::parse(&probe).ok()?.host());
        let foreign = match (registrable_domain(own), registrable_domain(other)) {
            _ if is_loopback_host(other) => false,
            (Some(own), Some(other)) => own != other,
            _ => own != other && !other.ends_with(&format!(".{own}")),
        };
        foreign.then_some(probe)
    }
}

/// Example texts that `hir` matches: every alternative, optional parts with and without.
fn samples(hir: &Hir, repeated: bool) -> Vec<Sample> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Sample::default()],
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            vec![Sample(text.chars().map(|character| (character, Stem::Literal)).collect())]
        }
        HirKind::Class(_) if is_dot(hir) && !repeated => vec![Sample(vec![('.', Stem::Dot)])],
        HirKind::Class(class) => vec![Sample(vec![representative(class)])],
        HirKind::Capture(capture) => samples(&capture.sub, repeated),
        HirKind::Repetition(repetition) => {
            let once = samples(&repetition.sub, true);
            let mut result = Vec::new();
            if repetition.min == 0 {
                result.push(Sample::default());
            }
            if repetition.max != Some(0) {
                let copies = repetition.min.clamp(1, MAX_COPIES) as usize;
                result.extend(once.iter().map(|sample| Sample(sample.0.repeat(copies))));
            }
            result
        }
        HirKind::Alternation(branches) => {
            branches.iter().flat_map(|branch| samples(branch, repeated)).take(MAX_SAMPLES).collect()
        }
        HirKind::Concat(parts) => parts.iter().fold(vec![Sample::default()], |heads, part| {
            let tails = samples(part, repeated);
            heads
                .iter()
                .flat_map(|head| tails.iter().map(|tail| Sample([&*head.0, &*tail.0].concat())))
                .take(MAX_SAMPLES)
                .collect()
        }),
    }
}

/// A character of `class` that an origin may hold, if there is one.
fn representative(class: &Class) -> (char, Stem) {
    let candidates = ('a'..='z').chain('1'..='9').chain(['0', '-', '_', '.', ':', '/']);
    let mut contained = candidates.filter(|candidate| contains(class, *candidate));
    match (contained.next(), contained.next()) {
        // A class of one letter in both cases is that letter, written without case.
        (Some(only), None) => (only, Stem::Literal),
        (Some(first), Some(_)) => (first, Stem::Class),
        (None, _) => ('?', Stem::Class),
    }
}

fn contains(class: &Class, character: char) -> bool {
    match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| range.start() <= character && character <= range.end()),
        Class::Bytes(class) => u8::try_from(character).is_ok_and(|byte| {
            class.ranges().iter().any(|range| range.start() <= byte && byte <= range.end())
        }),
    }
}

/// `(?u)` makes a dot one of characters.
fn is_dot(hir: &Hir) -> bool {
    [
        Dot::AnyByte,
        Dot::AnyByteExceptLF,
        Dot::AnyByteExceptCRLF,
        Dot::AnyChar,
        Dot::AnyCharExceptLF,
        Dot::AnyCharExceptCRLF,
    ]
    .iter()
    .any(|dot| *hir == Hir::dot(*dot))
}

fn contains_dot(hir: &Hir) -> bool {
    is_dot(hir) || hir.kind().subs().iter().any(contains_dot)
}

/// May a text that `hir` matches hold `character`? An over-approximation: `false` is certain.
fn can_match(hir: &Hir, character: char) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).contains(character),
        HirKind::Class(class) => contains(class, character),
        kind => kind.subs().iter().any(|sub| can_match(sub, character)),
    }
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
mod tests {
    use super::*;

    fn compiled(
        source: &str,
        credentials: bool,
    ) -> Result<Vec<ConfigWarningReason>, ConfigErrorReason> {
        let mut warnings = Vec::new();
        compile(&OriginRegex::new(source), credentials, &mut warnings).map(|_| warnings)
    }

    #[test]
    fn a_regex_is_of_ascii() {
        for (source, matching, other) in [
            (r"https://\w+-\d+\.example", "https://pr-7.example", "https://pr-x.example"),
            (r"(?i)https://SK\.example", "https://sk.example", "https://s.example"),
            (r"https://[^./]+\.example", "https://a-b.example", "https://a.b.example"),
            (r"https://a\b.*\.example", "https://a.b.example", "https://ab.example"),
        ] {
            let regex = compile(&OriginRegex::new(source), false, &mut Vec::new()).unwrap();
            assert!(regex.is_match(matching.as_bytes()), "{source}");
            assert!(!regex.is_match(other.as_bytes()), "{source}");
        }
        for dot in [r"https://a.example", r"(?u)https://a.example", r"(?s-u)https://a.example"] {
            assert_eq!(compiled(dot, false), Ok(vec![ConfigWarningReason::UnescapedDot]), "{dot}");
        }
        let message = "the regex does not parse: Unicode not allowed here".to_owned();
        let letters = compiled(r"https://\p{L}+\.example", false);
        assert_eq!(letters, Err(ConfigErrorReason::InvalidRegex { message }));
        assert_eq!(compiled(r"https:[a-z.]+", false), Err(ConfigErrorReason::RegexNeverMatches));
    }

    #[test]
    fn a_regex_is_anchored_at_both_ends_whatever_it_holds() {
        for (source, matching, other) in [
            ("https://a|https://b", "https://b", "https://bx"),
            ("https://a|https://ab", "https://ab", "https://abc"),
            (r"^https://a\.example$", "https://a.example", "https://a.example.evil"),
            (r"(?x) https://a\.example", "https://a.example", "xhttps://a.example"),
        ] {
            let regex = compile(&OriginRegex::new(source), false, &mut Vec::new()).unwrap();
            assert!(regex.is_match(matching.as_bytes()), "{source}");
            assert!(!regex.is_match(other.as_bytes()), "{source}");
        }
    }

    #[test]
    fn regexes_that_do_not_parse_or_never_match_are_refused() {
        for (source, message) in [
            ("https://(a", "the regex does not parse: unclosed group"),
            ("https://a)|(?:b", "the regex does not parse: unopened group"),
            ("https://a{9999}{9999}", "the regex is too large, or ends in a comment"),
            ("(?x)https://a # comment", "the regex is too large, or ends in a comment"),
            (
                r"example\.com",
                "the regex matches no origin: it has to match all of it, from `https://` to the port",
            ),
        ] {
            assert_eq!(compiled(source, false).unwrap_err().to_string(), message, "{source}");
        }
    }

    #[test]
    fn with_credentials_foreign_origins_must_not_match() {
        for (source, probe) in [
            (".*", "https://evil.example"),
            ("https?://.+", "https://evil.example"),
            (r"https://[a-z.-]+", "https://evil.example"),
            (r"https://[0-9.]+|http://[0-9.]+", "http://203.0.113.7"),
            (r"https://api.example\.com", "https://apixexample.com"),
            (r"https://(www|api.example)\.com", "https://apixexample.com"),
            (r"https://example\.com.*", "https://example.com.evil.example"),
            (r"https://example\.com(:[0-9]+|\.[a-z.]+)?", "https://example.com.evil.example"),
        ] {
            let probe = probe.to_owned();
            assert_eq!(
                compiled(source, true),
                Err(ConfigErrorReason::RegexMatchesForeignOrigin { probe }),
                "{source}"
            );
            assert!(compiled(source, false).is_ok(), "{source}");
        }
    }

    #[test]
    fn with_credentials_a_missing_boundary_needs_the_opt_in() {
        for (source, probe) in [
            (r"https://.*example\.com", "https://evilexample.com"),
            (r"https://[a-z.]*example\.com", "https://evilexample.com"),
            (r"https://[a-z-]+-team\.vercel\.app", "https://aevil-team.vercel.app"),
            (r"(?i)https://[a-z.]*example\.com", "https://evilexample.com"),
        ] {
            let probe = probe.to_owned();
            assert_eq!(
                compiled(source, true),
                Err(ConfigErrorReason::RegexSpansUnrelatedRegistrants { probe }),
                "{source}"
            );
            let opted_in = OriginRegex::new(source).dangerously_allow(DangerousOptIn::PublicSuffix);
            assert!(compile(&opted_in, true, &mut Vec::new()).is_ok(), "{source}");
        }
    }

    #[test]
    fn careful_regexes_are_accepted_with_credentials() {
        for source in [
            r"https://pr-[0-9]+\.preview\.example\.com",
            r"https://([a-z0-9-]+\.)?example\.com(:[0-9]+)?",
            r"https://[a-z]*app\.example\.com",
            r"https://(a|b|c)\.example\.(com|org)",
            r"http://localhost:[0-9]+",
            r"http://[a-z]+\.localhost(:\d+)?",
            r"chrome-extension://[a-p]{32}",
            r"(?i)https://([a-z]+\.)*example\.com",
        ] {
            assert_eq!(compiled(source, true), Ok(vec![]), "{source}");
        }
    }

    #[test]
    fn unescaped_dots_and_needless_opt_ins_are_doubtful() {
        assert_eq!(
            compiled("https://a.example", false),
            Ok(vec![ConfigWarningReason::UnescapedDot])
        );
        let mut warnings = Vec::new();
        let opted_in = OriginRegex::new(r"https://a\.example")
            .dangerously_allow(DangerousOptIn::Insecure)
            .dangerously_allow(DangerousOptIn::PublicSuffix);
        assert!(compile(&opted_in, true, &mut warnings).is_ok());
        assert_eq!(warnings, [ConfigWarningReason::NeedlessOptIn { opt_in: "public_suffix" }]);
        assert!(compile(&opted_in, false, &mut warnings).is_ok());
        assert_eq!(warnings.len(), 3);
    }
}
