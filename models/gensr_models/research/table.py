"""The table of an ablation: what each variant reaches, and how far it is from `full`, paired event by event."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from gensr_models import metrics
from gensr_models.data import TASKS, Dataset
from gensr_models.metrics.intervals import intervals
from gensr_models.research.variants import FULL, Variant


def rows(dataset: Dataset, variants: list[Variant], found: dict[str, dict[int, dict]], part: str) -> list[dict]:
    """A row for each variant.

    The seeds of a difference are those that both `full` and the variant have finished: gains of an event are averaged
    over them, then users are drawn with replacement (1,000 times, both systems the same draws).

    Args:
        dataset: the data.
        variants: in the order of the rows.
        found: by variant and seed `{part: {task: {"places", "ranks"}}}`, where a network was quantised with
            `{"lost": {task: share}}`; or `{"skipped": reason}`.
        part: `tasks` for test, `valid` for the network alone.
    """
    made = []
    for variant in variants:
        row: dict = {"variant": variant.name, "what": variant.what, "seeds": [], "tasks": {}}
        runs = {seed: one for seed, one in found.get(variant.name, {}).items() if part in one}
        reason = variant.skipped(dataset) or next(
            (one["skipped"] for one in found.get(variant.name, {}).values() if "skipped" in one), None
        )
        if reason:
            row["skipped"] = reason
        elif not runs:
            row["skipped"] = "not run yet"
        row["seeds"] = sorted(runs)
        whole = {seed: one for seed, one in found.get(FULL, {}).items() if part in one}
        for task in TASKS:
            ours = {seed: one[part][task] for seed, one in sorted(runs.items()) if task in one[part]}
            if not ours:
                continue
            theirs = {seed: whole[seed][part][task] for seed in ours if seed in whole and task in whole[seed][part]}
            row["tasks"][task] = _figures(dataset, variant.name, ours, theirs)
            if lost := [one["lost"][task] for one in runs.values() if task in one.get("lost", {})]:
                row["tasks"][task]["lost"] = lost
        made.append(row)
    return made


def _figures(dataset: Dataset, name: str, ours: dict[int, dict], theirs: dict[int, dict]) -> dict:
    ranks = np.stack([np.array(one["ranks"]) for one in ours.values()])
    figures: dict = {
        "ndcg@10": round(metrics.ndcg(ranks, 10), 5),
        "recall@10": round(metrics.recall(ranks, 10), 5),
        "per_seed": [round(metrics.ndcg(run, 10), 5) for run in ranks],
        "events": ranks.shape[1],
        "difference": None,
    }
    if name == FULL or not theirs:
        return figures
    places = next(iter(theirs.values()))["places"]
    if any(one["places"] != places for one in (*theirs.values(), *ours.values())):
        raise ValueError(f"{name}: runs ranked other events than those of `{FULL}`; run them anew in another folder")
    pairs = {
        FULL: np.stack([np.array(theirs[seed]["ranks"]) for seed in theirs]),
        name: np.stack([np.array(ours[seed]["ranks"]) for seed in theirs]),
    }
    paired = intervals(pairs, dataset.events.user[places], name)[FULL]
    for key, metric in (("difference", "ndcg@10"), ("difference_recall", "recall@10")):
        low, high = paired[metric]["ahead_interval"]
        figures[key] = {"mean": round(paired[metric]["ahead"], 5), "low": round(low, 5), "high": round(high, 5)}
    return figures


def shown(name: str, task: str, made: list[dict]) -> Table:
    """The table of one task for the terminal."""
    table = Table(title=f"{name}, {task}")
    for column in ("", "seeds", "ndcg@10", "against full (95 %)", "recall@10"):
        table.add_column(column, justify="left" if not column else "right")
    for row in made:
        figures = row["tasks"].get(task)
        if figures is None:
            if row.get("skipped"):
                table.add_row(row["variant"], "", "", row["skipped"], "")
            continue
        gap = figures["difference"]
        label = f"{gap['mean']:+.4f} ({gap['low']:+.4f} to {gap['high']:+.4f})" if gap else ""
        seeds = ", ".join(map(str, row["seeds"]))
        table.add_row(row["variant"], seeds, f"{figures['ndcg@10']:.4f}", label, f"{figures['recall@10']:.4f}")
    return table
