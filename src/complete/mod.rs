//! Completions: texts that go on from what was typed, from the titles and categories of a pack and from the user's own
//! past queries.
//!
//! Nothing is stored for them. Titles are reached through the postings of the rarest typed word; where that is in too many
//! items, the most popular titles are looked through instead, so that the cost is bounded for every prefix.

mod own;
mod typed;

use std::collections::HashSet;
use std::ops::Range;

use crate::codebook::Codebook;
use crate::codebook::Values;
use crate::encode::PastEvent;
use crate::lexical::for_each_word;
use own::own_queries;
use typed::TypedPrefix;

/// Most completions that one call returns.
pub const MAX_COMPLETIONS: usize = 100;

/// The set or string column whose values complete, as the build names it.
const CATEGORIES: &str = "categories";
/// Texts that are looked through where the typed words do not narrow the catalogue down: the most popular titles, the
/// largest categories. Each costs some 50 ns, and kept in memory 4 bytes.
const LOOKED_THROUGH: usize = 1 << 14;
/// Postings that are followed; a prefix with more is looked for in the most popular titles.
const FOLLOWED: usize = 1 << 12;
/// Titles that match and are compared; the most popular ones.
const COMPARED: usize = 256;

/// A text that goes on from what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// Text to put into the search box.
    pub text: String,
    /// Where it comes from.
    pub kind: CompletionKind,
    /// Byte ranges of `text` that were typed, ascending, for highlighting; empty where nothing was typed.
    pub matches: Vec<Range<usize>>,
    /// The item with this title, the most popular one where several have it; `None` for other kinds.
    pub item_id: Option<String>,
}

/// Where a completion comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CompletionKind {
    /// A query of a search in the user's own history.
    Query,
    /// A value of the attribute `categories`.
    Category,
    /// The title of an item.
    Title,
}

/// Tables of completions beside the pack: built on first use, at most 128 KB.
#[derive(Debug)]
pub(crate) struct Completer {
    /// The most popular rows, best first.
    popular: Vec<u32>,
    /// Indices of the values that most items have, best first.
    categories: Vec<u32>,
}

impl Completer {
    /// One pass over the prior and the categories.
    pub(crate) fn new(codebook: &Codebook) -> Self {
        let mut popular: Vec<u32> = codebook.alive().iter().collect();
        keep_best(&mut popular, LOOKED_THROUGH, |row| prior(codebook, row));
        let mut categories = Vec::new();
        if let Some(values) = category_values(codebook) {
            let mut counts = vec![0_u32; values.dictionary().len()];
            for row in codebook.alive().iter() {
                values.get(row).iter().for_each(|value| counts[*value as usize] += 1);
            }
            categories = (0..counts.len() as u32).filter(|value| counts[*value as usize] > 0).collect();
            keep_best(&mut categories, LOOKED_THROUGH, |value| counts[value as usize] as f32);
        }
        Self { popular, categories }
    }

    /// At most `limit` completions, no text twice (case and accents apart): own queries, categories, titles. Own queries
    /// take half of the places and categories a quarter, more where the others do not fill theirs. Nothing typed is
    /// completed by own queries only.
    pub(crate) fn complete(
        &self,
        typed: &str,
        limit: usize,
        events: &[PastEvent],
        codebook: &Codebook,
    ) -> Vec<Completion> {
        let blank = typed.trim().is_empty();
        let typed = TypedPrefix::new(typed);
        let mut own = own_queries(blank, &typed, events);
        let mut known = HashSet::new();
        let mut unknown = |completion: &Completion| known.insert(folded(&completion.text));
        own.retain(&mut unknown);
        own.truncate(limit);
        if typed.words.is_empty() {
            return own;
        }
        let mut categories = self.categories(&typed, codebook);
        categories.retain(&mut unknown);
        let mut titles = self.titles(&typed, limit, codebook);
        titles.retain(&mut unknown);
        let half = limit.div_ceil(2);
        let quarter = limit.div_ceil(4);
        let own_places = half.max(limit.saturating_sub(categories.len() + titles.len()));
        own.truncate(own_places);
        let rest = limit - own.len();
        categories.truncate(quarter.max(rest.saturating_sub(titles.len())).min(rest));
        titles.truncate(rest - categories.len());
        own.extend(categories);
        own.extend(titles);
        own
    }

