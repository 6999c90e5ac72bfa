"""The pictures of a report."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator, ScalarFormatter
from matplotlib.transforms import blended_transform_factory

from gensr_models.report.inputs import Cosine, Information
from gensr_models.report.svg import INK, MUTED, OTHER, OURS, SECOND, picture

LINE = 25
"""Height of a row of dots or bars."""


@dataclass(frozen=True)
class Dot:
    """A row: a value, its interval, and whether it is what the page is about."""

    label: str
    value: float
    low: float
    high: float
    ours: bool = False
    text: str = ""


def dots(
    name: str, panels: list[tuple[str, list[Dot]]], axis: str, zero: bool = False, bar: float | None = None
) -> Markup:
    """Values with intervals, a row each, a panel for each task; `zero` draws where nothing differs, `bar` a limit."""

    def draw(narrow: bool) -> tuple[Figure, float]:
        stacked = narrow or len(panels) == 1
        figure, places = Figure(), [len(rows) for _, rows in panels]
        shape = (len(panels), 1) if stacked else (1, len(panels))
        ratios = [count + 2.4 for count in places] if stacked else None
        axes = figure.subplots(*shape, squeeze=False, height_ratios=ratios).ravel()
        most, labels = max(places), [[row.label for row in rows] for _, rows in panels]
        shared = not stacked and all(own == labels[0] for own in labels)
        for place, (at, (title, rows)) in enumerate(zip(axes, panels, strict=True)):
            depth = len(rows) if stacked else most
            _dots(at, rows, depth, zero, bar, 5 if len(panels) == 1 and not narrow else 3)
            if shared and place:
                at.set_yticklabels([])
            if shared or stacked:
                at.set_title(title) if shared and place else _title(at, title)
            else:
                _title(at, title, place / len(panels))
            at.set_xlabel(axis)
        lines = sum(count + 2.9 for count in places) if stacked else most + 2.9
        return figure, lines * LINE

    return picture(name, draw)


def _dots(at: Axes, rows: list[Dot], depth: int, zero: bool, bar: float | None, ticks: int) -> None:
    if zero:
        at.axvline(0, color=MUTED, linewidth=1)
    if bar is not None:
        at.axvline(bar, color=SECOND, linewidth=1.2, linestyle=(0, (3, 3)))
    for y, row in enumerate(rows):
        colour = OURS if row.ours else OTHER
        at.plot([row.low, row.high], [y, y], color=colour, linewidth=3 if row.ours else 2.4, alpha=0.45)
        at.plot([row.value], [y], "o", color=colour, markersize=8 if row.ours else 6.5)
        if row.text:
            _beside(at, y, row.text, max(len(one.text) for one in rows))
    at.set_yticks(range(len(rows)), [row.label for row in rows])
    for label, row in zip(at.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row.ours else "normal")
    at.set_ylim(depth - 0.4, -0.6)
    at.xaxis.set_major_locator(MaxNLocator(ticks))
    at.xaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    at.margins(x=0.06)


def _title(at: Axes, text: str, left: float = 0.0) -> None:
    """A title that begins at a share of the figure's width and not at the axes: there is more room on a phone."""
    at.set_title(" ")  # room for it
    across = blended_transform_factory(at.figure.transFigure, at.transAxes)
    at.annotate(text, (left, 1), (3, 9), across, "offset points", weight="bold", size=12).set_in_layout(False)


def _beside(at: Axes, y: float, text: str, widest: int) -> None:
    """A number right of the axes, flush right with the others there; `widest` has the most characters of them."""
    place, offset = (1.0, y), (10 + 7.0 * widest, 0)
    at.annotate(
        text, place, offset, at.get_yaxis_transform(), "offset points", va="center", ha="right", size=11.5,
        annotation_clip=False,
    )  # fmt: skip


