//! A filter over the columns of one pack: checked against their types, then read once a condition.

use std::ops::{Bound, RangeBounds};

use super::{
    Condition, Filter, FilterError, MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH, MAX_FILTER_VALUES, Step, Term,
    Test,
};
use crate::codebook::{Attribute, AttributeColumn, Cells, Codebook, Dictionary, NO_BOOL, NO_DATE, NO_STRING};
use crate::kernels::Bitmap;
use crate::pack::{AttributeKind, Element};
use crate::value::Ymd;

impl Filter {
    /// The rows that pass. One pass over a column for each condition.
    ///
    /// # Errors
    /// The part that does not fit the pack, with its place.
    #[doc(hidden)]
    pub fn rows(&self, codebook: &Codebook) -> Result<Bitmap, FilterError> {
        self.placed_rows(codebook).or_else(|error| {
            if error.is_placed() {
                return Err(error);
            }
            // It was built: the places are those of its text.
            self.to_string().parse::<Self>()?.placed_rows(codebook)
        })
    }

    /// Of the rows that pass, those that are in the catalogue.
    fn placed_rows(&self, codebook: &Codebook) -> Result<Bitmap, FilterError> {
        let mut rows = self.passing_rows(codebook)?;
        if !codebook.dead_rows().is_empty() {
            rows.intersect(codebook.alive());
        }
        Ok(rows)
    }

    fn passing_rows(&self, codebook: &Codebook) -> Result<Bitmap, FilterError> {
        let (mut conditions, mut values) = (0, 0);
        let mut stack: Vec<Bitmap> = Vec::new();
        for step in &self.steps {
            match step {
                Step::Condition(condition) => {
                    conditions += 1;
                    values += condition.values();
                    let within = |what: &str, count: usize, most: usize| match count <= most {
                        true => Ok(()),
                        false => Err(condition.error(format!("more than {most} {what}"))),
                    };
                    within("conditions", conditions, MAX_FILTER_CONDITIONS)?;
                    within("values in lists", values, MAX_FILTER_VALUES)?;
                    within("open alternatives inside one another", stack.len() + 1, MAX_FILTER_DEPTH)?;
                    stack.push(condition.rows(codebook)?);
                }
                Step::Not => stack.last_mut().expect(POSTFIX).invert(),
                Step::And | Step::Or => {
                    let right = stack.pop().expect(POSTFIX);
                    let left = stack.last_mut().expect(POSTFIX);
                    if *step == Step::And { left.intersect(&right) } else { left.unite(&right) }
                }
            }
        }
        Ok(stack.pop().expect(POSTFIX))
    }
}

/// Parser and builders see to it.
const POSTFIX: &str = "an operator comes after its operands";

impl Condition {
    fn values(&self) -> usize {
        match &self.test {
            Test::In(values) => values.len(),
            _ => 0,
        }
    }

    fn error(&self, reason: impl Into<String>) -> FilterError {
        FilterError::new(self.name.place, reason)
    }

    fn rows(&self, codebook: &Codebook) -> Result<Bitmap, FilterError> {
        let Some(attribute) = codebook.attribute_column(&self.name.text) else {
            return Err(self.error(format!("no such attribute; the pack has {}", known(codebook))));
        };
        let items = codebook.len();
        Ok(match &attribute.values {
            AttributeColumn::Number(column) => {
                let number = |term: &Term| {
                    // `nan` and `inf` are words here; what is too large for a column is still larger than all of it.
                    let numeric = term.text.parse::<f64>().is_ok_and(f64::is_finite);
                    let value = term.text.parse::<f32>().ok().filter(|_| numeric);
                    value.ok_or_else(|| wrong(attribute, term, "a number, such as 9.5"))
                };
                self.ordered(number)?.rows(column, |value| value.is_nan())
            }
            AttributeColumn::Date(column) => {
                let date = |term: &Term| {
                    let date = Ymd::parse(&term.text).map(Ymd::days);
                    date.ok_or_else(|| wrong(attribute, term, "a date, such as 2024-01-31"))
                };
                self.ordered(date)?.rows(column, |value| value == NO_DATE)
            }
            AttributeColumn::Bool(column) => {
                let flag = |term: &Term| match term.text.to_ascii_lowercase().as_str() {
                    "true" => Ok(1),
                    "false" => Ok(0),
                    _ => Err(wrong(attribute, term, "true or false")),
                };
                let wanted = match self.unordered(attribute)? {
                    None => Operand::All,
                    Some(terms) => Operand::one_of(terms.iter().map(flag).collect::<Result<_, _>>()?),
                };
                wanted.rows(column, |value| value == NO_BOOL)
            }
            AttributeColumn::String { values, dictionary } => match self.unordered(attribute)? {
                None => matching(values, |value| value != NO_STRING),
                Some([term]) => match dictionary.find(&term.text) {
                    Some(wanted) => matching(values, |value| value == wanted),
                    None => Bitmap::empty(items),
                },
                Some(terms) => {
                    let wanted = members(terms, dictionary);
                    matching(values, |value| wanted.contains(value))
                }
            },
            AttributeColumn::Set { sets, dictionary } => {
                // Rows are counted in 32 bits.
                let own = |row: usize| sets.get(row as u32);
                match self.unordered(attribute)? {
                    None => Bitmap::from_fn(items, |row| !own(row).is_empty()),
                    Some(terms) => {
                        let wanted = members(terms, dictionary);
                        Bitmap::from_fn(items, |row| own(row).iter().any(|value| wanted.contains(*value)))
                    }
                }
            }
        })
    }

