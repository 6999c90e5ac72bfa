//! Damaged and hostile containers: an error that names the check, never a panic, never another view of the data.

use std::io::{Seek, SeekFrom, Write};

use gensr::{Error, FORMAT_VERSION, Pack};
use serde_json::{Value, json};

use crate::writer::{
    Builder, assemble, data_start, header_text, hex_sha256, metadata, open_bytes, open_range, reason,
    temporary,
};

type Entries = serde_json::Map<String, Value>;

/// Opens a tiny pack after a change of its header's tables; the manifest's root is computed after the change.
fn with_tables(change: impl FnOnce(&mut Value, &mut Entries)) -> gensr::Result<Pack> {
    let builder = Builder::tiny();
    let (mut manifest, mut entries) = builder.tables();
    change(&mut manifest, &mut entries);
    open_bytes(&assemble(&header_text(metadata(&manifest), entries), &builder.data()))
}

/// The same change in header and manifest, as an attacker who computes the root would make it.
fn with_section(name: &str, key: &str, value: Value) -> gensr::Result<Pack> {
    with_tables(|manifest, entries| {
        let rows = manifest["sections"].as_array_mut().unwrap();
        rows.iter_mut().find(|r| r["name"] == name).unwrap()[key] = value.clone();
        entries[name][if key == "offsets" { "data_offsets" } else { key }] = value;
    })
}

fn with_metadata(change: impl FnOnce(&mut Value)) -> gensr::Result<Pack> {
    let builder = Builder::tiny();
    let (manifest, entries) = builder.tables();
    let mut metadata = metadata(&manifest);
    change(&mut metadata);
    open_bytes(&assemble(&header_text(metadata, entries), &builder.data()))
}

#[test]
fn truncated_anywhere() {
    let bytes = Builder::tiny().bytes();
    let file = temporary(&bytes);
    let start = data_start(&bytes);
    let pack = open_bytes(&bytes).unwrap();
    let ends = pack.manifest().sections.iter().map(|s| start + s.offsets[1] as usize);
    let mut lengths: Vec<usize> = ends.flat_map(|end| [end - 1, end, end + 1]).collect();
    lengths.extend((0..80).chain([start - 64, start - 1, start, start + 1]));
    lengths.extend((0..bytes.len()).step_by(37));
    for length in lengths.into_iter().filter(|&n| n < bytes.len()) {
        let cut = open_range(file.try_clone().unwrap(), 0, length as u64);
        assert!(matches!(cut, Err(Error::BadPack { .. })), "at {length} of {}", bytes.len());
    }
}

#[test]
fn bytes_after_the_last_section() {
    for extra in [1, 63, 64, 4_096] {
        let mut bytes = Builder::tiny().bytes();
        bytes.resize(bytes.len() + extra, 0);
        assert!(reason(open_bytes(&bytes)).contains("the sections end at"));
    }
}

/// Every bit-flip that is still a pack must be the very same pack.
#[test]
fn every_byte_of_the_header_flipped() {
    let bytes = Builder::tiny().bytes();
    let good = open_bytes(&bytes).unwrap();
    let mut file = temporary(&bytes);
    for at in 0..data_start(&bytes) {
        // Over the tables every bit takes its turn; 0x20 makes spaces and other letters' cases.
        let flip = if at % 9 == 8 { 0x20 } else { 1 << (at % 9) };
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[bytes[at] ^ flip]).unwrap();
        if let Ok(pack) = open_range(file.try_clone().unwrap(), 0, bytes.len() as u64) {
            assert_eq!((pack.id(), pack.manifest()), (good.id(), good.manifest()), "byte {at} flip {flip:x}");
            for spec in &good.manifest().sections {
                assert_eq!(pack.section(&spec.name), good.section(&spec.name), "byte {at} flip {flip:x}");
            }
        }
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&bytes[at..=at]).unwrap();
    }
    open_range(file, 0, bytes.len() as u64).unwrap();
}

