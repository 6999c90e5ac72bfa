"""Counts that a dry run prints."""

import re

import numpy as np
from rich.console import Group
from rich.table import Table

from . import statistics
from .dataset import SPLITS, TASKS, TEST, VALID, Dataset

WORDS = re.compile(r"\w+")


def summary(dataset: Dataset) -> dict:
    """Counts of a data set, as plain values for JSON."""
    catalogue, events = dataset.catalogue, dataset.events
    words = [
        len(WORDS.findall(" ".join([title, text, *names])))
        for title, text, names in zip(catalogue.titles, catalogue.texts, catalogue.categories, strict=True)
    ]
    lengths = np.diff(events.user_offsets)
    touched = len(np.unique(events.item))
    pairs = len(np.unique(events.user.astype(np.int64) * len(catalogue) + events.item))
    kinds = {}
    for number, kind in enumerate(dataset.kinds):
        counts = np.bincount(events.split[events.kind == number], minlength=len(SPLITS))
        kinds[kind.name] = {
            "task": kind.task,
            "sign": kind.sign,
            "strength": kind.strength,
            **{name: int(count) for name, count in zip(SPLITS, counts, strict=True)},
        }
    return {
        "name": dataset.name,
        "items": len(catalogue),
        "items_with_text": sum(bool(text) for text in catalogue.texts),
        "items_with_categories": sum(bool(names) for names in catalogue.categories),
        "items_without_events": len(catalogue) - touched,
        "words_per_item": _spread(words),
        "attributes": {
            name: {"type": column.type, "missing": column.missing(), "values": len(column.dictionary) or None}
            for name, column in catalogue.attributes.items()
        },
        "events": len(events),
        "users": events.users,
        "events_per_user": _spread(lengths),
        "density": pairs / max(1, events.users * len(catalogue)),
        "repeats": 1 - pairs / len(events) if len(events) else 0.0,
        "queries": len(events.queries),
        "words_per_query": _spread([len(WORDS.findall(query)) for query in events.queries]),
        "timestamps_informative": statistics.timestamps_informative(dataset),
        "kinds": kinds,
        "tasks": {
            task: {
                "users_tested": len(np.unique(events.user[dataset.targets(task, TEST)])),
                "repeats_in_valid": statistics.repeat_rate(dataset, task, VALID),
                "candidates": len(dataset.candidates[task].user) if task in dataset.candidates else 0,
            }
            for task in TASKS
            if any(kind.task == task for kind in dataset.kinds)
        },
        "sha256": dict(dataset.sha256),
        "warnings": list(dataset.warnings),
    }


def _spread(values: list[int] | np.ndarray) -> dict[str, float]:
    if not len(values):
        return {"mean": 0.0, "median": 0.0, "most": 0}
    return {"mean": float(np.mean(values)), "median": float(np.median(values)), "most": int(np.max(values))}


def render(counts: dict) -> Group:
    """A summary as tables for `rich`."""

    def spread(value: dict) -> str:
        return f"mean {value['mean']:.1f}, median {value['median']:g}, most {value['most']:,}"

    facts = Table(title=f"{counts['name']}", show_header=False, title_justify="left")
    rows = [
        ("items", f"{counts['items']:,}"),
        ("  with text", f"{counts['items_with_text']:,}"),
        ("  with categories", f"{counts['items_with_categories']:,}"),
        ("  without events", f"{counts['items_without_events']:,}"),
        ("  words", spread(counts["words_per_item"])),
        ("users", f"{counts['users']:,}"),
        ("events", f"{counts['events']:,}"),
        ("  per user", spread(counts["events_per_user"])),
        ("  repeats", f"{counts['repeats']:.1%} of the events (same user, same item)"),
        ("density", f"{counts['density']:.3%} of users x items"),
        ("queries", f"{counts['queries']:,}"),
        ("  words", spread(counts["words_per_query"])),
        ("timestamps", "informative" if counts["timestamps_informative"] else "positions only"),
    ]
    for row in rows:
        facts.add_row(*row)
    kinds = Table("event", "task", "sign", "strength", *SPLITS, title="Events", title_justify="left")
    for name, kind in counts["kinds"].items():
        sizes = [f"{kind[split]:,}" for split in SPLITS]
        kinds.add_row(name, kind["task"], f"{kind['sign']:+d}", f"{kind['strength']:g}", *sizes)
    tasks = Table("task", "users tested", "repeats in valid", "candidate lists", title="Tasks", title_justify="left")
    for name, task in counts["tasks"].items():
        tasks.add_row(name, f"{task['users_tested']:,}", f"{task['repeats_in_valid']:.1%}", f"{task['candidates']:,}")
    columns = Table("attribute", "type", "values", "missing", title="Attributes", title_justify="left")
    for name, column in counts["attributes"].items():
        columns.add_row(name, column["type"], str(column["values"] or ""), f"{column['missing']:,}")
    parts = [facts, kinds, tasks] if counts["events"] else [facts]
    return Group(*parts, *([columns] if counts["attributes"] else []), *(f"! {text}" for text in counts["warnings"]))
