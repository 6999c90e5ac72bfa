//! Which events are asked about, with which history, and how the answers are ranked.
//!
//! For an event of the chosen split: history = the user's events that stand before it in the file, of any split and
//! kind; now = its own time; the item it names is the wanted one and is ranked among every item of the pack.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use gensr::{Event, KindSpec, KindTask, Scores, Task};
use indicatif::ProgressBar;

use super::features::Features;
use super::metrics::{HistoryRule, rank, rank_among, top};
use super::tables::{Candidates, Data, Split};

/// One event that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Index into `Data::users`.
    pub user: usize,
    /// Place in that user's events.
    pub at: usize,
    pub task: Task,
}

/// The cases of the chosen tasks and split, in the order of the file.
pub fn cases(
    data: &Data,
    kinds: &[KindSpec],
    tasks: &[Task],
    split: Split,
    limit_users: u64,
) -> Result<Vec<Case>> {
    let task_of: Vec<Option<Task>> = data.kinds.iter().map(|name| asked_task(kinds, name)).collect();
    let splits_given = data.users.iter().any(|user| user.events.iter().any(|event| event.split.is_some()));
    let mut cases: Vec<Case> = Vec::new();
    let mut users = Vec::new();
    for (user, row) in data.users.iter().enumerate() {
        let held_out = if splits_given { None } else { Some(leave_one_out(row, &task_of)) };
        let before = cases.len();
        for (at, event) in row.events.iter().enumerate() {
            let here = held_out.as_ref().map_or(event.split, |splits| splits.get(&at).copied());
            let Some(task) = task_of[event.kind as usize].filter(|task| tasks.contains(task)) else {
                continue;
            };
            if here != Some(split) {
                continue;
            }
            if task == Task::Search && event.query.is_none() {
                let kind = &data.kinds[event.kind as usize];
                bail!("events table, row {}, column query: a {kind} event without a query", event.row);
            }
            cases.push(Case { user, at, task });
        }
        if cases.len() > before {
            users.push(before..cases.len());
        }
    }
    Ok(spread(users.len(), limit_users).flat_map(|place| cases[users[place].clone()].to_vec()).collect())
}

/// At most `limit` of `count` places, evenly spread.
fn spread(count: usize, limit: u64) -> impl Iterator<Item = usize> {
    let chosen = u64::try_from(count).map_or(limit, |count| limit.min(count)) as usize;
    (0..chosen).map(move |i| i * count / chosen)
}

/// The task that an event of this kind answers; a dislike is never a wanted item.
fn asked_task(kinds: &[KindSpec], name: &str) -> Option<Task> {
    let kind = kinds.iter().find(|kind| kind.name == name)?;
    match kind.task {
        KindTask::Recommend if kind.sign > 0 => Some(Task::Recommend),
        KindTask::Search if kind.sign > 0 => Some(Task::Search),
        _ => None,
    }
}

/// Tables without a `split` column: per task the last event is test, the one before it valid, for users with three
/// or more events of the task.
fn leave_one_out(user: &super::tables::User, task_of: &[Option<Task>]) -> HashMap<usize, Split> {
    let mut splits = HashMap::new();
    for task in [Task::Recommend, Task::Search] {
        let places: Vec<usize> = (0..user.events.len())
            .filter(|&at| task_of[user.events[at].kind as usize] == Some(task))
            .collect();
        if let [.., _, valid, test] = places.as_slice() {
            splits.insert(*valid, Split::Valid);
            splits.insert(*test, Split::Test);
        }
    }
    splits
}

/// The question of one case.
#[derive(Clone)]
pub struct Question<'a> {
    pub task: Task,
    /// Query of a search, or intent of a recommendation.
    pub text: Option<&'a str>,
    pub history: Vec<Event>,
    pub now_ms: i64,
}

/// Scores a question: an engine, or a function in tests.
pub trait Scorer {
    /// Scores of all rows.
    fn score(&mut self, question: Question<'_>) -> Result<Scores>;
}

/// Everything `run` needs to know besides the engine.
pub struct Setting<'a> {
    pub data: &'a Data,
    /// Row of each item of the data in the pack.
    pub rows: &'a [Option<u32>],
    pub items_in_pack: usize,
    /// Sampled candidates by kind of event (index into `Data::kinds`).
    pub candidates: &'a HashMap<u16, Candidates>,
    /// Whether the default answer of a recommendation, and of a search, leaves out the history.
    pub exclude_history: [bool; 2],
    /// Whether to keep the parts of the scores.
    pub features: bool,
    /// Length of the lists to keep; 0 for none.
    pub top: usize,
    pub threads: usize,
}

/// Where the wanted item of one case came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Ranks from 1; `None` where the pack does not have the item.
    pub default: Option<u64>,
    pub excluded: Option<u64>,
    pub plain: Option<u64>,
    /// Rank among the sampled candidates; the outer `None` where there are none for this case.
    pub sampled: Option<Option<u64>>,
    /// The wanted item is in the user's own history.
    pub in_history: bool,
    /// Sampled candidates that the pack does not have.
    pub candidates_missing: u64,
    /// Best rows of the default answer.
    pub top: Vec<u32>,
    /// Parts of the scores, where they are kept.
    pub features: Option<Features>,
}

