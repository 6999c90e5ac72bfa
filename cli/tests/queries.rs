//! `search`, `recommend`, `similar`, `profile`, `bench` and `demo` on the demo pack.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{demo, gensr, gensr_with, json};
use serde_json::Value;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

/// A query that is a word of the catalogue, and some ids.
fn words_and_ids(pack: &str) -> (String, Vec<String>) {
    let answer = json(&["recommend", pack, "--limit", "40"]);
    let title = answer["hits"][0]["title"].as_str().unwrap();
    (title.split_whitespace().next().unwrap().to_owned(), ids(&answer))
}

#[test]
fn answers_have_the_promised_shape() {
    let pack = demo();
    let pack = text(&pack);
    let (word, some) = words_and_ids(pack);
    let answers = [
        json(&["search", pack, &word, "--limit", "7"]),
        json(&["recommend", pack, "--limit", "7", "--history", &some[..3].join(",")]),
        json(&["similar", pack, &some[0], "--limit", "7"]),
    ];
    for answer in &answers {
        assert_eq!(ids(answer).len(), 7);
        let scores: Vec<f64> =
            answer["hits"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        assert!(answer["timings_ms"]["total"].as_f64().unwrap() > 0.0);
        assert!(answer["providers"].is_object());
        for hit in answer["hits"].as_array().unwrap() {
            assert!(hit["title"].is_string());
            assert!(!hit["reasons"].as_array().unwrap().is_empty());
        }
    }
    assert!(!ids(&answers[2]).contains(&some[0]), "an item is not like itself");

    let run = gensr(&["search", pack, &word]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains(&word) && run.out.contains("total") && !run.out.contains('\u{1b}'), "{run:?}");
}

#[test]
fn graphs_run_on_the_named_provider_or_the_command_fails() {
    let pack = demo();
    let pack = text(&pack);
    for provider in ["cpu", "CPU"] {
        let answer = json(&["--provider", provider, "recommend", pack, "--limit", "1"]);
        assert_eq!(answer["providers"]["decoder"], "cpu");
    }
    for name in ["gpu", "auto"] {
        let run = gensr(&["recommend", pack, "--provider", name]);
        assert!(run.code == 2 && run.err.contains("one of cpu, xnnpack, coreml, nnapi"), "{run:?}");
    }
    let run = gensr(&["recommend", pack, "--provider", "coreml"]);
    // ONNX Runtime has it on a Mac.
    if run.code != 0 {
        run.fails_with(&["has no execution provider coreml here; it has cpu"]);
    }
}

#[test]
fn completions_have_texts_kinds_and_places() {
    let pack = demo();
    let pack = text(&pack);
    let (word, _) = words_and_ids(pack);
    let begun: String = word.chars().take(3).collect();
    let answer = json(&["complete", pack, &begun, "--limit", "5"]);
    let found = answer["completions"].as_array().unwrap();
    assert_eq!(found.len(), 5);
    for completion in found {
        let (offered, matches) =
            (completion["text"].as_str().unwrap(), completion["matches"].as_array().unwrap());
        let place = |at: usize| matches[0][at].as_u64().unwrap() as usize;
        assert_eq!(offered[place(0)..place(1)].to_lowercase(), begun.to_lowercase());
        assert!(["category", "title"].contains(&completion["kind"].as_str().unwrap()));
    }
    let run = gensr(&["complete", pack, "zzzzzz"]);
    assert_eq!((run.code, run.out.as_str()), (0, "nothing goes on so\n"), "{run:?}");
    gensr(&["complete", pack, &begun, "--limit", "0"]).fails_with(&["limit is 0"]);
}

#[test]
fn typing_answers_every_line_twice() {
    let pack = demo();
    let pack = text(&pack);
    let (word, _) = words_and_ids(pack);
    let run = gensr_with(&["type", pack, "--letters", "--limit", "3", "--json"], &format!("{word}\n\n"));
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), word.chars().count());
    for (line, end) in lines.iter().zip(1..) {
        assert_eq!(line["text"].as_str().unwrap(), word.chars().take(end).collect::<String>());
        assert_eq!(ids(&line["full"]).len(), 3);
        assert!(line["first"]["timings_ms"]["decoder"].is_null());
    }
    let last = lines.last().unwrap();
    assert_eq!(ids(&last["first"]).len(), 3);
    assert!(!last["completions"].as_array().unwrap().is_empty());
    let filter = "price < 40";
    let run = gensr_with(&["type", pack, "--filter", filter, "--json"], &word);
    let line: Value = serde_json::from_str(run.out.trim()).unwrap();
    let asked = json(&["search", pack, &word, "--filter", filter, "--limit", "5"]);
    assert_eq!(ids(&line["full"]), ids(&asked), "the same items as a search");
    assert_eq!(line["full"]["total_hits"], asked["total_hits"]);
    let run = gensr(&["type", pack, "--filter", "price <"]);
    assert!(run.code == 1 && run.err.contains("column 8: expected a value"), "{run:?}");
    let run = gensr_with(&["type", pack], &word);
    assert!(run.code == 0 && run.out.contains("ranked") && run.out.contains(&word), "{run:?}");
}

