//! Installing packs while threads search: whole answers, the recorded history, and what is left after a failure.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;
#[path = "common/rewritten.rs"]
mod rewritten;
#[path = "common/shops.rs"]
mod shops;

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use common::{END_MS, open};
use gensr::{
    CancelToken, Completion, Engine, Error, Event, Facet, History, Hit, InstallRequest, Installed, Pack,
    PackSource, RecommendRequest, Response, SearchRequest, SimilarRequest,
};
use rewritten::{Rewritten, sha256};
use shops::{Shop, Shops, other_shop};

fn event(item: &str, query: Option<&str>) -> Event {
    Event::new(item.to_owned(), if query.is_some() { "search" } else { "view" }.to_owned())
        .timestamp_ms(Some(END_MS - 1_000))
        .query(query.map(str::to_owned))
}

/// Everything of an answer but the time it took.
type Answer = (Vec<Hit>, usize, Vec<Facet>, Vec<Completion>);

type Call = Box<dyn Fn(&Engine) -> gensr::Result<Answer> + Sync>;

fn answer(Response { hits, total_hits, facets, .. }: Response) -> Answer {
    (hits, total_hits, facets, Vec::new())
}

/// Calls of many kinds; each is a thread's in the test of swaps. The events are of items that both shops have, of one of
/// them, and of none.
fn calls() -> Vec<Call> {
    let token = CancelToken::new;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let items = ["g0005", "g2000", "g0900", "h3000", "nowhere"];
    let history = History::Events(items.iter().map(|item| event(item, None)).collect());
    let request = SearchRequest::new("waist pouch").now_ms(Some(END_MS)).limit(20);
    let search = request
        .clone()
        .attributes(names(&["brand", "price"]))
        .facets(names(&["brand"]))
        .filter(Some("price < 150".parse().unwrap()));
    let other = SearchRequest::new("rain shell").history(history.clone());
    let other = other.now_ms(Some(END_MS));
    let feed = RecommendRequest::new().now_ms(Some(END_MS)).explain_history(true);
    let likes = feed.clone().history(history).explain_history(false);
    let like = SimilarRequest::new("g0005").personalisation(0.5).now_ms(Some(END_MS));
    let (first, whole) = (request.clone(), request);
    vec![
        Box::new(move |engine| engine.search(&search, &token()).map(answer)),
        Box::new(move |engine| engine.search(&other, &token()).map(answer)),
        Box::new(move |engine| engine.recommend(&feed, &token()).map(answer)),
        Box::new(move |engine| engine.recommend(&likes, &token()).map(answer)),
        Box::new(move |engine| engine.similar(&like, &token()).map(answer)),
        Box::new(move |engine| engine.typing().keystroke(first.clone()).words().map(answer)),
        Box::new(move |engine| engine.typing().keystroke(whole.clone()).ranked().map(answer)),
        Box::new(move |engine| Ok((Vec::new(), 0, Vec::new(), engine.complete("po", 20)?))),
    ]
}

fn record(engine: &Engine) {
    let events = [("g0012", None), ("g0400", Some("tent")), ("g1500", Some("pouch")), ("h1500", None)];
    engine.record_many(events.map(|(item, query)| event(item, query)).to_vec()).unwrap();
}

