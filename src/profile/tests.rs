use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

fn event(item_id: &str, timestamp_ms: i64, query: Option<&str>) -> Event {
    Event {
        item_id: item_id.to_owned(),
        kind: "view".to_owned(),
        timestamp_ms: Some(timestamp_ms),
        query: query.map(str::to_owned),
    }
}

fn ids(profile: &Profile, limit: usize) -> Vec<String> {
    profile.history(limit).unwrap().into_iter().map(|event| event.item_id).collect()
}

fn open(directory: &Path) -> Profile {
    let opened = Profile::open(directory).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.profile
}

#[test]
fn keeps_the_order_of_recording() {
    for directory in [None, Some(tempfile::tempdir().unwrap())] {
        let mut profile = match &directory {
            Some(directory) => open(directory.path()),
            None => Profile::in_memory().unwrap(),
        };
        let first = event("b", 2_000, Some("red lamp"));
        profile.record(std::slice::from_ref(&first)).unwrap();
        profile.record(&[event("a", 1_000, None), event("c", 1_000, None)]).unwrap();
        assert_eq!(ids(&profile, 10), ["b", "a", "c"], "by recording, not by time");
        assert_eq!(ids(&profile, 2), ["a", "c"]);
        assert_eq!(ids(&profile, 0), [""; 0]);
        assert_eq!(profile.history(usize::MAX).unwrap()[0], first);
    }
}

#[test]
fn survives_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/profile");
    open(&path).record(&[event("a", 1, None)]).unwrap();
    assert_eq!(ids(&open(&path), 10), ["a"]);
}

#[test]
fn one_engine_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    let error = Profile::open(directory.path()).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains("in use")), "{error}");
    drop(first);
    open(directory.path());
}

#[test]
fn features_belong_to_a_pack() {
    let mut profile = Profile::in_memory().unwrap();
    profile.keep_features("pack-1", "lamp", &[1.5, -2.0]).unwrap();
    assert_eq!(profile.features("pack-1", "lamp", 2), Some(vec![1.5, -2.0]));
    assert_eq!(profile.features("pack-1", "lamp", 3), None, "of another width");
    assert_eq!(profile.features("pack-2", "lamp", 2), None);
    profile.drop_other_features("pack-2").unwrap();
    assert_eq!(profile.features("pack-1", "lamp", 2), None);
}

#[test]
fn clearing_erases_the_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let mut profile = open(directory.path());
    let events: Vec<_> =
        (0..500).map(|i| event(&format!("secret-item-{i}"), i, Some("secret query"))).collect();
    profile.record(&events).unwrap();
    profile.keep_features("pack", "secret query", &[0.0; 64]).unwrap();
    std::fs::write(directory.path().join("profile.damaged-1-0.sqlite3"), "secret").unwrap();
    assert!(holds(directory.path(), b"secret"));
    profile.clear().unwrap();
    assert_eq!(ids(&profile, 10), [""; 0]);
    assert!(!holds(directory.path(), b"secret"), "while open");
    drop(profile);
    assert!(!holds(directory.path(), b"secret"), "after closing");
}

/// Whether any file of the folder holds these bytes.
fn holds(directory: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        std::fs::read(entry.unwrap().path()).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn a_damaged_database_is_set_aside() {
    let good = {
        let directory = tempfile::tempdir().unwrap();
        let events: Vec<_> = (0..2_000).map(|i| event(&format!("item-{i}"), i, None)).collect();
        open(directory.path()).record(&events).unwrap();
        std::fs::read(directory.path().join("profile.sqlite3")).unwrap()
    };
    let mut header = good.clone();
    header[..16].fill(b'x');
    let mut page = good.clone();
    page[3 * 4096..5 * 4096].fill(0xa5);
    let truncated = good[..good.len() / 2].to_vec();
    for (what, bytes) in
        [("garbage", vec![7; 9_000]), ("header", header), ("page", page), ("truncated", truncated)]
    {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("profile.sqlite3"), &bytes).unwrap();
        let Opened { mut profile, set_aside } = Profile::open(directory.path()).unwrap();
        let name = set_aside.unwrap_or_else(|| panic!("{what}: not noticed"));
        assert_eq!(std::fs::read(directory.path().join(&name)).unwrap(), bytes, "{what}: kept as it was");
        assert_eq!(ids(&profile, 10), [""; 0]);
        profile.record(&[event("new", 1, None)]).unwrap();
        drop(profile);
        assert_eq!(ids(&open(directory.path()), 10), ["new"], "{what}: and it works from here on");
    }
}

