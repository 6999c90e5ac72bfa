//! `gensr querysets`: does the search find what people type? Queries are made from the titles of a pack, typed right, typed
//! wrong and typed in part, and asked without a history.

mod typing;

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};
use gensr::lexical::words;
use gensr::{CancelToken, Engine, History, SearchRequest};
use serde::Serialize;

use crate::args::QuerySetsArgs;
use crate::{open, output};

/// Hits in which the right item has to be.
const TOP: usize = 5;
/// Titles of this many words and more are one stratum.
const MOST_WORDS: usize = 5;
/// Letters of a typed beginning.
const BEGINNING: usize = 4;

/// Typed part of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Set {
    /// The title as it stands.
    Exact,
    /// The words of the title, one letter wrong.
    OneTypo,
    /// Two letters wrong, in one word or in two.
    TwoTypos,
    /// The first four letters of a word that begins a word of no other title.
    UniqueBeginning,
}

/// One query and the item it was made from.
struct Query {
    row: u32,
    words: usize,
    text: String,
}

#[derive(Debug, Serialize)]
struct Report {
    pack: String,
    seed: u64,
    top: usize,
    sets: Vec<SetReport>,
}

#[derive(Debug, Serialize)]
struct SetReport {
    set: Set,
    queries: usize,
    /// Share of queries whose item is among the first five.
    success: f64,
    /// Share of queries whose item is the first.
    first: f64,
    /// By number of words in the title; the last is "5 and more".
    strata: BTreeMap<usize, Stratum>,
    /// Items whose titles cannot qualify, and why.
    left_out: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    misses: Vec<Miss>,
}

#[derive(Debug, Default, Serialize)]
struct Stratum {
    queries: usize,
    found: usize,
    success: f64,
}

#[derive(Debug, Serialize)]
struct Miss {
    query: String,
    title: String,
    found: Vec<String>,
}

/// The titles of a pack, split into words.
struct Titles {
    /// Folded words by row.
    words: Vec<Vec<String>>,
    /// Items with the same words in the same order.
    sharing: HashMap<Vec<String>, usize>,
    /// Items with a title word of this beginning.
    beginning: HashMap<String, usize>,
    /// Letters of all words, repetitions included: what a wrong letter is drawn from.
    letters: Vec<char>,
}

/// Runs the command.
pub fn run(args: &QuerySetsArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, None)?;
    let titles = Titles::of(&engine);
    if titles.letters.is_empty() {
        bail!("no item of the pack has a title with a word in it");
    }
    let mut sets = Vec::new();
    for set in [Set::Exact, Set::OneTypo, Set::TwoTypos, Set::UniqueBeginning] {
        let (queries, left_out) = titles.queries(set, args, &engine);
        sets.push(ask(&engine, set, &queries, left_out, args.misses)?);
    }
    let report = Report { pack: engine.diagnostics().pack_id, seed: args.seed, top: TOP, sets };
    output::show(json, &report, || text(&report))
}

