//! `evaluate` on a small data folder over the demo pack.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{demo, gensr, json};
use serde_json::Value;

/// A folder of tables whose items are in the pack, and the ids.
struct Folder {
    dir: tempfile::TempDir,
    pack: PathBuf,
    ids: Vec<String>,
    recommend_kind: String,
    search_kind: Option<String>,
}

const USERS: usize = 6;
const LIKED: usize = 4;

impl Folder {
    fn new() -> Self {
        let pack = demo();
        let path = pack.to_str().unwrap();
        let answer = json(&["recommend", path, "--limit", "60"]);
        let ids: Vec<String> = answer["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["id"].as_str().unwrap().to_owned())
            .collect();
        let inspected = json(&["inspect", path]);
        let kind = |task: &str| {
            let kinds = inspected["kinds"].as_array().unwrap();
            let kind = kinds.iter().find(|kind| kind["task"] == task && kind["sign"] == 1)?;
            Some(kind["name"].as_str().unwrap().to_owned())
        };
        let folder = Self {
            dir: tempfile::tempdir().unwrap(),
            ids,
            recommend_kind: kind("recommend").unwrap(),
            search_kind: kind("search"),
            pack,
        };
        let items: String = folder.ids.iter().map(|id| format!("{id},some title\n")).collect();
        folder.write("items.csv", &format!("item_id,title\n{items}not-in-the-pack,x\n"));
        folder.write_events("");
        folder
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn history(&self, user: usize) -> &[String] {
        &self.ids[user * LIKED..(user + 1) * LIKED]
    }

    fn wanted(&self, user: usize) -> &str {
        &self.ids[USERS * LIKED + user]
    }

    /// Each user likes some items, one second apart, and the wanted one in the second of the last of these; then
    /// searches for something.
    fn write_events(&self, more: &str) {
        let mut rows = String::from("user_id,timestamp,kind,query,item_id,split\n");
        for user in 0..USERS {
            for (second, id) in self.history(user).iter().enumerate() {
                rows.push_str(&format!("u{user},{second},{},,{id},train\n", self.recommend_kind));
            }
            let last = LIKED - 1;
            rows.push_str(&format!("u{user},{last},{},,{},test\n", self.recommend_kind, self.wanted(user)));
            if let Some(kind) = &self.search_kind {
                rows.push_str(&format!("u{user},{last},{kind},lamp,{},test\n", self.ids[50 + user]));
            }
        }
        self.write("events.csv", &(rows + more));
    }

    fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec!["evaluate", self.pack.to_str().unwrap(), "--data", self.path().to_str().unwrap()];
        args.extend(more);
        args
    }

    fn evaluate(&self, more: &[&str]) -> Value {
        json(&self.args(more))
    }
}

fn without_meta(mut value: Value) -> Value {
    value.as_object_mut().unwrap().remove("meta").unwrap();
    value
}

#[test]
fn figures_have_the_promised_shape_and_do_not_depend_on_threads() {
    let folder = Folder::new();
    let value = folder.evaluate(&["--threads", "1"]);
    let tasks = if folder.search_kind.is_some() { &["recommend", "search"][..] } else { &["recommend"] };
    for task in tasks {
        for variant in ["default", "history_excluded", "plain"] {
            let figures = &value[task][variant];
            assert_eq!(figures["users"], USERS, "{task} {variant}");
            for figure in ["recall@5", "ndcg@5", "recall@10", "ndcg@10"] {
                assert!(
                    (0.0..=1.0).contains(&figures[figure].as_f64().unwrap()),
                    "{task} {variant} {figure}"
                );
            }
        }
        assert!(value[task]["sampled"].is_null(), "there are no candidates");
    }
    assert_eq!(value["meta"]["items_in_data_not_in_pack"], 1);
    assert_eq!(without_meta(value), without_meta(folder.evaluate(&["--threads", "5"])));

    let three = folder.evaluate(&["--task", "recommend", "--limit-users", "3"]);
    assert_eq!(three["recommend"]["plain"]["users"], 3);
    assert!(three["search"].is_null());
    let run = gensr(&folder.args(&[]));
    assert!(
        run.code == 0 && run.out.contains("history excluded") && run.out.contains("ties count against us")
    );
}

#[test]
fn lists_are_those_that_the_engine_answers_and_ranks_are_places_in_them() {
    let folder = Folder::new();
    let file = folder.path().join("lists.csv");
    let file = file.to_str().unwrap();
    folder.evaluate(&["--task", "recommend", "--per-user", file, "--top", "1000"]);
    let mut table = csv::Reader::from_path(file).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|other| other == name).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), USERS);
    for (user, row) in rows.iter().enumerate() {
        assert_eq!(&row[column("user")], format!("u{user}"));
        assert_eq!((&row[column("task")], &row[column("query")]), ("recommend", ""));
        let top: Vec<&str> = row[column("top")].split('|').collect();
        let history = folder.history(user).join(",");
        let answer =
            json(&["recommend", folder.pack.to_str().unwrap(), "--history", &history, "--limit", "20"]);
        let answered: Vec<&str> =
            answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
        assert_eq!(top[..20], answered, "user {user}");
        let rank: usize = row[column("rank_default")].parse().unwrap();
        let place = top.iter().position(|id| *id == folder.wanted(user));
        assert!(place.is_none_or(|place| rank > place), "{rank} {place:?}");
        assert_eq!(row[column("rank_default")], row[column("rank_history_excluded")]);
    }
}

