//! Queries and histories drawn from the pack with a seed.

use std::collections::HashSet;

use anyhow::Result;
use gensr::{Engine, Event, History};

use crate::query;

/// Histories that take turns, and how long each is.
const HISTORIES: usize = 8;
const EVENTS: usize = 20;
/// Most letters of a title that are typed.
const TYPED: usize = 40;

/// A seeded stream of queries and events over one pack.
pub struct Workload {
    random: fastrand::Rng,
    titles: Vec<String>,
    used: HashSet<String>,
    ids: Vec<String>,
    kind: String,
    histories: Vec<History>,
}

impl Workload {
    /// Reads ids and titles of the pack once, so that drawing is not part of any time.
    pub fn new(engine: &Engine, seed: u64) -> Result<Self> {
        let rows = 0..engine.manifest().items as u32;
        let mut workload = Self {
            random: fastrand::Rng::with_seed(seed),
            titles: rows.clone().filter_map(|row| engine.title(row)).collect(),
            used: HashSet::new(),
            ids: rows.filter_map(|row| engine.item_id(row)).collect(),
            kind: query::liking_kind(engine)?,
            histories: Vec::new(),
        };
        workload.histories = (0..HISTORIES).map(|_| History::Events(workload.events())).collect();
        Ok(workload)
    }

    /// One to three neighbouring words of a title; a query that was not drawn before, where the titles allow.
    pub fn query(&mut self) -> String {
        const ATTEMPTS: usize = 50;
        let mut query = String::new();
        for _ in 0..ATTEMPTS {
            let at = self.random.usize(0..self.titles.len().max(1));
            let title = self.titles.get(at).map(String::as_str).unwrap_or_default();
            query = pick_words(title, &mut self.random);
            if !query.is_empty() && self.used.insert(query.clone()) {
                return query;
            }
        }
        if query.is_empty() { "something".to_owned() } else { query }
    }

    /// Texts of a search box after each letter of the beginning of a title, up to three words of it.
    pub fn typed(&mut self) -> Vec<String> {
        let at = self.random.usize(0..self.titles.len().max(1));
        let title = self.titles.get(at).map_or("", String::as_str).trim().to_lowercase();
        let words: Vec<&str> = title.split_whitespace().take(3).collect();
        let title = if words.is_empty() { "something".to_owned() } else { words.join(" ") };
        let ends = title.char_indices().map(|(at, c)| at + c.len_utf8()).take(TYPED);
        ends.map(|end| title[..end].to_owned()).collect()
    }

    /// The history of call `at` of `calls`: one history serves a run of calls.
    pub fn history(&self, at: usize, calls: usize) -> History {
        self.histories[Self::place(at, calls)].clone()
    }

    /// Whether call `at` is the first with its history.
    pub fn is_new_history(&self, at: usize, calls: usize) -> bool {
        at == 0 || Self::place(at, calls) != Self::place(at - 1, calls)
    }

    fn place(at: usize, calls: usize) -> usize {
        (at * HISTORIES / calls.max(1)).min(HISTORIES - 1)
    }

    /// A random history.
    pub fn events(&mut self) -> Vec<Event> {
        let now = query::now_ms();
        let mut events: Vec<Event> = (0..EVENTS).map(|_| self.event()).collect();
        for (place, event) in events.iter_mut().enumerate() {
            event.timestamp_ms = Some(now - 1000 * (EVENTS - 1 - place) as i64);
        }
        events
    }

    /// The id of a random item.
    pub fn id(&mut self) -> Option<String> {
        let at = self.random.usize(0..self.ids.len().max(1));
        self.ids.get(at).cloned()
    }

    /// A random event, now.
    pub fn event(&mut self) -> Event {
        let at = self.random.usize(0..self.ids.len().max(1));
        let item_id = self.ids.get(at).cloned().unwrap_or_default();
        Event::new(item_id, self.kind.clone())
    }
}

/// A query that costs no walk through the catalogue: the words of the first title that has some.
pub fn first_query(engine: &Engine) -> String {
    let mut random = fastrand::Rng::with_seed(0);
    let mut titles = (0..engine.manifest().items as u32).filter_map(|row| engine.title(row));
    let query =
        titles.find_map(|title| Some(pick_words(&title, &mut random)).filter(|query| !query.is_empty()));
    query.unwrap_or_else(|| "something".to_owned())
}

fn pick_words(title: &str, random: &mut fastrand::Rng) -> String {
    let words: Vec<&str> =
        title.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    if words.is_empty() {
        return String::new();
    }
    let length = random.usize(1..=words.len().min(3));
    let start = random.usize(0..=words.len() - length);
    let mut query = words[start..start + length].join(" ").to_lowercase();
    while query.len() > gensr::MAX_QUERY_BYTES {
        query.pop();
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_from_the_title() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..50 {
            let query = pick_words("The Red Lamp of Ys", &mut random);
            assert!("the red lamp of ys".contains(&query) && !query.is_empty(), "{query}");
        }
        assert_eq!(pick_words(" - ! ", &mut random), "");
    }

    #[test]
    fn histories_take_turns() {
        let places: Vec<usize> = (0..16).map(|at| Workload::place(at, 16)).collect();
        assert_eq!(places, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
        assert_eq!(Workload::place(0, 1), 0);
    }
}
