//! `gensr playground`: a page on this machine that shows the engine as the app on a phone would.
//!
//! ```text
//! page     the files of cli/playground, compiled in
//! server   HTTP on 127.0.0.1: allowed clients, limits, responses
//! api      the calls of the page, each one a call of the engine
//! wire     what answers look like as JSON
//! ```
//!
//! The socket is here, in the command line. The engine opens none.

mod api;
mod page;
mod server;
mod wire;

use anyhow::Result;
use gensr::CancelToken;
use serde::Serialize;

use crate::args::PlaygroundArgs;
use crate::open;
use crate::output::{self, bold, dim};
use api::Api;
use server::Server;

#[derive(Serialize)]
struct Started<'a> {
    url: &'a str,
    /// Where the history goes; `null`: nowhere.
    profile: Option<&'a std::path::Path>,
}

/// Runs the command; it ends with the process.
pub fn run(args: &PlaygroundArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.profile.as_deref())?;
    engine.warm_up(&CancelToken::new())?;
    let server = Server::start(args.port, Api::new(engine))?;
    let url = server.url();
    output::show(json, &Started { url: &url, profile: args.profile.as_deref() }, || {
        let kept = match &args.profile {
            Some(folder) => format!("what you do is recorded in {}", folder.display()),
            None => "what you do is kept in memory, until this ends".to_owned(),
        };
        format!("{}\n{}\n", bold(&url), dim(format!("{kept}; Ctrl-C ends it")))
    })?;
    if args.open
        && let Err(error) = ::open::that_detached(&url)
    {
        eprintln!("no browser could be started: {error}");
    }
    server.join()
}
