//! What a feed promises, on the demo pack: lists against brute force, pages, caps, exploration, dislikes, context, reasons.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use common::{END_MS, ids, open, views};
use gensr::internals::Codebook;
use gensr::{
    AttributeValue, CancelToken, Cap, DISLIKE, Engine, Error, Event, Exploration, Freshness, History, Hit,
    Lean, LeaveOut, Pack, PackSource, ReasonKind, RecommendRequest, SimilarRequest,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Items that are arranged at a time (docs/feed.md).
const POOL: usize = 512;

fn ask(engine: &Engine, request: &RecommendRequest) -> Vec<Hit> {
    let request = RecommendRequest { now_ms: Some(END_MS), ..request.clone() };
    engine.recommend(&request, &CancelToken::new()).unwrap().hits
}

fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.id.as_str()).collect()
}

fn after(history: Vec<Event>) -> RecommendRequest {
    RecommendRequest { history: History::Events(history), ..RecommendRequest::default() }
}

/// The engine of a pack and its item vectors.
fn demo(test: &str) -> Option<(Engine, Codebook)> {
    let pack = common::pack(test)?;
    let codebook = Codebook::open(Arc::new(Pack::open(PackSource::Path(pack.clone())).unwrap())).unwrap();
    Some((open(&pack, None), codebook))
}

fn vector(codebook: &Codebook, id: &str) -> Vec<f32> {
    let mut vector = vec![0.0; codebook.dim()];
    codebook.fused_into(codebook.row_of(id).unwrap(), &mut vector);
    vector
}

fn norm(codebook: &Codebook, id: &str) -> f32 {
    vector(codebook, id).iter().map(|value| value * value).sum::<f32>().sqrt()
}

fn cosine(codebook: &Codebook, a: &str, b: &str) -> f32 {
    let dot: f32 = vector(codebook, a).iter().zip(vector(codebook, b)).map(|(a, b)| a * b).sum();
    dot / (norm(codebook, a) * norm(codebook, b))
}

/// Rows of a history, and options, none of which need another to be there.
fn requests(items: u32) -> impl Strategy<Value = (Vec<u32>, RecommendRequest)> {
    let options = (
        prop::option::of(0.0_f32..=1.0),
        prop::option::of((1_usize..4).prop_map(|at_most| Cap { attribute: "brand".into(), at_most })),
        prop::option::of(
            (0.01_f32..=0.5, any::<u64>()).prop_map(|(share, seed)| Exploration { share, seed }),
        ),
        prop::option::of((1.0_f32..400.0, 0.1_f32..4.0).prop_map(|(half_life_days, weight)| Freshness {
            attribute: "released".into(),
            half_life_days,
            weight,
        })),
        any::<bool>(),
        prop::collection::vec(0..items, 0..3),
        prop::option::of(Just("waterproof jacket".to_owned())),
    );
    (prop::collection::vec(0..items, 0..8), options).prop_map(|(rows, options)| {
        let (diversity, cap, exploration, freshness, lean, seeds, wish) = options;
        let request = RecommendRequest {
            diversity,
            at_most: cap.into_iter().collect(),
            exploration,
            freshness,
            lean: lean.then(|| Lean::new("colour", "black")),
            seeds: seeds.iter().map(|row| format!("g{:04}", row + 1)).collect(),
            wish,
            ..RecommendRequest::default()
        };
        (rows, request)
    })
}

