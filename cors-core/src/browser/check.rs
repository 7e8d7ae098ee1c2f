//! The CORS check: <https://fetch.spec.whatwg.org/#cors-check>

use super::failure::Failure;
use super::headers::HeaderList;

/// The CORS check; no failure is success. The standard stops at the first failure, this goes on
/// to tell what would come up next.
///
/// `origin` is the byte-serialised request origin, `include` whether the credentials mode is
/// `include`.
///
/// <https://fetch.spec.whatwg.org/#cors-check>
pub(super) fn cors_check(headers: &HeaderList, origin: &str, include: bool) -> Vec<Failure> {
    let allow_origin = match headers.combined("access-control-allow-origin") {
        None => Some(Failure::AllowOriginMissing),
        Some(value) if value == b"*" => include.then_some(Failure::AllowOriginWildcard),
        Some(value) if value == origin.as_bytes() => None,
        Some(value) => {
            let lines = headers.values("access-control-allow-origin").count();
            Some(Failure::AllowOriginMismatch { value, lines, origin: origin.to_owned() })
        }
    };
    let allow_credentials = headers.combined("access-control-allow-credentials");
    let allow_credentials = match allow_credentials {
        Some(value) if value == b"true" => None,
        value => include.then(|| Failure::AllowCredentialsNotTrue(value.unwrap_or_default())),
    };
    allow_origin.into_iter().chain(allow_credentials).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://app.example.com";

    #[test]
    fn origin_is_compared_byte_for_byte() {
        for (lines, passes) in [
            (&[][..], false),
            (&["*"], true),
            (&[" *\t"], true),
            (&[ORIGIN], true),
            (&["null"], false),
            (&["https://app.example.com/"], false),
            (&["https://app.example.com:443"], false),
            (&["https://APP.example.com"], false),
            (&["https://*.example.com"], false),
            (&[""], false),
            (&[ORIGIN, ORIGIN], false),
            (&["*", "*"], false),
            (&[ORIGIN, ""], false),
            (&["https://app.example.com, *"], false),
        ] {
            let headers = allow_origin(lines);
            assert_eq!(cors_check(&headers, ORIGIN, false).is_empty(), passes, "{lines:?}");
        }
        assert!(cors_check(&allow_origin(&["null"]), "null", false).is_empty());
        assert!(!cors_check(&allow_origin(&["NULL"]), "null", false).is_empty());
        assert!(cors_check(&allow_origin(&["*"]), "null", false).is_empty());
    }

    #[test]
    fn credentials_need_the_one_spelling_of_true() {
        for (lines, passes) in [
            (&[][..], false),
            (&["true"], true),
            (&[" true "], true),
            (&["True"], false),
            (&["1"], false),
            (&["true", "true"], false),
            (&["true,"], false),
        ] {
            let mut headers = allow_origin(&[ORIGIN]);
            for line in lines {
                headers.append("Access-Control-Allow-Credentials", line);
            }
            assert_eq!(cors_check(&headers, ORIGIN, true).is_empty(), passes, "{lines:?}");
            assert!(cors_check(&headers, ORIGIN, false).is_empty(), "{lines:?}");
        }
    }

    #[test]
    fn all_failures_are_told() {
        let value = |text: &str| text.as_bytes().to_vec();
        for (headers, failures) in [
            (
                HeaderList::new(),
                vec![Failure::AllowOriginMissing, Failure::AllowCredentialsNotTrue(vec![])],
            ),
            (
                HeaderList::from_iter([
                    ("Access-Control-Allow-Origin", "*"),
                    ("Access-Control-Allow-Credentials", "TRUE"),
                ]),
                vec![Failure::AllowOriginWildcard, Failure::AllowCredentialsNotTrue(value("TRUE"))],
            ),
            (
                HeaderList::from_iter([
                    ("Access-Control-Allow-Origin", "a"),
                    ("access-control-allow-origin", "b"),
                    ("Access-Control-Allow-Credentials", "true"),
                ]),
                vec![Failure::AllowOriginMismatch {
                    value: value("a, b"),
                    lines: 2,
                    origin: ORIGIN.into(),
                }],
            ),
        ] {
            assert_eq!(cors_check(&headers, ORIGIN, true), failures);
        }
    }

    fn allow_origin(lines: &[&str]) -> HeaderList {
        lines.iter().map(|line| ("Access-Control-Allow-Origin", line)).collect()
    }
}
