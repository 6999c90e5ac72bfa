//! The user's own past queries.

use std::collections::HashMap;

use super::typed::TypedPrefix;
use super::{Completion, CompletionKind, folded};
use crate::encode::PastEvent;

/// Latest searches that are looked at.
const SEARCHES: usize = 2_048;
/// A search counts half of one that came so many searches later.
const HALF_LIFE: f64 = 32.0;

/// Past queries that go on from what was typed, all of them where nothing was: often and lately used ones first, spelt
/// as they were last.
pub(super) fn own_queries(blank: bool, typed: &TypedPrefix, events: &[PastEvent]) -> Vec<Completion> {
    let searches = events.iter().rev().filter_map(|event| event.query.as_deref()).take(SEARCHES);
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut queries: Vec<(f64, &str)> = Vec::new();
    for (age, query) in searches.enumerate() {
        let weight = (-(age as f64) / HALF_LIFE).exp2();
        let place = *places.entry(folded(query)).or_insert_with(|| {
            queries.push((0.0, query));
            queries.len() - 1
        });
        queries[place].0 += weight;
    }
    // Stable: of equal ones the later.
    queries.sort_by(|a, b| b.0.total_cmp(&a.0));
    let completion = |(_, query): (f64, &str)| {
        let matches = if blank { Vec::new() } else { typed.find(query)?.ranges };
        Some(Completion { text: query.to_owned(), kind: CompletionKind::Query, matches, item_id: None })
    };
    queries.into_iter().filter_map(completion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(queries: &[&str]) -> Vec<PastEvent> {
        let event = |query: &&str| PastEvent {
            row: 0,
            vector: 0,
            kind: 1,
            unknown_kind: None,
            liking: 1.0,
            search: true,
            timestamp_ms: 0,
            query: Some((*query).into()),
        };
        queries.iter().map(event).collect()
    }

    fn texts(typed: &str, queries: &[&str]) -> Vec<String> {
        let found = own_queries(typed.is_empty(), &TypedPrefix::new(typed), &history(queries));
        found.into_iter().map(|completion| completion.text).collect()
    }

    #[test]
    fn often_and_lately_come_first() {
        assert_eq!(texts("", &["tent", "mug", "stove"]), ["stove", "mug", "tent"]);
        assert_eq!(texts("", &["Tent", "mug", "tent", "stove"]), ["tent", "stove", "mug"]);
        // Forty searches later, three uses are worth less than two of today.
        let mut old = vec!["tent"; 3];
        old.extend(std::iter::repeat_n("mug", 1));
        let others: Vec<String> = (0..64).map(|n| format!("q{n}")).collect();
        old.extend(others.iter().map(String::as_str));
        old.extend(["lamp", "lamp"]);
        assert_eq!(texts("", &old)[0], "lamp");
        assert_eq!(texts("te", &old), ["tent"]);
    }

    #[test]
    fn any_word_begins_a_match() {
        assert_eq!(texts("la", &["red lamp", "lantern", "glass"]), ["lantern", "red lamp"]);
    }
}
