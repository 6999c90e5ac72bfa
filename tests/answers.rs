//! Answers of the engine on the demo pack: exactness, history, exclusions, limits, cancellation, threads.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{END_MS, assert_same, ids, open, output, recommend, scores, views};
use gensr::{
    CancelToken, Engine, Error, EvalRequest, Event, History, KindTask, LeaveOut, MAX_HISTORY, MAX_LIMIT,
    MAX_QUERY_BYTES, ReasonKind, RecommendRequest, Response, SearchRequest, SimilarRequest, Task,
    UnknownKind,
};

fn search(engine: &Engine, request: SearchRequest) -> Response {
    engine.search(&request.now_ms(Some(END_MS)), &CancelToken::new()).expect("a search")
}

/// A query of words of the catalogue.
fn query(engine: &Engine) -> String {
    engine.title(3).expect("more than three items").to_owned()
}

#[test]
fn answers_have_what_they_promise() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let history = views(&engine, &[5, 9, 17]);
    let attributes: Vec<_> = engine.manifest().attributes.iter().map(|a| a.name.clone()).collect();
    let request =
        RecommendRequest::new().history(History::Events(history)).limit(7).attributes(attributes.clone());
    let answer = engine.recommend(&request, &CancelToken::new()).unwrap();
    assert_eq!(answer.hits.len(), 7);
    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
    let stages: Vec<_> = answer.timings.iter().map(|time| time.stage).collect();
    assert_eq!(stages, ["history", "decoder", "signals", "scan", "hits", "total"]);
    let sum: f64 = answer.timings.iter().rev().skip(1).map(|time| time.ms).sum();
    assert!(sum <= answer.timings.last().unwrap().ms * 1.001);
    assert_eq!(answer.providers, [("history", "cpu".to_owned()), ("decoder", "cpu".to_owned())]);
    for hit in &answer.hits {
        let row = engine.row_of(&hit.id).unwrap();
        assert_eq!(engine.title(row).as_deref(), Some(hit.title.as_str()));
        assert_eq!(hit.reasons[0].kind, ReasonKind::Model);
        assert!(hit.attributes.iter().all(|(name, _)| attributes.contains(name)));
    }
    let answer = search(&engine, SearchRequest::new(query(&engine)));
    assert!(answer.timings.iter().any(|time| time.stage == "text"));
    assert_eq!(answer.hits.len(), 10);
}

#[test]
fn answers_equal_brute_force_over_every_part_of_the_score() {
    let pack = common::pack();
    let engine = &open(&pack, None);
    let items = engine.manifest().items as u32;
    let mut signals = 0;
    for round in 0..200_u32 {
        let rows: Vec<u32> = (0..round % 9).map(|place| (round * 97 + place * place * 31) % items).collect();
        let history = History::Events(views(engine, &rows));
        let title = engine.title((round * 61) % items).unwrap();
        let words: Vec<_> = title.split_whitespace().skip((round % 3) as usize).collect();
        let text = if words.is_empty() { query(engine) } else { words.join(" ") };
        let exclude = round % 2 == 0;
        let left_out = engine.item_id((round * 7) % items).unwrap().to_owned();
        // Without a history popularity counts as well: tests/feed.rs.
        let stranger = rows.is_empty();
        for asked in [Some(text.as_str()), None].into_iter().filter(|asked| asked.is_some() || !stranger) {
            signals += equals_brute_force(engine, asked, &history, exclude, &left_out);
        }
    }
    let task = &engine.manifest().tasks.search;
    assert!(signals > 100 || task.lexical == 0.0, "{signals} hits rest on more than the model's score");
}