def bars(name: str, panels: list[tuple[str, list[tuple[str, float, float | None, str]]]], axis: str) -> Markup:
    """Bars of (label, length, where a thin line ends or None, text), a panel below the other, one scale for all."""

    def draw(narrow: bool) -> tuple[Figure, float]:
        figure = Figure()
        counts, widest = [len(rows) for _, rows in panels], max(len(row[3]) for _, rows in panels for row in rows)
        ratios = [count + 1.2 for count in counts]
        axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=ratios, sharex=True).ravel()
        for at, (title, rows) in zip(axes, panels, strict=True):
            for y, (_, length, end, text) in enumerate(rows):
                at.barh(y, length, height=0.56, color=OURS, linewidth=0)
                if end is not None:
                    at.plot([length, end], [y, y], color=OURS, linewidth=1.6, alpha=0.55)
                    at.plot([end], [y], "|", color=OURS, markersize=9, alpha=0.8)
                _beside(at, y, text, widest)
            at.set_yticks(range(len(rows)), [label for label, *_ in rows])
            at.set_ylim(len(rows) - 0.4, -0.6)
            at.set_xlim(left=0)
            at.xaxis.set_major_locator(MaxNLocator(3 if narrow else 6))
            at.xaxis.set_major_formatter(ScalarFormatter(useOffset=False))
            if title:
                _title(at, title)
        axes[-1].set_xlabel(axis)
        return figure, (sum(count + 1.7 for count in counts) + 1.4) * LINE

    return picture(name, draw)


