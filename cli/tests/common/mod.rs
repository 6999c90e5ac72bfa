//! Runs the program that was built, and reads what it says.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Exit code and output of a run of the program.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `gensr` with these arguments, without colour.
pub fn gensr<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Run {
    run(Command::new(env!("CARGO_BIN_EXE_gensr")).args(args))
}

fn run(command: &mut Command) -> Run {
    let output: Output = command.env("NO_COLOR", "1").output().unwrap();
    Run {
        code: output.status.code().expect("it ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it with this text on standard input.
pub fn gensr_with<S: AsRef<std::ffi::OsStr>>(args: &[S], input: &str) -> Run {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gensr"));
    run(command.args(args).stdin(file))
}

/// Runs it with `--json` and parses the answer; it has to succeed.
pub fn json<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Value {
    let mut all: Vec<&std::ffi::OsStr> = args.iter().map(AsRef::as_ref).collect();
    all.push("--json".as_ref());
    let run = gensr(&all);
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap()
}

impl Run {
    /// It failed with one line on standard error that has all of `parts`, and said nothing else.
    pub fn fails_with(&self, parts: &[&str]) {
        assert_eq!(self.code, 1, "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.starts_with("error: ") && self.err.trim_end().lines().count() == 1, "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{self:?} should say {part:?}");
        }
    }
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The stored pack of format 1, without graphs that run.
pub fn fixture() -> PathBuf {
    repository("tests/fixtures/pack-v1.gensr")
}

/// The demo pack, or the one that `GENSR_TEST_PACK` names. A test without it fails, and so does one without ONNX Runtime.
#[track_caller]
pub fn demo() -> PathBuf {
    let given = std::env::var_os("GENSR_TEST_PACK").map(PathBuf::from);
    let path = given.unwrap_or_else(|| repository("models/demo/demo.gensr"));
    assert!(path.is_file(), "{} is missing: it is committed, `git checkout` brings it back", path.display());
    if let Some(library) = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from) {
        // A bare name is left to the system's loader.
        let found = library.is_file() || library.components().count() == 1;
        assert!(
            found,
            "ONNX Runtime is missing at {}: scripts/fetch-onnxruntime fetches it",
            library.display()
        );
    }
    path
}
