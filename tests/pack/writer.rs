//! A small writer of packs, good and bad, for the tests only: real packs are written by `gensr_models`.

use std::fs::File;
use std::io::Write;

use gensr::{Error, Pack, PackSource};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One section to write.
#[derive(Clone, PartialEq, Debug)]
pub struct Section {
    pub name: String,
    pub dtype: &'static str,
    pub shape: Vec<u64>,
    pub elements: u64,
    /// With its padding.
    pub data: Vec<u8>,
}

/// A pack to write: change what you like, then `bytes()`.
#[derive(Clone)]
pub struct Builder {
    pub manifest: Value,
    pub sections: Vec<Section>,
}

pub const ITEMS: usize = 5;
pub const DIM: usize = 64;
pub const IDS: [&str; ITEMS] = ["m-2", "m-10", "kanne", "ähre", "z"];
pub const TITLES: [&str; ITEMS] = ["Blue mug", "", "Kanne aus Ton", "Ähre", "Tea 茶"];
pub const WORDS: [&str; 4] = ["coffee", "mug", "tea", "茶"];

pub fn le<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

pub fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Rows that differ from each other in every element.
pub fn rows(n: usize, seed: usize) -> Vec<i8> {
    (0..n * DIM).map(|i| (((i + seed) * 37 % 255) as i32 - 127) as i8).collect()
}

fn dictionary(words: &[&str]) -> Vec<u8> {
    let mut map = fst::MapBuilder::memory();
    for (id, word) in (0..).zip(words) {
        map.insert(word, id).unwrap();
    }
    map.into_inner().unwrap()
}

impl Builder {
    /// Five items with everything that version 1 knows; graphs and tokenizer are dummy bytes.
    pub fn tiny() -> Self {
        let mut pack = Self { manifest: tiny_manifest(), sections: Vec::new() };
        pack.matrix("items.fused", "I8", DIM as u64, le(&rows(ITEMS, 1)));
        pack.list("items.fused_scale", "F32", le(&[0.01_f32, 0.02, 0.03, 0.5, 1.0]));
        pack.matrix("items.semantic", "I8", DIM as u64, le(&rows(ITEMS, 9)));
        pack.list("items.semantic_scale", "F32", le(&[0.0_f32, 0.01, 0.02, 0.25, 0.5]));
        pack.strings("items.id_", &IDS);
        let mut order: Vec<u32> = (0..ITEMS as u32).collect();
        order.sort_by_key(|&i| IDS[i as usize].as_bytes());
        pack.list("items.id_order", "U32", le(&order));
        pack.strings("items.title_", &TITLES);
        pack.list("items.popularity", "F32", le(&[-1.0_f32, -2.0, -3.0, -4.0, -5.0]));
        pack.list("words.dictionary", "U8", dictionary(&WORDS));
        pack.matrix("words.vectors", "I8", DIM as u64, le(&rows(WORDS.len(), 3)));
        pack.list("words.scale", "F32", le(&[0.1_f32, 0.2, 0.0, 0.4]));
        pack.list("attr.price.values", "F32", le(&[9.5_f32, f32::NAN, 0.0, -1.0, 3.0]));
        pack.list("attr.released.values", "I32", le(&[0_i32, i32::MIN, 20_000, -1, 1]));
        pack.list("attr.vegan.values", "U8", vec![0, 1, 255, 1, 0]);
        pack.list("attr.brand.values", "U32", le(&[1_u32, 0, u32::MAX, 1, 0]));
        pack.strings("attr.brand.dict_", &["", "Tøpf"]);
        pack.list("attr.categories.offsets", "U32", le(&[0_u32, 2, 2, 3, 5, 5]));
        pack.list("attr.categories.values", "U32", le(&[0_u32, 2, 1, 0, 1]));
        pack.strings("attr.categories.dict_", &["clay", "mugs", "zoo"]);
        pack.list("text.tokenizer", "U8", b"{}".to_vec());
        pack.list("graph.text", "U8", b"dummy".to_vec());
        pack.list("graph.history", "U8", vec![7; 64]);
        pack.list("graph.decoder", "U8", vec![8; 65]);
        pack.list("graph.decoder@coreml", "U8", vec![9; 3]);
        let mut near = [u32::MAX; ITEMS * 16];
        near[0] = 1;
        pack.matrix("neighbours.ids", "U32", 16, le(&near));
        pack.matrix("neighbours.weights", "U8", 64, vec![1; ITEMS * 64]);
        pack.list("neighbours.scale", "F32", le(&[0.1_f32; ITEMS]));
        pack.list("lexical.posting_offsets", "U32", le(&[0_u32, 1, 2, 3, 4]));
        pack.list("lexical.posting_items", "U32", le(&[0_u32, 0, 4, 4]));
        pack.list("lexical.posting_impacts", "U8", vec![255, 3, 2, 1]);
        pack.list("lexical.impact_scale", "F32", le(&[0.05_f32]));
        pack.list("future.section", "F16", le(&[half::f16::ONE; 3]));
        pack
    }

