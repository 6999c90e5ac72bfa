//! How long each stage of a call took, and what ran where.

use std::time::Instant;

use crate::error::Result;
use crate::filter::Facet;
use crate::request::{Hit, Response, StageTime};
use crate::runtime::{CancelToken, Graph};

/// The stages of one call.
pub(super) struct Trace<'a> {
    cancel: &'a CancelToken,
    started: Instant,
    stage_started: Instant,
    stages: Vec<StageTime>,
    providers: Vec<(&'static str, String)>,
}

impl<'a> Trace<'a> {
    /// Starts the clock, unless the call is cancelled already.
    pub(super) fn start(cancel: &'a CancelToken) -> Result<Self> {
        cancel.check()?;
        let now = Instant::now();
        Ok(Self { cancel, started: now, stage_started: now, stages: Vec::new(), providers: Vec::new() })
    }

    /// Ends a stage; the next begins. `Cancelled` where the call was cancelled meanwhile.
    pub(super) fn end(&mut self, stage: &'static str) -> Result<()> {
        self.cancel.check()?;
        let now = Instant::now();
        self.stages.push(StageTime { stage, ms: ms(self.stage_started, now) });
        self.stage_started = now;
        Ok(())
    }

    /// Notes that a graph ran.
    pub(super) fn ran(&mut self, graph: &Graph) {
        self.ran_on(graph.name(), graph.provider().name());
    }

    pub(super) fn ran_on(&mut self, graph: &'static str, provider: &str) {
        self.providers.push((graph, provider.to_owned()));
    }

    /// The answer.
    pub(super) fn finish(mut self, hits: Vec<Hit>, total_hits: usize, facets: Vec<Facet>) -> Response {
        self.stages.push(StageTime { stage: "total", ms: ms(self.started, Instant::now()) });
        Response { hits, total_hits, facets, timings: self.stages, providers: self.providers }
    }
}

fn ms(from: Instant, to: Instant) -> f64 {
    (to - from).as_secs_f64() * 1e3
}