#[test]
fn a_flipped_payload_opens_and_fails_verify_by_name() {
    let builder = Builder::tiny();
    let bytes = builder.bytes();
    let mut at = data_start(&bytes);
    for s in &builder.sections {
        for place in [at, at + s.data.len() - 1] {
            let mut bad = bytes.clone();
            bad[place] ^= 0x10;
            let pack = open_bytes(&bad).unwrap();
            let why = reason(pack.verify(|_, _| {}));
            assert!(why.contains(&format!("section {} is damaged", s.name)), "{why}");
        }
        at += s.data.len();
    }
}

#[test]
fn padding_that_hides_bytes_fails_verify() {
    let mut builder = Builder::tiny();
    let section = builder.section("items.popularity");
    *section.data.last_mut().unwrap() = 1;
    let why = reason(builder.open().unwrap().verify(|_, _| {}));
    assert!(why.contains("items.popularity") && why.contains("padding"), "{why}");
}

#[test]
fn absurd_header_lengths() {
    let good = Builder::tiny().bytes();
    let real = data_start(&good) as u64 - 8;
    for length in [0, 1, 56, real - 64, real - 1, real + 1, real + 64, 16 << 20, (16 << 20) + 56]
        .into_iter()
        .chain([1 << 32, i64::MAX as u64, u64::MAX - 7, u64::MAX])
    {
        let mut bytes = good.clone();
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        assert!(matches!(open_bytes(&bytes), Err(Error::BadPack { .. })), "{length}");
    }
}

#[test]
fn a_header_that_is_not_aligned() {
    let builder = Builder::tiny();
    let (manifest, entries) = builder.tables();
    let text = header_text(metadata(&manifest), entries);
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    let text = if (8 + text.len()).is_multiple_of(64) { format!("{text} ") } else { text };
    bytes[..8].copy_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(&builder.data());
    assert!(reason(open_bytes(&bytes)).contains("multiple of 64"));
}

#[test]
fn headers_that_are_not_headers() {
    for text in [
        String::new(),
        "{".into(),
        "{}".into(),
        "[]".into(),
        "null".into(),
        " {}".into(),
        "{\"__metadata__\":null}".into(),
        "{\"__metadata__\":{\"format\":1}}".into(),
        format!("{{\"a\":{}", "[".repeat(100_000)),
        format!("{{\"__metadata__\":{}", "{\"a\":".repeat(100_000)),
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,0]}}".into(),
        "{\"a\":1}trailing".into(),
    ] {
        reason(open_bytes(&assemble(&text, &[])));
    }
    let mut bytes = assemble("{\"\u{e4}\":1}", &[]);
    bytes[10] = 0xFF;
    reason(open_bytes(&bytes));
}

#[test]
fn huge_shapes() {
    for shape in [
        json!([u64::MAX]),
        json!([u64::MAX, 2]),
        json!([1_u64 << 32, 1_u64 << 32]),
        json!([u64::MAX / 4 + 2]),
        json!([1_u64 << 62]),
        json!([0, u64::MAX]),
        json!([-1]),
        json!([1.5]),
        json!([1e30]),
        json!([]),
        json!([4, 4, 1]),
        json!(vec![1; 5_000]),
    ] {
        reason(with_section("items.popularity", "shape", shape));
    }
}

#[test]
fn overlaps_holes_and_offsets_that_run_backwards() {
    let data = Builder::tiny().data().len() as u64;
    for offsets in [
        json!([0, 64]),
        json!([64, 0]),
        json!([data, data + 64]),
        json!([data - 64, data]),
        json!([u64::MAX - 63, u64::MAX]),
        json!([0, u64::MAX]),
        json!([-64, 0]),
        json!([0]),
        json!([0, 64, 64]),
    ] {
        reason(with_section("items.popularity", "offsets", offsets));
    }
    // A hole: the last section is one block further on, in a file that has that block.
    let mut builder = Builder::tiny();
    let last = builder.sections.pop().unwrap();
    builder.list("hole", "U8", vec![1; 64]);
    builder.sections.push(last);
    let (mut manifest, mut entries) = builder.tables();
    entries.remove("hole");
    manifest["sections"].as_array_mut().unwrap().retain(|r| r["name"] != "hole");
    let bytes = assemble(&header_text(metadata(&manifest), entries), &builder.data());
    assert!(reason(open_bytes(&bytes)).contains("overlap or hole"));
}

