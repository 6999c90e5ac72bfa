//! `gensr demo`: a short true story about one pack, told from its own items.

mod story;

use std::time::Instant;

use anyhow::Result;
use comfy_table::{Cell, Color};
use gensr::{CancelToken, Engine, Event, History, RecommendRequest, SearchRequest};
use serde::Serialize;

use crate::args::DemoArgs;
use crate::open;
use crate::output::{self, bold, bytes, count, dim, ms, right};
use crate::query::{self, Answer};
use story::Story;

/// Hits in the lists shown.
const SHOWN: usize = 8;
/// How deep an item's former place is looked up.
const DEEP: usize = 200;

#[derive(Serialize)]
struct Report {
    pack: PackMeta,
    open_ms: f64,
    query: String,
    search: Answer,
    histories: Vec<Narration>,
    /// Of the hits shown, how many the two histories do not share.
    differing: usize,
}

#[derive(Serialize)]
struct PackMeta {
    name: String,
    items: usize,
    bytes: u64,
}

/// One history and what it does.
#[derive(Serialize)]
struct Narration {
    label: String,
    items: Vec<Named>,
    recommend: Answer,
    search: Answer,
}

#[derive(Serialize)]
struct Named {
    id: String,
    title: String,
}

/// Runs the command.
pub fn run(args: &DemoArgs, json: bool) -> Result<()> {
    let path = &args.pack.pack;
    let bytes = open::pack(path)?.bytes_len() as u64;
    let began = Instant::now();
    let engine = open::engine(path, None)?;
    let open_ms = began.elapsed().as_secs_f64() * 1000.0;
    let cancel = CancelToken::new();
    engine.warm_up(&cancel)?;
    let story = Story::of(&engine)?;
    let now = query::now_ms();
    let search = |history: History| {
        let request = SearchRequest::new(&story.query).history(history).limit(DEEP).now_ms(Some(now));
        engine.search(&request, &cancel)
    };
    let stranger = search(History::Empty)?;
    let mut told = Vec::new();
    for (label, ids) in &story.histories {
        let events: Vec<Event> = query::events(&engine, ids, now)?;
        let history = History::Events(events);
        let request = RecommendRequest::new().history(history.clone()).limit(SHOWN).now_ms(Some(now));
        let recommend = engine.recommend(&request, &cancel)?;
        told.push(Narration {
            label: label.clone(),
            items: ids.iter().map(|id| named(&engine, id)).collect(),
            recommend: recommend.into(),
            search: search(history)?.into(),
        });
    }
    let manifest = engine.manifest();
    let report = Report {
        pack: PackMeta { name: manifest.name.clone(), items: manifest.items, bytes },
        open_ms,
        query: story.query.clone(),
        search: stranger.into(),
        differing: differing(&told),
        histories: told,
    };
    output::show(json, &report, || text(&report))
}

fn named(engine: &Engine, id: &str) -> Named {
    let title = engine.row_of(id).map_or_else(|| id.to_owned(), |row| query::name(engine, row));
    Named { id: id.to_owned(), title }
}

/// Hits of the first history's search that the second's does not show.
fn differing(told: &[Narration]) -> usize {
    let [first, second, ..] = told else { return 0 };
    let shown =
        |told: &Narration| told.search.hits.iter().take(SHOWN).map(|hit| hit.id.clone()).collect::<Vec<_>>();
    let second = shown(second);
    shown(first).iter().filter(|id| !second.contains(id)).count()
}

/// How far a hit moved against the stranger's list.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Move {
    Same,
    Up(usize),
    Down(usize),
    /// It was below everything that was looked at.
    New,
}

fn moved(id: &str, place: usize, before: &[String]) -> Move {
    match before.iter().position(|other| other == id) {
        None => Move::New,
        Some(old) if old == place => Move::Same,
        Some(old) if old > place => Move::Up(old - place),
        Some(old) => Move::Down(place - old),
    }
}

impl Move {
    fn cell(self) -> Cell {
        let (text, colour) = match self {
            Self::Same => ("=".to_owned(), Color::DarkGrey),
            Self::Up(n) => (format!("▲{n}"), Color::Green),
            Self::Down(n) => (format!("▼{n}"), Color::Red),
            Self::New => ("new".to_owned(), Color::Yellow),
        };
        let cell = right(text);
        if output::coloured() { cell.fg(colour) } else { cell }
    }
}