#[test]
fn history_is_left_out_kept_and_matters() {
    let pack = demo();
    let pack = text(&pack);
    let (word, some) = words_and_ids(pack);
    let history = some[..4].join(",");
    let n = "200";
    let default = ids(&json(&["recommend", pack, "--history", &history, "--limit", n]));
    let kept = ids(&json(&["recommend", pack, "--history", &history, "--limit", n, "--include-history"]));
    assert!(some[..4].iter().all(|id| !default.contains(id)));
    assert_ne!(default, kept);
    assert_ne!(default, ids(&json(&["recommend", pack, "--limit", n])), "the history changes the answer");

    let search = |more: &[&str]| {
        let mut args = vec!["search", pack, &word, "--limit", n];
        args.extend(more);
        ids(&json(&args))
    };
    let stranger = search(&[]);
    let first = stranger[..2].join(",");
    assert!(!search(&["--history", &first, "--exclude-history"]).contains(&stranger[0]));
    assert_ne!(search(&["--history", &history]), stranger);
}

#[test]
fn bad_requests_are_refused_with_what_would_be_right() {
    let pack = demo();
    let pack = text(&pack);
    gensr(&["search", pack, "  "]).fails_with(&["query"]);
    gensr(&["search", pack, &"x".repeat(5000)]).fails_with(&["4096"]);
    gensr(&["search", pack, "lamp", "--limit", "0"]).fails_with(&["limit"]);
    gensr(&["search", pack, "lamp", "--limit", "1001"]).fails_with(&["limit", "1000"]);
    gensr(&["recommend", pack, "--history", "no-such-item"]).fails_with(&["no-such-item", "ids look like"]);
    gensr(&["similar", pack, "no-such-item"]).fails_with(&["no-such-item"]);
    gensr(&["search", "/no/such.gensr", "lamp"]).fails_with(&["/no/such.gensr"]);
    gensr(&["search", pack, "lamp", "--profile", "/no/such/folder"]).fails_with(&["/no/such/folder"]);
    assert_eq!(gensr(&["search", pack, "lamp", "--profile", "a", "--history", "b"]).code, 2);
    assert_eq!(gensr(&["search", pack, "lamp", "--include-history", "--exclude-history"]).code, 2);
    assert_eq!(gensr(&["search", pack]).code, 2);
}

#[test]
fn filters_pages_and_facets() {
    let pack = demo();
    let pack = text(&pack);
    let filter = "price 20 TO 60 AND in_stock = true AND NOT colour IN [black, red]";
    let whole = json(&["recommend", pack, "--filter", filter, "--limit", "1000"]);
    let found = whole["total_hits"].as_u64().unwrap() as usize;
    assert_eq!(ids(&whole).len(), found, "all hits that exist fit one page");
    let part =
        |offset: &str| json(&["recommend", pack, "--filter", filter, "--offset", offset, "--limit", "7"]);
    assert_eq!([ids(&part("0")), ids(&part("7"))].concat(), ids(&whole)[..14]);
    assert_eq!(ids(&part(&(found - 3).to_string())).len(), 3);
    assert_eq!(ids(&part("5000")).len(), 0);

    let facets = ["--facet", "colour,price", "--facet", "released"];
    let answer = json(&[&["recommend", pack, "--filter", filter][..], &facets].concat());
    let [colour, price, released] = &answer["facets"].as_array().unwrap()[..] else { panic!("{answer}") };
    let counts: Vec<u64> =
        colour["values"].as_array().unwrap().iter().map(|value| value["count"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b));
    assert_eq!(counts.iter().sum::<u64>(), colour["items"].as_u64().unwrap());
    assert!(!colour["values"].to_string().contains("black"));
    assert!(price["min"].as_f64().unwrap() >= 20.0 && price["max"].as_f64().unwrap() <= 60.0, "{price}");
    assert_eq!(released["min"].as_str().unwrap().len(), "2024-01-31".len());

    for command in [&["search", pack, "tent"][..], &["similar", pack, &ids(&whole)[0]]] {
        let run = gensr(&[command, &["--filter", filter, "--offset", "20"], &facets].concat());
        assert!(run.code == 0 && run.out.contains("21 ") && run.out.contains(" found"), "{run:?}");
        assert!(run.out.contains("colour") && run.out.contains(" to "), "{run:?}");
    }
}

