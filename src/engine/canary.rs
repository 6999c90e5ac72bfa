//! Whether an accelerator may take over from the processor: it has to answer as that does, and sooner. Knows neither graphs nor
//! packs: backends answer canaries, which are texts, and a memory holds what was decided.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::kernels::{Keep, top_k};

/// The best items of an answer that have to agree, and the least share of them, on average over the canaries.
const BEST: usize = 10;
const AGREEMENT: f64 = 0.98;
/// The most that the accelerator may take of the processor's time for short texts, which are what users type; not 1, so that
/// noise decides nothing.
const FASTER: f64 = 0.9;
/// The same for long texts: it need gain nothing with them, but must not lose.
const NO_SLOWER: f64 = 1.0;
/// Rounds in which every canary is timed, after one that is not: it loads and compiles.
const ROUNDS: usize = 2;

/// How long the text of a canary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Short,
    Long,
}

/// One of the two that are compared.
pub(super) trait Backend {
    /// Its scores of every item for a canary.
    fn scores(&mut self, canary: usize) -> Result<Vec<f32>>;
    /// The time that it takes for what backends do differently.
    fn time(&mut self, canary: usize) -> Result<Duration>;
}

/// What was found, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Note {
    /// It is being tried for the first time. Found by another process: the one that tried it did not survive.
    Trying,
    /// The same, for the second time.
    #[serde(rename = "trying again")]
    TryingAgain,
    /// It takes over.
    Kept(String),
    /// It does not.
    Refused(String),
}

/// What outlives the process, for one accelerator under one key (what the answer depends on).
pub(super) trait Memory {
    /// The note; `None` where there is none under this key.
    fn read(&self) -> Option<Note>;
    /// Replaces it, or removes it. On disk when it returns.
    fn write(&mut self, note: Option<&Note>) -> Result<()>;
}

/// What is known of an accelerator, or what `trial` finds, which is told the note that stands while it runs. Processes end for
/// reasons of their own, users close what they have just opened, so the first that did not survive a trial proves nothing: the
/// second is a refusal. Only a verdict takes the place of these notes: after a trial that is cancelled, or cannot be made, there
/// is what was there before.
///
/// `ours`: whether the note on disk is of a trial of this process, one that came to no end, or whose end could not be written.
/// To be tried again by the same process is not to be tried by a second one.
pub(super) fn decide(
    memory: &mut impl Memory,
    ours: &mut bool,
    trial: impl FnOnce(&Note) -> Result<Note>,
) -> Result<Note> {
    let before = memory.read();
    let trying = match &before {
        None => Note::Trying,
        Some(note @ (Note::Trying | Note::TryingAgain)) if *ours => note.clone(),
        Some(Note::Trying) => Note::TryingAgain,
        Some(Note::TryingAgain) => {
            let note = Note::Refused("two processes ended while it was tried".to_owned());
            memory.write(Some(&note))?;
            return Ok(note);
        }
        Some(note) => return Ok(note.clone()),
    };
    memory.write(Some(&trying))?;
    let was_ours = std::mem::replace(ours, true);
    let found = trial(&trying);
    memory.write(found.as_ref().ok().or(before.as_ref()))?;
    *ours = was_ours && found.is_err();
    found
}

/// Compares two backends on canaries of these lengths. What goes wrong with the accelerator is its refusal; only the
/// processor's errors, and `Cancelled`, are errors.
pub(super) fn compare(
    canaries: &[Length],
    processor: &mut impl Backend,
    accelerator: &mut impl Backend,
) -> Result<Note> {
    let refused = |why: &str| Ok(Note::Refused(why.to_owned()));
    if ![Length::Short, Length::Long].iter().all(|length| canaries.contains(length)) {
        return refused("there is nothing to compare");
    }
    let mut shared = 0.0;
    for canary in 0..canaries.len() {
        let expected = processor.scores(canary)?;
        let Some(found) = answered(accelerator.scores(canary))? else { return refused("it fails") };
        if !found.iter().all(|score| score.is_finite()) {
            return refused("it answers with numbers that are not finite");
        }
        shared += agreement(&expected, &found);
    }
    let share = shared / canaries.len() as f64;
    let same = format!("{:.1} % of the best {BEST} are the same", 100.0 * share);
    if share < AGREEMENT {
        return refused(&same);
    }
    // Of the same text, one right after the other: what else the device does meanwhile slows both.
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (canary, length) in canaries.iter().enumerate() {
            let expected = processor.time(canary)?;
            let Some(found) = answered(accelerator.time(canary))? else { return refused("it fails") };
            let ratios = if *length == Length::Short { &mut short } else { &mut long };
            ratios.push(found.div_duration_f64(expected));
        }
    }
    let (short, long) = (median(short), median(long));
    let figures =
        format!("{short:.2} of the processor's time for short texts, {long:.2} for long ones, {same}");
    if short <= FASTER && long <= NO_SLOWER { Ok(Note::Kept(figures)) } else { refused(&figures) }
}

/// What an accelerator answers; `None` where it fails.
fn answered<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Cancelled) => Err(Error::Cancelled),
        Err(error) => {
            log::warn!("an accelerator failed a canary: {error}");
            Ok(None)
        }
    }
}

/// The share of the best items of one answer that are among the best of another.
fn agreement(expected: &[f32], found: &[f32]) -> f64 {
    let best = |scores: &[f32]| top_k(scores, BEST, Keep::All);
    let (expected, found) = (best(expected), best(found));
    let shared = expected.iter().filter(|(row, _)| found.iter().any(|(other, _)| other == row)).count();
    shared as f64 / expected.len().max(1) as f64
}

/// The upper one of two in the middle: against the accelerator.
fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
#[path = "canary/tests.rs"]
mod tests;
