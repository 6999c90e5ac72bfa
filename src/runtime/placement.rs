//! How many nodes of a graph each execution provider has.
//!
//! ONNX Runtime silently places every node that a provider does not support on the processor: "runs on Core ML" may mean one
//! node of a hundred. A session logs the counts at level `verbose` while it is made. Reading that log needs neither a run nor a
//! file, as profiling would, nor `unsafe`, as the C interface would. The wording of the log is not a stable interface; if it
//! changes, there are no counts.

use super::ExecutionProvider;

/// Nodes of a graph on each provider, as they run. A subgraph that a provider runs in one piece counts as one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Placement(Vec<(String, usize)>);

impl Placement {
    /// Parses one log message of a session that is being made; other messages are ignored.
    pub(super) fn read(&mut self, message: &str) {
        let Some((_, rest)) = message.split_once(" placed on [") else { return };
        let Some((name, rest)) = rest.split_once(']') else { return };
        let Some((_, nodes)) = rest.split_once("Number of nodes: ") else { return };
        let digits = nodes.trim_start().split(|c: char| !c.is_ascii_digit()).next();
        let Some(nodes) = digits.and_then(|digits| digits.parse().ok()) else { return };
        let name = ExecutionProvider::of_runtime(name)
            .map_or_else(|| name.to_owned(), |ours| ours.name().to_owned());
        self.0.push((name, nodes));
    }

    /// Provider names and node counts, in alphabetical order; empty if ONNX Runtime logged none.
    pub(crate) fn nodes(&self) -> Vec<(String, usize)> {
        let mut nodes = self.0.clone();
        nodes.sort();
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_and_other_messages_are_not() {
        let mut placement = Placement::default();
        for message in [
            "Node placements",
            "  Node(s) placed on [CoreMLExecutionProvider]. Number of nodes: 2",
            "  CoreMLExecutionProvider_CoreML_1 (CoreML_0)",
            "  Node(s) placed on [CPUExecutionProvider]. Number of nodes: 31",
            " placed on [",
            " placed on [CPUExecutionProvider]. Number of nodes: many",
            " placed on [CPUExecutionProvider]. Number of nodes: 99999999999999999999999",
        ] {
            placement.read(message);
        }
        assert_eq!(placement.nodes(), [("coreml".to_owned(), 2), ("cpu".to_owned(), 31)]);
        let mut other = Placement::default();
        other.read(" All nodes placed on [QNNExecutionProvider]. Number of nodes: 7");
        assert_eq!(
            other.nodes(),
            [("QNNExecutionProvider".to_owned(), 7)],
            "an unknown provider keeps ONNX Runtime's name"
        );
    }
}
