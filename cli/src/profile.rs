//! `gensr profile`: what a folder with a recorded history holds, and how to take it along or wipe it.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use comfy_table::Cell;
use gensr::{Forget, ProfileKey, ProfileOptions, RecordedEvent, RecordedHistory};
use indicatif::HumanDuration;
use serde::Serialize;

use crate::args::{ForgetArgs, ProfileAction, ProfileArgs};
use crate::output::{self, count, dim};
use crate::{open, query};

/// Runs the command.
pub fn run(args: &ProfileArgs, json: bool) -> Result<()> {
    let key = args.key_file.as_deref().map(key).transpose()?;
    // This command erases only the selected events.
    let options = ProfileOptions::default().key(key);
    let mut recorded = RecordedHistory::open(&args.dir, options)
        .with_context(|| format!("cannot open the profile {}", args.dir.display()))?;
    if let Some(name) = recorded.set_aside() {
        eprintln!("the database could not be read; it was set aside as {name}, and the history is empty");
    }
    match &args.action {
        ProfileAction::Show { limit, pack } => show(&recorded, *limit, pack.as_deref(), json),
        ProfileAction::Export => export(&recorded),
        ProfileAction::Import { file } => import(&mut recorded, file, json),
        ProfileAction::Forget(what) => forget(&mut recorded, what, json),
        ProfileAction::RotateKey { to } => rotate_key(&mut recorded, to, json),
        ProfileAction::Clear { yes } => clear(&mut recorded, &args.dir, *yes, json),
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    /// Newest last.
    events: &'a [RecordedEvent],
    total: usize,
}

fn show(recorded: &RecordedHistory, limit: usize, pack: Option<&Path>, json: bool) -> Result<()> {
    let all = recorded.events(usize::MAX)?;
    let events = &all[all.len().saturating_sub(limit)..];
    let shown = Shown { events, total: all.len() };
    let engine = pack.map(|pack| open::engine(pack, None)).transpose()?;
    output::show(json, &shown, || {
        if all.is_empty() {
            return "nothing is recorded\n".to_owned();
        }
        let mut table = output::table(&["id", "when", "kind", "item", "query"]);
        let now = query::now_ms();
        for event in events {
            let row = engine.as_ref().and_then(|engine| Some((engine, engine.row_of(&event.item_id)?)));
            let item = row.map_or_else(|| event.item_id.clone(), |(engine, row)| query::name(engine, row));
            table.add_row([
                Cell::new(event.id),
                Cell::new(ago(now, event.timestamp_ms)),
                Cell::new(&event.kind),
                Cell::new(output::shorten(&item, 60)),
                Cell::new(event.query.as_deref().unwrap_or_default()),
            ]);
        }
        let counts = format!("{} of {} events", count(events.len() as u64), count(shown.total as u64));
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
    let mut lines = Vec::new();
    recorded.export(&mut lines)?;
    output::print(&String::from_utf8(lines)?)
}

#[derive(Serialize)]
struct Imported {
    imported: usize,
}

fn import(recorded: &mut RecordedHistory, file: &Path, json: bool) -> Result<()> {
    let imported = if file.as_os_str() == "-" {
        recorded.import(std::io::stdin().lock())
    } else {
        let open = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        recorded.import(BufReader::new(open))
    };
    let imported = imported.with_context(|| format!("nothing was imported from {}", file.display()))?;
    output::show(json, &Imported { imported }, || format!("{} events were added\n", count(imported as u64)))
}

#[derive(Serialize)]
struct Forgotten {
    forgotten: usize,
}

fn forget(recorded: &mut RecordedHistory, what: &ForgetArgs, json: bool) -> Result<()> {
    let ForgetArgs { event, item, query, since } = what;
    let what = event
        .map(Forget::Event)
        .or_else(|| item.clone().map(Forget::Item))
        .or_else(|| query.clone().map(Forget::Query))
        .or(since.map(Forget::Since))
        .context("nothing to forget was named")?;
    let forgotten = recorded.forget(&what)?;
    output::show(json, &Forgotten { forgotten }, || {
        format!("{} events were erased\n", count(forgotten as u64))
    })
}

#[derive(Serialize)]
struct Rotated {
    encrypted: bool,
}

fn rotate_key(recorded: &mut RecordedHistory, to: &Path, json: bool) -> Result<()> {
    recorded.rotate_key(&key(to)?)?;
    output::show(json, &Rotated { encrypted: true }, || "the profile has the new key\n".to_owned())
}

/// The key in a file.
fn key(file: &Path) -> Result<ProfileKey> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut bytes = [0; 32];
    let digits: Option<Vec<u8>> =
        text.trim().chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 64) else {
        bail!("{} does not hold a key: 64 hexadecimal digits", file.display());
    };
    bytes.iter_mut().zip(digits.as_chunks::<2>().0).for_each(|(byte, [high, low])| *byte = high << 4 | low);
    Ok(ProfileKey::new(bytes))
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
