//! `upsert`, `remove` and `items`.
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::OsStr;

use common::{demo, gensr, gensr_with, json};
use serde_json::json;

const LINES: &str = r#"{"id": "new-1", "title": "Flimmerbock Stove", "text": "Burns spruceneedles.", "attributes": {"price": 12.5, "brand": "Zwirbelwerk", "released": "2024-02-29", "in_stock": true, "activities": ["camping"], "rating": null}}

{"id": "new-2", "timestamp_ms": 1900000000000}
"#;

#[test]
fn items_come_go_and_are_shown() {
    let pack = demo();
    let folder = tempfile::tempdir().unwrap();
    let (file, profile) = (folder.path().join("items.jsonl"), folder.path().join("profile"));
    std::fs::write(&file, LINES).unwrap();
    let [upsert, remove, items, search] = ["upsert", "remove", "items", "search"].map(OsStr::new);
    let (p, option) = (pack.as_os_str(), [OsStr::new("--profile"), profile.as_os_str()]);
    let with = |command: &[&OsStr]| json(&[command, &option].concat());

    let report = with(&[upsert, p, file.as_os_str()]);
    assert_eq!((&report["items"], &report["taken"], &report["live"]), (&json!(2), &json!(2), &json!(2)));
    let shown = with(&[items, p, "new-1".as_ref(), "nobody".as_ref()]);
    let expected = json!([
        {"id": "new-1", "title": "Flimmerbock Stove", "found": true, "attributes": {
            "brand": "Zwirbelwerk", "price": 12.5, "activities": ["camping"], "released": "2024-02-29",
            "in_stock": true}},
        {"id": "nobody", "found": false},
    ]);
    assert_eq!(shown["items"], expected);
    assert_eq!(with(&[search, p, "flimmerb".as_ref()])["hits"][0]["id"], "new-1");
    let text = gensr(&[&[items, p, "new-1".as_ref(), "nobody".as_ref()][..], &option].concat());
    assert!(text.out.contains("Flimmerbock Stove") && text.out.contains("released: 2024-02-29"), "{text:?}");
    assert!(text.out.contains("not in the catalogue"), "{text:?}");

    assert_eq!(with(&[remove, p, "new-1".as_ref(), "nobody".as_ref()]), json!({"ids": 2, "removed": 1}));
    assert_eq!(with(&[items, p, "new-1".as_ref()])["items"][0]["found"], false);
    // An older version yields; from standard input.
    let older = r#"{"id": "new-2", "title": "old", "timestamp_ms": 1}"#;
    let run = gensr_with(&[&[upsert, p, "-".as_ref()][..], &option].concat(), older);
    assert!(run.code == 0 && run.out.contains("0 of 1 items taken"), "{run:?}");
}

#[test]
fn a_bad_line_is_named_and_nothing_is_taken() {
    let pack = demo();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("items.jsonl");
    let good = r#"{"id": "good", "title": "Good"}"#;
    for (bad, says) in [
        (r#"{"title": "no id"}"#, "missing field `id`"),
        (r#"{"id": "a", "colour": "red"}"#, "unknown field `colour`"),
        (r#"{"id": "a", "attributes": {"weight": 1}}"#, "attribute \"weight\" is not in the pack, which has"),
        (r#"{"id": "a", "attributes": {"price": "9"}}"#, "attribute price is no number"),
        (r#"{"id": "a", "attributes": {"released": "2023-02-29"}}"#, "attribute released is no date"),
        ("{", "EOF"),
    ] {
        std::fs::write(&file, format!("{good}\n{bad}\n")).unwrap();
        let profile = folder.path().join("profile");
        let [upsert, option] = ["upsert", "--profile"].map(OsStr::new);
        let run = gensr(&[upsert, pack.as_os_str(), file.as_os_str(), option, profile.as_os_str()]);
        run.fails_with(&["items.jsonl, line 2", says]);
        let items = OsStr::new("items");
        let shown = json(&[items, pack.as_os_str(), "good".as_ref(), option, profile.as_os_str()]);
        assert_eq!(shown["items"][0]["found"], false);
    }
}
