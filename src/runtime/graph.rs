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
use super::{CancelToken, Provider, library};
use crate::error::{Error, Result};
use crate::sync::lock;

/// How sessions are made.
#[derive(Debug, Clone)]
pub(crate) struct SessionOptions {
    /// Path of ONNX Runtime; see `library`.
    pub(crate) library: Option<PathBuf>,
    /// Threads that work inside one operator, the caller's included.
    pub(crate) threads: usize,
    /// Beside the processor, which every session has; not `Auto`.
    pub(crate) provider: Provider,
    /// Folder for what an accelerator compiles of the graphs of this pack; `None`: nowhere.
    pub(crate) compiled: Option<PathBuf>,
}

impl SessionOptions {
    /// The same without an accelerator.
    pub(crate) fn on_processor(&self) -> Self {
        Self { provider: Provider::Cpu, compiled: None, ..self.clone() }
    }

    /// Threads of ONNX Runtime's pool and of XNNPACK's own: all go to the one that computes. That is XNNPACK in graphs for
    /// accelerators, which have a fixed axis; of others it takes little, if anything.
    pub(super) fn pools(&self, axis: Option<FixedAxis>) -> [usize; 2] {
        let xnnpack = self.provider == Provider::Xnnpack && axis.is_some();
        if xnnpack { [1, self.threads] } else { [self.threads, 1] }
    }
}

/// An axis of a graph that a session makes as long as it says: accelerators want to know every length beforehand.
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
/// Runs of one graph are one after the other: ONNX Runtime's `Run` is not safe to enter twice with every provider, and
/// on a phone a second core is better spent on the app.
#[derive(Debug)]
pub(crate) struct Graph {
    declaration: Declaration,
    label: String,
    provider: Provider,
    placement: Placement,
    /// The session, while no call runs it.
    idle: Mutex<Option<Session>>,
    ended: Condvar,
}

/// How long a waiting call may go without a look at its token.
const PATIENCE: Duration = Duration::from_millis(5);

/// The session of a graph, lent to one call.
struct Turn<'a> {
    graph: &'a Graph,
    /// There until the turn ends.
    session: Option<Session>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.graph.idle) = self.session.take();
        self.graph.ended.notify_all();
    }
}

impl Graph {
    /// Makes a session of an ONNX model and checks its inputs and outputs. Milliseconds for the small graphs, tens of
    /// milliseconds for a sentence encoder, up to seconds where an accelerator compiles; `model` is copied and may go away.
    pub(crate) fn load(model: &[u8], declaration: Declaration, options: &SessionOptions) -> Result<Self> {
        Self::load_fixed(model, declaration, None, options)
    }

    /// The same, with an axis that is fixed.
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

    /// Its name, and the length of an axis that is fixed: "text-16".
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Whether it has an input that graphs of its kind may lack.
    pub(crate) fn takes(&self, input: &str) -> bool {
        self.declaration.inputs.iter().any(|port| port.name == input)
    }

    /// Where it runs.
    pub(crate) fn provider(&self) -> Provider {
        self.provider
    }

    /// Name of a provider and how many nodes it has; nothing where ONNX Runtime does not say.
    pub(crate) fn nodes(&self) -> Vec<(String, usize)> {
        self.placement.nodes()
    }

    /// Runs the graph on `inputs` (in the declared order, without those that it lacks) and copies its outputs, which must have the given shapes (in
    /// the declared order, too).
    ///
    /// `Cancelled` when the token is or becomes cancelled; `BadPack` when an output has another shape.
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
        let session = turn.session.as_mut().expect("it is there until the turn ends");
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

    /// Waits for the session, or for the token.
    fn turn(&self, cancel: &CancelToken) -> Result<Turn<'_>> {
        let mut idle = lock(&self.idle);
        loop {
            cancel.check()?;
            if let Some(session) = idle.take() {
                return Ok(Turn { graph: self, session: Some(session) });
            }
            // Whoever ends a run says so; who cancels does not know what waits under the token.
            idle = self.ended.wait_timeout(idle, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Messages of ONNX Runtime name nodes and shapes, never values.
    fn failed(&self, error: &ort::Error) -> Error {
        Error::internal(format!("graph {} failed: {error}", self.name()))
    }
}

impl FixedAxis {
    /// Name of a graph with this axis.
    fn label(self, graph: &str) -> String {
        format!("{graph}-{}", self.length)
    }
}

fn run_options() -> ort::Result<RunOptions> {
    let mut options = RunOptions::new()?;
    // Runs would log as much as the making of their session does.
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
    let [threads, of_xnnpack] = options.pools(axis);
    let cpu = ep::CPU::default().with_arena_allocator(false).build().error_on_failure();
    let providers: Vec<_> = options
        .provider
        .dispatch(of_xnnpack, options.compiled.as_deref(), label)
        .into_iter()
        .chain([cpu])
        .collect();
    let mut builder = Session::builder(environment)?
        .with_intra_threads(threads)?
        .with_inter_threads(1)?
        .with_parallel_execution(false)?
        // Threads that spin between requests drain the battery for microseconds.
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // Shapes differ from call to call, so a plan of the memory of the last call only holds it back.
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
    // Minimal builds have no optimiser and refuse the option.
    builder = match builder.with_optimization_level(GraphOptimizationLevel::All) {
        Ok(builder) => builder,
        Err(error) => error.recover(),
    };
    Ok(builder)
}
