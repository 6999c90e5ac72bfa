//! Accelerators: what they keep on disk between processes, and the trial of one under `Provider::Auto`.
//!
//! Everything is in the folder `accelerator` of the profile and under a key of all that it depends on: pack, ONNX Runtime,
//! operating system, engine; of notes, which are about time, the threads as well. It holds nothing of the user's, and may be
//! deleted at any time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Loaded;
use super::canary::{Backend, Length, Memory, Note, compare, decide};
use crate::error::{Error, Result};
use crate::request::normalise;
use crate::runtime::{self, CancelToken, Provider, SessionOptions};
use crate::sync::{lock, lock_unless};
use crate::text::{Apart, Features, Variant, Yields};

const FOLDER: &str = "accelerator";
const NOTES: &str = "decisions.json";
/// What a longer file would hold is not ours.
const MAX_NOTES: u64 = 1 << 16;
/// Begins the name of a folder of compiled graphs; the key follows.
const COMPILED: &str = "compiled-";
/// Queries of a trial.
const CANARIES: usize = 24;
/// Bytes of a short one and of a long one at most, whatever titles a pack has: of most languages what fits the shorter of the
/// lengths that texts are padded to, and what does not.
const SHORT: usize = 40;
const LONG: usize = 160;
/// What says which build of the operating system this is, where the host does not.
const OS_BUILDS: [&str; 2] = ["/System/Library/CoreServices/SystemVersion.plist", "/proc/version"];
/// What is read of it.
const MAX_OS_FILE: u64 = 4096;

/// What the host chose, and where accelerators keep what outlives the process.
#[derive(Debug, Clone)]
pub(super) struct Accelerators {
    pub(super) choice: Provider,
    /// `None` without a folder for the profile.
    folder: Option<PathBuf>,
    os_build: String,
    /// Of the processor, and of XNNPACK.
    threads: usize,
}

impl Accelerators {
    pub(super) fn new(
        choice: Provider,
        profile: Option<&Path>,
        os_build: Option<String>,
        threads: usize,
    ) -> Self {
        let os_build = os_build.unwrap_or_else(|| {
            let read = |path: &&str| {
                let mut text = Vec::new();
                File::open(path).ok()?.take(MAX_OS_FILE).read_to_end(&mut text).ok()?;
                Some(String::from_utf8_lossy(&text).into_owned())
            };
            OS_BUILDS.iter().find_map(read).unwrap_or_default()
        });
        Self { choice, folder: profile.map(|folder| folder.join(FOLDER)), os_build, threads }
    }

    /// What every graph may run on beside the processor.
    pub(super) fn explicit(&self) -> Provider {
        if self.choice == Provider::Auto { Provider::Cpu } else { self.choice }
    }

    /// Under which a pack's compiled graphs are kept. ONNX Runtime is loaded.
    fn key(&self, pack: &str) -> String {
        self.key_with(pack, &[])
    }

    /// The same for its notes: with more threads the processor is faster.
    fn key_of_notes(&self, pack: &str) -> String {
        self.key_with(pack, &[&self.threads.to_string()])
    }

    fn key_with(&self, pack: &str, more: &[&str]) -> String {
        let runtime = runtime::build().unwrap_or_default();
        let parts = [pack, &runtime, &self.os_build, std::env::consts::ARCH, env!("CARGO_PKG_VERSION")];
        let mut hash = Sha256::new();
        // With lengths, so that no two lists of parts read the same.
        parts.iter().chain(more).for_each(|part| hash.update(format!("{}:{part}", part.len())));
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Options of the sessions of a pack that `provider` runs, otherwise like these.
    pub(super) fn session(&self, provider: Provider, pack: &str, options: &SessionOptions) -> SessionOptions {
        let folder = self.folder.as_ref().filter(|_| provider == Provider::CoreMl);
        let compiled = folder.map(|folder| folder.join(self.compiled(pack)));
        SessionOptions { provider, compiled, ..options.clone() }
    }

    /// Name of the folder of what Core ML compiles of a pack.
    fn compiled(&self, pack: &str) -> String {
        format!("{COMPILED}{}", self.key(pack))
    }

    /// What is noted of an accelerator for a pack; `None` where nothing can be.
    pub(super) fn notes(&self, provider: Provider, pack: &str) -> Option<Notes> {
        Some(Notes { folder: self.folder.clone()?, key: self.key_of_notes(pack), provider })
    }

    /// The accelerator that won its trial for a pack, and what was found.
    pub(super) fn kept(&self, pack: &str) -> Option<(Provider, Note)> {
        let noted = |provider| Some((provider, self.notes(provider, pack)?.read()?));
        Provider::CANDIDATES.into_iter().filter_map(noted).find(|(_, note)| matches!(note, Note::Kept(_)))
    }

    /// Deletes the compiled graphs that nobody asks for, of other keys or of an accelerator that was refused: Core ML never
    /// does. The caller has the profile's lock: who has not may delete what another process runs.
    pub(super) fn tidy(&self, pack: &str) {
        let Some(Ok(entries)) = self.folder.as_ref().map(std::fs::read_dir) else { return };
        let refused = || {
            let note = self.notes(Provider::CoreMl, pack).and_then(|notes| notes.read());
            matches!(note, Some(Note::Refused(_)))
        };
        let asked_for = match self.choice {
            Provider::CoreMl => true,
            Provider::Auto => !refused(),
            _ => false,
        };
        let present = asked_for.then(|| self.compiled(pack));
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(COMPILED) && Some(&*name) != present.as_deref() {
                delete(&entry.path());
            }
        }
    }
}

