//! Keeping ONNX Runtime from reporting to its maker.

use std::sync::Once;

/// ONNX Runtime reads it once, when the first environment of the process is made.
const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

/// Switches telemetry off for builds of ONNX Runtime that have it (official ones from 1.29 on), whichever the app ships.
/// Once per process, before ONNX Runtime is loaded; a value that the host has set stays.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if std::env::var_os(VARIABLE).is_some() {
            return;
        }
        // SAFETY: Rust's own readers of the environment are locked out, and so are those of Apple's libc and of glibc from
        // 2.41 on. Elsewhere C code that reads the environment on another thread in this very moment would race, as with
        // any `setenv` of the host: one that cannot rule that out sets the variable first thing in its process, and then
        // nothing is set here (docs/packs-on-device.md).
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var(VARIABLE, "1");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telemetry_is_off_before_onnx_runtime_is_loaded() {
        start();
        assert!(std::env::var_os(VARIABLE).is_some_and(|value| value == "1"));
    }
}
