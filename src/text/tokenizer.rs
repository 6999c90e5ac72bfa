//! A pack's `tokenizer.json`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::{PostProcessor, TruncationParams};

use crate::error::{Error, Result};

/// Text to token ids, special tokens included, at most as many as the pack allows, without padding.
pub(super) struct Tokenizer(tokenizers::Tokenizer);

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokenizer")
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json` and ignores its padding and truncation.
    pub(super) fn load(json: &[u8], max_tokens: usize) -> Result<Self> {
        let bad = |what: String| Error::bad_pack(format!("section text.tokenizer: {what}"));
        // The section is padded with zeros, which are not JSON.
        let end = json.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        // The crate panics on some malformed files.
        let load = || {
            let mut tokenizer =
                tokenizers::Tokenizer::from_bytes(&json[..end]).map_err(|error| bad(error.to_string()))?;
            let special = tokenizer.get_post_processor().map_or(0, |p| p.added_tokens(false));
            if special >= max_tokens {
                return Err(bad(format!("it adds {special} tokens, and the manifest allows {max_tokens}")));
            }
            let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
            tokenizer.with_truncation(Some(truncation)).map_err(|error| bad(error.to_string()))?;
            tokenizer.with_padding(None);
            Ok(Self(tokenizer))
        };
        catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| Err(bad("it cannot be read".to_owned())))
    }

    /// Token ids of `text`.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<i64>> {
        // Messages of the crate may quote the text, so they are dropped.
        let encode = || self.0.encode_fast(text, true);
        match catch_unwind(AssertUnwindSafe(encode)) {
            Ok(Ok(encoding)) => Ok(encoding.get_ids().iter().map(|id| i64::from(*id)).collect()),
            _ => Err(Error::internal("the pack's tokenizer cannot encode this text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{
        "version": "1.0", "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [], "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}, "decoder": null,
        "model": {"type": "WordLevel", "unk_token": "[UNK]",
                  "vocab": {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "red": 4, "lamp": 5}}
    }"#;

    #[test]
    fn cuts_and_keeps_the_special_tokens() {
        let tokenizer = Tokenizer::load(JSON.as_bytes(), 5).unwrap();
        assert_eq!(tokenizer.ids("Red lamp").unwrap(), [1, 4, 5, 2]);
        assert_eq!(tokenizer.ids("red red lamp lamp blue").unwrap(), [1, 4, 4, 5, 2]);
        assert_eq!(tokenizer.ids("").unwrap(), [1, 2]);
    }

    #[test]
    fn padding_of_the_section_is_not_json() {
        let mut padded = JSON.as_bytes().to_vec();
        padded.resize(padded.len().next_multiple_of(64), 0);
        assert!(Tokenizer::load(&padded, 5).is_ok());
    }

    #[test]
    fn bad_files_are_bad_packs() {
        for (json, max_tokens) in [("", 5), ("{}", 5), ("[1, 2]", 5), (JSON, 2), (JSON, 0)] {
            assert!(
                matches!(Tokenizer::load(json.as_bytes(), max_tokens), Err(Error::BadPack { .. })),
                "{json}"
            );
        }
    }
}