#[test]
fn mistakes_in_filters_are_pointed_at() {
    let pack = demo();
    let pack = text(&pack);
    for (filter, says, carets) in [
        ("price < ", "column 9: expected a value", "          ^"),
        ("price < cheap", "column 9: price is a number: expected a number", "          ^^^^^"),
        (
            "color = red",
            "column 1: no such attribute; the pack has categories (set), brand (string), ",
            "  ^^^^^",
        ),
        (
            "released > 2024",
            "column 12: released is a date: expected a date, such as 2024-01-31",
            "             ^^^^",
        ),
    ] {
        let run = gensr(&["recommend", pack, "--filter", filter]);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
        let lines: Vec<_> = run.err.lines().collect();
        assert!(lines[0].starts_with("error: filter, ") && lines[0].contains(says), "{run:?}");
        assert_eq!(lines[1..], [&format!("  {filter}"), carets], "{run:?}");
    }
    gensr(&["recommend", pack, "--facet", "color"]).fails_with(&["facet 0", "colour"]);
    gensr(&["recommend", pack, "--offset", "99999999"]).fails_with(&["offset", "4000000"]);
}

#[test]
fn a_missing_onnx_runtime_is_named() {
    let pack = demo();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gensr"))
        .args(["recommend", text(&pack)])
        .env("ORT_DYLIB_PATH", "/no/such/libonnxruntime.so")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("ONNX Runtime") && error.trim_end().lines().count() == 1, "{error}");
}

#[test]
fn bench_reports_every_figure() {
    let pack = demo();
    let value = json(&["bench", text(&pack), "--iterations", "8"]);
    for (task, stages) in
        [("search", &["text", "decoder", "scan", "total"][..]), ("recommend", &["decoder", "scan", "total"])]
    {
        for stage in stages {
            let spread = &value[task][stage];
            let [p50, p95] = ["p50", "p95"].map(|p| spread[p].as_f64().unwrap());
            assert!(0.0 <= p50 && p50 <= p95, "{task} {stage} {spread}");
        }
    }
    for times in ["open", "open_to_first_search"] {
        assert!(value[times]["p50"].as_f64().unwrap() > 0.0, "{times}");
    }
    assert!(value["record_and_recommend"]["p50"].as_f64().unwrap() > 0.0);
    let typing = &value["typing"];
    assert_eq!(
        (typing["keystrokes"].as_u64(), typing["steady_first"].as_f64()),
        (Some(8), Some(1.0)),
        "{typing}"
    );
    assert!(typing["ranked"]["decoder"]["p50"].as_f64().unwrap() > 0.0);
    assert!(typing["first"]["decoder"].is_null() && typing["first"]["signals"].is_object(), "{typing}");
    if cfg!(target_os = "linux") {
        assert!(value["memory"]["after_open"]["mapped_bytes"].as_u64().unwrap() > 0);
        assert!(value["memory"]["after_first_search"]["private_bytes"].as_u64().unwrap() > 0);
    }
    assert_eq!(gensr(&["bench", text(&pack), "--iterations", "0"]).code, 2);
}

#[test]
fn bench_compares_a_named_provider_with_the_processor() {
    let pack = demo();
    let pack = text(&pack);
    let value = json(&["bench", pack, "--iterations", "4", "--provider", "cpu"]);
    let compared = &value["provider"];
    assert_eq!(compared["name"], "cpu");
    for task in ["search", "recommend"] {
        let pair = &compared[task];
        assert_eq!(
            (&pair["overlap_at_10"], &pair["lowest_overlap_at_10"]),
            (&1.0.into(), &1.0.into()),
            "{pair}"
        );
        for side in ["cpu", "provider"] {
            let [p50, p95] = ["p50", "p95"].map(|p| pair[side][p].as_f64().unwrap());
            assert!(0.0 < p50 && p50 <= p95, "{pair}");
        }
        assert!(pair["ratio"].as_f64().unwrap() > 0.0);
    }
    if cfg!(target_os = "linux") {
        for side in ["cpu", "provider"] {
            assert!(compared["memory"][side]["private_bytes"].as_u64().unwrap() > 1 << 20, "{compared}");
        }
    }
    assert!(compared["nodes"].as_array().unwrap().iter().any(|row| row["graph"] == "decoder"));
    assert!(json(&["bench", pack, "--iterations", "1"]).get("provider").is_none());

    let run = gensr(&["bench", pack, "--iterations", "1", "--provider", "CPU"]);
    assert!(run.code == 0 && run.out.contains("cpu beside cpu") && run.out.contains("100.0 %"), "{run:?}");
    for name in ["xnnpack", "coreml", "nnapi"] {
        let run = gensr(&["bench", pack, "--iterations", "1", "--provider", name]);
        // Which of them ONNX Runtime has depends on its build.
        if run.code == 0 {
            assert!(run.out.contains(&format!("{name} beside cpu")), "{run:?}");
        } else {
            run.fails_with(&[&format!("has no execution provider {name} here; it has cpu")]);
        }
    }
}

