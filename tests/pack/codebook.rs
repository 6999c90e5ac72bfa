//! Items, words and attributes of good packs, and the rules that a bad one breaks.

use std::collections::BTreeSet;
use std::sync::Arc;

use gensr::internals::Codebook;
use gensr::{AttributeKind, AttributeValue};
use proptest::prelude::*;

use crate::writer::{Builder, DIM, IDS, ITEMS, TITLES, WORDS, le, reason, rows};

fn open(builder: &Builder) -> gensr::Result<Codebook> {
    Codebook::open(Arc::new(builder.open().unwrap()))
}

#[test]
fn items_are_as_written() {
    let codebook = open(&Builder::tiny()).unwrap();
    assert_eq!((codebook.len(), codebook.dim(), codebook.is_empty()), (ITEMS, DIM, false));
    for (row, (id, title)) in (0..).zip(IDS.into_iter().zip(TITLES)) {
        assert_eq!((codebook.id(row), codebook.title(row), codebook.row_of(id)), (id, title, Some(row)));
    }
    for stranger in ["", "m", "m-", "m-1", "m-100", "zz", "ä", "\u{10FFFF}"] {
        assert_eq!(codebook.row_of(stranger), None, "{stranger}");
    }
    let (mut fused, mut semantic) = ([0.0; DIM], [0.0; DIM]);
    codebook.fused_into(3, &mut fused);
    codebook.semantic_into(3, &mut semantic);
    let (f, s) = (rows(ITEMS, 1), rows(ITEMS, 9));
    for j in 0..DIM {
        assert_eq!(fused[j], f32::from(f[3 * DIM + j]) * 0.5);
        assert_eq!(semantic[j], f32::from(s[3 * DIM + j]) * 0.25);
    }
    assert_eq!(codebook.fused_rows().rows, f);
    assert_eq!(codebook.popularity().unwrap().get(4), Some(-5.0));
}

#[test]
fn semantic_codes_may_be_narrow() {
    let mut builder = Builder::tiny();
    builder.manifest["semantic_dim"] = 24.into();
    assert!(reason(open(&builder)).contains("items.semantic"), "rows of the old width");
    builder.replace("items.semantic", "I8", le(&rows(ITEMS, 9)[..ITEMS * 24]));
    let codebook = open(&builder).unwrap();
    let mut code = [0.0; 24];
    codebook.semantic_into(3, &mut code);
    assert_eq!(code[23], f32::from(rows(ITEMS, 9)[3 * 24 + 23]) * 0.25);
    for bad in [0, DIM + 1] {
        builder.manifest["semantic_dim"] = bad.into();
        assert!(reason(builder.open()).contains("semantic_dim"));
    }
}

#[test]
fn popularity_is_optional() {
    let mut builder = Builder::tiny();
    builder.remove("items.popularity");
    assert!(open(&builder).unwrap().popularity().is_none());
}

#[test]
fn words_are_found_and_added() {
    let codebook = open(&Builder::tiny()).unwrap();
    for (id, word) in (0..).zip(WORDS) {
        assert_eq!(codebook.word_id(word), Some(id));
    }
    for stranger in ["", "te", "teas", "Tea"] {
        assert_eq!(codebook.word_id(stranger), None);
    }
    let (mut one, mut sum) = ([0.0; DIM], [1.0; DIM]);
    codebook.word_vector_into(3, &mut one);
    codebook.words().accumulate(3, 0.5, &mut sum);
    for j in 0..DIM {
        assert_eq!(sum[j], 1.0 + 0.5 * one[j]);
    }
}

#[test]
fn word_vectors_of_4_bits_are_unpacked() {
    let halves = |row: usize| (0..DIM).map(move |j| ((7 * row + 3 * j) % 15 + 1) as u8);
    let bytes: Vec<u8> = (0..WORDS.len())
        .flat_map(|row| {
            let halves: Vec<u8> = halves(row).collect();
            halves.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect::<Vec<_>>()
        })
        .collect();
    let mut builder = Builder::tiny();
    builder.remove("words.vectors");
    builder.list("words.vectors", "U8", bytes.clone());
    let codebook = open(&builder).unwrap();
    let (mut one, mut sum) = ([f32::NAN; DIM], [1.0; DIM]);
    for (word, scale) in [0.1_f32, 0.2, 0.0, 0.4].into_iter().enumerate() {
        codebook.word_vector_into(word as u32, &mut one);
        let expected: Vec<f32> = halves(word).map(|half| scale * (f32::from(half) - 8.0)).collect();
        assert_eq!(one.as_slice(), expected, "word {word}");
    }
    codebook.words().accumulate(3, 0.5, &mut sum);
    assert_eq!(sum.to_vec(), one.map(|value| 1.0 + 0.5 * value).to_vec());
    assert_eq!(codebook.words().vectors(), WORDS.len());
    // As many bytes as 8 bits would need are too many, one row less too few.
    for length in [bytes.len() * 2, bytes.len() - DIM / 2] {
        let mut builder = Builder::tiny();
        builder.remove("words.vectors");
        builder.list("words.vectors", "U8", vec![8; length]);
        assert!(reason(open(&builder)).contains("words.vectors"), "{length}");
    }
}

