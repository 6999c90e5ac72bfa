//! Making vectors of the texts of live items: work of minutes, on a thread of the host's, in steps that are kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::changes::{Changes, ItemText};
use super::{Engine, Loaded};
use crate::codebook::{LiveItem, LiveVector, Quantised};
use crate::error::{Error, Result};
use crate::profile::KeptVector;
use crate::runtime::{CancelToken, Graph, Input};
use crate::sync::lock_unless;

/// Vectors that are kept and published at a time: so many at least, and for so long.
const BATCH: usize = 64;
const STEP: Duration = Duration::from_millis(100);

/// The vectors that are still to be made of the texts of live items. Nothing happens until `run`; a job that is dropped loses
/// nothing, for what one does not make the next does, or `Engine::warm_up`. Copies are the same job: one thread runs it, others
/// ask for its progress.
#[derive(Debug, Clone)]
pub struct Job {
    taken: usize,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    done: AtomicUsize,
    of: AtomicUsize,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Vectors that it has made.
    pub done: usize,
    /// Vectors that there were to make; more where others changed the catalogue meanwhile.
    pub of: usize,
}

impl Job {
    /// Items of the call that were not too old.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// assert_eq!(job.taken(), 1);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// How far it is. Costs nothing; any thread may ask.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// assert_eq!(job.progress().done, 0);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn progress(&self) -> Progress {
        let done = self.state.done.load(Ordering::Relaxed);
        Progress { done, of: self.state.of.load(Ordering::Relaxed).max(done) }
    }

    /// Makes the vectors of all live items that have none, also those of earlier jobs, on this thread: milliseconds an item with
    /// a sentence encoder, else microseconds. Searches go on meanwhile; items are found by meaning as their vectors are written,
    /// a tenth of a second's work at a time. Without anything to do it returns at once; so it does with a pack that cannot make vectors
    /// (`Diagnostics::live`).
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// # let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// job.run(&engine, &cancel)?;
    /// assert_eq!(job.progress().done, 1);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Cancelled`; what was made until then stays. `Internal` when the profile cannot be written, `Closed` as elsewhere.
    pub fn run(&self, engine: &Engine, cancel: &CancelToken) -> Result<()> {
        engine.make_vectors(cancel, |done, left| {
            let done = self.state.done.fetch_add(done, Ordering::Relaxed) + done;
            self.state.of.store(done + left, Ordering::Relaxed);
        })
    }
}