#[test]
fn answers_are_wholly_from_one_pack_while_packs_are_swapped() {
    let pack = common::pack();
    let swaps: usize = std::env::var("GENSR_SWAPS").map_or(40, |count| count.parse().unwrap());
    let shops = Shops::new(&pack);
    let calls = calls();
    let expected = [&shops.here, &shops.other].map(|shop| {
        let engine = open(&shop.path, None);
        record(&engine);
        calls.iter().map(|call| call(&engine).unwrap()).collect::<Vec<_>>()
    });
    for (here, other) in expected[0].iter().zip(&expected[1]) {
        let scores = |answer: &Answer| answer.0.iter().map(|hit| hit.score).collect::<Vec<_>>();
        assert!(here != other && (here.0.is_empty() || scores(here) != scores(other)), "told apart");
    }

    let profile = tempfile::tempdir().unwrap();
    let engine = open(&shops.installed, Some(profile.path()));
    record(&engine);
    let ended = AtomicBool::new(false);
    let answered = [(); 2].map(|()| AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for (place, call) in calls.iter().enumerate() {
            let (engine, ended, answered, expected) = (&engine, &ended, &answered, &expected);
            scope.spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let answer = call(engine).expect("no call fails");
                    let from = expected.iter().position(|pack| pack[place] == answer);
                    let from = from.unwrap_or_else(|| panic!("call {place}: of neither pack: {answer:?}"));
                    answered[from].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for swap in 0..swaps {
            let shop = [&shops.other, &shops.here][swap % 2];
            let installed = shops.install(&engine, shop);
            // Four events, of which each shop lacks one.
            let Installed { events, dormant, deactivated, reactivated, .. } = installed;
            assert_eq!((events, dormant, deactivated, reactivated), (4, 1, 1, 1));
            // The new pack answers calls that begin now.
            let place = swap % calls.len();
            assert_eq!(calls[place](&engine).unwrap(), expected[(swap + 1) % 2][place]);
        }
        ended.store(true, Ordering::Relaxed);
    });
    let answered = answered.map(AtomicUsize::into_inner);
    assert!(answered.iter().all(|count| *count > swaps), "{answered:?} answers of each pack");
    println!("{swaps} swaps, {answered:?} answers of each pack");
    assert_eq!(shops.files(), ["shop.gensr"]);
}

#[test]
fn the_next_open_has_the_new_pack_and_the_history_follows_it() {
    let pack = common::pack();
    let (shops, profile) = (Shops::new(&pack), tempfile::tempdir().unwrap());
    let counts = |engine: &Engine| {
        let profile = engine.diagnostics().profile;
        (profile.events, profile.dormant)
    };
    let engine = open(&shops.installed, Some(profile.path()));
    record(&engine);
    let history = engine.history(10).unwrap();
    assert_eq!(counts(&engine), (4, 1));
    let (before, installed) = (engine.diagnostics().pack_id, shops.install(&engine, &shops.other));
    assert_eq!(installed.previous_pack_id, before);
    assert_eq!(installed.pack_id, engine.diagnostics().pack_id);
    assert_eq!(engine.manifest().name, "Another shop");
    assert_eq!(counts(&engine), (4, 1));
    assert_eq!(engine.history(10).unwrap(), history, "as it was recorded");
    // "g1500" has gone, "h1500" has come.
    let all = RecommendRequest::new().now_ms(Some(END_MS)).limit(1_000);
    let hits = engine.recommend(&all, &CancelToken::new()).unwrap().hits;
    assert!(hits.iter().all(|hit| hit.title.starts_with("Other ") && hit.id != "h1500"));
    engine.record(event("h4000", None)).unwrap();
    assert_eq!(counts(&engine), (5, 1));
    let calls = calls();
    // A state that was extended may differ from one computed at once in its last bits: compute it at once.
    engine.trim_memory(gensr::TrimLevel::Everything);
    let answers: Vec<_> = calls.iter().map(|call| call(&engine).unwrap()).collect();
    drop(engine);

    let engine = open(&shops.installed, Some(profile.path()));
    assert_eq!((engine.diagnostics().pack_id, counts(&engine)), (installed.pack_id, (5, 1)));
    let again: Vec<_> = calls.iter().map(|call| call(&engine).unwrap()).collect();
    assert_eq!(again, answers, "a swap and an opening come to the same");
    drop(engine);

    // An update of the app brings the old shop back: a plain opening does what an installation does.
    std::fs::copy(&pack, &shops.installed).unwrap();
    let engine = open(&shops.installed, Some(profile.path()));
    assert_eq!(counts(&engine), (5, 2));
    assert_eq!(engine.history(10).unwrap()[..4], history);
}

