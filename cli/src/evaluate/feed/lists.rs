//! Figures of lists.

use std::collections::HashSet;

use gensr::Engine;
use serde::Serialize;

use super::HITS;
use super::report::Row;

/// Cosine from which two items count as alike: about that of an item and its tenth-nearest.
const ALIKE: f64 = 0.5;

/// Gain of the wanted item at its place in a list.
fn gain(list: &[String], wanted: &str) -> f64 {
    let place = list.iter().position(|id| id == wanted);
    place.map_or(0.0, |place| 1.0 / ((place + 2) as f64).log2())
}

fn cosine(engine: &Engine, a: &str, b: &str) -> f64 {
    f64::from(engine.cosine(a, b).unwrap_or(0.0))
}

/// Sums over lists for one way to make them.
#[derive(Default)]
pub struct Ranking {
    lists: f64,
    found: f64,
    gain: f64,
    difference: f64,
    items: HashSet<String>,
}

impl Ranking {
    pub fn add(&mut self, list: &[String], wanted: &str, engine: &Engine) {
        self.lists += 1.0;
        self.found += f64::from(u8::from(list.iter().any(|id| id == wanted)));
        self.gain += gain(list, wanted);
        let pairs =
            || list.iter().enumerate().flat_map(|(place, a)| list[..place].iter().map(move |b| (a, b)));
        let cosines: f64 = pairs().map(|(a, b)| cosine(engine, a, b)).sum();
        self.difference += 1.0 - cosines / pairs().count().max(1) as f64;
        self.items.extend(list.iter().cloned());
    }

    pub fn row(self, name: String, engine: &Engine) -> Row {
        Row {
            name,
            recall_10: self.found / self.lists,
            ndcg_10: self.gain / self.lists,
            difference: self.difference / self.lists,
            coverage: self.items.len() as f64 / engine.manifest().items as f64,
        }
    }
}

/// Effect of one kind of feedback on the next list, in means over subjects.
#[derive(Debug, Default, Serialize)]
pub struct Feedback {
    pub name: String,
    /// Cosine of the hits with the item, in the list without the event and in the one with it.
    pub likeness_before: f64,
    pub likeness_after: f64,
    /// Hits of the list with the event that the other has not.
    pub changed: f64,
    /// Share of lists with a hit that is alike.
    pub alike_before: f64,
    pub alike_after: f64,
    #[serde(rename = "ndcg@10_before")]
    pub ndcg_before: f64,
    #[serde(rename = "ndcg@10_after")]
    pub ndcg_after: f64,
}

/// Sums of them.
pub struct Lists {
    sums: Feedback,
    lists: f64,
    wanted: f64,
}

impl Lists {
    pub fn new(name: &str) -> Self {
        Self { sums: Feedback { name: name.to_owned(), ..Feedback::default() }, lists: 0.0, wanted: 0.0 }
    }

    /// Takes in the lists `before`, without the event, and `after`, with it; both lack the item itself.
    pub fn add(
        &mut self,
        item: &str,
        before: &[String],
        after: &[String],
        wanted: Option<&str>,
        engine: &Engine,
    ) {
        let likeness = |list: &[String]| -> (f64, f64) {
            let cosines: Vec<f64> = list.iter().map(|id| cosine(engine, id, item)).collect();
            let alike = cosines.iter().any(|cosine| *cosine >= ALIKE);
            (cosines.iter().sum::<f64>() / HITS as f64, f64::from(u8::from(alike)))
        };
        let ((before_mean, before_alike), (after_mean, after_alike)) = (likeness(before), likeness(after));
        self.lists += 1.0;
        self.sums.likeness_before += before_mean;
        self.sums.likeness_after += after_mean;
        self.sums.alike_before += before_alike;
        self.sums.alike_after += after_alike;
        self.sums.changed += after.iter().filter(|id| !before.contains(id)).count() as f64;
        if let Some(wanted) = wanted {
            self.wanted += 1.0;
            self.sums.ndcg_before += gain(before, wanted);
            self.sums.ndcg_after += gain(after, wanted);
        }
    }

    pub fn means(self) -> Feedback {
        let Feedback { name, .. } = self.sums;
        let (lists, wanted) = (self.lists.max(1.0), self.wanted.max(1.0));
        Feedback {
            name,
            likeness_before: self.sums.likeness_before / lists,
            likeness_after: self.sums.likeness_after / lists,
            changed: self.sums.changed / lists,
            alike_before: self.sums.alike_before / lists,
            alike_after: self.sums.alike_after / lists,
            ndcg_before: self.sums.ndcg_before / wanted,
            ndcg_after: self.sums.ndcg_after / wanted,
        }
    }
}
