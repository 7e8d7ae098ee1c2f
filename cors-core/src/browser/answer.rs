//! One answer, judged from the side of the server that gave it.

use super::Browser;
use super::blocked::{Blocked, Case};
use super::check::cors_check;
use super::engine::Engine;
use super::failure::Stage;
use super::preflight::Preflight;
use super::request::InitiatorType;
use super::response::Response;
use super::url::Url;

/// A single answer as its server knows it: of the fetch that it belongs to, only what came over the
/// wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The origin of the page.
    pub(crate) origin: String,
    /// The requested method and header names, where it answers a preflight.
    pub(crate) preflight: Option<(String, Vec<String>)>,
    /// Is the credentials mode of the fetch `include`?
    pub(crate) include: bool,
    pub(crate) response: Response,
}

impl Answer {
    /// What comes of a fetch of `url` in this engine, if the answer blocks it.
    pub(crate) fn blocked(&self, engine: Engine, url: &str) -> Option<Blocked> {
        let (stage, failures) = match &self.preflight {
            Some((method, names)) => {
                let preflight = Preflight {
                    origin: &self.origin,
                    include: self.include,
                    method,
                    unsafe_names: names,
                    use_cors_preflight: false,
                };
                (Stage::Preflight, preflight.check(&self.response, engine).1)
            }
            None => {
                (Stage::Actual, cors_check(self.response.headers(), &self.origin, self.include))
            }
        };
        (!failures.is_empty()).then(|| {
            Blocked::new(Case {
                engine,
                stage,
                failures,
                origin: self.origin.clone(),
                url: Url::parse(url, None).map_or_else(|| url.to_owned(), |url| url.to_string()),
                redirected_from: None,
                status: Some(self.response.status()),
                after_preflight: false,
                initiator: InitiatorType::Fetch,
            })
        })
    }
}

/// Can a page have this origin, spelled like this?
pub(crate) fn is_origin_of_a_page(origin: &str) -> bool {
    Browser::at(origin).is_ok_and(|page| page.origin() == origin)
}
