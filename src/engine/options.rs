//! What a host may set.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::profile::ProfileOptions;
use crate::runtime::Provider;

/// Most threads of one operator.
pub const MAX_THREADS: usize = 64;
/// Most bytes of `EngineOptions::os_build`.
pub const MAX_OS_BUILD: usize = 1024;

/// How an engine runs. The defaults suit phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// Path of ONNX Runtime's shared library. `None`: the variable `ORT_DYLIB_PATH`, else the platform's usual name,
    /// which is right on Android with the library in the app. The first engine of a process decides for all.
    pub onnxruntime: Option<PathBuf>,
    /// Threads that work inside one operator of a graph, 1 to `MAX_THREADS`. The graphs are small: more than one rarely pays.
    pub threads: usize,
    /// Where the graphs run (docs/providers.md).
    pub provider: Provider,
    /// What tells this build of the operating system from the next, for example Android's `Build.FINGERPRINT`: when it changes,
    /// what accelerators have compiled and what `Provider::Auto` has found is made anew. `None`: what files of the system say,
    /// where apps may read them. At most `MAX_OS_BUILD` bytes.
    pub os_build: Option<String>,
    /// How the user's profile is kept: how much of it, how long, and encrypted with which key.
    pub profile: ProfileOptions,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            onnxruntime: None,
            threads: 1,
            provider: Provider::Cpu,
            os_build: None,
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
        if self.os_build.as_ref().is_some_and(|build| build.len() > MAX_OS_BUILD) {
            return Err(Error::invalid(format!("os_build is longer than {MAX_OS_BUILD} bytes")));
        }
        self.profile.check()?;
        self.provider.check(self.onnxruntime.as_deref())
    }
}
