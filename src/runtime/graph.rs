//! One ONNX graph, ready to run.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use ort::ep;
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::TensorRef;

use super::io::Declaration;
use super::placement::Placement;
use super::{CancelToken, ExecutionProvider, library};
use crate::error::{Error, Result};
use crate::sync::lock;

/// Options of a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionOptions {
    /// Path of ONNX Runtime; see `library`.
    pub(crate) library: Option<PathBuf>,
    /// Threads that work inside one operator, the caller's included.
    pub(crate) threads: usize,
    /// Used beside the processor, which every session has.
    pub(crate) provider: ExecutionProvider,
    /// Folder for the models that Core ML compiles from the graphs of this pack; `None` keeps none.
    pub(crate) compiled: Option<PathBuf>,
}

impl SessionOptions {
    /// The same options on the processor alone.
    pub(crate) fn on_processor(&self) -> Self {
        Self { provider: ExecutionProvider::Cpu, compiled: None, ..self.clone() }
    }

    /// Threads of ONNX Runtime's pool and of XNNPACK's. All go to the pool that does the work: XNNPACK's in graphs with a fixed
    /// axis, which are made for it; in other graphs it supports few nodes, if any.
    pub(super) fn pools(&self, axis: Option<FixedAxis>) -> [usize; 2] {
        let xnnpack = self.provider == ExecutionProvider::Xnnpack && axis.is_some();
        if xnnpack { [1, self.threads] } else { [self.threads, 1] }
    }
}

/// A dynamic axis of a graph that a session fixes to one length: accelerators need static shapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixedAxis {
    /// Its name in the graph.
    pub(crate) name: &'static str,
    pub(crate) length: usize,
}

/// A tensor to pass in, row-major.
pub(crate) enum Input<'a> {
    F32(&'a [usize], &'a [f32]),
    I64(&'a [usize], &'a [i64]),
}

/// A session, checked against the declaration of its graph.
///
/// Runs of one graph are serialised: `Run` is not reentrant with every provider, and on a phone a second core is better left
/// to the app.
#[derive(Debug)]
pub(crate) struct Graph {
    declaration: Declaration,
    label: String,
    provider: ExecutionProvider,
    placement: Placement,
    /// The session; `None` while a call runs it.
    idle: Mutex<Option<Session>>,
    ended: Condvar,
}

/// Longest wait for the session between two checks of the token.
const PATIENCE: Duration = Duration::from_millis(5);

/// The session of a graph, held by one call and returned on drop.
struct Turn<'a> {
    graph: &'a Graph,
    /// `Some` until drop.
    session: Option<Session>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.graph.idle) = self.session.take();
        self.graph.ended.notify_all();
    }
}

impl Graph {
    /// Makes a session from an ONNX model and checks its inputs and outputs. Takes milliseconds for the small graphs, tens of
    /// milliseconds for a sentence encoder, and up to seconds if the provider compiles. `model` is copied.
    pub(crate) fn load(model: &[u8], declaration: Declaration, options: &SessionOptions) -> Result<Self> {
        Self::load_fixed(model, declaration, None, options)
    }

    /// The same with one axis fixed.
    pub(crate) fn load_fixed(
        model: &[u8],
        declaration: Declaration,
        axis: Option<FixedAxis>,
        options: &SessionOptions,
    ) -> Result<Self> {
        let environment = library::environment(options.library.as_deref())?;
        let placement = Arc::new(Mutex::new(Placement::default()));
        let label = axis.map_or_else(|| declaration.graph.to_owned(), |axis| axis.label(declaration.graph));
        let mut builder = builder(&environment, options, axis, &label, &placement).map_err(|error| {
            Error::internal(format!("ONNX Runtime refuses the options of a session: {error}"))
        })?;
        let session = builder
            .commit_from_memory(model)
            .map_err(|error| declaration.bad(format!("ONNX Runtime cannot load it: {error}")))?;
        let declaration = declaration.of(&session);
        declaration.check(&session)?;
        let placement = std::mem::take(&mut *lock(&placement));
        let provider = options.provider;
        Ok(Self {
            declaration,
            label,
            provider,
            placement,
            idle: Mutex::new(Some(session)),
            ended: Condvar::new(),
        })
    }

