//! Completions on the demo pack, against every title and category looked at by hand.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{kind, open};
use gensr::internals::{AttributeColumn, Codebook};
use gensr::lexical::words;
use gensr::{
    Completion, CompletionKind, Engine, Error, Event, KindTask, MAX_COMPLETIONS, MAX_QUERY_BYTES, Pack,
    PackSource,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn folded(text: &str) -> String {
    words(text).into_iter().map(|word| word.text + " ").collect()
}

fn of_kind(found: &[Completion], kind: CompletionKind) -> Vec<&str> {
    found.iter().filter(|c| c.kind == kind).map(|c| c.text.as_str()).collect()
}

fn search(engine: &Engine, query: &str) -> Event {
    Event::new(engine.item_id(1).unwrap().to_owned(), kind(engine, KindTask::Search))
        .query(Some(query.to_owned()))
}

#[test]
fn titles_and_categories_are_all_those_that_go_on_so() {
    let path = common::pack();
    let engine = open(&path, None);
    let codebook = Codebook::open(Arc::new(Pack::open(PackSource::Path(path)).unwrap())).unwrap();
    let titles: Vec<&str> = (0..codebook.len() as u32).map(|row| codebook.title(row)).collect();
    let categories: Vec<&str> = match codebook.attribute_column("categories").map(|column| &column.values) {
        Some(AttributeColumn::Set { dictionary, .. }) => {
            (0..dictionary.len()).filter_map(|value| dictionary.get(value)).collect()
        }
        _ => Vec::new(),
    };
    // By hand: the first words whole, in any order, the last as a beginning, each word of a text once.
    let split = |texts: &[&str]| -> Vec<Vec<String>> {
        texts.iter().map(|text| words(text).into_iter().map(|word| word.text).collect()).collect()
    };
    let (title_words, category_words) = (split(&titles), split(&categories));
    let goes_on = |typed: &[String], own: &[String]| {
        let (last, whole) = typed.split_last().unwrap();
        (0..own.len()).any(|at| {
            let rest: BTreeSet<usize> = (0..own.len()).filter(|other| *other != at).collect();
            own[at].starts_with(last.as_str())
                && whole.iter().all(|word| rest.iter().any(|r| own[*r] == *word))
        })
    };
    let (mut exact, mut full) = (0, 0);
    let pick = (0..titles.len(), 0_usize..8, 1_usize..7, any::<bool>());
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let (row, at, length, pair) = pick.new_tree(&mut runner).unwrap().current();
        let own = &title_words[row];
        if own.is_empty() {
            continue;
        }
        let at = at % own.len();
        let mut typed: Vec<String> = vec![own[at].chars().take(length).collect()];
        if pair && at > 0 && own[0] != own[at] {
            typed.insert(0, own[0].clone());
        }
        let found = engine.complete(&typed.join(" "), MAX_COMPLETIONS).unwrap();
        let all = |texts: &[Vec<String>]| -> BTreeSet<String> {
            texts.iter().filter(|own| goes_on(&typed, own)).map(|own| own.join(" ") + " ").collect()
        };
        let (want_categories, want_titles) = (all(&category_words), all(&title_words));
        let wanted: BTreeSet<String> = want_categories.union(&want_titles).cloned().collect();
        let got: Vec<String> = found.iter().map(|completion| folded(&completion.text)).collect();
        let distinct: BTreeSet<String> = got.iter().cloned().collect();
        assert_eq!(distinct.len(), got.len(), "no text twice");
        if wanted.len() <= MAX_COMPLETIONS {
            exact += 1;
            assert_eq!(distinct, wanted, "{typed:?}");
        } else {
            full += 1;
            assert_eq!(got.len(), MAX_COMPLETIONS, "{typed:?}");
            assert!(distinct.is_subset(&wanted));
        }
        for completion in &found {
            for range in &completion.matches {
                let part = folded(&completion.text[range.clone()]);
                assert!(typed.iter().any(|word| part.trim_end() == word), "{part:?} of {typed:?}");
            }
            assert_eq!(completion.item_id.is_some(), completion.kind == CompletionKind::Title);
        }
        assert_eq!(found, engine.complete(&typed.join(" "), MAX_COMPLETIONS).unwrap(), "twice the same");
    }
    assert!(exact > 50 && full > 20, "{exact} compared as sets, {full} by number");
}

