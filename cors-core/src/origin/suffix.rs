//! Public suffixes: the names below which strangers register.

use super::parse::is_loopback_host;

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
    use psl::Psl as _;

    let name = base.strip_suffix('.').unwrap_or(base);
    let mut labels = Labels { rest: name.rsplit('.'), asked_for_more: false };
    let suffix = psl::List.find(&mut labels);
    suffix.len == name.len() || labels.asked_for_more
}

/// The domain that somebody registered, of which `host` is or is below; none without the list.
#[cfg(all(any(feature = "regex", feature = "browser"), feature = "public-suffix"))]
pub(crate) fn registrable_domain(host: &str) -> Option<&str> {
    psl::domain_str(host)
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
