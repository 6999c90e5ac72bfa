//! The arithmetic of scores on the demo pack, against sums by hand.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::kernels::{Bitmap, Keep, top_k};
use crate::pack::{Pack, PackSource};

static CODEBOOK: LazyLock<Codebook> = LazyLock::new(|| {
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo/demo.gensr");
    let pack = Pack::open(PackSource::Path(pack.into())).expect("the demo pack is part of the repository");
    Codebook::open(Arc::new(pack)).unwrap()
});

/// Weights with every signal on or off.
fn weights() -> impl Strategy<Value = Weights> {
    let amount = || (0_u8..5).prop_map(|amount| f32::from(amount) / 2.0);
    let history = (-4_i8..=4).prop_map(|amount| f32::from(amount) / 2.0);
    let parts = (amount(), 0_u8..3, amount(), history, any::<bool>(), any::<bool>());
    parts.prop_map(|(neighbours, saturation, words, history, expansions, titles)| Weights {
        neighbours,
        neighbours_saturation: 4.0 * f32::from(saturation),
        words,
        history,
        floor: 0.0,
        expansions,
        titles,
        feed: true,
    })
}

/// A piece of a title as somebody types it: some of its words, the last one perhaps cut, an item's id, or nothing.
fn query() -> impl Strategy<Value = Option<String>> {
    let piece = (any::<prop::sample::Index>(), 0_usize..4, 1_usize..5, 0_usize..4);
    prop::option::of((piece, any::<bool>()).prop_map(|((row, from, words, cut), id)| {
        let row = u32::try_from(row.index(CODEBOOK.len())).unwrap();
        if id && cut == 0 {
            return CODEBOOK.id(row).to_owned();
        }
        let title: Vec<&str> = CODEBOOK.title(row).split(' ').skip(from).take(words).collect();
        let mut text = title.join(" ");
        for _ in 0..cut.min(text.len().saturating_sub(1)) {
            text.pop();
        }
        if text.is_empty() { "tent".to_owned() } else { text.to_lowercase() }
    }))
}