    /// The test of a type that has an order, its values read.
    fn ordered<T: Element + PartialOrd>(
        &self,
        read: impl Fn(&Term) -> Result<T, FilterError>,
    ) -> Result<Operand<T>, FilterError> {
        use Bound::{Excluded, Included, Unbounded};
        Ok(match &self.test {
            Test::Exists => Operand::All,
            Test::In(terms) => Operand::one_of(terms.iter().map(read).collect::<Result<_, _>>()?),
            Test::Below(high) => Operand::Range(Unbounded, Excluded(read(high)?)),
            Test::AtMost(high) => Operand::Range(Unbounded, Included(read(high)?)),
            Test::Above(low) => Operand::Range(Excluded(read(low)?), Unbounded),
            Test::AtLeast(low) => Operand::Range(Included(read(low)?), Unbounded),
            Test::Between(low, high) => Operand::Range(Included(read(low)?), Included(read(high)?)),
        })
    }

    /// The values of a test of a type without order; `None` where any will do.
    fn unordered(&self, attribute: &Attribute) -> Result<Option<&[Term]>, FilterError> {
        match &self.test {
            Test::Exists => Ok(None),
            Test::In(terms) => Ok(Some(terms)),
            _ => {
                let Attribute { name, .. } = attribute;
                let reason = format!("{name} is a {}: it has =, !=, IN and EXISTS", kind(attribute.kind()));
                Err(FilterError::new(self.place, reason))
            }
        }
    }
}

/// Which values pass.
enum Operand<T> {
    All,
    /// Ascending.
    In(Vec<T>),
    Range(Bound<T>, Bound<T>),
}

impl<T: Element + PartialOrd> Operand<T> {
    fn one_of(mut values: Vec<T>) -> Self {
        values.sort_by(|a, b| a.partial_cmp(b).expect("what is typed is comparable"));
        Self::In(values)
    }

    fn rows(&self, column: &Cells<T>, missing: impl Fn(T) -> bool) -> Bitmap {
        match self {
            Self::All => matching(column, |value| !missing(value)),
            Self::In(wanted) => match wanted.as_slice() {
                [wanted] => matching(column, |value| value == *wanted),
                // A missing number compares with none, so it is never found.
                wanted => matching(column, |value| {
                    wanted
                        .binary_search_by(|probe| {
                            probe.partial_cmp(&value).unwrap_or(std::cmp::Ordering::Less)
                        })
                        .is_ok()
                }),
            },
            Self::Range(low, high) => {
                matching(column, |value| !missing(value) && (*low, *high).contains(&value))
            }
        }
    }
}

/// The entries of a dictionary that are wanted; a text that it does not have is no item's.
fn members(terms: &[Term], dictionary: &Dictionary) -> Bitmap {
    Bitmap::from_rows(dictionary.len(), terms.iter().filter_map(|term| dictionary.find(&term.text)))
}

/// The rows whose value passes.
fn matching<T: Element>(column: &Cells<T>, pass: impl Fn(T) -> bool) -> Bitmap {
    let [pack, live] = column.parts();
    let mut rows = Bitmap::matching(pack, &pass);
    if !live.is_empty() {
        rows.append(&Bitmap::matching(live, &pass));
    }
    rows
}

fn wrong(attribute: &Attribute, term: &Term, expected: &str) -> FilterError {
    let Attribute { name, .. } = attribute;
    let reason = format!("{name} is a {}: expected {expected}", kind(attribute.kind()));
    FilterError::new(term.place, reason)
}

fn kind(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "string",
        AttributeKind::Set => "set",
        AttributeKind::Number => "number",
        AttributeKind::Date => "date",
        AttributeKind::Bool => "bool",
    }
}

/// The attributes of a pack, with their types.
fn known(codebook: &Codebook) -> String {
    let names = codebook.attribute_names();
    let names: Vec<_> = names.map(|(name, of)| format!("{name} ({})", kind(of))).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