#[test]
fn an_engine_without_a_file_of_its_own_wants_a_destination() {
    let pack = common::pack();
    let shops = Shops::new(&pack);
    let inside = PackSource::File {
        file: std::fs::File::open(&shops.here.path).unwrap(),
        offset: 0,
        length: shops.here.bytes.len() as u64,
    };
    let engine = Engine::open(inside, None, gensr::EngineOptions::default()).unwrap();
    let token = CancelToken::new();
    let error = engine.install(&shops.other.request(), &token).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains("destination")), "{error}");
    std::fs::remove_file(&shops.installed).unwrap();
    let request = shops.other.request().destination(Some(shops.installed.clone()));
    engine.install(&request, &token).unwrap();
    assert_eq!(std::fs::read(&shops.installed).unwrap(), shops.other.bytes);
    // From here on that is its place.
    shops.install(&engine, &shops.here);
    assert_eq!(std::fs::read(&shops.installed).unwrap(), shops.here.bytes);
    // Nothing was written to what it was opened from; the new pack may lie where it is to be.
    let own = InstallRequest::new(&shops.installed, sha256(&shops.here.bytes).to_uppercase());
    assert_eq!(engine.install(&own, &token).unwrap().previous_pack_id, engine.diagnostics().pack_id);
}

#[test]
fn a_cancelled_installation_is_done_or_never_was() {
    let pack = common::pack();
    let shops = Shops::new(&pack);
    let engine = open(&shops.installed, None);
    let mut there = &shops.here;
    for delay in [0, 1, 10, 50, 100, 200, 400, 2_000] {
        let next = if std::ptr::eq(there, &shops.here) { &shops.other } else { &shops.here };
        let token = CancelToken::new();
        let installed = std::thread::scope(|scope| {
            let installing = scope.spawn(|| engine.install(&next.request(), &token));
            std::thread::sleep(Duration::from_millis(delay));
            token.cancel();
            installing.join().unwrap()
        });
        match installed {
            Ok(_) => there = next,
            Err(error) => assert_eq!(error, Error::Cancelled),
        }
        assert_eq!(std::fs::read(&shops.installed).unwrap(), there.bytes, "after {delay} ms");
        assert_eq!(shops.files(), ["shop.gensr"]);
        let other = engine.manifest().name == "Another shop";
        assert_eq!(other, std::ptr::eq(there, &shops.other), "what is on disk answers");
    }
}

#[test]
fn an_app_opens_what_is_installed_unless_it_came_with_something_newer() {
    let pack = common::pack();
    let shops = Shops::new(&pack);
    std::fs::remove_file(&shops.installed).unwrap();
    let dated = |name: &str, data_ms: Option<i64>| {
        let mut pack = Rewritten::of(&pack);
        pack.manifest["name"] = name.into();
        match data_ms {
            Some(ms) => pack.manifest["data_ms"] = ms.into(),
            None => drop(pack.manifest.as_object_mut().unwrap().remove("data_ms")),
        }
        pack.file()
    };
    let opened = |bundled: &[u8]| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[b"an archive", bundled].concat()).unwrap();
        let source = PackSource::File { file, offset: 10, length: bundled.len() as u64 };
        Pack::open(PackSource::newest(&shops.installed, source)?).map(|pack| pack.manifest().name.clone())
    };
    let bundled = |data_ms| opened(&dated("bundled", data_ms)).unwrap();
    assert_eq!(bundled(Some(5)), "bundled", "nothing is installed");
    std::fs::write(&shops.installed, dated("installed", Some(7))).unwrap();
    let found = [Some(5), Some(7), Some(8), None].map(bundled);
    assert_eq!(found, ["installed", "installed", "bundled", "installed"]);
    std::fs::write(&shops.installed, dated("installed", None)).unwrap();
    assert_eq!(bundled(Some(8)), "installed", "it was chosen when it was installed");
    for damaged in [Vec::new(), dated("installed", Some(9))[..5_000].to_vec()] {
        std::fs::write(&shops.installed, damaged).unwrap();
        assert_eq!(bundled(Some(5)), "bundled");
    }
    assert!(matches!(opened(b"not a pack"), Err(Error::BadPack { .. })), "what the app came with is a bug");
}

