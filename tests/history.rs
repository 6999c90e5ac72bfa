//! The user's control of the history: forgetting, taking along, pausing. After forgetting an engine answers as one whose
//! profile never had the events.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::path::Path;

use common::{END_MS, open, recorded, views};
use gensr::{
    CancelToken, Engine, EngineOptions, Error, Event, Forget, History, KindTask, PackSource, ProfileOptions,
    RecommendRequest, Recording, Response, SearchRequest, SimilarRequest,
};

/// Everything that an engine answers from the profile: ids, the bits of scores, reasons; completions.
fn everything(engine: &Engine) -> Vec<String> {
    let token = CancelToken::new();
    let now_ms = Some(END_MS);
    let mut told = Vec::new();
    let mut tell = |what: &str, response: Response| {
        for hit in response.hits {
            told.push(format!("{what} {} {:08x} {:?}", hit.id, hit.score.to_bits(), hit.reasons));
        }
    };
    for query in ["jacket", "red", "warm socks"] {
        tell(query, engine.search(&SearchRequest::new(query).now_ms(now_ms), &token).unwrap());
    }
    let recommend = RecommendRequest::new().now_ms(now_ms).explain_history(true);
    tell("recommend", engine.recommend(&recommend, &token).unwrap());
    let id = engine.item_id(40).unwrap();
    let similar = SimilarRequest::new(id).now_ms(now_ms).personalisation(0.7);
    tell("similar", engine.similar(&similar, &token).unwrap());
    let typing = engine.typing();
    let keystroke = typing.keystroke(SearchRequest::new("jack").now_ms(now_ms));
    tell("typing", keystroke.words().unwrap());
    told.extend(engine.complete("", 20).unwrap().into_iter().map(|found| format!("{found:?}")));
    told
}

/// Views, searches and dislikes, one a minute.
fn life(engine: &Engine) -> Vec<Event> {
    let mut events = views(engine, &[5, 60, 7, 200, 33, 90, 12, 5, 64]);
    let search = common::kind(engine, KindTask::Search);
    for (place, query) in [(1, "jacket"), (4, " secret  query"), (6, "jacket"), (8, "secret query")] {
        events[place].kind.clone_from(&search);
        events[place].query = Some(query.to_owned());
    }
    events[5].kind = gensr::DISLIKE.to_owned();
    events
}

fn holds(directory: &Path, bytes: &str) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let file = std::fs::read(entry.unwrap().path()).unwrap();
        file.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    })
}

#[test]
fn after_forgetting_answers_are_those_of_a_profile_that_never_had_it() {
    let pack = common::pack();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [forgetful, never] = [0, 1].map(|i| open(&pack, Some(folders[i].path())));
    let events = life(&forgetful);
    // A request to forget, and the places of the events that are left.
    let cases = [
        (Forget::Item(events[0].item_id.clone()), vec![1, 2, 3, 4, 5, 6, 8]),
        (Forget::Query("secret query ".to_owned()), vec![0, 1, 2, 3, 5, 6, 7]),
        (Forget::Since(events[3].timestamp_ms.unwrap()), vec![0, 1, 2]),
        // By its place, which its id takes.
        (Forget::Event(1), vec![0, 2, 3, 4, 5, 6, 7, 8]),
    ];
    for (forget, left) in cases {
        forgetful.clear_history().unwrap();
        never.clear_history().unwrap();
        forgetful.record_many(events.clone()).unwrap();
        let before = everything(&forgetful);
        let forget = match forget {
            Forget::Event(place) => Forget::Event(forgetful.history(100).unwrap()[place as usize].id),
            other => other,
        };
        let left: Vec<_> = left.into_iter().map(|place| events[place].clone()).collect();
        never.record_many(left.clone()).unwrap();
        std::fs::write(folders[0].path().join("profile.damaged-1-0.sqlite3"), "secret").unwrap();

        assert_eq!(forgetful.forget(&forget).unwrap(), events.len() - left.len(), "{forget:?}");
        assert_eq!(recorded(&forgetful, 100), left, "{forget:?}");
        let after = everything(&forgetful);
        assert_ne!(after, before, "{forget:?}: it made a difference");
        assert_eq!(after, everything(&never), "{forget:?}");
        let secret =
            left.iter().any(|event| event.query.as_ref().is_some_and(|query| query.contains("secret")));
        assert_eq!(holds(folders[0].path(), "secret"), secret, "{forget:?}");
    }
}

