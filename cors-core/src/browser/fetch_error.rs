//! The report of a driven fetch that failed: for the output of a test.

use std::error::Error;
use std::fmt;

use http::StatusCode;

use super::Engine;
use super::blocked::Blocked;
use super::reply::Traffic;
use crate::testing::UnansweredPreflight;

/// Why the script sees no response of a service: its fetch was blocked, or the service failed.
///
/// `Debug` is the same text as `Display`, since a test prints it: the console message, what the
/// CORS layer decided, and the requests.
///
/// ```
/// use cors_core::browser::{Browser, Drive, Engine, Request, Stage};
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let drive = page.drive::<()>(&Request::new("DELETE", "https://api.example.com/items/1"));
/// let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
/// let Drive::Done(Err(error)) = awaiting.receive(http::Response::builder().status(401).body(()))
/// else {
///     panic!("is blocked")
/// };
/// assert_eq!(
///     error.to_string(),
///     "Access to fetch at 'https://api.example.com/items/1' from origin \
///      'https://app.example.com' has been blocked by CORS policy: Response to preflight request \
///      doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on \
///      the requested resource.\n\
///      the preflight was answered with 401 Unauthorized, not by CORS: an authentication layer \
///      outside answers first, and preflights carry no credentials: put the CORS layer outside of \
///      it\n  \
///      OPTIONS https://api.example.com/items/1 -> 401"
/// );
/// let blocked = error.blocked().unwrap();
/// assert_eq!(blocked.stage(), Stage::Preflight);
/// assert!(blocked.message(Engine::Firefox).unwrap().contains("CORS header"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FetchError {
    // Boxed, for it travels in results.
    failed: Box<Failed>,
}

struct Failed {
    reason: Reason,
    engine: Engine,
    traffic: Traffic,
}

#[derive(Debug)]
pub(super) enum Reason {
    Blocked(Blocked),
    Service(Box<dyn Error + Send + Sync>),
    Unsendable(http::Error),
    /// Never: a fetch of `http` or `https` ends with a response or an error.
    NoResponse,
}

impl FetchError {
    pub(super) fn new(reason: Reason, engine: Engine, traffic: Traffic) -> Self {
        Self { failed: Box::new(Failed { reason, engine, traffic }) }
    }

    /// The step that blocked the fetch, with the words of every engine; `None` where the service
    /// failed, or where its types cannot hold the request.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request, Stage};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let drive = page.drive::<()>(&Request::new("TRACE", "https://api.example.com/"));
    /// let Drive::Done(Err(error)) = drive else { panic!("is not sent") };
    /// assert_eq!(error.blocked().unwrap().stage(), Stage::Arguments);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn blocked(&self) -> Option<&Blocked> {
        match &self.failed.reason {
            Reason::Blocked(blocked) => Some(blocked),
            _ => None,
        }
    }

    /// What went over the wire.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request, Stage};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let drive = page.drive::<()>(&Request::new("TRACE", "https://api.example.com/"));
    /// let Drive::Done(Err(error)) = drive else { panic!("is not sent") };
    /// assert!(error.traffic().requests().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.failed.traffic
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failed { reason, engine, traffic } = &*self.failed;
        match reason {
            Reason::Blocked(blocked) => {
                let engine = match engine {
                    Engine::Standard => Engine::Chromium,
                    engine => *engine,
                };
                match blocked.message(engine) {
                    Some(message) => f.write_str(&message)?,
                    None => blocked.fmt(f)?,
                }
                explain(blocked, traffic, f)?;
            }
            Reason::Service(error) => write!(f, "the service failed: {error}")?,
            Reason::Unsendable(error) => write!(f, "the request is not sent: {error}")?,
            Reason::NoResponse => f.write_str("the fetch ended without a response")?,
        }
        if !traffic.requests().is_empty() {
            write!(f, "\n{traffic}")?;
        }
        Ok(())
    }
}

/// What failed, and what to change.
fn explain(blocked: &Blocked, traffic: &Traffic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(error) = traffic.provider_error() {
        return write!(f, "\n{error}");
    }
    if traffic.result().is_none()
        && let Some(unanswered) = unanswered_preflight(traffic)
    {
        return write!(f, "\n{unanswered}");
    }
    for (index, step) in blocked.explain(traffic.result()).steps().iter().enumerate() {
        let correction = step.correction();
        write!(f, "\n{}. {}\n   {correction}", index + 1, step.cause())?;
        correction.lines().iter().try_for_each(|line| write!(f, "\n   {line}"))?;
    }
    Ok(())
}

/// A preflight response without any CORS field comes from something that knows no CORS.
fn unanswered_preflight(traffic: &Traffic) -> Option<UnansweredPreflight> {
    let response = traffic.last_preflight_response()?;
    let mut names = response.headers().iter().map(|(name, _)| name);
    let has_cors_field =
        names.any(|name| name.to_ascii_lowercase().starts_with(b"access-control-"));
    let status = StatusCode::from_u16(response.status()).ok()?;
    (!has_cors_field).then(|| UnansweredPreflight::new(status))
}

impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failed.reason {
            Reason::Blocked(blocked) => Some(blocked),
            Reason::Service(error) => Some(&**error),
            Reason::Unsendable(error) => Some(error),
            Reason::NoResponse => None,
        }
    }
}
