//! Which provider has how many nodes of a graph.
//!
//! ONNX Runtime places every node that an accelerator does not take on the processor, without a word: "runs on Core ML" may
//! mean one node of a hundred. It counts them in what a session logs while it is made, at the level `verbose`; asking costs
//! neither a run nor a file, as a profile would, nor `unsafe`, as its C interface would. What is logged is no interface: should
//! the wording change, nothing is known, and says so.

use super::Provider;

/// Nodes of a graph on each provider, as they run: what an accelerator takes over in one piece is one node of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Placement(Vec<(String, usize)>);

impl Placement {
    /// Reads a message of a session that is being made.
    pub(super) fn read(&mut self, message: &str) {
        let Some((_, rest)) = message.split_once(" placed on [") else { return };
        let Some((name, rest)) = rest.split_once(']') else { return };
        let Some((_, nodes)) = rest.split_once("Number of nodes: ") else { return };
        let digits = nodes.trim_start().split(|c: char| !c.is_ascii_digit()).next();
        let Some(nodes) = digits.and_then(|digits| digits.parse().ok()) else { return };
        let name = Provider::of_runtime(name).map_or_else(|| name.to_owned(), |ours| ours.name().to_owned());
        self.0.push((name, nodes));
    }

    /// Name of a provider and its nodes, the names in alphabetical order; nothing where it is not known.
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
            "one of nobody's is named as it is"
        );
    }
}