#[test]
fn whatever_fails_leaves_everything_as_it_was() {
    let pack = common::pack();
    let (shops, profile) = (Shops::new(&pack), tempfile::tempdir().unwrap());
    let engine = open(&shops.installed, Some(profile.path()));
    record(&engine);
    let calls = calls();
    let before: Vec<_> = calls.iter().map(|call| call(&engine).unwrap()).collect();

    let folder = tempfile::tempdir().unwrap();
    let shop = |name: &str, bytes: Vec<u8>| Shop::new(folder.path(), name, bytes);
    let rewritten = |change: fn(&mut Rewritten)| {
        let mut pack = other_shop(&pack);
        change(&mut pack);
        pack.file()
    };
    let other = &shops.other.bytes;
    let bad_packs = [
        ("empty", Vec::new()),
        ("half", other[..other.len() / 2].to_vec()),
        ("foreign", b"PK\x03\x04 a zip".repeat(99)),
        ("no-graph", rewritten(|pack| pack.replace("graph.decoder", b"no graph".to_vec()))),
        (
            "other-graph",
            rewritten(|pack| {
                let history = pack.bytes("graph.history");
                pack.replace("graph.decoder", history);
            }),
        ),
        (
            "half-graph",
            rewritten(|pack| {
                let graph = pack.bytes("graph.history");
                pack.replace("graph.history", graph[..graph.len() / 2].to_vec());
            }),
        ),
        (
            "ids",
            rewritten(|pack| {
                let mut ids = pack.strings("items.id_");
                ids[1] = ids[0].clone();
                pack.replace_strings("items.id_", &ids);
            }),
        ),
    ];
    let failed = |request: &InstallRequest, token: &CancelToken| {
        let error = engine.install(request, token).unwrap_err();
        let after: Vec<_> = calls.iter().map(|call| call(&engine).unwrap()).collect();
        assert_eq!(after, before, "{error}");
        assert_eq!(std::fs::read(&shops.installed).unwrap(), shops.here.bytes, "{error}");
        assert_eq!(shops.files(), ["shop.gensr"], "{error}");
        error
    };
    let token = CancelToken::new();
    for (name, bytes) in bad_packs {
        let error = failed(&shop(name, bytes).request(), &token);
        assert!(matches!(error, Error::BadPack { .. }), "{name}: {error}");
    }
    let newer = rewritten(|pack| pack.manifest["format_version"] = 99.into());
    let error = failed(&shop("newer", newer).request(), &token);
    assert!(matches!(error, Error::Incompatible { .. }), "{error}");

    let good = shops.other.request();
    let wrong_hash = InstallRequest::new(&good.pack, sha256(b"another file"));
    assert!(matches!(failed(&wrong_hash, &token), Error::BadPack { .. }));
    for no_hash in [String::new(), "g".repeat(64), "ä".repeat(32), good.expected_sha256[1..].to_owned()] {
        let request = InstallRequest::new(&good.pack, no_hash);
        assert!(matches!(failed(&request, &token), Error::InvalidArgument { .. }));
    }
    for nothing in [folder.path().join("nothing"), folder.path().to_owned()] {
        let request = InstallRequest::new(nothing, &*good.expected_sha256);
        assert!(matches!(failed(&request, &token), Error::InvalidArgument { .. }));
    }
    for nowhere in [folder.path().join("no/folder/shop.gensr"), folder.path().to_owned()] {
        let request = good.clone().destination(Some(nowhere));
        assert!(matches!(failed(&request, &token), Error::Internal { .. }));
    }
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert_eq!(failed(&good, &cancelled), Error::Cancelled);

    // And after all of that it goes well.
    shops.install(&engine, &shops.other);
    assert_eq!(std::fs::read(&shops.installed).unwrap(), shops.other.bytes);
}
