//! A query or an intent as words of the dictionary.

use std::collections::HashSet;

use crate::codebook::Codebook;
use crate::lexical::{Typed, for_each_word};

/// The words of a request's text, and what each may stand for.
#[derive(Debug)]
pub(crate) struct ParsedQuery<'a> {
    /// Normalised; `None` for an intent, which names neither titles nor ids.
    pub(super) names: Option<&'a str>,
    pub(crate) typed: Typed,
}

impl<'a> ParsedQuery<'a> {
    /// Looks up the words of a query, with completions and corrections.
    pub(crate) fn search(query: &'a str, codebook: &Codebook) -> Self {
        let items = |word| codebook.postings().map_or(0, |postings| postings.items(word));
        let typed = Typed::read(query, codebook.lexicon(), items, codebook.len());
        Self { names: Some(query), typed }
    }

    /// Whether it is a query, which names titles and ids, and not an intent.
    pub(super) fn is_search(&self) -> bool {
        self.names.is_some()
    }

    /// Looks up the words of an intent as they stand, without the `silent` ones that say nothing of what is wanted.
    pub(crate) fn intent(text: &str, silent: &HashSet<String>, codebook: &Codebook) -> Self {
        let mut said = String::with_capacity(text.len());
        for_each_word(text, |word, _| {
            if !silent.contains(word) {
                said.push_str(word);
                said.push(' ');
            }
        });
        Self { names: None, typed: Typed::word_for_word(&said, &codebook.lexicon()) }
    }
}
