//! Packs that are made from the demo pack for tests: one whose decoder never ends, one of a version to come, one of another
//! shop, one that makes vectors slowly, one that makes none.
#![allow(dead_code, reason = "each user uses its part")]

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// See `graphs.py`.
const ENDLESS: &[u8] = include_bytes!("endless.onnx");
/// See `graphs.py`.
const SLOW: &[u8] = include_bytes!("slow.onnx");

/// The pack with a decoder that never ends: searches and recommendations run until they are cancelled.
pub fn endless(pack: &[u8]) -> Vec<u8> {
    with_graph(pack, "graph.decoder", ENDLESS)
}

/// The pack, as if a later version of gensr had written it.
pub fn newer(pack: &[u8]) -> Vec<u8> {
    let (mut header, data) = read(pack);
    let mut manifest = manifest(&header);
    let version = gensr::FORMAT_VERSION + 1;
    manifest["format_version"] = version.into();
    header["__metadata__"]["format_version"] = version.to_string().into();
    write(&mut header, &manifest, &data)
}

/// The pack with a graph that makes vectors of texts, slowly.
pub fn slow(pack: &[u8]) -> Vec<u8> {
    with_graph(pack, "graph.item", SLOW)
}

/// The pack without the graph that makes vectors of texts, as packs were before there was one.
pub fn older(pack: &[u8]) -> Vec<u8> {
    with_sections(pack, |name, section| (name != "graph.item").then(|| (section.to_vec(), section.len())))
}

/// The pack as another shop: its ids begin with "h", not "g".
pub fn other(pack: &[u8]) -> Vec<u8> {
    let (mut header, mut data) = read(pack);
    let mut manifest = manifest(&header);
    manifest["name"] = "Another shop".into();
    let sections = manifest["sections"].as_array_mut().expect("a table of sections");
    let row = sections.iter_mut().find(|row| row["name"] == "items.id_bytes").expect("ids");
    let offset = |place: usize| row["offsets"][place].as_u64().expect("an offset") as usize;
    let ids = &mut data[offset(0)..offset(1)];
    ids.iter_mut().filter(|byte| **byte == b'g').for_each(|byte| *byte = b'h');
    row["sha256"] = hash(ids).into();
    write(&mut header, &manifest, &data)
}

/// The pack with another graph under a name that it has.
fn with_graph(pack: &[u8], name: &str, graph: &[u8]) -> Vec<u8> {
    with_sections(pack, |own, section| match own == name {
        true => {
            let mut padded = graph.to_vec();
            padded.resize(graph.len().next_multiple_of(64), 0);
            Some((padded, graph.len()))
        }
        false => Some((section.to_vec(), section.len())),
    })
}

/// The pack with what `change` makes of each section, by name: its padded bytes and, of one that changes, how many of them count; or
/// without it. Every section that follows moves.
fn with_sections(pack: &[u8], change: impl Fn(&str, &[u8]) -> Option<(Vec<u8>, usize)>) -> Vec<u8> {
    let (mut header, old) = read(pack);
    let mut manifest = manifest(&header);
    let mut data = Vec::new();
    let rows = manifest["sections"].as_array_mut().expect("a table of sections");
    rows.sort_by_key(|row| row["offsets"][0].as_u64());
    rows.retain_mut(|row| {
        let offset = |place: usize| row["offsets"][place].as_u64().expect("an offset") as usize;
        let (begin, section) = (data.len(), &old[offset(0)..offset(1)]);
        let name = row["name"].as_str().expect("a name").to_owned();
        let Some((bytes, count)) = change(&name, section) else {
            header.remove(&name);
            return false;
        };
        if bytes != section {
            row["elements"] = count.into();
            row["shape"] = json!([bytes.len()]);
            row["sha256"] = hash(&bytes).into();
        }
        data.extend(bytes);
        row["offsets"] = json!([begin, data.len()]);
        header[&name]["shape"] = row["shape"].clone();
        header[&name]["data_offsets"] = row["offsets"].clone();
        true
    });
    write(&mut header, &manifest, &data)
}

fn read(pack: &[u8]) -> (Map<String, Value>, Vec<u8>) {
    let (length, rest) = pack.split_first_chunk().expect("a pack");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (serde_json::from_slice(header).expect("a header"), data.to_vec())
}

fn manifest(header: &Map<String, Value>) -> Value {
    let text = header["__metadata__"]["manifest"].as_str().expect("a manifest");
    serde_json::from_str(text).expect("JSON")
}

fn write(header: &mut Map<String, Value>, manifest: &Value, data: &[u8]) -> Vec<u8> {
    let manifest = manifest.to_string();
    header["__metadata__"]["root"] = hash(manifest.as_bytes()).into();
    header["__metadata__"]["manifest"] = manifest.into();
    let mut text = serde_json::to_string(header).expect("JSON");
    // 8 bytes of length and the header make a multiple of 64.
    let padded = (text.len() + 8).next_multiple_of(64) - 8;
    text.extend(std::iter::repeat_n(' ', padded - text.len()));
    [&(padded as u64).to_le_bytes(), text.as_bytes(), data].concat()
}

/// SHA-256 in hex.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
