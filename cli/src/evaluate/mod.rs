//! `gensr evaluate`: the quality of the very pack that ships, under one stated protocol.

mod features;
pub mod feed;
mod metrics;
mod protocol;
mod report;
mod tables;

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Result, bail};
use gensr::{CancelToken, Engine, EvalRequest, History, MAX_CHANGES, Scores, Task, Weights};

use crate::args::{EvaluateArgs, PartChoice, SplitChoice, TaskChoice, WeightChoice};
use crate::{items, open, output};
use features::Features;
use protocol::{Outcome, Question, Scorer, Setting};
use report::{Meta, PackMeta, PerUser, Protocol, Report};
use tables::{Data, Split};

/// Runs the command.
pub fn run(args: &EvaluateArgs, json: bool) -> Result<()> {
    let started = Instant::now();
    let engine = opened(args)?;
    let data = Data::read(&args.data)?;
    let per_user =
        args.per_user.as_deref().map(|path| PerUser::create(path, args.top.is_some())).transpose()?;
    let manifest = engine.manifest();
    let tasks: &[Task] = match args.task {
        TaskChoice::Search => &[Task::Search],
        TaskChoice::Recommend => &[Task::Recommend],
        TaskChoice::Both => &[Task::Recommend, Task::Search],
    };
    let split = match args.split {
        SplitChoice::Test => Split::Test,
        SplitChoice::Valid => Split::Valid,
    };
    let split_name = if split == Split::Test { "test" } else { "valid" };
    let limit = args.limit_users.unwrap_or(u64::MAX);
    let cases = protocol::cases(&data, &manifest.kinds, tasks, split, limit)?;
    if cases.is_empty() {
        let known: Vec<&str> = manifest.kinds.iter().map(|kind| kind.name.as_str()).collect();
        bail!(
            "{} has no {split_name} events to ask about: the pack gives a task to the kinds {}, the events are of kind {}",
            args.data.display(),
            known.join(", "),
            data.kinds.join(", ")
        );
    }
    let rows = protocol::rows(&data, |id| engine.row_of(id))?;
    let mut candidates = HashMap::new();
    if split == Split::Test {
        for (kind, name) in data.kinds.iter().enumerate() {
            if let Some(found) = tables::read_candidates(&args.data, name, &data)? {
                candidates.insert(kind as u16, found);
            }
        }
    }
    let setting = Setting {
        data: &data,
        rows: &rows,
        items_in_pack: engine.row_count(),
        candidates: &candidates,
        exclude_history: [&manifest.tasks.recommend, &manifest.tasks.search].map(|task| task.exclude_history),
        features: args.dump_features.is_some(),
        top: args.top.map_or(0, usize::from),
        threads: usize::from(args.threads),
    };
    let bar = output::progress(cases.len() as u64, "evaluating", false);
    let outcomes = protocol::run(&setting, &cases, &bar, || {
        let engine = opened(args)?;
        Ok(Opened { engine, args })
    })?;
    bar.finish_and_clear();
    let count = |of: &dyn Fn(&Outcome) -> u64| outcomes.iter().map(of).sum();
    let report = Report {
        recommend: report::of_task(Task::Recommend, &cases, &outcomes),
        search: report::of_task(Task::Search, &cases, &outcomes),
        meta: Meta {
            pack: PackMeta {
                name: manifest.name.clone(),
                id: engine.diagnostics().pack_id,
                items: manifest.items,
            },
            split: split_name,
            protocol: Protocol::of(&manifest.tasks),
            without: args.without.iter().map(|part| format!("{part:?}").to_lowercase()).collect(),
            weights: args
                .weight
                .iter()
                .map(|(name, value)| (format!("{name:?}").to_lowercase(), *value))
                .collect(),
            items_in_data: data.items.len(),
            items_in_data_not_in_pack: rows.iter().filter(|row| row.is_none()).count() as u64,
            wanted_not_in_pack: count(&|outcome| u64::from(outcome.plain.is_none())),
            wanted_in_history: count(&|outcome| u64::from(outcome.in_history)),
            candidates_not_in_pack: count(&|outcome| outcome.candidates_missing),
            threads: setting.threads,
            seconds: started.elapsed().as_secs_f64(),
            gensr_version: env!("CARGO_PKG_VERSION"),
        },
    };
    if let Some(path) = &args.dump_features {
        let found = cases.iter().zip(&outcomes);
        let features: Vec<(Task, &Features)> =
            found.filter_map(|(case, outcome)| Some((case.task, outcome.features.as_ref()?))).collect();
        features::write(path, &features)?;
    }
    if let Some(per_user) = per_user {
        per_user.write(&data, &cases, &outcomes, |row| engine.item_id(row).unwrap_or_default())?;
    }
    output::show(json, &report, || report.text())
}

/// An engine, and the weights that it scores with.
struct Opened<'a> {
    engine: Engine,
    args: &'a EvaluateArgs,
}

impl Scorer for Opened<'_> {
    fn score(&mut self, question: Question<'_>) -> Result<Scores> {
        let Question { task, text, history, now_ms } = question;
        let history = History::Events(history);
        let request = EvalRequest { task, text, history: &history, now_ms: Some(now_ms) };
        Ok(self.engine.evaluate(
            &request,
            |weights| override_weights(weights, self.args),
            &CancelToken::new(),
        )?)
    }
}

/// An engine with the live items that are to be there.
fn opened(args: &EvaluateArgs) -> Result<Engine> {
    let engine = open::engine(&args.pack.pack, None)?;
    if let Some(path) = &args.live {
        for batch in items::read(path, &engine.manifest())?.chunks(MAX_CHANGES) {
            engine.upsert_items(batch.to_vec())?;
        }
        engine.pending_vectors().run(&engine, &CancelToken::new())?;
    }
    Ok(engine)
}

/// Leaves out the parts and sets the weights that the arguments name.
fn override_weights(weights: &mut Weights, args: &EvaluateArgs) {
    for part in &args.without {
        match part {
            PartChoice::Lexical => weights.words = 0.0,
            PartChoice::Neighbours => weights.neighbours = 0.0,
            PartChoice::Expansions => weights.expansions = false,
            PartChoice::Titles => weights.titles = false,
            PartChoice::Feed => weights.feed = false,
        }
    }
    for (name, value) in &args.weight {
        match name {
            WeightChoice::Lexical => weights.words = *value,
            WeightChoice::Neighbours => weights.neighbours = *value,
            WeightChoice::History => weights.history = *value,
            WeightChoice::Floor => weights.floor = *value,
        }
    }
}
