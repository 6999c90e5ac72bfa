//! ONNX Runtime: the library, sessions, execution providers, threads and cancellation. The only place that names `ort`.
//!
//! ```text
//! library    finds and loads ONNX Runtime once per process
//! io         names, dtypes and shapes of every graph, checked against each session when it is made
//! graph      a session and how it runs
//! provider   execution providers
//! placement  how many nodes of a graph each provider has
//! cancel     stops runs in flight
//! ```

mod cancel;
mod graph;
mod io;
mod library;
mod placement;
mod provider;
#[cfg(test)]
mod tests;

pub use cancel::CancelToken;
pub(crate) use graph::{FixedAxis, Graph, Input, SessionOptions};
pub(crate) use io::{INSTRUCTION, Sizes, decoder, history, item, padded_text, text};
pub(crate) use library::build;
pub use provider::ExecutionProvider;
