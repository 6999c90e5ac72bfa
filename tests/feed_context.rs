//! The influence of user and context on a feed, on the demo pack: dislikes, strangers, seeds, reasons, taste.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::{HashMap, HashSet};

use common::feed::{after, ask, cosine, demo, names, norm};
use common::{END_MS, ids, views};
use gensr::{
    AttributeValue, Boost, CancelToken, DISLIKE, Engine, Event, Freshness, History, Hit, LeaveOut,
    ReasonKind, RecommendRequest, SimilarRequest,
};

#[test]
fn a_dislike_works_at_once_and_a_like_undoes_it() {
    let (engine, codebook) = demo();
    let mut before = 0.0;
    let mut now = 0.0;
    for round in 0..40_u32 {
        let mut history = views(&engine, &[round * 101, round * 53 + 7, round * 17 + 3]);
        let list = ask(&engine, &after(history.clone()));
        let disliked = list[0].id.clone();
        let event = |kind: &str, later: i64| {
            Event::new(disliked.clone(), kind.to_owned()).timestamp_ms(Some(END_MS - 50 + later))
        };
        history.push(event(DISLIKE, 0));
        let nothing = after(history.clone()).leave_out(Some(LeaveOut::Nothing)).limit(1_000);
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
        let viewed = ask(&engine, &nothing.clone().history(History::Events(history.clone())));
        assert!(!names(&viewed).contains(&disliked.as_str()), "a look is no change of mind");
        history.push(event("buy", 2));
        let bought = ask(&engine, &nothing.history(History::Events(history)));
        assert!(bought.iter().all(|hit| hit.reasons.iter().all(|reason| reason.kind != ReasonKind::Dislike)));
    }
    assert!(now < 0.6 * before, "likeness to what is disliked falls from {before} to {now} only");
}

#[test]
fn what_is_left_out_is_chosen_by_kind() {
    let (engine, _) = demo();
    let mut history = views(&engine, &[10, 20, 30, 40]);
    history[1].kind = "buy".to_owned();
    history[2].kind = "hidden by the app".to_owned();
    history[3].kind = DISLIKE.to_owned();
    let id = |place: usize| history[place].item_id.clone();
    let kept = |leave_out: Option<LeaveOut>| {
        let request = after(history.clone()).leave_out(leave_out).limit(1_000);
        let found = ask(&engine, &request);
        // Everything that is not among the first 1,000 shows up when it is looked for alone.
        let others: Vec<_> = (0..engine.manifest().items as u32)
            .map(|row| engine.item_id(row).unwrap().to_owned())
            .filter(|other| history.iter().all(|event| event.item_id != *other))
            .collect();
        let alone = ask(&engine, &request.exclude(others));
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
    let (engine, codebook) = demo();
    let stranger = RecommendRequest::new().history(History::Empty);
    let list = ask(&engine, &stranger);
    let popular = |hit: &Hit| hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Popularity);
    assert!(list.iter().all(popular));
    let own = stranger.clone().diversity(Some(Engine::COLD_DIVERSITY));
    assert_eq!(names(&list), names(&ask(&engine, &own)));
    let plain = ask(&engine, &stranger.diversity(Some(0.0)));
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
    let (engine, codebook) = demo();
    let attributes = vec!["brand".to_owned(), "released".to_owned()];
    let request = after(views(&engine, &[1_000, 2_000])).attributes(attributes).limit(20);
    let plain = ask(&engine, &request);
    let seed = engine.item_id(3_333).unwrap().to_owned();
    let seeded = ask(&engine, &request.clone().seeds(vec![seed.clone(), "no such item".into()]));
    let likeness = |list: &[Hit]| list.iter().map(|hit| cosine(&codebook, &hit.id, &seed)).sum::<f32>();
    assert!(likeness(&seeded) > likeness(&plain) + 1.0);
    assert!(!names(&seeded).contains(&seed.as_str()));
    let named = |hit: &&Hit| {
        hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Seeds && reason.terms == [seed.clone()])
    };
    assert!(seeded.iter().filter(named).count() >= 3, "seeds are named as reasons");

    let brand = |hit: &Hit| match hit.attributes.first() {
        Some((_, AttributeValue::Text(brand))) => brand.clone(),
        _ => String::new(),
    };
    let wanted = brand(&plain[7]);
    let of_brand = |list: &[Hit]| list.iter().filter(|hit| brand(hit) == wanted).count();
    let leaning = ask(&engine, &request.clone().boost(Some(Boost::new("brand", &wanted))));
    assert!(of_brand(&leaning) > of_brand(&plain));
    for hit in &leaning {
        let leans = hit
            .reasons
            .iter()
            .any(|reason| reason.kind == ReasonKind::Boost && reason.terms == [wanted.clone()]);
        assert_eq!(leans, brand(hit) == wanted);
    }
    let nothing = ask(&engine, &request.clone().boost(Some(Boost::new("brand", "nobody"))));
    assert_eq!(names(&nothing), names(&plain));

    let age = |hit: &Hit| match hit.attributes.last() {
        Some((_, AttributeValue::Date(day))) => END_MS / 86_400_000 - i64::from(*day),
        _ => i64::MAX,
    };
    let freshness = Freshness::new("released").half_life_days(60.0).weight(3.0);
    let fresh = ask(&engine, &request.freshness(Some(freshness)));
    for hit in &fresh {
        let part = hit.reasons.iter().find(|reason| reason.kind == ReasonKind::Freshness);
        assert_eq!(part.is_some(), age(hit) < 600, "{} days", age(hit));
        assert!(part.is_none_or(|part| part.weight > 0.0));
    }
    let new = |list: &[Hit]| list.iter().filter(|hit| age(hit) < 120).count();
    assert!(new(&fresh) >= new(&plain), "{} and {}", new(&fresh), new(&plain));
}

#[test]
fn without_the_events_that_are_named_the_score_falls() {
    let (engine, _) = demo();
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
        let request = after(history.clone()).explain_history(true);
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
            let request = after(without)
                .exclude(others.cloned().collect())
                .diversity(Some(0.0))
                .leave_out(Some(LeaveOut::Nothing));
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
    let (engine, _) = demo();
    let token = CancelToken::new();
    let item = engine.item_id(12).unwrap();
    let id = item.as_str();
    let mut history = views(&engine, &[400, 800, 1_200]);
    let of = |personalisation: f32, history: &[Event]| {
        let history = History::Events(history.to_vec());
        let request = SimilarRequest::new(id)
            .personalisation(personalisation)
            .history(history)
            .now_ms(Some(END_MS))
            .limit(50);
        engine.similar(&request, &token).unwrap()
    };
    let anybody = of(0.0, &history);
    assert_eq!(ids(&anybody), ids(&engine.similar(&SimilarRequest::new(id).limit(50), &token).unwrap()));
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
    history.push(Event::new(first.clone(), DISLIKE).timestamp_ms(Some(END_MS)));
    assert!(!ids(&of(0.1, &history)).contains(&first.as_str()));
}
