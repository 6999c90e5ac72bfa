//! Typing sessions on the demo pack: what supersedes what, and what stays where it is.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::HashMap;
use std::sync::{Arc, Barrier};

use common::{END_MS, ids, open, views};
use gensr::lexical::words;
use gensr::{
    CancelToken, Engine, Error, History, Keystroke, MAX_QUERY_BYTES, ReasonKind, Response, SearchRequest,
};

/// The content of the box after each letter of a title.
fn typed(title: &str) -> Vec<String> {
    let ends = title.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.map(|end| title[..end].to_lowercase()).filter(|text| !text.ends_with(' ')).collect()
}

fn titles(engine: &Engine, every: usize) -> Vec<String> {
    let rows = (0..engine.manifest().items as u32).step_by(every);
    rows.filter_map(|row| engine.title(row)).filter(|title| title.len() > 3).collect()
}

fn request(text: &str, history: &History) -> SearchRequest {
    SearchRequest::new(text).history(history.clone()).now_ms(Some(END_MS))
}

/// Share of the pairs of hits of both lists that stand in the same order in both; 1 where there is no pair.
fn steadiness(before: &Response, after: &Response) -> f64 {
    let place: HashMap<&str, usize> = ids(before).into_iter().zip(0..).collect();
    let both: Vec<usize> = ids(after).into_iter().filter_map(|id| place.get(id).copied()).collect();
    let pairs = (0..both.len()).flat_map(|a| (a + 1..both.len()).map(move |b| (a, b)));
    let (mut kept, mut all) = (0, 0);
    for (a, b) in pairs {
        all += 1;
        kept += usize::from(both[a] < both[b]);
    }
    if all == 0 { 1.0 } else { f64::from(kept as u32) / f64::from(all) }
}

#[test]
fn first_answers_keep_the_order_on_the_screen_and_whole_ones_are_those_of_search() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let history = History::Events(views(&engine, &[5, 9, 17]));
    let typing = engine.typing();
    let (mut kept, mut compared, mut answered) = (0, 0, 0);
    for title in titles(&engine, 700) {
        let mut screen = Response::default();
        for (number, text) in typed(&title).iter().enumerate() {
            let keystroke = typing.keystroke(request(text, &history));
            let first = keystroke.words().unwrap();
            assert_eq!(steadiness(&screen, &first), 1.0, "{text:?}");
            let both = ids(&first).iter().filter(|id| ids(&screen).contains(id)).count();
            (kept, compared) = (kept + both, compared + usize::from(both > 1));
            answered += usize::from(!first.hits.is_empty());
            assert!(first.hits.len() <= 10 && first.providers.is_empty(), "no graph ran");
            for hit in &first.hits {
                let words = hit.reasons.iter().find(|reason| reason.kind == ReasonKind::Words);
                assert!(words.is_some_and(|reason| reason.weight > 0.0), "{text:?}");
                assert!(hit.reasons.iter().all(|reason| reason.kind != ReasonKind::Model));
            }
            if number % 3 == 2 {
                // Sometimes the next letter comes before the ranking.
                screen = first;
                continue;
            }
            screen = keystroke.ranked().unwrap();
            let search = engine.search(&request(text, &history), &CancelToken::new()).unwrap();
            assert_eq!(screen.hits, search.hits, "{text:?}");
            // A first answer that is asked for late does not turn the screen back.
            keystroke.words().unwrap();
        }
    }
    assert!(answered > 20 && compared > 10 && kept > 40, "{answered} {compared} {kept}");
}

#[test]
fn a_whole_title_is_first_at_once() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let (mut found, mut all) = (0, 0);
    for title in titles(&engine, 41) {
        let own = words(&title).len();
        let typing = engine.typing();
        let first = typing.keystroke(request(&title, &History::Empty)).words().unwrap();
        all += usize::from(own > 1);
        found += usize::from(own > 1 && first.hits.iter().take(5).any(|hit| hit.title == title));
    }
    // Titles that share all of their words with longer texts of others may come later.
    assert!(found * 10 >= all * 8, "{found} of {all} in the first five");
}

#[test]
fn a_keystroke_supersedes_the_one_before() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let typing = engine.typing();
    let title = &titles(&engine, 700)[0];
    let before = typing.keystroke(title.as_str());
    before.words().unwrap();
    let after = typing.keystroke(title.as_str());
    assert!(before.is_superseded() && !after.is_superseded());
    assert_eq!((before.number(), after.number()), (1, 2));
    assert_eq!(before.words().unwrap_err(), Error::Cancelled);
    assert_eq!(before.ranked().unwrap_err(), Error::Cancelled);
    assert!(!after.ranked().unwrap().hits.is_empty());
    typing.stop();
    assert_eq!(after.ranked().unwrap_err(), Error::Cancelled);
    let last = typing.keystroke(title.as_str());
    drop(typing);
    assert_eq!(last.words().unwrap_err(), Error::Cancelled, "the session ended");
}

#[test]
fn of_many_threads_only_the_last_keystroke_answers_after_all_are_typed() {
    let pack = common::pack();
    let engine = Arc::new(open(&pack, None));
    let typing = gensr::Typing::new(Arc::clone(&engine));
    let title = &titles(&engine, 700)[0];
    for _ in 0..20 {
        let keystrokes: Vec<Keystroke<Arc<Engine>>> =
            typed(title).iter().take(6).map(|text| typing.keystroke(text.as_str())).collect();
        let last = keystrokes.len() - 1;
        let start = Barrier::new(keystrokes.len());
        std::thread::scope(|scope| {
            for (at, keystroke) in keystrokes.into_iter().enumerate() {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let answers = [keystroke.words(), keystroke.ranked()];
                    for answer in answers {
                        match at == last {
                            true => assert!(answer.is_ok()),
                            false => assert_eq!(answer.unwrap_err(), Error::Cancelled),
                        }
                    }
                });
            }
        });
    }
    // Typed while the ranking of the letter before is under way: it ends, one way or the other, and the later one counts.
    for text in typed(title) {
        let keystroke = typing.keystroke(text.as_str());
        let under_way = std::thread::spawn(move || keystroke.ranked());
        let next = typing.keystroke(title.as_str());
        assert!(matches!(under_way.join().unwrap(), Ok(_) | Err(Error::Cancelled)));
        assert!(!next.ranked().unwrap().hits.is_empty());
    }
}

#[test]
fn an_empty_box_has_no_hits_and_bad_requests_say_so() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let typing = engine.typing();
    for text in ["", " \t"] {
        let keystroke = typing.keystroke(text);
        assert!(keystroke.words().unwrap().hits.is_empty() && keystroke.ranked().unwrap().hits.is_empty());
    }
    let long = typing.keystroke("a".repeat(MAX_QUERY_BYTES + 1).as_str());
    let none = typing.keystroke(SearchRequest::new("a").limit(0));
    assert_eq!(long.words().unwrap_err(), Error::Cancelled);
    for answer in [none.words(), none.ranked()] {
        assert!(matches!(answer, Err(Error::InvalidArgument { .. })));
    }
    let excluded = SearchRequest::new(titles(&engine, 700)[0].as_str()).exclude(vec![]);
    let hits = typing.keystroke(excluded.clone()).words().unwrap();
    let left_out: Vec<String> = ids(&hits).into_iter().take(3).map(str::to_owned).collect();
    let without = typing.keystroke(excluded.exclude(left_out.clone())).words().unwrap();
    assert!(!hits.hits.is_empty() && ids(&without).iter().all(|id| !left_out.iter().any(|out| out == id)));
}
