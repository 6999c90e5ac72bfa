//! `gensr type`: a search box on standard input. Every line is what the box holds after a keystroke.

use std::io::BufRead;
use std::time::Instant;

use anyhow::{Context, Result};
use gensr::{Engine, Response, SearchRequest};
use serde::Serialize;

use crate::args::TypeArgs;
use crate::output::{self, bold, dim};
use crate::query::{self, Answer};
use crate::{complete, open, page};

/// JSON of a keystroke, one line each.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    completions: Vec<complete::Offered>,
    first: Answer,
    full: Answer,
}

/// Runs the command.
pub fn run(args: &TypeArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.history.profile.as_deref())?;
    let history = query::history(&engine, &args.history)?;
    let filter = page::filter(&engine, args.filter.as_deref())?;
    engine.warm_up(&gensr::CancelToken::new())?;
    let typing = engine.typing();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("standard input is not readable as UTF-8 text")?;
        for text in boxes(&line, args.letters) {
            let request = SearchRequest::new(text)
                .history(history.clone())
                .limit(args.limit)
                .filter(filter.clone())
                .exclude_history(args.history.exclude())
                .now_ms(Some(query::now_ms()));
            let keystroke = typing.keystroke(request);
            let first = timed(|| keystroke.words())?;
            let full = timed(|| keystroke.ranked())?;
            let completions = engine.complete(text, args.completions)?;
            output::print(&match json {
                true => one_line(text, completions, first.0, full.0)?,
                false => lines(&engine, text, &completions, &first, &full),
            })?;
        }
    }
    Ok(())
}

/// Texts of the box after each letter of a line, or the line.
fn boxes(line: &str, letters: bool) -> Vec<&str> {
    if !letters {
        return vec![line];
    }
    line.char_indices().map(|(at, c)| &line[..at + c.len_utf8()]).collect()
}

fn timed(call: impl FnOnce() -> gensr::Result<Response>) -> Result<(Response, f64)> {
    let began = Instant::now();
    let response = call()?;
    Ok((response, began.elapsed().as_secs_f64() * 1e3))
}

fn one_line(text: &str, found: Vec<gensr::Completion>, first: Response, full: Response) -> Result<String> {
    let completions = found.into_iter().map(Into::into).collect();
    let line = Line { text, completions, first: first.into(), full: full.into() };
    Ok(serde_json::to_string(&line)? + "\n")
}

fn lines(
    engine: &Engine,
    text: &str,
    completions: &[gensr::Completion],
    first: &(Response, f64),
    full: &(Response, f64),
) -> String {
    let names = |response: &Response| {
        let name = |hit: &gensr::Hit| engine.row_of(&hit.id).map(|row| query::name(engine, row));
        let names: Vec<String> = response.hits.iter().filter_map(name).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(" · ") }
    };
    let offered: Vec<_> =
        completions.iter().map(|found| complete::marked(&found.text, &found.matches)).collect();
    let mut out = format!("{}\n", bold(format!("“{text}”")));
    for (what, hits, time) in [
        ("completions", offered.join(" · "), String::new()),
        ("words", names(&first.0), output::ms(first.1)),
        ("ranked", names(&full.0), output::ms(full.1)),
    ] {
        let width = usize::from(output::width()).saturating_sub(25);
        out.push_str(&format!("  {:<11} {} {}\n", what, output::shorten(&hits, width), dim(time)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_typed_one_by_one() {
        assert_eq!(boxes("añb", true), ["a", "añ", "añb"]);
        assert_eq!(boxes("añb", false), ["añb"]);
        assert_eq!(boxes("", false), [""]);
    }
}
