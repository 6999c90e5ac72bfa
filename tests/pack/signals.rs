//! Neighbours and postings of good packs, and the rules that bad ones break.

use std::sync::Arc;

use gensr::internals::Codebook;
use serde_json::json;

use crate::writer::{Builder, ITEMS, le, reason};

const NONE: u16 = u16::MAX;

/// Two neighbours an item at most; the numbers of the last row are nonsense that only `verify` could tell.
fn with_neighbours() -> Builder {
    let mut builder = Builder::tiny();
    builder.manifest["neighbours"] = json!({"width": 2, "decay": 0.5, "events": 8});
    let rows: [u16; 2 * ITEMS] = [1, 4, 0, NONE, NONE, NONE, 2, 3, 40_000, 5];
    builder.replace("neighbours.ids", "U16", le(&rows));
    builder.replace("neighbours.weights", "U8", vec![255, 1, 3, 9, 9, 9, 0, 7, 1, 2]);
    builder.replace("neighbours.scale", "F32", le(&[0.5_f32, 2.0, 1.0, 1.0, 1.0]));
    builder
}

fn open(builder: &Builder) -> gensr::Result<Codebook> {
    Codebook::open(Arc::new(builder.open().unwrap()))
}

fn neighbours(codebook: &Codebook, row: u32) -> Vec<(u32, f32)> {
    let mut found = Vec::new();
    codebook.neighbours().unwrap().for_each(row, |to, weight| found.push((to, weight)));
    found
}

#[test]
fn neighbours_are_as_written() {
    let codebook = open(&with_neighbours()).unwrap();
    assert_eq!(neighbours(&codebook, 0), [(1, 127.5), (4, 0.5)]);
    assert_eq!(neighbours(&codebook, 1), [(0, 6.0)], "the place of none has no say");
    assert_eq!(neighbours(&codebook, 2), []);
    assert_eq!(neighbours(&codebook, 3), [(3, 7.0)], "a weight of 0 is none");
    assert_eq!(neighbours(&codebook, 5), [], "no such row");
    assert_eq!(neighbours(&codebook, u32::MAX), []);
    let spec = codebook.neighbours().unwrap().spec();
    assert_eq!((spec.width, spec.decay, spec.events), (2, 0.5, 8));
    // Without a word of them in the manifest the sections are ignored.
    assert!(open(&Builder::tiny()).unwrap().neighbours().is_none());
}

#[test]
fn wide_rows_are_read_as_well() {
    let mut builder = with_neighbours();
    let rows: [u32; 2 * ITEMS] = [1, 4, 0, u32::MAX, u32::MAX, u32::MAX, 2, 3, 65_535, 3];
    builder.replace("neighbours.ids", "U32", le(&rows));
    let codebook = open(&builder).unwrap();
    assert_eq!(neighbours(&codebook, 0), [(1, 127.5), (4, 0.5)]);
    assert_eq!(neighbours(&codebook, 1), [(0, 6.0)]);
    assert_eq!(neighbours(&codebook, 4), [(3, 2.0)], "an item that the pack does not have is ignored");
}

#[test]
fn neighbours_that_are_none() {
    for (name, dtype, data) in [
        ("neighbours.ids", "U16", le(&[1_u16; 9])),
        ("neighbours.ids", "U8", vec![1; 10]),
        ("neighbours.weights", "U8", vec![1; 11]),
        ("neighbours.scale", "F32", le(&[1.0_f32; 4])),
        ("neighbours.scale", "F32", le(&[1.0_f32, -1.0, 1.0, 1.0, 1.0])),
        ("neighbours.scale", "F32", le(&[1.0_f32, f32::NAN, 1.0, 1.0, 1.0])),
    ] {
        let mut builder = with_neighbours();
        builder.replace(name, dtype, data);
        assert!(reason(open(&builder)).contains(name), "{name} {dtype}");
    }
    for missing in ["neighbours.ids", "neighbours.weights", "neighbours.scale"] {
        let mut builder = with_neighbours();
        builder.remove(missing);
        assert!(reason(open(&builder)).contains(missing));
    }
    for (field, value) in [
        ("width", json!(0)),
        ("width", json!(65)),
        ("events", json!(0)),
        ("events", json!(513)),
        ("decay", json!(0.0)),
        ("decay", json!(1.5)),
    ] {
        let mut builder = with_neighbours();
        builder.manifest["neighbours"][field] = value;
        assert!(reason(builder.open()).contains(field), "{field}");
    }
}

#[test]
fn weights_that_are_no_weights() {
    for field in ["neighbours", "neighbours_curve", "lexical"] {
        let mut builder = with_neighbours();
        builder.manifest["tasks"]["search"][field] = json!(-0.5);
        assert!(reason(builder.open()).contains("negative"), "{field}");
    }
}

#[test]
fn postings_are_as_written() {
    let codebook = open(&Builder::tiny()).unwrap();
    let postings = codebook.postings().unwrap();
    let of = |word| {
        let mut found = Vec::new();
        postings.for_each(word, |row, impact| found.push((row, impact)));
        found
    };
    assert_eq!(of(0), [(0, 0.05 * 255.0)]);
    assert_eq!(of(3), [(4, 0.05)]);
    assert_eq!(of(4), []);
    assert_eq!((postings.impact(2, 4), postings.impact(2, 0), postings.impact(9, 4)), (0.1, 0.0, 0.0));
    let mut without = Builder::tiny();
    without.remove("lexical.posting_offsets");
    assert!(open(&without).unwrap().postings().is_none());
}

#[test]
fn postings_that_are_none() {
    for (name, dtype, data, says) in [
        ("lexical.posting_offsets", "U32", le(&[0_u32, 1, 2, 3]), "lexical.posting_offsets"),
        ("lexical.posting_offsets", "U32", le(&[0_u32, 2, 1, 3, 4]), "lexical.posting_offsets"),
        ("lexical.posting_offsets", "U32", le(&[1_u32, 1, 2, 3, 4]), "lexical.posting_offsets"),
        ("lexical.posting_offsets", "U32", le(&[0_u32, 1, 2, 3, 5]), "lexical.posting_offsets"),
        ("lexical.posting_items", "F32", le(&[0.0_f32; 4]), "lexical.posting_items"),
        ("lexical.posting_impacts", "U8", vec![1; 3], "lexical.posting_impacts"),
        ("lexical.impact_scale", "F32", le(&[f32::INFINITY]), "lexical.impact_scale"),
        ("lexical.impact_scale", "F32", le(&[-1.0_f32]), "lexical.impact_scale"),
    ] {
        let mut builder = Builder::tiny();
        builder.replace(name, dtype, data);
        let why = reason(open(&builder));
        assert!(why.contains(says), "{name}: {why}");
    }
}
