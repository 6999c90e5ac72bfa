//! Profiles that are encrypted at rest.

use super::*;

fn keyed(byte: u8) -> ProfileOptions {
    ProfileOptions { key: Some(ProfileKey::new([byte; 32])), ..ProfileOptions::default() }
}

fn secret(directory: &Path, options: ProfileOptions) -> Profile {
    let mut profile = open_with(directory, options);
    let events: Vec<_> = (0..300).map(|i| event(&format!("secret-{i}"), i, Some("secret query"))).collect();
    profile.record(&events, NOW_MS).unwrap();
    profile.keep_features("secret-pack", "secret query", &[0.5; 64]).unwrap();
    profile
}

/// Every file with its bytes.
fn snapshot(directory: &Path) -> std::collections::BTreeMap<std::ffi::OsString, Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect()
}

#[track_caller]
fn refused(directory: &Path, options: ProfileOptions, why: &str) {
    let before = snapshot(directory);
    let error = Profile::open(directory, options, NOW_MS).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains(why)), "{error}");
    assert!(snapshot(directory) == before, "nothing is touched");
}

#[test]
fn nothing_can_be_read_without_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let profile = secret(directory.path(), keyed(1));
    assert!(!holds(directory.path(), b"secret"), "while open");
    assert!(!holds(directory.path(), b"SQLite format"));
    assert!(
        !holds(directory.path(), &[1; 32]) && !holds(directory.path(), "01".repeat(32).as_bytes()),
        "nor the key"
    );
    drop(profile);
    refused(directory.path(), ProfileOptions::default(), "the profile is encrypted");
    refused(directory.path(), keyed(2), "not the profile's key");
    let profile = open_with(directory.path(), keyed(1));
    assert_eq!(ids(&profile, usize::MAX).len(), 300);
    assert_eq!(profile.features("secret-pack", "secret query", 64), Some(vec![0.5; 64]));
    assert_eq!(format!("{:?}", profile.options.key), "Some(ProfileKey(..))");
}

#[test]
fn a_lost_key_check_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    drop(secret(directory.path(), keyed(1)));
    let file = directory.path().join("profile.keycheck");
    let check = std::fs::read(&file).unwrap();
    for lost in [None, Some(&b"junk"[..]), Some(&b"00 11\n\xff"[..])] {
        std::fs::remove_file(&file).unwrap();
        if let Some(junk) = lost {
            std::fs::write(&file, junk).unwrap();
        }
        refused(directory.path(), keyed(2), "its key check is missing");
        drop(open_with(directory.path(), keyed(1)));
        assert_eq!(std::fs::read(&file).unwrap(), check);
    }
}

#[test]
fn damage_is_told_from_a_wrong_key() {
    let good = tempfile::tempdir().unwrap();
    drop(secret(good.path(), keyed(1)));
    let bytes = std::fs::read(good.path().join("profile.sqlite3")).unwrap();
    let mut header = bytes.clone();
    header[..16].fill(9);
    let mut page = bytes.clone();
    page[5000..5100].fill(9);
    for (what, bytes) in [("header", header), ("page", page), ("truncated", bytes[..6000].to_vec())] {
        let directory = tempfile::tempdir().unwrap();
        for name in ["profile.keycheck", "profile.lock"] {
            std::fs::copy(good.path().join(name), directory.path().join(name)).unwrap();
        }
        std::fs::write(directory.path().join("profile.sqlite3"), &bytes).unwrap();
        refused(directory.path(), keyed(2), "not the profile's key");
        refused(directory.path(), ProfileOptions::default(), "the profile is encrypted");
        let Opened { mut profile, set_aside } = Profile::open(directory.path(), keyed(1), NOW_MS).unwrap();
        let name = set_aside.unwrap_or_else(|| panic!("{what}: not noticed"));
        assert_eq!(std::fs::read(directory.path().join(name)).unwrap(), bytes, "{what}: kept as it was");
        profile.record(&[event("new", 1, None)], NOW_MS).unwrap();
        drop(profile);
        assert_eq!(
            ids(&open_with(directory.path(), keyed(1)), 10),
            ["new"],
            "{what}: and it works from here on"
        );
    }
}

