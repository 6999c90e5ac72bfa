//! Where a graph runs.

use std::fmt;

use crate::error::{Error, Result};

/// An execution provider of ONNX Runtime.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// The processor; always there, and the fastest for graphs of this size on most phones.
    #[default]
    Cpu,
    /// XNNPACK, for float graphs on Arm processors.
    Xnnpack,
    /// Core ML, on Apple devices.
    CoreMl,
    /// NNAPI, on Android devices before 15.
    Nnapi,
}

impl Provider {
    /// Name in diagnostics, and after the `@` of a graph variant in a pack.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Xnnpack => "xnnpack",
            Self::CoreMl => "coreml",
            Self::Nnapi => "nnapi",
        }
    }

    /// Refuses a provider that this build does not carry.
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Cpu => Ok(()),
            other => Err(Error::invalid(format!(
                "execution provider {other} is not in this build; use Provider::Cpu"
            ))),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_in_says_so() {
        assert_eq!(Provider::Cpu.check(), Ok(()));
        for provider in [Provider::Xnnpack, Provider::CoreMl, Provider::Nnapi] {
            let error = provider.check().unwrap_err();
            assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains(provider.name())));
        }
    }
}
