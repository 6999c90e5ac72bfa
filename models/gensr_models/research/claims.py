"""`gensr-models claims`: what prompts do to information and to gradients, and what a judge adds."""

from __future__ import annotations

import json
from pathlib import Path

from gensr_models.data import TASKS
from gensr_models.research import gradients
from gensr_models.research.ablation import Ablation
from gensr_models.research.information import compared
from gensr_models.research.variants import FULL, VARIANTS

DESIGNS = {"heads": "heads", "prompts": FULL}
"""The two designs and the variants of an ablation that are made so; differences are against the first."""
COLOURS = {"prompts": "#1f6feb", "heads": "#d29922"}
NAMES = {"prompts": "prompts", "heads": "two heads"}


def claims(ablation: Ablation) -> dict:
    """Gathers the results of an ablation's networks, and writes `claims.json` and the pictures beside them.

    Returns:
        `{"data", "sha256", "information": {"candidates", design: {task: [nats by seed]}, "seeds", "difference": {task:
        prompts minus heads, with an interval}}, "gradients": {design: [{"epoch", "cosine", "low", "high", "below_zero",
        "groups"}], "difference": prompts minus heads}, "parameters": {design: number}, "judge": {seed: {task: result
        of `judge_worth.worth`}}}`.

    Raises:
        ValueError: the folder has no finished network of one of the designs.
    """
    runs: dict[str, dict[int, dict]] = {}
    for design, name in DESIGNS.items():
        found = {}
        for path in sorted(ablation.folder.glob(f"seed-*/{name}/network.json")):
            one = json.loads(path.read_text())
            if one["digest"] == ablation.digest(one["seed"], VARIANTS[name]) and "information" in one:
                found[one["seed"]] = one
        if not found:
            raise ValueError(f"{ablation.folder}: no finished run of `{name}`; `gensr-models ablate` makes it")
        runs[design] = found
    seeds = sorted(set.intersection(*(set(found) for found in runs.values())))
    if not seeds:
        raise ValueError(f"{ablation.folder}: no seed has both designs finished")
    information: dict = {"candidates": runs["prompts"][seeds[0]]["information"]["candidates"], "seeds": seeds}
    information |= {design: {} for design in DESIGNS} | {"difference": {}}
    for task in TASKS:
        records = {design: [found[seed]["information"][task] for seed in seeds] for design, found in runs.items()}
        bounds = compared(records, ablation.dataset.events.user)
        information["difference"][task] = bounds["difference"]["prompts"]
        for design in DESIGNS:
            information[design][task] = bounds["each"][design]
    result = {
        "data": ablation.dataset.name,
        "sha256": ablation.dataset.sha256,
        "information": information,
        "gradients": _gradients({design: {s: found[s]["gradients"] for s in seeds} for design, found in runs.items()}),
        "parameters": {design: next(iter(found.values()))["parameters"] for design, found in runs.items()},
        "judge": {str(seed): ablation.judge(seed)["tasks"] for seed in seeds},
    }
    (ablation.folder / "claims.json").write_text(json.dumps(result, indent=1))
    draw_information(result, ablation.folder / "information.svg")
    draw_gradients(result, ablation.folder / "gradients.svg")
    return result


def _gradients(lines: dict[str, dict[int, list[dict]]]) -> dict:
    curves: dict = {design: gradients.curve(found.values()) for design, found in lines.items()}
    return curves | {"difference": gradients.difference(lines["prompts"], lines["heads"])}


def _axes(width: float, height: float):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure, path: Path) -> None:
    import matplotlib

    # Text stays text, and ids do not change from run to run.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gensr"}):
        figure.savefig(path, metadata={"Date": None})


def draw_information(result: dict, path: Path) -> None:
    """Bars: the bound of each design and task, a dot for each seed; beside each task what prompts add."""
    import numpy as np

    information = result["information"]
    figure, axes = _axes(5.2, 3.4)
    width = 0.36
    for shift, design in ((-width / 2, "prompts"), (width / 2, "heads")):
        for place, task in enumerate(TASKS):
            values = information[design][task]
            label = NAMES[design] if not place else None
            axes.bar(place + shift, np.mean(values), width * 0.92, color=COLOURS[design], alpha=0.85, label=label)
            axes.plot([place + shift] * len(values), values, "k.", markersize=4)
    for place, task in enumerate(TASKS):
        gap = information["difference"][task]
        top = max(max(information[design][task]) for design in DESIGNS)
        label = f"prompts {gap['mean']:+.3f}\n({gap['low']:+.3f} to {gap['high']:+.3f})"
        axes.text(place, top + 0.08, label, ha="center", va="bottom", fontsize=8)
    limit = float(np.log(information["candidates"]))
    axes.axhline(limit, color="grey", linewidth=0.8, linestyle=":")
    axes.text(len(TASKS) - 0.52, limit, f"log {information['candidates']}", ha="right", va="bottom", fontsize=8)
    axes.set_xticks(range(len(TASKS)), TASKS)
    axes.set_ylim(0, limit * 1.1)
    axes.set_ylabel("lower bound on I(output; item), nats")
    axes.set_title(f"{result['data']}: what the output says of the wanted item", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 0.93))
    _save(figure, path)


def draw_gradients(result: dict, path: Path) -> None:
    """Lines: cosine of the tasks' gradients on shared weights by epoch, with a band over batches and seeds."""
    figure, axes = _axes(5.2, 3.4)
    for design in DESIGNS:
        points = result["gradients"][design]
        epochs = [point["epoch"] for point in points]
        axes.plot(epochs, [point["cosine"] for point in points], color=COLOURS[design], label=NAMES[design])
        bounds = ([point[side] for point in points] for side in ("low", "high"))
        axes.fill_between(epochs, *bounds, color=COLOURS[design], alpha=0.2, linewidth=0)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set_xlabel("epoch")
    axes.set_ylabel("cosine of the tasks' gradients")
    axes.set_title(f"{result['data']}: do the tasks pull the shared weights the same way?", fontsize=10)
    axes.legend(frameon=False, fontsize=8)
    _save(figure, path)