#[test]
fn keys_change() {
    let directory = tempfile::tempdir().unwrap();
    let profile = secret(directory.path(), keyed(1));
    std::fs::write(directory.path().join("profile.damaged-1-0.sqlite3"), "x").unwrap();
    let mut profile = profile.rotate_key(&ProfileKey::new([2; 32])).unwrap();
    profile.record(&[event("secret-new", 1, None)], NOW_MS).unwrap();
    let events = profile.history(usize::MAX).unwrap();
    drop(profile);
    let names: Vec<_> = snapshot(directory.path()).into_keys().collect();
    assert_eq!(names, ["profile.keycheck", "profile.lock", "profile.sqlite3", "profile.sqlite3-journal"]);
    refused(directory.path(), keyed(1), "not the profile's key");
    let profile = open_with(directory.path(), keyed(2));
    assert_eq!(profile.history(usize::MAX).unwrap(), events, "ids, too");
    assert_eq!(profile.features("secret-pack", "secret query", 64), Some(vec![0.5; 64]));
    assert!(!holds(directory.path(), b"secret"));
    let memory = Profile::in_memory(ProfileOptions::default()).unwrap();
    assert!(matches!(memory.rotate_key(&ProfileKey::new([2; 32])), Err(Error::InvalidArgument { .. })));
}

#[test]
fn a_change_of_keys_that_was_cut_short_leaves_one_key_that_opens() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    drop(secret(directory.path(), keyed(1)));
    let old = snapshot(directory.path());
    drop(open_with(directory.path(), keyed(1)).rotate_key(&ProfileKey::new([2; 32])).unwrap());
    let new = snapshot(directory.path());
    let check = |of: &std::collections::BTreeMap<std::ffi::OsString, Vec<u8>>| {
        of[std::ffi::OsStr::new("profile.keycheck")].clone()
    };
    let database = |of: &std::collections::BTreeMap<std::ffi::OsString, Vec<u8>>| {
        of[std::ffi::OsStr::new("profile.sqlite3")].clone()
    };
    let both = [check(&old), check(&new)].concat();
    // Before the new database has taken the old one's name, and after; its key check is there both times.
    for (present, right, wrong) in [(&old, 1, 2), (&new, 2, 1)] {
        std::fs::write(file("profile.keycheck"), &both).unwrap();
        std::fs::write(file("profile.sqlite3"), database(present)).unwrap();
        std::fs::write(file("profile.next.sqlite3"), database(&new)).unwrap();
        refused(directory.path(), keyed(wrong), "not the profile's key");
        assert_eq!(ids(&open_with(directory.path(), keyed(right)), usize::MAX).len(), 300);
        assert!(!file("profile.next.sqlite3").exists());
        assert_eq!(std::fs::read(file("profile.keycheck")).unwrap(), check(present));
    }
}

#[test]
fn a_plain_profile_becomes_an_encrypted_one() {
    let directory = tempfile::tempdir().unwrap();
    let events = secret(directory.path(), ProfileOptions::default()).history(usize::MAX).unwrap();
    std::fs::write(directory.path().join("profile.damaged-1-0.sqlite3"), "secret").unwrap();
    assert!(holds(directory.path(), b"secret"));
    let profile = open_with(directory.path(), keyed(1));
    assert_eq!(profile.history(usize::MAX).unwrap(), events);
    drop(profile);
    assert!(!holds(directory.path(), b"secret"), "set-aside files included");
    refused(directory.path(), ProfileOptions::default(), "the profile is encrypted");

    let by_rotation = tempfile::tempdir().unwrap();
    let profile =
        secret(by_rotation.path(), ProfileOptions::default()).rotate_key(&ProfileKey::new([3; 32])).unwrap();
    assert_eq!(profile.history(usize::MAX).unwrap(), events);
    drop(profile);
    assert!(!holds(by_rotation.path(), b"secret"));
    open_with(by_rotation.path(), keyed(3));
}
