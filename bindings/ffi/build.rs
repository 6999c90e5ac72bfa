//! How the library is linked, whatever drives the build.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Devices with pages of 16 KB load nothing that is aligned to less. NDK 28 does so by default, older ones do not; and
    // unlike RUSTFLAGS, which a machine's own silently replace, this cannot be lost. On Linux too, where it is tested.
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if matches!(system.as_str(), "android" | "linux") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
        println!("cargo::rustc-link-arg-cdylib=-Wl,-soname,libgensr_ffi.so");
    }
}
