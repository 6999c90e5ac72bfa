//! The query and the two histories of the tour: those that the pack names, else found in it.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result};
use gensr::{CancelToken, Engine, History, SearchRequest, SimilarRequest};
use serde::Deserialize;

/// Items of a history that is made up here.
const LENGTH: usize = 4;
/// Titles looked at, and hits compared.
const LOOKED_AT: u32 = 20_000;
const COMPARED: usize = 1_000;

/// Query and histories of the tour.
#[derive(Debug, PartialEq)]
pub struct Story {
    pub query: String,
    /// Label and item ids, oldest first.
    pub histories: Vec<(String, Vec<String>)>,
}

/// `provenance.demo` of the manifest.
#[derive(Deserialize)]
struct Given {
    query: String,
    histories: serde_json::Map<String, serde_json::Value>,
}

impl Story {
    /// The pack's own story where it tells one about items that exist, else one found in it.
    pub fn of(engine: &Engine) -> Result<Self> {
        let given = engine.manifest().provenance.get("demo").and_then(|demo| Self::given(engine, demo));
        given.map_or_else(|| Self::found(engine), Ok)
    }

    fn given(engine: &Engine, demo: &serde_json::Value) -> Option<Self> {
        let Given { query, histories } = Given::deserialize(demo).ok()?;
        let histories: Vec<(String, Vec<String>)> = histories
            .into_iter()
            .map(|(label, ids)| Some((label, Vec::<String>::deserialize(ids).ok()?)))
            .collect::<Option<_>>()?;
        let known = |(_, ids): &(String, Vec<String>)| {
            !ids.is_empty() && ids.iter().all(|id| engine.row_of(id).is_some())
        };
        let good = !query.trim().is_empty() && histories.len() >= 2 && histories.iter().all(known);
        good.then_some(Self { query, histories })
    }

    /// A word that many titles share; two of its hits that are far from each other, each with its nearest.
    fn found(engine: &Engine) -> Result<Self> {
        let rows = 0..(engine.manifest().items as u32).min(LOOKED_AT);
        let titles: Vec<String> = rows.filter_map(|row| engine.title(row)).collect();
        let query = common_word(&titles).context("the pack has no titles to tell a story with")?;
        let cancel = CancelToken::new();
        let request =
            SearchRequest::new(&query).history(History::Empty).limit(50.min(engine.manifest().items));
        let hits: Vec<String> =
            engine.search(&request, &cancel)?.hits.into_iter().map(|hit| hit.id).collect();
        let first = hits.first().context("a search for a word of the titles found nothing")?;
        let near: Vec<String> = similar(engine, first, COMPARED)?;
        let place = |id: &String| near.iter().position(|other| other == id).unwrap_or(usize::MAX);
        // Of equally far ones the best hit; `max_by_key` takes the last.
        let second =
            hits.iter().skip(1).rev().max_by_key(|id| place(id)).context("the pack has a single item")?;
        let mut histories = Vec::new();
        for id in [first, second] {
            let mut ids = similar(engine, id, LENGTH - 1)?;
            ids.reverse();
            ids.push(id.clone());
            let row = engine.row_of(id).context("the engine does not know its own hit")?;
            histories.push((crate::output::shorten(&crate::query::name(engine, row), 28), ids));
        }
        Ok(Self { query, histories })
    }
}

fn similar(engine: &Engine, id: &str, limit: usize) -> Result<Vec<String>> {
    let limit = limit.min(engine.manifest().items.saturating_sub(1)).max(1);
    let request = SimilarRequest::new(id).limit(limit);
    let response = engine.similar(&request, &CancelToken::new())?;
    Ok(response.hits.into_iter().map(|hit| hit.id).collect())
}

/// The word that most titles share, of those that at most a fifth of them have; ties by the alphabet.
fn common_word(titles: &[impl AsRef<str>]) -> Option<String> {
    const DULL: [&str; 8] = ["with", "from", "that", "this", "your", "into", "over", "pack"];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for title in titles {
        let words: HashSet<String> = title
            .as_ref()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= 4 && word.chars().all(char::is_alphabetic))
            .map(str::to_lowercase)
            .collect();
        for word in words.into_iter().filter(|word| !DULL.contains(&word.as_str())) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let most = (titles.len() / 5).max(1);
    let within = counts.iter().filter(|(_, count)| **count <= most).max_by_key(|(_, count)| **count);
    let word = within.or_else(|| counts.iter().next())?.0.clone();
    // `max_by_key` takes the last of equals; the first by the alphabet reads as chosen on purpose.
    let count = counts[&word];
    counts.into_iter().find(|(_, other)| *other == count).map(|(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_word_is_neither_rare_nor_everywhere() {
        let mut titles = vec!["the red lamp and more", "grand lamp and more", "green tray and more"];
        titles.extend(["plain jar and more"; 2]);
        titles.extend(["chair of oak and more"; 7]);
        // 12 titles: at most 2 may share it; "lamp" and "plain" both have 2.
        assert_eq!(common_word(&titles).as_deref(), Some("lamp"));
        assert_eq!(common_word(&["12 34", ""]), None);
        assert_eq!(common_word(&["only lamp"]).as_deref(), Some("lamp"));
    }
}
