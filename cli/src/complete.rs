//! `gensr complete`: what a search box would offer.

use std::ops::Range;

use anyhow::Result;
use gensr::{Completion, CompletionKind};
use serde::Serialize;

use crate::args::CompleteArgs;
use crate::open;
use crate::output::{self, bold, dim};

#[derive(Serialize)]
struct Report {
    completions: Vec<Offered>,
}

/// A completion as `--json` prints it; ranges are `[from, to]` in bytes.
#[derive(Serialize)]
pub struct Offered {
    text: String,
    kind: &'static str,
    matches: Vec<[usize; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl From<Completion> for Offered {
    fn from(completion: Completion) -> Self {
        let kind = match completion.kind {
            CompletionKind::Query => "query",
            CompletionKind::Category => "category",
            CompletionKind::Title => "title",
            _ => "other",
        };
        let matches = completion.matches.into_iter().map(|range| [range.start, range.end]).collect();
        Self { text: completion.text, kind, matches, id: completion.item_id }
    }
}

/// Runs the command.
pub fn run(args: &CompleteArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.profile.as_deref())?;
    let found = engine.complete(&args.prefix, args.limit)?;
    let report = Report { completions: found.into_iter().map(Offered::from).collect() };
    output::show(json, &report, || {
        if report.completions.is_empty() {
            return "nothing goes on so\n".to_owned();
        }
        let mut table = output::table(&["", "", "id"]);
        for offered in &report.completions {
            let ranges: Vec<_> = offered.matches.iter().map(|&[from, to]| from..to).collect();
            table.add_row([
                marked(&offered.text, &ranges),
                dim(offered.kind),
                dim(offered.id.as_deref().unwrap_or_default()),
            ]);
        }
        format!("{table}\n")
    })
}

/// A text with what was typed set apart, where there is colour.
pub fn marked(text: &str, ranges: &[Range<usize>]) -> String {
    let (mut out, mut end) = (String::new(), 0);
    for range in ranges {
        out.push_str(&text[end..range.start]);
        out.push_str(&bold(&text[range.clone()]));
        end = range.end;
    }
    out.push_str(&text[end..]);
    out
}
