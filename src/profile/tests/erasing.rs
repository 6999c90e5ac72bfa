//! Forgotten events are gone from the files, and nothing else is.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 86_400_000;

fn forget(profile: &mut Profile, what: Forget) -> usize {
    profile.forget(&what).unwrap()
}

#[test]
fn forgets_what_is_named() {
    let mut profile = Profile::in_memory(ProfileOptions::default()).unwrap();
    let all = [
        event("a", 10, Some("red lamp")),
        event("b", 20, None),
        event("c", 15, Some("  red \t lamp ")),
        event("a", 30, Some("Red lamp")),
        event("d", 25, Some("lamp")),
    ];
    profile.record(&all, NOW_MS).unwrap();
    profile.keep_features("pack", "lamp", &[1.0]).unwrap();
    assert_eq!(forget(&mut profile, Forget::Query("nothing".into())), 0);
    assert_eq!(profile.features("pack", "lamp", 1), Some(vec![1.0]), "nothing was forgotten");
    assert_eq!(
        forget(&mut profile, Forget::Query("red  lamp ".into())),
        2,
        "white space does not count, case does"
    );
    assert_eq!(ids(&profile, 9), ["b", "a", "d"]);
    assert_eq!(profile.features("pack", "lamp", 1), None, "made again when needed");
    assert_eq!(forget(&mut profile, Forget::Since(25)), 2, "by time, and the time itself");
    assert_eq!(ids(&profile, 9), ["b"]);
    let b = profile.history(1).unwrap()[0].id;
    assert_eq!(forget(&mut profile, Forget::Event(b + 1)), 0);
    assert_eq!(forget(&mut profile, Forget::Event(b)), 1);
    profile.record(&all, NOW_MS).unwrap();
    assert!(profile.history(9).unwrap()[0].id > b, "no id is used again");
    assert_eq!(forget(&mut profile, Forget::Item("a".into())), 2);
    assert_eq!(ids(&profile, 9), ["b", "c", "d"]);
    for wrong in
        [Forget::Query(" \t".into()), Forget::Query("x".repeat(MAX_QUERY_BYTES + 1)), Forget::Item("".into())]
    {
        assert!(matches!(profile.forget(&wrong), Err(Error::InvalidArgument { .. })));
    }
}

#[test]
fn clearing_erases_the_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let mut profile = open(directory.path());
    let events: Vec<_> =
        (0..500).map(|i| event(&format!("secret-item-{i}"), i, Some("secret query"))).collect();
    profile.record(&events, NOW_MS).unwrap();
    profile.keep_features("pack", "secret query", &[0.0; 64]).unwrap();
    std::fs::write(directory.path().join("profile.damaged-1-0.sqlite3"), "secret").unwrap();
    assert!(holds(directory.path(), b"secret"));
    profile.clear().unwrap();
    assert_eq!(ids(&profile, 10), [""; 0]);
    assert!(!holds(directory.path(), b"secret"), "while open");
    drop(profile);
    assert!(!holds(directory.path(), b"secret"), "after closing");
}

/// The traces of an event in a file: marks that no other event has, and that encrypted files do not have by chance, as they have
/// marks of 4 bytes. Long queries reach overflow pages.
fn marked(number: usize, length: usize) -> Event {
    let query = format!("<query-{number}>").repeat(length);
    event(&format!("<item-{number}>"), number as i64, (length > 0).then_some(query.as_str()))
}

