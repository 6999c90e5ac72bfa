//! What the user's own events have in common, on the demo pack with a weight for it: docs/ranking.md, "The user's own taste".
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{END_MS, ids, open, recommend, views, with_taste};
use gensr::{
    AttributeValue, CancelToken, Engine, Event, History, Hit, RecommendRequest, SearchRequest,
    SimilarRequest, Task,
};

/// About a third of the length of this pack's output vectors.
const WEIGHT: f32 = 8.0;
const QUERY: &str = "jacket";

/// The demo pack without a taste and with one.
fn engines(test: &str) -> Option<(Engine, Engine)> {
    let pack = common::pack(test)?;
    let folder = tempfile::tempdir().unwrap();
    let [off, on] = [0.0, WEIGHT].map(|weight| open(&with_taste(&pack, folder.path(), weight), None));
    Some((off, on))
}

fn search(engine: &Engine, history: History) -> Vec<Hit> {
    let request = SearchRequest { history, now_ms: Some(END_MS), limit: 20, ..SearchRequest::new(QUERY) };
    engine.search(&request, &CancelToken::new()).unwrap().hits
}

fn taste(engine: &Engine, events: &[Event]) -> Vec<f32> {
    let history = History::Events(events.to_vec());
    engine.score_all(Task::Recommend, None, &history, Some(END_MS), &CancelToken::new()).unwrap().taste
}

/// Rows of things that are made for an activity, and for no other.
fn made_for(engine: &Engine, activity: &str) -> Vec<u32> {
    let only = AttributeValue::Set(vec![activity.to_owned()]);
    let rows = 0..engine.manifest().items as u32;
    rows.filter(|row| engine.attribute(*row, "activities").as_ref() == Some(&only)).collect()
}

fn mean(scores: &[f32], rows: &[u32]) -> f32 {
    rows.iter().map(|row| scores[*row as usize]).sum::<f32>() / rows.len() as f32
}

fn of_kind(events: Vec<Event>, kind: &str) -> Vec<Event> {
    events.into_iter().map(|event| Event { kind: kind.to_owned(), ..event }).collect()
}

#[test]
fn without_events_that_agree_nothing_changes() {
    let Some((off, on)) = engines("without_events_that_agree_nothing_changes") else { return };
    let one = views(&off, &[17]);
    let mute: Vec<Event> = of_kind(views(&off, &[3, 5, 9]), "glanced at");
    for events in [vec![], one, mute] {
        assert!(taste(&on, &events).is_empty());
        let history = || History::Events(events.clone());
        assert_eq!(search(&on, history()), search(&off, history()));
        assert_eq!(recommend(&on, history()).hits, recommend(&off, history()).hits);
    }
}

#[test]
fn who_likes_one_thing_sees_more_of_it() {
    let Some((off, on)) = engines("who_likes_one_thing_sees_more_of_it") else { return };
    let (mut before, mut after) = (0.0, 0.0);
    let activities = ["climbing", "cycling", "skiing"];
    for activity in activities {
        let rows = made_for(&off, activity);
        let (seen, rest): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| **row % 5 == 0);
        let likes = of_kind(views(&off, &seen[..8]), "like");
        let scores = taste(&on, &likes);
        let others: Vec<u32> = (0..scores.len() as u32).filter(|row| !rows.contains(row)).collect();
        let (fits, others) = (mean(&scores, &rest), mean(&scores, &others));
        assert!(fits > others + 0.1, "{activity}: {fits} and {others}");
        assert!(scores.iter().all(|score| score.abs() <= 1.01), "never more than its weight");
        // It pulls the lists the same way.
        let share = |hits: &[Hit]| {
            let fits = |hit: &&Hit| rows.contains(&off.row_of(&hit.id).unwrap());
            hits.iter().filter(fits).count() as f64 / hits.len() as f64
        };
        before += share(&search(&off, History::Events(likes.clone())));
        after += share(&search(&on, History::Events(likes)));
    }
    assert!(after > before, "fitting hits of {} searches: {before} before, {after} after", activities.len());
}

#[test]
fn dislikes_lower_what_they_have_in_common() {
    let Some((_, on)) = engines("dislikes_lower_what_they_have_in_common") else { return };
    let rows = made_for(&on, "climbing");
    let disliked = of_kind(views(&on, &rows[..6]), gensr::DISLIKE);
    let scores = taste(&on, &disliked);
    let others: Vec<u32> = (0..scores.len() as u32).filter(|row| !rows.contains(row)).collect();
    assert!(mean(&scores, &rows[6..]) < mean(&scores, &others) - 0.1);
    // The other way round it is the other taste, to the bit.
    let liked = taste(&on, &of_kind(disliked.clone(), "like"));
    assert!(scores.iter().zip(&liked).all(|(a, b)| *a == -b));
    // A look afterwards changes nothing, a purchase does.
    let later = |kind: &str| [disliked.clone(), of_kind(views(&on, &rows[..6]), kind)].concat();
    assert_eq!(taste(&on, &later("view")), scores);
    assert_eq!(taste(&on, &later("buy")), liked);
}

#[test]
fn it_is_a_function_of_the_events_that_are_there() {
    let test = "it_is_a_function_of_the_events_that_are_there";
    let Some(pack) = common::pack(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pack = with_taste(&pack, folder.path(), WEIGHT);
    let (busy, fresh) = (open(&pack, None), open(&pack, None));
    let events = views(&busy, &[5, 40, 99, 123, 500, 7]);
    // One has answered with more events before, the other has never met them.
    busy.record_many(events.clone()).unwrap();
    search(&busy, History::Profile);
    busy.clear_history().unwrap();
    let [.., left] = [&events[..], &events[..4]];
    busy.record_many(left.to_vec()).unwrap();
    let want = search(&fresh, History::Events(left.to_vec()));
    assert_eq!(search(&busy, History::Profile), want);
    assert_ne!(search(&busy, History::Events(events)), want);
}

#[test]
fn reasons_add_up_with_it() {
    let Some((off, on)) = engines("reasons_add_up_with_it") else { return };
    let rows = made_for(&on, "cycling");
    let history = History::Events(of_kind(views(&on, &rows[..8]), "like"));
    let request = RecommendRequest {
        history: history.clone(),
        now_ms: Some(END_MS),
        because: true,
        wish: Some(QUERY.into()),
        ..RecommendRequest::default()
    };
    let like = SimilarRequest {
        history: history.clone(),
        now_ms: Some(END_MS),
        taste: 1.0,
        ..SimilarRequest::new(on.item_id(rows[0]).unwrap())
    };
    let token = CancelToken::new();
    let recommended = on.recommend(&request, &token).unwrap();
    assert_ne!(
        ids(&recommended),
        ids(&off.recommend(&request, &token).unwrap()),
        "beside a wish it counts, too"
    );
    let lists = [search(&on, history), recommended.hits, on.similar(&like, &token).unwrap().hits];
    for hit in lists.iter().flatten() {
        let sum: f32 = hit.reasons.iter().map(|reason| reason.weight).sum();
        assert!((sum - hit.score).abs() <= 1e-4 * hit.score.abs().max(1.0), "{sum} is not {}", hit.score);
    }
    assert!(lists[1].iter().any(|hit| !hit.reasons[0].terms.is_empty()), "events are named");
}
