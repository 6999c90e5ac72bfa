//! The snapshot that calls begin with.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::Snapshot;
use crate::error::Result;
use crate::sync::lock;

/// The present snapshot. Replacing it is the exchange of one pointer: calls that run end on the one they began with.
#[derive(Debug)]
pub(crate) struct Current {
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while a change makes the next snapshot.
    changes: Mutex<()>,
}

impl Current {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot: RwLock::new(Arc::new(snapshot)), changes: Mutex::default() }
    }

    /// The present snapshot. A call takes it once.
    pub(crate) fn get(&self) -> Arc<Snapshot> {
        let present = self.present();
        // Another process changed the catalogue while the profile was closed, and a call opened it again.
        if present.history.take_changed() {
            if let Err(error) = self.publish(Snapshot::with_changes_read_anew) {
                log::warn!("{error}");
            }
            return self.present();
        }
        present
    }

    fn present(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the snapshot that `make` makes of the present one in its place; where it fails nothing changes. Changes take
    /// turns, calls do not wait for them.
    pub(crate) fn publish(&self, make: impl FnOnce(&Snapshot) -> Result<Snapshot>) -> Result<()> {
        let _turn = lock(&self.changes);
        let next = Arc::new(make(&self.present())?);
        let last =
            std::mem::replace(&mut *self.snapshot.write().unwrap_or_else(PoisonError::into_inner), next);
        // Not under a lock: what was replaced may be large, and calls may hold it still.
        drop(last);
        Ok(())
    }
}
