//! Opens packs and engines, and words what went wrong for a person at a terminal.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, anyhow, bail};
use gensr::{Engine, EngineOptions, Error, ExecutionProvider, Pack, PackSource};

/// The execution provider of the engines of this program.
static PROVIDER: OnceLock<ExecutionProvider> = OnceLock::new();

/// Sets the execution provider of every engine that is opened later. Only the first call counts.
pub fn run_on(provider: ExecutionProvider) {
    PROVIDER.get_or_init(|| provider);
}

/// Opens a pack without an engine.
pub fn pack(path: &Path) -> Result<Pack> {
    Pack::open(PackSource::Path(path.to_path_buf())).map_err(|error| explain(error, path))
}

/// Adds to an error of the library which pack it is about and what to do.
pub fn explain(error: Error, pack: &Path) -> anyhow::Error {
    let name = pack.display();
    match &error {
        Error::BadPack { .. } => {
            anyhow!(
                "{name}: {error}; copy or build it again (a pack is one .gensr file, written by `gensr-models build`)"
            )
        }
        Error::Incompatible { .. } => anyhow!("{name}: {error}; update gensr, or build the pack again"),
        _ => anyhow!(error),
    }
}

/// Opens an engine; `profile` is the folder of the recorded history, if one is to be read.
pub fn engine(path: &Path, profile: Option<&Path>) -> Result<Engine> {
    engine_on(PROVIDER.get().copied().unwrap_or_default(), path, profile)
}

/// Opens an engine on an execution provider of its own.
pub fn engine_on(provider: ExecutionProvider, path: &Path, profile: Option<&Path>) -> Result<Engine> {
    if let Some(folder) = profile.filter(|folder| !folder.is_dir()) {
        bail!(
            "{} is not a folder: a profile is the folder that the app gave to the engine",
            folder.display()
        );
    }
    let options = EngineOptions::default().onnxruntime(runtime_library()).provider(provider);
    let source = PackSource::Path(path.to_path_buf());
    Engine::open(source, profile, options).map_err(|error| explain(error, path))
}

/// ONNX Runtime beside the program, in `../lib` (installed) or in `../onnxruntime` (`target/` of the repository);
/// `None` leaves it to the library: the variable `ORT_DYLIB_PATH`, else the system's own.
fn runtime_library() -> Option<PathBuf> {
    if std::env::var_os("ORT_DYLIB_PATH").is_some_and(|path| !path.is_empty()) {
        return None;
    }
    let name = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let places = [folder.to_path_buf(), folder.join("../lib"), folder.join("../onnxruntime")];
    places.into_iter().map(|place| place.join(&name)).find(|path| path.is_file())
}
