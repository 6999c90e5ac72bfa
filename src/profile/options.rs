//! Options of a profile.

use std::time::Duration;

use super::key::ProfileKey;
use crate::error::{Error, Result};
use crate::limits::MAX_HISTORY;
use crate::setters::setters;

/// How a profile is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileOptions {
    /// Most events that are kept, 1 to `MAX_HISTORY`, which is the default. When there would be more the oldest are erased
    /// as `forget` erases, a sixteenth of `max_events` at a time, because erasing costs as much as the whole history.
    pub max_events: usize,
    /// Events that happened longer ago are erased when the profile is opened and when something is recorded. At least a
    /// day; `None`, the default, keeps them. A clock that leaps by more than a week is believed only once it has gone on
    /// from there for a day.
    pub max_age: Option<Duration>,
    /// Encrypts the profile at rest, with the feature `sqlcipher`; without it a key is refused. A profile that is not
    /// encrypted yet becomes so when it is opened with a key.
    pub key: Option<ProfileKey>,
}

setters!(ProfileOptions {
    max_events: usize,
    max_age: impl Into<Option<Duration>>,
    key: impl Into<Option<ProfileKey>>,
});

impl Default for ProfileOptions {
    fn default() -> Self {
        Self { max_events: MAX_HISTORY, max_age: None, key: None }
    }
}

impl ProfileOptions {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=MAX_HISTORY).contains(&self.max_events) {
            return Err(Error::invalid(format!(
                "max_events is {}; it must be 1 to {MAX_HISTORY}",
                self.max_events
            )));
        }
        if self.max_age.is_some_and(|age| age < Duration::from_secs(86_400)) {
            return Err(Error::invalid("max_age is less than a day"));
        }
        if self.key.is_some() && !cfg!(feature = "sqlcipher") {
            return Err(Error::invalid("this library was built without encryption (feature sqlcipher)"));
        }
        Ok(())
    }
}
