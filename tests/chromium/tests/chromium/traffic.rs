//! What the developer tools tell of a tab: preflights, failures, and the lines of the console.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFailed, EventRequestWillBeSent, InitiatorType, RequestId,
};
use chromiumoxide::error::CdpError;
use futures_util::stream::{Stream, StreamExt, select_all};
use tokio::sync::Notify;

use crate::browser::lock;

/// How long the tools may be behind the script.
const PATIENCE: Duration = Duration::from_secs(15);

/// What has arrived so far.
#[derive(Clone, Debug)]
pub struct Traffic {
    events: Arc<Mutex<Events>>,
    arrived: Arc<Notify>,
}

/// By URL, of which every request has its own.
#[derive(Debug, Default)]
struct Events {
    told: HashMap<String, Told>,
    urls: HashMap<RequestId, String>,
    /// Failures that were told of before their request was.
    early: HashMap<RequestId, String>,
    /// What else stood in the console.
    console: Vec<String>,
}

/// What a preflight asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    pub method: Option<String>,
    pub headers: Option<String>,
}

/// What the tools tell of one URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub preflights: Vec<Preflight>,
    pub cors_errors: Vec<String>,
    pub console: Vec<String>,
}

enum Event {
    Sent(Arc<EventRequestWillBeSent>),
    Failed(Arc<EventLoadingFailed>),
    Logged(Arc<EventEntryAdded>),
}

impl Traffic {
    /// Listens from now on.
    pub async fn of(page: &Page) -> Result<Self, CdpError> {
        let sent = page.event_listener().await?.map(Event::Sent);
        let failed = page.event_listener().await?.map(Event::Failed);
        let logged = page.event_listener().await?.map(Event::Logged);
        let streams: [Box<dyn Stream<Item = Event> + Send + Unpin>; 3] =
            [Box::new(sent), Box::new(failed), Box::new(logged)];
        let traffic = Self { events: Arc::default(), arrived: Arc::default() };
        let (events, arrived) = (traffic.events.clone(), traffic.arrived.clone());
        tokio::spawn(async move {
            let mut streams = select_all(streams);
            while let Some(event) = streams.next().await {
                lock(&events).take(event);
                arrived.notify_one();
            }
        });
        Ok(traffic)
    }

    /// What is told of `url`.
    pub fn told(&self, url: &str) -> Told {
        lock(&self.events).told.get(url).cloned().unwrap_or_default()
    }

    /// The lines of the console that are about no request under CORS.
    pub fn console(&self) -> Vec<String> {
        lock(&self.events).console.clone()
    }

    /// Waits until `is_enough`; returns whether it ever was.
    pub async fn wait_until(&self, is_enough: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + PATIENCE;
        while !is_enough(self) {
            let left = end.saturating_duration_since(Instant::now());
            if tokio::time::timeout(left, self.arrived.notified()).await.is_err() {
                return false;
            }
        }
        true
    }
}

impl Events {
    fn take(&mut self, event: Event) {
        match event {
            Event::Sent(event) => {
                let url = event.request.url.clone();
                if event.initiator.r#type == InitiatorType::Preflight {
                    self.of(&url).preflights.push(Preflight::of(&event));
                }
                if let Some(error) = self.early.remove(&event.request_id) {
                    self.of(&url).cors_errors.push(error);
                }
                self.urls.insert(event.request_id.clone(), url);
            }
            Event::Failed(event) => {
                let Some(status) = &event.cors_error_status else { return };
                let error = status.cors_error.as_ref().to_owned();
                match self.urls.get(&event.request_id).cloned() {
                    Some(url) => self.of(&url).cors_errors.push(error),
                    None => drop(self.early.insert(event.request_id.clone(), error)),
                }
            }
            Event::Logged(event) => {
                let text = event.entry.text.clone();
                let url = text.split('\'').nth(1).map(str::to_owned);
                match url.filter(|_| text.starts_with("Access to ")) {
                    Some(url) => self.of(&url).console.push(text),
                    None => self.console.push(text),
                }
            }
        }
    }

    fn of(&mut self, url: &str) -> &mut Told {
        self.told.entry(url.to_owned()).or_default()
    }
}

impl Preflight {
    fn of(event: &EventRequestWillBeSent) -> Self {
        let fields = event.request.headers.inner().as_object();
        let field = |name: &str| {
            let mut fields = fields.into_iter().flatten();
            let (_, value) = fields.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            value.as_str().map(str::to_owned)
        };
        Self {
            method: field("access-control-request-method"),
            headers: field("access-control-request-headers"),
        }
    }
}
