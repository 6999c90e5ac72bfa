//! The figures of an evaluation, as JSON, as tables and per event.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use gensr::Task;
use serde::Serialize;

use super::metrics::{Full, Means, Sampled};
use super::protocol::{Case, Outcome};
use super::tables::Data;
use crate::output;

/// Everything `evaluate --json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommend: Option<TaskReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<TaskReport>,
    pub meta: Meta,
}

/// The figures of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskReport {
    /// As the engine answers when a request says nothing about the history.
    pub default: Full,
    /// The user's history is left out.
    pub history_excluded: Full,
    /// Nothing is left out and nothing is added.
    pub plain: Full,
    /// Among 1 + sampled candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<Sampled>,
}

/// Sources of the figures.
#[derive(Debug, Serialize)]
pub struct Meta {
    pub pack: PackMeta,
    pub split: &'static str,
    pub protocol: Protocol,
    /// Parts of the score that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Weights in place of those of the pack.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, f32>,
    pub items_in_data: usize,
    pub items_in_data_not_in_pack: u64,
    /// Events whose wanted item the pack does not have: counted as never found.
    pub wanted_not_in_pack: u64,
    /// Events whose wanted item is in the user's own history: there it is not left out.
    pub wanted_in_history: u64,
    pub candidates_not_in_pack: u64,
    pub threads: usize,
    pub seconds: f64,
    pub gensr_version: &'static str,
}

#[derive(Debug, Serialize)]
pub struct PackMeta {
    pub name: String,
    pub id: String,
    pub items: usize,
}

/// The protocol in words, so that no figure travels without it.
#[derive(Debug, Serialize)]
pub struct Protocol {
    pub ranking: &'static str,
    pub history: &'static str,
    pub recommend_default: String,
    pub search_default: String,
    pub sampled: &'static str,
}

impl Protocol {
    /// In words, for these defaults of the pack.
    pub fn of(tasks: &gensr::Tasks) -> Self {
        let words = |task: &gensr::TaskSpec| match (task.exclude_history, task.history) {
            (true, _) => "the user's history is left out".to_owned(),
            (false, 0.0) => "nothing is left out".to_owned(),
            (false, weight) => {
                format!("nothing is left out; {weight:+} to the score of items in the history")
            }
        };
        Self {
            ranking: "every item of the pack; ties count against us; one wanted item an event",
            history: "the user's events before it in the file, of every split; now = the time of the event",
            recommend_default: words(&tasks.recommend),
            search_default: words(&tasks.search),
            sampled: "the wanted item among itself and the candidates of the data folder; nothing left out or added",
        }
    }
}

/// Means over the cases of one task; `None` where there are none.
pub fn of_task(task: Task, cases: &[Case], outcomes: &[Outcome]) -> Option<TaskReport> {
    let [mut default, mut excluded, mut plain, mut sampled]: [Means; 4] = Default::default();
    let mut users = HashSet::new();
    let mut sampled_users = HashSet::new();
    for (case, outcome) in cases.iter().zip(outcomes).filter(|(case, _)| case.task == task) {
        users.insert(case.user);
        default.add(outcome.default);
        excluded.add(outcome.excluded);
        plain.add(outcome.plain);
        if let Some(rank) = outcome.sampled {
            sampled_users.insert(case.user);
            sampled.add(rank);
        }
    }
    if users.is_empty() {
        return None;
    }
    let users = users.len() as u64;
    Some(TaskReport {
        default: default.full(users),
        history_excluded: excluded.full(users),
        plain: plain.full(users),
        sampled: (!sampled_users.is_empty()).then(|| sampled.sampled(sampled_users.len() as u64)),
    })
}

