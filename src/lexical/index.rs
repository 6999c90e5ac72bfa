//! The lexical index of a staging folder: what `gensr index` does for a build.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;

use super::analyzer::for_each_word;
use super::dictionary::{Dictionary, Vocabulary};
use super::postings::{Bm25, Frequencies, Postings};
use crate::error::{Error, Result};

/// Result of `index`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IndexSummary {
    /// Lines of `items.jsonl`.
    pub items: usize,
    /// Lines of `queries.jsonl`.
    pub queries: usize,
    /// Words in the dictionary.
    pub words: usize,
    /// Those of them that are frequent enough for a vector: the first ids.
    pub vectors: usize,
    /// Distinct words met in items and in queries to fit on.
    pub distinct_words: usize,
    /// In-dictionary words of all items, with repetitions.
    pub item_words: usize,
    /// In-dictionary words of all queries, with repetitions.
    pub query_words: usize,
    /// Pairs of a word and an item that has it, or was searched by it.
    pub postings: usize,
}

/// Field of an item that holds the words of the searches that led to it: one entry a search. It makes postings, and nothing
/// else.
const QUERIES: &str = "queries";

/// `index.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// Most words in the dictionary.
    max_words: usize,
    /// Words met less often get no vector: postings only.
    vector_min_count: u64,
    /// Parameters of the postings.
    lexical: Bm25,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_words: 50_000, vector_min_count: 1, lexical: Bm25::default() }
    }
}

/// A line of `items.jsonl`: fields in order, a name may repeat.
#[derive(Deserialize)]
struct Item {
    fields: Vec<(String, String)>,
}

/// A line of `queries.jsonl`.
#[derive(Deserialize)]
struct Query {
    text: String,
    /// Whether its words may enter the dictionary; false for queries that a model is tested on.
    fit: bool,
}

/// Builds the lexical index of the folder `staging`.
///
/// Reads `items.jsonl` (`{"fields": [["title", "..."], ...]}`, one line for each row of the catalogue), `queries.jsonl`
/// (`{"text": "...", "fit": true}`) and, where it exists, `index.json` (`{"max_words": 50000, "vector_min_count": 1}`). The
/// dictionary holds the words of all fields and of the queries with `fit`; of more than `max_words` the most frequent, ties by
/// word. Ids go by falling frequency; words met less than `vector_min_count` times get no vector. Writes, each by rename, `index.safetensors` (`words.dictionary` U8; `item_words.offsets` U32 `[items + 1]` and
/// `item_words.ids` U32; `query_words.offsets` and `query_words.ids` likewise, for every query; `lexical.*` as in a pack, and
/// `lexical.average_length` F32 `[1]`, the mean of the items' weighted lengths) and
/// `words.txt`, one word a line in the order of ids.
///
/// Postings are BM25 over all fields, each with its weight (`index.json`: `"lexical": {"k1": 1.2, "b": 0.75, "fields":
/// {"title": 1}}`, 1 where nothing is said). A field `queries` holds the searches that led to the item, one entry each: it
/// makes postings only.
///
/// One pass; memory is 4 bytes for each word of the tables plus the vocabulary.
///
/// # Errors
/// `InvalidArgument` names file and line of what cannot be read as described; `Internal` when writing fails.
pub fn index(staging: &Path) -> Result<IndexSummary> {
    let settings = read_settings(&staging.join("index.json"))?;
    let mut vocabulary = Vocabulary::default();
    let mut items = Lists::default();
    let mut frequencies = Frequencies::default();
    read_lines(&staging.join("items.jsonl"), |item: Item| {
        for (_, text) in item.fields.iter().filter(|(field, _)| field != QUERIES) {
            items.add_words(text, 1, &mut vocabulary)?;
        }
        frequencies.add_item(&item.fields, &settings.lexical, &mut vocabulary)?;
        items.end()
    })?;
    let mut queries = Lists::default();
    read_lines(&staging.join("queries.jsonl"), |query: Query| {
        queries.add_words(&query.text, u64::from(query.fit), &mut vocabulary)?;
        queries.end()
    })?;
    let distinct_words = vocabulary.seen();
    let dictionary = vocabulary.choose(settings.max_words, settings.vector_min_count);
    let items = items.translate(&dictionary);
    let queries = queries.translate(&dictionary);
    let postings = frequencies.postings(&dictionary, &settings.lexical)?;
    write_index(&staging.join("index.safetensors"), &dictionary, &items, &queries, &postings)?;
    write_words(&staging.join("words.txt"), &dictionary)?;
    Ok(IndexSummary {
        items: items.offsets.len() - 1,
        queries: queries.offsets.len() - 1,
        words: dictionary.words.len(),
        vectors: dictionary.vectors,
        distinct_words,
        item_words: items.ids.len(),
        query_words: queries.ids.len(),
        postings: postings.rows.len(),
    })
}

