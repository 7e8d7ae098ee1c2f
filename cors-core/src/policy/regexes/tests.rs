//! What is compiled, refused and warned of, and that no accepted regex spans strangers.

use proptest::prelude::*;

use super::*;
use crate::origin::DangerousOptIn;

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
        let regex = compile(&OriginRegex::new(source), false, &mut Vec::new()).unwrap().regex;
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
        let regex = compile(&OriginRegex::new(source), false, &mut Vec::new()).unwrap().regex;
        assert!(regex.is_match(matching.as_bytes()), "{source}");
        assert!(!regex.is_match(other.as_bytes()), "{source}");
    }
}

#[test]
fn regexes_that_do_not_parse_or_never_match_are_refused() {
    for (source, message) in [
        ("https://(a", "the regex does not parse: unclosed group"),
        ("https://a)|(?:b", "the regex does not parse: unopened group"),
        ("https://(?:a{0,9999}){9999}", TOO_MANY_COPIES),
        ("(?x)https://a # comment", "the regex is too large, or ends in a comment"),
        (
            r"example\.com",
            "the regex matches no origin: it has to match all of it, from `https://` to the port, \
             with no slash after that and in at most 512 bytes",
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
        (r"https://[a-z-]+\.com", "https://evil-attacker.com"),
        (r"https://[a-z.]+:[0-9]+", "https://a.b.c.evil.test:8443"),
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
        r"https://[a-z0-9.-]+\.example\.com",
        r"https://(?:[a-z0-9-]+\.)*example\.com",
        r"https://([a-z0-9]+(-[a-z0-9]+)*\.)*example\.com(:[0-9]+)?",
        r"https?://([^./]+\.){1,3}example\.co\.uk",
        r"https://(www\.)?example\.com",
        r"https://(shop\.example|blog\.example)",
        r"https://(?:a|b)\.example",
        r"(?i)https://(a|b)?\.?example\.com",
        r"https://app(\.|-)example\.com",
        r"https://app\.example\.(com|org)",
        r"https://my-team-[a-z0-9]+\.my-team\.github\.io",
        r"https://s[0-9]\.amazonaws\.com",
        r"http://127\.0\.0\.[0-9]+",
        r"http://127\.0\.0\.1:[0-9]{4,5}",
        r"https://example\.com:84[0-9]{2}",
    ] {
        assert_eq!(compiled(source, true), Ok(vec![]), "{source}");
    }
}

#[test]
fn unescaped_dots_and_needless_opt_ins_are_doubtful() {
    assert_eq!(compiled("https://a.example", false), Ok(vec![ConfigWarningReason::UnescapedDot]));
    let mut warnings = Vec::new();
    let opted_in = OriginRegex::new(r"https://a\.example")
        .dangerously_allow(DangerousOptIn::Insecure)
        .dangerously_allow(DangerousOptIn::PublicSuffix);
    assert!(compile(&opted_in, true, &mut warnings).is_ok());
    let needless = |opt_in| ConfigWarningReason::NeedlessOptIn { opt_in };
    assert_eq!(warnings, [needless("insecure"), needless("public_suffix")]);
    assert!(compile(&opted_in, false, &mut warnings).is_ok());
    assert_eq!(warnings.len(), 4);
}

#[test]
fn the_opt_in_for_insecure_origins_is_needless_where_none_can_match() {
    for (source, needless) in [
        (r"https://a\.example", true),
        (r"(?i)HTTPS://a\.example", true),
        (r"^(?:https|wss)://([a-z]+\.)*example\.com(:\d+)?$", true),
        (r"app://a", true),
        (r"httpx?s://a\.example", true),
        (r"http://localhost", true),
        (r"https?://localhost:\d+", true),
        (r"http://localhost(:\d+)?", true),
        (r"http://(a\.localhost|127\.0\.0\.1|\[::1\]):3000", true),
        (r"http://\[::1\](:\d+)?", true),
        (r"https?://a\.example", false),
        (r"(https://b|http://a)\.example", false),
        (r"wss?://a\.example", false),
        (r"[a-z]+://a\.example", false),
        (r"(ht|f)tp://a\.example", false),
        (r"http://localhost\.example", false),
        (r"http://localhost(\.example)?", false),
        (r"http://localhost\.[a-z]+\.a\.example\.com", false),
        (r"http://127\.0\.0\.1(\.example)?", false),
        // What the first characters do not say is not known.
        (r"http://[a-z]+\.localhost", false),
    ] {
        let opted_in = OriginRegex::new(source).dangerously_allow(DangerousOptIn::Insecure);
        let mut warnings = Vec::new();
        assert!(compile(&opted_in, true, &mut warnings).is_ok(), "{source}");
        let expected =
            needless.then_some(ConfigWarningReason::NeedlessOptIn { opt_in: "insecure" });
        assert_eq!(warnings, Vec::from_iter(expected), "{source}");
    }
}

#[test]
fn with_credentials_a_class_must_not_span_registrants() {
    for (source, probe) in [
        (r"https://example\.[a-z]+", "https://example.b"),
        (r"https://example\.[a-z]{2,3}", "https://example.ba"),
        (r"https://example\.co(m|\.[a-z]{2})", "https://example.co.ba"),
        (r"https://example\.com(\.[a-z]{2})?", "https://example.com.ba"),
        (r"https://app[.-]example\.com", "https://app-example.com"),
        (r"https://app(?:\.|-)+example\.com", "https://app.example.com"),
        (r"https://[a-z]{4}\.com", "https://baaa.com"),
        (r"https://app\.(?:[a-z]{4})\.example", "https://app.baaa.example"),
        (r"https://[a-z0-9-]{2,4}\.github\.io", "https://ba.github.io"),
        (r"https://my-app-[a-z0-9]{9}\.vercel\.app", "https://my-app-baaaaaaaa.vercel.app"),
        (r"https://..\.github\.io", "https://ba.github.io"),
        (r"https://[ab]\.example", "https://b.example"),
        (r"https://(?:a|b){4}\.example", "https://baaa.example"),
        (r"https://(?:[0-9]|x\.com){2}", "https://2x.com"),
        (r"https://(a|b|[0-9]x)\.example", "https://2x.example"),
        (r"[a-z]+://[a-z]+\.com", "a://aevil.com"),
        (r"[a-z]+://[a-z]\.com", "https://b.com"),
        (r".*example\.com", "a://evilexample.com"),
        (r".{10,}example\.com", "aaaaaaa://evilexample.com"),
        (r"https:.*example\.com", "https://evilexample.com"),
        (r"https://10\.0\.[0-9]\.1", "https://10.0.2.1"),
        (r"https://\[2001:db8::[0-9a-f]+\]", "https://[2001:db8::b]"),
        // Below such a name there are suffixes, such as `s3.amazonaws.com`.
        (r"https://([a-z0-9-]+\.)+amazonaws\.com", "https://a.evil.evil.amazonaws.com"),
        (r"https://[a-z.]+\.amazonaws\.com", "https://a.evil.evil.amazonaws.com"),
        (r"https://[a-z]\.[a-z]\.amazonaws\.com", "https://a.b.amazonaws.com"),
    ] {
        let probe = probe.to_owned();
        assert_eq!(
            compiled(source, true),
            Err(ConfigErrorReason::RegexSpansUnrelatedRegistrants { probe }),
            "{source}"
        );
        assert!(compiled(source, false).is_ok(), "{source}");
        let opted_in = OriginRegex::new(source).dangerously_allow(DangerousOptIn::PublicSuffix);
        let mut warnings = Vec::new();
        assert!(compile(&opted_in, true, &mut warnings).is_ok(), "{source}");
        let needless = ConfigWarningReason::NeedlessOptIn { opt_in: "public_suffix" };
        assert!(!warnings.contains(&needless), "{source}");
    }
}

/// `https://tenant-0-of-....example|https://tenant-1-...`
fn alternatives(count: usize) -> String {
    let one = |index| format!(r"https://tenant-{index}-of-a-shop-with-a-long-name\.example");
    (0..count).map(one).collect::<Vec<_>>().join("|")
}

#[test]
fn with_credentials_every_alternative_is_looked_at() {
    assert_eq!(compiled(&alternatives(300), true), Ok(vec![]));
    let probe = "https://aevilexample.com".to_owned();
    assert_eq!(
        compiled(&format!(r"{}|https://[a-z]+example\.com", alternatives(300)), true),
        Err(ConfigErrorReason::RegexSpansUnrelatedRegistrants { probe })
    );
    let many = format!(r"{}|https://[a-z]+example\.com", alternatives(2000));
    let long_parts = format!("https://{}a\\.example", "(a{200}|b{200}|c)".repeat(20));
    for source in [
        &*many,
        r"https://(a|b)?(a|b)?(a|b)?(a|b)?(a|b)?(a|b)?(a|b)?\.example",
        &*long_parts,
        // No text that stands for it is an origin.
        r"https://a\b.\bb[0-9]\.\B[a-z]+",
    ] {
        assert_eq!(compiled(source, true), Err(ConfigErrorReason::RegexTooIntricate), "{source}");
        assert!(compiled(source, false).is_ok(), "{source}");
        let opted_in = OriginRegex::new(source).dangerously_allow(DangerousOptIn::PublicSuffix);
        let error = compile(&opted_in, true, &mut Vec::new()).unwrap_err();
        assert_eq!(error, ConfigErrorReason::RegexTooIntricate, "{source}");
    }
}

/// To write out any of these would hold `build`, and this test, for minutes.
#[test]
fn what_is_longer_than_an_origin_is_not_written_out() {
    let long = ConfigErrorReason::RegexNeverMatches;
    for (source, expected) in [
        (
            r"https://(?:(?:(?:abcdefgh){60}){60}){8}(?:aa|bb)(?:aa|bb)\.example\.com",
            Err(long.clone()),
        ),
        (r"https://(?:abcdefgh){63}\.example", Err(long)),
        (r"https://a(?:(?:abcdefgh){0,60}){0,8}\.example\.com", Ok(vec![])),
        (r"https://(?:a{200}){1,2}\.example|https://a\.example", Ok(vec![])),
    ] {
        assert_eq!(compiled(source, true), expected, "{source}");
    }
}

/// To try these would hold `build`, and this test, for minutes.
#[test]
fn what_the_engine_would_take_long_for_is_refused() {
    for source in [
        r"https://((x{0,60}){0,60}){0,8}\.example\.com",
        r"https://(([a-z]{0,60}){0,60}){0,2}\.example\.com",
        r"https://((?:x?y?){0,500}){0,40}\.example\.com",
        r"https://a(((x{0,15}){0,15}|y)z){0,15}\.example\.com",
        r"https://(x{0,100}){0,60}(x{0,100}){0,60}\.example\.com",
    ] {
        for credentials in [false, true] {
            let message = TOO_MANY_COPIES.to_owned();
            let expected = Err(ConfigErrorReason::InvalidRegex { message });
            assert_eq!(compiled(source, credentials), expected, "{source}");
        }
    }
    for source in [
        r"https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){0,10}example\.com(:[0-9]{1,5})?",
        r"https://[a-z0-9]+(-[a-z0-9]+){0,20}\.example\.com",
        r"https://([a-z]{2,40}-?){2,40}\.example\.com",
        r"https://([a-z0-9-]{1,63}\.){1,127}example\.com",
        r"https://(x{0,60}){0,6}\.example\.com",
    ] {
        assert_eq!(compiled(source, true), Ok(vec![]), "{source}");
    }
}

#[test]
fn what_no_origin_has_the_shape_of_never_matches() {
    for source in [
        r"https://b\.example/",
        r"https://b\.example/.*",
        "a.example",
        r"a\.example/://",
        r"HTTPS://a\.example",
        r"https:/a\.example",
        r"https://",
        r"https://a\.example:",
        r"https://a\.example:0[0-9]+",
        r"https://a\.example\?.*",
        r"https://[^\x00-\x7F]+",
        r"https://a\.example[^\x00-\xFF]",
        r"://(.+\.)?example\.com",
        r"https://a{600}",
    ] {
        for credentials in [false, true] {
            let expected = Err(ConfigErrorReason::RegexNeverMatches);
            assert_eq!(compiled(source, credentials), expected, "{source}");
        }
    }
    for source in [
        r".*",
        r"(?s).*/.*",
        r".*b\.example.?",
        r"[a-z:]+//[a-z]+",
        r"(https://)?.*\.example",
        r"https:..b\.example",
        r"https://\[::1\]:?[0-9]*",
        r"app://[A-Z]+",
        r"https://b\.example/?",
        r"(?:[a-z]|:|/){12}",
    ] {
        let refused = compiled(source, false) == Err(ConfigErrorReason::RegexNeverMatches);
        assert!(!refused, "{source}");
    }
}

/// A regex that is put together from what they are usually made of, and a text that it matches.
fn regex_and_text() -> impl Strategy<Value = (String, String)> {
    let one_of = |parts: &'static [&'static str]| proptest::sample::select(parts);
    let schemes =
        one_of(&["http", "https", "https?", "ws", "wss?", "[a-z]{0,2}s", "(http|ws)s{0,1}"]);
    let hosts = one_of(&[
        "localhost",
        "a",
        r"127\.0\.0\.1",
        r"\[::1\]",
        "[a-z.]{1,3}",
        r"\.",
        r"(\.example)?",
        r"(a|localhost)",
        r"(localhost|)",
    ]);
    let ports = one_of(&["", "(:[0-9]{1,2})?", ":80", "[:a]{0,1}8?"]);
    let hosts = proptest::collection::vec(hosts, 1..4);
    let regex = (schemes, hosts, ports)
        .prop_map(|(scheme, hosts, port)| format!("{scheme}://{}{port}", hosts.concat()));
    regex.prop_flat_map(|regex| {
        let text = proptest::string::string_regex(&regex).unwrap();
        (Just(regex), text)
    })
}

proptest! {
    #[test]
    fn no_insecure_origin_matches_where_none_can((regex, text) in regex_and_text()) {
        if Origin::parse(&text).is_ok_and(|origin| origin.is_insecure()) {
            prop_assert!(can_be_insecure(&super::parse(&regex).unwrap()), "{} {}", regex, text);
        }
    }
}