#[test]
fn swapped_sections() {
    // In the header only: the manifest tells.
    let why = reason(with_tables(|_, entries| {
        let (a, b) = (entries["items.fused"].clone(), entries["items.semantic"].clone());
        entries["items.fused"] = b;
        entries["items.semantic"] = a;
    }));
    assert!(why.contains("differs between manifest and header"), "{why}");
    // In both: the hashes tell.
    let pack = with_tables(|manifest, entries| {
        let (a, b) = (entries["items.fused"].clone(), entries["items.semantic"].clone());
        for row in manifest["sections"].as_array_mut().unwrap() {
            match row["name"].as_str().unwrap() {
                "items.fused" => row["offsets"] = b["data_offsets"].clone(),
                "items.semantic" => row["offsets"] = a["data_offsets"].clone(),
                _ => {}
            }
        }
        entries["items.fused"] = b;
        entries["items.semantic"] = a;
    });
    assert!(reason(pack.unwrap().verify(|_, _| {})).contains("section items.fused is damaged"));
}

#[test]
fn manifest_and_header_must_agree() {
    for (name, change) in [("dtype", json!("U8")), ("data_offsets", json!([0, 320])), ("shape", json!([320]))]
    {
        reason(with_tables(|_, entries| entries["items.semantic"][name] = change));
    }
    // One of them lacks a section, or has another instead.
    reason(with_tables(|manifest, _| {
        manifest["sections"].as_array_mut().unwrap().pop();
    }));
    reason(with_tables(|manifest, _| manifest["sections"][0]["name"] = "items.other".into()));
    let why = reason(with_tables(|manifest, _| {
        let rows = manifest["sections"].as_array_mut().unwrap();
        *rows.last_mut().unwrap() = rows[0].clone();
    }));
    assert!(why.contains("twice in the manifest"), "{why}");
}

#[test]
fn elements_that_do_not_fit() {
    for elements in [json!(0), json!(17), json!(u64::MAX), json!(1_u64 << 62), json!(-1)] {
        reason(with_tables(|manifest, _| {
            let rows = manifest["sections"].as_array_mut().unwrap();
            rows.iter_mut().find(|r| r["name"] == "items.popularity").unwrap()["elements"] = elements;
        }));
    }
    for elements in [319, 321] {
        reason(with_tables(|manifest, _| manifest["sections"][0]["elements"] = elements.into()));
    }
}

#[test]
fn dtypes_that_the_format_does_not_have() {
    for dtype in ["F64", "I64", "U64", "BOOL", "BF16", "F8_E4M3", "i8", "", "I8 "] {
        reason(with_section("items.fused", "dtype", dtype.into()));
    }
}

#[test]
fn sections_that_are_not_whole_blocks() {
    let mut builder = Builder::tiny();
    let section = builder.section("items.popularity");
    section.data.truncate(60);
    section.shape = vec![15];
    assert!(reason(builder.open()).contains("not a multiple of 64"));
    // Rows that are no whole blocks, though all of them together are.
    let mut builder = Builder::tiny();
    builder.section("items.fused").shape = vec![10, 32];
    assert!(reason(builder.open()).contains("items.fused"));
}

#[test]
fn bad_section_names() {
    for name in ["", "UPPER", "a b", "a/b", "ä", "a\u{0}b", &"x".repeat(65)] {
        let mut builder = Builder::tiny();
        builder.list(name, "U8", vec![1]);
        assert!(matches!(builder.open(), Err(Error::BadPack { .. })), "{name:?}");
    }
    let mut builder = Builder::tiny();
    builder.list(&"x".repeat(64), "U8", vec![1]);
    builder.open().unwrap();
}

