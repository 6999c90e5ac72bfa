//! Keys and values of a windowed history, and their cache.

use std::sync::{Arc, Mutex};

use super::window::EventKey;
use crate::codebook::Codebook;
use crate::error::Result;
use crate::runtime::{CancelToken, Graph, Input, Sizes};
use crate::sync::lock;
use crate::text::Features;

/// Keys and values of the history graph for the events of a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    /// The events it was made from.
    events: Vec<EventKey>,
    /// f32 `[2, 2, H, m, h]`.
    views: Vec<f32>,
    /// f32 `[L, 2, H, 2m, h]`.
    decoder: Vec<f32>,
}

impl State {
    /// m, the number of events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Keys and values of the decoder, `[L, 2, H, 2m, h]`.
    pub(crate) fn decoder(&self) -> &[f32] {
        &self.decoder
    }

    /// The state of the first `events` events: the causal axis, cut.
    fn prefix(&self, events: usize, sizes: &Sizes) -> Self {
        Self {
            events: self.events[..events].to_vec(),
            views: cut(&self.views, self.len() * sizes.head_dim, events * sizes.head_dim),
            decoder: cut(&self.decoder, 2 * self.len() * sizes.head_dim, 2 * events * sizes.head_dim),
        }
    }
}

/// The first `to` values of every `from`.
fn cut(values: &[f32], from: usize, to: usize) -> Vec<f32> {
    if to == 0 {
        return Vec::new();
    }
    values.chunks_exact(from).flat_map(|row| &row[..to]).copied().collect()
}

