//! Filters over drawn columns of every type, against evaluation item by item; and what does not fit a pack.

use std::sync::Arc;

use gensr::internals::Codebook;
use gensr::{
    AttributeKind, AttributeValue, Filter, MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH, MAX_FILTER_VALUES,
};
use proptest::prelude::*;

use crate::expression::{Column, expressions};
use crate::writer::{Builder, DIM, le, rows};

/// Values of each column, by row.
type Table = [Vec<Option<AttributeValue>>; 5];

const NAMES: [(&str, &str); 5] =
    [("price", "number"), ("released", "date"), ("vegan", "bool"), ("brand", "string"), ("tags", "set")];
const TEXTS: [&str; 9] = ["", "Tøpf", "a b", "and", "it's", "\"", "\\", "x", "茶, [1]"];
const NUMBERS: [f32; 8] = [0.0, -0.0, 9.99, -1.5, 3.0e38, 1.0e-40, 16_777_216.0, 5.0];

fn tables() -> impl Strategy<Value = Table> {
    let row = (
        prop::option::of(prop::sample::select(&NUMBERS[..])),
        prop::option::of(-3_i32..40),
        prop::option::of(any::<bool>()),
        prop::option::of(0_usize..7),
        prop::collection::btree_set(0_usize..7, 0..4),
    );
    prop::collection::vec(row, 1..200).prop_map(|rows| {
        let mut table = Table::default();
        for (number, day, flag, text, set) in rows {
            let set: std::collections::BTreeSet<_> = set.iter().map(|text| TEXTS[*text].to_owned()).collect();
            table[0].push(number.map(AttributeValue::Number));
            table[1].push(day.map(AttributeValue::Date));
            table[2].push(flag.map(AttributeValue::Bool));
            table[3].push(text.map(|text| AttributeValue::Text(TEXTS[text].to_owned())));
            table[4].push((!set.is_empty()).then(|| AttributeValue::TextSet(set.into_iter().collect())));
        }
        table
    })
}

/// A pack of these columns.
fn pack(table: &Table) -> Codebook {
    let n = table[0].len();
    let mut builder = Builder::tiny();
    builder.manifest["items"] = n.into();
    for name in ["items.fused", "items.semantic"] {
        builder.remove(name);
        builder.matrix(name, "I8", DIM as u64, le(&rows(n, 1)));
        builder.replace(&format!("{name}_scale"), "F32", le(&vec![0.5_f32; n]));
    }
    let ids: Vec<String> = (0..n).map(|row| format!("{row:04}")).collect();
    builder.replace_strings("items.id_", &ids);
    builder.replace_strings("items.title_", &ids);
    builder.replace("items.id_order", "U32", le(&(0..n as u32).collect::<Vec<_>>()));
    builder.remove("items.popularity");
    let sections: Vec<_> = builder.sections.iter().map(|section| section.name.clone()).collect();
    for name in sections.iter().filter(|name| name.starts_with("attr.") || name.starts_with("neighbours.")) {
        builder.remove(name);
    }
    builder.manifest["attributes"] =
        NAMES.map(|(name, of)| serde_json::json!({ "name": name, "type": of })).to_vec().into();

    let mut dictionary = TEXTS;
    dictionary.sort_unstable();
    let index = |text: &String| dictionary.binary_search(&text.as_str()).unwrap() as u32;
    let (mut numbers, mut days, mut flags, mut brands) = (vec![], vec![], vec![], vec![]);
    let (mut offsets, mut tags) = (vec![0_u32], vec![]);
    (0..n).for_each(|row| {
        use AttributeValue::{Bool, Date, Number, Text, TextSet};
        let value = |column: usize| table[column][row].as_ref();
        numbers.push(if let Some(Number(number)) = value(0) { *number } else { f32::NAN });
        days.push(if let Some(Date(day)) = value(1) { *day } else { i32::MIN });
        flags.push(if let Some(Bool(flag)) = value(2) { u8::from(*flag) } else { 255 });
        brands.push(if let Some(Text(text)) = value(3) { index(text) } else { u32::MAX });
        if let Some(TextSet(texts)) = value(4) {
            tags.extend(texts.iter().map(index));
        }
        offsets.push(tags.len() as u32);
    });
    builder.list("attr.price.values", "F32", le(&numbers));
    builder.list("attr.released.values", "I32", le(&days));
    builder.list("attr.vegan.values", "U8", flags);
    builder.list("attr.brand.values", "U32", le(&brands));
    builder.strings("attr.brand.dict_", &dictionary);
    builder.list("attr.tags.offsets", "U32", le(&offsets));
    builder.list("attr.tags.values", "U32", le(&tags));
    builder.strings("attr.tags.dict_", &dictionary);
    Codebook::open(Arc::new(builder.open().unwrap())).unwrap()
}

