//! Locks whose poison is ignored: every guarded value here stays consistent when a holder panics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// Longest wait for a lock between two checks for cancellation.
const PATIENCE: Duration = Duration::from_millis(5);

/// Locks `mutex`, also after a panic of an earlier holder.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks a mutex that may be held for long. While waiting it calls `go_on` again and again, and returns its error.
pub(crate) fn lock_unless<T: ?Sized, E>(
    mutex: &Mutex<T>,
    go_on: impl Fn() -> Result<(), E>,
) -> Result<MutexGuard<'_, T>, E> {
    loop {
        go_on()?;
        match mutex.try_lock() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(guard)) => return Ok(guard.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE),
        }
    }
}

/// A shared value, made on first use; `clear` drops it, and the next use makes it again. `get` never blocks on initialisation.
#[derive(Debug)]
pub(crate) struct LazyResource<T> {
    state: Mutex<State<T>>,
    /// Held during initialisation.
    making: Mutex<()>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<Arc<T>>,
    times_cleared: u64,
}

impl<T> Default for LazyResource<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { value: None, times_cleared: 0 }), making: Mutex::default() }
    }
}

impl<T> LazyResource<T> {
    /// The value, if it has been made.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        lock(&self.state).value.clone()
    }

    /// The value; makes it if there is none. Concurrent callers wait for one `make`, and its error leaves the resource empty.
    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let _turn = lock(&self.making);
        let times_cleared = {
            let state = lock(&self.state);
            if let Some(value) = &state.value {
                return Ok(Arc::clone(value));
            }
            state.times_cleared
        };
        let value = Arc::new(make()?);
        let mut state = lock(&self.state);
        if state.times_cleared == times_cleared {
            state.value = Some(Arc::clone(&value));
        }
        Ok(value)
    }

    /// Drops the value. One that is being made at this moment goes to its callers and is not kept.
    pub(crate) fn clear(&self) {
        let mut state = lock(&self.state);
        state.times_cleared += 1;
        // Dropped outside the lock, since freeing a large value takes time.
        let value = state.value.take();
        drop(state);
        drop(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn waiting_for_a_lock_can_be_stopped() {
        let (mutex, asked) = (Mutex::new(1), Cell::new(0));
        let twice = || {
            asked.set(asked.get() + 1);
            if asked.get() <= 2 { Ok(()) } else { Err("stopped") }
        };
        let held = lock(&mutex);
        assert_eq!(lock_unless(&mutex, twice).map(|guard| *guard), Err("stopped"));
        drop(held);
        assert_eq!(lock_unless(&mutex, twice).map(|guard| *guard), Err("stopped"), "also where it is free");
        asked.set(0);
        assert_eq!(lock_unless(&mutex, twice).map(|guard| *guard), Ok(1));
        let panics = std::panic::AssertUnwindSafe(|| {
            let _held = lock(&mutex);
            panic!("a holder");
        });
        assert!(std::panic::catch_unwind(panics).is_err() && mutex.is_poisoned());
        assert_eq!(lock_unless(&mutex, twice).map(|guard| *guard), Ok(1));
    }

    #[test]
    fn a_resource_is_made_once_and_get_does_not_wait() {
        let (resource, made) = (LazyResource::default(), Cell::new(0));
        let make = || {
            // `get` must not block: this very thread is making the value.
            assert_eq!(resource.get(), None);
            made.set(made.get() + 1);
            Ok::<_, ()>(7)
        };
        assert_eq!(resource.get_or_make(|| Err("no")), Err("no"), "a failure leaves it empty");
        assert_eq!(resource.get_or_make(make).as_deref(), Ok(&7));
        assert_eq!((resource.get_or_make(make).as_deref(), made.get()), (Ok(&7), 1));
        resource.clear();
        assert_eq!((resource.get(), resource.get_or_make(make).as_deref(), made.get()), (None, Ok(&7), 2));
        resource.clear();
        let cleared_meanwhile = resource.get_or_make(|| {
            resource.clear();
            Ok::<_, ()>(8)
        });
        assert_eq!((cleared_meanwhile.as_deref(), resource.get()), (Ok(&8), None));
    }
}
