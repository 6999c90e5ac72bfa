//! Where Core ML keeps the models that it compiles from the graphs of a pack.
//!
//! Each pack has a folder below `coreml` in the profile, named by a key of pack, ONNX Runtime and engine. Core ML itself never
//! deletes a compiled model. The folder holds nothing of the user's and may be deleted at any time.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::runtime::{self, ExecutionProvider};

const FOLDER: &str = "coreml";

/// Folder of the compiled models; `None` without a profile folder.
#[derive(Debug, Clone)]
pub(crate) struct CompiledModels(Option<PathBuf>);

impl CompiledModels {
    pub(crate) fn new(profile: Option<&Path>) -> Self {
        Self(profile.map(|profile| profile.join(FOLDER)))
    }

    /// The folder for the graphs of a pack on `provider`; `None` if that compiles nothing that could be kept. ONNX Runtime
    /// must be loaded, because its version is part of the key.
    pub(crate) fn folder(&self, provider: ExecutionProvider, pack: &str) -> Option<PathBuf> {
        let folder = self.0.as_ref().filter(|_| provider == ExecutionProvider::CoreMl)?;
        Some(folder.join(key(pack)))
    }

    /// Deletes the compiled models of other keys, or all of them if `provider` is not Core ML. The caller must hold the lock of
    /// the profile: another process may be running these models.
    pub(crate) fn tidy(&self, provider: ExecutionProvider, pack: &str) {
        let Some(Ok(entries)) = self.0.as_ref().map(std::fs::read_dir) else { return };
        let keep = self.folder(provider, pack);
        for entry in entries.flatten() {
            let path = entry.path();
            if Some(&path) == keep.as_ref() {
                continue;
            }
            if let Err(error) = std::fs::remove_dir_all(&path) {
                log::warn!("models that Core ML compiled cannot be deleted: {error}");
            }
        }
    }
}

fn key(pack: &str) -> String {
    let runtime = runtime::build().unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [pack, &runtime, env!("CARGO_PKG_VERSION")] {
        // The length keeps two lists of parts from reading the same.
        hash.update(format!("{}:{part}", part.len()));
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_core_ml_with_a_profile_keeps_compiled_models() {
        let profile = Path::new("profile");
        let compiled = CompiledModels::new(Some(profile));
        for provider in ExecutionProvider::ALL {
            let folder = compiled.folder(provider, "a pack");
            assert_eq!(folder.is_some(), provider == ExecutionProvider::CoreMl, "{provider}");
            assert!(folder.is_none_or(|folder| folder.starts_with(profile)));
            assert_eq!(CompiledModels::new(None).folder(provider, "a pack"), None);
        }
        let folder = |pack: &str| compiled.folder(ExecutionProvider::CoreMl, pack);
        assert_ne!(folder("a pack"), folder("another pack"));
    }

    #[test]
    fn compiled_models_of_other_packs_and_other_providers_are_deleted() {
        let profile = tempfile::tempdir().unwrap();
        let compiled = CompiledModels::new(Some(profile.path()));
        compiled.tidy(ExecutionProvider::CoreMl, "a pack");
        let folder = |pack: &str| compiled.folder(ExecutionProvider::CoreMl, pack).unwrap();
        let (present, other) = (folder("a pack"), folder("another pack"));
        for provider in ExecutionProvider::ALL {
            for folder in [&present, &other] {
                std::fs::create_dir_all(folder.join("text-16")).unwrap();
            }
            compiled.tidy(provider, "a pack");
            assert_eq!(present.join("text-16").exists(), provider == ExecutionProvider::CoreMl, "{provider}");
            assert!(!other.exists());
        }
    }
}
