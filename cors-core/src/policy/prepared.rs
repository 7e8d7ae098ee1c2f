//! What adapters prepare once for a policy.

use std::any::Any;
use std::sync::OnceLock;

use http::HeaderValue;

use super::CorsPolicy;
use crate::shared::{copied, leaked};

/// One value for each type that was asked for: a list that only grows, so that what it holds can
/// be borrowed without a lock.
#[derive(Default)]
pub(crate) struct Prepared {
    first: Link,
}

type Link = OnceLock<Box<Node>>;

struct Node {
    value: Box<dyn Any + Send + Sync>,
    next: Link,
}

/// The values stay behind: the clone may be given other settings.
impl Clone for Prepared {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl CorsPolicy {
    /// A value to be cloned for as long as the policy lives.
    pub(crate) fn keep(&self, value: &HeaderValue) -> HeaderValue {
        if self.is_leaked() { leaked(value) } else { copied(value) }
    }

    /// What an adapter derives from the policy, such as field values in a framework's own type: made
    /// by `prepare` when it is first asked for, then kept with the policy and shared by its clones.
    ///
    /// There is one value of each type, so that the type should be private to the adapter.
    /// `prepare` must not ask the same policy for a value.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// struct Label(String);
    ///
    /// let policy = CorsPolicy::permissive();
    /// let label = |policy: &CorsPolicy| Label(format!("{:?}", policy.max_age()));
    /// let first = policy.prepared(label);
    /// assert_eq!(first.0, "None");
    /// assert!(std::ptr::eq(first, policy.clone().prepared(label)));
    /// ```
    pub fn prepared<T: Send + Sync + 'static>(&self, prepare: impl Fn(&Self) -> T) -> &T {
        let mut link = &self.compiled().prepared.first;
        loop {
            let node = link.get_or_init(|| {
                Box::new(Node { value: Box::new(prepare(self)), next: Link::new() })
            });
            match node.value.downcast_ref() {
                Some(value) => return value,
                None => link = &node.next,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_prepared_once_and_shared_by_clones() {
        let policy = CorsPolicy::permissive();
        assert_eq!(policy.prepared(|_| 1_u8), &1);
        assert_eq!(policy.prepared(|_| "text"), &"text");
        assert_eq!(policy.clone().prepared(|_| 2_u8), &1);
        assert_eq!(policy.prepared(|_| "other"), &"text");
    }

    #[test]
    fn another_policy_has_values_of_its_own() {
        let policy = CorsPolicy::permissive();
        policy.prepared(|_| 1_u8);
        for other in [policy.to_builder().build().unwrap(), policy.clone().renamed("other")] {
            assert_eq!(other.prepared(|_| 2_u8), &2);
        }
        assert_eq!(policy.renamed("unshared").prepared(|_| 3_u8), &3);
    }

    #[test]
    fn a_leaked_policy_is_not_leaked_again_under_another_name() {
        let leaked = CorsPolicy::permissive().renamed("app").leak();
        assert!(leaked.clone().renamed("app").is_leaked());
        let renamed = leaked.clone().renamed("other");
        assert!(!renamed.is_leaked() && leaked.is_leaked());
        assert_eq!(renamed.name(), Some("other"));
        assert_eq!(renamed, leaked);
    }
}