#[test]
fn too_many_sections() {
    let mut builder = Builder::tiny();
    for i in 0..4_096 {
        builder.list(&format!("s{i}"), "U8", Vec::new());
    }
    assert!(reason(builder.open()).contains("more than 4096 sections"));
}

#[test]
fn duplicate_keys() {
    let builder = Builder::tiny();
    let (manifest, entries) = builder.tables();
    let good = header_text(metadata(&manifest), entries.clone());
    let fused = format!("\"items.fused\":{}", entries["items.fused"]);
    let meta = format!("\"__metadata__\":{}", metadata(&manifest));
    let root = format!("\"root\":\"{}\"", hex_sha256(manifest.to_string().as_bytes()));
    for (what, once) in [("section", &fused), ("metadata", &meta), ("root", &root)] {
        assert!(good.contains(once.as_str()), "{what}");
        let twice = good.replacen(once.as_str(), &format!("{once},{once}"), 1);
        let why = reason(open_bytes(&assemble(&twice, &builder.data())));
        assert!(why.contains("twice"), "{what}: {why}");
    }
    let inner = good.replacen("\"dtype\":\"I8\"", "\"dtype\":\"I8\",\"dtype\":\"I8\"", 1);
    reason(open_bytes(&assemble(&inner, &builder.data())));
    // The published reader takes the second of two and so would show another pack than ours: why ours is stricter.
    let twice = good.replacen(&fused, &format!("{fused},{fused}"), 1);
    assert!(safetensors::SafeTensors::deserialize(&assemble(&twice, &builder.data())).is_ok());
}

#[test]
fn wrong_versions() {
    for version in [0, FORMAT_VERSION + 1, 999, u32::MAX] {
        let error = with_metadata(|m| m["format_version"] = version.to_string().into()).unwrap_err();
        let Error::Incompatible { found, supported } = error else { panic!("{error:?}") };
        assert_eq!(
            (found, supported),
            (format!("pack format {version}"), format!("pack format {FORMAT_VERSION}"))
        );
    }
    let huge = with_metadata(|m| m["format_version"] = "99999999999999999999".into());
    assert!(matches!(huge, Err(Error::Incompatible { .. })));
    for version in ["", "01", "+1", "-1", " 1", "1 ", "1.0", "one", "\u{0661}", &"9".repeat(21)] {
        reason(with_metadata(|m| m["format_version"] = version.into()));
    }
    // A newer manifest under an old number.
    assert!(reason(with_tables(|manifest, _| manifest["format_version"] = 2.into())).contains("differs"));
}

/// Unknown metadata of another version must not hide that it is another version.
#[test]
fn a_newer_pack_of_another_shape_is_incompatible_rather_than_bad() {
    let newer =
        with_metadata(|m| *m = json!({ "format": "gensr", "format_version": "2", "anything": "else" }));
    assert!(matches!(newer, Err(Error::Incompatible { .. })));
}

#[test]
fn metadata_that_lacks_lies_or_brings_more() {
    for key in ["format", "format_version", "manifest", "root"] {
        reason(with_metadata(|m| {
            m.as_object_mut().unwrap().remove(key);
        }));
    }
    reason(with_metadata(|m| m["format"] = "other".into()));
    reason(with_metadata(|m| m["extra"] = "1".into()));
    reason(with_metadata(|m| m["root"] = m["root"].as_str().unwrap().to_uppercase().into()));
    assert!(reason(with_metadata(|m| m["root"] = "0".repeat(64).into())).contains("root"));
    let why =
        reason(with_metadata(|m| m["manifest"] = format!("{} ", m["manifest"].as_str().unwrap()).into()));
    assert!(why.contains("damaged"), "{why}");
}
