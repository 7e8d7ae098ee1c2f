//! Layers around layers.

use std::cell::Cell;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;

thread_local! {
    /// A count, since scopes need not end in the order in which they began.
    static SCOPES: Cell<usize> = const { Cell::new(0) };
}

/// Tells the layers within that there is one around them.
///
/// Of two layers around one route the inner one, which is nearer to the route, has the last word on
/// a response. So it has to leave its [`CorsResult`](crate::CorsResult) with the response, for the
/// outer one to find; to leave it always would cost every request some allocations that hardly
/// anybody needs. A layer therefore enters a scope whenever it calls the service within and whenever
/// it polls its future, and [`CorsProcessor`](crate::adapter::CorsProcessor) records results within a scope.
///
/// It is a mark of the thread, for as long as the scope lives. Where something between two layers runs
/// the inner one in another task (a queue, `tokio::spawn`), that one does not see the mark, and the
/// outer layer would overrule it: tell the inner one to
/// [record](crate::adapter::CorsProcessor::record_results).
///
/// ```
/// use cors_core::adapter::LayerScope;
///
/// let scope = LayerScope::enter();
/// assert!(LayerScope::is_entered());
/// drop(scope);
/// assert!(!LayerScope::is_entered());
/// ```
#[derive(Debug)]
#[must_use = "a scope ends when it is dropped"]
pub struct LayerScope {
    /// It marks the thread that entered it.
    of_thread: PhantomData<*const ()>,
}

impl LayerScope {
    /// Begins a scope.
    ///
    /// ```
    /// let _scope = cors_core::adapter::LayerScope::enter();
    /// ```
    #[inline]
    pub fn enter() -> Self {
        SCOPES.set(SCOPES.get() + 1);
        Self { of_thread: PhantomData }
    }

    /// Calls a service in a scope, and polls its future in one: for adapters that are asynchronous
    /// functions, and for whoever else, such as a test, wants the results of the layers within.
    ///
    /// ```
    /// use cors_core::adapter::LayerScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let within = LayerScope::within(|| async { LayerScope::is_entered() });
    /// assert!(within.await);
    /// # }
    /// ```
    pub async fn within<F: Future>(call: impl FnOnce() -> F) -> F::Output {
        let called = {
            let _scope = Self::enter();
            call()
        };
        let mut called = pin!(called);
        poll_fn(|cx| {
            let _scope = Self::enter();
            called.as_mut().poll(cx)
        })
        .await
    }

    /// Is there a scope on this thread?
    ///
    /// ```
    /// assert!(!cors_core::adapter::LayerScope::is_entered());
    /// ```
    #[must_use]
    #[inline]
    pub fn is_entered() -> bool {
        SCOPES.get() > 0
    }
}

impl Drop for LayerScope {
    #[inline]
    fn drop(&mut self) {
        SCOPES.set(SCOPES.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_nest_and_end_with_a_panic_too() {
        let outer = LayerScope::enter();
        drop(LayerScope::enter());
        assert!(LayerScope::is_entered());
        drop(outer);
        let (first, second) = (LayerScope::enter(), LayerScope::enter());
        drop(first);
        assert!(LayerScope::is_entered());
        drop(second);
        assert!(!LayerScope::is_entered());
        let panicked = std::panic::catch_unwind(|| {
            let _scope = LayerScope::enter();
            panic!("within");
        });
        assert!(panicked.is_err() && !LayerScope::is_entered());
        let _scope = LayerScope::enter();
        assert!(!std::thread::spawn(LayerScope::is_entered).join().unwrap());
    }
}
