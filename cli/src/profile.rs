//! `gensr profile`: what a folder with a recorded history holds, and how to take it along or wipe it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use comfy_table::Cell;
use gensr::{Event, RecordedHistory};
use indicatif::HumanDuration;
use serde::Serialize;

use crate::args::{ProfileAction, ProfileArgs};
use crate::output::{self, count, dim};
use crate::{open, query};

/// One event, as `show --json` and `export` write it.
#[derive(Serialize)]
struct Row<'a> {
    item_id: &'a str,
    kind: &'a str,
    timestamp_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
}

impl<'a> From<&'a Event> for Row<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            item_id: &event.item_id,
            kind: &event.kind,
            timestamp_ms: event.timestamp_ms,
            query: event.query.as_deref(),
        }
    }
}

/// Runs the command.
pub fn run(args: &ProfileArgs, json: bool) -> Result<()> {
    let mut recorded = RecordedHistory::open(&args.dir)
        .with_context(|| format!("cannot open the profile {}", args.dir.display()))?;
    if let Some(name) = recorded.set_aside() {
        eprintln!("the database could not be read; it was set aside as {name}, and the history is empty");
    }
    match &args.action {
        ProfileAction::Show { limit, pack } => show(&recorded, *limit, pack.as_deref(), json),
        ProfileAction::Export => export(&recorded),
        ProfileAction::Clear { yes } => clear(&mut recorded, &args.dir, *yes, json),
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    /// Newest last.
    events: Vec<Row<'a>>,
    total: usize,
}

fn show(recorded: &RecordedHistory, limit: usize, pack: Option<&Path>, json: bool) -> Result<()> {
    let all = recorded.events(usize::MAX)?;
    let events = &all[all.len().saturating_sub(limit)..];
    let shown = Shown { events: events.iter().map(Row::from).collect(), total: all.len() };
    let engine = pack.map(|pack| open::engine(pack, None)).transpose()?;
    output::show(json, &shown, || {
        if all.is_empty() {
            return "nothing is recorded\n".to_owned();
        }
        let mut table = output::table(&["when", "kind", "item", "query"]);
        let now = query::now_ms();
        for event in &shown.events {
            let row = engine.as_ref().and_then(|engine| Some((engine, engine.row_of(event.item_id)?)));
            let item = row.map_or_else(|| event.item_id.to_owned(), |(engine, row)| query::name(engine, row));
            table.add_row([
                Cell::new(event.timestamp_ms.map(|then| ago(now, then)).unwrap_or_default()),
                Cell::new(event.kind),
                Cell::new(output::shorten(&item, 60)),
                Cell::new(event.query.unwrap_or_default()),
            ]);
        }
        let counts = format!("{} of {} events", count(shown.events.len() as u64), count(shown.total as u64));
        format!("{table}\n\n{}\n", dim(counts))
    })
}

fn ago(now: i64, then: i64) -> String {
    match u64::try_from(now.saturating_sub(then)) {
        Ok(gap) if gap < 1000 => "now".to_owned(),
        Ok(gap) => format!("{} ago", HumanDuration(Duration::from_millis(gap))),
        Err(_) => "in the future".to_owned(),
    }
}

fn export(recorded: &RecordedHistory) -> Result<()> {
    let mut lines = String::new();
    for event in &recorded.events(usize::MAX)? {
        lines.push_str(&serde_json::to_string(&Row::from(event))?);
        lines.push('\n');
    }
    output::print(&lines)
}

#[derive(Serialize)]
struct Cleared {
    cleared: usize,
}

fn clear(recorded: &mut RecordedHistory, dir: &Path, yes: bool, json: bool) -> Result<()> {
    let cleared = recorded.events(usize::MAX)?.len();
    if !yes && !confirmed(cleared, dir)? {
        bail!("nothing was cleared");
    }
    recorded.clear()?;
    output::show(json, &Cleared { cleared }, || format!("{} events were erased\n", count(cleared as u64)))
}

fn confirmed(events: usize, dir: &Path) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("clearing {} wants --yes where nobody can be asked", dir.display());
    }
    let mut error = std::io::stderr();
    write!(error, "Erase {} events in {} for good? [y/N] ", count(events as u64), dir.display())?;
    error.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_well() {
        assert_eq!(ago(5_500, 5_000), "now");
        assert_eq!(ago(600_000, 0), "10 minutes ago");
        assert_eq!(ago(0, 1), "in the future");
    }
}
