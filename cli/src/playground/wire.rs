//! JSON of the responses.

use std::collections::BTreeMap;
use std::ops::Range;

use gensr::{
    AttributeValue, Completion, CompletionKind, Diagnostics, Engine, Event, Hit, KindSpec, Reason,
    ReasonKind, Response,
};
use serde::Serialize;

use crate::memory::Memory;
use crate::query;

/// An answer with hits.
#[derive(Serialize)]
pub struct Hits {
    hits: Vec<Card>,
    /// Hits that there are.
    total_hits: usize,
    facets: Vec<Counted>,
    /// Stage and milliseconds, in the order they ran.
    timings: Vec<(&'static str, f64)>,
    /// Graph and execution provider.
    providers: BTreeMap<&'static str, String>,
    /// Titles of the items that reasons name.
    titles: BTreeMap<String, String>,
}

/// Values of an attribute and how many items have them, the most frequent first.
#[derive(Serialize)]
struct Counted {
    name: String,
    values: Vec<(String, usize)>,
}

/// An item.
#[derive(Serialize)]
pub struct Card {
    id: String,
    title: String,
    /// Ranges [from, to) of the title that the query matched, apart and ascending, in UTF-16 units as the page counts.
    marks: Vec<(usize, usize)>,
    attributes: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    reasons: Vec<Why>,
}

#[derive(Serialize)]
struct Why {
    kind: &'static str,
    /// Words for `words` and `title`, else ids of items.
    terms: Vec<String>,
    weight: f32,
}

/// A typed attribute: `{"number": 12.5}`, `{"date": 19000}` (days since 1970), ...
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Value {
    String(String),
    Set(Vec<String>),
    Number(f32),
    Date(i32),
    Bool(bool),
}

/// A text that goes on from what was typed.
#[derive(Serialize)]
pub struct Completed {
    text: String,
    kind: &'static str,
    /// Typed parts, like the marks of a title.
    marks: Vec<(usize, usize)>,
}

/// An event of the history.
#[derive(Serialize)]
pub struct Past {
    id: String,
    /// `null` for an item that this pack does not know.
    title: Option<String>,
    attributes: BTreeMap<String, Value>,
    kind: String,
    timestamp_ms: Option<i64>,
    query: Option<String>,
}

/// State that the page loads at its start, and again for the figures of the process.
#[derive(Serialize)]
pub struct Info {
    name: String,
    items: usize,
    dim: usize,
    window: usize,
    kinds: Vec<KindSpec>,
    attributes: Vec<gensr::AttributeSpec>,
    /// A query to begin with, where the pack names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<String>,
    /// `null` where the system does not tell.
    memory: Option<Memory>,
    diagnostics: Diagnostics,
}

impl Hits {
    pub fn of(response: Response, engine: &Engine) -> Self {
        let named = response.hits.iter().flat_map(|hit| &hit.reasons).filter(|r| !names_words(r.kind));
        let ids = named.flat_map(|reason| &reason.terms);
        let titles = ids.filter_map(|id| Some((id.clone(), engine.title(engine.row_of(id)?)?))).collect();
        Self {
            hits: response.hits.into_iter().map(Card::from).collect(),
            total_hits: response.total_hits,
            facets: response.facets.into_iter().map(|f| Counted { name: f.name, values: f.values }).collect(),
            timings: response.timings.iter().map(|time| (time.stage, time.ms)).collect(),
            providers: response.providers.into_iter().collect(),
            titles,
        }
    }
}

impl From<Hit> for Card {
    fn from(hit: Hit) -> Self {
        Self {
            marks: utf16(&hit.title, &hit.highlights),
            id: hit.id,
            title: hit.title,
            attributes: hit.attributes.into_iter().filter_map(|(name, v)| Some((name, value(v)?))).collect(),
            score: Some(hit.score),
            reasons: hit.reasons.into_iter().map(Why::from).collect(),
        }
    }
}

impl Card {
    /// An item by itself; `None` where no item has the id.
    pub fn of(id: &str, names: &[String], engine: &Engine) -> Option<Self> {
        let row = engine.row_of(id)?;
        Some(Self {
            id: id.to_owned(),
            title: engine.title(row)?,
            marks: Vec::new(),
            attributes: attributes(row, names, engine),
            score: None,
            reasons: Vec::new(),
        })
    }
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        Self { kind: query::reason_name(reason.kind), terms: reason.terms, weight: reason.weight }
    }
}

impl From<Completion> for Completed {
    fn from(completion: Completion) -> Self {
        let kind = match completion.kind {
            CompletionKind::Query => "query",
            CompletionKind::Category => "category",
            _ => "title",
        };
        Self { marks: utf16(&completion.text, &completion.matches), text: completion.text, kind }
    }
}

impl Past {
    pub fn of(event: Event, names: &[String], engine: &Engine) -> Self {
        let row = engine.row_of(&event.item_id);
        Self {
            title: row.and_then(|row| engine.title(row)),
            attributes: row.map_or_else(BTreeMap::new, |row| attributes(row, names, engine)),
            id: event.item_id,
            kind: event.kind,
            timestamp_ms: event.timestamp_ms,
            query: event.query,
        }
    }
}

impl Info {
    pub fn of(engine: &Engine) -> Self {
        let manifest = engine.manifest();
        Self {
            name: manifest.name.clone(),
            items: manifest.items,
            dim: manifest.dim,
            window: manifest.model.window,
            kinds: manifest.kinds.clone(),
            attributes: manifest.attributes.clone(),
            example: manifest
                .provenance
                .get("demo")
                .and_then(|demo| Some(demo.get("query")?.as_str()?.to_owned())),
            memory: Memory::now(),
            diagnostics: engine.diagnostics(),
        }
    }
}

fn attributes(row: u32, names: &[String], engine: &Engine) -> BTreeMap<String, Value> {
    let found = |name: &String| Some((name.clone(), value(engine.attribute(row, name)?)?));
    names.iter().filter_map(found).collect()
}

/// `None` for a type that came after this page.
fn value(value: AttributeValue) -> Option<Value> {
    Some(match value {
        AttributeValue::Text(text) => Value::String(text),
        AttributeValue::TextSet(texts) => Value::Set(texts),
        AttributeValue::Number(number) => Value::Number(number),
        AttributeValue::Date(days) => Value::Date(days),
        AttributeValue::Bool(yes) => Value::Bool(yes),
        _ => return None,
    })
}

/// Whether the terms of a reason are words, not ids of items.
fn names_words(kind: ReasonKind) -> bool {
    matches!(kind, ReasonKind::Words | ReasonKind::Title)
}

/// Ranges in bytes as ranges in UTF-16 units; one that cuts a letter is left out.
fn utf16(text: &str, ranges: &[Range<usize>]) -> Vec<(usize, usize)> {
    let units = |to: usize| Some(text.get(..to)?.encode_utf16().count());
    ranges.iter().filter_map(|range| Some((units(range.start)?, units(range.end)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_where_the_page_counts_them() {
        let title = "Große 🏔 Shell, light";
        let from = title.find("Shell").unwrap();
        // The mountain has four bytes and two units, the sharp s two bytes and one unit; 0..4 ends within it.
        assert_eq!(utf16(title, &[0..4, 0..6, from..from + 5]), [(0, 5), (9, 14)]);
    }
}
