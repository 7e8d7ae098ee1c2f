//! Values that many requests share.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

/// A value behind a reference count, or one that lives as long as the program and needs none: two
/// threads that count the same references take turns at one cache line.
pub(crate) enum Shared<T: 'static> {
    Counted(Arc<T>),
    Leaked(&'static T),
}

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self::Counted(Arc::new(value))
    }

    pub(crate) fn leak(value: T) -> Self {
        Self::Leaked(Box::leak(Box::new(value)))
    }

    pub(crate) fn is_leaked(&self) -> bool {
        matches!(self, Self::Leaked(_))
    }
}

impl<T: Clone> Shared<T> {
    /// The value, which nobody else sees change.
    pub(crate) fn into_owned(self) -> T {
        match self {
            Self::Counted(value) => Arc::unwrap_or_clone(value),
            Self::Leaked(value) => value.clone(),
        }
    }

    /// Another value, which is kept like this one.
    pub(crate) fn map(self, change: impl FnOnce(T) -> T) -> Self {
        let keep = if self.is_leaked() { Self::leak } else { Self::new };
        keep(change(self.into_owned()))
    }
}

impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Counted(value) => Self::Counted(Arc::clone(value)),
            Self::Leaked(value) => Self::Leaked(value),
        }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Counted(value) => value,
            Self::Leaked(value) => value,
        }
    }
}

/// `value`, with its text behind a reference count already, so that its first clone does not
/// allocate.
pub(crate) fn counted(value: HeaderValue) -> HeaderValue {
    drop(value.clone());
    value
}

/// `value` in memory of its own: to keep the value of a message would keep the whole buffer that it
/// was read into.
pub(crate) fn copied(value: &HeaderValue) -> HeaderValue {
    // It comes out of a field value.
    HeaderValue::from_bytes(value.as_bytes()).map_or_else(|_| value.clone(), counted)
}

/// `value`, whose text lives as long as the program, so that its clones count nothing.
pub(crate) fn leaked(value: &HeaderValue) -> HeaderValue {
    let text: &'static [u8] = Box::leak(value.as_bytes().into());
    // It comes out of a field value.
    HeaderValue::from_maybe_shared(Bytes::from_static(text)).unwrap_or_else(|_| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_leaked_value_are_the_value_itself() {
        let counted = Shared::new(1);
        assert!(!counted.is_leaked() && std::ptr::eq(&*counted, &*counted.clone()));
        let leaked = Shared::leak(1);
        assert!(leaked.is_leaked() && std::ptr::eq(&*leaked, &*leaked.clone()));
        assert!(!counted.clone().map(|one| one + 1).is_leaked());
        let two = leaked.clone().map(|one| one + 1);
        assert!(two.is_leaked());
        assert_eq!((counted.into_owned(), leaked.into_owned(), two.into_owned()), (1, 1, 2));
    }

    #[test]
    fn a_leaked_text_is_shared_by_its_clones() {
        let value = leaked(&HeaderValue::from_static("a").clone());
        assert_eq!(value, "a");
        assert_eq!(value.as_bytes().as_ptr(), value.clone().as_bytes().as_ptr());
    }
}