/// Compares one answer with all items scored and sorted by hand; says how many hits have signals.
fn equals_brute_force(
    engine: &Engine,
    query: Option<&str>,
    history: &History,
    exclude: bool,
    left_out: &str,
) -> usize {
    let token = CancelToken::new();
    let task = if query.is_some() { Task::Search } else { Task::Recommend };
    let spec = engine.manifest().task(query.is_some()).clone();
    let parts = scores(engine, task, query, history);
    let weights = parts.weights.clone().unwrap();
    let mut all: Vec<(u32, f32)> = (0..).zip(parts.dense.iter().copied()).collect();
    let amount = |part: &[(u32, f32)], row: u32| {
        part.iter().find(|(to, _)| *to == row).map_or(0.0, |(_, amount)| *amount)
    };
    for (row, score) in &mut all {
        *score += weights.of_neighbours(amount(&parts.neighbours, *row));
        *score += spec.lexical * amount(&parts.words, *row);
        *score += spec.lexical * amount(&parts.expansions, *row);
        *score += amount(&parts.titles, *row);
        if parts.history.contains(row) {
            *score += spec.history;
        }
    }
    let left = engine.row_of(left_out).unwrap();
    all.retain(|(row, _)| *row != left && !(exclude && parts.history.contains(row)));
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let limit = 30.min(all.len());
    let answer = match query {
        Some(query) => search(
            engine,
            SearchRequest::new(query)
                .history(history.clone())
                .limit(limit)
                .exclude_history(Some(exclude))
                .exclude(vec![left_out.to_owned()]),
        ),
        None => {
            let request = RecommendRequest::new()
                .history(history.clone())
                .limit(limit)
                .leave_out(Some(if exclude { LeaveOut::History } else { LeaveOut::Nothing }))
                .exclude(vec![left_out.to_owned()])
                .now_ms(Some(END_MS));
            engine.recommend(&request, &token).unwrap()
        }
    };
    let want: Vec<_> = all[..limit].iter().map(|(row, _)| engine.item_id(*row).unwrap()).collect();
    assert_eq!(ids(&answer), want, "{query:?}, history left out: {exclude}");
    let mut signals = 0;
    for (hit, (row, score)) in answer.hits.iter().zip(&all) {
        assert_eq!(hit.score, *score);
        assert_eq!(hit.score, parts.fused[*row as usize]);
        assert_eq!(hit.reasons[0].weight, parts.dense[*row as usize]);
        let sum: f32 = hit.reasons.iter().map(|reason| reason.weight).sum();
        assert!((sum - hit.score).abs() <= 1e-4 * hit.score.abs().max(1.0), "reasons add up to the score");
        let has = |kind| hit.reasons.iter().any(|reason| reason.kind == kind);
        let raised = spec.history != 0.0 && parts.history.contains(row);
        assert_eq!(has(ReasonKind::History), raised);
        let words = amount(&parts.words, *row) + amount(&parts.expansions, *row);
        assert_eq!(has(ReasonKind::Words), spec.lexical > 0.0 && words > 0.0);
        assert_eq!(has(ReasonKind::Title), amount(&parts.titles, *row) > 0.0);
        let near = spec.neighbours > 0.0 && amount(&parts.neighbours, *row) > 0.0;
        assert_eq!(has(ReasonKind::Neighbours), near);
        signals += usize::from(near || has(ReasonKind::Words));
    }
    signals
}

#[test]
fn a_cached_state_equals_a_computed_one() {
    let pack = common::pack();
    let step_by_step = open(&pack, None);
    let items = step_by_step.manifest().items as u32;
    // Longer than the window, with repetitions, so that it slides and deduplicates.
    let length = 2 * step_by_step.manifest().model.window as u32 + 5;
    let rows: Vec<_> = (0..length).map(|i| (i * i * 7 + 3 * i) % items.min(2 * length)).collect();
    let events = views(&step_by_step, &rows);
    for end in 1..=rows.len() {
        let history = History::Events(events[..end].to_vec());
        let cached = output(&step_by_step, Task::Recommend, None, &history);
        if end % 4 == 1 || end + 3 > rows.len() {
            step_by_step.trim_memory(gensr::TrimLevel::Everything);
            let computed = output(&step_by_step, Task::Recommend, None, &history);
            let norm = computed.iter().map(|v| v * v).sum::<f32>().sqrt();
            let difference = cached.iter().zip(&computed).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
            assert!(difference <= 1e-5 * norm, "{end} events: {difference} of {norm}");
        }
    }
}

#[test]
fn the_own_history_is_the_given_one() {
    let pack = common::pack();
    let engine = open(&pack, None);
    assert_same(&recommend(&engine, History::Profile), &recommend(&engine, History::Empty));
    let mut events = views(&engine, &[11, 4, 8]);
    if let Some(kind) = engine.manifest().kinds.iter().find(|kind| kind.task == KindTask::Search) {
        events[1].kind = kind.name.clone();
        events[1].query = Some(format!("  {} \n", query(&engine)));
    }
    engine.record(events[0].clone()).unwrap();
    let one = recommend(&engine, History::Profile);
    assert_same(&one, &recommend(&engine, History::Events(events[..1].to_vec())));
    engine.record_many(events[1..].to_vec()).unwrap();
    let all = recommend(&engine, History::Profile);
    assert_same(&all, &recommend(&engine, History::Events(events.clone())));
    assert_ne!(ids(&one), ids(&all), "the history matters");
    assert_eq!(common::recorded(&engine, 10), events);
    assert_eq!(common::recorded(&engine, 1), events[2..]);
    engine.clear_history().unwrap();
    assert_eq!(common::recorded(&engine, 10), []);
    assert_same(&recommend(&engine, History::Profile), &recommend(&engine, History::Empty));
}

