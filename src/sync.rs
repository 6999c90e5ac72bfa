//! Locks whose poison is ignored: every guarded value here stays consistent when a holder panics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// How long who waits for a lock may go without a look at whether to go on.
const PATIENCE: Duration = Duration::from_millis(5);

/// Locks `mutex`, also after a panic of an earlier holder.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same for what is held long: waits no longer than `go_on` lets it, and gives its error back.
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

/// A value that is made when it is needed. Who only asks whether it is there never waits for the making of it.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    made: Mutex<Made<T>>,
    /// Held while it is made.
    making: Mutex<()>,
}

#[derive(Debug)]
struct Made<T> {
    value: Option<Arc<T>>,
    times_cleared: u64,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { made: Mutex::new(Made { value: None, times_cleared: 0 }), making: Mutex::default() }
    }
}

impl<T> Slot<T> {
    /// The value, where it was made.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        lock(&self.made).value.clone()
    }

    /// The value, made where it was not: once, however many ask for it at the same time.
    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let _turn = lock(&self.making);
        let times_cleared = {
            let made = lock(&self.made);
            if let Some(value) = &made.value {
                return Ok(Arc::clone(value));
            }
            made.times_cleared
        };
        let value = Arc::new(make()?);
        let mut made = lock(&self.made);
        if made.times_cleared == times_cleared {
            made.value = Some(Arc::clone(&value));
        }
        Ok(value)
    }

    /// Lets go of the value, also of one that is being made: that one is for who asked for it. The next who needs it makes it
    /// again.
    pub(crate) fn clear(&self) {
        let mut made = lock(&self.made);
        made.times_cleared += 1;
        // Not under the lock: what is let go of may be large.
        let value = made.value.take();
        drop(made);
        drop(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn who_waits_for_a_lock_can_be_stopped() {
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
    fn a_slot_is_made_once_and_can_be_asked_meanwhile() {
        let (slot, made) = (Slot::default(), Cell::new(0));
        let make = || {
            // Waiting would be for ever: this thread is the one that makes it.
            assert_eq!(slot.get(), None);
            made.set(made.get() + 1);
            Ok::<_, ()>(7)
        };
        assert_eq!(slot.get_or_make(|| Err("no")), Err("no"), "what fails leaves nothing");
        assert_eq!(slot.get_or_make(make).as_deref(), Ok(&7));
        assert_eq!((slot.get_or_make(make).as_deref(), made.get()), (Ok(&7), 1));
        slot.clear();
        assert_eq!((slot.get(), slot.get_or_make(make).as_deref(), made.get()), (None, Ok(&7), 2));
        slot.clear();
        let cleared_meanwhile = slot.get_or_make(|| {
            slot.clear();
            Ok::<_, ()>(8)
        });
        assert_eq!((cleared_meanwhile.as_deref(), slot.get()), (Ok(&8), None));
    }
}
