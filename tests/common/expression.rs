//! Filters that are drawn, written and evaluated item by item, apart from the engine's own code for any of that.
#![allow(dead_code, reason = "each test file uses its part")]

use gensr::{AttributeKind, AttributeValue};
use proptest::prelude::*;

/// An attribute and values to compare it with, some of which occur.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: AttributeKind,
    pub values: Vec<String>,
}

#[derive(Debug, Clone)]
pub enum Expression {
    Leaf { name: String, sign: Sign, values: Vec<String>, style: u8 },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Equal,
    NotEqual,
    In,
    NotIn,
    Exists,
    NotExists,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    To,
}

const SIGNS: [Sign; 11] = [
    Sign::Equal,
    Sign::NotEqual,
    Sign::In,
    Sign::NotIn,
    Sign::Exists,
    Sign::NotExists,
    Sign::Less,
    Sign::LessEqual,
    Sign::Greater,
    Sign::GreaterEqual,
    Sign::To,
];

/// Expressions over these columns.
pub fn expressions(columns: Vec<Column>) -> impl Strategy<Value = Expression> {
    let leaf = (prop::sample::select(columns), any::<prop::sample::Index>(), any::<u8>())
        .prop_flat_map(|(column, sign, style)| {
            let ordered = matches!(column.kind, AttributeKind::Number | AttributeKind::Date);
            let signs = &SIGNS[..if ordered { 11 } else { 6 }];
            let sign = signs[sign.index(signs.len())];
            let count = match sign {
                Sign::Exists | Sign::NotExists => 0..=0,
                Sign::In | Sign::NotIn => 0..=5,
                Sign::To => 2..=2,
                _ => 1..=1,
            };
            let values = prop::collection::vec(prop::sample::select(column.values), count);
            values.prop_map(move |values| Expression::Leaf { name: column.name.clone(), sign, values, style })
        })
        .boxed();
    leaf.prop_recursive(4, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| Expression::Not(Box::new(part))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expression::And),
            prop::collection::vec(inner, 1..4).prop_map(Expression::Or),
        ]
    })
}

impl Expression {
    /// As text, with every liberty that the grammar allows.
    pub fn text(&self) -> String {
        match self {
            Self::Leaf { name, sign, values, style } => leaf(name, *sign, values, *style),
            Self::Not(part) => format!("nOt{}({})", [" ", ""][part.text().len() % 2], part.text()),
            Self::And(parts) => join(parts, " And "),
            Self::Or(parts) => join(parts, "\n OR\t"),
        }
    }

    /// Whether an item passes.
    pub fn passes<'a>(&self, value: &dyn Fn(&str) -> Option<&'a AttributeValue>) -> bool {
        match self {
            Self::Not(part) => !part.passes(value),
            Self::And(parts) => parts.iter().all(|part| part.passes(value)),
            Self::Or(parts) => parts.iter().any(|part| part.passes(value)),
            Self::Leaf { name, sign, values, .. } => {
                let found = value(name);
                match sign {
                    Sign::Exists => found.is_some(),
                    Sign::NotExists => found.is_none(),
                    Sign::NotEqual | Sign::NotIn => !found.is_some_and(|found| is_one_of(found, values)),
                    Sign::Equal | Sign::In => found.is_some_and(|found| is_one_of(found, values)),
                    _ => found.is_some_and(|found| {
                        use std::cmp::Ordering::{Equal, Greater, Less};
                        let order = compare(found, &values[0]);
                        match sign {
                            Sign::Less => order == Less,
                            Sign::LessEqual => order != Greater,
                            Sign::Greater => order == Greater,
                            Sign::GreaterEqual => order != Less,
                            _ => order != Less && matches!(compare(found, &values[1]), Less | Equal),
                        }
                    }),
                }
            }
        }
    }
}

fn join(parts: &[Expression], with: &str) -> String {
    let parts: Vec<_> = parts.iter().map(|part| format!("({})", part.text())).collect();
    parts.join(with)
}

fn leaf(name: &str, sign: Sign, values: &[String], style: u8) -> String {
    let name = if style & 1 == 1 { format!("'{name}'") } else { name.to_owned() };
    let values: Vec<_> = values.iter().map(|value| spelled(value, style >> 1)).collect();
    let gap = [" ", "", "  "][usize::from(style % 3)];
    match sign {
        Sign::In => format!("{name} In{gap}[{gap}{}]", values.join(",")),
        Sign::NotIn => format!("{name} not in[{}{gap}]", values.join(" , ")),
        Sign::Exists => format!("{name} EXISTS"),
        Sign::NotExists => format!("{name} NOT{} exists", gap.replace(' ', "\n")),
        Sign::To => format!("{name} {} to {}", values[0], values[1]),
        sign => {
            let sign = match sign {
                Sign::Equal => "=",
                Sign::NotEqual => "!=",
                Sign::Less => "<",
                Sign::LessEqual => "<=",
                Sign::Greater => ">",
                _ => ">=",
            };
            format!("{name}{gap}{sign}{gap}{}", values[0])
        }
    }
}

/// A value bare where that is possible, or in either kind of quotes.
fn spelled(value: &str, style: u8) -> String {
    let keyword = ["and", "or", "not", "in", "to", "exists"].contains(&value.to_lowercase().as_str());
    let plain = |c: char| c.is_alphanumeric() || "-.+_&/:".contains(c);
    if style.is_multiple_of(3) && !keyword && !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let escaped = value.replace('\\', "\\\\");
    if style % 3 == 1 {
        format!("'{}'", escaped.replace('\'', "\\'"))
    } else {
        format!("\"{}\"", escaped.replace('"', "\\\""))
    }
}

fn is_one_of(found: &AttributeValue, values: &[String]) -> bool {
    values.iter().any(|value| match found {
        AttributeValue::TextSet(texts) => texts.contains(value),
        AttributeValue::Text(text) => text == value,
        AttributeValue::Number(number) => value.parse() == Ok(*number),
        found => found.to_string() == *value,
    })
}

/// Numbers by value; dates as text, which is in their order.
fn compare(found: &AttributeValue, value: &str) -> std::cmp::Ordering {
    match found {
        AttributeValue::Number(number) => number.partial_cmp(&value.parse().unwrap()).unwrap(),
        found => found.to_string().as_str().cmp(value),
    }
}
