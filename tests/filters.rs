//! Filters, pages and facets, on the demo pack: against all items ranked without a filter and tested one by one.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;
#[path = "common/expression.rs"]
mod expression;

use std::collections::BTreeMap;

use common::{END_MS, ids, open, views};
use expression::{Column, Expression, expressions};
use gensr::{
    AttributeKind, AttributeValue, CancelToken, Cap, Engine, Error, Exploration, Facet, Filter, History,
    MAX_FACET_VALUES, MAX_LIMIT, MAX_OFFSET, Reason, ReasonKind, RecommendRequest, Response, SearchRequest,
    SimilarRequest,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// A request with all but filter and page.
#[derive(Clone)]
enum Asked {
    Search(SearchRequest),
    Recommend(RecommendRequest),
    Similar(SimilarRequest),
}

impl Asked {
    fn page(&self, engine: &Engine, filter: Option<&Filter>, offset: usize, limit: usize) -> Response {
        let (token, filter) = (CancelToken::new(), filter.cloned());
        match self.clone() {
            Self::Search(request) => {
                engine.search(&request.filter(filter).offset(offset).limit(limit), &token).unwrap()
            }
            Self::Recommend(request) => {
                engine.recommend(&request.filter(filter).offset(offset).limit(limit), &token).unwrap()
            }
            Self::Similar(request) => {
                engine.similar(&request.filter(filter).offset(offset).limit(limit), &token).unwrap()
            }
        }
    }

    /// All hits, page by page.
    fn all(&self, engine: &Engine, filter: Option<&Filter>, limit: usize) -> Vec<(String, f32)> {
        let mut all = Vec::new();
        loop {
            let page = self.page(engine, filter, all.len(), limit);
            all.extend(page.hits.iter().map(|hit| (hit.id.clone(), hit.score)));
            assert!(
                page.hits.len() == limit || all.len() == page.total_hits,
                "a page is short before the end"
            );
            assert!(all.len() <= page.total_hits);
            if all.len() == page.total_hits {
                return all;
            }
        }
    }
}

/// The values of every item.
struct Items {
    rows: Vec<BTreeMap<String, AttributeValue>>,
    columns: Vec<Column>,
}

impl Items {
    fn of(engine: &Engine) -> Self {
        let specs = engine.manifest().attributes.clone();
        let request = RecommendRequest::new()
            .history(History::Empty)
            .attributes(specs.iter().map(|spec| spec.name.clone()).collect())
            .diversity(Some(0.0));
        let mut rows = vec![BTreeMap::new(); engine.manifest().items];
        for offset in (0..rows.len()).step_by(MAX_LIMIT) {
            let request = request.clone().offset(offset).limit(MAX_LIMIT);
            for hit in engine.recommend(&request, &CancelToken::new()).unwrap().hits {
                rows[engine.row_of(&hit.id).unwrap() as usize] = hit.attributes.into_iter().collect();
            }
        }
        let columns = specs.into_iter().map(|spec| {
            let found = rows.iter().step_by(97).filter_map(|row: &BTreeMap<_, _>| row.get(&spec.name));
            let mut values: Vec<String> = found
                .flat_map(|value| match value {
                    AttributeValue::TextSet(texts) => texts.clone(),
                    value => vec![value.to_string()],
                })
                .collect();
            match spec.kind {
                AttributeKind::Number => values.extend(["0".into(), "-1e9".into(), "1e30".into()]),
                AttributeKind::Date => values.extend(["1970-01-01".into(), "2030-06-30".into()]),
                AttributeKind::Bool => values.extend(["true".into(), "false".into()]),
                _ => values.extend(["no such value".into(), "\"\\'".into(), String::new()]),
            }
            Column { name: spec.name, kind: spec.kind, values }
        });
        Self { columns: columns.collect(), rows }
    }

    fn value(&self, engine: &Engine, id: &str, name: &str) -> Option<&AttributeValue> {
        self.rows[engine.row_of(id).unwrap() as usize].get(name)
    }

    fn pass(&self, engine: &Engine, id: &str, expression: &Expression) -> bool {
        let values = &self.rows[engine.row_of(id).unwrap() as usize];
        expression.passes(&|name| values.get(name))
    }
}

/// Requests of every kind, with exclusions and histories.
fn asked(engine: &Engine) -> Vec<Asked> {
    let now_ms = Some(END_MS);
    let history = || History::Events(views(engine, &[3, 141, 592, 653]));
    let id = |row: u32| engine.item_id(row).unwrap().to_owned();
    let exclude: Vec<_> = (0..40).map(|row| id(row * 100)).collect();
    let search = SearchRequest::new(engine.title(3).unwrap()).now_ms(now_ms);
    let recommend = RecommendRequest::new().history(history()).now_ms(now_ms);
    let similar = SimilarRequest::new(id(12)).now_ms(now_ms);
    vec![
        Asked::Search(search.clone().history(history()).exclude_history(Some(true)).exclude(exclude.clone())),
        Asked::Recommend(recommend.exclude(exclude.clone())),
        Asked::Similar(similar.clone().exclude(exclude)),
        Asked::Search(search.history(History::Empty)),
        Asked::Similar(similar.personalisation(0.5).history(history())),
    ]
}

#[test]
fn a_thousand_filters_equal_brute_force_page_by_page() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let items = Items::of(&engine);
    assert!(!items.columns.is_empty());
    let asked: Vec<_> =
        asked(&engine).into_iter().map(|asked| (asked.all(&engine, None, MAX_LIMIT), asked)).collect();
    let mut runner = TestRunner::deterministic();
    let strategy = expressions(items.columns.clone());
    let (mut some, mut pages) = (0, 0);
    for round in 0..1_000_usize {
        let expression = strategy.new_tree(&mut runner).unwrap().current();
        let text = expression.text();
        let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let (all, asked) = &asked[round % asked.len()];
        let mut expected = all.clone();
        expected.retain(|(id, _)| items.pass(&engine, id, &expression));
        // From one page to four.
        let limit = (expected.len() / (1 + round % 4) + 1).clamp(1, MAX_LIMIT);
        assert_eq!(asked.all(&engine, Some(&filter), limit), expected, "{text}");
        some += usize::from(!expected.is_empty() && expected.len() < all.len());
        pages += expected.len().div_ceil(limit);
    }
    assert!(some > 400 && pages > 1_500, "{some} filters keep some items and not all, {pages} pages");
}