#[test]
fn attributes_are_typed() {
    let codebook = open(&Builder::tiny()).unwrap();
    let names: Vec<_> = codebook.attribute_names().collect();
    assert_eq!(names[0], ("price", AttributeKind::Number));
    assert_eq!(names[4], ("categories", AttributeKind::Set));
    let all = |name: &str| (0..ITEMS as u32).map(|row| codebook.attribute(row, name)).collect::<Vec<_>>();
    use AttributeValue::{Bool, Date, Number, Text, TextSet};
    let text = |s: &str| s.to_owned();
    assert_eq!(
        all("price"),
        [Some(Number(9.5)), None, Some(Number(0.0)), Some(Number(-1.0)), Some(Number(3.0))]
    );
    assert_eq!(all("released"), [Some(Date(0)), None, Some(Date(20_000)), Some(Date(-1)), Some(Date(1))]);
    assert_eq!(
        all("vegan"),
        [Some(Bool(false)), Some(Bool(true)), None, Some(Bool(true)), Some(Bool(false))]
    );
    let tøpf = || Some(Text(text("Tøpf")));
    assert_eq!(all("brand"), [tøpf(), Some(Text(text(""))), None, tøpf(), Some(Text(text("")))]);
    let sets = [Some(vec!["clay", "zoo"]), None, Some(vec!["mugs"]), Some(vec!["clay", "mugs"]), None];
    let sets = sets.map(|s| s.map(|s| TextSet(s.into_iter().map(text).collect())));
    assert_eq!(all("categories"), sets);
    assert_eq!(codebook.attribute(0, "colour"), None);
    assert_eq!(codebook.attribute(ITEMS as u32, "price"), None);
    assert_eq!(codebook.attribute(u32::MAX, "categories"), None);
}

#[test]
fn every_required_section_is_required() {
    for section in Builder::tiny().sections {
        let name = section.name.as_str();
        if !["items.", "words.", "attr."].iter().any(|p| name.starts_with(p)) || name == "items.popularity" {
            continue;
        }
        let mut builder = Builder::tiny();
        builder.remove(name);
        assert!(reason(open(&builder)).contains(name), "{name}");
        // Of another dtype, and of another length.
        let mut builder = Builder::tiny();
        builder.replace(name, "I16", vec![0; 2]);
        assert!(reason(open(&builder)).contains(name), "{name}");
        let mut builder = Builder::tiny();
        builder.replace(name, section.dtype, Vec::new());
        let why = reason(open(&builder));
        // The scales of words say how many vectors there are: without any, the vectors are too many.
        let blamed = if name == "words.scale" { "words.vectors" } else { name };
        assert!(why.contains(blamed.trim_end_matches("bytes").trim_end_matches("values")), "{name}: {why}");
    }
}

#[test]
fn rows_of_another_width() {
    for name in ["items.fused", "items.semantic", "words.vectors"] {
        let mut builder = Builder::tiny();
        let mut section = builder.remove(name);
        section.data.truncate(256);
        section.shape = vec![2, 128];
        section.elements = 256;
        builder.sections.push(section);
        assert!(reason(open(&builder)).contains("shape"), "{name}");
    }
}

#[test]
fn scales_that_are_no_scales() {
    for (name, values) in [
        ("items.fused_scale", vec![0.0, -0.0, -1.0, f32::NAN, f32::INFINITY]),
        ("items.semantic_scale", vec![-1.0, f32::NAN, f32::NEG_INFINITY]),
        ("items.popularity", vec![f32::NAN, f32::INFINITY]),
    ] {
        for value in values {
            let mut builder = Builder::tiny();
            builder.replace(name, "F32", le(&[1.0, 1.0, value, 1.0, 1.0]));
            assert!(reason(open(&builder)).contains(name), "{name} {value}");
        }
    }
}

#[test]
fn offsets_that_lead_astray() {
    for (name, offsets) in [
        ("items.id_offsets", [0_u32, 3, 2, 12, 17, 18]),
        ("items.id_offsets", [1, 3, 7, 12, 17, 18]),
        ("items.id_offsets", [0, 3, 7, 12, 17, 19]),
        ("items.id_offsets", [0, 3, 7, 12, u32::MAX, 18]),
        ("items.title_offsets", [0, 8, 8, 21, 26, u32::MAX]),
        ("items.title_offsets", [0, 0, 0, 0, 0, 0]),
        ("attr.categories.offsets", [0, 2, 2, 3, 6, 5]),
        ("attr.categories.offsets", [0, 2, 2, 3, 5, 4]),
    ] {
        let mut builder = Builder::tiny();
        builder.replace(name, "U32", le(&offsets));
        let why = reason(open(&builder));
        assert!(why.contains(name), "{name} {offsets:?}: {why}");
    }
}

