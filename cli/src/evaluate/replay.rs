//! `--replay`: every user's held-out events in their order, each after all that were before it, with the taste and without.

use std::collections::BTreeMap;

use comfy_table::Table;
use gensr::Task;
use serde::Serialize;

use super::metrics::gain_10;
use super::protocol::{Case, Outcome};
use crate::output;

/// Draws of users with replacement.
const RESAMPLES: usize = 2_000;
/// Of the draws: figures do not change from run to run.
const SEED: u64 = 0;

/// What the taste changes in each task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommend: Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Change>,
}

/// ndcg@10 of the default answer without the taste and with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    #[serde(rename = "ndcg@10_without")]
    pub without: f64,
    #[serde(rename = "ndcg@10_with")]
    pub with: f64,
    pub gain: f64,
    /// 95 % of the draws of users have a gain between these.
    pub interval: [f64; 2],
    pub users: u64,
    pub events: u64,
}

impl Replay {
    /// Of all cases; their outcomes have both ranks.
    pub fn of(cases: &[Case], outcomes: &[Outcome]) -> Self {
        let of = |task: Task| {
            let mut users: BTreeMap<usize, Sums> = BTreeMap::new();
            for (case, outcome) in cases.iter().zip(outcomes).filter(|(case, _)| case.task == task) {
                let sums = users.entry(case.user).or_default();
                sums.events += 1;
                sums.without += gain_10(outcome.untasted);
                sums.with += gain_10(outcome.default);
            }
            Change::of(&users.into_values().collect::<Vec<_>>())
        };
        Self { recommend: of(Task::Recommend), search: of(Task::Search) }
    }

    /// For people.
    pub fn table(&self) -> Table {
        let head = ["ndcg@10", "without taste", "with", "gain", "95 % interval", "events", "users"];
        let mut table = output::table(&head);
        for (name, change) in [("recommend", &self.recommend), ("search", &self.search)] {
            let Some(change) = change else { continue };
            let [low, high] = change.interval;
            table.add_row(vec![
                comfy_table::Cell::new(name),
                output::right(format!("{:.5}", change.without)),
                output::right(format!("{:.5}", change.with)),
                output::right(format!("{:+.5}", change.gain)),
                output::right(format!("{low:+.5} to {high:+.5}")),
                output::right(output::count(change.events)),
                output::right(output::count(change.users)),
            ]);
        }
        table
    }
}

/// Sums of gains over the events of one user.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    events: u64,
    without: f64,
    with: f64,
}

impl Change {
    /// Paired bootstrap over users; `None` without any.
    fn of(users: &[Sums]) -> Option<Self> {
        let total = |of: &mut dyn Iterator<Item = Sums>| {
            of.fold(Sums::default(), |all, one| Sums {
                events: all.events + one.events,
                without: all.without + one.without,
                with: all.with + one.with,
            })
        };
        let whole = total(&mut users.iter().copied());
        if whole.events == 0 {
            return None;
        }
        let mut random = fastrand::Rng::with_seed(SEED);
        let draw = |_| {
            let drawn = total(&mut (0..users.len()).map(|_| users[random.usize(..users.len())]));
            (drawn.with - drawn.without) / drawn.events as f64
        };
        let mut gains: Vec<f64> = (0..RESAMPLES).map(draw).collect();
        gains.sort_by(f64::total_cmp);
        let events = whole.events as f64;
        Some(Self {
            without: whole.without / events,
            with: whole.with / events,
            gain: (whole.with - whole.without) / events,
            interval: [gains[RESAMPLES / 40], gains[RESAMPLES - 1 - RESAMPLES / 40]],
            users: users.len() as u64,
            events: whole.events,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(user: usize, task: Task, untasted: u64, default: u64) -> (Case, Outcome) {
        let ranks = Outcome { default: Some(default), untasted: Some(untasted), ..Outcome::default() };
        (Case { user, at: 0, task }, ranks)
    }

    #[test]
    fn gains_by_hand() {
        let (cases, outcomes): (Vec<_>, Vec<_>) = [
            outcome(0, Task::Search, 3, 1),
            outcome(0, Task::Search, 11, 11),
            outcome(1, Task::Search, 1, 3),
            outcome(2, Task::Search, 12, 7),
        ]
        .into_iter()
        .unzip();
        let Replay { recommend, search } = Replay::of(&cases, &outcomes);
        assert_eq!(recommend, None);
        let change = search.expect("there are searches");
        assert!(
            (change.without - 1.5 / 4.0).abs() < 1e-12
                && (change.with - (1.5 + 1.0 / 3.0) / 4.0).abs() < 1e-12
        );
        assert!((change.gain - 1.0 / 12.0).abs() < 1e-12);
        assert_eq!((change.users, change.events), (3, 4));
        // Three draws of the same user are among 2,000: the worst is user 1 alone, the best user 2 or 0.
        assert!(change.interval[0] < 0.0 && change.interval[1] > change.gain);
        assert!(change.interval[0] >= -0.5 && change.interval[1] <= 1.0 / 3.0);
    }

    #[test]
    fn what_changes_nothing_has_no_interval() {
        let (cases, outcomes): (Vec<_>, Vec<_>) =
            (0..20).map(|user| outcome(user, Task::Recommend, user as u64 + 1, user as u64 + 1)).unzip();
        let change = Replay::of(&cases, &outcomes).recommend.expect("there are some");
        assert_eq!((change.gain, change.interval), (0.0, [0.0, 0.0]));
    }
}
