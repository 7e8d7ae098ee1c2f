//! Entries of an origin list, against a matcher that compares label by label.

use cors_core::{CorsPolicy, Origin, OriginPattern};

use crate::reference;

pub(super) const WORDS: &[&str] = &[
    "*.",
    ":*",
    "https://*.",
    "http://localhost:*",
    "\n",
    "\nhttps://",
    "\nhttp://",
    ".example",
    "example.com",
    "a.",
    ":81",
    ":443",
    "[::1]",
    "127.0.0.1",
    "*",
    "://",
    "null",
];

/// Each line but the last is an entry, the last one is an origin.
///
/// An entry that is no entry is left out. The policy of the others allows the origin exactly where
/// one of them matches it label by label; whatever their order; and a policy of more entries allows
/// whatever one of fewer does.
pub(super) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (entries, origin) = text.rsplit_once('\n').unwrap_or(("", &text));
    let valid = |entry: &&str| {
        *entry != "*" && CorsPolicy::builder().with_origins([*entry]).build().is_ok()
    };
    let entries: Vec<&str> = entries.split('\n').filter(valid).take(16).collect();

    let mut allowed = false;
    for count in 1..=entries.len() {
        let (listed, last) = (&entries[..count], entries[count - 1]);
        let matches = matches_entry(last, origin);
        allowed |= matches;
        let verdict = policy(listed).is_origin_allowed(origin);
        assert_eq!(verdict, allowed, "`{origin}` under {listed:?}");

        let pattern = OriginPattern::parse(last).expect("a valid entry");
        assert_eq!(pattern.to_string(), last, "prints as it is written");
        if let Ok(parsed) = Origin::parse(origin) {
            assert_eq!(pattern.matches(&parsed), matches, "`{origin}` and {pattern:?}");
        }
    }
    let reversed: Vec<&str> = entries.iter().rev().copied().collect();
    if !reversed.is_empty() {
        let verdict = policy(&reversed).is_origin_allowed(origin);
        assert_eq!(verdict, allowed, "`{origin}` under {reversed:?}");
    }
}

fn policy(entries: &[&str]) -> CorsPolicy {
    let policy = CorsPolicy::builder().with_origins(entries.iter().copied()).build();
    policy.unwrap_or_else(|errors| panic!("each entry is valid alone: {errors}"))
}

/// Does the origin match, part by part?
fn matches_entry(entry: &str, origin: &str) -> bool {
    if !reference::is_well_formed(origin) {
        return false;
    }
    let (entry, origin) = (Parts::of(entry), Parts::of(origin));
    let port = entry.port == Some("*") || entry.port == origin.port;
    entry.scheme == origin.scheme && port && entry.matches_labels(&origin)
}

struct Parts<'a> {
    scheme: &'a str,
    labels: Vec<&'a str>,
    port: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (scheme, authority) = text.split_once("://").expect("an origin has a scheme");
        let in_brackets = authority.find(']').map_or(0, |end| end + 1);
        let colon = authority[in_brackets..].find(':').map(|colon| in_brackets + colon);
        let (host, port) = match colon {
            Some(colon) => (&authority[..colon], Some(&authority[colon + 1..])),
            None => (authority, None),
        };
        Self { scheme, labels: host.split('.').collect(), port }
    }

    /// From the last label to the first; `*` stands for all that are left, at least one.
    fn matches_labels(&self, origin: &Self) -> bool {
        let mut left = origin.labels.iter().rev();
        for (index, label) in self.labels.iter().enumerate().rev() {
            if index == 0 && *label == "*" {
                return left.next().is_some();
            }
            if left.next() != Some(label) {
                return false;
            }
        }
        left.next().is_none()
    }
}