impl Engine {
    /// The vectors that are to be made now, of whatever call: for the next start after a kill, or after a new pack.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let job = engine.pending_vectors();
    /// job.run(&engine, &cancel)?;
    /// assert_eq!(engine.diagnostics().live.pending, 0);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn pending_vectors(&self) -> Job {
        self.job(0)
    }

    pub(super) fn job(&self, taken: usize) -> Job {
        let view = self.view();
        let of = if view.makes_vectors() { view.changes.pending().count() } else { 0 };
        Job { taken, state: Arc::new(State { done: AtomicUsize::new(0), of: AtomicUsize::new(of) }) }
    }

    /// Makes the vectors that are missing; tells how many were made since the last time, and how many are left.
    pub(super) fn make_vectors(
        &self,
        cancel: &CancelToken,
        mut tell: impl FnMut(usize, usize),
    ) -> Result<()> {
        // One at a time: two would make the same ones.
        let _turn = lock_unless(&self.vectors, || cancel.check())?;
        let mut graph: Option<(String, Graph)> = None;
        loop {
            let view = self.view();
            let places: Vec<usize> = view.changes.pending().collect();
            tell(0, if view.makes_vectors() { places.len() } else { 0 });
            if places.is_empty() || !view.makes_vectors() {
                return Ok(());
            }
            // After a new pack the graph is another one.
            if graph.as_ref().is_none_or(|(pack, _)| pack != view.pack_id()) {
                graph = Some((view.pack_id().to_owned(), view.model.item_graph()?));
            }
            let Some((_, graph)) = &graph else { continue };
            let (mut made, began) = (Vec::new(), Instant::now());
            let mut result = Ok(());
            for place in places {
                if made.len() >= BATCH && began.elapsed() >= STEP {
                    break;
                }
                match self.vector(&view, place, graph, cancel) {
                    Ok(vector) => made.push(vector),
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
            let count = made.len();
            self.keep_vectors(&view, made)?;
            tell(count, self.view().changes.pending().count());
            result?;
        }
    }

    /// The vector of an item, from its text; all zeros where there is nothing to say, or the item is no more.
    fn vector(
        &self,
        view: &Loaded,
        place: usize,
        graph: &Graph,
        cancel: &CancelToken,
    ) -> Result<(Arc<LiveItem>, [u8; 32], LiveVector)> {
        cancel.check()?;
        let entry = &view.changes.entries[place];
        let item = Arc::clone(&entry.live.item);
        let content = self.own.profile(view, |profile| profile.changed_item(item.id()))?;
        let sizes = view.model.sizes;
        let (mut fused, mut semantic) = (vec![0.0; sizes.dim], vec![0.0; sizes.semantic]);
        if let Some(content) = content {
            let text = ItemText::of(&content);
            let words = view.codebook.words();
            let features = view.model.text.item_features(&text.sentence, &text.words, words, cancel)?;
            let input = [Input::F32(&[1, sizes.query], &features)];
            [fused, semantic] = graph.run(&input, [&[1, sizes.dim], &[1, sizes.semantic]], cancel)?;
        }
        if !fused.iter().chain(&semantic).all(|value| value.is_finite()) {
            return Err(Error::bad_pack("graph item answers with numbers that are not finite"));
        }
        let vector = LiveVector::new(Quantised::new(&fused), Quantised::new(&semantic));
        Ok((item, entry.text_hash, vector))
    }

    /// Writes vectors, and publishes those whose items are still what they were made of.
    fn keep_vectors(&self, from: &Loaded, made: Vec<(Arc<LiveItem>, [u8; 32], LiveVector)>) -> Result<()> {
        if made.is_empty() {
            return Ok(());
        }
        let kept: Vec<KeptVector> = made
            .iter()
            .map(|(item, text_hash, LiveVector { fused, semantic, .. })| KeptVector {
                item_id: item.id().to_owned(),
                text_hash: *text_hash,
                fused: (fused.row.to_vec(), fused.scale),
                semantic: (semantic.row.to_vec(), semantic.scale),
            })
            .collect();
        let made: Vec<_> =
            made.into_iter().map(|(item, hash, vector)| (item, hash, Arc::new(vector))).collect();
        self.publish(|view| {
            if view.pack_id() == from.pack_id() {
                self.own.profile(view, |profile| profile.keep_vectors(view.pack_id(), &kept))?;
            }
            let mut changes = Changes::clone(&view.changes);
            let mut rows = Vec::new();
            let first = view.codebook.len() - view.codebook.live_len();
            let places: HashMap<&str, usize> = view
                .changes
                .entries
                .iter()
                .enumerate()
                .map(|(place, entry)| (entry.live.item.id(), place))
                .collect();
            for (item, hash, vector) in made.iter().filter(|_| view.pack_id() == from.pack_id()) {
                let Some(place) = places.get(item.id()).copied() else { continue };
                let entry = &mut changes.entries[place];
                if entry.text_hash == *hash && entry.live.item.needs_vector() {
                    entry.live.vector = Some(Arc::clone(vector));
                    rows.push(((first + place) as u32, Arc::clone(vector)));
                }
            }
            let codebook = view.codebook.with_vectors(&rows);
            Ok(view.with_items(Arc::new(codebook), Arc::new(changes)))
        })
    }
}

impl Loaded {
    /// Whether the pack has what makes vectors of texts.
    pub(super) fn makes_vectors(&self) -> bool {
        self.codebook.pack().has("graph.item")
    }
}