#[test]
fn sampled_candidates_are_ranked_where_they_are_given() {
    let folder = Folder::new();
    let row = |user: usize| format!("u{user},,{},{}\n", folder.wanted(user), folder.ids[40..50].join("|"));
    let rows: String = (0..4).map(row).collect();
    let name = format!("candidates_test_{}.csv", folder.recommend_kind);
    folder.write(&name, &format!("user_id,query,positive,negatives\n{rows}"));
    let value = folder.evaluate(&["--task", "recommend"]);
    let sampled = &value["recommend"]["sampled"];
    assert_eq!(sampled["users"], 4);
    assert!(sampled["hr@10"].as_f64().unwrap() >= sampled["hr@5"].as_f64().unwrap());
}

#[test]
fn wanted_items_that_the_pack_lacks_are_counted_as_misses() {
    let folder = Folder::new();
    folder.write_events(&format!("z,0,{},,not-in-the-pack,test\n", folder.recommend_kind));
    let value = folder.evaluate(&["--task", "recommend"]);
    assert_eq!(value["meta"]["wanted_not_in_pack"], 1);
    assert_eq!(value["recommend"]["plain"]["users"], USERS + 1);
}

#[test]
fn bad_tables_are_named() {
    let folder = Folder::new();
    folder.write_events(&format!("z,soon,{},,{},test\n", folder.recommend_kind, folder.ids[0]));
    gensr(&folder.args(&[])).fails_with(&["events.csv", "column timestamp"]);
    folder.write_events("z,1,view,,who-is-this,test\n");
    gensr(&folder.args(&[])).fails_with(&["events.csv", "column item_id"]);
    folder.write_events("");
    gensr(&folder.args(&["--split", "valid"])).fails_with(&["no valid events"]);
    gensr(&folder.args(&["--per-user", "/no/such/folder/x.csv"])).fails_with(&["/no/such/folder/x.csv"]);
    assert_eq!(gensr(&folder.args(&["--top", "5"])).code, 2);
    assert_eq!(gensr(&folder.args(&["--threads", "0"])).code, 2);

    folder.write("items.csv", "item_id,title\nx1,a\nx2,b\n");
    folder
        .write("events.csv", &format!("user_id,timestamp,kind,item_id\nu,1,{},x1\n", folder.recommend_kind));
    gensr(&folder.args(&[])).fails_with(&["no test events"]);
    std::fs::rename(folder.path().join("items.csv"), folder.path().join("items.parquet")).unwrap();
    gensr(&folder.args(&[])).fails_with(&["Parquet", "Python"]);
    let pack = folder.pack.to_str().unwrap();
    gensr(&["evaluate", pack, "--data", "/no/such/folder"]).fails_with(&["/no/such/folder"]);
    assert_eq!(gensr(&["evaluate", pack]).code, 2);
}

#[test]
fn weights_in_place_of_the_pack_s() {
    let folder = Folder::new();
    let lists = |more: &[&str]| {
        let file = folder.path().join("lists.csv");
        let report =
            folder.evaluate(&[more, &["--per-user", file.to_str().unwrap(), "--top", "20"]].concat());
        (std::fs::read_to_string(file).unwrap(), report)
    };
    let (plain, report) = lists(&[]);
    assert!(report["meta"]["weights"].is_null());
    let (without, _) = lists(&["--without", "neighbours"]);
    let (zero, report) = lists(&["--weight", "neighbours=0"]);
    assert_eq!(report["meta"]["weights"]["neighbours"], 0.0);
    assert_eq!(without, zero, "leaving a part out is the weight 0");
    let (more, _) = lists(&["--weight", "neighbours=90,lexical=0.5,history=-2"]);
    assert!(more != plain && more != zero, "the weights change some list");
    for bad in ["neighbours=-1", "lexical=NaN", "history=much", "neighbours", "unknown=1"] {
        assert_eq!(gensr(&folder.args(&["--weight", bad])).code, 2, "{bad}");
    }
}

#[test]
fn feeds_are_measured_and_the_figures_say_what_the_options_do() {
    let folder = Folder::new();
    let (pack, data) = (folder.pack.to_str().unwrap(), folder.path().to_str().unwrap());
    let measure = || json(&["evaluate-feed", pack, "--data", data, "--seed", "3"]);
    let report = measure();
    assert_eq!(report, measure(), "the same seed, the same figures");
    assert_eq!(report["events"], USERS);
    let figure = |part: &str, row: usize, name: &str| report[part][row][name].as_f64().unwrap();
    assert_eq!(report["diversity"].as_array().unwrap().len(), 10);
    assert!(figure("diversity", 9, "difference") > figure("diversity", 0, "difference") + 0.1);
    assert!(figure("exploration", 4, "difference") > figure("exploration", 0, "difference") + 0.05);
    // The last row of the feedback is the dislike.
    assert!(figure("feedback", 2, "likeness_after") < figure("feedback", 2, "likeness_before") - 0.05);
    assert!(figure("feedback", 0, "likeness_after") > figure("feedback", 2, "likeness_after"));
    let recall = figure("seeds", 0, "recall@10");
    let found = (0..USERS).filter(|user| {
        let history = folder.history(*user).join(",");
        let answer = json(&["recommend", pack, "--history", &history]);
        answer["hits"].as_array().unwrap().iter().any(|hit| hit["id"] == folder.wanted(*user))
    });
    assert_eq!(recall, found.count() as f64 / USERS as f64, "the lists are those of recommend");
}