#[test]
fn pages_concatenate_and_reasons_add_up_whatever_is_asked() {
    let Some((engine, _)) = demo("pages_concatenate_and_reasons_add_up_whatever_is_asked") else { return };
    let items = engine.manifest().items as u32;
    let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
    let outcome = runner.run(&(requests(items), 1..POOL + 100), |((rows, request), short)| {
        let mut history = views(&engine, &rows);
        if let Some(last) = history.last_mut().filter(|_| rows[0] % 2 == 0) {
            last.kind = DISLIKE.to_owned();
        }
        let request = RecommendRequest { history: History::Events(history), ..request };
        let long = ask(&engine, &RecommendRequest { limit: POOL + 100, ..request.clone() });
        let page = ask(&engine, &RecommendRequest { limit: short, ..request.clone() });
        prop_assert_eq!(names(&page), &names(&long)[..short]);
        let distinct: HashSet<_> = names(&long).into_iter().collect();
        prop_assert_eq!(distinct.len(), POOL + 100);
        // Options move items and change no score: a pool holds what it holds without them.
        let plain = RecommendRequest {
            limit: POOL + 100,
            diversity: Some(0.0),
            at_most: Vec::new(),
            exploration: None,
            ..request
        };
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
    let Some((engine, codebook)) = demo("diversity_is_maximal_marginal_relevance") else { return };
    for (round, diversity) in [(0, 0.2), (1, 0.5), (2, 0.8), (3, 1.0)] {
        let request = after(views(&engine, &[round * 31 + 5, round * 77 + 9]));
        let pool = ask(&engine, &RecommendRequest { limit: POOL, ..request.clone() });
        let (best, range) = (pool[0].score, pool[0].score - pool[POOL - 1].score);
        let list = ask(&engine, &RecommendRequest { limit: 12, diversity: Some(diversity), ..request });
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
    let Some((engine, _)) = demo("caps_hold_until_every_value_had_its_turn") else { return };
    let history = views(&engine, &[3, 14, 15]);
    let attributes = vec!["brand".to_owned(), "categories".to_owned()];
    let values = |hit: &Hit, name: &str| match hit.attributes.iter().find(|(found, _)| found == name) {
        Some((_, AttributeValue::String(value))) => vec![value.clone()],
        Some((_, AttributeValue::Set(values))) => values.clone(),
        _ => Vec::new(),
    };
    for at_most in [1, 2, 5] {
        let cap = |attribute: &str| Cap { attribute: attribute.to_owned(), at_most };
        for caps in [vec![cap("brand")], vec![cap("categories"), cap("brand")]] {
            let request = RecommendRequest { attributes: attributes.clone(), ..after(history.clone()) };
            let plain = ask(&engine, &RecommendRequest { limit: POOL, ..request.clone() });
            let list = ask(&engine, &RecommendRequest { at_most: caps.clone(), limit: POOL, ..request });
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
    let Some((engine, _)) = demo("exploration_is_seeded_marked_and_as_large_as_asked") else { return };
    let request = RecommendRequest { limit: 100, ..after(views(&engine, &[7, 70, 700])) };
    let plain = ask(&engine, &request);
    let explored = |hit: &&Hit| hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Explored);
    let mut met = HashSet::new();
    for seed in 0..20 {
        let exploring =
            RecommendRequest { exploration: Some(Exploration { share: 0.2, seed }), ..request.clone() };
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
fn a_dislike_works_at_once_and_a_like_undoes_it() {
    let Some((engine, codebook)) = demo("a_dislike_works_at_once_and_a_like_undoes_it") else { return };
    let mut before = 0.0;
    let mut now = 0.0;
    for round in 0..40_u32 {
        let mut history = views(&engine, &[round * 101, round * 53 + 7, round * 17 + 3]);
        let list = ask(&engine, &after(history.clone()));
        let disliked = list[0].id.clone();
        let event = |kind: &str, later: i64| Event {
            item_id: disliked.clone(),
            kind: kind.to_owned(),
            timestamp_ms: Some(END_MS - 50 + later),
            query: None,
        };
        history.push(event(DISLIKE, 0));
        let nothing =
            RecommendRequest { leave_out: Some(LeaveOut::Nothing), limit: 1_000, ..after(history.clone()) };
        let next = ask(&engine, &nothing);
        assert!(!names(&next).contains(&disliked.as_str()), "it never comes back");
        for hit in &next {
            let part = hit.reasons.iter().find(|reason| reason.kind == ReasonKind::Dislike);
            // Vectors of items that nobody met are shorter, so they lose less.
            let near = cosine(&codebook, &hit.id, &disliked) * norm(&codebook, &hit.id);
            match part {
                Some(reason) => {
                    assert!(reason.weight < 0.0 && near > 0.19);
                    assert_eq!(reason.terms, std::slice::from_ref(&disliked));
                }
                None => assert!(near < 0.21, "cosine {near} costs nothing"),
            }
        }
        let likeness = |list: &[Hit]| {
            list.iter().map(|hit| cosine(&codebook, &hit.id, &disliked)).sum::<f32>() / list.len() as f32
        };
        before += likeness(&list[1..]);
        now += likeness(&next[..9]);
        history.push(event("view", 1));
        let viewed =
            ask(&engine, &RecommendRequest { history: History::Events(history.clone()), ..nothing.clone() });
        assert!(!names(&viewed).contains(&disliked.as_str()), "a look is no change of mind");
        history.push(event("buy", 2));
        let bought = ask(&engine, &RecommendRequest { history: History::Events(history), ..nothing });
        assert!(bought.iter().all(|hit| hit.reasons.iter().all(|reason| reason.kind != ReasonKind::Dislike)));
    }
    assert!(now < 0.6 * before, "likeness to what is disliked falls from {before} to {now} only");
}

#[test]
fn what_is_left_out_is_chosen_by_kind() {
    let Some((engine, _)) = demo("what_is_left_out_is_chosen_by_kind") else { return };
    let mut history = views(&engine, &[10, 20, 30, 40]);
    history[1].kind = "buy".to_owned();
    history[2].kind = "hidden by the app".to_owned();
    history[3].kind = DISLIKE.to_owned();
    let id = |place: usize| history[place].item_id.clone();
    let kept = |leave_out: Option<LeaveOut>| {
        let request = RecommendRequest { leave_out, limit: 1_000, ..after(history.clone()) };
        let found = ask(&engine, &request);
        // Everything that is not among the first 1,000 shows up when it is looked for alone.
        let others: Vec<_> = (0..engine.manifest().items as u32)
            .map(|row| engine.item_id(row).unwrap().to_owned())
            .filter(|other| history.iter().all(|event| event.item_id != *other))
            .collect();
        let alone = ask(&engine, &RecommendRequest { exclude: others, ..request });
        assert!(alone.iter().all(|hit| hit.score <= found[0].score));
        alone.into_iter().map(|hit| hit.id).collect::<HashSet<_>>()
    };
    let set = |places: &[usize]| places.iter().map(|place| id(*place)).collect::<HashSet<_>>();
    assert_eq!(kept(None), set(&[]));
    assert_eq!(kept(Some(LeaveOut::History)), set(&[]));
    assert_eq!(kept(Some(LeaveOut::Nothing)), set(&[0, 1, 2]));
    assert_eq!(kept(Some(LeaveOut::Kinds(vec!["buy".to_owned()]))), set(&[0, 2]));
    let both = vec!["buy".to_owned(), "hidden by the app".to_owned(), "nobody did this".to_owned()];
    assert_eq!(kept(Some(LeaveOut::Kinds(both))), set(&[0]));
}

#[test]
fn strangers_get_the_diverse_prior_and_the_first_event_counts() {
    let Some((engine, codebook)) = demo("strangers_get_the_diverse_prior_and_the_first_event_counts") else {
        return;
    };
    let stranger = RecommendRequest { history: History::Empty, ..RecommendRequest::default() };
    let list = ask(&engine, &stranger);
    let popular = |hit: &Hit| hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Popular);
    assert!(list.iter().all(popular));
    let own = RecommendRequest { diversity: Some(Engine::COLD_DIVERSITY), ..stranger.clone() };
    assert_eq!(names(&list), names(&ask(&engine, &own)));
    let plain = ask(&engine, &RecommendRequest { diversity: Some(0.0), ..stranger });
    assert!(plain.is_sorted_by(|a, b| a.score >= b.score));
    let likeness = |list: &[Hit], id: &str| {
        list.iter().map(|hit| cosine(&codebook, &hit.id, id)).sum::<f32>() / list.len() as f32
    };
    let mut ways = Vec::new();
    for row in (0..engine.manifest().items as u32).step_by(500) {
        let first = views(&engine, &[row]);
        let next = ask(&engine, &after(first.clone()));
        assert!(!next.iter().any(popular));
        let id = &first[0].item_id;
        let nearest = engine.similar(&SimilarRequest::new(id.as_str()), &CancelToken::new()).unwrap().hits;
        let (none, one, most) = (likeness(&list, id), likeness(&next, id), likeness(&nearest, id));
        // How near a list can come differs by item: what counts is how far it goes from the strangers' to the nearest.
        ways.push((one - none) / (most - none));
    }
    assert!(ways.iter().all(|way| *way > 0.25), "{ways:?}");
    assert!(ways.iter().sum::<f32>() / ways.len() as f32 > 0.5, "{ways:?}");
}

#[test]
fn seeds_and_leans_and_freshness_pull() {
    let Some((engine, codebook)) = demo("seeds_and_leans_and_freshness_pull") else { return };
    let attributes = vec!["brand".to_owned(), "released".to_owned()];
    let request = RecommendRequest { attributes, limit: 20, ..after(views(&engine, &[1_000, 2_000])) };
    let plain = ask(&engine, &request);
    let seed = engine.item_id(3_333).unwrap().to_owned();
    let seeded = ask(
        &engine,
        &RecommendRequest { seeds: vec![seed.clone(), "no such item".into()], ..request.clone() },
    );
    let likeness = |list: &[Hit]| list.iter().map(|hit| cosine(&codebook, &hit.id, &seed)).sum::<f32>();
    assert!(likeness(&seeded) > likeness(&plain) + 1.0);
    assert!(!names(&seeded).contains(&seed.as_str()));
    let named = |hit: &&Hit| {
        hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Seeds && reason.terms == [seed.clone()])
    };
    assert!(seeded.iter().filter(named).count() >= 3, "seeds are named as reasons");

    let brand = |hit: &Hit| match hit.attributes.first() {
        Some((_, AttributeValue::String(brand))) => brand.clone(),
        _ => String::new(),
    };
    let wanted = brand(&plain[7]);
    let of_brand = |list: &[Hit]| list.iter().filter(|hit| brand(hit) == wanted).count();
    let leaning =
        ask(&engine, &RecommendRequest { lean: Some(Lean::new("brand", &wanted)), ..request.clone() });
    assert!(of_brand(&leaning) > of_brand(&plain));
    for hit in &leaning {
        let leans = hit
            .reasons
            .iter()
            .any(|reason| reason.kind == ReasonKind::Lean && reason.terms == [wanted.clone()]);
        assert_eq!(leans, brand(hit) == wanted);
    }
    let nothing =
        ask(&engine, &RecommendRequest { lean: Some(Lean::new("brand", "nobody")), ..request.clone() });
    assert_eq!(names(&nothing), names(&plain));

    let age = |hit: &Hit| match hit.attributes.last() {
        Some((_, AttributeValue::Date(day))) => END_MS / 86_400_000 - i64::from(*day),
        _ => i64::MAX,
    };
    let freshness = Freshness { half_life_days: 60.0, weight: 3.0, ..Freshness::new("released") };
    let fresh = ask(&engine, &RecommendRequest { freshness: Some(freshness), ..request });
    for hit in &fresh {
        let part = hit.reasons.iter().find(|reason| reason.kind == ReasonKind::New);
        assert_eq!(part.is_some(), age(hit) < 600, "{} days", age(hit));
        assert!(part.is_none_or(|part| part.weight > 0.0));
    }
    let new = |list: &[Hit]| list.iter().filter(|hit| age(hit) < 120).count();
    assert!(new(&fresh) >= new(&plain), "{} and {}", new(&fresh), new(&plain));
}

#[test]
fn without_the_events_that_are_named_the_score_falls() {
    let Some((engine, _)) = demo("without_the_events_that_are_named_the_score_falls") else { return };
    let items = engine.manifest().items as u32;
    let all: Vec<String> = (0..items).map(|row| engine.item_id(row).unwrap().to_owned()).collect();
    let (mut hits, mut explained, mut named) = (0, 0, 0);
    for round in 0..40_u32 {
        // Events of one need and of others, some of them searches, repetitions included.
        let start = round * 131;
        let rows: Vec<u32> =
            (0..1 + round % 12).map(|i| (start + i * i * (1 + round % 3) * 7) % items).collect();
        let mut history = views(&engine, &rows);
        for event in history.iter_mut().skip(1).step_by(3) {
            event.kind = "search".to_owned();
            event.query = Some("trail shoes".to_owned());
        }
        let request = RecommendRequest { because: true, ..after(history.clone()) };
        let list = ask(&engine, &request);
        assert_eq!(names(&list), names(&ask(&engine, &after(history.clone()))), "explaining changes no list");
        let terms = |hit: &Hit| {
            let because = [ReasonKind::Model, ReasonKind::Neighbours];
            let reasons = hit.reasons.iter().filter(|reason| because.contains(&reason.kind));
            reasons.flat_map(|reason| reason.terms.clone()).collect::<Vec<_>>()
        };
        hits += list.len();
        explained += list.iter().filter(|hit| !terms(hit).is_empty()).count();
        for id in list.iter().flat_map(terms).collect::<HashSet<_>>() {
            let without: Vec<Event> = history.iter().filter(|event| event.item_id != id).cloned().collect();
            assert!(without.len() < history.len(), "only what happened is named");
            let others = all.iter().filter(|other| !names(&list).contains(&other.as_str()));
            let request = RecommendRequest {
                exclude: others.cloned().collect(),
                diversity: Some(0.0),
                leave_out: Some(LeaveOut::Nothing),
                ..after(without)
            };
            let scores: HashMap<_, _> =
                ask(&engine, &request).into_iter().map(|hit| (hit.id, hit.score)).collect();
            for hit in list.iter().filter(|hit| terms(hit).contains(&id)) {
                assert!(
                    scores[&hit.id] < hit.score,
                    "{} without the event, {} with it",
                    scores[&hit.id],
                    hit.score
                );
                named += 1;
            }
        }
    }
    println!("{explained} of {hits} hits are explained, by {named} events");
    assert!(explained * 10 >= hits * 9, "{explained} of {hits} hits are explained");
}

#[test]
fn similar_items_follow_a_taste_as_far_as_asked() {
    let Some((engine, _)) = demo("similar_items_follow_a_taste_as_far_as_asked") else { return };
    let token = CancelToken::new();
    let item = engine.item_id(12).unwrap();
    let id = item.as_str();
    let mut history = views(&engine, &[400, 800, 1_200]);
    let of = |taste: f32, history: &[Event]| {
        let history = History::Events(history.to_vec());
        let request =
            SimilarRequest { taste, history, now_ms: Some(END_MS), limit: 50, ..SimilarRequest::new(id) };
        engine.similar(&request, &token).unwrap()
    };
    let anybody = of(0.0, &history);
    assert_eq!(
        ids(&anybody),
        ids(&engine.similar(&SimilarRequest { limit: 50, ..SimilarRequest::new(id) }, &token).unwrap())
    );
    let mut before = 1.0;
    for taste in [0.25, 0.5, 1.0] {
        let answer = of(taste, &history);
        let own = answer.hits.iter().map(|hit| hit.reasons[0].weight).sum::<f32>() / 50.0;
        assert!(own < before, "the more taste, the less likeness");
        before = own;
        assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
        for hit in &answer.hits {
            let sum: f32 = hit.reasons.iter().map(|reason| reason.weight).sum();
            assert!((sum - hit.score).abs() < 1e-4, "{sum} is not {}", hit.score);
        }
    }
    let first = anybody.hits[0].id.clone();
    history.push(Event {
        item_id: first.clone(),
        kind: DISLIKE.into(),
        timestamp_ms: Some(END_MS),
        query: None,
    });
    assert!(!ids(&of(0.1, &history)).contains(&first.as_str()));
}

#[test]
fn options_outside_their_limits_are_refused() {
    let Some((engine, _)) = demo("options_outside_their_limits_are_refused") else { return };
    let all = RecommendRequest::default();
    let fresh = || Freshness::new("released");
    let lean = || Lean::new("brand", "secret");
    let exploration = |share: f32| Some(Exploration { share, seed: 1 });
    let cap = |attribute: &str, at_most| Cap { attribute: attribute.to_owned(), at_most };
    let bad = [
        RecommendRequest { diversity: Some(f32::NAN), ..all.clone() },
        RecommendRequest { diversity: Some(1.01), ..all.clone() },
        RecommendRequest { diversity: Some(-0.1), ..all.clone() },
        RecommendRequest { exploration: exploration(0.0), ..all.clone() },
        RecommendRequest { exploration: exploration(0.6), ..all.clone() },
        RecommendRequest { exploration: exploration(f32::NAN), ..all.clone() },
        RecommendRequest { freshness: Some(Freshness { half_life_days: 0.0, ..fresh() }), ..all.clone() },
        RecommendRequest {
            freshness: Some(Freshness { half_life_days: f32::INFINITY, ..fresh() }),
            ..all.clone()
        },
        RecommendRequest { freshness: Some(Freshness { weight: f32::NAN, ..fresh() }), ..all.clone() },
        RecommendRequest { freshness: Some(Freshness::new("brand")), ..all.clone() },
        RecommendRequest { freshness: Some(Freshness::new("secret")), ..all.clone() },
        RecommendRequest { lean: Some(Lean { weight: -1.0, ..lean() }), ..all.clone() },
        RecommendRequest { lean: Some(Lean::new("price", "1")), ..all.clone() },
        RecommendRequest { lean: Some(Lean::new("brand", "")), ..all.clone() },
        RecommendRequest { at_most: vec![cap("brand", 0)], ..all.clone() },
        RecommendRequest { at_most: vec![cap("released", 1)], ..all.clone() },
        RecommendRequest { at_most: vec![cap("brand", 1); gensr::MAX_CAPS + 1], ..all.clone() },
        RecommendRequest { seeds: vec!["secret".into(); gensr::MAX_SEEDS + 1], ..all.clone() },
        RecommendRequest { seeds: vec![String::new()], ..all.clone() },
        RecommendRequest { wish: Some("secret ".repeat(1_000)), ..all.clone() },
        RecommendRequest { leave_out: Some(LeaveOut::Kinds(vec![String::new()])), ..all.clone() },
        RecommendRequest { leave_out: Some(LeaveOut::Kinds(vec!["a".into(); gensr::MAX_KINDS + 1])), ..all },
    ];
    for (place, request) in bad.iter().enumerate() {
        match engine.recommend(request, &CancelToken::new()) {
            Err(Error::InvalidArgument { reason }) => assert!(!reason.contains("secret"), "{reason}"),
            other => panic!("request {place}: {other:?}"),
        }
    }
    for taste in [-0.1, 1.1, f32::NAN] {
        let request = SimilarRequest { taste, ..SimilarRequest::new(engine.item_id(0).unwrap()) };
        assert!(matches!(engine.similar(&request, &CancelToken::new()), Err(Error::InvalidArgument { .. })));
    }
}