#[test]
fn a_search_box_does_not_show_what_was_forgotten() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let stranger = words(&engine.typing(), "ja");
    let search = SearchRequest::new("ja").now_ms(Some(END_MS));
    let last = engine.search(&search.limit(100), &CancelToken::new()).unwrap();
    let last = last.hits.last().unwrap().id.clone();
    let kind = common::view(&engine);
    let event = Event::new(last, kind).timestamp_ms(Some(END_MS)).query(Some("ja".into()));
    engine.record_many(vec![event; 5]).unwrap();
    let typing = engine.typing();
    let shown = typing.keystroke("ja").ranked().unwrap();
    assert!(!shown.hits.is_empty());
    engine.forget(&Forget::Query("ja".into())).unwrap();
    assert_eq!(words(&typing, "ja"), stranger, "in the order of a stranger, whatever was on the screen");
}

fn words(typing: &gensr::Typing<&Engine>, text: &str) -> Vec<String> {
    let request = SearchRequest::new(text).now_ms(Some(END_MS));
    let hits = typing.keystroke(request).words().unwrap().hits;
    hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn an_export_makes_the_same_user_elsewhere() {
    let pack = common::pack();
    let here = open(&pack, None);
    here.record_many(life(&here)).unwrap();
    let mut file = Vec::new();
    assert_eq!(here.export_history(&mut file).unwrap(), 9);
    let there = open(&pack, None);
    assert_eq!(there.import_history(&file[..]).unwrap(), 9);
    assert_eq!(everything(&there), everything(&here));
    assert_eq!(there.import_history(&file[..]).unwrap(), 0);
    // A new phone on which something was done already: the old events come before.
    let new = open(&pack, None);
    let mut latest = views(&new, &[77]);
    latest[0].timestamp_ms = Some(END_MS);
    new.record_many(latest.clone()).unwrap();
    new.import_history(&file[..]).unwrap();
    here.record_many(latest).unwrap();
    // A state that was extended may differ from one computed at once in its last bits: both compute it now.
    [&new, &here].into_iter().for_each(|engine| engine.trim_memory(gensr::TrimLevel::Everything));
    assert_eq!(everything(&new), everything(&here));
    file.extend(b"{}\n");
    let error = new.import_history(&file[..]).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.starts_with("line 10")), "{error}");
    let failing = std::io::BufReader::new(&b""[..]);
    assert_eq!(new.import_history(failing).unwrap(), 0);
}

#[test]
fn a_pause_records_nothing_and_uses_the_history() {
    let pack = common::pack();
    let engine = open(&pack, None);
    assert_eq!(engine.recording(), Recording::On);
    engine.record_many(life(&engine)).unwrap();
    let (before, history) = (everything(&engine), engine.history(100).unwrap());
    engine.set_recording(Recording::Paused);
    engine.record_many(views(&engine, &[1, 2, 3])).unwrap();
    let mut wrong = views(&engine, &[1]);
    wrong[0].item_id.clear();
    assert!(matches!(engine.record_many(wrong), Err(Error::InvalidArgument { .. })), "still checked");
    assert_eq!((everything(&engine), engine.history(100).unwrap()), (before, history));
    engine.set_recording(Recording::On);
    engine.record_many(views(&engine, &[1])).unwrap();
    assert_eq!(engine.history(100).unwrap().len(), 10);
}

#[test]
fn incognito_is_a_stranger() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&pack, Some(folder.path()));
    let stranger = everything(&engine);
    engine.record_many(life(&engine)).unwrap();
    let known = everything(&engine);
    assert_ne!(known, stranger);
    engine.set_recording(Recording::Incognito);
    assert_eq!(everything(&engine), stranger);
    engine.record_many(views(&engine, &[1, 2, 3])).unwrap();
    assert_eq!(engine.history(100).unwrap(), []);
    let elsewhere = common::recommend(&engine, History::Events(views(&engine, &[1, 2])));
    engine.set_recording(Recording::On);
    assert_eq!(everything(&engine), known);
    assert_eq!(engine.history(100).unwrap().len(), 9);
    assert_eq!(common::recommend(&engine, History::Events(views(&engine, &[1, 2]))).hits, elsewhere.hits);

    // Explicit requests of the user work in every mode.
    engine.set_recording(Recording::Incognito);
    let mut file = Vec::new();
    assert_eq!(engine.export_history(&mut file).unwrap(), 9);
    assert_eq!(engine.forget(&Forget::Query("jacket".into())).unwrap(), 2);
    assert_eq!(engine.import_history(&file[..]).unwrap(), 2);
    engine.clear_history().unwrap();
    engine.set_recording(Recording::On);
    assert_eq!(everything(&engine), stranger);
}

