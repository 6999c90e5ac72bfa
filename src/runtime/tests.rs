use std::thread;
use std::time::{Duration, Instant};

use super::io::Declaration;
use super::*;
use crate::error::Error;

/// Counts to the largest token id, one node at a time; T is 4 (`fixtures/counting.py`).
const COUNTING: &[u8] = include_bytes!("fixtures/counting.onnx");

fn sizes(text: usize) -> Sizes {
    Sizes { dim: 64, semantic: 64, text, query: 64 + text, layers: 1, heads: 1, head_dim: 64 }
}

fn load(declaration: Declaration) -> crate::Result<Graph> {
    let options =
        SessionOptions { library: None, threads: 1, provider: ExecutionProvider::Cpu, compiled: None };
    Graph::load(COUNTING, declaration, &options)
}

fn count(graph: &Graph, to: i64, cancel: &CancelToken) -> crate::Result<f32> {
    let [vector] = graph.run(&[Input::I64(&[1, 2], &[0, to])], [&[1, 4]], cancel)?;
    Ok(vector[0])
}

#[test]
fn runs_a_graph() {
    let graph = load(text(&sizes(4))).unwrap();
    assert_eq!((graph.name(), graph.provider()), ("text", ExecutionProvider::Cpu));
    assert_eq!(count(&graph, 3, &CancelToken::new()), Ok(3.0));
    let nodes = graph.nodes();
    assert!(matches!(&nodes[..], [(cpu, 1..)] if cpu == "cpu"), "{nodes:?}");
    assert!(build().is_some_and(|build| !build.is_empty()));
}

#[test]
fn graphs_are_checked_against_their_declaration() {
    for (declaration, says) in [
        (text(&sizes(5)), "output \"text\""),
        (decoder(&sizes(4)), "no input \"query\""),
        (history(&sizes(4)), "no input \"fused\""),
    ] {
        let error = load(declaration).unwrap_err();
        assert!(matches!(&error, Error::BadPack { reason } if reason.contains(says)), "{error}");
    }
    let options =
        SessionOptions { library: None, threads: 1, provider: ExecutionProvider::Cpu, compiled: None };
    for model in [&b""[..], b"not a graph", &COUNTING[..COUNTING.len() / 2]] {
        let error = Graph::load(model, text(&sizes(4)), &options).unwrap_err();
        assert!(matches!(&error, Error::BadPack { reason } if reason.starts_with("graph text: ")), "{error}");
    }
}

#[test]
fn threads_go_to_the_pool_that_computes() {
    let axis = Some(FixedAxis { name: "tokens", length: 16 });
    for provider in ExecutionProvider::ALL {
        let options = SessionOptions { library: None, threads: 4, provider, compiled: None };
        let fixed = if provider == ExecutionProvider::Xnnpack { [1, 4] } else { [4, 1] };
        assert_eq!((options.pools(axis), options.pools(None)), (fixed, [4, 1]), "{provider}");
    }
}

#[test]
fn outputs_are_checked_against_what_was_asked() {
    let graph = load(text(&sizes(4))).unwrap();
    let result = graph.run(&[Input::I64(&[1, 1], &[1])], [&[1, 5]], &CancelToken::new());
    assert!(matches!(result, Err(Error::BadPack { .. })), "{result:?}");
}

#[test]
fn a_cancelled_token_starts_nothing() {
    let graph = load(text(&sizes(4))).unwrap();
    let token = CancelToken::new();
    token.cancel();
    assert_eq!(count(&graph, i64::MAX, &token), Err(Error::Cancelled));
    assert_eq!(count(&graph, 2, &CancelToken::new()), Ok(2.0), "other tokens are not concerned");
}

#[test]
fn a_run_in_flight_is_stopped() {
    let graph = load(text(&sizes(4))).unwrap();
    let token = CancelToken::new();
    let started = Instant::now();
    let result = thread::scope(|scope| {
        let run = scope.spawn(|| count(&graph, i64::MAX, &token));
        thread::sleep(Duration::from_millis(50));
        assert!(!run.is_finished(), "it would count for millennia");
        token.clone().cancel();
        run.join().unwrap()
    });
    assert_eq!(result, Err(Error::Cancelled));
    // Far above what it takes, far below what counting takes.
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(count(&graph, 2, &CancelToken::new()), Ok(2.0), "the session is as good as before");
}

#[test]
fn a_call_that_waits_for_its_turn_is_stopped_too() {
    let graph = load(text(&sizes(4))).unwrap();
    let (first, second) = (CancelToken::new(), CancelToken::new());
    thread::scope(|scope| {
        let running = scope.spawn(|| count(&graph, i64::MAX, &first));
        thread::sleep(Duration::from_millis(30));
        let waiting = scope.spawn(|| count(&graph, i64::MAX, &second));
        thread::sleep(Duration::from_millis(30));
        second.cancel();
        assert_eq!(waiting.join().unwrap(), Err(Error::Cancelled));
        assert!(!running.is_finished(), "the call that it waited for goes on");
        first.cancel();
        assert_eq!(running.join().unwrap(), Err(Error::Cancelled));
    });
    assert_eq!(count(&graph, 2, &CancelToken::new()), Ok(2.0));
}