    /// Adds a 1-D section, padded.
    pub fn list(&mut self, name: &str, dtype: &'static str, mut data: Vec<u8>) {
        let size = size_of_dtype(dtype);
        let elements = (data.len() / size) as u64;
        data.resize(data.len().next_multiple_of(64), 0);
        let shape = vec![(data.len() / size) as u64];
        self.sections.push(Section { name: name.into(), dtype, shape, elements, data });
    }

    /// Adds a 2-D section.
    pub fn matrix(&mut self, name: &str, dtype: &'static str, width: u64, data: Vec<u8>) {
        let elements = (data.len() / size_of_dtype(dtype)) as u64;
        let shape = vec![elements / width, width];
        self.sections.push(Section { name: name.into(), dtype, shape, elements, data });
    }

    /// Adds a table of strings.
    pub fn strings<T: AsRef<str>>(&mut self, prefix: &str, texts: &[T]) {
        let mut offsets = vec![0_u32];
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend_from_slice(text.as_ref().as_bytes());
            offsets.push(bytes.len() as u32);
        }
        self.list(&format!("{prefix}offsets"), "U32", le(&offsets));
        self.list(&format!("{prefix}bytes"), "U8", bytes);
    }

    pub fn remove(&mut self, name: &str) -> Section {
        let at = self.sections.iter().position(|s| s.name == name).unwrap();
        self.sections.remove(at)
    }

    /// Puts a 1-D section in the place of one.
    pub fn replace(&mut self, name: &str, dtype: &'static str, data: Vec<u8>) {
        self.remove(name);
        self.list(name, dtype, data);
    }

    /// Puts a table of strings in the place of one.
    pub fn replace_strings<T: AsRef<str>>(&mut self, prefix: &str, texts: &[T]) {
        self.remove(&format!("{prefix}offsets"));
        self.remove(&format!("{prefix}bytes"));
        self.strings(prefix, texts);
    }

    pub fn section(&mut self, name: &str) -> &mut Section {
        self.sections.iter_mut().find(|s| s.name == name).unwrap()
    }

    /// The manifest with its table of sections, and the same table as header entries.
    pub fn tables(&self) -> (Value, serde_json::Map<String, Value>) {
        let (mut rows, mut entries, mut begin) = (Vec::new(), serde_json::Map::new(), 0);
        for s in &self.sections {
            let offsets = [begin, begin + s.data.len()];
            rows.push(json!({
                "name": s.name, "dtype": s.dtype, "shape": s.shape, "offsets": offsets,
                "elements": s.elements, "sha256": hex_sha256(&s.data),
            }));
            let entry = json!({ "dtype": s.dtype, "shape": s.shape, "data_offsets": offsets });
            assert!(entries.insert(s.name.clone(), entry).is_none(), "{} twice", s.name);
            begin = offsets[1];
        }
        let mut manifest = self.manifest.clone();
        manifest["sections"] = rows.into();
        (manifest, entries)
    }

    pub fn data(&self) -> Vec<u8> {
        self.sections.iter().flat_map(|s| s.data.iter().copied()).collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let (manifest, entries) = self.tables();
        assemble(&header_text(metadata(&manifest), entries), &self.data())
    }

    pub fn open(&self) -> gensr::Result<Pack> {
        open_bytes(&self.bytes())
    }
}

