//! What holds for every origin.

use cors_conformance::{Entry, Settings, reference};
use cors_core::{Origin, OriginPattern};
use proptest::array::uniform8;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

use crate::cases;
use crate::generate::{entry, listed_settings, origin};

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn the_compiled_matcher_agrees_with_a_scan((settings, origins) in settings_and_origins()) {
        let policy = settings.builder().build().expect("a generated policy is valid");
        for origin in &origins {
            let expected = reference::is_allowed(&settings, origin.as_bytes());
            prop_assert_eq!(policy.is_origin_allowed(origin), expected, "{}", origin);
        }
    }

    #[test]
    fn adding_an_entry_refuses_nothing_that_was_allowed(
        (mut settings, origins) in settings_and_origins(),
        added in entry(),
    ) {
        let before = settings.builder().build().expect("a generated policy is valid");
        settings.origins.push(Entry { insecure: true, public_suffix: true, ..added });
        let after = settings.builder().build().expect("a generated policy is valid");
        for origin in origins.iter().filter(|origin| before.is_origin_allowed(origin)) {
            prop_assert!(after.is_origin_allowed(origin), "{}", origin);
        }
    }

    #[test]
    fn an_origin_is_what_the_url_standard_serialises(text in near_origin()) {
        let expected = reference::is_well_formed(&text);
        prop_assert_eq!(Origin::parse(&text).is_ok(), expected, "{}", text);
        prop_assert_eq!(Origin::from_bytes(text.as_bytes()).is_ok(), expected, "{}", text);
    }

    #[test]
    fn origins_print_as_they_were_written(text in near_origin()) {
        if let Ok(origin) = Origin::parse(&text) {
            prop_assert_eq!(origin.to_string(), &*text);
            let port = origin.port().map_or_else(String::new, |port| format!(":{port}"));
            prop_assert_eq!(format!("{}://{}{port}", origin.scheme(), origin.host()), text);
        }
    }

    #[test]
    fn patterns_print_as_they_were_written(entry in entry(), near in near_pattern()) {
        let pattern = OriginPattern::parse(&entry.text).expect("a generated entry is valid");
        prop_assert_eq!(pattern.to_string(), entry.text);
        if let Ok(pattern) = OriginPattern::parse(&near) {
            prop_assert_eq!(pattern.to_string(), near);
        }
    }
}

fn settings_and_origins() -> impl Strategy<Value = (Settings, Vec<String>)> {
    listed_settings().prop_flat_map(|settings| {
        let text = origin(&settings).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (Just(settings), vec(text, 20))
    })
}

/// A text that is an origin, or nearly.
fn near_origin() -> impl Strategy<Value = String> {
    let fitting = listed_settings().prop_flat_map(|settings| origin(&settings));
    prop_oneof![
        4 => fitting.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        2 => "(https?|wss?|ftp|file|[a-z0-9+.-]{1,8})://[a-z0-9.:_-]{0,20}(:[0-9]{1,6})?",
        2 => "(https?|wss?|tauri)://\\[[0-9a-f:.]{0,20}\\](:[0-9]{0,5})?",
        2 => near_ipv6().prop_map(|address| format!("https://[{address}]")),
        2 => "(https?|ftp)://[0-9x.]{1,16}(:[0-9]{1,5})?",
        1 => "[a-z]{1,5}://[ -~]{0,12}",
    ]
}

fn near_pattern() -> impl Strategy<Value = String> {
    let wild = "(https?|wss|ftp|tauri)://(\\*\\.)?[a-z0-9.*-]{0,12}(:\\*|:[0-9]{1,5})?";
    prop_oneof![2 => wild, 1 => near_origin()]
}

/// An IPv6 address in one of the ways to write it, of which one is that of browsers.
fn near_ipv6() -> impl Strategy<Value = String> {
    let piece = select(vec![0, 0, 0, 1, 0x7f00, 0xabcd, 0xffff_u16]);
    let (from, to, form) = (0..=8_usize, 0..=8_usize, 0..6_u8);
    (uniform8(piece), from, to, form).prop_map(|(pieces, from, to, form)| {
        let hex = |pieces: &[u16]| -> String {
            let texts = pieces.iter().map(|piece| format!("{piece:x}"));
            texts.collect::<Vec<_>>().join(":")
        };
        match form {
            0 => hex(&pieces),
            1 => std::net::Ipv6Addr::from(pieces).to_string(),
            2 => pieces.map(|piece| format!("{piece:04x}")).join(":"),
            _ => format!("{}::{}", hex(&pieces[..from]), hex(&pieces[to.max(from)..])),
        }
    })
}