#[test]
fn the_demo_tells_its_story() {
    let pack = demo();
    let pack = text(&pack);
    let value = json(&["demo", pack]);
    assert_eq!(value["histories"].as_array().unwrap().len(), 2);
    let run = gensr(&["demo", pack]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains(value["query"].as_str().unwrap()));
    for told in value["histories"].as_array().unwrap() {
        assert!(run.out.contains(told["label"].as_str().unwrap()), "{}", run.out);
        let liked: Vec<&str> =
            told["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert!(ids(&told["recommend"]).iter().all(|id| !liked.contains(&id.as_str())));
    }
}

#[test]
fn a_profile_is_shown_exported_and_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let dir = text(folder.path());
    gensr(&["profile", dir, "show"]).fails_with(&["no profile"]);
    gensr(&["profile", "/no/such/folder", "export"]).fails_with(&["/no/such/folder"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking creates nothing");

    let pack = demo();
    let inspected = json(&["inspect", text(&pack)]);
    let kind = inspected["kinds"][0]["name"].as_str().unwrap();
    let (_, some) = words_and_ids(text(&pack));
    {
        let source = gensr::PackSource::Path(pack.clone());
        let options = gensr::EngineOptions::default();
        let engine = gensr::Engine::open(source, Some(folder.path()), options).unwrap();
        for (place, id) in some[..3].iter().enumerate() {
            engine
                .record(
                    gensr::Event::new(id.clone(), kind.to_owned())
                        .timestamp_ms(Some(1_000 * place as i64))
                        .query((place == 1).then(|| "lamp".to_owned())),
                )
                .unwrap();
        }
        gensr(&["profile", dir, "show"]).fails_with(&[dir]);
    }
    let shown = json(&["profile", dir, "show", "--limit", "2"]);
    assert_eq!(shown["total"], 3);
    assert_eq!(shown["events"][1]["item_id"].as_str(), Some(some[2].as_str()));
    let run = gensr(&["profile", dir, "show", "--pack", text(&pack)]);
    assert!(run.code == 0 && run.out.contains("3 of 3 events"), "{run:?}");

    let run = gensr(&["profile", dir, "export"]);
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[1]["query"], &lines[1]["timestamp_ms"]), (&"lamp".into(), &1000.into()));
    assert_eq!(lines[0]["item_id"].as_str(), Some(some[0].as_str()));

    let recommended = ids(&json(&["recommend", text(&pack), "--profile", dir, "--limit", "200"]));
    assert!(some[..3].iter().all(|id| !recommended.contains(id)), "the recorded history is read");

    let forget = |what: &[&str]| json(&[&["profile", dir, "forget"], what].concat())["forgotten"].clone();
    assert_eq!(gensr(&["profile", dir, "forget"]).code, 2, "something has to be named");
    assert_eq!(gensr(&["profile", dir, "forget", "--item", "a", "--since", "1"]).code, 2, "one thing");
    let id = shown["events"][1]["id"].to_string();
    assert_eq!(forget(&["--event", &id]), 1);
    assert_eq!(forget(&["--query", " lamp"]), 1);
    assert_eq!(forget(&["--since", "1"]), 0);
    let file = folder.path().join("export.jsonl");
    std::fs::write(&file, &run.out).unwrap();
    assert_eq!(json(&["profile", dir, "import", text(&file)])["imported"], 2);
    assert_eq!(gensr(&["profile", dir, "export"]).out, run.out, "as it was");
    assert_eq!(json(&["profile", dir, "import", text(&file)])["imported"], 0);
    std::fs::write(&file, format!("{}secret", run.out)).unwrap();
    let failed = gensr(&["profile", dir, "import", text(&file)]);
    assert!(!failed.err.contains("secret"), "{failed:?}");
    failed.fails_with(&["line 4"]);
    std::fs::write(&file, "12").unwrap();
    gensr(&["profile", dir, "show", "--key-file", text(&file)]).fails_with(&["64 hexadecimal digits"]);
    std::fs::write(&file, "ab".repeat(32)).unwrap();
    if cfg!(feature = "sqlcipher") {
        json(&["profile", dir, "rotate-key", "--to", text(&file)]);
        gensr(&["profile", dir, "show"]).fails_with(&["the profile is encrypted"]);
        assert_eq!(json(&["profile", dir, "show", "--key-file", text(&file)])["total"], 3);
        return;
    }
    gensr(&["profile", dir, "show", "--key-file", text(&file)]).fails_with(&["without encryption"]);

    let run = std::process::Command::new(env!("CARGO_BIN_EXE_gensr"))
        .args(["profile", dir, "clear"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1), "not without --yes");
    assert_eq!(json(&["profile", dir, "clear", "--yes"])["cleared"], 3);
    assert_eq!(gensr(&["profile", dir, "export"]).out, "");
}