#[test]
fn incognito_keeps_no_query() {
    let pack = common::tiny();
    let engine = open(&pack, None);
    // The text graph is named where it ran, so not for a query whose features were kept.
    let ran = |query: &str| {
        let response = engine.search(&SearchRequest::new(query), &CancelToken::new()).unwrap();
        response.providers.iter().any(|(graph, _)| *graph == "text")
    };
    assert!(ran("a query of its own"));
    assert!(!ran("a query of its own"), "kept");
    engine.set_recording(Recording::Incognito);
    assert!(ran("a query of its own") && ran("a query of its own"), "not kept, nor what was kept before");
    assert!(ran("another one"));
    engine.set_recording(Recording::On);
    assert!(ran("another one"));
    engine.forget(&Forget::Item("nothing".into())).unwrap();
    assert!(ran("another one"), "forgetting drops all of them");
}

#[test]
fn a_bounded_history_answers_as_when_it_is_read_anew() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let bounded = || {
        let profile = ProfileOptions::default().max_events(4);
        let options = EngineOptions::default().profile(profile);
        Engine::open(PackSource::Path(pack.clone()), Some(folder.path()), options).unwrap()
    };
    let engine = bounded();
    let events = life(&engine);
    for event in &events {
        engine.record(event.clone()).unwrap();
    }
    assert_eq!(recorded(&engine, 100), events[5..]);
    let told = everything(&engine);
    drop(engine);
    assert_eq!(everything(&bounded()), told);
    let profile = ProfileOptions::default().max_events(0);
    let options = EngineOptions::default().profile(profile);
    let error = Engine::open(PackSource::Path(pack.clone()), None, options).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }));
}

#[test]
fn a_clock_that_goes_back_changes_no_order() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let mut events = views(&engine, &[5, 60, 7]);
    events[1].timestamp_ms = Some(0);
    events[2].timestamp_ms = Some(i64::MIN);
    engine.record_many(events.clone()).unwrap();
    assert_eq!(recorded(&engine, 10), events);
    // No time passed where the clock went back: as if all had happened at once.
    let back = common::recommend(&engine, History::Profile);
    let same: Vec<_> = events.iter().map(|event| event.clone().timestamp_ms(Some(i64::MIN))).collect();
    assert_eq!(common::recommend(&engine, History::Events(same)).hits, back.hits);
}

#[cfg(feature = "sqlcipher")]
#[test]
fn an_encrypted_profile_answers_as_a_plain_one() {
    use gensr::ProfileKey;

    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let keyed = |byte: Option<u8>| {
        let key = byte.map(|byte| ProfileKey::new([byte; 32]));
        let profile = ProfileOptions::default().key(key);
        let options = EngineOptions::default().profile(profile);
        Engine::open(PackSource::Path(pack.clone()), Some(folder.path()), options)
    };
    let plain = open(&pack, None);
    plain.record_many(life(&plain)).unwrap();
    let told = everything(&plain);

    let engine = keyed(Some(1)).unwrap();
    engine.record_many(life(&engine)).unwrap();
    assert_eq!(everything(&engine), told);
    engine.rotate_key(&ProfileKey::new([2; 32])).unwrap();
    assert_eq!(everything(&engine), told);
    engine.trim_memory(gensr::TrimLevel::Everything);
    assert_eq!(everything(&engine), told, "opened again with the key of now");
    assert!(!holds(folder.path(), "secret"));
    drop(engine);
    for wrong in [None, Some(1)] {
        assert!(matches!(keyed(wrong), Err(Error::InvalidArgument { .. })));
    }
    assert_eq!(everything(&keyed(Some(2)).unwrap()), told);
    let memory = plain.rotate_key(&ProfileKey::new([2; 32]));
    assert!(matches!(memory, Err(Error::InvalidArgument { .. })));
    assert_eq!(everything(&plain), told, "and nothing is lost by that");
}
