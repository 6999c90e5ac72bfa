//! An idle engine costs nothing: no thread, no processor, and no file but the profile. In a process of its own: threads are
//! counted.
//!
//! It fails with an official build of ONNX Runtime from 1.29 on: those have a thread, a database and a sender of their own for
//! telemetry (docs/packs-on-device.md).
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![cfg(target_os = "linux")]

mod common;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::views;
use gensr::{
    CancelToken, Engine, EngineOptions, Event, PackSource, RecommendRequest, SearchRequest, SimilarRequest,
    TrimLevel,
};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Ticks of processor time of the whole process, a hundred a second.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    // Fields 14 and 15 of proc(5), user and system; the third is the first after the name.
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

fn engine(pack: &Path, profile: &Path, threads: usize) -> Engine {
    let options = EngineOptions::default().threads(threads);
    Engine::open(PackSource::Path(pack.to_owned()), Some(profile), options).unwrap()
}

/// Something of everything.
fn work(engine: &Engine) {
    let token = CancelToken::new();
    let views = views(engine, &[5, 9, 17]);
    let last: &Event = views.last().unwrap();
    engine.search(&SearchRequest::new("shell"), &token).unwrap();
    engine.similar(&SimilarRequest::new(last.item_id.as_str()).personalisation(0.5), &token).unwrap();
    engine.recommend(&RecommendRequest::new().explain_history(true), &token).unwrap();
    engine.complete("sh", 5).unwrap();
    let typing = engine.typing();
    typing.keystroke("she").words().unwrap();
    typing.keystroke("shel").ranked().unwrap();
    engine.record_many(views).unwrap();
    engine.warm_up(&token).unwrap();
}

/// Ticks that pass in a pause after a call.
fn busy_after(engine: &Engine, pause: Duration) -> u64 {
    engine.recommend(&RecommendRequest::default(), &CancelToken::new()).unwrap();
    let before = ticks();
    std::thread::sleep(pause);
    ticks() - before
}

#[test]
fn an_idle_engine_costs_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["child_counts_threads", "--exact", "--ignored", "--nocapture"]);
    child.env_remove("ORT_DISABLE_TELEMETRY");
    // Wherever something would like to write, unasked.
    child
        .envs(["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"].map(|name| (name, home.path())));
    let output = child.output().unwrap();
    let [printed, failed] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}{failed}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing is written beside the profile");
}

/// The child of `an_idle_engine_costs_nothing`.
#[test]
#[ignore = "run by an_idle_engine_costs_nothing in a process of its own"]
fn child_counts_threads() {
    let pack = common::pack();
    let profile = tempfile::tempdir().unwrap();
    let before = threads();
    let one = engine(&pack, profile.path(), 1);
    assert_eq!(threads(), before, "none to open");
    work(&one);
    assert_eq!(threads(), before, "none to search");
    for level in [TrimLevel::Caches, TrimLevel::Background, TrimLevel::Everything] {
        one.trim_memory(level);
        assert_eq!(threads(), before, "none after {level:?}");
    }
    drop(one);

    // Where a host asks for threads, ONNX Runtime has them while graphs are loaded; they sleep.
    let three = engine(&pack, profile.path(), 3);
    assert!(threads() > before, "two more for each graph");
    work(&three);
    // Threads that spin burn half of these pauses or more.
    let busy: u64 = (0..20).map(|_| busy_after(&three, Duration::from_millis(20))).sum();
    assert!(busy <= 8, "{busy} ticks of 40 while nothing was asked");
    three.trim_memory(TrimLevel::Background);
    assert!(threads() > before);
    three.trim_memory(TrimLevel::Everything);
    assert_eq!(threads(), before, "they end with the graphs");
    work(&three);
    drop(three);
    assert_eq!(threads(), before);
}
