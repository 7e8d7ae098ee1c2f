//! The texts of errors about origins: entries, regexes and `null`.

use super::*;

#[test]
fn origins_that_could_never_match_are_refused_with_a_correction() {
    for (origin, message) in [
        ("", "an origin is not empty"),
        ("https://app.example.com/", "an origin has no path; write `https://app.example.com`"),
        ("https://app.example.com?q", "an origin has no query; write `https://app.example.com`"),
        ("https://app.example.com#f", "an origin has no fragment; write `https://app.example.com`"),
        (
            "HTTPS://App.example.com",
            "browsers send origins in lower case; write `https://app.example.com`",
        ),
        (
            "https://app.example.com:443",
            "browsers leave out the scheme's default port; write `https://app.example.com`",
        ),
        (
            "https://app.example.com:08443",
            "a port is a number from 1 to 65535 without leading zeros; write `https://app.example.com:8443`",
        ),
        ("https://user@app.example.com", "an origin has no user name or password"),
        ("https://bücher.example", "browsers send internationalised hosts in Punycode (`xn--...`)"),
        (
            "app.example.com",
            "an origin starts with a scheme, such as `https://`; write `https://app.example.com`",
        ),
        (
            "https://a,https://b",
            "each entry of a list is a string of its own; write `https://a`, `https://b`",
        ),
        (
            "https://a https://b",
            "each entry of a list is a string of its own; write `https://a`, `https://b`",
        ),
        ("http://localhost:*/", "an origin has no path; write `http://localhost:*`"),
        (
            "1http://app.example.com",
            "a scheme is a lower-case letter and up to 63 lower-case letters, digits, `+`, `-` or `.`",
        ),
        ("file://", "pages of the scheme `file` have the origin `null`"),
        (
            " https://app.example.com",
            "an origin has no spaces or control characters; write `https://app.example.com`",
        ),
        ("https://", "an origin has a host"),
        ("https://a,b", "a host has no `,`"),
        ("https://a..b", "a domain has no empty label"),
        (
            "https://127.1",
            "a host that ends in a number is an IPv4 address, which browsers send as a dotted quad",
        ),
        (
            "https://[0:0:0:0:0:0:0:1]",
            "browsers send IPv6 addresses in their shortest lower-case form, such as `[::1]`; write `https://[::1]`",
        ),
        (
            "https://*app.example.com",
            "a `*` stands only as the first label (`https://*.example.com`) or as the port \
             (`http://localhost:*`); for anything else use a regex or a predicate",
        ),
        (
            "tauri://localhost:*",
            "wildcards are for `http`, `https`, `ws` and `wss` only: list the exact origin",
        ),
        ("https://*.127.0.0.1", "an IP address has no subdomains"),
        (
            "null",
            "`null` is no origin to list; use allow_null_origin if every sandboxed page of any site may read",
        ),
    ] {
        let settings = CorsPolicy::builder().with_origins([APP, origin]);
        assert_eq!(errors(settings), [format!("origins[1] `{origin}`: {message}")]);
    }
    let long = format!("https://{}.example", "a".repeat(500));
    assert!(
        errors(CorsPolicy::builder().with_origins([&long]))[0]
            .ends_with("`: an origin has at most 512 bytes")
    );
    let long = format!("https://{}.example", "a".repeat(250));
    assert!(
        errors(CorsPolicy::builder().with_origins([&long]))[0]
            .ends_with("`: a domain has at most 253 bytes")
    );
}

#[test]
fn origins_that_contradict_each_other_are_refused() {
    for (settings, expected) in [
        (CorsPolicy::builder(), "origins: no origin is allowed; list some, or allow any"),
        (
            app().allow_any_origin(),
            "origins[1] `*`: any origin (`*`) makes every other origin pointless; keep one or the other",
        ),
        (
            CorsPolicy::builder().allow_any_origin().allow_null_origin(),
            "origins[0] `*`: any origin (`*`) makes every other origin pointless; keep one or the other",
        ),
        (
            credentialed(["*"]),
            "origins `*`: any origin with credentials would open every user's data to every site; \
             list the origins",
        ),
        (
            CorsPolicy::builder().allow_any_origin().allow_private_network(),
            "origins `*`: any origin with private network access would open the network behind the \
             server to every site; list the origins",
        ),
        (
            app().allow_credentials().allow_null_origin(),
            "allow_null_origin: every site can send the origin `null`, and would get your users' \
             credentials; drop one of the two, or dangerously allow both \
             (`.dangerously_allow_null_origin_with_credentials()`, in a policy file `allow_null_origin = \
             \"dangerously-with-credentials\"`)",
        ),
    ] {
        let found = errors(settings);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{found:?}");
    }
}