pub fn size_of_dtype(dtype: &str) -> usize {
    match dtype {
        "I8" | "U8" => 1,
        "F16" | "U16" | "I16" => 2,
        "F32" | "I32" | "U32" => 4,
        _ => 8,
    }
}

/// A good `__metadata__` for a manifest.
pub fn metadata(manifest: &Value) -> Value {
    let text = manifest.to_string();
    json!({ "format": "gensr", "format_version": "1", "root": hex_sha256(text.as_bytes()), "manifest": text })
}

pub fn header_text(metadata: Value, mut entries: serde_json::Map<String, Value>) -> String {
    entries.insert("__metadata__".into(), metadata);
    Value::Object(entries).to_string()
}

/// A file of a header, padded as the format says, and data.
pub fn assemble(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (8 + header.len()).next_multiple_of(64) - 8;
    let mut file = (length as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(8 + length, b' ');
    file.extend_from_slice(data);
    file
}

/// Length of the header with its prefix: where the data begins.
pub fn data_start(file: &[u8]) -> usize {
    8 + u64::from_le_bytes(*file.first_chunk().unwrap()) as usize
}

/// A temporary file with these bytes, gone when it is closed.
pub fn temporary(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

pub fn open_bytes(bytes: &[u8]) -> gensr::Result<Pack> {
    open_range(temporary(bytes), 0, bytes.len() as u64)
}

pub fn open_range(file: File, offset: u64, length: u64) -> gensr::Result<Pack> {
    Pack::open(PackSource::File { file, offset, length })
}

/// The reason of a `BadPack`; fails on anything else.
#[track_caller]
pub fn reason<T>(result: gensr::Result<T>) -> String {
    match result {
        Err(Error::BadPack { reason }) => reason,
        Err(other) => panic!("another error: {other:?}"),
        Ok(_) => panic!("a bad pack was taken"),
    }
}

fn tiny_manifest() -> Value {
    json!({
        "format_version": 1,
        "name": "Tiny",
        "items": ITEMS,
        "dim": DIM,
        "model": {
            "layers": 2, "heads": 4, "head_dim": 16, "window": 50, "slide": 25, "dedupe": true,
            "query_dim": 384 + DIM,
        },
        "text_encoder": { "kind": "minilm", "dim": 384, "max_tokens": 64 },
        "kinds": [
            { "name": "view", "task": "recommend", "sign": 1, "strength": 0.5 },
            { "name": "search", "task": "search", "sign": 1, "strength": 1.0 },
            { "name": "dislike", "task": "none", "sign": -1, "strength": 1.0 },
        ],
        "unknown_kind": "weak_positive",
        "time": { "informative": true, "buckets": 32 },
        "tasks": {
            "recommend": { "exclude_history": true, "history": 0.0 },
            "search": { "exclude_history": false, "history": -0.25, "lexical": 0.5 },
        },
        "attributes": [
            { "name": "price", "type": "number" },
            { "name": "released", "type": "date" },
            { "name": "vegan", "type": "bool" },
            { "name": "brand", "type": "string" },
            { "name": "categories", "type": "set" },
        ],
        "provenance": { "made_by": "tests/pack/writer.rs" },
        "licences": ["CC0-1.0"],
        "a_field_of_the_future": [1, 2, 3],
    })
}
