//! The figures as JSON and as tables.

use serde::Serialize;

use super::lists::Feedback;
use crate::output::{self, right};

/// Everything `evaluate-feed --json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    pub pack: String,
    pub split: &'static str,
    /// Held-out events that were asked about.
    pub events: usize,
    /// Held-out searches, for intents.
    pub searches: usize,
    pub seed: u64,
    pub feedback: Vec<Feedback>,
    pub diversity: Vec<Row>,
    pub exploration: Vec<Row>,
    /// Lists for strangers, against every held-out event.
    pub strangers: Vec<Row>,
    /// The same lists, against every user's first event.
    pub first_events: Vec<Row>,
    pub seeds: Vec<Row>,
    pub intent: Vec<Row>,
}

/// One way to make lists, in means over subjects.
#[derive(Debug, Serialize)]
pub struct Row {
    pub name: String,
    #[serde(rename = "recall@10")]
    pub recall_10: f64,
    #[serde(rename = "ndcg@10")]
    pub ndcg_10: f64,
    /// 1 less the mean cosine of the pairs of a list.
    pub difference: f64,
    /// Share of the catalogue that is in any list.
    pub coverage: f64,
}

impl Report {
    pub fn text(&self) -> String {
        let mut out = format!(
            "{}: {} {} events, {} searches, seed {}\n",
            output::bold(&self.pack),
            self.events,
            self.split,
            self.searches,
            self.seed
        );
        let mut table =
            output::table(&["feedback", "likeness", "then", "changed", "alike", "then", "ndcg@10", "then"]);
        for row in &self.feedback {
            let figures = [
                row.likeness_before,
                row.likeness_after,
                row.changed,
                row.alike_before,
                row.alike_after,
                row.ndcg_before,
                row.ndcg_after,
            ];
            let cells = figures.map(|figure| right(format!("{figure:.3}")));
            table.add_row([comfy_table::Cell::new(&row.name)].into_iter().chain(cells));
        }
        out.push_str(&format!("\n{table}\n"));
        let parts = [
            ("diversity", &self.diversity),
            ("exploration", &self.exploration),
            ("strangers", &self.strangers),
            ("first events", &self.first_events),
            ("seeds", &self.seeds),
            ("intent", &self.intent),
        ];
        for (name, rows) in parts.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            let mut table = output::table(&[name, "recall@10", "ndcg@10", "difference", "coverage"]);
            for row in rows {
                let figures = [row.recall_10, row.ndcg_10, row.difference, row.coverage];
                let cells = figures.map(|figure| right(format!("{figure:.4}")));
                table.add_row([comfy_table::Cell::new(&row.name)].into_iter().chain(cells));
            }
            out.push_str(&format!("\n{table}\n"));
        }
        out
    }
}
