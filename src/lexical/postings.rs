//! Postings: BM25 impacts of the words on the items, quantised.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::analyzer::for_each_word;
use super::dictionary::{Dictionary, Vocabulary};
use crate::error::{Error, Result};

/// Parameters of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009). Weights of fields multiply
/// term frequencies and lengths before saturation, as in BM25F with one b.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Bm25 {
    /// Saturation of repeated words, >= 0.
    k1: f32,
    /// Normalisation by length, 0 to 1.
    b: f32,
    /// Weight of each field, 1 where nothing is said.
    fields: BTreeMap<String, f32>,
}

impl Default for Bm25 {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75, fields: BTreeMap::new() }
    }
}

impl Bm25 {
    pub(super) fn check(&self) -> Result<()> {
        let weights = self.fields.values().all(|weight| weight.is_finite() && *weight >= 0.0);
        if weights && self.k1.is_finite() && self.k1 >= 0.0 && (0.0..=1.0).contains(&self.b) {
            return Ok(());
        }
        Err(Error::invalid("index.json: lexical needs k1 >= 0, b from 0 to 1 and weights of fields >= 0"))
    }

    fn weight(&self, field: &str) -> f32 {
        self.fields.get(field).copied().unwrap_or(1.0)
    }
}

/// Weighted term frequencies of items, end to end; words by their temporary ids until the dictionary is chosen.
#[derive(Default)]
pub(super) struct Frequencies {
    ends: Vec<usize>,
    words: Vec<(u32, f32)>,
}

impl Frequencies {
    /// Counts the words of the next item. Words that are new enter the vocabulary with count 0: not into the dictionary
    /// by this alone.
    pub(super) fn add_item(
        &mut self,
        fields: &[(String, String)],
        bm25: &Bm25,
        vocabulary: &mut Vocabulary,
    ) -> Result<()> {
        let mut item: BTreeMap<u32, f32> = BTreeMap::new();
        for (field, text) in fields {
            let weight = bm25.weight(field);
            if weight == 0.0 {
                continue;
            }
            let mut result = Ok(());
            for_each_word(text, |word, _| match vocabulary.add(word, 0) {
                Ok(id) => *item.entry(id).or_default() += weight,
                Err(error) => result = Err(error),
            });
            result?;
        }
        self.words.extend(item);
        self.ends.push(self.words.len());
        Ok(())
    }

    /// Impacts by word, with items ascending.
    pub(super) fn postings(&self, dictionary: &Dictionary, bm25: &Bm25) -> Result<Postings> {
        let known = |from: usize, to: usize| {
            let word = |&(id, tf): &(u32, f32)| dictionary.ids[id as usize].map(|id| (id, tf));
            self.words[from..to].iter().filter_map(word)
        };
        let starts = || std::iter::once(0).chain(self.ends.iter().copied());
        let lengths: Vec<f32> =
            starts().zip(&self.ends).map(|(from, &to)| known(from, to).map(|(_, tf)| tf).sum()).collect();
        let items = lengths.len();
        let average =
            (lengths.iter().map(|length| f64::from(*length)).sum::<f64>() / items.max(1) as f64) as f32;

        let mut offsets = vec![0_u32; dictionary.words.len() + 1];
        for (word, _) in known(0, self.words.len()) {
            offsets[word as usize + 1] += 1;
        }
        let present = offsets[1..].to_vec();
        let mut sum = 0_u32;
        for offset in &mut offsets {
            sum = sum.checked_add(*offset).ok_or_else(|| Error::invalid("more than 4 billion postings"))?;
            *offset = sum;
        }
        let mut next = offsets.clone();
        let mut rows = vec![0_u32; sum as usize];
        let mut impacts = vec![0.0_f32; sum as usize];
        for (row, (from, &to)) in starts().zip(&self.ends).enumerate() {
            let length = if average > 0.0 { lengths[row] / average } else { 1.0 };
            let norm = bm25.k1 * (1.0 - bm25.b + bm25.b * length);
            for (word, tf) in known(from, to) {
                let df = f64::from(present[word as usize]);
                let idf = ((items as f64 - df + 0.5) / (df + 0.5)).ln_1p() as f32;
                let place = next[word as usize] as usize;
                next[word as usize] += 1;
                rows[place] = u32::try_from(row).map_err(|_| Error::invalid("more than 4 billion items"))?;
                impacts[place] = idf * tf * (bm25.k1 + 1.0) / (tf + norm);
            }
        }
        let scale = impacts.iter().fold(0.0_f32, |most, impact| most.max(*impact)) / 255.0;
        let quantise = |impact: &f32| (impact / scale).round().clamp(1.0, 255.0) as u8;
        let impacts = impacts.iter().map(quantise).collect();
        Ok(Postings { offsets, rows, impacts, scale, average_length: average, items })
    }
}

