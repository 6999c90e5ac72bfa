use std::path::Path;

use super::*;
use crate::limits::MAX_QUERY_BYTES;

#[cfg(feature = "sqlcipher")]
mod encrypted;
mod erasing;
mod full_disk;
mod transferring;

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
    open_with(directory, ProfileOptions::default())
}

fn open_with(directory: &Path, options: ProfileOptions) -> Profile {
    let opened = Profile::open(directory, options, NOW_MS).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.profile
}

/// The present of these tests.
const NOW_MS: i64 = 1_700_000_000_000;

#[test]
fn keeps_the_order_of_recording() {
    for directory in [None, Some(tempfile::tempdir().unwrap())] {
        let mut profile = match &directory {
            Some(directory) => open(directory.path()),
            None => Profile::in_memory(ProfileOptions::default()).unwrap(),
        };
        let first = event("b", 2_000, Some("red lamp"));
        profile.record(std::slice::from_ref(&first), NOW_MS).unwrap();
        profile.record(&[event("a", 1_000, None), event("c", 1_000, None)], NOW_MS).unwrap();
        assert_eq!(ids(&profile, 10), ["b", "a", "c"], "by recording, not by time");
        assert_eq!(ids(&profile, 2), ["a", "c"]);
        assert_eq!(ids(&profile, 0), [""; 0]);
        assert_eq!(Event::from(profile.history(usize::MAX).unwrap()[0].clone()), first);
        assert!(profile.history(9).unwrap().is_sorted_by_key(|event| event.id));
    }
}

#[test]
fn survives_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/profile");
    open(&path).record(&[event("a", 1, None)], NOW_MS).unwrap();
    assert_eq!(ids(&open(&path), 10), ["a"]);
}

#[test]
fn one_engine_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    let error = Profile::open(directory.path(), ProfileOptions::default(), NOW_MS).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains("in use")), "{error}");
    drop(first);
    open(directory.path());
}

#[test]
fn features_belong_to_what_made_them() {
    let mut profile = Profile::in_memory(ProfileOptions::default()).unwrap();
    profile.keep_features("pack-1", "lamp", &[1.5, -2.0]).unwrap();
    assert_eq!(profile.features("pack-1", "lamp", 2), Some(vec![1.5, -2.0]));
    assert_eq!(profile.features("pack-1", "lamp", 3), None, "of another width");
    assert_eq!(profile.features("pack-2", "lamp", 2), None);
    profile.keep_features("pack-1 a variant", "lamp", &[0.5, 0.5]).unwrap();
    assert_eq!(profile.features("pack-1 a variant", "lamp", 2), Some(vec![0.5, 0.5]));
    assert_eq!(profile.features("pack-1", "lamp", 2), Some(vec![1.5, -2.0]), "one beside the other");
    profile.drop_other_features("pack-1").unwrap();
    assert_eq!(profile.features("pack-1 a variant", "lamp", 2), None);
    assert_eq!(profile.features("pack-1", "lamp", 2), Some(vec![1.5, -2.0]));
    profile.drop_other_features("pack-2").unwrap();
    assert_eq!(profile.features("pack-1", "lamp", 2), None);
}

/// Whether any file of the folder holds these bytes.
fn holds(directory: &Path, bytes: &[u8]) -> bool {
    files(directory).any(|file| file.windows(bytes.len()).any(|window| window == bytes))
}

fn files(directory: &Path) -> impl Iterator<Item = Vec<u8>> {
    std::fs::read_dir(directory).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
}

#[test]
fn a_profile_of_version_1_is_brought_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("profile.sqlite3");
    Connection::open(&file)
        .unwrap()
        .execute_batch(
            "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, item_id TEXT NOT NULL, kind TEXT NOT NULL,
                 timestamp_ms INTEGER NOT NULL, query TEXT);
             CREATE TABLE query_features (pack_id TEXT NOT NULL, query TEXT NOT NULL, features BLOB NOT NULL,
                 PRIMARY KEY (pack_id, query));
             PRAGMA application_id = 1735291762; PRAGMA user_version = 1;
             INSERT INTO event (item_id, kind, timestamp_ms) VALUES ('lamp', 'view', 7);",
        )
        .unwrap();
    let mut profile = open(directory.path());
    assert_eq!(ids(&profile, 10), ["lamp"]);
    profile.record(&[event("a", 8, None)], NOW_MS).unwrap();
    let version = |profile: &Profile| {
        profile.connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(version(&profile), schema::SCHEMA_VERSION);
}

#[test]
fn a_damaged_database_is_set_aside() {
    let good = {
        let directory = tempfile::tempdir().unwrap();
        let events: Vec<_> = (0..2_000).map(|i| event(&format!("item-{i}"), i, None)).collect();
        open(directory.path()).record(&events, NOW_MS).unwrap();
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
        let Opened { mut profile, set_aside } =
            Profile::open(directory.path(), ProfileOptions::default(), NOW_MS).unwrap();
        let name = set_aside.unwrap_or_else(|| panic!("{what}: not noticed"));
        assert_eq!(std::fs::read(directory.path().join(&name)).unwrap(), bytes, "{what}: kept as it was");
        assert_eq!(ids(&profile, 10), [""; 0]);
        profile.record(&[event("new", 1, None)], NOW_MS).unwrap();
        drop(profile);
        assert_eq!(ids(&open(directory.path()), 10), ["new"], "{what}: and it works from here on");
    }
}

#[test]
fn an_empty_file_is_a_new_profile() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("profile.sqlite3"), "").unwrap();
    open(directory.path()).record(&[event("a", 1, None)], NOW_MS).unwrap();
}

#[test]
fn newer_and_foreign_databases_are_left_alone() {
    for sql in ["PRAGMA user_version = 1000", "PRAGMA application_id = 7"] {
        let directory = tempfile::tempdir().unwrap();
        open(directory.path()).record(&[event("a", 1, None)], NOW_MS).unwrap();
        let file = directory.path().join("profile.sqlite3");
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&file).unwrap();
        let error = Profile::open(directory.path(), ProfileOptions::default(), NOW_MS).unwrap_err();
        assert!(matches!(error, Error::Incompatible { .. }), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}

#[test]
fn errors_do_not_quote_the_user() {
    let mut profile = Profile::in_memory(ProfileOptions::default()).unwrap();
    profile.connection.execute_batch("DROP TABLE event").unwrap();
    for error in [
        profile.record(&[event("secret-item", 1, Some("secret query"))], NOW_MS).unwrap_err(),
        profile.history(1).unwrap_err(),
    ] {
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