#[test]
fn pages_of_an_arranged_feed_make_its_list() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let request = RecommendRequest::new()
        .history(History::Events(views(&engine, &[3, 141, 592])))
        .diversity(Some(0.4))
        .caps(vec![Cap::new("brand", 2)])
        .exploration(Some(Exploration::new(0.2, 7)))
        .now_ms(Some(END_MS));
    let filter: Filter = "price < 300 AND in_stock = true".parse().unwrap();
    let asked = Asked::Recommend(request);
    let long = asked.page(&engine, Some(&filter), 0, MAX_LIMIT);
    for limit in [50, 64, 511] {
        let pages =
            (0..600).step_by(limit).flat_map(|from| asked.page(&engine, Some(&filter), from, limit).hits);
        let pages: Vec<_> = pages.map(|hit| hit.id).collect();
        assert_eq!(pages[..600], ids(&long)[..600], "pages of {limit}");
    }
}

/// Counts by hand.
fn counted(items: &Items, engine: &Engine, name: &str, ids: &[&str]) -> Facet {
    let found: Vec<_> = ids.iter().filter_map(|id| items.value(engine, id, name)).collect();
    let mut facet = Facet::default();
    (facet.name, facet.items) = (name.to_owned(), found.len());
    let mut counts = BTreeMap::<String, usize>::new();
    for &value in &found {
        match value {
            AttributeValue::TextSet(texts) => {
                texts.iter().for_each(|text| *counts.entry(text.clone()).or_default() += 1)
            }
            AttributeValue::Number(number) => {
                let (low, high) = facet.range.get_or_insert((value.clone(), value.clone()));
                if matches!(low, AttributeValue::Number(low) if number < low) {
                    *low = value.clone();
                }
                if matches!(high, AttributeValue::Number(high) if number > high) {
                    *high = value.clone();
                }
            }
            AttributeValue::Date(day) => {
                let (low, high) = facet.range.get_or_insert((value.clone(), value.clone()));
                if matches!(low, AttributeValue::Date(low) if day < low) {
                    *low = value.clone();
                }
                if matches!(high, AttributeValue::Date(high) if day > high) {
                    *high = value.clone();
                }
            }
            value => *counts.entry(value.to_string()).or_default() += 1,
        }
    }
    facet.distinct = counts.len();
    facet.values = counts.into_iter().collect();
    facet.values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    facet.values.truncate(MAX_FACET_VALUES);
    facet
}