fn columns() -> Vec<Column> {
    let texts = || TEXTS.iter().chain(&["unknown"]).map(|text| (*text).to_owned()).collect();
    let numbers =
        NUMBERS.iter().map(f32::to_string).chain(["9.989999", "1e39", "-7", "+5.00"].map(str::to_owned));
    let dates = ["1970-01-01", "1969-12-31", "1970-02-05", "0001-01-01", "2100-01-01"].map(str::to_owned);
    let values =
        [numbers.collect(), dates.to_vec(), vec!["true".to_owned(), "false".to_owned()], texts(), texts()];
    use AttributeKind::{Bool, Date, Number, Set, String};
    let kinds = [Number, Date, Bool, String, Set];
    let column =
        |(((name, _), kind), values): (((&str, _), _), _)| Column { name: name.to_owned(), kind, values };
    NAMES.into_iter().zip(kinds).zip(values).map(column).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rows_equal_those_that_pass_one_by_one(
        table in tables(),
        expressions in prop::collection::vec(expressions(columns()), 8),
    ) {
        let codebook = pack(&table);
        for expression in expressions {
            let text = expression.text();
            let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            let rows = filter.rows(&codebook).unwrap_or_else(|error| panic!("{text}: {error}"));
            let value = |row: usize, name: &str| {
                table[NAMES.iter().position(|(known, _)| *known == name).unwrap()][row].as_ref()
            };
            let passes = |row: &u32| expression.passes(&|name| value(*row as usize, name));
            let expected: Vec<u32> = (0..table[0].len() as u32).filter(passes).collect();
            prop_assert_eq!(rows.iter().collect::<Vec<_>>(), expected, "{}", text);

            let again: Filter = filter.to_string().parse().unwrap();
            prop_assert_eq!(&again, &filter, "{} is written {}", text, filter);
            let opposite = (!filter).rows(&codebook).unwrap();
            prop_assert_eq!(opposite.count() + rows.count(), table[0].len());
        }
    }
}

fn tiny() -> Codebook {
    Codebook::open(Arc::new(Builder::tiny().open().unwrap())).unwrap()
}

#[test]
fn what_does_not_fit_the_pack_is_told_with_its_place() {
    let codebook = tiny();
    for (text, columns, says) in [
        ("colour = secret", 1..7, "no such attribute; the pack has price (number), released (date)"),
        ("price = 1 AND Price = 2", 15..20, "no such attribute"),
        ("price = secret", 9..15, "price is a number: expected a number"),
        ("price IN [1, 2, nan]", 17..20, "expected a number"),
        ("price > inf", 9..12, "expected a number"),
        ("price 1 TO '1 2'", 12..17, "expected a number"),
        ("released >= 2024-02-30", 13..23, "released is a date: expected a date, such as 2024-01-31"),
        ("vegan = secret", 9..15, "vegan is a bool: expected true or false"),
        ("vegan > true", 7..8, "vegan is a bool: it has =, !=, IN and EXISTS"),
        ("NOT (brand >= secret)", 12..14, "brand is a string: it has"),
        ("categories secret TO b", 12..18, "categories is a set: it has"),
    ] {
        let error = text.parse::<Filter>().unwrap().rows(&codebook).unwrap_err();
        assert_eq!(error.columns(), columns, "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    // A filter that was built is pointed at in its text.
    let built = Filter::exists("brand").and(Filter::range("price", "a".."b"));
    assert_eq!(built.to_string(), "brand EXISTS AND (price >= a AND price < b)");
    assert_eq!(built.rows(&codebook).unwrap_err().columns(), 28..29);
}

#[test]
fn filters_are_bounded() {
    let codebook = tiny();
    let price = |number: usize| Filter::eq("price", number);
    let all = |count: usize| (1..count).fold(price(0), |filter, number| filter.or(price(number)));
    assert_eq!(all(MAX_FILTER_CONDITIONS).rows(&codebook).unwrap().count(), 2);
    let nested = |depth: usize| (1..depth).fold(price(0), |filter, number| price(number).and(filter));
    assert_eq!(nested(MAX_FILTER_DEPTH).rows(&codebook).unwrap().count(), 0);
    let any = |count: usize| Filter::any_of("price", 0..count);
    assert_eq!(any(MAX_FILTER_VALUES).rows(&codebook).unwrap().count(), 2);
    for (filter, says) in [
        (all(MAX_FILTER_CONDITIONS + 1), "more than 256 conditions"),
        (nested(MAX_FILTER_DEPTH + 1), "more than 64"),
        (any(MAX_FILTER_VALUES + 1), "more than 10000 values"),
        (nested(5_000), "bytes are too many"),
    ] {
        let error = filter.rows(&codebook).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.columns().is_empty());
    }
    let deep = (0..100_001).fold(price(3), |filter, _| !filter);
    assert_eq!(deep, !price(3));
}
