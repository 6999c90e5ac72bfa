"""`gensr-models build`: tables to a pack, in steps that a killed run does not repeat."""

from __future__ import annotations

from pathlib import Path

import torch

from gensr_models.build.learning import NetworkBuild, Observer, Prepared, Trained
from gensr_models.build.packing import PackBuild
from gensr_models.build.run import Run
from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import Dataset
from gensr_models.engine.index import read_index
from gensr_models.model import Network
from gensr_models.text.features import text_features
from gensr_models.training import earlier
from gensr_models.training.batches import EventTable
from gensr_models.training.event_table import event_table
from gensr_models.training.objective import Model
from gensr_models.training.processes import Processes
from gensr_models.training.rules import Decisions, decide

__all__ = ["Observer", "Prepared", "Trained", "build", "prepare", "reopened", "train"]


def build(
    dataset: Dataset,
    out: Path,
    settings: Settings,
    seed: int,
    progress: Progress,
    processes: Processes | None = None,
    prepared: Prepared | None = None,
    warm_start: Path | None = None,
    at_any_loss: bool = False,
    design: type[Network] = Network,
) -> dict:
    """Trains a model on a data set and writes its pack.

    The folder `<out>.run` beside the pack keeps the log, the checkpoint and the staged texts; a build of the same data
    with the same settings goes on from there.

    Args:
        dataset: the tables, read.
        out: the pack to write.
        settings: what the user decided.
        seed: of everything that is drawn.
        progress: where bars are shown.
        processes: where several train together: this one is the first, the others `follow` it.
        prepared: words, signals and text features, where another build of this data and seed has made them.
        warm_start: a pack, or the run folder of one, whose model this one begins as.
        at_any_loss: skip the quality check, for packs that are measured and not shipped.
        design: the network, or a variant of it that `research` compares with it.

    Returns:
        The report: decisions, curve, figures on valid, pack id and size, seconds of each step.

    Raises:
        QualityError: the 8-bit model loses more on valid than is allowed.
    """
    run = Run.beside(dataset, out, settings, seed, progress)
    with run.logged():
        network = NetworkBuild(run, processes, prepared, warm_start=warm_start, design=design)
        return PackBuild(network, network.network(), at_any_loss).execute()


def prepare(dataset: Dataset, folder: Path, settings: Settings, seed: int, progress: Progress) -> Prepared:
    """Makes what all builds of a data set and seed share; `folder` keeps texts and vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    made = NetworkBuild(Run(dataset, folder / "none.gensr", settings, seed, progress, folder))
    return made.prepare(decide(dataset, settings, seed))


def train(
    dataset: Dataset,
    out: Path,
    settings: Settings,
    seed: int,
    progress: Progress,
    prepared: Prepared,
    observer: Observer | None = None,
    design: type[Network] = Network,
) -> Trained:
    """The network of a build without the rest; `build` with the same `out` goes on from it."""
    run = Run.beside(dataset, out, settings, seed, progress)
    with run.logged():
        return NetworkBuild(run, None, prepared, observer, design=design).network()


@torch.inference_mode()
def reopened(
    dataset: Dataset, run: Path, pack: Path, report: dict, progress: Progress
) -> tuple[Model, EventTable, Decisions]:
    """The model of a finished run in float, as it was when its pack was written, with the events it reads.

    Args:
        dataset: the tables of the build.
        run: its folder.
        pack: the pack of the run.
        report: its report.
        progress: where bars are shown.

    Raises:
        ValueError: the folder holds no checkpoint of this build.
    """
    decisions, found, projection = Decisions.of_record(report["decisions"]), None, None
    for path in sorted(run.glob("*/checkpoint.pt")):
        saved = torch.load(path, weights_only=True, map_location="cpu")
        if saved["curve"] == report["curve"] and saved["best"] is not None:
            # Texts were read through the projection of an earlier model where this one began with it.
            found, projection = saved["best"], earlier.text_of(path.parent)
    if found is None:
        raise ValueError(f"{run} has no checkpoint of the build that its report.json tells of")
    settings = Settings.model_validate(report["settings"])
    step = NetworkBuild(Run(dataset, pack, settings, report["seed"], progress, run))
    index = read_index(run / "staging", len(found["items.words"]))
    model = step.model(decisions, index, text_features(dataset, settings.text, run, progress, projection))
    model.load_state_dict(found)
    events = event_table(dataset)
    step.admit_cold(model, events, decisions)
    return model.eval(), events, decisions
