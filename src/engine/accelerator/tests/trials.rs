//! Trials: of what, in which order, and what calls and processes do to each other.

use std::cell::RefCell;
use std::time::Duration;

use super::*;
use crate::engine::{Engine, EngineOptions};

#[test]
fn a_trial_compares_searches_of_the_pack() {
    let test = "a_trial_compares_searches_of_the_pack";
    let profile = tempfile::tempdir().unwrap();
    let Some(view) = view(test, Provider::Auto, profile.path()) else { return };
    let canaries = view.canaries();
    assert_eq!((canaries.len(), canaries.clone()), (CANARIES, view.canaries()), "fixed");
    for (length, query) in &canaries {
        let tokens = view.model.text.tokens(query).unwrap().unwrap().len();
        assert_eq!(*length == Length::Short, tokens <= 16, "{tokens} tokens: {query}");
    }
    let trial = |section: &str| view.trial(variant(&view, section), &CancelToken::new());
    let (Note::Kept(found) | Note::Refused(found)) = trial("graph.text@fp32").unwrap() else { panic!() };
    println!("{found}");
    assert!(found.contains("of the best 10 are the same"), "{found}");
    assert!(
        found.contains("for short texts") || !found.starts_with("100.0 %"),
        "what agrees is timed: {found}"
    );
    // Without a mask it is no variant.
    assert_eq!(trial("graph.text"), Ok(Note::Refused("it fails".to_owned())));
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert_eq!(view.trial(variant(&view, "graph.text@fp32"), &cancelled), Err(Error::Cancelled));
}

#[test]
fn canaries_have_the_same_lengths_whatever_titles_a_pack_has() {
    let texts = |titles: &[&str]| {
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        canaries(titles.len(), |row| &titles[row])
    };
    let (million, wide) = ("a ".repeat(1 << 20), "\u{3042}".repeat(1 << 20));
    for titles in [
        &["tent", "red  tent\tfor two people", "", " ", "x"][..],
        &[million.as_str(), wide.as_str(), "a"],
        &[wide.as_str()],
        &["a"],
    ] {
        let found = texts(titles);
        assert!(found.iter().any(|(length, _)| *length == Length::Long), "{titles:.40?}");
        for (length, query) in found {
            assert!(!query.is_empty() && query == normalise(&query));
            match length {
                Length::Short => assert!(query.len() <= SHORT && query.split(' ').count() <= 3, "{query}"),
                Length::Long => assert!(query.len() <= LONG, "{query}"),
            }
        }
    }
    // Short titles are joined until they are long, and go on with the first one.
    let short: Vec<_> = (0..48).map(|n| format!("mug {n}")).collect();
    let found = canaries(short.len(), |row| &short[row]);
    assert!(found.iter().all(|(length, query)| *length == Length::Short || query.len() > LONG - 10));
    assert_eq!(found[0], (Length::Short, "mug 0".to_owned()));
    assert!(found[1].1.starts_with("mug 2. mug 3. ") && found[23].1.starts_with("mug 46. mug 47. mug 0. "));
    assert_eq!(texts(&["", " "]), []);
}

#[test]
fn accelerators_are_tried_in_the_order_of_the_candidates_until_one_wins() {
    let test = "accelerators_are_tried_in_the_order_of_the_candidates_until_one_wins";
    let there = Provider::ALL;
    for winner in [Some(Provider::CoreMl), Some(Provider::Xnnpack), None] {
        let profile = tempfile::tempdir().unwrap();
        let Some(view) = view(test, Provider::Auto, profile.path()) else { return };
        let tried = RefCell::new(Vec::new());
        let variant = |provider| {
            let mut variant = variant(&view, "graph.text@fp32");
            variant.options.provider = provider;
            Some(variant)
        };
        let trial = |variant: Variant| {
            let provider = variant.options.provider;
            tried.borrow_mut().push(provider);
            Ok(if Some(provider) == winner { kept() } else { Note::Refused("slow".to_owned()) })
        };
        for _ in 0..2 {
            view.try_some(&there, variant, trial, &CancelToken::new()).unwrap();
        }
        let coreml_wins = winner == Some(Provider::CoreMl);
        let expected = if coreml_wins { &Provider::CANDIDATES[..1] } else { &Provider::CANDIDATES };
        assert_eq!(*tried.borrow(), expected, "each once");
        assert_eq!(view.model.text.accelerator(), winner);
        let decision = lock(&view.model.decision).clone().unwrap();
        let says = if coreml_wins { "coreml kept: half" } else { "coreml refused: slow; xnnpack " };
        assert!(decision.starts_with(says), "{decision}");
    }
}

