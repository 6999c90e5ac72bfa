//! `cargo run --example index STAGING`: the lexical index of a staging folder, as a build asks for it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(staging) = std::env::args_os().nth(1) else {
        eprintln!("usage: index STAGING");
        return ExitCode::from(2);
    };
    match gensr::index(Path::new(&staging)) {
        Ok(summary) => {
            println!("{summary:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
