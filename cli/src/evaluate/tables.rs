//! The data folder: `items`, `events` and the sampled candidates, as CSV or JSON Lines, plain or gzip'd.
//!
//! The rules are those of the Python side (`gensr_models.data`), so that both measure the same events. Every complaint
//! names the file, the row as a spreadsheet counts it (in CSV the header is row 1, in JSON Lines the first record) and
//! the column.

mod reader;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use reader::{Table, find, find_required};

/// Which part of the events a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    Train,
    Valid,
    Test,
}

/// One row of `events`.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Index into `Data::items`.
    pub item: u32,
    /// Index into `Data::kinds`.
    pub kind: u16,
    pub timestamp_ms: i64,
    pub query: Option<Box<str>>,
    /// Intent of a recommendation that is asked for here.
    pub intent: Option<Box<str>>,
    /// `None` where the table has no `split` column, or an empty one.
    pub split: Option<Split>,
    /// Row in the table.
    pub row: u64,
}

/// One user's events: in the order of the file where the rows of every user stand together, else by time.
#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub events: Vec<EventRow>,
}

/// The two tables.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// Item ids in the order of the file.
    pub items: Vec<String>,
    /// Kinds in the order they first occur.
    pub kinds: Vec<String>,
    pub users: Vec<User>,
    pub(super) places: HashMap<String, u32>,
}

impl Data {
    /// Reads and checks `items` and `events`.
    pub fn read(folder: &Path) -> Result<Self> {
        let items = find_required(folder, "items")?;
        let events = find_required(folder, "events")?;
        let mut data = Self::default();
        data.read_items(&items)?;
        data.read_events(&events)?;
        Ok(data)
    }

    /// Index of an item id.
    pub fn item(&self, id: &str) -> Option<u32> {
        self.places.get(id).copied()
    }

    fn read_items(&mut self, path: &Path) -> Result<()> {
        let mut table = Table::open(path, &["item_id"], &[])?;
        while table.advance()? {
            let id = table.required(0)?.to_owned();
            if id.len() > gensr::MAX_ID_BYTES {
                return table.refuse(0, &format!("longer than {} bytes", gensr::MAX_ID_BYTES));
            }
            if self.places.insert(id.clone(), self.items.len() as u32).is_some() {
                return table.refuse(0, "this id stands in an earlier row too");
            }
            self.items.push(id);
        }
        if self.items.is_empty() {
            bail!("{}: no rows", path.display());
        }
        Ok(())
    }

    fn read_events(&mut self, path: &Path) -> Result<()> {
        const USER: usize = 0;
        const TIME: usize = 1;
        const KIND: usize = 2;
        const ITEM: usize = 3;
        const QUERY: usize = 4;
        const SPLIT: usize = 5;
        const INTENT: usize = 6;
        let required = ["user_id", "timestamp", "kind", "item_id"];
        let mut table = Table::open(path, &required, &["query", "split", "intent"])?;
        let mut kinds: HashMap<String, u16> = HashMap::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut last_user = None;
        let mut together = true;
        let mut splits = 0_u64;
        while table.advance()? {
            let user = table.required(USER)?;
            if last_user.is_none_or(|last: usize| self.users[last].id != user) {
                last_user = match places.get(user) {
                    Some(&place) => {
                        together = false;
                        Some(place)
                    }
                    None => {
                        places.insert(user.to_owned(), self.users.len());
                        self.users.push(User { id: user.to_owned(), events: Vec::new() });
                        Some(self.users.len() - 1)
                    }
                };
            }
            let kind = table.required(KIND)?;
            let kind = match kinds.get(kind) {
                Some(&kind) => kind,
                None => {
                    let next =
                        u16::try_from(self.kinds.len()).ok().context("more than 65,536 kinds of event")?;
                    kinds.insert(kind.to_owned(), next);
                    self.kinds.push(kind.to_owned());
                    next
                }
            };
            let Some(item) = self.item(table.required(ITEM)?) else {
                return table.refuse(ITEM, "this id is not in the items table");
            };
            for column in [QUERY, INTENT] {
                if table.get(column).len() > gensr::MAX_QUERY_BYTES {
                    return table.refuse(column, &format!("longer than {} bytes", gensr::MAX_QUERY_BYTES));
                }
            }
            let text = |column| {
                let text = collapsed(table.get(column));
                (!text.is_empty()).then(|| text.into())
            };
            let (query, intent) = (text(QUERY), text(INTENT));
            let split = match table.get(SPLIT) {
                "train" => Some(Split::Train),
                "valid" => Some(Split::Valid),
                "test" => Some(Split::Test),
                "" => None,
                _ => return table.refuse(SPLIT, "expected train, valid or test"),
            };
            splits += u64::from(split.is_some());
            if splits != 0 && splits != table.records {
                return table
                    .refuse(SPLIT, "write train, valid or test in every row, or leave the column out");
            }
            let timestamp_ms = milliseconds(table.required(TIME)?);
            let Some(timestamp_ms) = timestamp_ms else {
                return table.refuse(TIME, "expected a whole number of seconds, or a position");
            };
            let event = EventRow { item, kind, timestamp_ms, query, intent, split, row: table.row };
            if let Some(user) = last_user {
                self.users[user].events.push(event);
            }
        }
        if !together {
            for user in &mut self.users {
                user.events.sort_by_key(|event| event.timestamp_ms);
            }
        }
        if self.users.is_empty() {
            bail!("{}: no rows", path.display());
        }
        Ok(())
    }
}

/// A query as both sides take it: blanks collapsed.
fn collapsed(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn milliseconds(text: &str) -> Option<i64> {
    text.trim().parse::<i64>().ok()?.checked_mul(1000)
}

/// The sampled candidates of one kind: (user, query, wanted item) -> the other items.
pub type Candidates = HashMap<(String, String, u32), Vec<u32>>;

/// Reads `candidates_test_<kind>`; `None` where the folder has none.
pub fn read_candidates(folder: &Path, kind: &str, data: &Data) -> Result<Option<Candidates>> {
    let Some(path) = find(folder, &format!("candidates_test_{kind}"))? else { return Ok(None) };
    let mut table = Table::open(&path, &["user_id", "positive", "negatives"], &["query"])?;
    let mut candidates = Candidates::new();
    while table.advance()? {
        let Some(positive) = data.item(table.required(1)?) else {
            return table.refuse(1, "this id is not in the items table");
        };
        let mut negatives = Vec::new();
        for id in table.required(2)?.split('|') {
            match data.item(id) {
                Some(item) => negatives.push(item),
                None => return table.refuse(2, "one of these ids is not in the items table"),
            }
        }
        candidates.insert((table.get(0).to_owned(), collapsed(table.get(3)), positive), negatives);
    }
    Ok(Some(candidates))
}

#[cfg(test)]
mod tests;