fn rows(most: usize) -> impl Strategy<Value = Vec<u32>> {
    let row = 0..u32::try_from(CODEBOOK.len()).unwrap();
    prop::collection::btree_set(row, 0..most).prop_map(|rows| rows.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the request and the weights: the parts of a score add up to it, and single items score as all together.
    #[test]
    fn parts_add_up_to_the_score(
        weights in weights(),
        query in query(),
        history in rows(12),
        disliked in rows(3),
        seeds in rows(3),
        output in prop::collection::vec(-1.0_f32..1.0, CODEBOOK.dim()),
        is_search in any::<bool>(),
        cold in any::<bool>(),
    ) {
        let token = CancelToken::new();
        let codebook = &*CODEBOOK;
        let query = query.as_deref().map(|text| ParsedQuery::search(text, codebook));
        let recent: Vec<_> = history.iter().chain(&seeds).map(|&row| Recent { row, weight: 0.5 }).collect();
        let mut signals = Signals::default();
        signals.gather(codebook, &recent, query.as_ref(), &token).unwrap();
        let output = QuantisedQuery::new(&output);
        let scorer = Scorer {
            codebook,
            signals: &signals,
            output: Some(&output),
            recent: &recent,
            seeds: &seeds,
            history: &history,
            query: query.as_ref(),
        };
        let terms = FeedTerms { disliked: &disliked, boost: None, freshness: None, cold };
        let terms = (!is_search).then_some(&terms);
        let (mut scores, mut buffers) = (Vec::new(), Default::default());
        let explainer = scorer.apply(weights.clone(), terms, &mut scores, &mut buffers, &token).unwrap();

        let mut looked_at: Vec<u32> = signals.matched().take(20).collect();
        looked_at.extend(signals.neighbours.iter().map(|(row, _)| row).take(20));
        looked_at.extend(history.iter().chain(&disliked).chain(&[0, 1, 2]));
        for row in looked_at {
            let score = scores[row as usize];
            let reasons = explainer.reasons(row);
            let (sum, size) = reasons
                .iter()
                .fold((0.0, 1.0), |(sum, size), reason| (sum + reason.weight, size + reason.weight.abs()));
            prop_assert!((sum - score).abs() <= 1e-5 * size, "row {row}: {score} is not {reasons:?}");
            if is_search {
                prop_assert_eq!(explainer.score(row).to_bits(), score.to_bits());
            }
        }
        // Weights may be applied again: the same ones give the same bits.
        let before = scores.clone();
        scorer.apply(Weights { words: 9.0, ..weights.clone() }, terms, &mut scores, &mut buffers, &token).unwrap();
        scorer.apply(weights, terms, &mut scores, &mut buffers, &token).unwrap();
        prop_assert!(before.iter().zip(&scores).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    /// The exact top of whole scores, against every item added up by hand and sorted.
    #[test]
    fn the_top_equals_brute_force(
        // Few distinct values, so that there are ties.
        dense in prop::collection::vec((-8_i8..8).prop_map(|v| f32::from(v) / 4.0), 1..200),
        [neighbours, words, expansions] in prop::array::uniform3(amounts()),
        history in prop::collection::btree_set(0_u32..220, 0..20),
        excluded in prop::collection::btree_set(0_u32..220, 0..20),
        weights in weights(),
        limit in 1_usize..40,
    ) {
        let history: Vec<u32> = history.into_iter().collect();
        let signals = Signals::of(dense.len(), [&neighbours, &words, &expansions]);
        let scorer = Scorer {
            codebook: &CODEBOOK,
            signals: &signals,
            output: None,
            recent: &[],
            seeds: &[],
            history: &history,
            query: None,
        };
        let mut scores = dense.clone();
        scorer.add_signals(&mut scores, &weights, &Lifts::default());
        let bitmap = Bitmap::from_rows(dense.len(), excluded.iter().copied());
        let found = top_k(&scores, limit, Keep::Except(&bitmap));

        let sum = |amounts: &[(u32, f32)], row: u32| {
            amounts.iter().filter(|(to, _)| *to == row).fold(0.0, |sum, (_, amount)| sum + amount)
        };
        let mut all: Vec<(u32, f32)> = (0_u32..)
            .zip(&dense)
            .filter(|(row, _)| !excluded.contains(row))
            .map(|(row, dense)| {
                let near: f32 = sum(&neighbours, row);
                let saturation = weights.neighbours_saturation;
                let near = if saturation == 0.0 { near } else { (saturation * near).ln_1p() };
                let expanded = if weights.expansions { weights.words * sum(&expansions, row) } else { 0.0 };
                let own = if history.contains(&row) { weights.history } else { 0.0 };
                (row, dense + weights.neighbours * near + weights.words * sum(&words, row) + expanded + own)
            })
            .collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(limit);
        prop_assert_eq!(found, all);
    }
}

fn amounts() -> impl Strategy<Value = Vec<(u32, f32)>> {
    prop::collection::vec((0_u32..220, (1_u8..8).prop_map(|v| f32::from(v) / 4.0)), 0..60)
}

#[test]
fn a_query_of_unknown_words_below_the_floor_is_nonsense() {
    let weights = Weights {
        neighbours: 0.0,
        neighbours_saturation: 0.0,
        words: 1.0,
        history: 0.0,
        floor: 0.5,
        expansions: true,
        titles: true,
        feed: true,
    };
    assert!(weights.is_nonsense(&[0.4, -1.0], false));
    assert!(!weights.is_nonsense(&[0.4, 0.5], false), "at the floor");
    assert!(!weights.is_nonsense(&[0.4, -1.0], true), "an item has a word");
    assert!(!Weights { floor: 0.0, ..weights }.is_nonsense(&[-9.0], false), "no floor");
}