/// Deletes a folder of compiled graphs, where it is there.
fn delete(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder)
        && error.kind() != ErrorKind::NotFound
    {
        log::warn!("graphs that an accelerator compiled cannot be deleted: {error}");
    }
}

/// The notes of one accelerator, in the file of all.
#[derive(Debug, Clone)]
pub(super) struct Notes {
    folder: PathBuf,
    key: String,
    provider: Provider,
}

/// What is in the file.
#[derive(Default, Serialize, Deserialize)]
struct Noted {
    key: String,
    notes: BTreeMap<String, Note>,
}

impl Notes {
    /// The notes under the present key; none where the file is of another one, or is not ours.
    fn all(&self) -> Noted {
        let read = || {
            let mut text = String::new();
            File::open(self.folder.join(NOTES)).ok()?.take(MAX_NOTES).read_to_string(&mut text).ok()?;
            serde_json::from_str(&text).ok().filter(|noted: &Noted| noted.key == self.key)
        };
        read().unwrap_or_else(|| Noted { key: self.key.clone(), ..Noted::default() })
    }
}

impl Memory for Notes {
    fn read(&self) -> Option<Note> {
        self.all().notes.remove(self.provider.name())
    }

    fn write(&mut self, note: Option<&Note>) -> Result<()> {
        let mut noted = self.all();
        noted.notes.remove(self.provider.name());
        noted.notes.extend(note.map(|note| (self.provider.name().to_owned(), note.clone())));
        let write = || {
            std::fs::create_dir_all(&self.folder)?;
            let next = self.folder.join(format!("{NOTES}.next"));
            let mut file = File::create(&next)?;
            file.write_all(&serde_json::to_vec(&noted)?)?;
            file.sync_all()?;
            std::fs::rename(&next, self.folder.join(NOTES))?;
            if cfg!(unix) { File::open(&self.folder)?.sync_all() } else { Ok(()) }
        };
        write().map_err(|error: std::io::Error| {
            Error::internal(format!("what was found of an accelerator cannot be written: {error}"))
        })
    }
}

impl Loaded {
    /// Under `Provider::Auto`: tries the accelerators of this device that were not tried yet, and has texts run on the first
    /// that wins. Seconds, where one has to compile.
    pub(super) fn try_accelerators(&self, cancel: &CancelToken) -> Result<()> {
        let model = &self.model;
        if model.accelerators.choice != Provider::Auto {
            return Ok(());
        }
        let there = runtime::available(model.options.library.as_deref())?;
        let trial = |variant| self.trial(variant, cancel);
        self.try_some(&there, |provider| model.variant(provider), trial, cancel)
    }

    /// Tries those of the providers that are there and have a variant, in the order of `Provider::CANDIDATES`.
    fn try_some(
        &self,
        there: &[Provider],
        variant: impl Fn(Provider) -> Option<Variant>,
        trial: impl Fn(Variant) -> Result<Note>,
        cancel: &CancelToken,
    ) -> Result<()> {
        let (model, pack) = (&self.model, self.pack_id());
        let mut unended = lock_unless(&model.trials, || cancel.check())?;
        // Also where it has failed since: nothing more is tried before the next start.
        if model.text.accelerator().is_some() {
            return Ok(());
        }
        let mut found = Vec::new();
        for provider in Provider::candidates(there) {
            let Some(variant) = variant(provider) else { continue };
            let Some(mut notes) = model.accelerators.notes(provider, pack) else {
                found.push(
                    "nothing was tried: without a folder for the profile nothing can be remembered"
                        .to_owned(),
                );
                break;
            };
            let decided = decide(&mut notes, unended.entry(provider).or_default(), |trying| {
                // What a process was compiling when it ended may be half of something, and what ends the next one.
                if let (Note::TryingAgain, Some(folder)) = (trying, &variant.options.compiled) {
                    delete(folder);
                }
                trial(variant.clone())
            });
            match decided {
                Ok(note) => {
                    found.push(note.says(provider));
                    if let Note::Kept(_) = note {
                        // Before it is in use: from then on it may fail, and say so.
                        *lock(&model.decision) = Some(found.join("; "));
                        model.keep(variant);
                        return Ok(());
                    }
                }
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                // The processor serves, as it did before.
                Err(error) => {
                    log::warn!("{provider} could not be tried: {error}");
                    found.push(format!("{provider} could not be tried"));
                }
            }
        }
        if found.is_empty() {
            found.push("there is nothing to try: no accelerator, or no variant of a graph for it".to_owned());
        }
        *lock(&model.decision) = Some(found.join("; "));
        Ok(())
    }

