//! `gensr install`: another pack in the place of one.

use anyhow::Result;
use gensr::{CancelToken, InstallRequest};

use crate::args::InstallArgs;
use crate::open;
use crate::output::{self, count};

/// Runs the command.
pub fn run(args: &InstallArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.profile.as_deref())?;
    let request = InstallRequest::new(&args.new, args.sha256.as_str());
    let installed = engine.install(&request, &CancelToken::new());
    let installed = installed.map_err(|error| open::explain(error, &args.new))?;
    output::show(json, &installed, || {
        let mut text = format!("was {}\nis  {}\n", installed.previous_pack_id, installed.pack_id);
        if args.profile.is_some() {
            let counted = [installed.events, installed.dormant, installed.deactivated, installed.reactivated];
            let [events, dormant, fell_asleep, woke] = counted.map(|number| count(number as u64));
            text += &format!(
                "{events} events; {dormant} sleep, as the pack lacks their items: {fell_asleep} of them newly, {woke} woke\n"
            );
        }
        text
    })
}
