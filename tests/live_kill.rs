//! Changing the catalogue in a process that is killed at any moment: what was acknowledged is there, and no half of a call.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![cfg(unix)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::open;
use gensr::{CancelToken, Engine, History, SearchRequest, Upsert};

/// Variables for a child: pack, profile, and the round before its first one.
const TOLD: [&str; 3] = ["GENSR_TEST_PACK_OF_CHILD", "GENSR_TEST_PROFILE", "GENSR_TEST_ROUND"];
/// Items of a round; odd rounds remove the first half of them.
const ITEMS: usize = 40;

fn id(number: usize) -> String {
    format!("live-{number}")
}

/// One call that makes the catalogue that of a round.
fn change(engine: &Engine, round: usize) {
    if !round.is_multiple_of(2) {
        let ids: Vec<_> = (0..ITEMS / 2).map(id).collect();
        engine.remove_items(&ids).unwrap();
        return;
    }
    let item =
        |number| Upsert::new(id(number), format!("Flimmerbock round{round}"), "spruceneedles ".repeat(60));
    engine.upsert_items((0..ITEMS).map(item).collect()).unwrap();
}

/// The round that the catalogue is of; `None` where it is of none, or of several.
fn round(engine: &Engine) -> Option<usize> {
    let ids: Vec<_> = (0..ITEMS).map(id).collect();
    let items = engine.items(&ids).unwrap();
    let titles: BTreeSet<String> = items.iter().flatten().map(|item| item.title.clone()).collect();
    let there: Vec<bool> = items.iter().map(Option::is_some).collect();
    let halves =
        [there[..ITEMS / 2].iter().all(|there| *there), there[..ITEMS / 2].iter().any(|there| *there)];
    let Some(title) = titles.first() else { return Some(1).filter(|_| there.iter().all(|there| !there)) };
    let number: usize = title.strip_prefix("Flimmerbock round")?.parse().ok()?;
    let whole = titles.len() == 1 && there[ITEMS / 2..].iter().all(|there| *there);
    match halves {
        [true, _] => Some(number),
        [_, false] => Some(number + 1),
        _ => None,
    }
    .filter(|_| whole)
}

/// The child of `a_kill_leaves_whole_changes`.
#[test]
#[ignore = "run by a_kill_leaves_whole_changes in a process of its own"]
fn child_changes_until_killed() {
    let told = TOLD.map(|name| std::env::var_os(name).expect("run by a_kill_leaves_whole_changes"));
    let [pack, profile, last] = told;
    let engine = open(&PathBuf::from(pack), Some(&PathBuf::from(profile)));
    let last: usize = last.to_str().unwrap().parse().unwrap();
    println!("\nready");
    for round in last + 1.. {
        change(&engine, round);
        println!("\nchanged");
        // A kill also meets vectors on their way to disk.
        engine.pending_vectors().run(&engine, &CancelToken::new()).unwrap();
    }
}

#[test]
fn a_kill_leaves_whole_changes() {
    let pack = common::tiny();
    let kills: u64 = std::env::var("GENSR_KILLS").map_or(15, |kills| kills.parse().unwrap());
    let profile = tempfile::tempdir().unwrap();
    change(&open(&pack, Some(profile.path())), 2);
    let (mut before, mut changed) = (2, 0);
    for kill in 0..kills {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child_changes_until_killed", "--exact", "--ignored", "--nocapture"]);
        let told = [pack.clone().into_os_string(), profile.path().into(), before.to_string().into()];
        command.envs(TOLD.into_iter().zip(told));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "ready"), "the child begins");
        // Spread over some changes of it, by the golden section.
        std::thread::sleep(Duration::from_micros(kill * 618_034 % 1_000_000 / 5));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = lines.filter(|line| line == "changed").count();
        changed += acknowledged;

        let engine = open(&pack, Some(profile.path()));
        assert_eq!(engine.diagnostics().profile.warnings, [""; 0], "kill {kill}");
        let there = round(&engine).unwrap_or_else(|| panic!("kill {kill}: half of a change"));
        let last = before + acknowledged;
        assert!([last, last + 1].contains(&there), "kill {kill}: {there} after {last}");
        // A search finds exactly these items.
        let request = SearchRequest::new("spruceneedles").history(History::Empty).limit(100);
        let found = engine.search(&request, &CancelToken::new()).unwrap();
        let live = found.hits.iter().filter(|hit| hit.id.starts_with("live-")).count();
        assert_eq!(live, if there.is_multiple_of(2) { ITEMS } else { ITEMS / 2 }, "kill {kill}");
        before = there;
    }
    println!("{kills} kills, {changed} changes acknowledged");
    assert!(changed > 0, "some were done");
}