impl Titles {
    fn of(engine: &Engine) -> Self {
        let items = engine.manifest().items as u32;
        let folded =
            |row| words(&engine.title(row).unwrap_or_default()).into_iter().map(|word| word.text).collect();
        let words: Vec<Vec<String>> = (0..items).map(folded).collect();
        let (mut sharing, mut beginning) = (HashMap::new(), HashMap::new());
        for title in &words {
            *sharing.entry(title.clone()).or_default() += 1;
            let mut beginnings: Vec<String> = title.iter().map(|word| begin(word)).collect();
            beginnings.sort_unstable();
            beginnings.dedup();
            for text in beginnings {
                *beginning.entry(text).or_default() += 1;
            }
        }
        let letters = words.iter().flatten().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic());
        Self { letters: letters.collect(), words, sharing, beginning }
    }

    /// Queries of a set: one an item, of at most `args.queries` items drawn by the seed; and the items left out.
    fn queries(
        &self,
        set: Set,
        args: &QuerySetsArgs,
        engine: &Engine,
    ) -> (Vec<Query>, BTreeMap<&'static str, usize>) {
        let mut random = fastrand::Rng::with_seed(args.seed);
        let mut rows: Vec<u32> = (0..self.words.len() as u32).collect();
        random.shuffle(&mut rows);
        let mut left_out = BTreeMap::new();
        let mut queries = Vec::new();
        for row in rows {
            let title = &self.words[row as usize];
            let made = match self.sharing[title] {
                _ if title.is_empty() => Err("no word"),
                1 => self.query(set, title, &engine.title(row).unwrap_or_default(), &mut random),
                _ => Err("the words of another title"),
            };
            match made {
                Ok(text) => queries.push(Query { row, words: title.len().min(MOST_WORDS), text }),
                Err(why) => *left_out.entry(why).or_default() += 1,
            }
        }
        queries.truncate(args.queries);
        (queries, left_out)
    }

    fn query(
        &self,
        set: Set,
        folded: &[String],
        title: &str,
        random: &mut fastrand::Rng,
    ) -> std::result::Result<String, &'static str> {
        match set {
            Set::Exact => Ok(title.to_owned()),
            Set::OneTypo => {
                typing::misspelt(folded, 1, &self.letters, random).ok_or("words too short for a typo")
            }
            Set::TwoTypos => {
                typing::misspelt(folded, 2, &self.letters, random).ok_or("words too short for two typos")
            }
            Set::UniqueBeginning => {
                let unique =
                    |word: &&String| word.chars().count() > BEGINNING && self.beginning[&begin(word)] == 1;
                let unique: Vec<_> = folded.iter().filter(unique).collect();
                random.choice(unique).map(|word| begin(word)).ok_or("no beginning of its own")
            }
        }
    }
}

fn begin(word: &str) -> String {
    word.chars().take(BEGINNING).collect()
}

fn ask(
    engine: &Engine,
    set: Set,
    queries: &[Query],
    left_out: BTreeMap<&'static str, usize>,
    misses: bool,
) -> Result<SetReport> {
    let bar = output::progress(queries.len() as u64, "asking", false);
    let mut report = SetReport {
        set,
        queries: queries.len(),
        success: 0.0,
        first: 0.0,
        strata: BTreeMap::new(),
        left_out,
        misses: Vec::new(),
    };
    let (mut found, mut first) = (0, 0);
    for query in queries {
        let request =
            SearchRequest::new(query.text.as_str()).history(History::Empty).limit(TOP).now_ms(Some(0));
        let hits = engine.search(&request, &CancelToken::new())?.hits;
        let id = engine.item_id(query.row).unwrap_or_default();
        let place = hits.iter().position(|hit| hit.id == id);
        let stratum = report.strata.entry(query.words).or_default();
        stratum.queries += 1;
        stratum.found += usize::from(place.is_some());
        found += usize::from(place.is_some());
        first += usize::from(place == Some(0));
        if place.is_none() && misses {
            report.misses.push(Miss {
                query: query.text.clone(),
                title: engine.title(query.row).unwrap_or_default(),
                found: hits.into_iter().map(|hit| hit.title).collect(),
            });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    report.success = share(found, queries.len());
    report.first = share(first, queries.len());
    for stratum in report.strata.values_mut() {
        stratum.success = share(stratum.found, stratum.queries);
    }
    Ok(report)
}

fn text(report: &Report) -> String {
    let mut table =
        output::table(&["typed", "words", "queries", &format!("in the first {}", report.top), "first"]);
    let percent = |share: f64| output::right(format!("{:.1} %", 100.0 * share));
    let mut notes = Vec::new();
    for set in &report.sets {
        let name = match set.set {
            Set::Exact => "title as it stands",
            Set::OneTypo => "one typo",
            Set::TwoTypos => "two typos",
            Set::UniqueBeginning => "four letters of one word",
        };
        let all = output::right(output::count(set.queries as u64));
        table.add_row([name.into(), "all".into(), all, percent(set.success), percent(set.first)]);
        for (words, stratum) in &set.strata {
            let words = if *words == MOST_WORDS { format!("{words}+") } else { words.to_string() };
            let queries = output::right(output::count(stratum.queries as u64));
            table.add_row(["".into(), words.into(), queries, percent(stratum.success), "".into()]);
        }
        for (why, items) in &set.left_out {
            notes.push(format!("{name}: {} items left out: {why}", output::count(*items as u64)));
        }
        for miss in &set.misses {
            notes.push(format!("{name}: “{}” did not find “{}”", miss.query, miss.title));
        }
    }
    format!("{table}\n\n{}\n", output::dim(notes.join("\n")))
}
