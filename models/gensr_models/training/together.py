"""Hands the training of a build from the first process to the others."""

from __future__ import annotations

from gensr_models.training.batches import EventTable, Windowing
from gensr_models.training.loop import Trainer
from gensr_models.training.objective import Model
from gensr_models.training.processes import Processes
from gensr_models.training.recipe import Recipe

Work = tuple[Model, EventTable, Windowing, bool, Recipe]
"""The first arguments of a `Trainer`."""


def lead(work: Work | None, processes: Processes) -> None:
    """Sends the work to the others, None if there is nothing to train. The first process then runs its trainer."""
    processes.share(work)


def follow(processes: Processes) -> None:
    """Waits for what there is to train, trains it with the others, and ends."""
    work = processes.share()
    if work is not None:
        Trainer(*work, folder=None, processes=processes).run(lambda *_: None, lambda _: None)
    processes.leave()
