"""A lower bound on the information that the output at the prompt has of the wanted item: InfoNCE.

For a fixed critic f, I(Z; Y) >= log N + E[log f(z, y) / sum over N candidates of f(z, y')], where y is the wanted item
and the other N - 1 candidates are drawn from the distribution of wanted items (van den Oord et al. 2018; Poole et al.
2019). Here z is the network's output vector at the prompt of a held-out test event, and the candidates are the wanted
items of other test events, drawn at random, the same item included: they are not to be told apart from negatives. The
critic is log f = a * (z . e_y) - b * log(1 + train events of y), with two numbers fitted on valid events: it knows
nothing of test, so the bound holds. It can not exceed log N. How tight it is nobody knows: bounds are compared, made
with the same critic and the same candidates, and not information itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gensr_models.data import TASKS, TEST, TRAIN, VALID, Dataset
from gensr_models.metrics.intervals import difference
from gensr_models.training.batches import EventTable
from gensr_models.training.objective import Model
from gensr_models.training.ranks import replays
from gensr_models.training.rules import Decisions

CANDIDATES = 1_024
"""Most candidates N; a power of two that no task has fewer test or valid events than."""
DRAWS = 16
"""Sets of candidates for each event; their mean counts."""
MOST_FITTED = 2_000
"""Valid events that the critic is fitted on."""
BLOCK = 512


@dataclass(frozen=True)
class Bound:
    """The bound of one task.

    Attributes:
        places: of the test events.
        nats: for each of them its share of the bound; their mean is the bound.
        scale, popularity: a and b of the critic.
    """

    places: np.ndarray
    nats: np.ndarray
    scale: float
    popularity: float

    def record(self) -> dict:
        """For a file."""
        return {
            "nats": round(float(self.nats.mean()), 5),
            "scale": round(self.scale, 4),
            "popularity": round(self.popularity, 4),
            "places": self.places.tolist(),
            "each": [round(float(x), 5) for x in self.nats],
        }


def candidates_of(dataset: Dataset, tasks: tuple[str, ...] = TASKS) -> int:
    """N for a data set: at most `CANDIDATES`."""
    counts = [len(dataset.targets(task, split)) for task in tasks for split in (VALID, TEST)]
    least = min([CANDIDATES, *(count for count in counts if count)])
    return 2 ** int(np.log2(max(2, least)))


@dataclass(frozen=True)
class Scored:
    """Events of a task: outputs at their prompts [M, d], rows of the items they want [M, d], log train counts [M]."""

    outputs: Tensor
    wanted: Tensor
    log_count: Tensor

    def logits(self, rows: slice, scale: Tensor | float, popularity: Tensor | float) -> Tensor:
        """The critic of some events and the wanted items of all, [m, M]."""
        return scale * (self.outputs[rows] @ self.wanted.t()) - popularity * self.log_count


def bound(
    model: Model, dataset: Dataset, events: EventTable, decisions: Decisions, task: str, candidates: int, seed: int
) -> Bound:
    """The bound on I(output at the prompt; wanted item) of one task, in nats.

    Args:
        model: trained, in evaluation mode.
        dataset: whose valid events fit the critic, and whose test events give the bound.
        events: the same as the network reads them.
        decisions: windows.
        task: `search` or `recommend`.
        candidates: N.
        seed: of the candidates.
    """
    scored = {split: _scored(model, dataset, events, decisions, task, split) for split in (VALID, TEST)}
    scale, popularity = fit(scored[VALID], candidates, seed)
    each = log_ratios(scored[TEST], scale, popularity, candidates, seed)
    return Bound(dataset.targets(task, TEST), np.log(candidates) + each, scale, popularity)


@torch.inference_mode()
def _scored(model: Model, dataset: Dataset, events: EventTable, decisions: Decisions, task: str, split: int) -> Scored:
    places = dataset.targets(task, split)
    outputs, fused = torch.zeros(len(places), model.network.shape.dim), torch.zeros(0)
    for part in replays(model, events, decisions.windowing, places, 256):
        outputs[torch.from_numpy(part.group)], fused = part.outputs, part.fused
    item = events.item[places]
    log_count = np.log1p(np.bincount(events.item[events.split == TRAIN], minlength=len(dataset.catalogue)))
    # Clones, since tensors of inference mode can not enter a gradient.
    return Scored(outputs.clone(), fused[torch.from_numpy(item)].clone(), torch.from_numpy(log_count[item]).float())


def fit(valid: Scored, candidates: int, seed: int) -> tuple[float, float]:
    """The critic's two numbers (scale, popularity) that make the bound on valid events largest; L-BFGS."""
    count = min(len(valid.outputs), MOST_FITTED)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(valid.outputs), count, replace=False))
    index = torch.from_numpy(np.concatenate([chosen[:, None], others(rng, chosen, len(valid.outputs), candidates)], 1))
    with torch.inference_mode(False), torch.enable_grad():
        dots = (valid.outputs[chosen] @ valid.wanted.t()).gather(1, index).clone()
        popular = valid.log_count[index].clone()
        numbers = torch.tensor([0.0, 0.5], requires_grad=True)  # log of the scale, popularity
        optimizer = torch.optim.LBFGS([numbers], max_iter=50, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            value = -torch.log_softmax(numbers[0].exp() * dots - numbers[1] * popular, dim=1)[:, 0].mean()
            value.backward()
            return value

        optimizer.step(loss)
    scale, popularity = numbers.detach().tolist()
    return float(np.exp(scale)), popularity


def others(rng: np.random.Generator, rows: np.ndarray, count: int, candidates: int) -> np.ndarray:
    """For each row `candidates - 1` of the other `count - 1` events, drawn with replacement."""
    drawn = rng.integers(0, count - 1, (len(rows), candidates - 1))
    return drawn + (drawn >= rows[:, None])


@torch.inference_mode()
def log_ratios(scored: Scored, scale: float, popularity: float, candidates: int, seed: int) -> np.ndarray:
    """For each event the log share of its item among the candidates, the mean over `DRAWS` draws of the others."""
    rng, count = np.random.default_rng(seed), len(scored.outputs)
    found = np.zeros(count)
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        logits = scored.logits(slice(start, start + len(rows)), scale, popularity)
        own = logits[torch.arange(len(rows)), torch.from_numpy(rows)][:, None]
        for _ in range(DRAWS):
            negatives = logits.gather(1, torch.from_numpy(others(rng, rows, count, candidates)))
            total = torch.logsumexp(torch.cat([own, negatives], dim=1), dim=1)
            found[rows] += (own[:, 0] - total).double().numpy() / DRAWS
    return found


def compared(designs: dict[str, list[dict]], users: np.ndarray) -> dict:
    """Bounds of designs on the same events: a figure for each seed, and the difference with an interval over users.

    Args:
        designs: by name the records of `Bound`, one for each seed; the first design is the one that others are
            compared with.
        users: of the events of the data set.

    Returns:
        `{"each": {design: [nats by seed]}, "difference": {design: {"mean", "low", "high"}}}`: nats of the design minus
        those of the first, averaged over seeds event by event before users are drawn.
    """
    values = {name: np.mean([record["each"] for record in runs], axis=0) for name, runs in designs.items()}
    places = next(iter(designs.values()))[0]["places"]
    first, *others = designs
    differences = {}
    for name in others:
        mean, (low, high) = difference(values[name], values[first], users[places])
        differences[name] = {"mean": round(mean, 5), "low": round(low, 5), "high": round(high, 5)}
    return {"each": {name: [r["nats"] for r in runs] for name, runs in designs.items()}, "difference": differences}
