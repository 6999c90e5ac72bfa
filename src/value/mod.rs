//! Typed values of attributes: knows nothing of items, filters or requests.

mod date;

use std::fmt;

pub(crate) use date::Ymd;

/// One typed attribute of an item.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// Several texts, in byte order.
    TextSet(Vec<String>),
    /// A number.
    Number(f32),
    /// Days since 1970-01-01.
    Date(i32),
    /// Yes or no.
    Bool(bool),
}

impl AttributeValue {
    /// A date from `YYYY-MM-DD`; `None` for anything else, and for days that no calendar has.
    ///
    /// ```
    /// use gensr::AttributeValue;
    ///
    /// assert_eq!(AttributeValue::date("1970-01-02"), Some(AttributeValue::Date(1)));
    /// assert_eq!(AttributeValue::date("2023-02-29"), None);
    /// ```
    pub fn date(text: &str) -> Option<Self> {
        Ymd::parse(text).map(|date| Self::Date(date.days()))
    }
}

impl fmt::Display for AttributeValue {
    /// As a filter reads it; a set with commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::TextSet(texts) => f.write_str(&texts.join(", ")),
            Self::Number(number) => number.fmt(f),
            Self::Date(days) => Ymd::from_days(*days).fmt(f),
            Self::Bool(value) => value.fmt(f),
        }
    }
}
