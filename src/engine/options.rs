//! Options of an engine.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::profile::ProfileOptions;
use crate::runtime::ExecutionProvider;
use crate::setters::setters;

/// Most threads of one operator.
pub const MAX_THREADS: usize = 64;

/// How an engine runs. The defaults suit phones.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Path of ONNX Runtime's shared library. `None` takes the environment variable `ORT_DYLIB_PATH`, else the platform's usual
    /// name, which is right on Android with the library in the app. The first engine of a process decides for all.
    pub onnxruntime: Option<PathBuf>,
    /// Threads inside one operator of a graph, 1 to `MAX_THREADS`. The graphs are small, so more than one rarely helps.
    pub threads: usize,
    /// Execution provider of the graphs (docs/providers.md). `Diagnostics::nodes` says how many nodes it has taken.
    pub provider: ExecutionProvider,
    /// Bounds on the user's profile, and its encryption key.
    pub profile: ProfileOptions,
}

setters!(EngineOptions {
    onnxruntime: impl Into<Option<PathBuf>>,
    threads: usize,
    provider: ExecutionProvider,
    profile: ProfileOptions,
});

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            onnxruntime: None,
            threads: 1,
            provider: ExecutionProvider::Cpu,
            profile: ProfileOptions::default(),
        }
    }
}

impl EngineOptions {
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=MAX_THREADS).contains(&self.threads) {
            return Err(Error::invalid(format!(
                "threads is {}; it must be 1 to {MAX_THREADS}",
                self.threads
            )));
        }
        self.profile.check()?;
        self.provider.check(self.onnxruntime.as_deref())
    }
}