#[test]
fn credentials_need_an_opt_in_for_each_dangerous_entry() {
    let insecure = "with credentials an insecure origin lets anyone on the way act for your users; \
                    use https, or dangerously allow `insecure` \
                    (`.dangerously_allow(DangerousOptIn::Insecure)`, in a policy file \
                    `dangerously_allow = [\"insecure\"]`)";
    for origin in [
        "http://kiosk.example",
        "ws://kiosk.example",
        "http://192.168.1.7",
        "http://*.kiosk.example:*",
    ] {
        let expected = format!("origins[0] `{origin}`: {insecure}");
        assert_eq!(errors(credentialed([origin])), [expected]);
        let opted_in = OriginEntry::new(origin).dangerously_allow(DangerousOptIn::Insecure);
        assert_eq!(warnings(credentialed([opted_in])), [""; 0]);
    }
    for origin in [
        "http://localhost:*",
        "http://*.localhost",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "capacitor://app",
    ] {
        assert_eq!(warnings(credentialed([origin])), [""; 0], "{origin}");
    }
    for (origin, base) in [
        ("https://*.github.io", "github.io"),
        ("https://*.amazonaws.com", "amazonaws.com"),
        ("https://*.local", "local"),
    ] {
        let expected = format!(
            "origins[0] `{origin}`: anyone can register a name that `*.{base}` matches, and would \
             get your users' credentials; name the domain, or dangerously allow `public_suffix` \
             (`.dangerously_allow(DangerousOptIn::PublicSuffix)`, in a policy file \
             `dangerously_allow = [\"public_suffix\"]`)"
        );
        assert_eq!(errors(credentialed([origin])), [expected]);
        let opted_in = OriginEntry::new(origin).dangerously_allow(DangerousOptIn::PublicSuffix);
        assert_eq!(warnings(credentialed([opted_in])), [""; 0]);
    }
    assert_eq!(
        warnings(credentialed(["https://*.localhost", "https://*.localhost:8443"])),
        [""; 0]
    );
}

#[test]
fn regexes_are_refused_by_index() {
    let regexes = |sources: &[&str]| {
        sources
            .iter()
            .fold(CorsPolicy::builder(), |settings, source| settings.with_origin_regex(*source))
    };
    assert_eq!(
        errors(regexes(&[r"https://a\.example", "https://(a", r"example\.com"])),
        [
            "origin_regexes[1] `https://(a`: the regex does not parse: unclosed group",
            r"origin_regexes[2] `example\.com`: the regex matches no origin: it has to match all of it, from `https://` to the port, with no slash after that and in at most 512 bytes",
        ]
    );
    assert_eq!(
        errors(
            regexes(&["https://api.example.com", r"https://[a-z-]*-team\.vercel\.app"])
                .allow_credentials()
        ),
        [
            "origin_regexes[0] `https://api.example.com`: with credentials the regex must not match \
             foreign origins, and it matches `https://apixexample.com`; escape dots (`\\.`) and \
             spell out the end of the host",
            "origin_regexes[1] `https://[a-z-]*-team\\.vercel\\.app`: with credentials the regex \
             matches `https://evil-team.vercel.app`, which anyone can register; spell out \
             your domain with a `\\.` before it, or dangerously allow `public_suffix` \
             (`.dangerously_allow(DangerousOptIn::PublicSuffix)`, in a policy file \
             `dangerously_allow = [\"public_suffix\"]`)",
        ]
    );
    let many = (0..2000).map(|index| format!("https://a{index}")).collect::<Vec<_>>().join("|");
    assert!(errors(regexes(&[&many]).allow_credentials())[0].ends_with(
        "`: with credentials all that the regex matches is looked at, and it has too many \
         alternatives or is too intricate for that; list the origins, or split the regex"
    ));
}

#[test]
fn a_repeated_entry_keeps_what_any_of_them_dangerously_allows() {
    let entry = || OriginEntry::new("http://*.github.io");
    let insecure = || entry().dangerously_allow(DangerousOptIn::Insecure);
    let public_suffix = || entry().dangerously_allow(DangerousOptIn::PublicSuffix);
    let both = || insecure().dangerously_allow(DangerousOptIn::PublicSuffix);
    for (entries, kept) in [
        (vec![insecure(), public_suffix()], both()),
        (vec![public_suffix(), insecure()], both()),
        (vec![entry(), insecure(), entry()], insecure()),
        (vec![public_suffix(), entry()], public_suffix()),
        (vec![entry(), entry()], entry()),
    ] {
        let policy = CorsPolicy::builder().with_origins(entries).build().unwrap();
        assert!(policy.origins().eq([kept]), "{policy:?}");
        assert_eq!(policy.to_builder().build().unwrap(), policy);
    }
    let policy = credentialed([both(), both()]).build().unwrap();
    assert!(policy.origins().eq([both()]), "{policy:?}");
}

#[test]
fn loopback_beside_others_is_doubtful_where_a_program_of_the_machine_can_serve_pages() {
    let doubtful = "loopback origins beside public ones let any program on a visitor's machine read; \
                    keep them out of production policies";
    for origin in [
        "http://localhost:*",
        "https://localhost:8443",
        "http://*.localhost:*",
        "ws://127.0.0.1",
        "wss://[::1]:3000",
    ] {
        let expected = format!("origins[1] `{origin}`: {doubtful}");
        // The page of an app is nobody's on this machine but the app's.
        for other in [APP, "capacitor://localhost", "tauri://localhost:80"] {
            let settings = CorsPolicy::builder().with_origins([other, origin]);
            assert_eq!(warnings(settings), [&*expected], "{other}");
        }
        let settings = CorsPolicy::builder().with_origins(["http://localhost", origin]);
        let beside_loopback = warnings(settings);
        assert!(!beside_loopback.contains(&expected), "{beside_loopback:?}");
    }
    for origin in ["capacitor://localhost", "tauri://localhost:80", "ftp://localhost"] {
        assert_eq!(warnings(app().with_origins([origin])), [""; 0], "{origin}");
    }
}
