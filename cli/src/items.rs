//! `gensr upsert`, `remove` and `items`: the catalogue as the app changes it on top of its pack.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use gensr::{AttributeKind, AttributeValue, CancelToken, Engine, Item, MAX_CHANGES, Manifest, Upsert};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args::{ItemsArgs, RemoveArgs, UpsertArgs};
use crate::output::{self, bold, count, dim};
use crate::{open, page};

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    attributes: serde_json::Map<String, Value>,
    timestamp_ms: Option<i64>,
}

#[derive(Serialize)]
struct Upserted {
    /// Items of the file.
    items: usize,
    /// Those that were not older than what was known of them.
    taken: usize,
    /// Vectors that were made of texts.
    vectors: usize,
    /// Live items that are found by words alone.
    without_vector: usize,
    /// Live items in all.
    live: usize,
}

#[derive(Serialize)]
struct Removed {
    ids: usize,
    removed: usize,
}

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    attributes: serde_json::Map<String, Value>,
    found: bool,
}

/// Runs `gensr upsert`.
pub fn upsert(args: &UpsertArgs, json: bool) -> Result<()> {
    let engine = with_profile(&args.pack.pack, &args.profile)?;
    let items = read(&args.file, &engine.manifest())?;
    let (all, mut taken) = (items.len(), 0);
    for batch in items.chunks(MAX_CHANGES) {
        taken += engine.upsert_items(batch.to_vec())?.taken();
    }
    let vectors = if args.no_vectors { 0 } else { make_vectors(&engine)? };
    let live = engine.diagnostics().live;
    let report =
        Upserted { items: all, taken, vectors, without_vector: live.without_vector, live: live.items };
    output::show(json, &report, || {
        let mut text = format!("{} of {} items taken", count(taken as u64), count(all as u64));
        if report.vectors > 0 {
            text.push_str(&format!(", {} vectors made of their texts", count(report.vectors as u64)));
        }
        if live.without_vector > 0 {
            let why = if live.makes_vectors { "" } else { ": the pack has no graph `item`" };
            text.push_str(&format!(
                "\n{} live items are found by words, not by meaning{why}",
                count(live.without_vector as u64)
            ));
        }
        text + "\n"
    })
}

/// Makes the vectors that are missing, with a bar; returns how many.
pub fn make_vectors(engine: &Engine) -> Result<usize> {
    let job = engine.pending_vectors();
    if job.progress().total == 0 {
        return Ok(0);
    }
    let bar = output::progress(job.progress().total as u64, "reading texts", false);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| job.run(engine, &CancelToken::new()));
        while !run.is_finished() {
            let progress = job.progress();
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        run.join().map_err(|_| anyhow!("the job ended without a word"))?.map_err(anyhow::Error::from)
    })?;
    bar.finish_and_clear();
    Ok(job.progress().done)
}

/// Runs `gensr remove`.
pub fn remove(args: &RemoveArgs, json: bool) -> Result<()> {
    let engine = with_profile(&args.pack.pack, &args.profile)?;
    let mut removed = 0;
    for ids in args.ids.chunks(MAX_CHANGES) {
        removed += engine.remove_items(ids)?;
    }
    let report = Removed { ids: args.ids.len(), removed };
    output::show(json, &report, || format!("{removed} of {} items removed\n", report.ids))
}

/// Runs `gensr items`.
pub fn items(args: &ItemsArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.profile.as_deref())?;
    let found = engine.items(&args.ids)?;
    let shown = args.ids.iter().zip(&found).map(|(id, item)| Shown {
        id,
        title: item.as_ref().map(|item| item.title.as_str()),
        attributes: item.as_ref().map(attributes).unwrap_or_default(),
        found: item.is_some(),
    });
    let shown: Vec<_> = shown.collect();
    output::show(json, &serde_json::json!({ "items": shown }), || {
        let mut text = String::new();
        for (id, item) in args.ids.iter().zip(&found) {
            let Some(item) = item else {
                text.push_str(&format!("{}  {}\n", dim(id), dim("not in the catalogue")));
                continue;
            };
            text.push_str(&format!("{}  {}\n", dim(id), bold(&item.title)));
            for (name, value) in &item.attributes {
                text.push_str(&format!("    {name}: {value}\n"));
            }
        }
        text
    })
}

fn attributes(item: &Item) -> serde_json::Map<String, Value> {
    item.attributes.iter().map(|(name, value)| (name.clone(), page::json(value))).collect()
}

/// An engine with a profile, whose folder is made where it is missing.
fn with_profile(pack: &Path, profile: &Path) -> Result<Engine> {
    std::fs::create_dir_all(profile)
        .with_context(|| format!("cannot make the folder {}", profile.display()))?;
    open::engine(pack, Some(profile))
}

/// Items of a file of JSON Lines, or of standard input for `-`.
pub fn read(path: &Path, manifest: &Manifest) -> Result<Vec<Upsert>> {
    let source: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?),
    };
    let mut items = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(source).lines()) {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let item = item(&line, manifest).with_context(|| format!("{}, line {number}", path.display()))?;
        items.push(item);
    }
    Ok(items)
}

fn item(line: &str, manifest: &Manifest) -> Result<Upsert> {
    let Line { id, title, text, attributes, timestamp_ms } = serde_json::from_str(line)?;
    let typed = attributes.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let Some(spec) = manifest.attributes.iter().find(|spec| spec.name == name) else {
            let known: Vec<&str> = manifest.attributes.iter().map(|spec| spec.name.as_str()).collect();
            bail!("attribute {name:?} is not in the pack, which has {}", known.join(", "));
        };
        let value = attribute(spec.kind, &value)
            .ok_or_else(|| anyhow!("attribute {name} is no {}", format!("{:?}", spec.kind).to_lowercase()))?;
        Ok((name, value))
    });
    let attributes = typed.collect::<Result<_>>()?;
    Ok(Upsert::new(id, title, text).attributes(attributes).timestamp_ms(timestamp_ms))
}

/// A value of a column of this type; dates are `YYYY-MM-DD`.
fn attribute(kind: AttributeKind, value: &Value) -> Option<AttributeValue> {
    Some(match (kind, value) {
        (AttributeKind::String, Value::String(text)) => AttributeValue::Text(text.clone()),
        (AttributeKind::Set, Value::Array(texts)) => {
            let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
            AttributeValue::TextSet(texts.collect::<Option<_>>()?)
        }
        (AttributeKind::Number, Value::Number(number)) => AttributeValue::Number(number.as_f64()? as f32),
        (AttributeKind::Date, Value::String(text)) => AttributeValue::date(text)?,
        (AttributeKind::Bool, Value::Bool(flag)) => AttributeValue::Bool(*flag),
        _ => return None,
    })
}
