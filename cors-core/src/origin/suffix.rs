//! Public suffixes: the names below which strangers register.

use super::host::is_loopback_host;

/// Do the names below `base` belong to unrelated registrants: is it a public suffix, or does one
/// lie below it?
///
/// `https://*.github.io` admits the pages of every GitHub user, and `https://*.amazonaws.com`
/// everyone's bucket below `s3.amazonaws.com`. A single label that the [list] does not know is a
/// suffix too, as the list's algorithm says. Loopback names are this machine's and never count.
/// Without the list (feature `public-suffix`), every other name might be one.
///
/// [list]: https://publicsuffix.org/list/
pub(crate) fn spans_unrelated_registrants(base: &str) -> bool {
    !is_loopback_host(base) && is_suffix_or_ancestor_of_one(base)
}

#[cfg(not(feature = "public-suffix"))]
fn is_suffix_or_ancestor_of_one(_: &str) -> bool {
    true
}

#[cfg(feature = "public-suffix")]
fn is_suffix_or_ancestor_of_one(base: &str) -> bool {
    let name = without_final_dot(base);
    let found = find(name);
    found.suffix_len == name.len() || found.has_rules_below
}

/// The domain that somebody registered, of which `host` is or is below; none without the list.
#[cfg(all(any(feature = "regex", feature = "browser"), feature = "public-suffix"))]
pub(crate) fn registrable_domain(host: &str) -> Option<&str> {
    let name = without_final_dot(host);
    let suffix_with_dot = find(name).suffix_len + 1;
    let before = name.get(..name.len().checked_sub(suffix_with_dot)?)?;
    let label = before.rsplit('.').next().filter(|label| !label.is_empty())?;
    name.get(before.len() - label.len()..)
}

#[cfg(feature = "public-suffix")]
fn without_final_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// What the list says of a name.
#[cfg(feature = "public-suffix")]
struct Found {
    suffix_len: usize,
    has_rules_below: bool,
}

/// The only place that asks the list, which is code and generic over the iterator: for a second kind
/// of iterator a program would hold a second copy, most of a megabyte.
#[cfg(feature = "public-suffix")]
fn find(name: &str) -> Found {
    use psl::Psl as _;

    let mut labels = Labels { rest: name.rsplit('.'), asked_for_more: false };
    let suffix = psl::List.find(&mut labels);
    Found { suffix_len: suffix.len, has_rules_below: labels.asked_for_more }
}

#[cfg(all(any(feature = "regex", feature = "browser"), not(feature = "public-suffix")))]
pub(crate) fn registrable_domain(_: &str) -> Option<&str> {
    None
}

/// A name's labels from the right, with a note of whether the list went on asking after the last:
/// it walks a tree, and asks for one label more only where it has rules below the name.
#[cfg(feature = "public-suffix")]
struct Labels<'a> {
    rest: std::str::RSplit<'a, char>,
    asked_for_more: bool,
}

#[cfg(feature = "public-suffix")]
impl<'a> Iterator for &mut Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let label = self.rest.next();
        self.asked_for_more |= label.is_none();
        label.map(str::as_bytes)
    }
}

#[cfg(test)]
#[cfg(feature = "public-suffix")]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(feature = "regex", feature = "browser"))]
    fn registrable_domains_are_those_that_the_list_finds_itself() {
        for host in [
            "com",
            "example.com",
            "a.b.example.com",
            "example.com.",
            "com.",
            "co.uk",
            "shop.example.co.uk",
            "github.io",
            "my-team.github.io",
            "a.city.kawasaki.jp",
            "a.b.kawasaki.jp",
            "www.ck",
            "localhost",
            "a.localhost",
            "corp.internal",
            "a",
            ".",
            "",
        ] {
            assert_eq!(registrable_domain(host), psl::domain_str(host), "{host}");
        }
        assert_eq!(registrable_domain("a.example.co.uk"), Some("example.co.uk"));
        assert_eq!(registrable_domain("co.uk"), None);
    }

    #[test]
    fn suffixes_and_their_ancestors_span_unrelated_registrants() {
        for (base, spans) in [
            ("com", true),
            ("co.uk", true),
            ("github.io", true),
            ("github.io.", true),
            ("s3.amazonaws.com", true),
            // Not suffixes themselves, but there are some below.
            ("amazonaws.com", true),
            ("windows.net", true),
            ("compute.amazonaws.com", true),
            // A wildcard rule: every child is a suffix.
            ("kawasaki.jp", true),
            ("ck", true),
            // An exception to a wildcard rule.
            ("city.kawasaki.jp", false),
            ("www.ck", false),
            ("example.com", false),
            ("example.co.uk", false),
            ("my-team.github.io", false),
            // Single labels that the list does not know.
            ("local", true),
            ("internal", true),
            ("corp.internal", false),
            ("localhost", false),
            ("localhost.", false),
            ("app.localhost", false),
        ] {
            assert_eq!(spans_unrelated_registrants(base), spans, "{base}");
        }
    }
}

#[cfg(all(test, not(feature = "public-suffix")))]
mod without_the_list {
    use super::*;

    #[test]
    fn every_name_but_loopback_ones_might_be_a_suffix() {
        assert!(spans_unrelated_registrants("example.com"));
        assert!(!spans_unrelated_registrants("app.localhost"));
    }
}