fn text(report: &Report) -> String {
    let pack = &report.pack;
    let mut out = format!(
        "{}\n{}\n",
        bold(format!(
            "{}: {} items in one file of {}",
            pack.name,
            count(pack.items as u64),
            bytes(pack.bytes)
        )),
        dim(format!(
            "opened in {}; everything below was computed here, from this file alone",
            ms(report.open_ms)
        ))
    );
    let mut step = 0;
    let mut heading = |text: String| {
        step += 1;
        format!("\n{} {}\n\n", bold(format!("{step}.")), text)
    };

    out.push_str(&heading(format!("A stranger searches for {}", bold(format!("“{}”", report.query)))));
    out.push_str(&list(&report.search));

    if let Some(told) = report.histories.first() {
        let items: Vec<&str> = told.items.iter().map(|item| item.title.as_str()).collect();
        out.push_str(&heading(format!("Somebody liked {} things: {}", items.len(), bold(&told.label))));
        for item in &items {
            out.push_str(&format!("   {} {item}\n", dim("♥")));
        }
        out.push_str(&format!("\n   {}\n\n", dim("what to suggest next")));
        out.push_str(&list(&told.recommend));
    }

    if let [first, second, ..] = report.histories.as_slice() {
        let query = bold(format!("“{}”", report.query));
        out.push_str(&heading(format!("{query} once more, after two different histories")));
        for told in [first, second] {
            let items: Vec<&str> = told.items.iter().map(|item| item.title.as_str()).collect();
            out.push_str(&format!(
                "   {} {}\n",
                bold(&told.label),
                dim(format!("liked {}", items.join(", ")))
            ));
        }
        out.push_str(&format!("\n{}\n", side_by_side(&report.search, first, second)));
        let shown = first.search.hits.len().min(SHOWN);
        out.push_str(&format!(
            "\n   {}\n",
            dim(format!(
                "▲ ▼ places gained and lost against the stranger's list; {} of {shown} hits differ between the two",
                report.differing
            ))
        ));
    }

    out.push_str(&heading("What it took, milliseconds".to_owned()));
    let mut calls: Vec<(String, &Answer)> = vec![("search, no history".to_owned(), &report.search)];
    for told in &report.histories {
        calls.push((format!("recommend, {}", told.label), &told.recommend));
        calls.push((format!("search, {}", told.label), &told.search));
    }
    out.push_str(&times(&calls));
    out.push('\n');
    out
}

fn list(answer: &Answer) -> String {
    if answer.hits.is_empty() {
        return "   nothing found\n".to_owned();
    }
    let mut table = output::table(&[]);
    for (place, hit) in answer.hits.iter().take(SHOWN).enumerate() {
        table.add_row([right(format!("  {}", place + 1)), Cell::new(hit.name())]);
    }
    format!("{table}\n")
}

fn side_by_side(stranger: &Answer, first: &Narration, second: &Narration) -> String {
    let before: Vec<String> = stranger.hits.iter().map(|hit| hit.id.clone()).collect();
    let width = usize::from(output::width()).saturating_sub(24) / 3;
    let mut table = output::table(&["", "a stranger", "", &first.label, "", &second.label]);
    for place in 0..SHOWN {
        let name = |answer: &Answer| {
            answer.hits.get(place).map(|hit| output::shorten(hit.name(), width)).unwrap_or_default()
        };
        let change = |answer: &Answer| {
            answer.hits.get(place).map_or_else(|| Cell::new(""), |hit| moved(&hit.id, place, &before).cell())
        };
        table.add_row([
            right(format!("  {}", place + 1)),
            Cell::new(name(stranger)),
            change(&first.search),
            Cell::new(name(&first.search)),
            change(&second.search),
            Cell::new(name(&second.search)),
        ]);
    }
    table.to_string()
}

fn times(calls: &[(String, &Answer)]) -> String {
    let mut stages: Vec<&str> = Vec::new();
    for (stage, _) in calls.iter().flat_map(|(_, answer)| &answer.timings_ms.0) {
        if !stages.contains(stage) {
            stages.push(stage);
        }
    }
    stages.sort_by_key(|stage| *stage == "total");
    let header: Vec<&str> = std::iter::once("  ").chain(stages.iter().copied()).collect();
    let mut table = output::table(&header);
    for (name, answer) in calls {
        let mut row = vec![Cell::new(format!("  {name}"))];
        row.extend(stages.iter().map(|stage| {
            right(answer.timings_ms.get(stage).map(|ms| format!("{ms:.3}")).unwrap_or_default())
        }));
        table.add_row(row);
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_by_hand() {
        let before: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        assert_eq!(moved("a", 0, &before), Move::Same);
        assert_eq!(moved("c", 0, &before), Move::Up(2));
        assert_eq!(moved("a", 2, &before), Move::Down(2));
        assert_eq!(moved("z", 1, &before), Move::New);
    }
}