impl Report {
    /// The tables a person reads.
    pub fn text(&self) -> String {
        let meta = &self.meta;
        let mut out = format!(
            "{} · {} items · split {}\n",
            output::bold(&meta.pack.name),
            output::count(meta.pack.items as u64),
            meta.split
        );
        let tasks = [
            ("recommend", &self.recommend, &meta.protocol.recommend_default),
            ("search", &self.search, &meta.protocol.search_default),
        ];
        for (name, report, default) in tasks {
            let Some(report) = report else { continue };
            let mut table =
                output::table(&[name, "recall@5", "ndcg@5", "recall@10", "ndcg@10", "events", "users"]);
            for column in 1..7 {
                if let Some(column) = table.column_mut(column) {
                    column.set_cell_alignment(comfy_table::CellAlignment::Right);
                }
            }
            let mut row = |label: &str, figures: [f64; 4], events: u64, users: u64| {
                let mut cells = vec![comfy_table::Cell::new(label)];
                cells.extend(figures.map(|figure| output::right(format!("{figure:.4}"))));
                cells.push(output::right(output::count(events)));
                cells.push(output::right(output::count(users)));
                table.add_row(cells);
            };
            let variants = [
                ("default", &report.default),
                ("history excluded", &report.history_excluded),
                ("plain", &report.plain),
            ];
            for (label, f) in variants {
                row(label, [f.recall_5, f.ndcg_5, f.recall_10, f.ndcg_10], f.events, f.users);
            }
            if let Some(s) = &report.sampled {
                row("sampled (hr, ndcg)", [s.hr_5, s.ndcg_5, s.hr_10, s.ndcg_10], s.events, s.users);
            }
            out.push_str(&format!("\n{}\n  {}\n", table, output::dim(format!("default: {default}"))));
        }
        out.push('\n');
        for line in [meta.protocol.ranking, meta.protocol.history] {
            out.push_str(&format!("{}\n", output::dim(line)));
        }
        for (n, what) in [
            (meta.wanted_not_in_pack, "events want an item that the pack does not have: never found"),
            (meta.wanted_in_history, "events want an item of the user's own history: there it stays in"),
            (meta.candidates_not_in_pack, "sampled candidates are not in the pack: left out"),
        ] {
            if n > 0 {
                out.push_str(&format!("{} {what}\n", output::count(n)));
            }
        }
        out.push_str(&output::dim(format!("{:.1} s on {} threads\n", meta.seconds, meta.threads)));
        out
    }
}

/// The lists of `--per-user`: one row an event, ids but no texts of items.
pub struct PerUser {
    file: csv::Writer<BufWriter<File>>,
    path: String,
    top: bool,
}

impl PerUser {
    /// Creates the file, so that a wrong path shows before the work.
    pub fn create(path: &Path, top: bool) -> Result<Self> {
        let name = path.display().to_string();
        let file = File::create(path).with_context(|| format!("cannot write {name}"))?;
        Ok(Self { file: csv::Writer::from_writer(BufWriter::new(file)), path: name, top })
    }

    /// Writes all rows.
    pub fn write(
        mut self,
        data: &Data,
        cases: &[Case],
        outcomes: &[Outcome],
        id: impl Fn(u32) -> String,
    ) -> Result<()> {
        let path = self.path.clone();
        self.rows(data, cases, outcomes, id).with_context(|| format!("cannot write {path}"))
    }

    fn rows(
        &mut self,
        data: &Data,
        cases: &[Case],
        outcomes: &[Outcome],
        id: impl Fn(u32) -> String,
    ) -> Result<()> {
        let mut header = vec![
            "user",
            "task",
            "query",
            "positive",
            "rank_default",
            "rank_history_excluded",
            "rank_plain",
            "rank_sampled",
        ];
        if self.top {
            header.push("top");
        }
        self.file.write_record(&header)?;
        let text = |rank: Option<u64>| rank.map(|rank| rank.to_string()).unwrap_or_default();
        for (case, outcome) in cases.iter().zip(outcomes) {
            let user = &data.users[case.user];
            let event = &user.events[case.at];
            let mut row = vec![
                user.id.clone(),
                task_name(case.task).to_owned(),
                event.query.as_deref().filter(|_| case.task == Task::Search).unwrap_or_default().to_owned(),
                data.items[event.item as usize].clone(),
                text(outcome.default),
                text(outcome.excluded),
                text(outcome.plain),
                text(outcome.sampled.flatten()),
            ];
            if self.top {
                row.push(outcome.top.iter().map(|&row| id(row)).collect::<Vec<_>>().join("|"));
            }
            self.file.write_record(&row)?;
        }
        self.file.flush()?;
        self.file.get_ref().get_ref().sync_all()?;
        Ok(())
    }
}

/// `search` or `recommend`.
pub fn task_name(task: Task) -> &'static str {
    match task {
        Task::Search => "search",
        _ => "recommend",
    }
}
