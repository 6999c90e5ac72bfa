//! Bounds of the manifest.

use serde_json::{Value, json};

use crate::writer::{Builder, reason};

/// Sets the value at a JSON pointer, whose last part may be new.
fn set(manifest: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match manifest.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
}

#[test]
fn values_outside_their_bounds() {
    let cases = [
        ("/items", json!(0)),
        ("/items", json!(4_000_001)),
        ("/items", json!(-1)),
        ("/items", json!("5")),
        ("/dim", json!(0)),
        ("/dim", json!(96)),
        ("/dim", json!(1_088)),
        ("/dim", json!(1_u64 << 63)),
        ("/name", json!("x".repeat(257))),
        ("/model/layers", json!(0)),
        ("/model/layers", json!(33)),
        ("/model/heads", json!(0)),
        ("/model/heads", json!(65)),
        ("/model/head_dim", json!(0)),
        ("/model/head_dim", json!(513)),
        ("/model/window", json!(0)),
        ("/model/window", json!(513)),
        ("/model/slide", json!(0)),
        ("/model/slide", json!(51)),
        ("/model/query_dim", json!(447)),
        ("/model/query_dim", json!(449)),
        ("/model/dedupe", json!(1)),
        ("/text_encoder/kind", json!("bert")),
        ("/text_encoder/kind", json!("static")),
        ("/text_encoder/dim", json!(0)),
        ("/text_encoder/dim", json!(u64::MAX)),
        ("/text_encoder/max_tokens", json!(1)),
        ("/text_encoder/max_tokens", json!(4_097)),
        ("/kinds/0/name", json!("")),
        ("/kinds/0/name", json!("search")),
        ("/kinds/0/task", json!("sing")),
        ("/kinds/0/sign", json!(0)),
        ("/kinds/0/sign", json!(-128)),
        ("/kinds/0/strength", json!(0.0)),
        ("/kinds/0/strength", json!(1.01)),
        ("/kinds/0/strength", json!(null)),
        ("/unknown_kind", json!("panic")),
        ("/time/buckets", json!(0)),
        ("/time/buckets", json!(65)),
        ("/tasks/search/history", json!(1e39)),
        ("/lexical", json!({"k1": -1.0, "b": 0.5, "title": 2.0, "average_length": 9.0})),
        ("/lexical", json!({"k1": 1.2, "b": 1.5, "title": 2.0, "average_length": 9.0})),
        ("/lexical", json!({"k1": 1.2, "b": 0.5, "title": 1e39, "average_length": 9.0})),
        ("/lexical", json!({"k1": 1.2, "b": 0.5, "title": 2.0})),
        ("/data_ms", json!(-1)),
        ("/data_ms", json!(u64::MAX)),
        ("/data_ms", json!("2024-01-01")),
        ("/attributes/0/name", json!("")),
        ("/attributes/0/name", json!("Price")),
        ("/attributes/0/name", json!("brand")),
        ("/attributes/0/name", json!("x".repeat(33))),
        ("/attributes/0/type", json!("money")),
        ("/provenance", json!([])),
        ("/licences", json!("MIT")),
    ];
    for (pointer, value) in cases {
        let mut builder = Builder::tiny();
        set(&mut builder.manifest, pointer, value.clone());
        let why = reason(builder.open());
        assert!(why.contains("manifest"), "{pointer} = {value}: {why}");
    }
}

#[test]
fn heads_times_width_is_bounded() {
    let mut builder = Builder::tiny();
    set(&mut builder.manifest, "/model/heads", json!(64));
    set(&mut builder.manifest, "/model/head_dim", json!(64));
    assert!(reason(builder.open()).contains("model.heads * model.head_dim"));
}

#[test]
fn every_required_field_is_required() {
    let full = Builder::tiny();
    let optional = ["a_field_of_the_future", "lexical"];
    let mut pointers: Vec<(String, String)> = Vec::new();
    for (key, value) in full.manifest.as_object().unwrap() {
        pointers.push((String::new(), key.clone()));
        if key != "provenance" {
            for inner in value.as_object().into_iter().flat_map(|o| o.keys()) {
                pointers.push((format!("/{key}"), inner.clone()));
            }
        }
    }
    for task in ["recommend", "search"] {
        pointers.extend(["exclude_history", "history"].map(|k| (format!("/tasks/{task}"), k.to_owned())));
    }
    pointers.extend(["name", "task", "sign", "strength"].map(|k| ("/kinds/0".to_owned(), k.to_owned())));
    for (parent, key) in pointers.into_iter().filter(|(_, k)| !optional.contains(&k.as_str())) {
        let mut builder = Builder::tiny();
        builder.manifest.pointer_mut(&parent).unwrap().as_object_mut().unwrap().remove(&key);
        assert!(reason(builder.open()).contains("missing field"), "{parent}/{key}");
    }
}

#[test]
fn a_static_text_encoder_has_no_width() {
    let mut builder = Builder::tiny();
    builder.manifest["text_encoder"] = json!({ "kind": "static", "dim": 0, "max_tokens": 0 });
    builder.manifest["model"]["query_dim"] = json!(64);
    assert_eq!(builder.open().unwrap().manifest().text_encoder.dim, 0);
}

/// `inspect --json` prints the manifest as it was read.
#[test]
fn a_manifest_survives_its_own_json() {
    let pack = Builder::tiny().open().unwrap();
    let text = serde_json::to_string(pack.manifest()).unwrap();
    assert_eq!(&serde_json::from_str::<gensr::Manifest>(&text).unwrap(), pack.manifest());
}

#[test]
fn a_judge_and_a_taste_of_earlier_builds_are_ignored() {
    let mut builder = Builder::tiny();
    builder.list("graph.judge", "U8", b"not even a graph".to_vec());
    for task in ["recommend", "search"] {
        builder.manifest["tasks"][task]["judge"] = json!(0.5);
        builder.manifest["tasks"][task]["taste"] = json!(9.0);
    }
    let pack = builder.open().unwrap();
    let (with, without) = (pack.manifest(), Builder::tiny().open().unwrap());
    assert_eq!(with.tasks, without.manifest().tasks);
    pack.verify(|_, _| ()).unwrap();
}
