//! How results reach the reader: JSON where asked for, else text with colour only on a terminal.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Writes text to standard output. A reader that went away ends the program in peace (see `main`).
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Prints `value` as JSON, or what `text` makes of it.
pub fn show<T: Serialize>(json: bool, value: &T, text: impl FnOnce() -> String) -> Result<()> {
    if json {
        let mut line = serde_json::to_string_pretty(value)?;
        line.push('\n');
        return print(&line);
    }
    // Tables fill their last column with blanks.
    let lines: Vec<String> =
        text().trim_end().lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    print(&lines.concat())
}

/// A table without lines whose header is set apart by colour, or by a rule where there is no colour.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width());
    if !coloured() {
        table.force_no_tty();
    } else {
        table.enforce_styling();
    }
    if !header.is_empty() {
        table.set_header(header.iter().map(|name| {
            let cell = Cell::new(name);
            if coloured() { cell.fg(Color::DarkGrey).add_attribute(Attribute::Bold) } else { cell }
        }));
    }
    table
}

/// A cell set to the right, for figures.
pub fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Whether standard output takes colour (a terminal, and neither `NO_COLOR` nor `CLICOLOR=0` is set).
pub fn coloured() -> bool {
    console::colors_enabled()
}

/// Width of the terminal, or 100 columns where there is none.
pub fn width() -> u16 {
    console::Term::stdout().size_checked().map_or(100, |(_, columns)| columns.clamp(60, 140))
}

/// Text that stands out.
pub fn bold(text: impl std::fmt::Display) -> String {
    console::style(text).bold().to_string()
}

/// Text that stands back.
pub fn dim(text: impl std::fmt::Display) -> String {
    console::style(text).dim().to_string()
}

/// `12.3 MB`: decimal units, three digits.
pub fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 999.5 {
            return number(value, unit);
        }
        value /= 1000.0;
    }
    number(value, "GB")
}

fn number(value: f64, unit: &str) -> String {
    let digits = if unit == "B" || value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

/// `0.123 ms`, `12.3 ms`, `1.23 s`.
pub fn ms(value: f64) -> String {
    if value >= 1000.0 {
        return format!("{:.2} s", value / 1000.0);
    }
    let digits = if value >= 9.995 {
        1
    } else if value >= 0.9995 {
        2
    } else {
        3
    };
    format!("{value:.digits$} ms")
}

/// `12,345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A title cut to `limit` columns.
pub fn shorten(text: &str, limit: usize) -> String {
    console::truncate_str(text, limit, "…").into_owned()
}

/// A progress bar on standard error; silent where that is not a terminal.
pub fn progress(length: u64, what: &'static str, bytes: bool) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let counts = if bytes { "{bytes}/{total_bytes}" } else { "{human_pos}/{human_len}" };
    let template = format!("{{msg}} {{wide_bar:.cyan/dim}} {counts} {{eta:>4}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(length).with_style(style.progress_chars("━╸─")).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.00 kB");
        assert_eq!(bytes(12_345), "12.3 kB");
        assert_eq!(bytes(999_999), "1.00 MB");
        assert_eq!(bytes(8_123_456_789), "8.12 GB");
        assert_eq!(ms(0.01234), "0.012 ms");
        assert_eq!(ms(4.567), "4.57 ms");
        assert_eq!(ms(1500.0), "1.50 s");
        assert_eq!(count(5), "5");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(shorten("Comet Lamp", 6), "Comet…");
    }
}
