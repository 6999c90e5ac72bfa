//! `inspect`, `verify`, `install` and `index`, on good and on bad files.
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::OsStr;

use common::{demo, fixture, gensr, json};
use sha2::{Digest, Sha256};

#[test]
fn inspect_adds_up() {
    let pack = fixture();
    let value = json(&[OsStr::new("inspect"), pack.as_os_str()]);
    assert_eq!(value["bytes"], pack.metadata().unwrap().len());
    assert_eq!(value["format_version"], 1);
    assert_eq!(value["id"].as_str().unwrap().len(), 64);
    let items = value["items"].as_u64().unwrap();
    let sections = value["sections"].as_array().unwrap();
    let fused = sections.iter().find(|section| section["name"] == "items.fused").unwrap();
    assert_eq!(fused["bytes"], items * value["dim"].as_u64().unwrap());
    let per_item = value["bytes_per_item"].as_object().unwrap();
    let parts: f64 =
        per_item.iter().filter(|(name, _)| *name != "total").map(|(_, v)| v.as_f64().unwrap()).sum();
    assert!((parts - per_item["total"].as_f64().unwrap()).abs() < 1e-9);
    for part in ["item_rows", "semantic", "ids_and_titles", "attributes", "words", "neighbours", "lexical"] {
        assert!(per_item.contains_key(part), "{part}");
    }

    let text = gensr(&[OsStr::new("inspect"), pack.as_os_str()]);
    assert_eq!(text.code, 0);
    assert!(!text.out.contains('\u{1b}'), "no colour where nobody looks");
    for part in
        ["items.fused", "bytes per item", value["name"].as_str().unwrap(), value["id"].as_str().unwrap()]
    {
        assert!(text.out.contains(part), "{part}");
    }
}

#[test]
fn verify_accepts_a_whole_pack_and_names_a_damaged_section() {
    let pack = fixture();
    let value = json(&[OsStr::new("verify"), pack.as_os_str()]);
    assert_eq!(value["ok"], true);

    let inspected = json(&[OsStr::new("inspect"), pack.as_os_str()]);
    let mut bytes = std::fs::read(&pack).unwrap();
    let data: u64 =
        inspected["sections"].as_array().unwrap().iter().map(|s| s["bytes"].as_u64().unwrap()).sum();
    let at = bytes.len() - data as usize;
    let first = inspected["sections"][0]["name"].as_str().unwrap();
    bytes[at] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.gensr");
    std::fs::write(&damaged, bytes).unwrap();
    gensr(&[OsStr::new("verify"), damaged.as_os_str()]).fails_with(&["damaged.gensr", first, "again"]);
}

#[test]
fn install_replaces_a_pack_or_says_why_not() {
    let demo = demo();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("shop.gensr");
    std::fs::copy(&demo, &place).unwrap();
    let sha256 = |path| {
        let digest = Sha256::digest(std::fs::read(path).unwrap());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let install = |new: &std::path::Path, sha256: &str| {
        [
            OsStr::new("install"),
            place.as_os_str(),
            new.as_os_str(),
            OsStr::new("--sha256"),
            OsStr::new(sha256),
        ]
        .map(OsStr::to_owned)
    };
    let value = json(&install(&demo, &sha256(&demo)));
    assert_eq!(value["pack_id"], json(&[OsStr::new("inspect"), demo.as_os_str()])["id"]);
    assert_eq!((&value["previous_pack_id"], &value["events"]), (&value["pack_id"], &0.into()));
    // Its graphs are dummies: it opens, and cannot answer.
    let other = fixture();
    gensr(&install(&other, &sha256(&other))).fails_with(&["pack-v1.gensr", "graph", "again"]);
    gensr(&install(&demo, &sha256(&other))).fails_with(&["SHA-256"]);
    gensr(&install(&demo, "abc")).fails_with(&["64 hex digits"]);
    assert_eq!(std::fs::read(&place).unwrap(), std::fs::read(&demo).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn files_that_are_no_packs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(fixture()).unwrap();
    let cut = whole[..whole.len() / 2].to_vec();
    let files: [(&str, &[u8]); 4] =
        [("empty", b""), ("text", b"id,title\n1,lamp\n"), ("zeros", &[0; 4096]), ("cut", &cut)];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        for command in ["inspect", "verify"] {
            gensr(&[OsStr::new(command), path.as_os_str()]).fails_with(&[name, "bad pack"]);
        }
    }
    gensr(&["inspect", "/no/such/shop.gensr"]).fails_with(&["/no/such/shop.gensr"]);
    gensr(&[OsStr::new("verify"), folder.path().as_os_str()]).fails_with(&["not a regular file"]);
}

#[test]
fn index_writes_the_words_of_a_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    gensr(&[OsStr::new("index"), folder.path().as_os_str()]).fails_with(&["items.jsonl"]);
    std::fs::write(folder.path().join("items.jsonl"), "{\"fields\":[[\"title\",\"red lamp\"]]}\n").unwrap();
    std::fs::write(folder.path().join("queries.jsonl"), "{\"text\":\"lamp\",\"fit\":true}\n").unwrap();
    let value = json(&[OsStr::new("index"), folder.path().as_os_str()]);
    assert_eq!((&value["items"], &value["queries"], &value["words"]), (&1.into(), &1.into(), &2.into()));
    assert!(folder.path().join("index.safetensors").is_file());
}

#[test]
fn typing_errors_exit_with_2() {
    for args in [&["frobnicate"][..], &["inspect"], &["index", "a", "b"], &[]] {
        let run = gensr(args);
        assert_eq!(run.code, 2, "{run:?}");
        assert_eq!(run.out, "", "{run:?}");
    }
    assert_eq!(gensr(&["--help"]).code, 0);
    assert!(gensr(&["--version"]).out.starts_with("gensr "));
}