/// Asks every case and ranks; the result has one outcome a case and does not depend on the number of threads.
/// `open` makes one engine a thread.
pub fn run<S: Scorer>(
    setting: &Setting<'_>,
    cases: &[Case],
    bar: &ProgressBar,
    open: impl Fn() -> Result<S> + Sync,
) -> Result<Vec<Outcome>> {
    const CHUNK: usize = 8;
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let failures: Mutex<Vec<(usize, anyhow::Error)>> = Mutex::new(Vec::new());
    let fail = |at: usize, error: anyhow::Error| {
        stop.store(true, Ordering::Relaxed);
        failures.lock().unwrap_or_else(PoisonError::into_inner).push((at, error));
    };
    let work = || {
        let mut done: Vec<(usize, Outcome)> = Vec::new();
        let mut scorer = match open() {
            Ok(scorer) => scorer,
            Err(error) => {
                fail(0, error);
                return done;
            }
        };
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            if start >= cases.len() || stop.load(Ordering::Relaxed) {
                return done;
            }
            for (at, case) in cases.iter().enumerate().skip(start).take(CHUNK) {
                match ask(setting, case, &mut scorer) {
                    Ok(outcome) => done.push((at, outcome)),
                    Err(error) => {
                        let user = &setting.data.users[case.user].id;
                        fail(at, error.context(format!("event {} of user {user}", case.at + 1)));
                        return done;
                    }
                }
                bar.inc(1);
            }
        }
    };
    let threads = setting.threads.clamp(1, cases.len().max(1));
    let mut done: Vec<(usize, Outcome)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join()).collect::<Result<Vec<_>, _>>()
    })
    .map_err(|_| anyhow::anyhow!("an evaluation thread died; that is a bug in gensr"))?
    .into_iter()
    .flatten()
    .collect();
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, error)) = failures.into_iter().min_by_key(|(at, _)| *at) {
        return Err(error);
    }
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
}

fn ask<S: Scorer>(setting: &Setting<'_>, case: &Case, scorer: &mut S) -> Result<Outcome> {
    let data = setting.data;
    let user = &data.users[case.user];
    let event = &user.events[case.at];
    let candidates = setting.candidates.get(&event.kind).and_then(|candidates| {
        let query = event.query.as_deref().unwrap_or_default().to_owned();
        candidates.get(&(user.id.clone(), query, event.item))
    });
    let Some(wanted) = setting.rows[event.item as usize] else {
        return Ok(Outcome {
            sampled: candidates.map(|_| None),
            features: setting.features.then(Features::missing),
            ..Outcome::default()
        });
    };
    let history = user.events[..case.at].iter().map(|event| {
        Event::new(data.items[event.item as usize].clone(), data.kinds[event.kind as usize].clone())
            .timestamp_ms(Some(event.timestamp_ms))
            .query(event.query.as_deref().map(str::to_owned))
    });
    let text = if case.task == Task::Search { &event.query } else { &event.intent }.as_deref();
    let question = Question { task: case.task, text, history: history.collect(), now_ms: event.timestamp_ms };
    let scores = scorer.score(question)?;
    let Scores { fused, without_history, history, .. } = &scores;
    let items = fused.len();
    if items != setting.items_in_pack || history.iter().any(|&row| row as usize >= items) {
        bail!("the engine scored {items} rows of {}; that is a bug in gensr", setting.items_in_pack);
    }
    if fused.iter().any(|score| score.is_nan()) {
        bail!("the engine answered with a score that is not a number: rebuild the pack");
    }
    let wanted = wanted as usize;
    let [of_recommend, of_search] = setting.exclude_history;
    let left_out = if case.task == Task::Search { of_search } else { of_recommend };
    let (default, rule) =
        if left_out { (without_history, HistoryRule::LeftOut) } else { (fused, HistoryRule::Plain) };
    // A query without hits finds nothing, whatever the scores say.
    let nonsense = scores.nonsense;
    let place = |scores: &[f32], rule| {
        Some(if nonsense { items as u64 } else { rank(scores, history, wanted, rule) })
    };
    let mut outcome = Outcome {
        default: place(default, rule),
        excluded: place(without_history, HistoryRule::LeftOut),
        plain: place(without_history, HistoryRule::Plain),
        in_history: history.contains(&(wanted as u32)),
        top: if scores.nonsense { Vec::new() } else { top(default, history, setting.top, rule) },
        features: setting.features.then(|| Features::of(&scores, wanted)),
        ..Outcome::default()
    };
    if let Some(candidates) = candidates {
        let rows: Vec<u32> = candidates.iter().filter_map(|&item| setting.rows[item as usize]).collect();
        outcome.candidates_missing = (candidates.len() - rows.len()) as u64;
        outcome.sampled = Some(Some(rank_among(without_history, &rows, wanted)));
    }
    Ok(outcome)
}

/// Row in the pack of each item of the data; an error where none is found, as that is a wrong folder.
pub fn rows(data: &Data, row_of: impl Fn(&str) -> Option<u32>) -> Result<Vec<Option<u32>>> {
    let rows: Vec<Option<u32>> = data.items.iter().map(|id| row_of(id)).collect();
    rows.iter().flatten().next().context(
        "none of the items of the data folder is in the pack: is this the folder that the pack was built from?",
    )?;
    Ok(rows)
}

#[cfg(test)]
mod tests;