/// Length of the longest common prefix.
fn common(a: &[EventKey], b: &[EventKey]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Makes states, and keeps the last one.
#[derive(Debug)]
pub(crate) struct HistoryEncoder {
    sizes: Sizes,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    state: Arc<State>,
    /// Calls that began before something was forgotten so often are late.
    forget_generation: u64,
}

impl HistoryEncoder {
    pub(crate) fn new(sizes: Sizes) -> Self {
        Self { sizes, last: Mutex::default() }
    }

    /// The state of `events`, and whether the graph ran for it. `features` gives the features of a query. `keep` is the forget
    /// generation of this call: the state is kept for the next call unless something was forgotten since; `None` keeps nothing.
    #[allow(clippy::too_many_arguments, reason = "what a state depends on")]
    pub(crate) fn state(
        &self,
        events: &[EventKey],
        keep: Option<u64>,
        graph: &Graph,
        codebook: &Codebook,
        mut features: impl FnMut(&str) -> Result<Features>,
        cancel: &CancelToken,
    ) -> Result<(Arc<State>, bool)> {
        self.reuse(events, keep, |past, new| {
            let queries = new.iter().map(|event| event.query.as_deref().map(&mut features).transpose());
            let queries = queries.collect::<Result<Vec<_>>>()?;
            run(&self.sizes, past, new, &queries, graph, codebook, cancel)
        })
    }

    /// Drops the last state.
    pub(crate) fn trim(&self) {
        lock(&self.last).state = Arc::default();
    }

    /// Drops the last state, and keeps none of calls that began before.
    pub(crate) fn forget(&self, forget_generation: u64) {
        *lock(&self.last) = Last { forget_generation, ..Last::default() };
    }

    /// The state of `events`: of the last state as much as serves, the rest by `extend`, which gets the state so far and the
    /// events that are not in it.
    fn reuse(
        &self,
        events: &[EventKey],
        keep: Option<u64>,
        extend: impl FnOnce(&State, &[EventKey]) -> Result<(Vec<f32>, Vec<f32>)>,
    ) -> Result<(Arc<State>, bool)> {
        let last = Arc::clone(&lock(&self.last).state);
        let shared = common(&last.events, events);
        let past = if shared == last.len() { last } else { Arc::new(last.prefix(shared, &self.sizes)) };
        let runs = shared < events.len();
        let state = if runs {
            let (views, decoder) = extend(&past, &events[shared..])?;
            Arc::new(State { events: events.to_vec(), views, decoder })
        } else {
            past
        };
        if let Some(forget_generation) = keep {
            let mut last = lock(&self.last);
            if forget_generation >= last.forget_generation {
                last.state = Arc::clone(&state);
            }
        }
        Ok((state, runs))
    }
}

/// Runs the history graph on events that follow those of `past`; their queries' features beside them.
fn run(
    sizes: &Sizes,
    past: &State,
    new: &[EventKey],
    queries: &[Option<Features>],
    graph: &Graph,
    codebook: &Codebook,
    cancel: &CancelToken,
) -> Result<(Vec<f32>, Vec<f32>)> {
    let Sizes { dim, semantic: code, query, layers, heads, head_dim, .. } = *sizes;
    let (n, m) = (new.len(), past.len());
    let mut fused = vec![0.0; n * dim];
    let mut semantic = vec![0.0; n * code];
    let mut features = vec![0.0; n * query];
    for (i, event) in new.iter().enumerate() {
        codebook.fused_into(event.row, &mut fused[i * dim..(i + 1) * dim]);
        codebook.semantic_into(event.row, &mut semantic[i * code..(i + 1) * code]);
        if let Some(found) = &queries[i] {
            features[i * query..(i + 1) * query].copy_from_slice(found);
        }
    }
    let integers = |of: fn(&EventKey) -> i64| new.iter().map(of).collect::<Vec<_>>();
    let (task, kind, gap) =
        (integers(|e| i64::from(e.search)), integers(|e| i64::from(e.kind)), integers(|e| i64::from(e.gap)));
    let inputs = [
        Input::F32(&[n, dim], &fused),
        Input::F32(&[n, code], &semantic),
        Input::F32(&[n, query], &features),
        Input::I64(&[n], &task),
        Input::I64(&[n], &kind),
        Input::I64(&[n], &gap),
        Input::F32(&[2, 2, heads, m, head_dim], &past.views),
        Input::F32(&[layers, 2, heads, 2 * m, head_dim], &past.decoder),
    ];
    let views = [2, 2, heads, m + n, head_dim];
    let decoder = [layers, 2, heads, 2 * (m + n), head_dim];
    let [views, decoder] = graph.run(&inputs, [&views, &decoder], cancel)?;
    Ok((views, decoder))
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::{event, model, time};
    use super::super::window::{PastEvent, Window};
    use super::*;
    use proptest::prelude::*;
    use std::hash::{DefaultHasher, Hash, Hasher};

    const SIZES: Sizes =
        Sizes { dim: 64, semantic: 32, text: 0, query: 64, layers: 3, heads: 2, head_dim: 4 };

    /// A causal "graph": what it writes for an event depends on that event and on all before it, and on the place.
    fn oracle(events: &[EventKey]) -> State {
        let mut running = DefaultHasher::new();
        let marks: Vec<u32> = events
            .iter()
            .map(|e| {
                (e.row, e.kind, e.search, e.gap, &e.query).hash(&mut running);
                running.finish() as u32 >> 8
            })
            .collect();
        let fill = |rows: usize, per_event: usize| {
            let row = |row: usize| {
                marks.iter().flat_map(move |mark| {
                    (0..per_event).map(move |place| mark.wrapping_add((row * 1000 + place) as u32) as f32)
                })
            };
            (0..rows).flat_map(row).collect::<Vec<_>>()
        };
        State {
            events: events.to_vec(),
            views: fill(2 * 2 * SIZES.heads, SIZES.head_dim),
            decoder: fill(SIZES.layers * 2 * SIZES.heads, 2 * SIZES.head_dim),
        }
    }

    /// Result of the cache; `extend` may look only at what the graph would be given.
    fn cached(encoder: &HistoryEncoder, events: &[EventKey]) -> (Arc<State>, bool) {
        let extend = |past: &State, new: &[EventKey]| {
            // The past that is passed in must be the very state of its events.
            assert_eq!(*past, oracle(&past.events));
            assert!(!new.is_empty());
            let all = oracle(&[&past.events[..], new].concat());
            Ok((all.views, all.decoder))
        };
        encoder.reuse(events, Some(0), extend).unwrap()
    }

    #[derive(Debug, Clone)]
    enum Step {
        Record(u32),
        Forget(usize),
        Clear,
        Stranger(Vec<u32>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            8 => (0_u32..20).prop_map(Step::Record),
            2 => (0_usize..40).prop_map(Step::Forget),
            1 => Just(Step::Clear),
            1 => prop::collection::vec(0_u32..20, 0..12).prop_map(Step::Stranger),
        ];
        prop::collection::vec(step, 1..60)
    }

    proptest! {
        #[test]
        fn cached_equals_recomputed(steps in steps(), window in 1_usize..9, slide in 1_usize..9, dedupe: bool) {
            let model = model(window, slide.min(window), dedupe);
            let encoder = HistoryEncoder::new(SIZES);
            let mut history: Vec<PastEvent> = Vec::new();
            for step in steps {
                let mut asked = history.clone();
                match step {
                    Step::Record(row) => history.push(event(row, i64::from(row) * 1_500)),
                    Step::Forget(place) if place < history.len() => drop(history.remove(place)),
                    Step::Forget(_) => {}
                    Step::Clear => history.clear(),
                    Step::Stranger(rows) => asked = rows.into_iter().map(|row| event(row, 0)).collect(),
                }
                for history in [&asked, &history] {
                    let events = Window::new(history, &model, &time(true, 8)).events;
                    prop_assert_eq!(&*cached(&encoder, &events).0, &oracle(&events));
                }
            }
        }
    }

    #[test]
    fn the_same_history_runs_nothing() {
        let encoder = HistoryEncoder::new(SIZES);
        let window = |rows: &[u32]| {
            let history: Vec<_> = rows.iter().map(|row| event(*row, 0)).collect();
            Window::new(&history, &model(9, 1, false), &time(false, 1)).events
        };
        assert!(!cached(&encoder, &window(&[])).1);
        assert!(cached(&encoder, &window(&[1, 2])).1);
        assert!(!cached(&encoder, &window(&[1, 2])).1);
        assert!(!cached(&encoder, &window(&[1])).1, "a shorter history is a cut");
        assert!(cached(&encoder, &window(&[1, 3])).1);
        encoder.trim();
        assert!(cached(&encoder, &window(&[1, 3])).1);
    }

    #[test]
    fn a_failed_run_leaves_the_cache_as_it_was() {
        let encoder = HistoryEncoder::new(SIZES);
        let events = Window::new(&[event(1, 0), event(2, 0)], &model(9, 1, false), &time(false, 1)).events;
        cached(&encoder, &events[..1]);
        assert!(encoder.reuse(&events, Some(0), |_, _| Err(crate::Error::Cancelled)).is_err());
        assert!(!cached(&encoder, &events[..1]).1);
        assert_eq!(*cached(&encoder, &events).0, oracle(&events));
    }
}
