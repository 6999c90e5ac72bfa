//! Packs made from another one by changing some of its sections; graphs and tokenizer stay real, so engines run on them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A section as the manifest lists it, and its bytes with their padding.
struct Section {
    row: Value,
    data: Vec<u8>,
}

/// A pack to change and write.
pub struct Rewritten {
    pub manifest: Value,
    sections: Vec<Section>,
}

impl Rewritten {
    pub fn of(pack: &Path) -> Self {
        let bytes = std::fs::read(pack).unwrap();
        let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
        let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let header: Value = serde_json::from_slice(header).unwrap();
        let mut manifest: Value =
            serde_json::from_str(header["__metadata__"]["manifest"].as_str().unwrap()).unwrap();
        let Value::Array(rows) = manifest["sections"].take() else { panic!("no table of sections") };
        let section = |row: Value| {
            let [from, to] = [0, 1].map(|end| row["offsets"][end].as_u64().unwrap() as usize);
            Section { data: data[from..to].to_vec(), row }
        };
        Self { manifest, sections: rows.into_iter().map(section).collect() }
    }

    fn section(&mut self, name: &str) -> &mut Section {
        self.sections.iter_mut().find(|section| section.row["name"] == name).unwrap()
    }

    /// Takes a section away, where it is there.
    pub fn remove(&mut self, name: &str) {
        self.sections.retain(|section| section.row["name"] != name);
    }

    /// Adds a section of bytes.
    pub fn add(&mut self, name: &str, mut data: Vec<u8>) {
        let elements = data.len();
        data.resize(elements.next_multiple_of(64), 0);
        let row = json!({ "name": name, "dtype": "U8", "shape": [data.len()], "elements": elements });
        self.sections.push(Section { row, data });
    }

    /// The bytes of a section that mean something.
    pub fn bytes(&mut self, name: &str) -> Vec<u8> {
        let section = self.section(name);
        let used = section.row["elements"].as_u64().unwrap() as usize * size(&section.row);
        section.data[..used].to_vec()
    }

    /// Puts other bytes in a one-dimensional section.
    pub fn replace(&mut self, name: &str, mut data: Vec<u8>) {
        let section = self.section(name);
        let size = size(&section.row);
        section.row["elements"] = json!(data.len() / size);
        data.resize(data.len().next_multiple_of(64), 0);
        section.row["shape"] = json!([data.len() / size]);
        section.data = data;
    }

    /// Multiplies the numbers of a one-dimensional F32 section.
    pub fn scale(&mut self, name: &str, factor: f32) {
        let bytes = self.bytes(name);
        let (values, _) = bytes.as_chunks::<4>();
        let scaled = values.iter().flat_map(|value| (f32::from_le_bytes(*value) * factor).to_le_bytes());
        self.replace(name, scaled.collect());
    }

    /// The texts of a table of strings.
    pub fn strings(&mut self, prefix: &str) -> Vec<String> {
        let offsets = self.bytes(&format!("{prefix}offsets"));
        let bytes = self.bytes(&format!("{prefix}bytes"));
        let (offsets, _) = offsets.as_chunks::<4>();
        let at = |place: usize| u32::from_le_bytes(offsets[place]) as usize;
        (1..offsets.len()).map(|i| String::from_utf8(bytes[at(i - 1)..at(i)].to_vec()).unwrap()).collect()
    }

    /// Puts other texts in a table of strings.
    pub fn replace_strings(&mut self, prefix: &str, texts: &[String]) {
        let mut end = 0_u32;
        let ends = texts.iter().flat_map(|text| {
            end += text.len() as u32;
            end.to_le_bytes()
        });
        let offsets = [0; 4].into_iter().chain(ends).collect();
        self.replace(&format!("{prefix}offsets"), offsets);
        self.replace(&format!("{prefix}bytes"), texts.concat().into_bytes());
    }

    /// The whole file.
    pub fn file(&self) -> Vec<u8> {
        let (mut rows, mut header, mut end) = (Vec::new(), serde_json::Map::new(), 0);
        for Section { row, data } in &self.sections {
            let offsets = [end, end + data.len()];
            let mut row = row.clone();
            row["offsets"] = json!(offsets);
            row["sha256"] = json!(sha256(data));
            let entry = json!({ "dtype": row["dtype"], "shape": row["shape"], "data_offsets": offsets });
            header.insert(row["name"].as_str().unwrap().to_owned(), entry);
            rows.push(row);
            end = offsets[1];
        }
        let mut manifest = self.manifest.clone();
        manifest["sections"] = rows.into();
        let version = manifest["format_version"].to_string();
        let manifest = manifest.to_string();
        let root = sha256(manifest.as_bytes());
        header.insert(
            "__metadata__".to_owned(),
            json!({ "format": "gensr", "format_version": version, "manifest": manifest, "root": root }),
        );
        let mut header = Value::Object(header).to_string();
        header.push_str(&" ".repeat((8 + header.len()).next_multiple_of(64) - 8 - header.len()));
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header.as_bytes());
        self.sections.iter().for_each(|section| file.extend_from_slice(&section.data));
        file
    }
}

fn size(row: &Value) -> usize {
    match row["dtype"].as_str().unwrap() {
        "I8" | "U8" => 1,
        "F16" | "U16" | "I16" => 2,
        _ => 4,
    }
}

/// Lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