#[test]
fn the_history_is_left_out_as_the_pack_says() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let history = views(&engine, &[1, 2, 3, 4, 5, 6]);
    let own: Vec<_> = history.iter().map(|event| event.item_id.clone()).collect();
    let limit = engine.manifest().items.min(MAX_LIMIT);
    let all = RecommendRequest::new().history(History::Events(history)).limit(limit);
    let token = CancelToken::new();
    assert!(engine.manifest().tasks.recommend.exclude_history);
    let without = engine.recommend(&all, &token).unwrap();
    assert!(!own.iter().any(|id| ids(&without).contains(&id.as_str())));
    if limit == engine.manifest().items {
        let with = engine.recommend(&all.leave_out(Some(LeaveOut::Nothing)), &token).unwrap();
        assert_eq!(with.hits.len(), without.hits.len() + own.len());
    }
}

#[test]
fn items_that_the_pack_does_not_know_sleep() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let events = views(&engine, &[11, 4]);
    let stranger = Event::new("no such item", &*events[0].kind).timestamp_ms(events[0].timestamp_ms);
    engine.record_many(vec![events[0].clone(), stranger.clone(), events[1].clone()]).unwrap();
    assert_same(&recommend(&engine, History::Profile), &recommend(&engine, History::Events(events)));
    assert_eq!(common::recorded(&engine, 10)[1], stranger);
    let profile = engine.diagnostics().profile;
    assert_eq!((profile.events, profile.dormant), (3, 1));
}

#[test]
fn similar_items_do_not_include_the_item() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let token = CancelToken::new();
    let id = engine.item_id(12).unwrap().to_owned();
    let answer = engine.similar(&SimilarRequest::new(&id), &token).unwrap();
    assert_eq!(answer.hits.len(), 10);
    assert!(!ids(&answer).contains(&id.as_str()));
    for hit in &answer.hits {
        assert!(hit.score <= 1.05, "a cosine");
        assert_eq!(
            (hit.reasons[0].kind, &hit.reasons[0].terms[..]),
            (ReasonKind::Similar, &[id.clone()][..])
        );
    }
    let request = SimilarRequest::new(&id).exclude(vec![answer.hits[0].id.clone()]);
    assert_eq!(ids(&engine.similar(&request, &token).unwrap())[..9], ids(&answer)[1..]);
    let error = engine.similar(&SimilarRequest::new("no such item"), &token).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }));
}

#[test]
fn requests_outside_their_limits_are_refused() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let token = CancelToken::new();
    let event = views(&engine, &[1]).remove(0);
    let refused = |result: gensr::Result<Response>, what: &str| match result {
        Err(Error::InvalidArgument { reason }) => assert!(!reason.contains("secret"), "{reason}"),
        other => panic!("{what}: {other:?}"),
    };
    for text in ["", " \n\u{3000}", &"secret ".repeat(MAX_QUERY_BYTES)] {
        refused(engine.search(&SearchRequest::new(text), &token), "query");
    }
    for limit in [0, MAX_LIMIT + 1, usize::MAX] {
        refused(engine.search(&SearchRequest::new("a").limit(limit), &token), "limit");
        refused(engine.recommend(&RecommendRequest::new().limit(limit), &token), "limit");
    }
    for bad in [
        Event::new("", &*event.kind),
        Event::new("secret".repeat(100), &*event.kind),
        Event::new(&*event.item_id, ""),
        event.clone().query(Some("secret".repeat(1_000))),
    ] {
        let history = History::Events(vec![event.clone(), bad.clone()]);
        refused(engine.recommend(&RecommendRequest::new().history(history), &token), "event");
        let error = engine.record_many(vec![event.clone(), bad]).unwrap_err();
        assert!(error.to_string().contains("event 1: "), "{error}");
    }
    assert_eq!(common::recorded(&engine, 10), [], "all or none");
    let history = History::Events(vec![event.clone(); MAX_HISTORY + 1]);
    refused(engine.recommend(&RecommendRequest::new().history(history), &token), "history");
    let attributes = vec!["no_such_column".to_owned()];
    refused(engine.recommend(&RecommendRequest::new().attributes(attributes), &token), "attribute");
    let unknown = Event::new(event.item_id, "no such kind");
    match engine.manifest().unknown_kind {
        UnknownKind::Refuse => assert!(engine.record(unknown).is_err()),
        _ => assert_eq!(engine.record(unknown), Ok(())),
    }
    for (task, text) in [(Task::Search, None), (Task::Recommend, Some(&*"a".repeat(5_000)))] {
        let request = EvalRequest { task, text, history: &History::Empty, now_ms: None };
        assert!(engine.evaluate(&request, |_| (), &token).is_err());
    }
}