#[derive(Debug, Clone)]
enum Step {
    Record(Vec<usize>),
    Features(usize),
    Forget(Vec<usize>),
    Import(Vec<usize>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lengths =
        || prop::collection::vec(prop_oneof![4 => 0_usize..8, 3 => 0_usize..120, 1 => 0_usize..360], 1..60);
    let step = prop_oneof![
        4 => lengths().prop_map(Step::Record),
        1 => (0_usize..999).prop_map(Step::Features),
        3 => prop::collection::vec(0_usize..999, 1..12).prop_map(Step::Forget),
        1 => lengths().prop_map(Step::Import),
    ];
    prop::collection::vec(step, 2..14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Rows move between pages when others come and go, and SQLite leaves copies behind: of what is forgotten there is none.
    #[test]
    fn no_byte_of_what_is_forgotten_is_left(steps in steps(), encrypt: bool) {
        let directory = tempfile::tempdir().unwrap();
        let mut options = ProfileOptions::default();
        if encrypt && cfg!(feature = "sqlcipher") {
            options.key = Some(ProfileKey::new([7; 32]));
        }
        let plain = options.key.is_none();
        let mut profile = open_with(directory.path(), options);
        let (mut kept, mut gone, mut number) = (Vec::new(), Vec::new(), 0);
        for step in steps {
            match step {
                Step::Record(lengths) | Step::Import(lengths) => {
                    let events: Vec<_> = (number..).zip(&lengths).map(|(number, length)| marked(number, *length)).collect();
                    kept.extend(number..number + events.len());
                    number += events.len();
                    profile.record(&events, NOW_MS).unwrap();
                }
                Step::Features(which) if !kept.is_empty() => {
                    let query = format!("<query-{}>", kept[which % kept.len()]);
                    profile.keep_features("pack", &query, &[0.5; 600]).unwrap();
                }
                Step::Features(_) => {}
                Step::Forget(which) => for which in which {
                    if kept.is_empty() {
                        break;
                    }
                    let lost: usize = kept.remove(which % kept.len());
                    gone.push(lost);
                    let id = format!("<item-{lost}>");
                    prop_assert_eq!(profile.forget(&Forget::Item(id)).unwrap(), 1);
                },
            }
            let want: Vec<_> = kept.iter().map(|number| format!("<item-{number}>")).collect();
            prop_assert_eq!(ids(&profile, usize::MAX), want);
            let all: Vec<u8> = files(directory.path()).flatten().collect();
            let marks = marks(&all);
            for number in &gone {
                prop_assert!(!marks.contains(number), "event {} is still there", number);
            }
            if plain {
                prop_assert!(kept.iter().all(|number| marks.contains(number)), "the search finds what is there");
            } else {
                prop_assert!(marks.is_empty(), "nothing can be read");
            }
        }
    }
}

/// The numbers of the events whose marks are in these bytes.
fn marks(bytes: &[u8]) -> std::collections::HashSet<usize> {
    let number = |rest: &[u8]| {
        let rest = rest.strip_prefix(b"item-").or_else(|| rest.strip_prefix(b"query-"))?;
        let end = rest.iter().take(8).position(|byte| *byte == b'>')?;
        std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
    };
    bytes.split(|byte| *byte == b'<').filter_map(number).collect()
}

#[test]
fn free_pages_are_overwritten_in_place() {
    let directory = tempfile::tempdir().unwrap();
    let mut profile = open(directory.path());
    let number = |profile: &Profile, pragma: &str| {
        profile.connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for round in 0..40 {
        let many = 1 + round * 37 % 900;
        profile.record(&(0..many).map(|i| marked(i, 40)).collect::<Vec<_>>(), NOW_MS).unwrap();
        profile.forget(&Forget::Since(3)).unwrap();
        let (pages, free) = (number(&profile, "page_count"), number(&profile, "freelist_count"));
        for _ in 0..3 {
            assert_eq!(profile.forget(&Forget::Item("nothing".into())).unwrap(), 0);
        }
        assert!(
            number(&profile, "page_count") <= pages + 1,
            "{free} of {pages} pages were free: the file grows"
        );
        let zero = |page: &&[u8]| page.iter().all(|byte| *byte == 0);
        let all = std::fs::read(directory.path().join("profile.sqlite3")).unwrap();
        let zeros = all.chunks(4096).filter(zero).count() as i64;
        let free = number(&profile, "freelist_count");
        // The free list itself is in the first of them, one of a thousand.
        assert!(zeros >= free - 1 - free / 1000, "{zeros} of {free} free pages are empty");
    }

    // A killed transaction leaves this: free pages with something in them, which nothing undoes.
    drop(profile);
    let file = directory.path().join("profile.sqlite3");
    let mut all = std::fs::read(&file).unwrap();
    let free = all.chunks_mut(4096).filter(|page| page.iter().all(|byte| *byte == 0));
    assert!(free.map(|page| page[..6].copy_from_slice(b"secret")).count() > 10);
    std::fs::write(&file, all).unwrap();
    let journal = directory.path().join("profile.sqlite3-journal");
    drop(open(directory.path()));
    assert!(holds(directory.path(), b"secret"));
    let copy = std::fs::read(&file).unwrap();
    open(directory.path()).forget(&Forget::Item("nothing".into())).unwrap();
    assert!(!holds(directory.path(), b"secret"), "forgetting overwrites them");
    std::fs::write(&file, copy).unwrap();
    std::fs::write(journal, "a journal that was cut short").unwrap();
    drop(open(directory.path()));
    assert!(!holds(directory.path(), b"secret"), "and so does opening after a crash");
}

#[test]
fn more_events_than_allowed_push_out_the_oldest() {
    let directory = tempfile::tempdir().unwrap();
    let options = ProfileOptions { max_events: 32, ..ProfileOptions::default() };
    let mut profile = open_with(directory.path(), options.clone());
    for number in 0..100 {
        let erased = profile.record(&[marked(number, 3)], NOW_MS).unwrap();
        let found = profile.history(usize::MAX).unwrap();
        assert!(found.len() <= 32 && found.len() >= 30.min(number + 1), "{}", found.len());
        assert_eq!(found.last().unwrap().item_id, format!("<item-{number}>"));
        assert_eq!(erased, number >= 32 && (number - 32) % 3 == 0);
        let all: Vec<u8> = files(directory.path()).flatten().collect();
        assert_eq!(marks(&all).len(), found.len(), "no byte of the others");
    }
    drop(profile);
    let fewer = ProfileOptions { max_events: 1, ..options };
    assert_eq!(ids(&open_with(directory.path(), fewer), 9), ["<item-99>"], "when opened, too");
}

#[test]
fn what_is_too_old_is_erased_but_not_by_a_clock_that_leaps() {
    let directory = tempfile::tempdir().unwrap();
    let age = Duration::from_secs(30 * 86_400);
    let options = ProfileOptions { max_age: Some(age), ..ProfileOptions::default() };
    let at = |day: i64| {
        let profile =
            Profile::open(directory.path(), options.clone(), NOW_MS + day * DAY_MS).unwrap().profile;
        ids(&profile, 9)
    };
    let mut profile = open(directory.path());
    let days = [-40, -20, -5];
    let events = days.map(|day| event(&format!("<item{day}>"), NOW_MS + day * DAY_MS, None));
    profile.record(&events, NOW_MS).unwrap();
    drop(profile);
    assert_eq!(at(0), ["<item-20>", "<item-5>"]);
    assert!(!holds(directory.path(), b"<item-40>"));
    assert_eq!(at(9_000), ["<item-20>", "<item-5>"], "ahead for a moment");
    assert_eq!(at(1), ["<item-20>", "<item-5>"], "and set right");
    assert_eq!(at(-9_000), ["<item-20>", "<item-5>"], "back for a moment");
    assert_eq!(at(2), ["<item-20>", "<item-5>"]);
    assert_eq!(at(12), ["<item-20>", "<item-5>"], "away for more than a week");
    let aside = directory.path().join(format!("profile.damaged-{}-0.sqlite3", NOW_MS - 25 * DAY_MS));
    std::fs::write(&aside, "old").unwrap();
    assert_eq!(at(13), ["<item-5>"], "and back");
    assert!(!aside.exists(), "what was set aside is as old");
    let mut profile = Profile::open(directory.path(), options.clone(), NOW_MS + 14 * DAY_MS).unwrap().profile;
    assert!(
        profile
            .record(&[event("new", NOW_MS + 30 * DAY_MS, None)], NOW_MS + 30 * DAY_MS)
            .is_ok_and(|erased| !erased)
    );
    assert!(
        profile.record(&[event("new", NOW_MS + 32 * DAY_MS, None)], NOW_MS + 32 * DAY_MS).unwrap(),
        "when recording, too"
    );
    assert_eq!(ids(&profile, 9), ["new", "new"]);
}

#[test]
fn options_have_limits() {
    let directory = tempfile::tempdir().unwrap();
    let day = Duration::from_secs(86_400);
    for wrong in [
        ProfileOptions { max_events: 0, ..ProfileOptions::default() },
        ProfileOptions { max_events: 100_001, ..ProfileOptions::default() },
        ProfileOptions { max_age: Some(day - Duration::from_nanos(1)), ..ProfileOptions::default() },
    ] {
        let error = Profile::open(directory.path(), wrong, NOW_MS).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
    let key = Some(ProfileKey::new([1; 32]));
    let keyed = Profile::open(directory.path(), ProfileOptions { key, ..ProfileOptions::default() }, NOW_MS);
    assert_eq!(keyed.is_ok(), cfg!(feature = "sqlcipher"), "a key is never ignored");
    let whole = ProfileOptions { max_age: Some(Duration::MAX), ..ProfileOptions::default() };
    assert!(
        Profile::in_memory(whole.clone()).unwrap().record(&[event("a", i64::MIN, None)], i64::MAX).is_ok()
    );
}
