//! A disk without room.

use super::*;

/// As many pages as the database has now, as if the disk had no more.
fn fill(profile: &Profile) {
    let pages: i64 = profile.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    profile.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
}

#[test]
fn says_so_loses_nothing_and_works_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut profile = open(directory.path());
    let some: Vec<_> = (0..100).map(|i| event(&format!("item-{i}"), i, Some("a query"))).collect();
    profile.record(&some, NOW_MS).unwrap();
    fill(&profile);
    let before = profile.history(usize::MAX).unwrap();
    let many: Vec<_> = (0..900).map(|i| event(&format!("more-{i}"), i, None)).collect();
    let mut file = Vec::new();
    transfer::write(
        many.iter()
            .map(|event| RecordedEvent {
                id: 0,
                item_id: event.item_id.clone(),
                kind: event.kind.clone(),
                timestamp_ms: -1,
                query: None,
            })
            .collect(),
        &mut file,
    )
    .unwrap();
    let imported = Profile::read_import(&file[..]).unwrap();
    for error in [
        profile.record(&many, NOW_MS).unwrap_err(),
        profile.import(imported.clone(), NOW_MS).unwrap_err(),
        profile.keep_features("pack", "a query", &[0.0; 9_000]).unwrap_err(),
    ] {
        assert!(
            matches!(&error, Error::Internal { reason } if reason.contains("the disk is full")),
            "{error}"
        );
    }
    assert_eq!(profile.history(usize::MAX).unwrap(), before);
    assert_eq!(profile.extent, Extent::of(&profile.connection).unwrap());
    assert_eq!(
        profile.forget(&Forget::Since(50)).unwrap(),
        50,
        "forgetting needs no more pages than there are"
    );
    profile.connection.query_row("PRAGMA max_page_count = 100000", [], |_| Ok(())).unwrap();
    profile.record(&many, NOW_MS).unwrap();
    assert_eq!(profile.import(imported, NOW_MS).unwrap(), 900);
    drop(profile);
    assert_eq!(ids(&open(directory.path()), usize::MAX).len(), 50 + 900 + 900);
}
