//! The last log lines of the engine. No callbacks cross the boundary, so lines are kept for hosts to fetch. Like every log
//! line of gensr they hold no user data.

use std::collections::VecDeque;
use std::sync::{Mutex, Once, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};

/// Number of lines kept.
const LINES: usize = 64;
/// Bytes kept of a line.
const LINE_BYTES: usize = 512;

/// Keeps the last lines of the crates that start with `gensr`, at `info` and above.
struct Journal(Mutex<VecDeque<String>>);

static JOURNAL: Journal = Journal(Mutex::new(VecDeque::new()));

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= LevelFilter::Info && metadata.target().starts_with("gensr")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut line = format!("{} {}: {}", record.level(), record.target(), record.args());
        line.truncate(line.floor_char_boundary(LINE_BYTES));
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn flush(&self) {}
}

/// Starts to keep lines, once per process. If the host's own Rust code has set a logger, lines go there instead.
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        if log::set_logger(&JOURNAL).is_ok() {
            log::set_max_level(LevelFilter::Info);
        }
    });
}

/// The lines kept, oldest first.
pub(crate) fn lines() -> Vec<String> {
    JOURNAL.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_lines_of_gensr() {
        start();
        start();
        log::warn!(target: "some_other_crate", "not ours");
        log::debug!("too chatty");
        for number in 0..LINES + 5 {
            log::info!("line {number} {}", "é".repeat(LINE_BYTES));
        }
        let kept = lines();
        assert_eq!(kept.len(), LINES);
        assert!(kept.iter().all(|line| line.starts_with("INFO gensr_ffi") && line.len() <= LINE_BYTES));
        assert!(kept[LINES - 1].contains(&format!("line {} ", LINES + 4)));
    }
}
