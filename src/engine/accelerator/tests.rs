//! What is kept on disk, and under which key.

use std::sync::Arc;

use super::*;
use crate::engine::TrimLevel;
use crate::engine::model::Model;
use crate::engine::own::OwnHistory;
use crate::pack::{Pack, PackSource};
use crate::profile::ProfileOptions;
use crate::request::{Event, RecommendRequest, SearchRequest};
use crate::text::Maker;

mod trials;

const PACK: &str = "a pack";

fn accelerators(choice: Provider, profile: &Path, os_build: &str) -> Accelerators {
    runtime::available(None).unwrap();
    with_threads(choice, profile, os_build, 1)
}

fn with_threads(choice: Provider, profile: &Path, os_build: &str, threads: usize) -> Accelerators {
    Accelerators::new(choice, Some(profile), Some(os_build.to_owned()), threads)
}

fn kept() -> Note {
    Note::Kept("half the time".to_owned())
}

#[test]
fn notes_outlive_the_process_under_their_key_alone() {
    let profile = tempfile::tempdir().unwrap();
    let open = |os_build: &str| accelerators(Provider::Auto, profile.path(), os_build);
    assert_eq!(open("1").kept(PACK), None);
    let slow = Note::Refused("slow".to_owned());
    open("1").notes(Provider::CoreMl, PACK).unwrap().write(Some(&slow)).unwrap();
    open("1").notes(Provider::Xnnpack, PACK).unwrap().write(Some(&kept())).unwrap();
    assert_eq!(open("1").kept(PACK), Some((Provider::Xnnpack, kept())));
    assert_eq!(open("1").notes(Provider::CoreMl, PACK).unwrap().read(), Some(slow), "one beside the other");
    for (os_build, pack) in [("2", PACK), ("1", "another pack"), ("1:6:a pac", "k")] {
        assert_eq!(open(os_build).kept(pack), None, "{os_build} {pack}");
        assert_eq!(open(os_build).notes(Provider::CoreMl, pack).unwrap().read(), None);
    }
    // Notes of another key take the place of these: nobody goes back to an older system.
    open("2").notes(Provider::Xnnpack, PACK).unwrap().write(Some(&Note::Trying)).unwrap();
    assert_eq!(open("1").kept(PACK), None);
    assert_eq!(open("2").kept(PACK), None, "being tried is not kept");
    open("2").notes(Provider::Xnnpack, PACK).unwrap().write(None).unwrap();
    assert_eq!(open("2").notes(Provider::Xnnpack, PACK).unwrap().read(), None);
}

#[test]
fn notes_are_of_a_number_of_threads_and_compiled_graphs_of_any() {
    runtime::available(None).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let open = |threads: usize| with_threads(Provider::Auto, profile.path(), "1", threads);
    open(1).notes(Provider::CoreMl, PACK).unwrap().write(Some(&kept())).unwrap();
    assert_eq!(open(1).kept(PACK), Some((Provider::CoreMl, kept())));
    assert_eq!(open(4).kept(PACK), None, "the processor is faster with four");
    assert_eq!(open(4).notes(Provider::CoreMl, PACK).unwrap().read(), None);
    let options = SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None };
    let compiled = |threads: usize| open(threads).session(Provider::CoreMl, PACK, &options).compiled;
    assert_eq!(compiled(1), compiled(4));
}

