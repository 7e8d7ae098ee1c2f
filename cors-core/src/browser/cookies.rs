//! A small jar of cookies, for fetches that are driven.

use std::collections::BTreeMap;

/// Cookies by host and name.
///
/// The attributes say nothing here but that a `Max-Age` of zero or less deletes the cookie.
#[derive(Clone, Debug, Default)]
pub(super) struct CookieJar {
    hosts: BTreeMap<String, BTreeMap<String, String>>,
}

impl CookieJar {
    /// Takes the value of a `Set-Cookie` field; one without a name is ignored.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6265#section-5.2>
    pub(super) fn set(&mut self, host: &str, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return;
        }
        let cookies = self.hosts.entry(host.to_ascii_lowercase()).or_default();
        if attributes.split(';').any(deletes) {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(super) fn get(&self, host: &str, name: &str) -> Option<&str> {
        self.hosts.get(&host.to_ascii_lowercase())?.get(name).map(String::as_str)
    }

    /// The value of the `Cookie` field for `host`.
    pub(super) fn field(&self, host: &str) -> Option<String> {
        let cookies = self.hosts.get(host)?.iter();
        let pairs: Vec<_> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join("; ")).filter(|field| !field.is_empty())
    }
}

fn deletes(attribute: &str) -> bool {
    attribute.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("max-age")
            && value.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_belong_to_one_host_and_the_last_value_counts() {
        let mut jar = CookieJar::default();
        for cookie in ["b=2; Path=/; HttpOnly", " a = 1 ", "b=3;Max-Age=60", "=4", "c", ""] {
            jar.set("API.example.com", cookie);
        }
        assert_eq!(jar.field("api.example.com").unwrap(), "a=1; b=3");
        assert_eq!(jar.get("Api.example.com", "b"), Some("3"));
        assert_eq!(jar.field("example.com"), None);
    }

    #[test]
    fn a_max_age_of_zero_deletes() {
        let mut jar = CookieJar::default();
        for deletion in ["a=; Max-Age=0", "a=x; Secure; max-age = -1"] {
            jar.set("api.example.com", "a=1");
            jar.set("api.example.com", deletion);
            assert_eq!(jar.field("api.example.com"), None, "{deletion}");
        }
    }
}