    /// Name of the graph.
    pub(crate) fn name(&self) -> &'static str {
        self.declaration.graph
    }

    /// Name with the length of the fixed axis: "text-16".
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Whether the graph has this optional input.
    pub(crate) fn takes(&self, input: &str) -> bool {
        self.declaration.inputs.iter().any(|port| port.name == input)
    }

    /// The provider that the session was made for. It may run few of the nodes; see `nodes`.
    pub(crate) fn provider(&self) -> ExecutionProvider {
        self.provider
    }

    /// Node counts by provider; empty if ONNX Runtime logged none.
    pub(crate) fn nodes(&self) -> Vec<(String, usize)> {
        self.placement.nodes()
    }

    /// Runs the graph and copies its outputs. `inputs` and `shapes`, the expected shapes of the outputs, are in the declared
    /// order; optional inputs that the graph lacks are left out.
    ///
    /// Returns `Cancelled` if the token is or becomes cancelled, `BadPack` if an output has another shape.
    pub(crate) fn run<const N: usize>(
        &self,
        inputs: &[Input<'_>],
        shapes: [&[usize]; N],
        cancel: &CancelToken,
    ) -> Result<[Vec<f32>; N]> {
        debug_assert_eq!(inputs.len(), self.declaration.inputs.len());
        let values = self.declaration.inputs.iter().zip(inputs).map(|(port, input)| {
            let value: SessionInputValue<'_> = match *input {
                Input::F32(shape, data) => TensorRef::from_array_view((shape, data))?.into(),
                Input::I64(shape, data) => TensorRef::from_array_view((shape, data))?.into(),
            };
            Ok((Cow::Borrowed(port.name), value))
        });
        let values = values.collect::<ort::Result<Vec<_>>>().map_err(|error| self.failed(&error))?;
        let options = run_options().map_err(|error| self.failed(&error))?;
        let run = cancel.register(Arc::new(options))?;
        let mut turn = self.turn(cancel)?;
        let session = turn.session.as_mut().expect("a turn holds its session until drop");
        let outputs = session
            .run_with_options(values, run.options())
            .map_err(|error| if cancel.is_cancelled() { Error::Cancelled } else { self.failed(&error) })?;
        let mut copies = [const { Vec::new() }; N];
        for ((port, shape), copy) in self.declaration.outputs.iter().zip(shapes).zip(&mut copies) {
            let value = outputs.get(port.name).ok_or_else(|| self.declaration.bad("an output is missing"))?;
            let (found, data) = value.try_extract_tensor::<f32>().map_err(|error| self.failed(&error))?;
            if !found.iter().copied().eq(shape.iter().map(|&axis| axis as i64)) {
                let what = format!("output {:?} has shape {found:?} instead of {shape:?}", port.name);
                return Err(self.declaration.bad(what));
            }
            *copy = data.to_vec();
        }
        Ok(copies)
    }

    /// Waits for the session; returns `Cancelled` if the token is cancelled meanwhile.
    fn turn(&self, cancel: &CancelToken) -> Result<Turn<'_>> {
        let mut idle = lock(&self.idle);
        loop {
            cancel.check()?;
            if let Some(session) = idle.take() {
                return Ok(Turn { graph: self, session: Some(session) });
            }
            // The end of a run notifies; `cancel` cannot, so the token is polled.
            idle = self.ended.wait_timeout(idle, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Safe to log: messages of ONNX Runtime name nodes and shapes, never values.
    fn failed(&self, error: &ort::Error) -> Error {
        Error::internal(format!("graph {} failed: {error}", self.name()))
    }
}

impl FixedAxis {
    /// Name of a graph with this axis fixed.
    fn label(self, graph: &str) -> String {
        format!("{graph}-{}", self.length)
    }
}

fn run_options() -> ort::Result<RunOptions> {
    let mut options = RunOptions::new()?;
    // Otherwise each run logs at the verbose level of its session.
    options.set_log_level(LogLevel::Warning)?;
    Ok(options)
}

fn builder(
    environment: &ort::environment::Environment,
    options: &SessionOptions,
    axis: Option<FixedAxis>,
    label: &str,
    placement: &Arc<Mutex<Placement>>,
) -> ort::Result<SessionBuilder> {
    let placement = Arc::clone(placement);
    let [threads, xnnpack_threads] = options.pools(axis);
    let cpu = ep::CPU::default().with_arena_allocator(false).build().error_on_failure();
    let providers: Vec<_> = options
        .provider
        .dispatch(xnnpack_threads, options.compiled.as_deref(), label)
        .into_iter()
        .chain([cpu])
        .collect();
    let mut builder = Session::builder(environment)?
        .with_intra_threads(threads)?
        .with_inter_threads(1)?
        .with_parallel_execution(false)?
        // Spinning would save microseconds and drain the battery between requests.
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // With dynamic shapes a memory plan of the last call does not fit the next.
        .with_memory_pattern(axis.is_some())?
        .with_log_level(LogLevel::Verbose)?
        .with_logger(Arc::new(move |level, category, _, _, message| match level {
            LogLevel::Verbose | LogLevel::Info => lock(&placement).read(message),
            _ => library::say(level, category, message),
        }))?
        .with_execution_providers(providers)?;
    if let Some(FixedAxis { name, length }) = axis {
        builder = builder.with_dimension_override(name, length as i64)?;
    }
    // Minimal builds of ONNX Runtime have no optimiser and reject the option.
    builder = match builder.with_optimization_level(GraphOptimizationLevel::All) {
        Ok(builder) => builder,
        Err(error) => error.recover(),
    };
    Ok(builder)
}