#[test]
fn notes_are_read_as_earlier_versions_wrote_them() {
    let profile = tempfile::tempdir().unwrap();
    let open = || accelerators(Provider::Auto, profile.path(), "1");
    let notes = |provider| open().notes(provider, PACK).unwrap();
    notes(Provider::CoreMl).write(Some(&kept())).unwrap();
    let file = profile.path().join(FOLDER).join(NOTES);
    let key = notes(Provider::CoreMl).key;
    let stored = format!(r#"{{"key":"{key}","notes":{{"coreml":{{"refused":"slow"}},"xnnpack":"trying"}}}}"#);
    std::fs::write(&file, stored).unwrap();
    assert_eq!(notes(Provider::CoreMl).read(), Some(Note::Refused("slow".to_owned())));
    assert_eq!(notes(Provider::Xnnpack).read(), Some(Note::Trying));
    notes(Provider::Xnnpack).write(Some(&Note::TryingAgain)).unwrap();
    assert_eq!(notes(Provider::Xnnpack).read(), Some(Note::TryingAgain));
    assert_eq!(notes(Provider::CoreMl).read(), Some(Note::Refused("slow".to_owned())));
}

#[test]
fn a_file_that_is_not_ours_holds_no_notes_and_is_replaced() {
    let profile = tempfile::tempdir().unwrap();
    let open = || accelerators(Provider::Auto, profile.path(), "1");
    let mut notes = open().notes(Provider::Xnnpack, PACK).unwrap();
    notes.write(Some(&kept())).unwrap();
    let file = profile.path().join(FOLDER).join(NOTES);
    let ours = std::fs::read(&file).unwrap();
    let mut long = ours.clone();
    long.extend(std::iter::repeat_n(b' ', MAX_NOTES as usize));
    long.extend(b"{");
    for bytes in [&b""[..], b"[]", b"\xff\xfe", &ours[..ours.len() - 1], b"{\"key\":1,\"notes\":{}}"] {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(open().kept(PACK), None);
        open().notes(Provider::Xnnpack, PACK).unwrap().write(Some(&kept())).unwrap();
        assert_eq!(open().kept(PACK), Some((Provider::Xnnpack, kept())));
    }
    std::fs::write(&file, long).unwrap();
    assert_eq!(
        open().kept(PACK),
        Some((Provider::Xnnpack, kept())),
        "read no further than notes can be long"
    );
}

#[test]
fn without_a_profile_nothing_is_kept_and_nothing_tried() {
    runtime::available(None).unwrap();
    let accelerators = Accelerators::new(Provider::Auto, None, None, 1);
    assert!(accelerators.notes(Provider::CoreMl, PACK).is_none());
    assert_eq!(accelerators.kept(PACK), None);
}

#[test]
fn compiled_graphs_of_other_keys_are_deleted() {
    let profile = tempfile::tempdir().unwrap();
    let options = SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None };
    let folder = |os_build: &str| {
        let accelerators = accelerators(Provider::CoreMl, profile.path(), os_build);
        let session = accelerators.session(Provider::CoreMl, PACK, &options);
        (accelerators, session.compiled.unwrap())
    };
    let ((old, old_folder), (new, new_folder)) = (folder("1"), folder("2"));
    assert_ne!(old_folder, new_folder);
    assert_eq!(old.session(Provider::Xnnpack, PACK, &options).compiled, None, "it compiles nothing");
    for folder in [&old_folder, &new_folder] {
        std::fs::create_dir_all(folder.join("text-16")).unwrap();
    }
    new.notes(Provider::CoreMl, PACK).unwrap().write(Some(&kept())).unwrap();
    new.tidy(PACK);
    assert!(!old_folder.exists() && new_folder.join("text-16").exists());
    assert_eq!(new.kept(PACK), Some((Provider::CoreMl, kept())), "notes stay");
}

#[test]
fn compiled_graphs_that_nobody_asks_for_are_deleted() {
    let profile = tempfile::tempdir().unwrap();
    let open = |choice| accelerators(choice, profile.path(), "1");
    let options = SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None };
    let folder = open(Provider::CoreMl).session(Provider::CoreMl, PACK, &options).compiled.unwrap();
    let stays = |choice: Provider, note: Option<Note>| {
        open(Provider::Auto).notes(Provider::CoreMl, PACK).unwrap().write(note.as_ref()).unwrap();
        std::fs::create_dir_all(folder.join("text-16")).unwrap();
        open(choice).tidy(PACK);
        folder.exists()
    };
    let refused = || Some(Note::Refused("slow".to_owned()));
    for note in [None, Some(Note::Trying), Some(kept())] {
        assert!(stays(Provider::Auto, note.clone()) && stays(Provider::CoreMl, note), "it may be asked for");
    }
    assert!(stays(Provider::CoreMl, refused()), "who names it does not ask what was found");
    assert!(!stays(Provider::Auto, refused()));
    for choice in [Provider::Cpu, Provider::Xnnpack, Provider::Nnapi] {
        assert!(!stays(choice, None), "{choice} compiles nothing");
    }
    open(Provider::Auto).tidy(PACK);
}