#[test]
fn an_empty_file_is_a_new_profile() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("profile.sqlite3"), "").unwrap();
    open(directory.path()).record(&[event("a", 1, None)]).unwrap();
}

#[test]
fn newer_and_foreign_databases_are_left_alone() {
    for sql in ["PRAGMA user_version = 2", "PRAGMA application_id = 7"] {
        let directory = tempfile::tempdir().unwrap();
        open(directory.path()).record(&[event("a", 1, None)]).unwrap();
        let file = directory.path().join("profile.sqlite3");
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&file).unwrap();
        let error = Profile::open(directory.path()).unwrap_err();
        assert!(matches!(error, Error::Incompatible { .. }), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}

#[test]
fn errors_do_not_quote_the_user() {
    let mut profile = Profile::in_memory().unwrap();
    profile.connection.execute_batch("DROP TABLE event").unwrap();
    for error in [
        profile.record(&[event("secret-item", 1, Some("secret query"))]).unwrap_err(),
        profile.history(1).unwrap_err(),
    ] {
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

/// The child of `acknowledged_events_survive_a_kill`: records for ever, printing each id once it is acknowledged.
#[test]
#[ignore = "run by acknowledged_events_survive_a_kill in a process of its own"]
fn child_records_until_killed() {
    let Some(directory) = std::env::var_os("GENSR_KILL_TEST_DIRECTORY") else { return };
    let mut profile = open(Path::new(&directory));
    for number in 0.. {
        // Now and then many at once, so that a kill also meets large transactions.
        let many = if number % 7 == 0 { 300 } else { 1 };
        let events: Vec<_> = (0..many).map(|i| event(&format!("{number}-{i}"), number, None)).collect();
        profile.record(&events).unwrap();
        println!("\nacknowledged {number} {many}");
    }
}

#[cfg(unix)]
#[test]
fn acknowledged_events_survive_a_kill() {
    for round in 1..=5_u64 {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["profile::tests::child_records_until_killed", "--exact", "--ignored", "--nocapture"])
            .env("GENSR_KILL_TEST_DIRECTORY", directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = Vec::new();
        let mut read = |line: std::io::Result<String>| {
            if let Some(rest) = line.unwrap().strip_prefix("acknowledged ") {
                let (number, many) = rest.split_once(' ').unwrap();
                acknowledged.push((number.parse::<usize>().unwrap(), many.parse::<usize>().unwrap()));
            }
            acknowledged.len()
        };
        while read(lines.next().expect("the child records until it is killed")) < 10 * round as usize {}
        // SIGKILL, at whatever point of a transaction it is by now.
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(|line| {
            read(line);
        });

        let profile = open(directory.path());
        let found = ids(&profile, usize::MAX);
        let want: Vec<_> =
            acknowledged.iter().flat_map(|(n, many)| (0..*many).map(move |i| format!("{n}-{i}"))).collect();
        assert!(
            found.starts_with(&want),
            "round {round}: {} found, {} acknowledged",
            found.len(),
            want.len()
        );
        // At most the one transaction that was committed but not yet acknowledged.
        let more = found.len() - want.len();
        assert!(matches!(more, 0 | 1 | 300), "round {round}: half of a transaction is there: {more}");
    }
}
