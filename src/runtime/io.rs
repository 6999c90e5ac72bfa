//! Names, dtypes and shapes of every graph (docs/pack-format.md, section 5), and their check against a session.

use std::fmt;

use ort::session::Session;
use ort::value::{Outlet, TensorElementType, ValueType};

use crate::error::{Error, Result};

/// Sizes of a pack that its graphs share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// d, width of item vectors.
    pub(crate) dim: usize,
    /// r, width of semantic codes.
    pub(crate) semantic: usize,
    /// T, width of the text graph's output.
    pub(crate) text: usize,
    /// Q, width of a query's features.
    pub(crate) query: usize,
    /// L, layers of the decoder.
    pub(crate) layers: usize,
    /// H, attention heads.
    pub(crate) heads: usize,
    /// h, width of a head.
    pub(crate) head_dim: usize,
}

/// One axis of an input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// Any length; varies between calls.
    Free,
    /// Exactly this length.
    Fixed(usize),
}
use Axis::{Fixed, Free};

/// Element type of an input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    F32,
    I64,
}
use Element::{F32, I64};

/// One input or output.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub(crate) name: &'static str,
    element: Element,
    axes: Vec<Axis>,
    /// Whether a graph may lack it.
    optional: bool,
}

/// Inputs and outputs of a graph, in the order in which the engine passes them.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    /// Name of the graph in messages and diagnostics.
    pub(crate) graph: &'static str,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

fn port(name: &'static str, element: Element, axes: impl Into<Vec<Axis>>) -> Port {
    Port { name, element, axes: axes.into(), optional: false }
}

/// Marks an input as optional.
fn optional(port: Port) -> Port {
    Port { optional: true, ..port }
}

/// Token ids of one text -> its vector.
pub(crate) fn text(sizes: &Sizes) -> Declaration {
    Declaration {
        graph: "text",
        inputs: vec![port("input_ids", I64, [Fixed(1), Free])],
        outputs: vec![port("text", F32, [Fixed(1), Fixed(sizes.text)])],
    }
}

/// Token ids of one text, padded to `tokens`, and their mask -> its vector: the form of the text graph for accelerators.
pub(crate) fn padded_text(sizes: &Sizes, tokens: usize) -> Declaration {
    Declaration {
        graph: "text",
        inputs: vec![
            port("input_ids", I64, [Fixed(1), Fixed(tokens)]),
            port("mask", I64, [Fixed(1), Fixed(tokens)]),
        ],
        outputs: vec![port("text", F32, [Fixed(1), Fixed(sizes.text)])],
    }
}

/// Features of the texts of items -> their rows.
pub(crate) fn item(sizes: &Sizes) -> Declaration {
    let Sizes { dim, semantic, query, .. } = *sizes;
    Declaration {
        graph: "item",
        inputs: vec![port("features", F32, [Free, Fixed(query)])],
        outputs: vec![port("fused", F32, [Free, Fixed(dim)]), port("semantic", F32, [Free, Fixed(semantic)])],
    }
}

/// New events and the past state -> the new state.
pub(crate) fn history(sizes: &Sizes) -> Declaration {
    let Sizes { dim, semantic, query, layers, heads, head_dim, .. } = *sizes;
    let views = [Fixed(2), Fixed(2), Fixed(heads), Free, Fixed(head_dim)];
    let decoder = [Fixed(layers), Fixed(2), Fixed(heads), Free, Fixed(head_dim)];
    Declaration {
        graph: "history",
        inputs: vec![
            port("fused", F32, [Free, Fixed(dim)]),
            port("semantic", F32, [Free, Fixed(semantic)]),
            port("query", F32, [Free, Fixed(query)]),
            port("task", I64, [Free]),
            port("kind", I64, [Free]),
            port("gap", I64, [Free]),
            port("past_views", F32, views),
            port("past_decoder", F32, decoder),
        ],
        outputs: vec![port("views", F32, views), port("decoder", F32, decoder)],
    }
}

/// Name of the decoder's optional input with the features of an instruction in words.
pub(crate) const INSTRUCTION: &str = "instruction";

/// A prompt over a state -> the output vector.
pub(crate) fn decoder(sizes: &Sizes) -> Declaration {
    let Sizes { dim, query, layers, heads, head_dim, .. } = *sizes;
    Declaration {
        graph: "decoder",
        inputs: vec![
            port("query", F32, [Free, Fixed(query)]),
            port("task", I64, [Free]),
            port("gap", I64, [Free]),
            port("state", F32, [Fixed(layers), Fixed(2), Fixed(heads), Free, Fixed(head_dim)]),
            optional(port(INSTRUCTION, F32, [Free, Fixed(query)])),
        ],
        outputs: vec![port("output", F32, [Free, Fixed(dim)])],
    }
}

impl Declaration {
    /// Drops the optional inputs that a session lacks.
    pub(super) fn of(mut self, session: &Session) -> Self {
        let has = |name| session.inputs().iter().any(|outlet| outlet.name() == name);
        self.inputs.retain(|port| !port.optional || has(port.name));
        self
    }

    /// Returns `BadPack` if the inputs or outputs of a session differ from the declared ones. Extra outputs are ignored.
    pub(super) fn check(&self, session: &Session) -> Result<()> {
        self.check_ports("input", &self.inputs, session.inputs())?;
        self.check_ports("output", &self.outputs, session.outputs())?;
        for outlet in session.inputs() {
            if !self.inputs.iter().any(|port| port.name == outlet.name()) {
                return Err(self.bad(format!("unknown input {:?}", outlet.name())));
            }
        }
        Ok(())
    }

    fn check_ports(&self, what: &str, ports: &[Port], outlets: &[Outlet]) -> Result<()> {
        for port in ports {
            let Some(outlet) = outlets.iter().find(|outlet| outlet.name() == port.name) else {
                return Err(self.bad(format!("no {what} {:?}", port.name)));
            };
            if !port.fits(outlet.dtype()) {
                return Err(self.bad(format!("{what} {:?} is {}, not {port}", port.name, outlet.dtype())));
            }
        }
        Ok(())
    }

    /// A `BadPack` that names the graph.
    pub(super) fn bad(&self, what: impl fmt::Display) -> Error {
        Error::bad_pack(format!("graph {}: {what}", self.graph))
    }
}

impl Port {
    fn fits(&self, found: &ValueType) -> bool {
        let ValueType::Tensor { ty, shape, .. } = found else { return false };
        let element = match self.element {
            F32 => TensorElementType::Float32,
            I64 => TensorElementType::Int64,
        };
        // A dynamic axis of the graph takes any length; an axis that we vary must be dynamic in the graph.
        let axis_fits = |(axis, found): (&Axis, &i64)| match axis {
            Free => *found == -1,
            Fixed(length) => *found == -1 || usize::try_from(*found) == Ok(*length),
        };
        *ty == element && shape.len() == self.axes.len() && self.axes.iter().zip(shape.iter()).all(axis_fits)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.element {
            F32 => "f32",
            I64 => "i64",
        })?;
        let axis = |axis: &Axis| match axis {
            Free => "any".to_owned(),
            Fixed(length) => length.to_string(),
        };
        write!(f, "[{}]", self.axes.iter().map(axis).collect::<Vec<_>>().join(", "))
    }
}
