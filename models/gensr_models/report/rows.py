"""Bytes an item against quality: the item rows of a run's float model in every form, and how well each ranks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from gensr_models import metrics
from gensr_models.build import reopened
from gensr_models.config.progress import Progress
from gensr_models.data import TASKS, TEST, Dataset
from gensr_models.metrics.intervals import intervals
from gensr_models.pack.format import quantise_rows
from gensr_models.quality.checks import model_rows
from gensr_models.report.built import ReportError, Run
from gensr_models.report.quantise import forms
from gensr_models.training.batches import EventTable
from gensr_models.training.objective import Model
from gensr_models.training.ranks import replays
from gensr_models.training.rules import Decisions

EVENTS = 2_500
"""Most test events of a task that are asked; a seeded sample of more."""
AGREEMENT = 0.99
"""Share of the pack's own numbers that the reopened model has to give again: another CPU may round some otherwise."""
WHOLE = "f32"


class _Given(nn.Module):
    """Fixed item rows."""

    def __init__(self, fused: Tensor, semantic: Tensor, words: Tensor):
        super().__init__()
        self.fused, self.semantic, self.words = fused, semantic, words

    def forward(self, word_dropout: float = 0.0, item_dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        return self.fused, self.semantic


class _Swapped(Model):
    """The model with other item rows."""

    def __init__(self, model: Model, rows: np.ndarray):
        nn.Module.__init__(self)
        self.network, self.queries = model.network, model.queries
        self.items = _Given(torch.from_numpy(rows), model.items()[1], model.items.words)


@torch.inference_mode()
def measured(run: Run, dataset: Dataset, seed: int, progress: Progress, most: int = EVENTS) -> dict:
    """Ranks test events by the dense scores alone with the rows in every form, history left out.

    Args:
        run: its checkpoint has the float model.
        dataset: what it was built from.
        seed: of the sample of events and of the product quantisers.
        progress: where bars are shown.
        most: events of a task.

    Returns:
        `{"split", "events", "width", "items", "forms": [{"name", "row_bytes", "item_bytes", "error", "tasks"}]}`; of a
        task the figures with the form as `output` table, and as `both`: what histories read, too. Each has how far it
        is behind the float rows (`lost`, with its paired interval).
    """
    model, events, decisions = reopened(dataset, run.folder, run.path, run.report, progress)
    fused, _, _ = model_rows(model)
    shipped = run.pack.sections["items.fused"].reshape(fused.shape)
    if (quantise_rows(fused)[0] == shipped).mean() < AGREEMENT:
        raise ReportError(f"the checkpoint in {run.folder} gives other item rows than {run.path.name} has")
    kinds = forms(fused, seed)
    places = {task: _sample(dataset.targets(task, TEST), most, seed) for task in TASKS}
    places = {task: found for task, found in places.items() if len(found)}
    tables = [
        {
            "name": form.name,
            "row_bytes": form.row_bytes,
            "item_bytes": round(form.item_bytes(), 2),
            "error": form.error(fused),
            "tasks": {},
        }
        for form in kinds
    ]
    with progress.bar("rows in every form", len(kinds) * len(places)) as advance:
        for task, asked in places.items():
            users, rows = dataset.events.user[asked], [form.rows for form in kinds]
            whole = _outputs(model, rows[0], events, decisions, asked)
            ranks: dict[str, dict[str, np.ndarray]] = {"output": {}, "both": {}}
            for form in kinds:
                ranks["output"][form.name] = _ranks(whole, form.rows)
                own = whole if form.name == WHOLE else _outputs(model, form.rows, events, decisions, asked)
                ranks["both"][form.name] = _ranks(own, form.rows)
                advance(1)
            sure = {place: intervals(found, users, WHOLE, seed) for place, found in ranks.items()}
            for table in tables:
                table["tasks"][task] = {
                    place: _figures(found[table["name"]], sure[place][table["name"]]) for place, found in ranks.items()
                }
    return {
        "split": "test",
        "events": {task: len(asked) for task, asked in places.items()},
        "of": {task: len(dataset.targets(task, TEST)) for task in places},
        "width": fused.shape[1],
        "items": len(fused),
        "forms": tables,
    }


def _sample(places: np.ndarray, most: int, seed: int) -> np.ndarray:
    if len(places) <= most:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, most, replace=False))


Replayed = tuple[Tensor, list[np.ndarray], np.ndarray]
"""Output vectors [E, d], what each history holds, and the wanted items [E]."""


def _outputs(model: Model, rows: np.ndarray, events: EventTable, decisions: Decisions, places: np.ndarray) -> Replayed:
    """Runs events with these rows in the place of those that histories read."""
    outputs: list[Tensor | None] = [None] * len(places)
    histories: list[np.ndarray] = [np.zeros(0, np.int64)] * len(places)
    for part in replays(_Swapped(model, rows).eval(), events, decisions.windowing, places, 256):
        for place, history, output in zip(part.group, part.histories, part.outputs, strict=True):
            outputs[place], histories[place] = output, events.item[history]
    return torch.stack(outputs), histories, events.item[places]


def _ranks(replayed: Replayed, rows: np.ndarray, size: int = 512) -> np.ndarray:
    """Rank (0 = first) of each wanted item among all but the history; ties count against us."""
    outputs, histories, wanted = replayed
    table, ranks = torch.from_numpy(rows), np.zeros(len(wanted), np.int64)
    for start in range(0, len(wanted), size):
        part = slice(start, start + size)
        scores = (outputs[part] @ table.t()).numpy()
        index = np.arange(len(scores))
        bar = scores[index, wanted[part]]
        row = np.repeat(index, [len(history) for history in histories[part]])
        scores[row, np.concatenate(histories[part])] = -np.inf
        scores[index, wanted[part]] = -np.inf
        ranks[part] = metrics.ahead(scores, bar[:, None]).sum(axis=1)
    return ranks


def _figures(ranks: np.ndarray, sure: dict) -> dict:
    found = {"ndcg@10": round(metrics.ndcg(ranks, 10), 6), "recall@10": round(metrics.recall(ranks, 10), 6)}
    for metric in ("ndcg@10", "recall@10"):
        found[f"{metric} interval"] = sure[metric]["interval"]
    if "ahead" in sure["ndcg@10"]:
        found |= {"lost": sure["ndcg@10"]["ahead"], "lost_interval": sure["ndcg@10"]["ahead_interval"]}
    return found
