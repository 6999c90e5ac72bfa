//! The lists of a feed, on the demo pack: against brute force, pages, caps, exploration.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::{HashMap, HashSet};

use common::feed::{after, ask, cosine, demo, names};
use common::views;
use gensr::{
    AttributeValue, Boost, CancelToken, Cap, DISLIKE, Error, Exploration, Freshness, History, Hit, LeaveOut,
    ReasonKind, RecommendRequest, SimilarRequest,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Items that are arranged at a time (docs/feed.md).
const POOL: usize = 512;

/// Rows of a history, and options, none of which need another to be there.
fn requests(items: u32) -> impl Strategy<Value = (Vec<u32>, RecommendRequest)> {
    let options = (
        prop::option::of(0.0_f32..=1.0),
        prop::option::of((1_usize..4).prop_map(|at_most| Cap::new("brand", at_most))),
        prop::option::of(
            (0.01_f32..=0.5, any::<u64>()).prop_map(|(share, seed)| Exploration::new(share, seed)),
        ),
        prop::option::of((1.0_f32..400.0, 0.1_f32..4.0).prop_map(|(half_life_days, weight)| {
            Freshness::new("released").half_life_days(half_life_days).weight(weight)
        })),
        any::<bool>(),
        prop::collection::vec(0..items, 0..3),
        prop::option::of(Just("waterproof jacket".to_owned())),
    );
    (prop::collection::vec(0..items, 0..8), options).prop_map(|(rows, options)| {
        let (diversity, cap, exploration, freshness, boost, seeds, intent) = options;
        let request = RecommendRequest::new()
            .diversity(diversity)
            .caps(cap.into_iter().collect())
            .exploration(exploration)
            .freshness(freshness)
            .boost(boost.then(|| Boost::new("colour", "black")))
            .seeds(seeds.iter().map(|row| format!("g{:04}", row + 1)).collect())
            .intent(intent);
        (rows, request)
    })
}

#[test]
fn pages_concatenate_and_reasons_add_up_whatever_is_asked() {
    let (engine, _) = demo();
    let items = engine.manifest().items as u32;
    let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
    let outcome = runner.run(&(requests(items), 1..POOL + 100), |((rows, request), short)| {
        let mut history = views(&engine, &rows);
        if let Some(last) = history.last_mut().filter(|_| rows[0] % 2 == 0) {
            last.kind = DISLIKE.to_owned();
        }
        let request = request.history(History::Events(history));
        let long = ask(&engine, &request.clone().limit(POOL + 100));
        let page = ask(&engine, &request.clone().limit(short));
        prop_assert_eq!(names(&page), &names(&long)[..short]);
        let distinct: HashSet<_> = names(&long).into_iter().collect();
        prop_assert_eq!(distinct.len(), POOL + 100);
        // Options move items and change no score: a pool holds what it holds without them.
        let plain = request.limit(POOL + 100).diversity(Some(0.0)).caps(Vec::new()).exploration(None);
        let plain = ask(&engine, &plain);
        prop_assert!(plain.is_sorted_by(|a, b| a.score >= b.score));
        let scores: HashMap<_, _> = plain[..POOL].iter().map(|hit| (&hit.id, hit.score)).collect();
        for hit in &long[..POOL] {
            prop_assert_eq!(scores.get(&hit.id), Some(&hit.score));
        }
        for hit in &long {
            let sum: f32 = hit.reasons.iter().map(|reason| reason.weight).sum();
            let error = (sum - hit.score).abs();
            prop_assert!(error <= 1e-4 * hit.score.abs().max(1.0), "{} is not {}", sum, hit.score);
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn diversity_is_maximal_marginal_relevance() {
    let (engine, codebook) = demo();
    for (round, diversity) in [(0, 0.2), (1, 0.5), (2, 0.8), (3, 1.0)] {
        let request = after(views(&engine, &[round * 31 + 5, round * 77 + 9]));
        let pool = ask(&engine, &request.clone().limit(POOL));
        let (best, range) = (pool[0].score, pool[0].score - pool[POOL - 1].score);
        let list = ask(&engine, &request.limit(12).diversity(Some(diversity)));
        let value = |hit: &Hit, before: &[Hit]| {
            let likeness =
                before.iter().map(|other| cosine(&codebook, &hit.id, &other.id)).fold(0.0, f32::max);
            (1.0 - diversity) * (1.0 - (best - hit.score) / range) - diversity * likeness
        };
        for place in 0..list.len() {
            let before = &list[..place];
            let left = pool.iter().filter(|hit| !names(before).contains(&hit.id.as_str()));
            let most = left.map(|hit| value(hit, before)).fold(f32::NEG_INFINITY, f32::max);
            let got = value(&list[place], before);
            assert!(got >= most - 1e-5, "place {place} at diversity {diversity}: {got}, not {most}");
        }
    }
}

#[test]
fn caps_hold_until_every_value_had_its_turn() {
    let (engine, _) = demo();
    let history = views(&engine, &[3, 14, 15]);
    let attributes = vec!["brand".to_owned(), "categories".to_owned()];
    let values = |hit: &Hit, name: &str| match hit.attributes.iter().find(|(found, _)| found == name) {
        Some((_, AttributeValue::Text(value))) => vec![value.clone()],
        Some((_, AttributeValue::TextSet(values))) => values.clone(),
        _ => Vec::new(),
    };
    for at_most in [1, 2, 5] {
        let cap = |attribute: &str| Cap::new(attribute.to_owned(), at_most);
        for caps in [vec![cap("brand")], vec![cap("categories"), cap("brand")]] {
            let request = after(history.clone()).attributes(attributes.clone());
            let plain = ask(&engine, &request.clone().limit(POOL));
            let list = ask(&engine, &request.caps(caps.clone()).limit(POOL));
            // By hand: the best item that no cap forbids, and a new round when there is none.
            let mut left: Vec<&Hit> = plain.iter().collect();
            let mut counts: HashMap<(String, String), usize> = HashMap::new();
            for hit in &list {
                let keys = |hit: &Hit| {
                    let mut keys = Vec::new();
                    for Cap { attribute, .. } in &caps {
                        keys.extend(
                            values(hit, attribute).into_iter().map(|value| (attribute.clone(), value)),
                        );
                    }
                    keys
                };
                let allowed =
                    |hit: &&&Hit| keys(hit).iter().all(|key| counts.get(key).unwrap_or(&0) < &at_most);
                let want = left.iter().find(allowed).copied().unwrap_or_else(|| {
                    counts.clear();
                    left[0]
                });
                assert_eq!(hit.id, want.id);
                keys(hit).into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
                left.retain(|other| other.id != hit.id);
            }
        }
    }
}

#[test]
fn exploration_is_seeded_marked_and_as_large_as_asked() {
    let (engine, _) = demo();
    let request = after(views(&engine, &[7, 70, 700])).limit(100);
    let plain = ask(&engine, &request);
    let explored = |hit: &&Hit| hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Exploration);
    let mut met = HashSet::new();
    for seed in 0..20 {
        let exploring = request.clone().exploration(Some(Exploration::new(0.2, seed)));
        let list = ask(&engine, &exploring);
        assert_eq!(names(&list), names(&ask(&engine, &exploring)), "the same seed, the same list");
        let found: Vec<&Hit> = list.iter().filter(explored).collect();
        assert!((19..=21).contains(&found.len()), "{} of 100 places", found.len());
        assert_eq!(list[0].id, plain[0].id);
        // The others keep the order of their scores, and nobody who would have come up soon is passed off as explored.
        assert!(list.iter().filter(|hit| !explored(hit)).is_sorted_by(|a, b| a.score >= b.score));
        assert!(found.iter().all(|hit| !names(&plain[..50]).contains(&hit.id.as_str())));
        met.extend(found.iter().map(|hit| hit.id.clone()));
    }
    assert!(met.len() > 200, "20 seeds explore only {} items", met.len());
    assert_eq!(plain.iter().filter(explored).count(), 0);
}

#[test]
fn options_outside_their_limits_are_refused() {
    let (engine, _) = demo();
    let all = RecommendRequest::default();
    let fresh = || Freshness::new("released");
    let boost = || Boost::new("brand", "secret");
    let exploration = |share: f32| Some(Exploration::new(share, 1));
    let cap = |attribute: &str, at_most| Cap::new(attribute.to_owned(), at_most);
    let bad = [
        all.clone().diversity(Some(f32::NAN)),
        all.clone().diversity(Some(1.01)),
        all.clone().diversity(Some(-0.1)),
        all.clone().exploration(exploration(0.0)),
        all.clone().exploration(exploration(0.6)),
        all.clone().exploration(exploration(f32::NAN)),
        all.clone().freshness(Some(fresh().half_life_days(0.0))),
        all.clone().freshness(Some(fresh().half_life_days(f32::INFINITY))),
        all.clone().freshness(Some(fresh().weight(f32::NAN))),
        all.clone().freshness(Some(Freshness::new("brand"))),
        all.clone().freshness(Some(Freshness::new("secret"))),
        all.clone().boost(Some(boost().weight(-1.0))),
        all.clone().boost(Some(Boost::new("price", "1"))),
        all.clone().boost(Some(Boost::new("brand", ""))),
        all.clone().caps(vec![cap("brand", 0)]),
        all.clone().caps(vec![cap("released", 1)]),
        all.clone().caps(vec![cap("brand", 1); gensr::MAX_CAPS + 1]),
        all.clone().seeds(vec!["secret".into(); gensr::MAX_SEEDS + 1]),
        all.clone().seeds(vec![String::new()]),
        all.clone().intent(Some("secret ".repeat(1_000))),
        all.clone().leave_out(Some(LeaveOut::Kinds(vec![String::new()]))),
        all.leave_out(Some(LeaveOut::Kinds(vec!["a".into(); gensr::MAX_KINDS + 1]))),
    ];
    for (place, request) in bad.iter().enumerate() {
        match engine.recommend(request, &CancelToken::new()) {
            Err(Error::InvalidArgument { reason }) => assert!(!reason.contains("secret"), "{reason}"),
            other => panic!("request {place}: {other:?}"),
        }
    }
    for personalisation in [-0.1, 1.1, f32::NAN] {
        let request = SimilarRequest::new(engine.item_id(0).unwrap()).personalisation(personalisation);
        assert!(matches!(engine.similar(&request, &CancelToken::new()), Err(Error::InvalidArgument { .. })));
    }
}