#[test]
fn facets_count_what_is_there() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let items = Items::of(&engine);
    let facets: Vec<_> = items.columns.iter().map(|column| column.name.clone()).collect();
    let token = CancelToken::new();
    for filter in ["price EXISTS OR price NOT EXISTS", "price < 120 AND in_stock = true", "price < -1"] {
        let filter = Some(filter.parse::<Filter>().unwrap());
        let recommend = RecommendRequest::new()
            .history(History::Events(views(&engine, &[3, 141])))
            .filter(filter.clone())
            .facets(facets.clone())
            .limit(1);
        let answer = engine.recommend(&recommend, &token).unwrap();
        let all = Asked::Recommend(recommend).all(&engine, filter.as_ref(), MAX_LIMIT);
        let all: Vec<_> = all.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(answer.total_hits, all.len());
        for (facet, name) in answer.facets.iter().zip(&facets) {
            assert_eq!(*facet, counted(&items, &engine, name, &all));
        }
        // Of a search only what its words match is counted, though every item is a hit; without such words, all.
        for (query, by_words) in [("light tent", true), ("xqzv", false)] {
            let search = SearchRequest::new(query)
                .history(History::Empty)
                .filter(filter.clone())
                .facets(facets.clone());
            let answer = engine.search(&search, &token).unwrap();
            let asked = Asked::Search(search);
            let mut hits = Vec::new();
            for offset in (0..answer.total_hits).step_by(MAX_LIMIT) {
                hits.extend(asked.page(&engine, filter.as_ref(), offset, MAX_LIMIT).hits);
            }
            assert_eq!(answer.total_hits, hits.len());
            let by_word = |reason: &Reason| {
                matches!(reason.kind, ReasonKind::Words | ReasonKind::Title | ReasonKind::Id)
            };
            let matched: Vec<_> = hits.iter().filter(|hit| hit.reasons.iter().any(by_word)).collect();
            assert_eq!(matched.is_empty(), !by_words || hits.is_empty());
            let all: Vec<_> = if matched.is_empty() { hits.iter().collect() } else { matched };
            let all: Vec<_> = all.iter().map(|hit| hit.id.as_str()).collect();
            for (facet, name) in answer.facets.iter().zip(&facets) {
                assert_eq!(*facet, counted(&items, &engine, name, &all), "{query}");
            }
        }
    }
}

#[test]
fn filters_last_as_long_as_memory_allows() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let asked = asked(&engine).swap_remove(1);
    let filters: Vec<Filter> =
        (0..40).map(|price| Filter::range("price", price * 5..price * 5 + 60)).collect();
    let first: Vec<_> = filters.iter().map(|filter| asked.page(&engine, Some(filter), 0, 20)).collect();
    for round in 0..2 {
        for (filter, first) in filters.iter().zip(&first) {
            let again = asked.page(&engine, Some(filter), 0, 20);
            assert_eq!((ids(&again), again.total_hits), (ids(first), first.total_hits));
        }
        if round == 0 {
            engine.trim_memory(gensr::TrimLevel::Everything);
        }
    }
}

#[test]
fn what_is_wrong_is_refused() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let token = CancelToken::new();
    let refused = |request: RecommendRequest, says: &str| match engine.recommend(&request, &token) {
        Err(Error::InvalidArgument { reason }) => {
            assert!(reason.contains(says) && !reason.contains("secret"), "{reason}");
        }
        other => panic!("{says}: {other:?}"),
    };
    let request = RecommendRequest::default;
    refused(request().filter(Some(Filter::eq("price", "secret"))), "filter, column 9: price is a number");
    refused(
        request().filter(Some("no_column = secret".parse().unwrap())),
        "filter, column 1: no such attribute; the pack has ",
    );
    refused(request().offset(MAX_OFFSET + 1), "offset");
    refused(request().facets(vec!["secret".into()]), "facet 0 is not in the pack");
    assert!(engine.check_filter(&Filter::exists("price")).is_ok());
    let error = engine.check_filter(&"price = 1 OR x = 1".parse().unwrap()).unwrap_err();
    assert_eq!(error.columns(), 14..15);
    assert_eq!(engine.recommend(&request().offset(MAX_OFFSET), &token).unwrap().hits, []);
}
