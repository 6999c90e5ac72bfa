//! Stored packs, one for every format version that this engine says it reads.
//!
//! `GENSR_WRITE_FIXTURES=1 cargo test --test pack fixture` writes the one of the current version; only do that for a
//! version that has not been released. Those of older versions are never written again: they are the promise.

use std::path::PathBuf;
use std::sync::Arc;

use gensr::internals::Codebook;
use gensr::{AttributeValue, FORMAT_VERSION, OLDEST_SUPPORTED, Pack, PackSource};

use crate::writer::{Builder, IDS};

fn path(version: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/pack-v{version}.gensr"))
}

fn open(version: u32) -> Pack {
    Pack::open(PackSource::Path(path(version)))
        .unwrap_or_else(|e| panic!("fixture of version {version}: {e}"))
}

#[test]
fn the_fixture_of_this_version_is_what_the_tests_write() {
    if std::env::var_os("GENSR_WRITE_FIXTURES").is_some() {
        std::fs::write(path(FORMAT_VERSION), Builder::tiny().bytes()).unwrap();
    }
    let stored = open(FORMAT_VERSION);
    let written = Builder::tiny().open().unwrap();
    assert_eq!(stored.manifest(), written.manifest());
    for spec in &written.manifest().sections {
        assert_eq!(stored.section(&spec.name), written.section(&spec.name), "{}", spec.name);
    }
}

#[test]
fn every_version_that_we_say_we_read_is_read() {
    for version in OLDEST_SUPPORTED..=FORMAT_VERSION {
        let pack = open(version);
        assert_eq!(pack.manifest().format_version, version);
        assert!(pack.bytes_len() < 100_000);
        pack.verify(|_, _| {}).unwrap();
        let codebook = Codebook::open(Arc::new(pack)).unwrap();
        for (row, id) in (0..).zip(IDS) {
            assert_eq!((codebook.id(row), codebook.row_of(id)), (id, Some(row)));
        }
        assert_eq!(codebook.word_id("mug"), Some(1));
        assert_eq!(codebook.attribute(3, "price"), Some(AttributeValue::Number(-1.0)));
    }
}

/// The id of the stored pack, in full: a change of how ids are made would orphan every profile.
#[test]
fn the_id_of_the_first_fixture_never_changes() {
    assert_eq!(open(1).id(), "edb44e072248dec55f8d9e7ac55f77125af9970afee149ec002ae79446e468ee");
}
