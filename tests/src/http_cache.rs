//! A shared cache between browsers and a server, as bad as one may be.
//!
//! It stores every answer to every request, whatever its method and status, for ever, and serves it
//! to everybody whose request is the same in URL, method, and the values of the fields that the
//! stored answer names in `Vary`.
//!
//! <https://www.rfc-editor.org/rfc/rfc9111#section-4.1>

use crate::{Answer, Request};

/// What a cache has stored.
#[derive(Clone, Debug, Default)]
pub struct HttpCache {
    stored: Vec<Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    request: Request,
    answer: Answer,
    /// The names in `Vary`.
    vary: Vec<String>,
}

impl HttpCache {
    pub fn store(&mut self, request: &Request, answer: &Answer) {
        let vary = answer.values("vary").join(",");
        let vary: Vec<String> =
            vary.split(',').map(|name| name.trim_matches([' ', '\t']).to_owned()).collect();
        if !vary.iter().any(|name| name == "*") {
            self.stored.push(Stored { request: request.clone(), answer: answer.clone(), vary });
        }
    }

    /// Every stored answer that it may serve, with the request that brought it.
    pub fn matching(&self, request: &Request) -> impl Iterator<Item = (&Request, &Answer)> {
        let matching = self.stored.iter().filter(move |stored| {
            let Stored { request: earlier, vary, .. } = stored;
            earlier.method == request.method
                && earlier.path == request.path
                && vary.iter().all(|name| earlier.values(name) == request.values(name))
        });
        matching.map(|stored| (&stored.request, &stored.answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_served_where_the_named_fields_are_the_same() {
        for (vary, serves_the_same, serves_another) in [
            (&[][..], true, true),
            (&["Origin"], true, false),
            (&["accept", "Accept-Language , ORIGIN"], true, false),
            (&["accept"], true, true),
            (&["accept", "*"], false, false),
        ] {
            let lines = vary.iter().map(|names| ("Vary".to_owned(), names.as_bytes().to_vec()));
            let headers = lines.collect();
            let answer = Answer { status: 403, headers, application_ran: true };
            let mut cache = HttpCache::default();
            cache.store(&request("GET", "https://a.example"), &answer);
            let serves = |request| cache.matching(&request).count() == 1;
            assert_eq!(serves(request("GET", "https://a.example")), serves_the_same, "{vary:?}");
            assert_eq!(serves(request("GET", "https://b.example")), serves_another, "{vary:?}");
            assert!(!serves(request("HEAD", "https://a.example")), "{vary:?}");
        }
    }

    fn request(method: &str, origin: &str) -> Request {
        let headers = vec![("origin".to_owned(), origin.as_bytes().to_vec())];
        Request { method: method.to_owned(), path: "/".to_owned(), headers }
    }
}
