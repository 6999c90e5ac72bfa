//! Texts and their filters: what is read, what is refused and where, and that nothing panics.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Filter {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn texts_and_built_filters_agree() {
    for (text, built, canonical) in [
        ("a=1", Filter::eq("a", 1), "a = 1"),
        (" \n'a' = \"1\"\t", Filter::eq("a", "1"), "a = 1"),
        ("a != x", !Filter::eq("a", "x"), "a != x"),
        ("not a = x", !Filter::eq("a", "x"), "a != x"),
        ("NOT NOT a = x", Filter::eq("a", "x"), "a = x"),
        ("NOT (NOT (a = x))", Filter::eq("a", "x"), "a = x"),
        ("a in []", Filter::any_of("a", [""; 0]), "a IN []"),
        ("a In [x, 'y z',]", Filter::any_of("a", ["x", "y z"]), "a IN [x, \"y z\"]"),
        ("a NOT IN [1]", !Filter::eq("a", 1), "a != 1"),
        ("a exists", Filter::exists("a"), "a EXISTS"),
        ("a NOT EXISTS", !Filter::exists("a"), "a NOT EXISTS"),
        ("a<-1.5e3", Filter::range("a", ..-1500), "a < -1500"),
        ("a <= 2024-01-31", Filter::range("a", ..="2024-01-31"), "a <= 2024-01-31"),
        ("a >= 0.1", Filter::range("a", 0.1_f32..), "a >= 0.1"),
        ("NOT a 1 TO 2", !Filter::range("a", 1..=2), "NOT a 1 TO 2"),
        ("a >= 1 AND a < 2", Filter::range("a", 1..2), "a >= 1 AND a < 2"),
        (
            "'and' = 'or' OR b EXISTS",
            Filter::eq("and", "or").or(Filter::exists("b")),
            "\"and\" = \"or\" OR b EXISTS",
        ),
        // NOT binds more tightly than AND, AND than OR, and the first of equals first.
        (
            "a=1 OR b=2 AND NOT c=3 OR d=4",
            Filter::eq("a", 1).or(Filter::eq("b", 2).and(!Filter::eq("c", 3))).or(Filter::eq("d", 4)),
            "a = 1 OR b = 2 AND c != 3 OR d = 4",
        ),
        (
            "(a=1 OR b=2) AND (c=3 AND d=4)",
            Filter::eq("a", 1).or(Filter::eq("b", 2)).and(Filter::eq("c", 3).and(Filter::eq("d", 4))),
            "(a = 1 OR b = 2) AND (c = 3 AND d = 4)",
        ),
        ("NOT (a=1 AND b=2)", !Filter::eq("a", 1).and(Filter::eq("b", 2)), "NOT (a = 1 AND b = 2)"),
        (r#"a = "\"\\\x" "#, Filter::eq("a", "\"\\x"), r#"a = "\"\\x""#),
        ("a = ''", Filter::eq("a", ""), "a = \"\""),
    ] {
        let filter = parse(text);
        if !text.contains("1.5e3") {
            assert_eq!(filter, built, "{text}");
        }
        assert_eq!(built.to_string(), canonical, "{text}");
        assert_eq!(parse(canonical), built, "{canonical}");
    }
}

#[test]
fn errors_point_at_the_place() {
    for (text, columns, says) in [
        ("", 1..2, "expected an attribute, NOT or `(`, found the end"),
        ("  ", 3..4, "found the end"),
        ("price", 6..7, "expected =, !="),
        ("price =", 8..9, "expected a value, found the end"),
        ("price = AND", 9..12, "expected a value, found a keyword"),
        ("= 3", 1..2, "expected an attribute"),
        ("price == 3", 8..9, "expected a value, found a comparison sign"),
        ("price 3", 7..8, "a value and TO"),
        ("price 3 TO", 11..12, "expected a value, found the end"),
        ("secret secret", 8..14, "expected =, !="),
        ("price = 3 secret = 4", 11..17, "expected AND, OR or the end, found a word"),
        ("price = 3, 4", 10..11, "found a comma"),
        ("price = 3 OR", 13..14, "found the end"),
        ("(price = 3", 1..2, "this `(` is not closed"),
        ("a = 1 AND ((price = 3)", 11..12, "this `(` is not closed"),
        ("price = 3)", 10..11, "this `)` closes nothing"),
        ("brand = 'secret", 9..10, "this quote is not closed"),
        ("brand = \"secret\\", 9..10, "this quote is not closed"),
        ("brand IN secret", 10..16, "expected `[` and values"),
        ("brand IN [secret", 17..18, "expected a comma or `]`"),
        ("brand IN [,]", 11..12, "expected a value or `]`"),
        ("brand NOT secret", 11..17, "expected IN or EXISTS"),
        ("NOT", 4..5, "found the end"),
        ("!a = 1", 1..2, "expected !="),
        // Characters count, not bytes.
        ("\u{3000}'ähre茶' = )", 12..13, "expected a value, found `)`"),
    ] {
        let error = text.parse::<Filter>().unwrap_err();
        assert_eq!(error.columns(), columns, "{text}: {error}");
        assert!(error.reason().contains(says), "{text}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().starts_with(&format!("filter, column {}: ", columns.start)), "{error}");
    }
}

#[test]
fn hostile_nesting_is_read_without_recursion() {
    let half = MAX_FILTER_BYTES / 2 - 10;
    assert_eq!(parse(&format!("{}a=1{}", "(".repeat(half), ")".repeat(half))), Filter::eq("a", 1));
    let nots = "NOT ".repeat(MAX_FILTER_BYTES / 4 - 1);
    assert!(format!("{nots}a=1").parse::<Filter>().is_ok());
    assert!("(".repeat(MAX_FILTER_BYTES).parse::<Filter>().is_err());
    assert!("[".repeat(MAX_FILTER_BYTES).parse::<Filter>().is_err());
    let error = "x".repeat(MAX_FILTER_BYTES + 1).parse::<Filter>().unwrap_err();
    assert!(error.reason().contains("at most 65536"), "{error}");
}

/// Texts of the pieces that the grammar is made of, and of anything.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "!=",
        "!",
        "<",
        "<=",
        ">",
        ">=",
        "'",
        "\"",
        "\\",
        " ",
        "\n",
        "AND",
        "or",
        "Not",
        "IN",
        "TO",
        "EXISTS",
        "price",
        "tags",
        "1",
        "-0.5e9",
        "2024-01-31",
        "true",
        "ä茶",
        "\u{0}",
        "\u{202e}",
    ];
    prop_oneof![
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|parts| parts.join(" ")),
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|parts| parts.concat()),
        "\\PC{0,60}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// A filter that parses is displayed so that it parses again; an error has a place in the text.
    #[test]
    fn hostile_texts_never_panic(text in hostile()) {
        match text.parse::<Filter>() {
            Ok(filter) => prop_assert_eq!(parse(&filter.to_string()), filter),
            Err(error) => {
                let columns = error.columns();
                let end = text.chars().count() + 2;
                prop_assert!(1 <= columns.start && columns.start < columns.end && columns.end <= end, "{:?}", columns);
            }
        }
    }

    /// Whatever was typed is one value.
    #[test]
    fn quoted_text_is_one_value(value in any::<String>(), other in "\\PC{0,10}") {
        let text = format!("a = {} AND b IN [{}]", Filter::quote(&value), Filter::quote(&other));
        prop_assert_eq!(parse(&text), Filter::eq("a", &value).and(Filter::eq("b", other)));
    }
}