/// The tiny pack of the Python tests with a variant, opened with what is kept in `profile`.
fn view(test: &str, choice: Provider, profile: &Path) -> Option<Loaded> {
    let pack = Arc::new(Pack::open(PackSource::Path(pack(test)?)).unwrap());
    let own = Arc::new(OwnHistory::new(None, ProfileOptions::default()));
    let options = SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None };
    Some(Loaded::open(0, pack, own, options, accelerators(choice, profile, "1")).unwrap())
}

fn pack(_test: &str) -> Option<PathBuf> {
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny.gensr"))
}

/// A variant in place of an accelerator, run by the processor.
fn variant(view: &Loaded, section: &str) -> Variant {
    Variant { section: section.to_owned(), options: view.model.options.clone(), yields: None }
}

#[test]
fn what_was_kept_is_used_by_the_next_process_and_yields_where_it_fails() {
    let test = "what_was_kept_is_used_by_the_next_process_and_yields_where_it_fails";
    let profile = tempfile::tempdir().unwrap();
    let Some(plain) = view(test, Provider::Cpu, profile.path()) else { return };
    let mut notes =
        accelerators(Provider::Auto, profile.path(), "1").notes(Provider::Xnnpack, plain.pack_id()).unwrap();
    notes.write(Some(&kept())).unwrap();
    let Some(auto) = view(test, Provider::Auto, profile.path()) else { return };
    assert_eq!(auto.model.text.accelerator(), Some(Provider::Xnnpack));
    assert!(lock(&auto.model.decision).as_ref().is_some_and(|found| found.starts_with("xnnpack kept: half")));
    auto.try_accelerators(&CancelToken::new()).unwrap();
    assert_eq!(auto.model.text.accelerator(), Some(Provider::Xnnpack), "it is not tried again");
    if runtime::available(None).unwrap().contains(&Provider::Xnnpack) {
        return;
    }
    // This ONNX Runtime has none, as if it had broken since.
    let search = |view: &Loaded| view.search(&SearchRequest::new("red tent"), &CancelToken::new()).unwrap();
    let (expected, found) = (search(&plain), search(&auto));
    assert_eq!(expected.hits, found.hits);
    assert_eq!(found.providers, [("text", "cpu".to_owned()), ("decoder", "cpu".to_owned())]);
    // That lasts: over a trim, and into the next process, which tries it no more.
    let given_up = Some("xnnpack refused: it failed later".to_owned());
    assert_eq!(*lock(&auto.model.decision), given_up);
    assert_eq!(notes.read(), Some(Note::Refused("it failed later".to_owned())));
    auto.model.trim(TrimLevel::Everything);
    assert_eq!(auto.model.text.maker(), Maker::default());
    assert_eq!(search(&auto).hits, expected.hits);
    auto.try_accelerators(&CancelToken::new()).unwrap();
    assert_eq!(*lock(&auto.model.decision), given_up);
    let Some(next) = view(test, Provider::Auto, profile.path()) else { return };
    assert_eq!(next.model.text.accelerator(), None);
    let refused = |_| panic!("it is tried again");
    let variant = |_| Some(variant(&next, "graph.text@fp32"));
    next.try_some(&[Provider::Xnnpack], variant, refused, &CancelToken::new()).unwrap();
    assert_eq!(*lock(&next.model.decision), given_up);
}