#[test]
fn own_queries_come_first_and_are_forgotten() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&pack, Some(folder.path()));
    let word = words(&engine.title(3).unwrap())[0].text.clone();
    assert!(of_kind(&engine.complete(&word, 8).unwrap(), CompletionKind::Query).is_empty());
    assert_eq!(engine.complete("", 8).unwrap(), [], "nothing typed, nothing searched before");

    let rare = format!("{word} of my own");
    let often = format!("Quite  {}", word.to_uppercase());
    engine
        .record_many(vec![search(&engine, &often), search(&engine, &rare), search(&engine, &often)])
        .unwrap();
    let often = often.replace("  ", " ");
    let found = engine.complete(&word, 8).unwrap();
    assert_eq!(of_kind(&found, CompletionKind::Query), [often.as_str(), rare.as_str()]);
    assert_eq!((&found[0].text, &found[1].text), (&often, &rare), "they come first");
    assert_eq!(found[0].matches.first(), Some(&(6..6 + word.len())));
    assert_eq!(engine.complete(" ", 8).unwrap().len(), 2);

    // A title that was searched for is offered once.
    let title = engine.title(3).unwrap().to_owned();
    engine.record(search(&engine, &title.to_lowercase())).unwrap();
    let found = engine.complete(&title, 8).unwrap();
    assert_eq!(found[0].kind, CompletionKind::Query);
    assert_eq!(found.iter().filter(|c| folded(&c.text) == folded(&title)).count(), 1);

    // Many own queries leave half of the places to the pack.
    let many: Vec<Event> = (0..40).map(|n| search(&engine, &format!("{word} number {n}"))).collect();
    engine.record_many(many).unwrap();
    let found = engine.complete(&word, 8).unwrap();
    assert_eq!(found.len(), 8);
    assert_eq!(of_kind(&found, CompletionKind::Query).len(), 4);

    drop(engine);
    let engine = open(&pack, Some(folder.path()));
    assert!(!engine.complete("", 8).unwrap().is_empty(), "they outlive the process");
    engine.clear_history().unwrap();
    assert_eq!(engine.complete("", 8).unwrap(), []);
    assert!(of_kind(&engine.complete(&word, 8).unwrap(), CompletionKind::Query).is_empty());
}

#[test]
fn accents_case_and_any_word_of_a_title_will_do() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let title = (0..engine.manifest().items as u32).filter_map(|row| engine.title(row));
    let title =
        title.map(|title| (words(&title), title)).find(|(own, _)| own.len() > 2 && own[1].text.len() > 5);
    let (own, title) = title.expect("a title of three words");
    let part: String = own[1].text.chars().take(5).collect();
    let accented: String = part.chars().flat_map(|c| [c, '\u{301}']).collect();
    for typed in [part.clone(), part.to_uppercase(), accented] {
        let found = engine.complete(&typed, MAX_COMPLETIONS).unwrap();
        let found = found.iter().find(|completion| completion.text == title);
        let range = found.expect("it goes on so").matches[0].clone();
        assert_eq!(title[range].to_lowercase(), part, "{typed:?}");
    }
}

#[test]
fn limits_are_kept_and_nothing_panics() {
    let pack = common::pack();
    let engine = open(&pack, None);
    for (typed, limit) in [("a", 0), ("a", MAX_COMPLETIONS + 1), (&*"a".repeat(MAX_QUERY_BYTES + 1), 5)] {
        assert!(matches!(engine.complete(typed, limit), Err(Error::InvalidArgument { .. })));
    }
    let longest = "a b ".repeat(MAX_QUERY_BYTES / 4);
    for typed in ["\0", "👍🏽", "\u{301}", "''", "....", longest.as_str(), "ﬁ", "½", "北", "a\u{200d}"]
    {
        for limit in [1, 2, 3, MAX_COMPLETIONS] {
            assert!(engine.complete(typed, limit).unwrap().len() <= limit);
        }
    }
    let all = engine.complete("s", MAX_COMPLETIONS).unwrap();
    engine.trim_memory(gensr::TrimLevel::Everything);
    assert_eq!(engine.complete("s", MAX_COMPLETIONS).unwrap(), all, "what is made again is the same");
}
