//! Execution providers: names, availability, and how a session registers one.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;

use ort::ep::{self, ExecutionProvider as _, ExecutionProviderDispatch, coreml};

use super::library;
use crate::error::{Error, Result};

/// An execution provider of ONNX Runtime, chosen by name (docs/providers.md).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionProvider {
    /// The processor; always available.
    #[default]
    Cpu,
    /// XNNPACK, for float graphs on Arm processors. In graphs that a pack holds for it, it gets the threads instead of ONNX
    /// Runtime's own pool.
    Xnnpack,
    /// Core ML, on Apple devices.
    CoreMl,
    /// NNAPI, on Android. Deprecated since Android 15.
    Nnapi,
}

impl ExecutionProvider {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Xnnpack, Self::CoreMl, Self::Nnapi];

    /// Name in options and in diagnostics: lower-case letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Xnnpack => "xnnpack",
            Self::CoreMl => "coreml",
            Self::Nnapi => "nnapi",
        }
    }

    /// The variant of a graph made for this provider: the part after the `@` of its section (docs/pack-format.md, 4.5).
    pub(crate) fn variant(self) -> Option<&'static str> {
        match self {
            Self::Cpu => None,
            // The Neural Engine computes in 16 bits only.
            Self::CoreMl => Some("fp16"),
            // NNAPI takes 32-bit tensors and narrows by itself; older Arm processors have no 16-bit arithmetic.
            Self::Xnnpack | Self::Nnapi => Some("fp32"),
        }
    }

    /// Maps ONNX Runtime's name of a provider to ours; `None` for one that gensr does not offer.
    pub(super) fn of_runtime(name: &str) -> Option<Self> {
        let named = [
            (ep::CPU::NAME, Self::Cpu),
            (ep::XNNPACK::NAME, Self::Xnnpack),
            (ep::CoreML::NAME, Self::CoreMl),
            ("NnapiExecutionProvider", Self::Nnapi),
        ];
        named.into_iter().find_map(|(theirs, ours)| (theirs == name).then_some(ours))
    }

    /// Whether the loaded ONNX Runtime was built with it.
    fn is_built_in(self) -> bool {
        let found = match self {
            Self::Cpu => return true,
            Self::Xnnpack => ep::XNNPACK::is_available(),
            Self::CoreMl => ep::CoreML::is_available(),
            // Registered through a symbol that only Android builds export, so it cannot be linked against.
            #[cfg(feature = "ort-dynamic")]
            Self::Nnapi => ep::NNAPI::is_available(),
            #[cfg(not(feature = "ort-dynamic"))]
            Self::Nnapi => return false,
        };
        found.unwrap_or(false)
    }

    /// Returns `InvalidArgument` if the ONNX Runtime at `library` lacks this provider. Loads the library, except for `Cpu`.
    pub(crate) fn check(self, library: Option<&Path>) -> Result<()> {
        if self == Self::Cpu {
            return Ok(());
        }
        let available = available(library)?;
        if available.contains(&self) {
            return Ok(());
        }
        let names: Vec<_> = available.into_iter().map(Self::name).collect();
        let build = library::build().unwrap_or_default();
        Err(Error::invalid(format!(
            "ONNX Runtime {build} has no execution provider {self} here; it has {}",
            names.join(", ")
        )))
    }

    /// The registration for a session; `None` for the processor, which every session has. `threads` is XNNPACK's pool.
    /// Core ML keeps the compiled form of a graph in `compiled`/`graph`.
    pub(super) fn dispatch(
        self,
        threads: usize,
        compiled: Option<&Path>,
        graph: &str,
    ) -> Option<ExecutionProviderDispatch> {
        let dispatch = match self {
            Self::Cpu => return None,
            Self::Xnnpack => {
                let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
                ep::XNNPACK::default().with_intra_op_num_threads(threads).build()
            }
            Self::CoreMl => {
                let core_ml = ep::CoreML::default()
                    .with_model_format(coreml::ModelFormat::MLProgram)
                    .with_compute_units(coreml::ComputeUnits::CPUAndNeuralEngine)
                    .with_static_input_shapes(true)
                    .with_subgraphs(false)
                    .with_specialization_strategy(coreml::SpecializationStrategy::FastPrediction)
                    .with_low_precision_accumulation_on_gpu(false);
                match compiled.and_then(|compiled| compiled_folder(compiled, graph)) {
                    Some(folder) => core_ml.with_model_cache_dir(folder).build(),
                    None => core_ml.build(),
                }
            }
            #[cfg(feature = "ort-dynamic")]
            Self::Nnapi => ep::NNAPI::default().with_fp16(true).with_disable_cpu(true).build(),
            #[cfg(not(feature = "ort-dynamic"))]
            Self::Nnapi => return None,
        };
        Some(dispatch.error_on_failure())
    }
}

/// A folder for each graph: Core ML keys its cache by the structure of a graph, which the variants of one graph share.
/// Without a folder each session compiles anew, into the system's temporary folder.
fn compiled_folder(compiled: &Path, graph: &str) -> Option<String> {
    let folder = compiled.join(graph);
    match std::fs::create_dir_all(&folder) {
        Ok(()) => folder.into_os_string().into_string().ok(),
        Err(error) => {
            log::warn!("no folder for the models that Core ML compiles: {error}");
            None
        }
    }
}

/// Execution providers of the ONNX Runtime at `library`, the processor first. Loads the library.
fn available(library: Option<&Path>) -> Result<Vec<ExecutionProvider>> {
    library::environment(library)?;
    Ok(ExecutionProvider::ALL.into_iter().filter(|provider| provider.is_built_in()).collect())
}

impl fmt::Display for ExecutionProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ExecutionProvider {
    type Err = Error;

    /// Parses a name; case does not matter.
    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|provider| provider.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.into_iter().map(Self::name).collect();
            Error::invalid(format!("an execution provider is one of {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for provider in ExecutionProvider::ALL {
            assert_eq!(provider.name().to_uppercase().parse(), Ok(provider));
        }
        for name in ["cuda", "auto", ""] {
            let error = name.parse::<ExecutionProvider>().unwrap_err();
            let says = "one of cpu, xnnpack, coreml, nnapi";
            assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains(says)), "{error}");
        }
    }

    #[test]
    fn a_missing_provider_is_refused_with_the_names_of_those_there() {
        let available = available(None).unwrap();
        assert_eq!(available[0], ExecutionProvider::Cpu);
        for provider in ExecutionProvider::ALL {
            let checked = provider.check(None);
            if available.contains(&provider) {
                assert_eq!(checked, Ok(()));
                continue;
            }
            let says = format!("has no execution provider {provider} here; it has cpu");
            let error = checked.unwrap_err();
            assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains(&says)), "{error}");
        }
    }
}