#[test]
fn who_waits_for_the_trial_of_another_call_can_cancel() {
    let test = "who_waits_for_the_trial_of_another_call_can_cancel";
    let profile = tempfile::tempdir().unwrap();
    let Some(view) = view(test, Provider::Auto, profile.path()) else { return };
    let variant = |_| Some(variant(&view, "graph.text@fp32"));
    let waits = CancelToken::new();
    let trial = |_| {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let refused = |_| panic!("two trials at once");
                view.try_some(&[Provider::Xnnpack], variant, refused, &waits)
            });
            // The trial goes on until the other call has given up.
            waits.cancel();
            assert_eq!(waiting.join().unwrap(), Err(Error::Cancelled));
        });
        Err(Error::Cancelled)
    };
    let cancelled = view.try_some(&[Provider::Xnnpack], variant, trial, &CancelToken::new());
    assert_eq!(cancelled, Err(Error::Cancelled));
    assert_eq!(view.model.accelerators.notes(Provider::Xnnpack, view.pack_id()).unwrap().read(), None);
}

#[test]
fn what_a_process_compiled_that_ended_is_not_what_the_next_one_reads() {
    let test = "what_a_process_compiled_that_ended_is_not_what_the_next_one_reads";
    for before in [None, Some(Note::Trying)] {
        let profile = tempfile::tempdir().unwrap();
        let Some(view) = view(test, Provider::Auto, profile.path()) else { return };
        let (model, pack) = (&view.model, view.pack_id());
        let options = model.accelerators.session(Provider::CoreMl, pack, &model.options);
        let folder = options.compiled.clone().unwrap();
        std::fs::create_dir_all(folder.join("text-16")).unwrap();
        model.accelerators.notes(Provider::CoreMl, pack).unwrap().write(before.as_ref()).unwrap();
        let variant = |_| Some(Variant { options: options.clone(), ..variant(&view, "graph.text@fp16") });
        let tried = RefCell::new(0);
        let trial = |_| {
            *tried.borrow_mut() += 1;
            assert_eq!(folder.exists(), before.is_none(), "{before:?}");
            Ok(Note::Refused("slow".to_owned()))
        };
        view.try_some(&[Provider::CoreMl], variant, trial, &CancelToken::new()).unwrap();
        assert_eq!(*tried.borrow(), 1);
    }
}

#[test]
fn a_second_try_of_one_process_is_not_that_of_a_second_process() {
    let test = "a_second_try_of_one_process_is_not_that_of_a_second_process";
    let profile = tempfile::tempdir().unwrap();
    let Some(view) = view(test, Provider::Auto, profile.path()) else { return };
    let variant = |_| Some(variant(&view, "graph.text@fp32"));
    let note = || view.model.accelerators.notes(Provider::Xnnpack, view.pack_id()).unwrap().read();
    for _ in 0..3 {
        let panics = std::panic::AssertUnwindSafe(|| {
            let panics = |_| panic!("a trial");
            view.try_some(&[Provider::Xnnpack], variant, panics, &CancelToken::new())
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(note(), Some(Note::Trying));
    }
    view.try_some(&[Provider::Xnnpack], variant, |_| Ok(kept()), &CancelToken::new()).unwrap();
    assert_eq!((note(), view.model.text.accelerator()), (Some(kept()), Some(Provider::Cpu)));
}

#[test]
fn diagnostics_do_not_wait_for_a_trial() {
    let test = "diagnostics_do_not_wait_for_a_trial";
    let profile = tempfile::tempdir().unwrap();
    let Some(pack) = pack(test) else { return };
    let options = EngineOptions { provider: Provider::Auto, ..EngineOptions::default() };
    let engine = Engine::open(PackSource::Path(pack), Some(profile.path()), options).unwrap();
    let view = engine.view();
    let trial = |_| {
        std::thread::scope(|scope| {
            let (send, answered) = std::sync::mpsc::channel();
            let engine = &engine;
            scope.spawn(move || send.send(engine.diagnostics().accelerator));
            // The trial goes on until it is answered.
            assert_eq!(answered.recv_timeout(Duration::from_secs(60)), Ok(None));
        });
        Ok(Note::Refused("slow".to_owned()))
    };
    let variant = |_| Some(variant(&view, "graph.text@fp32"));
    view.try_some(&[Provider::Xnnpack], variant, trial, &CancelToken::new()).unwrap();
    assert_eq!(engine.diagnostics().accelerator, Some("xnnpack refused: slow".to_owned()));
}
