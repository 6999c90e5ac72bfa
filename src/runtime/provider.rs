//! Where a graph runs.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch, coreml};

use super::library;
use crate::error::{Error, Result};

/// An execution provider of ONNX Runtime, or the choice of one (docs/providers.md).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// The processor; always there.
    #[default]
    Cpu,
    /// XNNPACK, for float graphs on Arm processors. It gets the threads of the graphs that packs have for it; those of others stay
    /// the processor's.
    Xnnpack,
    /// Core ML, on Apple devices.
    CoreMl,
    /// NNAPI, on Android devices before 15, where it was deprecated. Only for who asks for it by name.
    Nnapi,
    /// The processor, until `Engine::warm_up` has found that an accelerator answers the same on this device, and sooner.
    Auto,
}

impl Provider {
    /// All of them, the default first.
    pub const ALL: [Self; 5] = [Self::Cpu, Self::Xnnpack, Self::CoreMl, Self::Nnapi, Self::Auto];

    /// Name in options and in diagnostics: lower-case letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Xnnpack => "xnnpack",
            Self::CoreMl => "coreml",
            Self::Nnapi => "nnapi",
            Self::Auto => "auto",
        }
    }

    /// What `auto` tries, in this order. NNAPI is never among them.
    pub(crate) const CANDIDATES: [Self; 2] = [Self::CoreMl, Self::Xnnpack];

    /// What `auto` tries where these providers are there.
    pub(crate) fn candidates(there: &[Self]) -> impl Iterator<Item = Self> {
        Self::CANDIDATES.into_iter().filter(|candidate| there.contains(candidate))
    }

    /// The variant of a graph that it runs, the part after the `@` of its section (docs/pack-format.md, 4.5).
    pub(crate) fn variant(self) -> Option<&'static str> {
        match self {
            Self::Cpu | Self::Auto => None,
            // The Neural Engine computes in 16 bits and nothing else.
            Self::CoreMl => Some("fp16"),
            // NNAPI takes tensors of 32 bits and narrows by itself; older Arm processors have no arithmetic of 16.
            Self::Xnnpack | Self::Nnapi => Some("fp32"),
        }
    }

    /// The provider that ONNX Runtime calls so, where it is one of ours.
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
            // Registered by a symbol that other builds than Android's lack, so nothing can be linked against it.
            #[cfg(feature = "ort-dynamic")]
            Self::Nnapi => ep::NNAPI::is_available(),
            #[cfg(not(feature = "ort-dynamic"))]
            Self::Nnapi => return false,
            Self::Auto => return false,
        };
        found.unwrap_or(false)
    }

    /// Refuses a provider that the ONNX Runtime at `library` does not have, which it loads for all but `Cpu`.
    pub(crate) fn check(self, library: Option<&Path>) -> Result<()> {
        if self == Self::Cpu {
            return Ok(());
        }
        let there = available(library)?;
        if self == Self::Auto || there.contains(&self) {
            return Ok(());
        }
        let there: Vec<_> = there.into_iter().map(Self::name).collect();
        let build = library::build().unwrap_or_default();
        Err(Error::invalid(format!(
            "ONNX Runtime {build} has no execution provider {self} here; it has {}",
            there.join(", ")
        )))
    }

    /// How a session is told to use it; `None` for the processor, which every session has. `threads` are those that XNNPACK
    /// gets; what is compiled of a graph is in the folder of its name in `compiled`.
    pub(super) fn dispatch(
        self,
        threads: usize,
        compiled: Option<&Path>,
        graph: &str,
    ) -> Option<ExecutionProviderDispatch> {
        let dispatch = match self {
            Self::Cpu | Self::Auto => return None,
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

/// Where a graph is kept compiled: a folder of its own, since Core ML tells apart what it keeps by the structure of a graph,
/// which variants of one graph share. Without one everything is compiled again by each session, into the temporary folder.
fn compiled_folder(compiled: &Path, graph: &str) -> Option<String> {
    let folder = compiled.join(graph);
    match std::fs::create_dir_all(&folder) {
        Ok(()) => folder.into_os_string().into_string().ok(),
        Err(error) => {
            log::warn!("what Core ML compiles cannot be kept: {error}");
            None
        }
    }
}

/// The execution providers of the ONNX Runtime at `library`, which it loads; the processor first.
pub(crate) fn available(library: Option<&Path>) -> Result<Vec<Provider>> {
    library::environment(library)?;
    Ok(Provider::ALL.into_iter().filter(|provider| provider.is_built_in()).collect())
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = Error;

    /// The provider with this name, in letters of any case.
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
        for provider in Provider::ALL {
            assert_eq!(provider.name().to_uppercase().parse(), Ok(provider));
        }
        let error = "cuda".parse::<Provider>().unwrap_err();
        assert!(
            matches!(&error, Error::InvalidArgument { reason } if reason.contains("coreml, nnapi, auto"))
        );
    }

    #[test]
    fn what_this_onnx_runtime_lacks_is_refused_and_what_it_has_is_named() {
        let there = available(None).unwrap();
        assert_eq!(there[0], Provider::Cpu);
        assert!(!there.contains(&Provider::Auto), "a choice, not a provider");
        for provider in Provider::ALL {
            let checked = provider.check(None);
            if provider == Provider::Auto || there.contains(&provider) {
                assert_eq!(checked, Ok(()));
                continue;
            }
            let says = format!("has no execution provider {provider} here; it has cpu");
            let error = checked.unwrap_err();
            assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains(&says)), "{error}");
        }
    }

    #[test]
    fn auto_tries_what_is_there_in_its_own_order() {
        let candidates = |there: &[Provider]| Provider::candidates(there).collect::<Vec<_>>();
        assert_eq!(candidates(&Provider::ALL), [Provider::CoreMl, Provider::Xnnpack]);
        assert_eq!(candidates(&[Provider::Cpu, Provider::Xnnpack, Provider::Nnapi]), [Provider::Xnnpack]);
        assert_eq!(candidates(&[Provider::Cpu]), []);
    }

    #[test]
    fn auto_never_tries_nnapi() {
        assert!(!Provider::CANDIDATES.contains(&Provider::Nnapi));
        assert!(Provider::CANDIDATES.iter().all(|candidate| candidate.variant().is_some()));
    }
}