#[test]
fn odd_requests_are_answered() {
    let pack = common::pack();
    let engine = open(&pack, None);
    for text in ["\0", "👍🏽", "🏳️‍🌈 ﷽ \u{202e}abc", "a\u{300}\u{301}\u{302}", &"x".repeat(MAX_QUERY_BYTES)]
    {
        // No item has a word of these: all or nothing, as the floor of the pack has it.
        assert!(matches!(search(&engine, SearchRequest::new(text)).hits.len(), 0 | 10), "{text:?}");
    }
    let mut events = views(&engine, &[1, 2, 3]);
    (events[0].timestamp_ms, events[1].timestamp_ms, events[2].timestamp_ms) =
        (Some(i64::MAX), Some(i64::MIN), None);
    for now_ms in [i64::MIN, i64::MAX, 0] {
        let request = RecommendRequest::new().history(History::Events(events.clone())).now_ms(Some(now_ms));
        assert_eq!(engine.recommend(&request, &CancelToken::new()).unwrap().hits.len(), 10);
    }
}

#[test]
fn cancelled_calls_answer_so_and_leave_the_engine_whole() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let text = query(&engine);
    let request = SearchRequest::new(&text)
        .history(History::Events(views(&engine, &[3, 1, 4, 1, 5])))
        .now_ms(Some(END_MS));
    let want = engine.search(&request, &CancelToken::new()).unwrap();
    let token = CancelToken::new();
    token.cancel();
    assert!(matches!(engine.search(&request, &token), Err(Error::Cancelled)));
    assert!(matches!(engine.recommend(&RecommendRequest::default(), &token), Err(Error::Cancelled)));
    let similar = SimilarRequest::new(engine.item_id(0).unwrap());
    assert!(matches!(engine.similar(&similar, &token), Err(Error::Cancelled)));
    assert!(matches!(engine.warm_up(&token), Err(Error::Cancelled)));
    // At many moments of the call, the first (which loads what it needs) included.
    let mut cancelled = 0;
    for round in 0..60 {
        engine.trim_memory(gensr::TrimLevel::Everything);
        let token = CancelToken::new();
        let result = std::thread::scope(|scope| {
            let call = scope.spawn(|| engine.search(&request, &token));
            std::thread::sleep(std::time::Duration::from_micros(round * 150));
            token.cancel();
            call.join().unwrap()
        });
        match result {
            Ok(answer) => assert_same(&answer, &want),
            Err(error) => {
                assert_eq!(error, Error::Cancelled);
                cancelled += 1;
            }
        }
    }
    assert!(cancelled > 0, "no call was met in flight");
    assert_same(&engine.search(&request, &CancelToken::new()).unwrap(), &want);
}

#[test]
fn threads_get_what_one_gets() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let items = engine.manifest().items as u32;
    let ask = |number: u32| {
        let rows: Vec<_> = (0..number % 7).map(|i| (number * 13 + i * 5) % items).collect();
        let history = History::Events(views(&engine, &rows));
        if number.is_multiple_of(2) {
            let text = engine.title(number).unwrap();
            search(&engine, SearchRequest::new(text).history(history))
        } else {
            recommend(&engine, history)
        }
    };
    let serial: Vec<_> = (0..40).map(ask).collect();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (ask, serial, engine) = (&ask, &serial, &engine);
            scope.spawn(move || {
                for turn in 0..40 {
                    let number = (turn * 3 + thread * 5) % 40;
                    assert_same(&ask(number), &serial[number as usize]);
                    if turn == 20 && thread == 0 {
                        engine.trim_memory(gensr::TrimLevel::Everything);
                    }
                }
            });
        }
    });
}
