//! Which events the model sees, and how they are spaced (docs/pack-format.md, sections 3.1 and 3.4).

use std::collections::HashSet;
use std::sync::Arc;

use crate::pack::{ModelSpec, TimeSpec};

/// One event of a history, in the terms of one pack.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastEvent {
    /// Row of the item.
    pub(crate) row: u32,
    /// Key of its vector; see `Codebook::vector_key`.
    pub(crate) vector: u64,
    /// Embedding index of the kind; 0 is unknown.
    pub(crate) kind: u16,
    /// Name of a kind that the pack does not know.
    pub(crate) unknown_kind: Option<Arc<str>>,
    /// Preference for the item: the sign of the kind times its strength, 0 for an unknown one, -1 for a dislike.
    pub(crate) liking: f32,
    /// Whether the kind's task is search.
    pub(crate) search: bool,
    /// Milliseconds since 1970.
    pub(crate) timestamp_ms: i64,
    /// The normalised query that led to the item.
    pub(crate) query: Option<Arc<str>>,
}

/// Inputs of the state at an event, besides the events before it.
#[derive(Debug, Clone, Eq)]
pub(crate) struct EventKey {
    /// Where the vector is, which is no part of the key: another view may have it in another row.
    pub(crate) row: u32,
    pub(crate) vector: u64,
    pub(crate) kind: u16,
    pub(crate) search: bool,
    /// Bucket of the time since the event before it in the window; 0 for the first.
    pub(crate) gap: u8,
    pub(crate) query: Option<Arc<str>>,
}

impl PartialEq for EventKey {
    fn eq(&self, other: &Self) -> bool {
        let key = |event: &Self| (event.vector, event.kind, event.search, event.gap);
        key(self) == key(other) && self.query == other.query
    }
}

/// The windowed history: what a state is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) events: Vec<EventKey>,
    /// Time of the last event.
    pub(crate) last_ms: Option<i64>,
}

impl Window {
    /// The window of a history, oldest event first. Linear in the history where the model wants one event an item, else
    /// in the window.
    pub(crate) fn new(history: &[PastEvent], model: &ModelSpec, time: &TimeSpec) -> Self {
        let kept = if model.dedupe {
            // Newest first: the first time an item is met is its latest event.
            let mut seen = HashSet::with_capacity(history.len());
            let mut kept: Vec<_> = history.iter().rev().filter(|event| seen.insert(event.row)).collect();
            kept.truncate(kept.len() - window_start(kept.len(), model));
            kept.reverse();
            kept
        } else {
            history[window_start(history.len(), model)..].iter().collect()
        };
        let mut before: Option<i64> = None;
        let events = kept.into_iter().map(|event| EventKey {
            row: event.row,
            vector: event.vector,
            kind: event.kind,
            search: event.search,
            gap: gap(before.replace(event.timestamp_ms), event.timestamp_ms, time),
            query: event.query.clone(),
        });
        Self { events: events.collect(), last_ms: before }
    }

    /// Bucket of the time from the last event to `now_ms`.
    pub(crate) fn gap_to(&self, now_ms: i64, time: &TimeSpec) -> u8 {
        gap(self.last_ms, now_ms, time)
    }
}

/// First event that a window of a history of `events` events holds: everything up to W events, then it moves S at a time,
/// so that a state stays a prefix of the next one.
fn window_start(events: usize, model: &ModelSpec) -> usize {
    let over = events.saturating_sub(model.window);
    over.div_ceil(model.slide) * model.slide
}