/// Items by word, as a pack stores them.
#[derive(Debug, PartialEq)]
pub(super) struct Postings {
    /// Postings of word w are the entries `offsets[w] .. offsets[w + 1]`.
    pub(super) offsets: Vec<u32>,
    pub(super) rows: Vec<u32>,
    /// 1 to 255; times `scale`.
    pub(super) impacts: Vec<u8>,
    pub(super) scale: f32,
    /// Mean of the weighted lengths of the items; 0 where none has a word.
    pub(super) average_length: f32,
    items: usize,
}

impl Postings {
    /// The rows in 16 bit, where the catalogue is small enough for them.
    pub(super) fn narrow_rows(&self) -> Option<Vec<u16>> {
        // The largest number means "none".
        let narrow = |row: &u32| u16::try_from(*row).ok();
        (self.items <= usize::from(u16::MAX)).then(|| self.rows.iter().filter_map(narrow).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(item: &[(&str, &str)]) -> Vec<(String, String)> {
        item.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    /// Postings of these items, all of whose words but "rare" are in the dictionary.
    fn postings(items: &[&[(&str, &str)]], bm25: &Bm25) -> (Vec<String>, Postings) {
        let mut vocabulary = Vocabulary::default();
        let mut frequencies = Frequencies::default();
        for item in items {
            for (_, text) in *item {
                for_each_word(text, |word, _| {
                    vocabulary.add(word, u64::from(word != "rare")).unwrap();
                });
            }
            frequencies.add_item(&fields(item), bm25, &mut vocabulary).unwrap();
        }
        let dictionary = vocabulary.choose(100, 1);
        let postings = frequencies.postings(&dictionary, bm25).unwrap();
        (dictionary.words.iter().map(|word| word.to_string()).collect(), postings)
    }

    #[test]
    fn impacts_are_those_of_the_formula() {
        let bm25 = Bm25 { k1: 1.5, b: 0.5, fields: [("title".to_owned(), 2.0)].into() };
        let items: &[&[(&str, &str)]] =
            &[&[("title", "red lamp rare"), ("text", "red")], &[], &[("text", "lamp shade shade")]];
        let (words, found) = postings(items, &bm25);
        assert_eq!(words, ["lamp", "red", "shade"]);
        assert_eq!(found.offsets, [0, 2, 3, 4]);
        assert_eq!(found.rows, [0, 2, 0, 2]);
        // Weighted lengths without "rare": 2 + 2 + 1, 0 and 3; on average 8 / 3.
        let impact = |tf: f64, df: f64, length: f64| {
            let idf = ((3.0 - df + 0.5) / (df + 0.5)).ln_1p();
            idf * tf * 2.5 / (tf + 1.5 * (0.5 + 0.5 * length * 3.0 / 8.0))
        };
        let expected =
            [impact(2.0, 2.0, 5.0), impact(1.0, 2.0, 3.0), impact(3.0, 1.0, 5.0), impact(2.0, 1.0, 3.0)];
        for (quantised, expected) in found.impacts.iter().zip(expected) {
            let impact = f64::from(found.scale) * f64::from(*quantised);
            assert!((impact - expected).abs() <= f64::from(found.scale) * 0.51, "{impact} and {expected}");
        }
        assert_eq!(found.impacts.iter().max(), Some(&255));
        assert!((found.average_length - 8.0 / 3.0).abs() < 1e-6);
        assert_eq!(found.narrow_rows(), Some(vec![0, 2, 0, 2]));
    }

    #[test]
    fn a_field_of_weight_zero_is_not_there() {
        let bm25 = Bm25 { fields: [("queries".to_owned(), 0.0)].into(), ..Bm25::default() };
        let (_, with) = postings(&[&[("title", "red"), ("queries", "lamp")], &[("title", "lamp")]], &bm25);
        assert_eq!(with.rows, [1, 0]);
        let (_, none) = postings(&[&[], &[]], &bm25);
        assert_eq!((none.offsets, none.rows, none.impacts), (vec![0], vec![], vec![]));
    }

    #[test]
    fn parameters_are_checked() {
        for json in ["{\"k1\": -1}", "{\"b\": 1.5}", "{\"fields\": {\"title\": -2}}"] {
            assert!(serde_json::from_str::<Bm25>(json).unwrap().check().is_err(), "{json}");
        }
        assert!(serde_json::from_str::<Bm25>("{\"k2\": 1}").is_err());
        assert!(Bm25::default().check().is_ok());
    }
}
