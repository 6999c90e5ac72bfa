"""Formats of numbers on the page, and the sentences derived from them."""

from __future__ import annotations

import json
import math

import numpy as np
from scipy import stats

from gensr_models.report.inputs import Figures, Gradients, Information

MINUS = "\N{MINUS SIGN}"
NAMES = {
    "pack": "gensr",
    "popularity": "popularity",
    "knn": "item-kNN",
    "ease": "EASE",
    "bm25": "BM25, tuned",
    "bm25-standard": "BM25, usual parameters",
    "sentence": "sentence cosine",
    "sasrec": "SASRec",
    "joint": "joint discriminative",
}
"""Of systems; a rival is called by the name of its file."""
STAGES = {
    "history": "history to state",
    "text": "query's encoding",
    "decoder": "decoder",
    "signals": "words, neighbours",
    "scan": "scan of the catalogue",
    "order": "order",
    "filter": "filter",
    "facets": "facets",
    "hits": "hits and reasons",
    "total": "in all",
}
MOMENTS = {
    "start": "at the start",
    "after_open": "after opening",
    "after_first_search": "after a search",
    "end": "at the end",
}
PARTS = {
    "item_rows": "item rows, popularity",
    "semantic": "semantic codes",
    "ids_and_titles": "ids and titles",
    "attributes": "attributes",
    "words": "words and their vectors",
    "neighbours": "neighbours",
    "lexical": "postings",
    "graphs": "history and decoder",
    "text_encoder": "sentence encoder",
}


def number(value: float, digits: int = 4) -> str:
    """A number with a fixed count of decimals and a minus as long as a plus; no zero has a sign."""
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) else text.replace("-", "")


def signed(value: float, digits: int = 4) -> str:
    """As `number`, positive ones with a plus."""
    text = number(value, digits)
    return text if text.startswith(MINUS) or not float(text) else f"+{text}"


def count(value: float) -> str:
    """A whole number in groups of three."""
    return f"{round(value):,}"


def size(value: float) -> str:
    """Bytes in the unit that leaves the fewest zeros (1 MB is a million bytes)."""
    for limit, unit, digits in ((1e9, "GB", 2), (1e6, "MB", 1), (1e3, "kB", 1)):
        if value >= limit:
            return f"{value / limit:.{digits}f} {unit}"
    return f"{value:.0f} bytes"


def milliseconds(value: float) -> str:
    """Three decimals below ten, else one."""
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def duration(seconds: float) -> str:
    """Seconds, or minutes and seconds."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min"


def plain(value: object) -> str:
    """A value as in JSON, strings without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def named(system: str) -> str:
    """The name of a system on the page."""
    return NAMES.get(system, system)


def best_rival(figures: Figures, task: str) -> str | None:
    """The system with the highest ndcg@10 beside the pack."""
    rivals = {name: one.default.ndcg for name, one in figures.root[task].items() if name != "pack"}
    return max(rivals, key=rivals.__getitem__) if rivals else None


def verdict_on(figures: Figures, task: str) -> str:
    """One sentence on the pack against the best baseline of a task."""
    ours, rival = figures.root[task].get("pack"), best_rival(figures, task)
    if ours is None or rival is None:
        return ""
    theirs = figures.root[task][rival]
    sure = theirs.intervals["ndcg@10"]
    many = len(figures.root[task]) - 1
    best = f"{named(rival)} ({number(theirs.default.ndcg)}), the best of {many} baselines"
    if sure.ahead is None or sure.ahead_interval is None:
        return f"ndcg@10 {number(ours.default.ndcg)}, against {best}."
    low, high = sure.ahead_interval
    interval = f"{signed(sure.ahead)}, 95 % {signed(low)} to {signed(high)}"
    ratio = f"{abs(sure.ahead) / theirs.default.ndcg:.0%}".replace("%", " %") if theirs.default.ndcg else "far"
    if low > 0:
        place = f"{ratio} above {best}"
    elif high < 0:
        place = f"{ratio} below {best}"
    else:
        place = f"not distinguishable from {best}"
    return f"ndcg@10 {number(ours.default.ndcg)}: {place} ({interval})."


def on_information(found: Information) -> list[dict]:
    """For each task whether prompts keep more than heads, by the paired difference and its interval.

    The interval is the one that was measured event by event, else Student's t over the seeds.
    """
    rows = []
    for task, prompts in found.prompts.items():
        heads = found.heads.get(task, [])
        if not prompts or len(prompts) != len(heads):
            rows.append({"task": task, "verdict": "not shown", "why": "the two were not measured with the same seeds"})
            continue
        gaps = np.subtract(prompts, heads)
        mean = float(gaps.mean())
        row = {"task": task, "prompts": float(np.mean(prompts)), "heads": float(np.mean(heads)), "gap": mean}
        if measured := found.difference.get(task):
            why = f"paired event by event: {_gap(measured.mean, measured.low, measured.high)}"
            rows.append(row | {"verdict": _verdict(measured.low, measured.high), "why": why})
            continue
        if len(gaps) < 2:
            rows.append(row | {"verdict": "not shown", "why": "one seed says nothing of how sure it is"})
            continue
        half = float(stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / math.sqrt(len(gaps)))
        why = f"{len(gaps)} seeds, paired: {_gap(mean, mean - half, mean + half)}"
        rows.append(row | {"verdict": _verdict(mean - half, mean + half), "why": why})
    return rows


def on_gradients(given: Gradients) -> dict:
    """Whether the tasks' gradients agree more with prompts, on the same batches, and how surely by seeds."""
    means = [float(np.mean([row.cosine for row in rows])) for rows in (given.prompts, given.heads)]
    row = {"prompts": means[0], "heads": means[1]}
    why = f"mean cosine {signed(means[0], 3)} with prompts, {signed(means[1], 3)} with heads"
    gap = given.difference
    if gap is None:
        return row | {"verdict": "not shown", "why": f"{why}; they were not measured on the same batches"}
    why += f"; higher with prompts in {gap.higher:.0%} of the batches".replace("%", " %")
    if gap.low is None or gap.high is None:
        return row | {"verdict": "not shown", "why": f"{why}; one seed says nothing of how sure it is"}
    sure = f"{signed(gap.mean, 3)}, 95 % {signed(gap.low, 3)} to {signed(gap.high, 3)}"
    why += f"; {len(gap.per_seed)} seeds, paired: {sure}"
    return row | {"verdict": _verdict(gap.low, gap.high), "why": why}


def _gap(mean: float, low: float, high: float) -> str:
    return f"{signed(mean, 3)} nats, 95 % {signed(low, 3)} to {signed(high, 3)}"


def _verdict(low: float, high: float) -> str:
    return "holds" if low > 0 else "does not hold" if high < 0 else "not shown"
