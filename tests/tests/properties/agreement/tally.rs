//! What the generated cases were, so that a generator that misses a step fails the test.

use cors_conformance::Application;
use cors_conformance::fetches::{Fetch, Outcome, Plan, Step};
use cors_core::browser::Credentials;

/// Counts of cases.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub fetches: usize,
    /// What the server's types cannot hold.
    pub unrepresentable: usize,
    pub throws: usize,
    pub same_origin: usize,
    pub without_preflight: Share,
    pub origin: Share,
    pub credentials: Share,
    pub method: Share,
    pub headers: Share,
    /// Of the fields of the application, those that the script reads.
    pub fields: Share,
    /// How often a cache could serve an answer, and one that is not the same.
    pub served: usize,
    pub served_another: usize,
    /// How many preflights there were, and how many the browser's cache spared.
    pub preflights: usize,
    pub spared: usize,
}

/// How many cases came to a step, and how many passed it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    reached: usize,
    passed: usize,
}

impl Share {
    fn add(&mut self, passed: bool) {
        self.reached += 1;
        self.passed += usize::from(passed);
    }

    /// Did at least a quarter pass, and at least a quarter not, of at least so many?
    pub fn is_balanced(&self, reached: usize) -> bool {
        let quarter = self.reached / 4;
        self.reached >= reached && (quarter..=self.reached - quarter).contains(&self.passed)
    }
}

impl Tally {
    pub fn count(&mut self, fetch: &Fetch, plan: Option<&Plan>, allowed: Outcome) {
        self.fetches += 1;
        self.throws += usize::from(allowed == Outcome::Throws);
        self.same_origin += usize::from(allowed == Outcome::SameOrigin);
        let (Some(plan), Outcome::Allowed | Outcome::Blocked(_)) = (plan, allowed) else {
            return;
        };
        let passes = |step| allowed == Outcome::Allowed || allowed > Outcome::Blocked(step);
        self.without_preflight.add(!plan.preflight);
        self.origin.add(passes(Step::Origin));
        if fetch.credentials == Credentials::Include && passes(Step::Origin) {
            self.credentials.add(passes(Step::Credentials));
        }
        let unlisted = !["GET", "HEAD", "POST"].contains(&&*plan.method);
        if unlisted && passes(Step::Credentials) {
            self.method.add(passes(Step::Method));
        }
        if !plan.unsafe_names.is_empty() && passes(Step::Method) {
            self.headers.add(passes(Step::Headers));
        }
    }

    pub fn readable(&mut self, application: &Application, readable: &[(String, Vec<u8>)]) {
        for (name, _) in &application.headers {
            self.fields.add(readable.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
        }
    }

    /// Fails where there were not so many fetches.
    ///
    /// # Panics
    ///
    /// With the counts.
    pub fn assert_count(&self, fetches: usize) {
        assert!(self.all() >= fetches, "{self:?}");
    }

    /// Fails where a step was hardly ever reached, or went mostly one way.
    ///
    /// # Panics
    ///
    /// With the counts.
    pub fn assert_balanced(&self) {
        let all = self.all();
        let rare = |count: usize| (all / 200..all / 5).contains(&count);
        assert!(rare(self.throws) && rare(self.same_origin), "{self:?}");
        assert!(self.unrepresentable < all / 20, "{self:?}");
        let shares = [self.without_preflight, self.origin, self.credentials, self.method];
        let shares = shares.into_iter().chain([self.headers, self.fields]);
        for share in shares {
            assert!(share.is_balanced(all / 20), "{self:?}");
        }
        assert!(self.served > all && self.served_another > all / 50, "{self:?}");
    }

    fn all(&self) -> usize {
        self.fetches + self.unrepresentable
    }
}