    fn categories(&self, typed: &TypedPrefix, codebook: &Codebook) -> Vec<Completion> {
        let Some(values) = category_values(codebook) else { return Vec::new() };
        let found = self.categories.iter().filter_map(|&value| {
            let text = values.dictionary().get(value as usize)?;
            let found = typed.find(text)?;
            let (text, kind) = (text.to_owned(), CompletionKind::Category);
            Some((found.place, Completion { text, kind, matches: found.ranges, item_id: None }))
        });
        let mut found: Vec<_> = found.take(COMPARED).collect();
        // Stable: within a place the larger category stays first.
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, completion)| completion).collect()
    }

    fn titles(&self, typed: &TypedPrefix, limit: usize, codebook: &Codebook) -> Vec<Completion> {
        let followed;
        let rows = match candidates(typed, codebook) {
            Candidates::Rows(rows) => {
                followed = rows;
                &followed
            }
            Candidates::TooMany => &self.popular,
        };
        let found = rows.iter().filter_map(|&row| Some((typed.find(codebook.title(row))?, row)));
        let mut found: Vec<_> = found.take(COMPARED).collect();
        found.sort_by_key(|(found, _)| found.place);
        let mut known = HashSet::new();
        let completion = |(found, row): (typed::Match, u32)| {
            let text = codebook.title(row);
            known.insert(folded(text)).then(|| Completion {
                text: text.to_owned(),
                kind: CompletionKind::Title,
                matches: found.ranges,
                item_id: Some(codebook.id(row).to_owned()),
            })
        };
        // Twice as many as there are places: own queries and categories may hold the same texts.
        found.into_iter().filter_map(completion).take(2 * limit).collect()
    }
}

/// Items that may have the typed words.
enum Candidates {
    /// These, the most popular first.
    Rows(Vec<u32>),
    /// More than can be followed.
    TooMany,
}

/// The items of the typed word that is in the fewest, whatever their titles say.
fn candidates(typed: &TypedPrefix, codebook: &Codebook) -> Candidates {
    let Some(postings) = codebook.postings() else { return Candidates::TooMany };
    let (last, whole) = match typed.words.split_last() {
        Some((last, whole)) if typed.open => (Some(last), whole),
        _ => (None, typed.words.as_slice()),
    };
    let mut best: Option<(usize, Vec<u32>)> = None;
    for word in whole {
        // A word that no item has.
        let Some(id) = codebook.word_id(word) else { return Candidates::Rows(Vec::new()) };
        let count = postings.count(id);
        if best.as_ref().is_none_or(|(least, _)| count < *least) {
            best = Some((count, vec![id]));
        }
    }
    if let Some(last) = last {
        let most = best.as_ref().map_or(FOLLOWED, |(count, _)| *count);
        best = words_with_prefix(last, most, codebook).or(best);
    }
    let Some((count, words)) = best.filter(|(count, _)| *count <= FOLLOWED) else {
        return Candidates::TooMany;
    };
    let mut rows = Vec::with_capacity(count);
    for word in words {
        postings.for_each(word, |row, _| rows.extend(((row as usize) < codebook.len()).then_some(row)));
    }
    rows.sort_unstable();
    rows.dedup();
    keep_best(&mut rows, FOLLOWED, |row| prior(codebook, row));
    Candidates::Rows(rows)
}

/// The words that begin so and the number of their postings; `None` where that is above `most`.
fn words_with_prefix(prefix: &str, most: usize, codebook: &Codebook) -> Option<(usize, Vec<u32>)> {
    let postings = codebook.postings()?;
    let (mut count, mut words) = (0, Vec::new());
    codebook.lexicon().for_each_beginning(prefix, |_, id| {
        count += postings.count(id);
        words.push(id);
        count <= most
    });
    (count <= most).then_some((count, words))
}

/// Values of the category column.
fn category_values(codebook: &Codebook) -> Option<Values<'_>> {
    Values::of(codebook.attribute_column(CATEGORIES)?)
}

fn prior(codebook: &Codebook, row: u32) -> f32 {
    codebook.popularity().and_then(|prior| prior.get(row)).unwrap_or(0.0)
}

/// Keeps the `most` best, best first, of equal ones the smaller first.
fn keep_best(all: &mut Vec<u32>, most: usize, worth: impl Fn(u32) -> f32) {
    let order = |a: &u32, b: &u32| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b));
    if all.len() > most {
        all.select_nth_unstable_by(most, order);
        all.truncate(most);
        all.shrink_to_fit();
    }
    all.sort_unstable_by(order);
}

/// A text by which two completions are the same: its folded words.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    for_each_word(text, |word, _| {
        folded.push_str(word);
        folded.push(' ');
    });
    if folded.is_empty() { text.to_owned() } else { folded }
}
