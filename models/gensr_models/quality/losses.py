"""Float torch against float ONNX against quantised ONNX, on valid events: the cost of shipping 8 bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gensr_models.metrics import ahead, gains, ndcg
from gensr_models.quality.reference import Reference
from gensr_models.training.batches import EventTable

MOST_LOSS = 0.01
CERTAIN = 2.0
"""Standard errors (of the paired difference) above 0 from which a loss is no accident of few events."""


class QualityError(RuntimeError):
    """A pack that would answer worse than its model."""


def answers(
    reference: Reference,
    events: EventTable,
    places: np.ndarray,
    queries: np.ndarray,
    progress: Callable[[int], None],
) -> dict[str, np.ndarray | list]:
    """Rank of each event's item and the first ten, by the dense scores alone, the history left out."""
    ranks, tops = np.zeros(len(places), np.int64), []
    user = np.searchsorted(events.offsets, places, side="right") - 1
    for i, place in enumerate(places):
        history = np.arange(events.offsets[user[i]], place)
        output = reference.output(
            events,
            history,
            queries[events.query[place]],
            int(events.task[place]),
            int(events.time[place]),
            queries,
        )
        scores = reference.scores(output)
        target = events.item[place]
        own = np.setdiff1d(events.item[history], [target])
        wanted = scores[target]
        scores[own] = -np.inf
        tops.append(np.lexsort((np.arange(len(scores)), -scores))[:10])
        scores[target] = -np.inf
        ranks[i] = int(ahead(scores, wanted).sum())
        progress(1)
    return {"ranks": ranks, "top": tops}


def overlap(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Mean share of common items in two lists of top tens."""
    return float(np.mean([len(np.intersect1d(x, y)) / max(1, len(x)) for x, y in zip(a, b, strict=True)]))


def compare(variants: dict[str, dict]) -> dict:
    """Figures of each variant on one task against the first."""
    names = list(variants)
    first, last = variants[names[0]], variants[names[-1]]
    figures = {f"ndcg@10_{n}": round(ndcg(v["ranks"], 10), 5) for n, v in variants.items()}
    before, after = gains(first["ranks"], 10), gains(last["ranks"], 10)
    mean = max(1e-9, before.mean())
    lost = float((before - after).mean() / mean)
    error = float((before - after).std() / len(before) ** 0.5 / mean)
    lists = [v["top"] for v in variants.values() if "top" in v]
    return figures | {
        "lost": round(lost, 5),
        "lost_standard_error": round(error, 5),
        "overlap@10": round(overlap(lists[0], lists[-1]), 4),
        "events": len(first["ranks"]),
    }


def refuse_losses(figures: dict[str, dict]) -> None:
    """Raises QualityError where a task loses more by quantisation than is allowed, and no accident explains it.

    Args:
        figures: by task, what `compare` found of `torch` and `onnx_quantised`.
    """
    for task, of_task in figures.items():
        lost = of_task["lost"]
        if lost > MOST_LOSS and lost > CERTAIN * of_task["lost_standard_error"]:
            raise QualityError(
                f"{task}: ndcg@10 falls from {of_task['ndcg@10_torch']} to {of_task['ndcg@10_onnx_quantised']} "
                f"({lost:.1%}) by quantisation; at most {MOST_LOSS:.0%} is allowed, no pack was written"
            )
