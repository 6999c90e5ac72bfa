//! Why an item is in an answer: the parts of its score, and the words and items they rest on.

use super::scorer::{Explainer, Scorer};
use crate::lexical::TitleWord;
use crate::request::{Reason, ReasonKind};

/// Most terms that a reason names.
pub(crate) const MAX_TERMS: usize = 3;

impl Explainer<'_> {
    /// The parts of an item's score, which add up to it.
    pub(crate) fn reasons(&self, row: u32) -> Vec<Reason> {
        let Self { scorer, weights, .. } = self;
        let mut reasons = Vec::new();
        if scorer.output.is_some() {
            let weight = scorer.dense(row);
            reasons.push(Reason { kind: ReasonKind::Model, terms: Vec::new(), weight });
        }
        let near = scorer.signals.neighbours.get(row);
        if near > 0.0 && weights.neighbours > 0.0 {
            reasons.extend(self.of_neighbours(row, near));
        }
        let expansions = if weights.expansions { scorer.signals.expansions.get(row) } else { 0.0 };
        let mut words = weights.words * (scorer.signals.words.get(row) + expansions);
        let title = self.lifts.get(row);
        if title > 0.0 {
            let in_title = self.title_words(row).into_iter().map(|word| word.text);
            let terms: Vec<_> = in_title.take(MAX_TERMS).collect();
            if scorer.signals.titles.is_id(row) {
                let terms = vec![scorer.codebook.id(row).to_owned()];
                reasons.push(Reason { kind: ReasonKind::Id, terms, weight: title });
            } else if terms.is_empty() {
                // Words that came with live items lift an item wherever it has them.
                words += title;
            } else {
                reasons.push(Reason { kind: ReasonKind::Title, terms, weight: title });
            }
        }
        if words > 0.0 {
            reasons.push(Reason { kind: ReasonKind::Words, terms: self.matched_words(row), weight: words });
        }
        if weights.history != 0.0 && self.is_history(row) {
            let weight = weights.history;
            reasons.push(Reason { kind: ReasonKind::History, terms: Vec::new(), weight });
        }
        reasons.extend(self.adjustments.iter().flat_map(|adjustments| adjustments.reasons(row)));
        reasons
    }

    /// Rows whose title or id the query names, ascending, and their additions to the score.
    #[cfg(feature = "evaluation")]
    pub(crate) fn lifts(&self) -> impl Iterator<Item = (u32, f32)> {
        self.lifts.iter()
    }

    /// The part that neighbours of the history and of the request's context have in a score. The context comes last: its
    /// part is the difference it makes.
    fn of_neighbours(&self, row: u32, near: f32) -> Vec<Reason> {
        let Scorer { codebook, recent, seeds, .. } = self.scorer;
        let Some(neighbours) = codebook.neighbours() else { return Vec::new() };
        let (mut history, mut context) = (Vec::new(), Vec::new());
        for recent in recent {
            neighbours.for_each(recent.row, |to, amount| {
                if to == row {
                    let from = if seeds.contains(&recent.row) { &mut context } else { &mut history };
                    from.push((recent.weight * amount, recent.row));
                }
            });
        }
        let whole = self.weights.of_neighbours(near);
        let own = if context.is_empty() {
            whole
        } else {
            self.weights.of_neighbours(history.iter().map(|(amount, _)| amount).sum())
        };
        let parts = [(ReasonKind::Neighbours, history, own), (ReasonKind::Seeds, context, whole - own)];
        let parts = parts.into_iter().filter(|(_, from, _)| !from.is_empty());
        parts.map(|(kind, from, weight)| Reason { kind, terms: self.weightiest(from), weight }).collect()
    }

    /// Ids of rows, the weightiest first.
    fn weightiest(&self, mut from: Vec<(f32, u32)>) -> Vec<String> {
        from.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        from.iter().take(MAX_TERMS).map(|(_, row)| self.scorer.codebook.id(*row).to_owned()).collect()
    }

    /// The words of an item's title that the query has or may stand for.
    pub(crate) fn title_words(&self, row: u32) -> Vec<TitleWord> {
        let Scorer { codebook, query, .. } = self.scorer;
        query.map_or_else(Vec::new, |query| query.typed.title_words(codebook.title(row)))
    }

    /// The words of an item that the query has or may stand for, the weightiest first; one for each word of the query.
    fn matched_words(&self, row: u32) -> Vec<String> {
        let Scorer { codebook, query, .. } = self.scorer;
        let (Some(postings), Some(query)) = (codebook.postings(), query) else { return Vec::new() };
        let weightiest = query.typed.words().iter().filter_map(|word| {
            let exact = word.exact().map(|id| (postings.impact(id, row), word.text()));
            let others = word.expansions().iter();
            let others = others.map(|other| (other.factor * postings.impact(other.id, row), &*other.text));
            let all = exact.into_iter().chain(others).filter(|(impact, _)| *impact > 0.0);
            all.reduce(|best, next| if next.0 > best.0 { next } else { best })
        });
        let mut words: Vec<(f32, &str)> = weightiest.collect();
        words.sort_by(|a, b| b.0.total_cmp(&a.0));
        words.into_iter().take(MAX_TERMS).map(|(_, word)| word.to_owned()).collect()
    }
}