/// Lists of word ids, end to end.
struct Lists {
    offsets: Vec<u32>,
    ids: Vec<u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { offsets: vec![0], ids: Vec::new() }
    }
}

impl Lists {
    fn add_words(&mut self, text: &str, count: u64, vocabulary: &mut Vocabulary) -> Result<()> {
        let mut result = Ok(());
        for_each_word(text, |word, _| match vocabulary.add(word, count) {
            Ok(id) => self.ids.push(id),
            Err(error) => result = Err(error),
        });
        result
    }

    /// Ends the list at hand.
    fn end(&mut self) -> Result<()> {
        let end = u32::try_from(self.ids.len()).map_err(|_| Error::invalid("more than 4 billion words"))?;
        self.offsets.push(end);
        Ok(())
    }

    /// The lists in final ids, without the words that were left out.
    fn translate(self, dictionary: &Dictionary) -> Self {
        let mut out = Self::default();
        for range in self.offsets.windows(2) {
            let list = &self.ids[range[0] as usize..range[1] as usize];
            out.ids.extend(list.iter().filter_map(|id| dictionary.ids[*id as usize]));
            // Never longer than the list it comes from, so it fits.
            out.offsets.push(out.ids.len() as u32);
        }
        out
    }
}

fn read_settings(path: &Path) -> Result<Settings> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => return Err(read_error(path, error)),
    };
    let settings: Settings = serde_json::from_str(&text)
        .map_err(|error| Error::invalid(format!("{}: {error}", path.display())))?;
    settings.lexical.check()?;
    Ok(settings)
}

fn read_lines<T: serde::de::DeserializeOwned>(
    path: &Path,
    mut each: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).map_err(|error| read_error(path, error))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(|error| read_error(path, error))? == 0 {
            break;
        }
        let value = serde_json::from_slice(&line).map_err(|error| {
            Error::invalid(format!("{}, line {number}: {}", path.display(), column(&error)))
        })?;
        each(value)?;
    }
    Ok(())
}

/// The message of a JSON error of a one-line text, without its own line number.
fn column(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    format!("{what} (column {})", error.column())
}

fn read_error(path: &Path, error: std::io::Error) -> Error {
    Error::invalid(format!("cannot read {}: {error}", path.display()))
}

fn write_error(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::internal(format!("cannot write {}: {error}", path.display()))
}

fn write_index(
    path: &Path,
    dictionary: &Dictionary,
    items: &Lists,
    queries: &Lists,
    postings: &Postings,
) -> Result<()> {
    let fst = dictionary.to_fst()?;
    let bytes = bytemuck::cast_slice::<u32, u8>;
    let narrow = postings.narrow_rows();
    let rows = match &narrow {
        Some(rows) => (Dtype::U16, bytemuck::cast_slice(rows)),
        None => (Dtype::U32, bytes(&postings.rows)),
    };
    let (scale, average_length) = (postings.scale.to_le_bytes(), postings.average_length.to_le_bytes());
    let sections = [
        ("words.dictionary", Dtype::U8, fst.as_slice()),
        ("item_words.offsets", Dtype::U32, bytes(&items.offsets)),
        ("item_words.ids", Dtype::U32, bytes(&items.ids)),
        ("query_words.offsets", Dtype::U32, bytes(&queries.offsets)),
        ("query_words.ids", Dtype::U32, bytes(&queries.ids)),
        ("lexical.posting_offsets", Dtype::U32, bytes(&postings.offsets)),
        ("lexical.posting_items", rows.0, rows.1),
        ("lexical.posting_impacts", Dtype::U8, &postings.impacts),
        ("lexical.impact_scale", Dtype::F32, &scale),
        ("lexical.average_length", Dtype::F32, &average_length),
    ];
    let mut views = Vec::with_capacity(sections.len());
    for (name, dtype, data) in sections {
        let elements = data.len() * 8 / dtype.bitsize();
        views.push((name, TensorView::new(dtype, vec![elements], data).map_err(Error::internal)?));
    }
    replace(path, |part| {
        safetensors::serialize_to_file(views, None, part).map_err(|error| write_error(path, error))
    })
}

