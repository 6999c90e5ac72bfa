//! Finding and loading ONNX Runtime, once per process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use ort::environment::{Environment, EnvironmentBuilder};
use ort::logging::LogLevel;

use crate::error::{Error, Result};
use crate::sync::lock;

/// Environment variable with the path of ONNX Runtime, used if no option gives one.
#[cfg(feature = "ort-dynamic")]
const PATH_VARIABLE: &str = "ORT_DYLIB_PATH";

/// The one environment of the process. ONNX Runtime allows no second one, so it lives until the process ends.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The environment of this process. The first call loads the library: from `path`, else from the variable
/// `ORT_DYLIB_PATH`, else the platform's usual name. Later calls ignore `path` and return the same environment.
pub(super) fn environment(path: Option<&Path>) -> Result<Environment> {
    let mut environment = lock(&ENVIRONMENT);
    if let Some(environment) = environment.as_ref() {
        return Ok(environment.clone());
    }
    // `ort` returns most failures as errors, but panics if the library lacks parts of its interface.
    let loaded = catch_unwind(AssertUnwindSafe(|| load(path)))
        .unwrap_or_else(|_| Err(Error::internal(format!("ONNX Runtime does not start; {}", advice()))))?;
    log::info!("ONNX Runtime {}", ort_build());
    Ok(environment.insert(loaded).clone())
}

/// Release or build information of the loaded ONNX Runtime; `None` before it is loaded.
pub(crate) fn build() -> Option<String> {
    lock(&ENVIRONMENT).as_ref().map(|_| ort_build())
}

/// The release, if the build information names one ("git-branch=rel-1.28.0"), else all of it. `ort` does not wrap the C
/// function that returns the version.
fn ort_build() -> String {
    let info = ort::info();
    let release = info.split(['=', ',', ' ']).find_map(|word| word.strip_prefix("rel-"));
    release.unwrap_or(info.strip_prefix("ORT Build Info: ").unwrap_or(info)).to_owned()
}

fn load(path: Option<&Path>) -> Result<Environment> {
    builder(path)?
        .with_name("gensr")
        // Nothing leaves the device. Builds from 1.29 on already report at start, before this takes effect
        // (docs/packs-on-device.md).
        .with_telemetry(false)
        .with_logger(Arc::new(|level, category, _, _, message| say(level, category, message)))
        .build()
        .map_err(|error| Error::internal(format!("ONNX Runtime does not start: {error}; {}", advice())))
}

/// Forwards a message of ONNX Runtime to our log.
pub(super) fn say(level: LogLevel, category: &str, message: &str) {
    let level = match level {
        LogLevel::Verbose => log::Level::Trace,
        LogLevel::Info => log::Level::Debug,
        // A cancelled run; as-you-type search cancels all the time.
        _ if message.contains("terminate flag") => log::Level::Debug,
        // ONNX Runtime also logs the errors that its calls return.
        LogLevel::Warning | LogLevel::Error => log::Level::Warn,
        LogLevel::Fatal => log::Level::Error,
    };
    log::log!(target: "gensr::onnxruntime", level, "{category}: {message}");
}

#[cfg(feature = "ort-dynamic")]
fn builder(path: Option<&Path>) -> Result<EnvironmentBuilder> {
    let variable = std::env::var_os(PATH_VARIABLE).filter(|value| !value.is_empty());
    let usual = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path =
        path.map(Path::to_path_buf).or_else(|| variable.map(Into::into)).unwrap_or_else(|| usual.into());
    ort::init_from(&path).map_err(|error| match error {
        ort::LoadDynamicError::BadVersion { version_str, path } => Error::Incompatible {
            found: format!("ONNX Runtime {version_str} at {}", path.display()),
            supported: format!("ONNX Runtime 1.{} and later", ort::MINOR_VERSION),
        },
        other => Error::internal(format!("cannot load ONNX Runtime: {other}; {}", advice())),
    })
}

#[cfg(not(feature = "ort-dynamic"))]
fn builder(path: Option<&Path>) -> Result<EnvironmentBuilder> {
    if path.is_some() {
        return Err(Error::invalid("ONNX Runtime is linked into this build; no path can be given for it"));
    }
    Ok(ort::init())
}

/// Advice for error messages about a missing or unsuitable ONNX Runtime.
fn advice() -> String {
    let version = ort::MINOR_VERSION;
    if cfg!(not(feature = "ort-dynamic")) {
        format!("link ONNX Runtime 1.{version} or later into the app")
    } else if cfg!(target_os = "android") {
        format!(
            "add com.microsoft.onnxruntime:onnxruntime-android 1.{version} or later to the app, or give its path \
             in EngineOptions::onnxruntime"
        )
    } else {
        format!(
            "give the path of the shared library of ONNX Runtime 1.{version} or later in EngineOptions::onnxruntime \
             or in the variable ORT_DYLIB_PATH (`scripts/fetch-onnxruntime` of the repository gets one)"
        )
    }
}
