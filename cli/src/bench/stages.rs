//! Times of the stages of many calls, as median and 95th percentile.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Result;
use gensr::Response;
use serde::{Serialize, Serializer};

/// Two percentiles, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub p50: f64,
    pub p95: f64,
}

impl Spread {
    /// Nearest-rank percentiles; zeros for no samples.
    pub fn of(samples: &mut [f64]) -> Self {
        samples.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * samples.len() as f64).ceil().max(1.0) as usize;
            samples.get(rank - 1).copied().unwrap_or(0.0)
        };
        Self { p50: at(0.50), p95: at(0.95) }
    }
}

/// Stage times while they are collected.
#[derive(Debug, Default)]
pub struct Samples {
    order: Vec<&'static str>,
    times: HashMap<&'static str, Vec<f64>>,
}

impl Samples {
    /// Takes one call in. `total` is the caller's wall time, not what the engine says about itself.
    pub fn measure(&mut self, call: impl FnOnce() -> gensr::Result<Response>) -> Result<Response> {
        let began = Instant::now();
        let response = call()?;
        let total = began.elapsed().as_secs_f64() * 1000.0;
        for time in response.timings.iter().filter(|time| time.stage != "total") {
            self.add(time.stage, time.ms);
        }
        self.add("total", total);
        Ok(response)
    }

    fn add(&mut self, stage: &'static str, ms: f64) {
        if !self.order.contains(&stage) {
            self.order.push(stage);
        }
        self.times.entry(stage).or_default().push(ms);
    }

    /// The spread of each stage, in the order they ran.
    pub fn stages(mut self) -> Stages {
        self.order.sort_by_key(|stage| *stage == "total");
        let spread = |stage: &'static str| {
            let times = self.times.get_mut(stage).map_or(&mut [][..], |times| times.as_mut_slice());
            (stage, Spread::of(times))
        };
        Stages(self.order.into_iter().map(spread).collect())
    }
}

/// Stages in the order they ran, `total` last.
#[derive(Debug)]
pub struct Stages(pub Vec<(&'static str, Spread)>);

impl Stages {
    /// The spread of one stage.
    pub fn get(&self, stage: &str) -> Option<Spread> {
        self.0.iter().find(|(name, _)| *name == stage).map(|(_, spread)| *spread)
    }
}

impl Serialize for Stages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(stage, spread)| (stage, spread)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gensr::StageTime;

    #[test]
    fn percentiles_by_hand() {
        let mut hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&mut hundred), Spread { p50: 50.0, p95: 95.0 });
        assert_eq!(Spread::of(&mut [3.0]), Spread { p50: 3.0, p95: 3.0 });
        assert_eq!(Spread::of(&mut []), Spread { p50: 0.0, p95: 0.0 });
    }

    #[test]
    fn total_is_last_and_measured_outside() {
        let mut samples = Samples::default();
        let mut response = Response::default();
        response.timings = vec![StageTime::new("text", 2.0), StageTime::new("total", 1e9)];
        samples.measure(|| Ok(response)).unwrap();
        samples.measure(|| Err(gensr::Error::Closed)).unwrap_err();
        let stages = samples.stages();
        assert_eq!(stages.0.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["text", "total"]);
        assert_eq!(stages.get("text").unwrap().p50, 2.0);
        assert!(stages.get("total").unwrap().p50 < 1e6);
    }
}
