//! A profile on a disk that has no room left: a real one, a few hundred KB in memory.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{END_MS, open, recorded};
use gensr::{DISLIKE, Event, Forget, History};

/// The child of `a_full_disk_loses_nothing`: `GENSR_DISK` is the place where the disk is mounted.
#[test]
#[ignore = "run by a_full_disk_loses_nothing in a process of its own"]
fn child() {
    let disk = std::env::var_os("GENSR_DISK").expect("run by a_full_disk_loses_nothing");
    let pack = common::pack();
    let (profile, ballast) = (Path::new(&disk).join("profile"), Path::new(&disk).join("ballast"));
    let engine = open(&pack, Some(&profile));
    // It may end with an error; what is left is for the test.
    let _ = std::fs::write(&ballast, vec![1; 150 * 1024]);
    let event = |number: usize| {
        Event::new(format!("item-{number}"), DISLIKE.to_owned())
            .timestamp_ms(Some(END_MS + number as i64))
            .query(Some("a query".repeat(40)))
    };
    let mut acknowledged = Vec::new();
    let error = loop {
        assert!(acknowledged.len() < 5_000, "the disk has no end");
        let next = event(acknowledged.len());
        match engine.record(next.clone()) {
            Ok(()) => acknowledged.push(next),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(acknowledged.len() > 10);
    assert_eq!(recorded(&engine, usize::MAX), acknowledged);
    assert_eq!(common::recommend(&engine, History::Profile).hits.len(), 10, "it goes on answering");
    let mut export = Vec::new();
    assert_eq!(engine.export_history(&mut export).unwrap(), acknowledged.len());
    drop(engine);

    let engine = open(&pack, Some(&profile));
    assert_eq!(recorded(&engine, usize::MAX), acknowledged, "and opens");
    let error = engine.record_many((0..500).map(event).collect()).unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    let forget = Forget::Item("item-3".to_owned());
    match engine.forget(&forget) {
        Ok(erased) => assert_eq!(erased, 1),
        Err(error) => {
            assert!(error.to_string().contains("the disk is full"), "{error}");
            assert_eq!(recorded(&engine, usize::MAX), acknowledged);
            std::fs::remove_file(&ballast).unwrap();
            assert_eq!(engine.forget(&forget).unwrap(), 1);
        }
    }
    acknowledged.remove(3);
    let _ = std::fs::remove_file(&ballast);
    engine.record(event(9_999)).unwrap();
    acknowledged.push(event(9_999));
    assert_eq!(recorded(&engine, usize::MAX), acknowledged, "with room it works again");
    let database = std::fs::read(profile.join("profile.sqlite3")).unwrap();
    assert!(!database.windows(7).any(|window| window == b"item-3\x64"), "item-3 and its kind are gone");
    println!("\nall of it was done");
}

#[test]
#[ignore = "needs a system that lets users mount a disk (unshare); scripts/test-rust runs it"]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A name space of its own needs no root, and its mount goes with the process.
    let isolated = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
        command.arg(std::env::current_exe().unwrap()).env("GENSR_DISK", folder.path());
        command
    };
    let mount = "mount -t tmpfs -o size=300k tmpfs \"$GENSR_DISK\"";
    let run = format!("{mount} && exec \"$0\" child --exact --ignored --nocapture");
    let output = isolated(&run).output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("all of it was done"), "{said}");
}
