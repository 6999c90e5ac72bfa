//! Hostile word dictionaries. The `fst` crate trusts its input, so what gets past `open` must be safe to walk.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;

use fst::Streamer;
use gensr::internals::Codebook;

use crate::writer::{Builder, DIM, le, open_range, reason, rows, temporary};

fn builder(dictionary: Vec<u8>, words: usize) -> Builder {
    let mut builder = Builder::tiny();
    builder.replace("words.dictionary", "U8", dictionary);
    builder.remove("words.vectors");
    builder.matrix("words.vectors", "I8", DIM as u64, le(&rows(words, 1)));
    builder.replace("words.scale", "F32", le(&vec![1.0_f32; words]));
    // Postings are of a dictionary as long as theirs.
    builder.remove("lexical.posting_offsets");
    builder
}

fn open(dictionary: Vec<u8>, words: usize) -> gensr::Result<Codebook> {
    Codebook::open(Arc::new(builder(dictionary, words).open().unwrap()))
}

fn dictionary(words: &[String]) -> Vec<u8> {
    let mut map = fst::MapBuilder::memory();
    for (id, word) in (0..).zip(words) {
        map.insert(word, id).unwrap();
    }
    map.into_inner().unwrap()
}

/// Words with shared beginnings and ends, and a node of more than 32 transitions (it has a look-up table).
fn words() -> Vec<String> {
    let mut words: Vec<String> = (b'!'..=b'z').map(|c| format!("{}ing", c as char)).collect();
    words.extend((0..40).map(|i| format!("word{i}ing")));
    words.sort();
    words
}

#[test]
fn a_dictionary_of_no_words() {
    let codebook = open(dictionary(&[]), 0).unwrap();
    assert!(codebook.words().is_empty());
    assert_eq!(codebook.word_id("tea"), None);
}

#[test]
fn a_good_dictionary_passes_the_walk() {
    let words = words();
    let codebook = open(dictionary(&words), words.len()).unwrap();
    for (id, word) in (0..).zip(&words) {
        assert_eq!(codebook.word_id(word), Some(id));
    }
}

fn patch(file: &mut File, at: usize, byte: u8) {
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(&[byte]).unwrap();
}

/// Everything that the engine does with a dictionary: none of it may panic or run for ever.
fn walk(codebook: &Codebook, words: &[String]) {
    for word in words.iter().map(String::as_str).chain(["", "zzz", "\u{ff}", "word"]) {
        if let Some(id) = codebook.word_id(word) {
            codebook.word_vector_into(id, &mut [0.0; DIM]);
        }
    }
    let mut stream = codebook.words().dictionary().stream();
    let mut n = 0;
    while stream.next().is_some() {
        n += 1;
    }
    assert_eq!(n, words.len());
}

#[test]
fn every_byte_of_the_dictionary_flipped() {
    let words = words();
    let good = dictionary(&words);
    // Panics inside the walk are caught; keep their messages out of the output of this test.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut taken = 0;
    // `open` does not hash payloads, so the file can be patched in place.
    let bytes = builder(good.clone(), words.len()).bytes();
    let begin = bytes.windows(good.len()).position(|w| *w == good).unwrap();
    let mut file = temporary(&bytes);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for (at, &byte) in good.iter().enumerate() {
            let flip = if at % 9 == 8 { 0xFF } else { 1_u8 << (at % 9) };
            patch(&mut file, begin + at, byte ^ flip);
            let pack = open_range(file.try_clone().unwrap(), 0, bytes.len() as u64).unwrap();
            if let Ok(codebook) = Codebook::open(Arc::new(pack)) {
                taken += 1;
                walk(&codebook, &words);
            }
            patch(&mut file, begin + at, byte);
        }
    }));
    std::panic::set_hook(hook);
    outcome.unwrap();
    assert!(taken > 0, "no flip was harmless: is the walk ever left?");
}

#[test]
fn dictionaries_that_are_not_dictionaries() {
    let good = dictionary(&words());
    for bytes in [Vec::new(), vec![0; 35], vec![0; 36], vec![0xFF; 36], vec![0; 4_096], vec![0xFF; 4_096]] {
        assert!(reason(open(bytes.clone(), 1)).contains("words.dictionary"), "{} bytes", bytes.len());
    }
    for length in (0..good.len()).step_by(7) {
        assert!(reason(open(good[..length].to_vec(), words().len())).contains("words."), "cut at {length}");
    }
    // The rarest word may go without a vector, but no vector without a word.
    assert_eq!(open(good.clone(), words().len() - 1).unwrap().words().vectors(), words().len() - 1);
    assert!(reason(open(good, words().len() + 1)).contains("words.scale"));
}

#[test]
fn a_footer_that_lies_about_the_number_of_words() {
    let mut bytes = dictionary(&words());
    let at = bytes.len() - 20;
    for count in [0_u64, 1, 3, u64::MAX] {
        bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
        assert!(reason(open(bytes.clone(), 3)).contains("number of words"), "{count}");
    }
}
