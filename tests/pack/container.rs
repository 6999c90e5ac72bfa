//! Good packs, wherever they lie.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use gensr::internals::Codebook;
use gensr::{Dtype, Error, Pack, PackSource};

use crate::writer::{Builder, IDS, open_bytes, open_range, reason, temporary};

#[test]
fn a_pack_gives_back_what_was_written() {
    let builder = Builder::tiny();
    let bytes = builder.bytes();
    let pack = open_bytes(&bytes).unwrap();
    assert_eq!(pack.bytes_len(), bytes.len());
    assert_eq!(pack.id().len(), 64);
    let manifest = pack.manifest();
    assert_eq!((manifest.items, manifest.dim, manifest.sections.len()), (5, 64, builder.sections.len()));
    assert_eq!(manifest.kind_index("search"), 2);
    assert_eq!(manifest.kind_index("never seen"), 0);
    assert_eq!((manifest.tasks.search.lexical, manifest.tasks.search.floor), (0.5, 0.0));
    for s in &builder.sections {
        let used = s.elements as usize * s.data.len() / s.shape.iter().product::<u64>() as usize;
        assert_eq!(pack.section(&s.name).unwrap(), &s.data[..used], "{}", s.name);
    }
    assert!(pack.section("no.such").is_none() && !pack.has("no.such"));
    pack.verify(|_, _| {}).unwrap();
}

/// The published reader lists the same sections with the same bytes: a pack is a safetensors file.
#[test]
fn any_safetensors_reader_reads_a_pack() {
    let builder = Builder::tiny();
    let bytes = builder.bytes();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.len(), builder.sections.len());
    for s in &builder.sections {
        let view = tensors.tensor(&s.name).unwrap();
        assert_eq!(view.data(), s.data);
        assert_eq!(view.dtype().to_string(), s.dtype);
    }
}

#[test]
fn typed_sections_check_name_and_dtype() {
    let pack = Builder::tiny().open().unwrap();
    assert_eq!(*pack.typed::<f32>("items.popularity").unwrap(), [-1.0, -2.0, -3.0, -4.0, -5.0]);
    assert_eq!(*pack.typed::<half::f16>("future.section").unwrap(), [half::f16::ONE; 3]);
    assert_eq!(pack.section_spec("future.section").unwrap().dtype, Dtype::F16);
    assert!(reason(pack.typed::<f32>("items.fused")).contains("items.fused is I8, not F32"));
    assert!(reason(pack.typed::<f32>("nothing")).contains("nothing is missing"));
}

/// An asset of an APK begins at any multiple of 4; a range of some other file begins anywhere.
#[test]
fn a_pack_may_begin_at_any_offset_of_a_bigger_file() {
    let bytes = Builder::tiny().bytes();
    let plain = open_bytes(&bytes).unwrap();
    for offset in [0, 1, 2, 3, 4, 7, 8, 60, 64, 4_095, 4_096, 4_100, 8_196, 3 * 4_096 + 4, 12_345] {
        let mut outer = vec![0xAA; offset];
        outer.extend_from_slice(&bytes);
        outer.extend_from_slice(&[0xBB; 100]);
        let pack = open_range(temporary(&outer), offset as u64, bytes.len() as u64).unwrap();
        assert_eq!((pack.id(), pack.bytes_len()), (plain.id(), bytes.len()));
        for spec in &plain.manifest().sections {
            assert_eq!(pack.section(&spec.name), plain.section(&spec.name), "{} at {offset}", spec.name);
        }
        assert_eq!(
            pack.typed::<u32>("items.id_order").unwrap(),
            plain.typed::<u32>("items.id_order").unwrap()
        );
        pack.verify(|_, _| {}).unwrap();
        let codebook = Codebook::open(Arc::new(pack)).unwrap();
        assert_eq!(codebook.fused_rows().scales, [0.01, 0.02, 0.03, 0.5, 1.0], "{offset}");
        for (row, id) in (0..).zip(IDS) {
            assert_eq!((codebook.id(row), codebook.row_of(id)), (id, Some(row)));
        }
        assert_eq!(codebook.word_id("tea"), Some(2));
    }
}

#[test]
fn sections_are_copied_only_where_they_are_not_aligned() {
    let bytes = Builder::tiny().bytes();
    let borrowed = |offset: usize, name: &str| {
        let mut outer = vec![0; offset];
        outer.extend_from_slice(&bytes);
        let pack = open_range(temporary(&outer), offset as u64, bytes.len() as u64).unwrap();
        matches!(pack.typed::<f32>(name).unwrap(), std::borrow::Cow::Borrowed(_))
    };
    assert!(borrowed(0, "items.popularity"));
    assert!(borrowed(4_100, "items.popularity"));
    assert!(!borrowed(4_098, "items.popularity"));
    assert!(!borrowed(1, "items.popularity"));
}

#[test]
fn a_range_outside_the_file_is_refused() {
    let bytes = Builder::tiny().bytes();
    let n = bytes.len() as u64;
    for (offset, length) in
        [(0, n + 1), (1, n), (n, 64), (u64::MAX, 1), (u64::MAX, u64::MAX), (64, u64::MAX), (0, 0)]
    {
        reason(open_range(temporary(&bytes), offset, length));
    }
}

#[test]
fn paths_that_are_not_packs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Pack::open(PackSource::Path(folder.path().join("none.gensr")));
    assert!(matches!(missing, Err(Error::InvalidArgument { .. })));
    reason(Pack::open(PackSource::Path(folder.path().to_owned())));
    let empty = folder.path().join("empty.gensr");
    File::create(&empty).unwrap();
    assert!(reason(Pack::open(PackSource::Path(empty))).contains("empty"));
    let text = folder.path().join("text.gensr");
    File::create(&text).unwrap().write_all(&b"not a pack at all, just words ".repeat(20)).unwrap();
    reason(Pack::open(PackSource::Path(text)));
}

#[test]
fn an_open_pack_outlives_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.gensr");
    std::fs::write(&path, Builder::tiny().bytes()).unwrap();
    let pack = Pack::open(PackSource::from(path.as_path())).unwrap();
    // As an update does it: another file takes the name.
    let mut other = Builder::tiny();
    other.manifest["name"] = "Other".into();
    std::fs::write(folder.path().join("new"), other.bytes()).unwrap();
    std::fs::rename(folder.path().join("new"), &path).unwrap();
    pack.verify(|_, _| {}).unwrap();
    assert_eq!(pack.manifest().name, "Tiny");
    assert_eq!(Pack::open(PackSource::Path(path)).unwrap().manifest().name, "Other");
}

#[test]
fn verify_reports_progress_up_to_the_end() {
    let builder = Builder::tiny();
    let mut seen = Vec::new();
    builder.open().unwrap().verify(|done, total| seen.push((done, total))).unwrap();
    let total = builder.data().len();
    assert_eq!((seen[0], *seen.last().unwrap()), ((0, total), (total, total)));
    assert!(seen.is_sorted());
}

#[test]
fn packs_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Pack>();
    shared::<Codebook>();
}