fn write_words(path: &Path, dictionary: &Dictionary) -> Result<()> {
    replace(path, |part| {
        let write = || {
            let mut out = BufWriter::new(File::create(part)?);
            for word in &dictionary.words {
                writeln!(out, "{word}")?;
            }
            out.flush()
        };
        write().map_err(|error| write_error(path, error))
    })
}

/// Writes a file through a neighbour that replaces it when complete and on disk.
fn replace(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let part = path.with_added_extension("part");
    write(&part)?;
    let finish = || {
        File::open(&part)?.sync_all()?;
        std::fs::rename(&part, path)
    };
    finish().map_err(|error| write_error(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::SafeTensors;

    fn staging(items: &str, queries: &str, settings: Option<&str>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("items.jsonl"), items).unwrap();
        std::fs::write(dir.path().join("queries.jsonl"), queries).unwrap();
        if let Some(settings) = settings {
            std::fs::write(dir.path().join("index.json"), settings).unwrap();
        }
        dir
    }

    const ITEMS: &str = r#"{"fields": [["title", "Red Lamp"], ["categories", "Lamps"], ["categories", "Red"]]}
{"fields": []}
{"fields": [["title", "Blue lamp, blue shade"]]}
"#;
    const QUERIES: &str =
        "{\"text\": \"red shade lantern\", \"fit\": true}\n{\"text\": \"unseen blue\", \"fit\": false}";

    fn list(file: &SafeTensors<'_>, name: &str) -> Vec<u32> {
        let tensor = file.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::U32);
        tensor.data().chunks(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    #[test]
    fn writes_what_it_documents() {
        let dir = staging(ITEMS, QUERIES, None);
        let summary = index(dir.path()).unwrap();
        let words = std::fs::read_to_string(dir.path().join("words.txt")).unwrap();
        assert_eq!(words, "red\nblue\nlamp\nshade\nlamps\nlantern\n");
        let bytes = std::fs::read(dir.path().join("index.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(list(&file, "item_words.offsets"), [0, 4, 4, 8]);
        assert_eq!(list(&file, "item_words.ids"), [0, 2, 4, 0, 1, 2, 1, 3]);
        assert_eq!(list(&file, "query_words.offsets"), [0, 3, 4]);
        assert_eq!(list(&file, "query_words.ids"), [0, 3, 5, 1]);
        let map = fst::Map::new(file.tensor("words.dictionary").unwrap().data()).unwrap();
        assert_eq!(map.get("lamp"), Some(2));
        let want = IndexSummary {
            items: 3,
            queries: 2,
            words: 6,
            vectors: 6,
            distinct_words: 6,
            item_words: 8,
            query_words: 4,
            postings: 6,
        };
        assert_eq!(summary, want);
    }

    #[test]
    fn settings_bound_the_dictionary() {
        let dir = staging(ITEMS, QUERIES, Some("{\"max_words\": 2}"));
        let summary = index(dir.path()).unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("words.txt")).unwrap(), "red\nblue\n");
        assert_eq!((summary.words, summary.distinct_words), (2, 6));
    }

    #[test]
    fn rare_words_have_postings_and_no_vector() {
        let dir = staging(ITEMS, QUERIES, Some("{\"vector_min_count\": 2}"));
        let summary = index(dir.path()).unwrap();
        assert_eq!((summary.words, summary.vectors, summary.postings), (6, 4, 6));
    }

    #[test]
    fn bad_lines_are_named() {
        for (items, queries, says) in [
            ("{\"fields\": []}\n{\"fields\": [[\"a\"]]}\n", "", "items.jsonl, line 2: "),
            ("", "{\"text\": 3, \"fit\": true}", "queries.jsonl, line 1: "),
            ("\n", "", "items.jsonl, line 1: "),
        ] {
            let dir = staging(items, queries, None);
            let error = index(dir.path()).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert!(matches!(index(Path::new("/nonexistent")), Err(Error::InvalidArgument { .. })));
    }
}
