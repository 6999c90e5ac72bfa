//! Makes vectors of the texts of live items: work of minutes, on a thread of the host's, in steps that are kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Catalogue;
use crate::codebook::{LiveItem, LiveVector, Quantised};
use crate::error::{Error, Result};
use crate::profile::KeptVector;
use crate::runtime::{CancelToken, Graph, Input};
use crate::snapshot::{Changes, ItemText, Snapshot};
use crate::sync::lock_unless;

/// Vectors that are kept and published at a time: so many at least, and for so long.
const BATCH: usize = 64;
const STEP: Duration = Duration::from_millis(100);

impl Catalogue {
    /// Number of vectors that are still to be made; 0 where the pack cannot make any.
    pub(crate) fn pending(&self) -> usize {
        let snapshot = self.snapshot();
        if snapshot.makes_vectors() { snapshot.changes.pending().count() } else { 0 }
    }

    /// Makes the missing vectors; reports how many were made since the last report, and how many are left.
    pub(crate) fn make_vectors(
        &self,
        cancel: &CancelToken,
        mut tell: impl FnMut(usize, usize),
    ) -> Result<()> {
        // One at a time: two would make the same ones.
        let _turn = lock_unless(&self.vectors, || cancel.check())?;
        let mut graph: Option<(String, Graph)> = None;
        loop {
            let snapshot = self.snapshot();
            let places: Vec<usize> = snapshot.changes.pending().collect();
            tell(0, if snapshot.makes_vectors() { places.len() } else { 0 });
            if places.is_empty() || !snapshot.makes_vectors() {
                return Ok(());
            }
            // After a new pack the graph is another one.
            if graph.as_ref().is_none_or(|(pack, _)| pack != snapshot.pack_id()) {
                graph = Some((snapshot.pack_id().to_owned(), snapshot.model.item_graph()?));
            }
            let Some((_, graph)) = &graph else { continue };
            let (mut made, began) = (Vec::new(), Instant::now());
            let mut result = Ok(());
            for place in places {
                if made.len() >= BATCH && began.elapsed() >= STEP {
                    break;
                }
                match self.vector(&snapshot, place, graph, cancel) {
                    Ok(vector) => made.push(vector),
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
            let count = made.len();
            self.keep_vectors(&snapshot, made)?;
            tell(count, self.snapshot().changes.pending().count());
            result?;
        }
    }

    /// The vector of an item, from its text; all zeros for an empty text or a removed item.
    fn vector(
        &self,
        snapshot: &Snapshot,
        place: usize,
        graph: &Graph,
        cancel: &CancelToken,
    ) -> Result<(Arc<LiveItem>, [u8; 32], LiveVector)> {
        cancel.check()?;
        let entry = &snapshot.changes.entries[place];
        let item = Arc::clone(&entry.live.item);
        let content =
            self.history.profile(&snapshot.pack_view(), |profile| profile.changed_item(item.id()))?;
        let sizes = snapshot.model.sizes;
        let (mut fused, mut semantic) = (vec![0.0; sizes.dim], vec![0.0; sizes.semantic]);
        if let Some(content) = content {
            let text = ItemText::of(&content);
            let words = snapshot.codebook.words();
            let features = snapshot.model.text.item_features(&text.sentence, &text.words, words, cancel)?;
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
    fn keep_vectors(&self, from: &Snapshot, made: Vec<(Arc<LiveItem>, [u8; 32], LiveVector)>) -> Result<()> {
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
        self.current.publish(|snapshot| {
            if snapshot.pack_id() == from.pack_id() {
                self.history.profile(&snapshot.pack_view(), |profile| {
                    profile.keep_vectors(snapshot.pack_id(), &kept)
                })?;
            }
            let mut changes = Changes::clone(&snapshot.changes);
            let mut rows = Vec::new();
            let first = snapshot.codebook.len() - snapshot.codebook.live_len();
            let places: HashMap<&str, usize> = snapshot
                .changes
                .entries
                .iter()
                .enumerate()
                .map(|(place, entry)| (entry.live.item.id(), place))
                .collect();
            for (item, hash, vector) in made.iter().filter(|_| snapshot.pack_id() == from.pack_id()) {
                let Some(place) = places.get(item.id()).copied() else { continue };
                let entry = &mut changes.entries[place];
                if entry.text_hash == *hash && entry.live.item.needs_vector() {
                    entry.live.vector = Some(Arc::clone(vector));
                    rows.push(((first + place) as u32, Arc::clone(vector)));
                }
            }
            let codebook = snapshot.codebook.with_vectors(&rows);
            Ok(snapshot.with_items(Arc::new(codebook), Arc::new(changes)))
        })
    }
}