/// Bucket of the time between two events: `floor(log2(1 + seconds))`, at most `buckets - 1`.
fn gap(before_ms: Option<i64>, after_ms: i64, time: &TimeSpec) -> u8 {
    let Some(before_ms) = before_ms.filter(|_| time.informative) else { return 0 };
    let ms = after_ms.saturating_sub(before_ms).max(0);
    // 1 + seconds, rounded down: the same logarithm, without rounding errors.
    let bucket = (ms / 1000 + 1).ilog2() as usize;
    bucket.min(time.buckets - 1) as u8
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::encode) fn model(window: usize, slide: usize, dedupe: bool) -> ModelSpec {
        let json = serde_json::json!({"layers": 2, "heads": 2, "head_dim": 4, "window": window, "slide": slide,
            "dedupe": dedupe, "query_dim": 64});
        serde_json::from_value(json).unwrap()
    }

    pub(in crate::encode) fn time(informative: bool, buckets: usize) -> TimeSpec {
        serde_json::from_value(serde_json::json!({"informative": informative, "buckets": buckets})).unwrap()
    }

    pub(in crate::encode) fn event(row: u32, timestamp_ms: i64) -> PastEvent {
        PastEvent {
            row,
            vector: row.into(),
            kind: 1,
            unknown_kind: None,
            liking: 1.0,
            search: false,
            timestamp_ms,
            query: None,
        }
    }

    fn rows(window: &Window) -> Vec<u32> {
        window.events.iter().map(|event| event.row).collect()
    }

    fn of(history: &[PastEvent], model: &ModelSpec) -> Window {
        Window::new(history, model, &time(true, 32))
    }

    #[test]
    fn slides_by_steps() {
        let events: Vec<_> = (0..10).map(|i| event(i, i64::from(i))).collect();
        let model = model(4, 3, false);
        let starts: Vec<_> = (0..=10).map(|n| rows(&of(&events[..n], &model)).first().copied()).collect();
        let want =
            [None, Some(0), Some(0), Some(0), Some(0), Some(3), Some(3), Some(3), Some(6), Some(6), Some(6)];
        assert_eq!(starts, want);
    }

    #[test]
    fn keeps_the_latest_event_of_each_item() {
        let events = [event(1, 0), event(2, 0), event(1, 0), event(3, 0), event(2, 0)];
        assert_eq!(rows(&of(&events, &model(9, 1, true))), [1, 3, 2]);
        assert_eq!(rows(&of(&events, &model(9, 1, false))), [1, 2, 1, 3, 2]);
        assert_eq!(rows(&of(&events, &model(2, 1, true))), [3, 2]);
    }

    #[test]
    fn gaps_are_logarithms_of_seconds() {
        let spec = time(true, 6);
        for (ms, bucket) in [
            (0, 0),
            (999, 0),
            (1_000, 1),
            (2_999, 1),
            (3_000, 2),
            (30_999, 4),
            (31_000, 5),
            (i64::MAX, 5),
            (-5, 0),
        ] {
            assert_eq!(gap(Some(0), ms, &spec), bucket, "{ms} ms");
        }
        assert_eq!(gap(Some(i64::MIN), i64::MAX, &spec), 5);
        assert_eq!(gap(None, 5_000, &spec), 0);
        assert_eq!(gap(Some(0), 5_000, &time(false, 6)), 0);
        assert_eq!(gap(Some(0), 5_000, &time(true, 1)), 0);
    }

    #[test]
    fn first_gap_of_a_window_is_none() {
        let events: Vec<_> = (0..6).map(|i| event(i, i64::from(i) * 10_000)).collect();
        let window = of(&events, &model(3, 2, false));
        assert_eq!(window.events.iter().map(|e| e.gap).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(window.last_ms, Some(50_000));
        assert_eq!(window.gap_to(50_000 + 7_000, &time(true, 32)), 3);
        assert_eq!(of(&[], &model(3, 2, false)).gap_to(1, &time(true, 32)), 0);
    }

    proptest! {
        #[test]
        fn a_window_is_a_bounded_suffix_that_mostly_grows(
            items in prop::collection::vec(0_u32..12, 0..60), window in 1_usize..9, slide in 1_usize..9, dedupe: bool,
        ) {
            let model = model(window, slide.min(window), dedupe);
            let history: Vec<_> = items.iter().map(|row| event(*row, 0)).collect();
            let whole = of(&history, &self::model(512, 1, dedupe));
            let cut = of(&history, &model);
            prop_assert!(cut.events.len() <= window);
            prop_assert!(cut.events.len() + model.slide > window.min(whole.events.len()));
            prop_assert_eq!(&rows(&whole)[whole.events.len() - cut.events.len()..], &rows(&cut)[..]);
        }

        #[test]
        fn without_dedupe_a_window_extends_the_one_before(length in 0_usize..60, window in 2_usize..9) {
            let model = model(window, window / 2, false);
            let history: Vec<_> = (0..=length as u32).map(|row| event(row, i64::from(row) * 5_000)).collect();
            let before = of(&history[..length], &model);
            let after = of(&history, &model);
            let moved = before.events.len() == window;
            prop_assert_eq!(!moved, after.events.starts_with(&before.events));
        }
    }
}