    /// Searches of the pack's own titles, by the processor's encoder and by a variant.
    fn trial(&self, variant: Variant, cancel: &CancelToken) -> Result<Note> {
        let (lengths, texts): (Vec<_>, Vec<_>) = self.canaries().into_iter().unzip();
        let missing = || Error::internal("a trial of an encoder that is not there");
        let searches = |encoder: Option<_>| {
            encoder.map(|encoder| Searches { view: self, encoder, texts: &texts, cancel }).ok_or_else(missing)
        };
        let mut processor = searches(self.model.text.apart(None)?)?;
        let mut accelerator = searches(self.model.text.apart(Some(variant))?)?;
        compare(&lengths, &mut processor, &mut accelerator)
    }

    fn canaries(&self) -> Vec<(Length, String)> {
        canaries(self.manifest().items, |row| self.codebook.title(row as u32))
    }
}

/// Queries, short and long in turn: three words of a title, and titles one after the other. The same at every start.
fn canaries<'a>(items: usize, title: impl Fn(usize) -> &'a str) -> Vec<(Length, String)> {
    let canary = |n: usize| {
        let row = n * items / CANARIES;
        if n.is_multiple_of(2) {
            let words: Vec<_> = beginning(title(row), SHORT).split_whitespace().take(3).collect();
            return (Length::Short, words.join(" "));
        }
        // More than so many have no room.
        let rows = (row..items).chain(0..row).take(LONG);
        let titles: Vec<_> =
            rows.map(|row| beginning(title(row), LONG)).filter(|text| !text.is_empty()).collect();
        (Length::Long, normalise(beginning(&titles.join(". "), LONG)))
    };
    (0..CANARIES).map(canary).filter(|(_, query)| !query.is_empty()).collect()
}

/// An encoder of the queries of a trial.
struct Searches<'a> {
    view: &'a Loaded,
    encoder: Apart<'a>,
    texts: &'a [String],
    cancel: &'a CancelToken,
}

impl Searches<'_> {
    fn features(&self, canary: usize) -> Result<Features> {
        self.encoder.features(&self.texts[canary], self.view.codebook.words(), self.cancel)
    }
}

impl Backend for Searches<'_> {
    fn scores(&mut self, canary: usize) -> Result<Vec<f32>> {
        self.view.scores_of(&self.texts[canary], &self.features(canary)?, self.cancel)
    }

    fn time(&mut self, canary: usize) -> Result<Duration> {
        let began = Instant::now();
        self.features(canary)?;
        Ok(began.elapsed())
    }
}

/// At most so many bytes of a text.
fn beginning(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// What happens when an accelerator that was kept fails: it is not asked again, by this process or a later one.
pub(super) fn given_up(
    provider: Provider,
    notes: Option<Notes>,
    decision: Arc<Mutex<Option<String>>>,
) -> Arc<Yields> {
    Arc::new(Yields::new(move || {
        let note = Note::Refused("it failed later".to_owned());
        *lock(&decision) = Some(note.says(provider));
        if let Some(mut notes) = notes.clone()
            && let Err(error) = notes.write(Some(&note))
        {
            log::warn!("the next start tries {provider} again: {error}");
        }
    }))
}

impl Note {
    /// The note in words.
    pub(super) fn says(&self, provider: Provider) -> String {
        match self {
            Self::Trying | Self::TryingAgain => format!("{provider} is being tried"),
            Self::Kept(figures) => format!("{provider} kept: {figures}"),
            Self::Refused(why) => format!("{provider} refused: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;

impl Loaded {
    fn scores_of(&self, query: &str, features: &Features, cancel: &CancelToken) -> Result<Vec<f32>> {
        let _ = (query, features, cancel);
        Ok(Vec::new())
    }
}
