//! The `gensr` command line: inspect, query, evaluate and benchmark packs.
//!
//! Exit code 0: done; 1: failed, with one line on standard error that says what to do (and two that point at the place of
//! a mistake in a filter); 2: typed wrongly.

mod args;
mod bench;
mod complete;
mod demo;
mod evaluate;
mod index;
mod inspect;
mod install;
mod items;
mod memory;
mod open;
mod output;
mod page;
mod playground;
mod profile;
mod query;
mod querysets;
mod typing;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        // `gensr ... | head` closes our output: not a failure.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let label = console::style("error:").red().bold().for_stderr();
            match error.downcast_ref::<page::Mistake>() {
                Some(mistake) => eprintln!("{label} {mistake}"),
                None => eprintln!("{label} {}", one_line(&error)),
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let json = cli.json;
    open::run_on(cli.provider.unwrap_or_default());
    match &cli.command {
        Command::Inspect(args) => inspect::inspect(args, json),
        Command::Verify(args) => inspect::verify(args, json),
        Command::Install(args) => install::run(args, json),
        Command::Search(args) => query::search(args, json),
        Command::Recommend(args) => query::recommend(args, json),
        Command::Similar(args) => query::similar(args, json),
        Command::Complete(args) => complete::run(args, json),
        Command::Type(args) => typing::run(args, json),
        Command::Upsert(args) => items::upsert(args, json),
        Command::Remove(args) => items::remove(args, json),
        Command::Items(args) => items::items(args, json),
        Command::Evaluate(args) => evaluate::run(args, json),
        Command::EvaluateFeed(args) => evaluate::feed::run(args, json),
        Command::Bench(args) => bench::run(args, cli.provider, json),
        Command::QuerySets(args) => querysets::run(args, json),
        Command::Index(args) => index::run(args, json),
        Command::Profile(args) => profile::run(args, json),
        Command::Demo(args) => demo::run(args, json),
        Command::Playground(args) => playground::run(args, json),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The whole chain of causes in one line.
fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
