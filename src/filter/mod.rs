//! Filters: which items may be in an answer, by their typed attributes (docs/filters.md has grammar and meaning).
//!
//! ```text
//! parse    text -> conditions, NOT, AND, OR in postfix order       write    and back to text
//! rows     conditions, checked against a pack's columns -> rows    error    what is wrong, and where
//! facets   how often each value of an attribute occurs in rows     date     dates as days
//! ```
//!
//! Nothing here recurses: a filter is a flat list in postfix order, parsed, compiled and dropped with stacks on the heap.

mod error;
mod facets;
mod parse;
mod rows;
#[cfg(test)]
mod tests;
mod write;

use std::hash::{Hash, Hasher};
use std::ops::{Bound, Not, RangeBounds};
use std::str::FromStr;

pub use error::FilterError;
pub use facets::Facet;
pub(crate) use facets::count;

/// Longest text of a filter in bytes.
pub const MAX_FILTER_BYTES: usize = 1 << 16;
/// Most conditions in a filter; each reads a column of the pack once.
pub const MAX_FILTER_CONDITIONS: usize = 256;
/// Most values in all lists of a filter.
pub const MAX_FILTER_VALUES: usize = 10_000;
/// Most parts of a filter that wait for their other half: how deeply alternatives nest. Each takes a bit an item.
pub const MAX_FILTER_DEPTH: usize = 64;

/// Which items may be in an answer: conditions on attributes, joined by AND, OR and NOT.
///
/// Made from text, or built. How a value is read is up to the type of the attribute, so values are texts here; what does
/// not fit the pack is reported by the call that uses the filter, or by `Engine::check_filter`.
///
/// ```
/// use gensr::Filter;
///
/// let typed: Filter = "category = Shells AND price < 100 AND NOT brand IN [Acme, \"Big & Co\"]".parse()?;
/// let built = Filter::eq("category", "Shells")
///     .and(Filter::range("price", ..100))
///     .and(!Filter::any_of("brand", ["Acme", "Big & Co"]));
/// assert_eq!(typed, built);
/// assert_eq!(built.to_string().parse::<Filter>()?, built);
/// # Ok::<(), gensr::FilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    /// In postfix order: never empty, and every operator finds its operands before it.
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Condition(Condition),
    Not,
    And,
    Or,
}

/// A test of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Condition {
    name: Term,
    test: Test,
    /// Where the operator stands.
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Test {
    Exists,
    In(Vec<Term>),
    Below(Term),
    AtMost(Term),
    Above(Term),
    AtLeast(Term),
    Between(Term, Term),
}

/// A name or a value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Term {
    text: Box<str>,
    place: Place,
}

/// A range of characters of the text, counted from 1; empty at 0 in a filter that was built. It is no part of what a filter
/// is: filters that differ in places only are equal.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    start: usize,
    end: usize,
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Filter {
    /// Items whose attribute is this value; whose set has it.
    pub fn eq(name: &str, value: impl ToString) -> Self {
        Self::any_of(name, [value])
    }

    /// Items whose attribute is one of these values; whose set has one of them. Without values: no item.
    pub fn any_of(name: &str, values: impl IntoIterator<Item = impl ToString>) -> Self {
        Self::condition(name, Test::In(values.into_iter().map(|value| Term::built(&value)).collect()))
    }

    /// Items whose number or date is in a range: `10..=50`, `..100`, `"2024-01-01"..`.
    pub fn range<T: ToString>(name: &str, range: impl RangeBounds<T>) -> Self {
        use Bound::{Excluded, Included, Unbounded};
        let low = match range.start_bound() {
            Included(low) => Some(Test::AtLeast(Term::built(low))),
            Excluded(low) => Some(Test::Above(Term::built(low))),
            Unbounded => None,
        };
        let high = match range.end_bound() {
            Included(high) => Some(Test::AtMost(Term::built(high))),
            Excluded(high) => Some(Test::Below(Term::built(high))),
            Unbounded => None,
        };
        match (low, high) {
            (Some(Test::AtLeast(low)), Some(Test::AtMost(high))) => {
                Self::condition(name, Test::Between(low, high))
            }
            (Some(low), Some(high)) => Self::condition(name, low).and(Self::condition(name, high)),
            (low, high) => Self::condition(name, low.or(high).unwrap_or(Test::Exists)),
        }
    }

    /// Items that have the attribute; whose set is not empty.
    pub fn exists(name: &str) -> Self {
        Self::condition(name, Test::Exists)
    }

    /// Items that pass both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.join(other, Step::And)
    }

    /// Items that pass one of the two, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.join(other, Step::Or)
    }

    /// A text as a value inside quotes, for filters that are put together as text: whatever a user typed stays one value.
    ///
    /// ```
    /// let typed = r#"" OR price > 0 OR brand = ""#;
    /// let filter: gensr::Filter = format!("brand = {}", gensr::Filter::quote(typed)).parse()?;
    /// assert_eq!(filter, gensr::Filter::eq("brand", typed));
    /// # Ok::<(), gensr::FilterError>(())
    /// ```
    pub fn quote(text: &str) -> String {
        write::quoted(text)
    }

    fn condition(name: &str, test: Test) -> Self {
        let condition = Condition { name: Term::built(name), test, place: Place::default() };
        Self { steps: vec![Step::Condition(condition)] }
    }

    fn join(mut self, mut other: Self, with: Step) -> Self {
        self.steps.append(&mut other.steps);
        self.steps.push(with);
        self
    }
}

impl Not for Filter {
    type Output = Self;

    /// Items that do not pass.
    fn not(mut self) -> Self {
        push_not(&mut self.steps);
        self
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    /// # Errors
    /// The expected text, and the character. Whether the attributes exist and the values fit them is not known
    /// here: see `Engine::check_filter`.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Ok(Self { steps: parse::parse(text)? })
    }
}

impl Term {
    fn built<T: ToString + ?Sized>(text: &T) -> Self {
        Self { text: text.to_string().into(), place: Place::default() }
    }
}

/// Negates the last operand; NOT of NOT is nothing.
fn push_not(steps: &mut Vec<Step>) {
    if steps.last() == Some(&Step::Not) {
        steps.pop();
    } else {
        steps.push(Step::Not);
    }
}
