//! Writes the Kotlin and Swift sources that belong to a built `gensr_ffi` library (scripts/generate-bindings).
fn main() {
    uniffi::uniffi_bindgen_main();
}