#[test]
fn what_makes_vectors_of_items_runs_on_the_processor_whatever_was_named() {
    let test = "what_makes_vectors_of_items_runs_on_the_processor_whatever_was_named";
    let profile = tempfile::tempdir().unwrap();
    let Some(pack) = pack(test) else { return };
    let pack = Arc::new(Pack::open(PackSource::Path(pack)).unwrap());
    let options = SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None };
    let named = accelerators(Provider::CoreMl, profile.path(), "1");
    let model = Model::new(pack, options, named);
    assert_eq!(model.options.provider, Provider::CoreMl);
    assert_eq!(model.item_graph().map(|graph| graph.provider()), Ok(Provider::Cpu));
}

#[test]
fn what_one_encoder_made_of_a_query_does_not_serve_another() {
    let test = "what_one_encoder_made_of_a_query_does_not_serve_another";
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let Some(pack) = pack(test) else { return };
    let pack = Arc::new(Pack::open(PackSource::Path(pack)).unwrap());
    let accelerators = accelerators(Provider::Cpu, folders[0].path(), "1");
    let open = |folder: &tempfile::TempDir, section: Option<&str>| {
        let own = Arc::new(OwnHistory::new(Some(folder.path()), ProfileOptions::default()));
        let options = SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None };
        let view = Loaded::open(0, Arc::clone(&pack), own, options, accelerators.clone()).unwrap();
        section.iter().for_each(|section| view.model.text.accelerate(variant(&view, section)));
        view
    };
    let event = |view: &Loaded| Event {
        item_id: view.codebook.id(1).to_owned(),
        kind: view.manifest().kinds[0].name.clone(),
        timestamp_ms: Some(1_700_000_000_000),
        query: Some("blue kettle".to_owned()),
    };
    let record = |view: &Loaded| view.own.with(view, |own| own.record(vec![event(view)])).unwrap();
    let answers = |view: &Loaded| {
        let recommend = RecommendRequest { now_ms: Some(1_700_000_100_000), ..RecommendRequest::default() };
        let search = SearchRequest { now_ms: recommend.now_ms, ..SearchRequest::new("red tent") };
        let cancel = CancelToken::new();
        // The first speaks for the history alone.
        [view.recommend(&recommend, &cancel).unwrap().hits, view.search(&search, &cancel).unwrap().hits]
    };
    let stored = |view: &Loaded| {
        let (maker, width) = (view.model.text.maker(), view.model.sizes.query);
        view.own.with(view, |own| Ok(own.features(view.pack_id(), &maker, "blue kettle", width))).unwrap()
    };

    let alone = open(&folders[1], Some("graph.text@fp32"));
    record(&alone);
    let by_variant = answers(&alone);

    let view = open(&folders[0], None);
    record(&view);
    let by_processor = answers(&view);
    assert!(by_processor.iter().zip(&by_variant).all(|(a, b)| a != b), "there is something to tell apart");
    let of_processor = stored(&view);
    assert!(of_processor.is_some());
    let item = || {
        let words = view.codebook.words();
        view.model.text.item_features("red tent", "red tent", words, &CancelToken::new()).unwrap()
    };
    let item_by_processor = item();
    // In memory: features of queries, and the state of the history.
    view.model.text.accelerate(variant(&view, "graph.text@fp32"));
    assert_eq!(answers(&view), by_variant);
    assert_eq!(item(), item_by_processor, "vectors of items outlive the choice");
    let of_variant = stored(&view);
    assert!(of_variant.is_some() && of_variant != of_processor, "one beside the other");
    // It fails: this pack has no such variant.
    let failing = Variant {
        yields: Some(given_up(Provider::CoreMl, None, Arc::default())),
        ..variant(&view, "graph.text@fp16")
    };
    view.model.text.accelerate(failing);
    assert_eq!(answers(&view), by_processor);
    drop(view);

    // On disk, where what the other made is dropped.
    for (section, expected) in [(Some("graph.text@fp32"), &by_variant), (None, &by_processor)] {
        let view = open(&folders[0], section);
        for _ in 0..2 {
            assert_eq!(answers(&view), *expected, "{section:?}");
        }
        let made = if section.is_some() { &of_variant } else { &of_processor };
        assert_eq!(stored(&view), *made);
    }
}
