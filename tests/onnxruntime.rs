//! A missing or wrong ONNX Runtime is an error that says what to do. Each case in a process of its own, because a
//! process loads the library once.
#![cfg(feature = "ort-dynamic")]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use gensr::{Engine, EngineOptions, PackSource};

/// The child of the other tests: opens a pack and prints what came of it.
#[test]
#[ignore = "run by the other tests in a process of its own"]
fn child_opens_a_pack() {
    let pack = common::root().join("models/demo/demo.gensr");
    let option = std::env::var_os("GENSR_TEST_LIBRARY").map(Into::into);
    let options = EngineOptions::default().onnxruntime(option);
    // Twice: the first failure must not spoil the second try.
    for _ in 0..2 {
        match Engine::open(PackSource::Path(pack.clone()), None, options.clone()) {
            Ok(engine) => println!("\nopened with {:?}", engine.diagnostics().onnxruntime),
            Err(error) => println!("\nrefused: {error}"),
        }
    }
}

fn open_with(option: Option<&Path>, variable: Option<&Path>) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["child_opens_a_pack", "--exact", "--ignored", "--nocapture"])
        .env_remove("GENSR_TEST_LIBRARY");
    option.map(|path| child.env("GENSR_TEST_LIBRARY", path));
    variable.map(|path| child.env("ORT_DYLIB_PATH", path));
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut lines = lines.lines().filter(|line| line.starts_with("opened") || line.starts_with("refused"));
    let (first, second) = (lines.next().unwrap().to_owned(), lines.next().unwrap());
    assert_eq!(first, second);
    first
}

#[test]
fn missing_and_wrong_libraries_say_what_to_do() {
    let text = tempfile::NamedTempFile::with_suffix(".so").unwrap();
    std::fs::write(text.path(), "not a library").unwrap();
    for wrong in [Path::new("/nonexistent/libonnxruntime.so"), text.path()] {
        for said in [open_with(Some(wrong), None), open_with(None, Some(wrong))] {
            assert!(said.starts_with("refused: internal error: cannot load ONNX Runtime: "), "{said}");
            assert!(said.contains("ORT_DYLIB_PATH"), "{said}");
        }
    }
    #[cfg(target_os = "linux")]
    {
        let said = open_with(Some(Path::new("libm.so.6")), None);
        assert!(said.contains("OrtGetApiBase"), "{said}");
    }
}

#[test]
fn the_option_goes_before_the_variable() {
    let library = std::env::var_os("ORT_DYLIB_PATH").expect("cargo sets it (.cargo/config.toml)");
    let said = open_with(Some(Path::new(&library)), Some(Path::new("/nonexistent")));
    assert!(said.starts_with("opened with Some"), "{said}");
}
