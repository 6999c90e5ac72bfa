//! Whether an intent, the free text beside a recommendation, says anything of what is wanted.

use std::collections::HashSet;

use crate::lexical::for_each_word;
use crate::pack::TaskSpec;

/// Recognises texts that say nothing.
#[derive(Debug, Default)]
pub(crate) struct IntentReader {
    /// Words that say nothing of what is wanted ("something", "please"), as the analyzer spells them.
    pub(crate) silent: HashSet<String>,
    /// Words that make no text an intent by themselves, though they count in one ("fine", "tip").
    vague: HashSet<String>,
    /// Linear classifier over the features of a text: one weight each, then the bias; empty for none.
    nothing: Vec<f32>,
}

impl IntentReader {
    /// Of the task that a pack has for recommendations with an intent; `None` where it has none.
    pub(crate) fn new(task: Option<&TaskSpec>) -> Self {
        let Some(task) = task else { return Self::default() };
        let spelled = |texts: &[String]| {
            let mut words = HashSet::new();
            texts.iter().for_each(|text| for_each_word(text, |word, _| words.extend([word.to_owned()])));
            words
        };
        Self { silent: spelled(&task.silent), vague: spelled(&task.vague), nothing: task.nothing.clone() }
    }

    /// Whether no word of a text says anything of what is wanted. Never where the pack has no silent words. `is_unknown`
    /// says of a word that it can mean nothing to the model.
    pub(crate) fn is_silent(&self, text: &str, is_unknown: impl Fn(&str) -> bool) -> bool {
        let mut silent = !self.silent.is_empty();
        for_each_word(text, |word, _| {
            silent &= self.silent.contains(word) || self.vague.contains(word) || is_unknown(word);
        });
        silent
    }

    /// Whether a text with these features says nothing of what is wanted: their weighted sum and the bias are above 0.
    pub(crate) fn means_nothing(&self, features: &[f32]) -> bool {
        let Some((bias, weights)) = self.nothing.split_last() else { return false };
        weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum::<f32>() + bias > 0.0
    }
}
