//! Searches as people type them, on the demo pack: titles, ids, letters, typos, wishes.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{END_MS, ids, open, views};
use gensr::lexical::words;
use gensr::{CancelToken, Engine, History, ReasonKind, Response, SearchRequest};

fn search(engine: &Engine, query: &str, history: History) -> Response {
    let request = SearchRequest::new(query).history(history).now_ms(Some(END_MS));
    engine.search(&request, &CancelToken::new()).unwrap()
}

fn stranger(engine: &Engine, query: &str) -> Response {
    search(engine, query, History::Empty)
}

/// Rows spread over the catalogue whose titles have two words or more.
fn rows(engine: &Engine, every: usize) -> Vec<u32> {
    let all = (0..engine.manifest().items as u32).step_by(every);
    all.filter(|row| words(&engine.title(*row).unwrap()).len() > 1).collect()
}

#[test]
fn an_exact_title_comes_first_whatever_the_history_and_however_it_is_written() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let items = engine.manifest().items as u32;
    for row in rows(&engine, 97) {
        let title = engine.title(row).unwrap();
        // Items of the history are lowered in a search of this pack: not below others that were not named.
        let own = History::Events(views(&engine, &[(row + 5) % items, row, (row + 9) % items]));
        for query in [title.to_owned(), title.to_uppercase(), format!("  {}. ", title.to_lowercase())] {
            for history in [History::Empty, own.clone()] {
                let answer = search(&engine, &query, history);
                let first = &answer.hits[0];
                assert_eq!(words(&first.title), words(&title), "{query:?}");
                assert!(first.reasons.iter().any(|reason| reason.kind == ReasonKind::Title));
                let parts: Vec<_> = first.highlights.iter().map(|part| &first.title[part.clone()]).collect();
                let whole: Vec<_> = words(&title).into_iter().map(|word| &title[word.range]).collect();
                assert_eq!(parts, whole);
            }
        }
    }
}

#[test]
fn titles_with_the_phrase_come_before_all_others() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let folded = |title: &str| words(title).into_iter().map(|word| word.text).collect::<Vec<_>>();
    let titles: Vec<_> =
        (0..engine.manifest().items as u32).map(|row| folded(&engine.title(row).unwrap())).collect();
    for row in rows(&engine, 41) {
        for phrase in titles[row as usize].windows(2) {
            // A mark closes the last word: nothing is left to guess.
            let answer = stranger(&engine, &format!("{}.", phrase.join(" ")));
            let says = |title: &[String]| title.windows(2).any(|two| two == phrase);
            let there = titles.iter().filter(|title| says(title)).count();
            let first = answer.hits.iter().take_while(|hit| says(&folded(&hit.title))).count();
            assert_eq!(first, there.min(answer.hits.len()), "{phrase:?}");
        }
    }
}

#[test]
fn an_id_typed_whole_comes_first() {
    let pack = common::pack();
    let engine = open(&pack, None);
    for row in rows(&engine, 211) {
        let id = engine.item_id(row).unwrap();
        let answer = stranger(&engine, &format!(" {id} "));
        assert_eq!(answer.hits[0].id, id);
        let reason = answer.hits[0].reasons.iter().find(|reason| reason.kind == ReasonKind::Id).unwrap();
        assert_eq!(reason.terms, [id]);
    }
}

#[test]
fn a_title_with_a_typo_or_half_a_word_is_found() {
    let pack = common::pack();
    let engine = open(&pack, None);
    for row in rows(&engine, 97) {
        let title = engine.title(row).unwrap().to_lowercase();
        let (at, long) = title.split(' ').enumerate().max_by_key(|(_, word)| word.len()).unwrap();
        let mut swapped: Vec<char> = long.chars().collect();
        let place = (1..swapped.len() - 1).find(|place| swapped[*place] != swapped[place + 1]).unwrap();
        swapped.swap(place, place + 1);
        let swapped: String = swapped.into_iter().collect();
        let typo: Vec<&str> =
            title.split(' ').enumerate().map(|(i, word)| if i == at { &swapped } else { word }).collect();
        let unfinished = &title[..title.char_indices().nth_back(1).unwrap().0];
        for query in [typo.join(" ").as_str(), unfinished] {
            let answer = stranger(&engine, query);
            let place = answer.hits.iter().position(|hit| hit.id == engine.item_id(row).unwrap());
            assert!(place.is_some_and(|place| place < 5), "{query:?} for {title:?}");
            let hit = &answer.hits[place.unwrap()];
            assert_eq!(hit.highlights.len(), words(query).len(), "{query:?} for {title:?}");
        }
    }
}

#[test]
fn odd_queries_are_answered() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let limit = 10.min(engine.manifest().items);
    let long = "lamp ".repeat(800);
    // Whether the shop has a word of the query; where it has none, the floor of the pack decides.
    let queries = [
        ("a", true),
        ("é", true),
        ("7", true),
        ("!", false),
        ("🦊", false),
        ("北京", false),
        ("something warm for a weekend in the snow", true),
        ("- -", false),
        (&long, true),
    ];
    for (query, known) in queries {
        let answer = stranger(&engine, query);
        assert!(answer.hits.len() == limit || (!known && answer.hits.is_empty()), "{query:?}");
        assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score), "{query:?}");
        for hit in &answer.hits {
            assert!(hit.score.is_finite());
            assert!(
                hit.highlights
                    .iter()
                    .all(|part| hit.title.get(part.clone()).is_some_and(|text| !text.is_empty()))
            );
            assert!(hit.highlights.windows(2).all(|two| two[0].end <= two[1].start));
        }
        assert_eq!(ids(&answer), ids(&stranger(&engine, query)), "twice the same: {query:?}");
    }
    // One letter leads to words that begin with it.
    let begins = |hit: &gensr::Hit| {
        hit.reasons.iter().any(|reason| {
            reason.kind == ReasonKind::Words && reason.terms.iter().all(|term| term.starts_with('t'))
        })
    };
    assert!(stranger(&engine, "t").hits.iter().all(begins));
}