def curves(name: str, curve: list[dict], best: int) -> Markup:
    """Loss and ndcg@10 on valid by epoch; the epoch that was kept is marked."""
    epochs = [row["epoch"] for row in curve]
    tasks = [key for key in curve[0] if key.startswith("valid_ndcg@10_")]

    def draw(narrow: bool) -> tuple[Figure, float]:
        count = 2 if tasks else 1
        figure = Figure()
        axes = figure.subplots(*((count, 1) if narrow else (1, count)), squeeze=False).ravel()
        axes[0].plot(epochs, [row["loss"] for row in curve], color=INK, linewidth=2)
        axes[0].set_title("loss in training, nats")
        for place, task in enumerate(tasks):
            values, colour = [row.get(task, math.nan) for row in curve], (OURS, SECOND)[place % 2]
            axes[1].plot(epochs, values, color=colour, linewidth=2)
            axes[1].plot([best], [values[epochs.index(best)]], "o", color=colour, markersize=7)
            label = task.removeprefix("valid_ndcg@10_")
            axes[1].annotate(
                label, (epochs[len(epochs) // 2], values[len(epochs) // 2]), (0, -9), textcoords="offset points",
                color=colour, va="top", ha="left", weight="bold",
            )  # fmt: skip
        if tasks:
            axes[1].set_title("ndcg@10 on valid")
            axes[1].set_ylim(bottom=0)
        for at in axes:
            at.grid(axis="y")
            at.grid(visible=False, axis="x")
            at.axvline(best, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
            at.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            at.yaxis.set_major_locator(MaxNLocator(5))
            at.tick_params(axis="y", labelcolor=MUTED, labelsize=11)
            at.set_xlabel("epoch")
        return figure, 240 * count if narrow else 260

    return picture(name, draw)


def tradeoff(name: str, rows: dict, place: str) -> Markup:
    """Bytes an item (log) against ndcg@10 in each task; bars are the paired interval of the loss against float rows."""
    tasks = list(rows["forms"][0]["tasks"])
    plain = [form for form in rows["forms"] if not form["name"].startswith("OPQ")]
    products = [form for form in rows["forms"] if form["name"].startswith("OPQ")]

    def draw(narrow: bool) -> tuple[Figure, float]:
        figure, count = Figure(), len(tasks)
        axes = figure.subplots(*((count, 1) if narrow else (1, count)), squeeze=False).ravel()
        for at, task in zip(axes, tasks, strict=True):
            whole = rows["forms"][0]["tasks"][task][place]["ndcg@10"]
            at.axhline(whole, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
            for forms, colour, shape in ((plain, OURS, "o"), (products, SECOND, "s")):
                x = [form["item_bytes"] for form in forms]
                y = [form["tasks"][task][place]["ndcg@10"] for form in forms]
                at.plot(x, y, color=colour, linewidth=1.6, alpha=0.7)
                for form, across, up in zip(forms, x, y, strict=True):
                    if "lost_interval" in form["tasks"][task][place]:
                        low, high = form["tasks"][task][place]["lost_interval"]
                        at.plot([across, across], [whole - low, whole - high], color=colour, linewidth=2.4, alpha=0.4)
                    at.plot([across], [up], shape, color=colour, markersize=7)
                    # Beside the interval, and on the side where the other line is not.
                    offset, across_by, up_by = (
                        ((-7, 5), "right", "bottom") if forms is plain else ((7, -3), "left", "top")
                    )
                    at.annotate(
                        form["name"], (across, up), offset, textcoords="offset points", ha=across_by, va=up_by,
                        size=11, color=colour, weight="bold" if form["name"] == "int8" else "normal",
                    )  # fmt: skip
            at.set_xscale("log", base=2)
            sizes = [form["item_bytes"] for form in rows["forms"]]
            ticks = [
                size
                for size in (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
                if min(sizes) / 1.6 < size < max(sizes) * 1.6
            ]
            at.xaxis.set_major_locator(FixedLocator(ticks))
            at.xaxis.set_minor_locator(NullLocator())
            at.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            at.yaxis.set_major_locator(MaxNLocator(5))
            at.tick_params(axis="y", labelcolor=MUTED, labelsize=11)
            at.grid(axis="y")
            at.margins(x=0.14, y=0.12)
            at.set_title(f"{task}, ndcg@10")
            at.set_xlabel("bytes an item")
        return figure, 270 * count if narrow else 300

    return picture(name, draw)


def information(name: str, found: Information) -> Markup:
    """Each seed a small dot, their mean a large one; the dashed line is the most that the bound can say."""
    cap = math.log(found.candidates)

    def draw(narrow: bool) -> tuple[Figure, float]:
        figure, tasks = Figure(), list(found.prompts)
        axes = figure.subplots(*((len(tasks), 1) if narrow else (1, len(tasks))), squeeze=False).ravel()
        for at, task in zip(axes, tasks, strict=True):
            kinds = [("one prompt", found.prompts[task], OURS), ("two heads", found.heads.get(task, []), SECOND)]
            for y, (_, values, colour) in enumerate(kinds):
                if not values:
                    continue
                at.plot(values, [y] * len(values), "o", color=colour, markersize=5, alpha=0.5)
                at.plot([np.mean(values)], [y], "o", color=colour, markersize=9)
                _beside(at, y, f"{np.mean(values):.3f}", 5)
            values = [value for _, own, _ in kinds for value in own]
            if cap < max(values) * 1.3:
                at.axvline(cap, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
            at.set_yticks(range(2), [label for label, *_ in kinds])
            at.set_ylim(1.6, -0.6)
            at.xaxis.set_major_locator(MaxNLocator(4))
            at.margins(x=0.12)
            at.set_title(task)
            at.set_xlabel("nats")
        height = 4.9 * LINE
        return figure, height * len(tasks) if narrow else height

    return picture(name, draw)


def gradients(name: str, prompts: list[Cosine], heads: list[Cosine]) -> Markup:
    """Cosine by epoch with its interval as a band."""

    def draw(narrow: bool) -> tuple[Figure, float]:
        figure = Figure()
        at = figure.subplots()
        at.axhline(0, color=MUTED, linewidth=1)
        for label, rows, colour in (("one prompt", prompts, OURS), ("two heads", heads, SECOND)):
            x = [row.epoch for row in rows]
            at.fill_between(
                x, [row.low for row in rows], [row.high for row in rows], color=colour, alpha=0.18, linewidth=0
            )
            at.plot(x, [row.cosine for row in rows], color=colour, linewidth=2, label=label)
        at.legend(frameon=False, loc="best", labelcolor="linecolor", handlelength=1.4)
        at.grid(axis="y")
        at.grid(visible=False, axis="x")
        at.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        at.tick_params(axis="y", labelcolor=MUTED, labelsize=11)
        at.set_title("cosine of the two tasks' gradients")
        at.set_xlabel("epoch")
        return figure, 240 if narrow else 270

    return picture(name, draw)
