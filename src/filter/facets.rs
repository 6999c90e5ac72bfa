//! How often the values of an attribute occur among some items.

use crate::codebook::{Attribute, AttributeColumn, Cells, Dictionary, NO_BOOL, NO_DATE};
use crate::kernels::Bitmap;
use crate::limits::MAX_FACET_VALUES;
use crate::pack::Element;
use crate::value::AttributeValue;

/// How often the values of one attribute occur among the items that were counted.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Facet {
    /// Name of the attribute.
    pub name: String,
    /// Items that have it.
    pub items: usize,
    /// Values that occur; 0 for numbers and dates, which are not counted one by one.
    pub distinct: usize,
    /// Values as a filter reads them and the items that have them: the most frequent first, equal ones in byte order, at
    /// most `MAX_FACET_VALUES`. Empty for numbers and dates.
    pub values: Vec<(String, usize)>,
    /// Least and greatest number or date; `None` for other types, and where no item has one.
    pub range: Option<(AttributeValue, AttributeValue)>,
}

/// Counts the values of an attribute in `rows`: one pass.
pub(crate) fn count(attribute: &Attribute, rows: &Bitmap) -> Facet {
    let mut facet = Facet { name: attribute.name.clone(), ..Facet::default() };
    match &attribute.values {
        AttributeColumn::Number(column) => {
            let values = present(column, rows).filter(|value| !value.is_nan());
            facet.spread(values, AttributeValue::Number);
        }
        AttributeColumn::Date(column) => {
            let values = present(column, rows).filter(|value| *value != NO_DATE);
            facet.spread(values, AttributeValue::Date);
        }
        AttributeColumn::Bool(column) => {
            let mut counts = [0; 2];
            for value in present(column, rows).filter(|value| *value != NO_BOOL) {
                counts[usize::from(value == 1)] += 1;
                facet.items += 1;
            }
            facet.rank(&counts, |value| Some(["false", "true"][value]));
        }
        AttributeColumn::String { values, dictionary } => {
            let mut counts = vec![0; dictionary.len()];
            for value in present(values, rows) {
                if let Some(count) = counts.get_mut(value as usize) {
                    *count += 1;
                    facet.items += 1;
                }
            }
            facet.rank_texts(&counts, dictionary);
        }
        AttributeColumn::Set { sets, dictionary } => {
            let mut counts = vec![0; dictionary.len()];
            for row in rows.iter() {
                let own = sets.get(row);
                own.iter().for_each(|value| counts[*value as usize] += 1);
                facet.items += usize::from(!own.is_empty());
            }
            facet.rank_texts(&counts, dictionary);
        }
    }
    facet
}

fn present<T: Element>(column: &Cells<T>, rows: &Bitmap) -> impl Iterator<Item = T> {
    rows.iter().filter_map(|row| column.get(row))
}

impl Facet {
    /// Numbers and dates: how many, and from where to where.
    fn spread<T: Copy + PartialOrd>(
        &mut self,
        values: impl Iterator<Item = T>,
        as_value: impl Fn(T) -> AttributeValue,
    ) {
        let mut range: Option<(T, T)> = None;
        for value in values {
            self.items += 1;
            let (low, high) = range.get_or_insert((value, value));
            if value < *low {
                *low = value;
            }
            if value > *high {
                *high = value;
            }
        }
        self.range = range.map(|(low, high)| (as_value(low), as_value(high)));
    }

    fn rank_texts(&mut self, counts: &[usize], dictionary: &Dictionary) {
        self.rank(counts, |value| dictionary.get(value));
    }

    /// The most frequent values; `counts` are in the order of the values.
    fn rank<'a>(&mut self, counts: &[usize], text: impl Fn(usize) -> Option<&'a str>) {
        let mut found: Vec<_> = counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
        self.distinct = found.len();
        // Equal counts in the order of the texts, which is not that of the numbers where live items have values of their own.
        found.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| text(*a).cmp(&text(*b))));
        found.truncate(MAX_FACET_VALUES);
        let named = found.into_iter().filter_map(|(value, count)| Some((text(value)?.to_owned(), count)));
        self.values = named.collect();
    }
}
