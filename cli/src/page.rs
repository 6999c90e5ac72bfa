//! `--filter`, `--offset` and `--facet`: what commands that answer share.

use std::fmt;

use anyhow::Result;
use gensr::{Engine, Facet, Filter, FilterError};
use serde::Serialize;
use serde_json::Value;

use crate::output::{self, count, dim};

/// Characters of an expression that are shown before a mistake, and after.
const SHOWN: usize = 50;

/// The filter that was typed, if it fits the pack.
pub fn filter(engine: &Engine, typed: Option<&str>) -> Result<Option<Filter>> {
    let Some(text) = typed else { return Ok(None) };
    let wrong = |error| Mistake { text: text.to_owned(), error };
    let filter: Filter = text.parse().map_err(wrong)?;
    engine.check_filter(&filter).map_err(wrong)?;
    Ok(Some(filter))
}

/// A mistake in a filter: a line that says what it is, the expression, and a line that points at the place.
#[derive(Debug)]
pub struct Mistake {
    text: String,
    error: FilterError,
}

impl std::error::Error for Mistake {}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.error.columns();
        let (start, end) = (columns.start.saturating_sub(1), columns.end.saturating_sub(1));
        // One line whatever was typed, with as many characters.
        let flat = |c: char| if c.is_whitespace() || c.is_control() { ' ' } else { c };
        let part = |from: usize, to: usize| -> String {
            self.text.chars().skip(from).take(to.saturating_sub(from)).map(flat).collect()
        };
        let from = start.saturating_sub(SHOWN);
        let before = format!("{}{}", if from > 0 { "…" } else { "" }, part(from, start));
        let (wrong, after) = (part(start, end.min(start + SHOWN)), part(end, end + SHOWN));
        let carets = "^".repeat(console::measure_text_width(&wrong).max(1));
        let gap = " ".repeat(console::measure_text_width(&before));
        write!(f, "{}\n  {before}{wrong}{after}\n  {gap}{carets}", self.error)
    }
}

/// JSON of a facet.
#[derive(Debug, Serialize)]
pub struct FacetAnswer {
    name: String,
    items: usize,
    distinct: usize,
    values: Vec<ValueCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Value>,
}

#[derive(Debug, Serialize)]
struct ValueCount {
    value: String,
    count: usize,
}

impl From<Facet> for FacetAnswer {
    fn from(Facet { name, items, distinct, values, range, .. }: Facet) -> Self {
        let (min, max) = range.map(|(min, max)| (json(&min), json(&max))).unzip();
        let values = values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        Self { name, items, distinct, values, min, max }
    }
}

/// Numbers, flags and sets as such, dates as text.
pub fn json(value: &gensr::AttributeValue) -> Value {
    match value {
        gensr::AttributeValue::Bool(flag) => Value::from(*flag),
        gensr::AttributeValue::TextSet(texts) => Value::from(texts.clone()),
        // By way of its shortest spelling: 20.95, not the 20.950000762939453 that the column holds.
        gensr::AttributeValue::Number(number) => Value::from(number.to_string().parse::<f64>().ok()),
        other => Value::from(other.to_string()),
    }
}

/// A line for each facet.
pub fn facet_lines(facets: &[FacetAnswer]) -> String {
    const VALUES: usize = 8;
    let mut table = output::table(&[]);
    for facet in facets {
        let mut parts: Vec<String> = facet
            .values
            .iter()
            .take(VALUES)
            .map(|ValueCount { value, count: items }| {
                let value = if value.is_empty() { "\"\"" } else { value };
                format!("{} {}", output::shorten(value, 30), dim(count(*items as u64)))
            })
            .collect();
        if facet.distinct > VALUES {
            parts.push(dim(format!("{} more", count((facet.distinct - VALUES) as u64))));
        }
        if let (Some(min), Some(max)) = (&facet.min, &facet.max) {
            let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            parts.push(format!("{} to {} {}", plain(min), plain(max), dim(count(facet.items as u64))));
        }
        table.add_row([dim(&facet.name), parts.join(" · ")]);
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointed(text: &str) -> String {
        Mistake { text: text.to_owned(), error: text.parse::<Filter>().unwrap_err() }.to_string()
    }

    #[test]
    fn mistakes_are_pointed_at() {
        let end = "filter, column 9: expected a value, found the end\n  price = \n          ^";
        assert_eq!(pointed("price = "), end);
        let lines = pointed("brand\n= 茶 茶茶 OR x");
        assert!(lines.ends_with("\n  brand = 茶 茶茶 OR x\n             ^^^^"), "{lines}");
        let long = pointed(&format!("{} x", "a = 1 OR ".repeat(500) + "a = 2"));
        let [_, shown, carets] = long.lines().collect::<Vec<_>>()[..] else { panic!("{long}") };
        assert!(shown.starts_with("  …") && shown.ends_with("a = 2 x"), "{long}");
        assert_eq!(carets.len(), shown.chars().count(), "{long}");
    }
}
