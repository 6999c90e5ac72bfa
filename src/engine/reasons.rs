//! Why an item is in an answer: the parts of its score, and what they rest on.

use crate::codebook::Codebook;
use crate::generate::{Evidence, Recent, Taste, score_row};
use crate::judge::Judged;
use crate::kernels::QuantisedQuery;
use crate::lexical::{TitleWord, Typed};
use crate::pack::TaskSpec;
use crate::request::{Reason, ReasonKind};

/// Terms that a reason names.
const MOST_TERMS: usize = 3;

/// What an answer was made from, for as long as its reasons are told.
pub(super) struct Account<'a> {
    pub(super) codebook: &'a Codebook,
    pub(super) task: &'a TaskSpec,
    pub(super) output: &'a QuantisedQuery,
    pub(super) taste: Option<&'a Taste>,
    /// What the judge added, where it was asked.
    pub(super) judged: Option<&'a Judged>,
    pub(super) evidence: &'a Evidence,
    pub(super) recent: &'a [Recent],
    /// Rows of the request's context, which are among the recent.
    pub(super) seeds: &'a [u32],
    /// Distinct rows of the history, ascending.
    pub(super) history: &'a [u32],
    /// The query of a search.
    pub(super) typed: Option<&'a Typed>,
}

impl Account<'_> {
    /// The parts of an item's score; they add up to it.
    pub(super) fn reasons(&self, row: u32) -> Vec<Reason> {
        let taste = self.taste.map_or(0.0, |taste| taste.of(row, self.codebook));
        let dense = score_row(self.output, self.codebook, row) + taste;
        let mut reasons = vec![Reason { kind: ReasonKind::Model, terms: Vec::new(), weight: dense }];
        let near = self.evidence.neighbours.get(row);
        if near > 0.0 {
            reasons.extend(self.led_to(row, near));
        }
        let lexical = self.evidence.lexical.get(row) + self.evidence.expanded.get(row);
        let mut words = self.task.lexical * lexical;
        let title = self.evidence.titles.get(row);
        if title > 0.0 {
            let in_title = self.in_title(row).into_iter().map(|word| word.text);
            let terms: Vec<_> = in_title.take(MOST_TERMS).collect();
            if self.evidence.titles.is_id(row) {
                let terms = vec![self.codebook.id(row).to_owned()];
                reasons.push(Reason { kind: ReasonKind::Id, terms, weight: title });
            } else if terms.is_empty() {
                // Words that came with live items lift an item wherever it has them.
                words += title;
            } else {
                reasons.push(Reason { kind: ReasonKind::Title, terms, weight: title });
            }
        }
        if words > 0.0 {
            reasons.push(Reason { kind: ReasonKind::Words, terms: self.matched(row), weight: words });
        }
        if self.task.history != 0.0 && self.history.binary_search(&row).is_ok() {
            let weight = self.task.history;
            reasons.push(Reason { kind: ReasonKind::History, terms: Vec::new(), weight });
        }
        reasons.extend(self.judged.and_then(|judged| judge_reason(judged, row)));
        reasons
    }

    /// What the neighbours of the history and of the request's context say for a row. The context comes last, so its part is
    /// what it adds to the rest.
    fn led_to(&self, row: u32, near: f32) -> Vec<Reason> {
        let Some(neighbours) = self.codebook.neighbours() else { return Vec::new() };
        let (mut history, mut seeds) = (Vec::new(), Vec::new());
        for recent in self.recent {
            neighbours.for_each(recent.row, |to, amount| {
                if to == row {
                    let from = if self.seeds.contains(&recent.row) { &mut seeds } else { &mut history };
                    from.push((recent.weight * amount, recent.row));
                }
            });
        }
        let worth = |sum: f32| self.task.neighbours_worth(sum);
        let whole = worth(near);
        let own =
            if seeds.is_empty() { whole } else { worth(history.iter().map(|(amount, _)| amount).sum()) };
        let parts = [(ReasonKind::Neighbours, history, own), (ReasonKind::Seeds, seeds, whole - own)];
        let parts = parts.into_iter().filter(|(_, from, _)| !from.is_empty());
        parts.map(|(kind, from, weight)| Reason { kind, terms: self.weightiest(from), weight }).collect()
    }

    /// Ids of rows, the weightiest first.
    fn weightiest(&self, mut from: Vec<(f32, u32)>) -> Vec<String> {
        from.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        from.iter().take(MOST_TERMS).map(|(_, row)| self.codebook.id(*row).to_owned()).collect()
    }

    /// The words of an item's title that the query has.
    pub(super) fn in_title(&self, row: u32) -> Vec<TitleWord> {
        self.typed.map_or_else(Vec::new, |typed| typed.title_words(self.codebook.title(row)))
    }

    /// The words of an item that the query has or may stand for, the weightiest first; of each word of the query one.
    fn matched(&self, row: u32) -> Vec<String> {
        let (Some(postings), Some(typed)) = (self.codebook.postings(), self.typed) else { return Vec::new() };
        let weightiest = typed.words().iter().filter_map(|word| {
            let exact = word.exact().map(|id| (postings.impact(id, row), word.text()));
            let others = word.expansions().iter();
            let others = others.map(|other| (other.factor * postings.impact(other.id, row), &*other.text));
            let all = exact.into_iter().chain(others).filter(|(impact, _)| *impact > 0.0);
            all.reduce(|best, next| if next.0 > best.0 { next } else { best })
        });
        let mut words: Vec<(f32, &str)> = weightiest.collect();
        words.sort_by(|a, b| b.0.total_cmp(&a.0));
        words.into_iter().take(MOST_TERMS).map(|(_, word)| word.to_owned()).collect()
    }
}

/// What the judge added to the score of a row.
pub(super) fn judge_reason(judged: &Judged, row: u32) -> Option<Reason> {
    let weight = judged.of(row)?;
    Some(Reason { kind: ReasonKind::Judge, terms: Vec::new(), weight })
}