#[test]
fn strings_that_are_no_strings() {
    for name in ["items.id_bytes", "items.title_bytes", "attr.brand.dict_bytes", "attr.categories.dict_bytes"]
    {
        let mut builder = Builder::tiny();
        builder.section(name).data[0] = 0xFF;
        assert!(reason(open(&builder)).contains(name), "{name}");
    }
    // UTF-8 as a whole, but a string begins inside a character.
    let mut builder = Builder::tiny();
    builder.replace("items.id_offsets", "U32", le(&[0_u32, 3, 7, 13, 17, 18]));
    assert!(reason(open(&builder)).contains("inside a character"));
}

#[test]
fn ids_that_are_no_ids() {
    for ids in [["a", "", "b", "c", "d"], ["a", "b", "b", "c", "d"], ["a", &"x".repeat(257), "y", "z", "zz"]]
    {
        let mut builder = Builder::tiny();
        builder.replace_strings("items.id_", &ids);
        builder.replace("items.id_order", "U32", le(&[0_u32, 1, 2, 3, 4]));
        assert!(reason(open(&builder)).contains("items.id_"), "{ids:?}");
    }
    for order in
        [[0_u32, 1, 2, 3, 4], [1, 0, 2, 4, 4], [0, 0, 0, 0, 0], [1, 0, 2, 4, 5], [1, 0, 2, 4, u32::MAX]]
    {
        let mut builder = Builder::tiny();
        builder.replace("items.id_order", "U32", le(&order));
        assert!(reason(open(&builder)).contains("items.id_order"), "{order:?}");
    }
}

#[test]
fn attributes_that_break_their_type() {
    for (name, dtype, data) in [
        ("attr.price.values", "F32", le(&[1.0, f32::INFINITY, 1.0, 1.0, 1.0])),
        ("attr.vegan.values", "U8", vec![0, 1, 2, 1, 0]),
        ("attr.brand.values", "U32", le(&[0_u32, 1, 2, 0, 0])),
        ("attr.categories.values", "U32", le(&[0_u32, 3, 1, 0, 1])),
        ("attr.categories.values", "U32", le(&[0_u32, 2, 1, 1, 0])),
        ("attr.categories.values", "U32", le(&[2_u32, 2, 1, 0, 1])),
    ] {
        let mut builder = Builder::tiny();
        builder.replace(name, dtype, data.clone());
        assert!(reason(open(&builder)).contains(name), "{name} {data:?}");
    }
    for dictionary in [["b", "a", "c"], ["a", "a", "b"]] {
        let mut builder = Builder::tiny();
        builder.replace_strings("attr.categories.dict_", &dictionary);
        assert!(reason(open(&builder)).contains("byte order"), "{dictionary:?}");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,3}", "\\PC{1,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_catalogue_is_read_back(
        ids in prop::collection::btree_set(text(), 1..40).prop_map(|s| s.into_iter().collect::<Vec<_>>()).prop_shuffle(),
        sets in prop::collection::vec(prop::collection::btree_set(0_u32..3, 0..3), 40),
        seed in any::<u64>(),
        offset in 0_usize..70,
    ) {
        let n = ids.len();
        let mut builder = Builder::tiny();
        builder.manifest["items"] = n.into();
        for name in ["items.fused", "items.semantic"] {
            builder.remove(name);
            builder.matrix(name, "I8", DIM as u64, le(&rows(n, seed as usize % 1000)));
            builder.replace(&format!("{name}_scale"), "F32", le(&vec![0.5_f32; n]));
        }
        builder.replace_strings("items.id_", &ids);
        let titles: Vec<String> = ids.iter().map(|id| id.repeat(seed as usize % 3)).collect();
        builder.replace_strings("items.title_", &titles);
        let mut order: Vec<u32> = (0..n as u32).collect();
        order.sort_by_key(|&i| ids[i as usize].as_bytes());
        builder.replace("items.id_order", "U32", le(&order));
        builder.remove("items.popularity");
        builder.manifest["attributes"] = serde_json::json!([{ "name": "categories", "type": "set" }]);
        let mut offsets = vec![0_u32];
        let mut values: Vec<u32> = Vec::new();
        for set in &sets[..n] {
            values.extend(set);
            offsets.push(values.len() as u32);
        }
        builder.replace("attr.categories.offsets", "U32", le(&offsets));
        builder.replace("attr.categories.values", "U32", le(&values));

        let bytes = builder.bytes();
        let mut outer = vec![1; offset];
        outer.extend_from_slice(&bytes);
        let file = crate::writer::temporary(&outer);
        let pack = crate::writer::open_range(file, offset as u64, bytes.len() as u64).unwrap();
        let codebook = Codebook::open(Arc::new(pack)).unwrap();
        let dictionary = ["clay", "mugs", "zoo"];
        for (i, id) in ids.iter().enumerate() {
            let row = i as u32;
            prop_assert_eq!(codebook.id(row), id);
            prop_assert_eq!(codebook.title(row), &titles[i]);
            prop_assert_eq!(codebook.row_of(id), Some(row));
            let set = match codebook.attribute(row, "categories") {
                Some(AttributeValue::TextSet(set)) => set.into_iter().collect::<BTreeSet<_>>(),
                None => BTreeSet::new(),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(set, sets[i].iter().map(|&v| dictionary[v as usize].to_owned()).collect());
        }
    }
}
