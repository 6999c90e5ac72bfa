"""Searches and recommendations of test users, answered by the engine, with its reasons."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from gensr_models.data import TEST, Dataset
from gensr_models.engine import MAX_QUERY_BYTES, call
from gensr_models.report.built import Run

SHOWN = 5
"""Hits of an answer."""
DEPTH = 10
"""Hits in which the wanted item counts as found."""
EACH = 2
"""Examples of a task that found the wanted item, and that did not."""
TRIES = 60
HISTORY = (3, 200)
"""Events before: fewer say little, more do not fit on a command line."""
LATEST = 6
"""Events of a history that are shown."""


@dataclass(frozen=True)
class Reason:
    """Part of a score: its kind, its weight and what it points to (titles of the history, or words)."""

    kind: str
    weight: float
    terms: list[str]


@dataclass(frozen=True)
class Hit:
    """One item of an answer."""

    title: str
    score: float
    wanted: bool
    reasons: list[Reason]


@dataclass(frozen=True)
class Example:
    """One test event as the engine answers it.

    Attributes:
        query: of a search, else empty.
        history: titles, oldest first; only the latest.
        earlier: how many more there were.
        wanted: title of the item that the user chose then.
        rank: its place from 1, or None where it is not among the first ten.
        hits: the first of the answer.
    """

    query: str
    history: list[str]
    earlier: int
    wanted: str
    rank: int | None
    hits: list[Hit]


def drawn(run: Run, dataset: Dataset, seed: int) -> dict[str, list[Example]]:
    """For each task some test events by lot, as many whose wanted item is among the first ten as not."""
    found: dict[str, list[Example]] = {}
    for task in run.tasks:
        places = [place for place in dataset.targets(task, TEST) if _fits(dataset, place, task)]
        order = np.random.default_rng(seed).permutation(len(places))[:TRIES]
        good: list[Example] = []
        bad: list[Example] = []
        for place in order:
            if len(good) == EACH and len(bad) == EACH:
                break
            example = _answered(run, dataset, places[place], task)
            one = good if example.rank is not None else bad
            if len(one) < EACH:
                one.append(example)
        if good or bad:
            found[task] = good + bad
    return found


def _before(dataset: Dataset, place: int) -> np.ndarray:
    events = dataset.events
    return events.item[events.user_offsets[events.user[place]] : place]


def _fits(dataset: Dataset, place: int, task: str) -> bool:
    if task == "search":
        query = dataset.events.query[place]
        if query < 0 or not 0 < len(dataset.queries[query].encode()) <= MAX_QUERY_BYTES:
            return False
    ids = dataset.catalogue.ids
    before = _before(dataset, place)
    return HISTORY[0] <= len(before) <= HISTORY[1] and not any("," in ids[item] for item in before)


def _answered(run: Run, dataset: Dataset, place: int, task: str) -> Example:
    catalogue, before = dataset.catalogue, _before(dataset, place)
    titles = {identity: title or identity for identity, title in zip(catalogue.ids, catalogue.titles, strict=True)}
    wanted, query = catalogue.ids[dataset.events.item[place]], ""
    asked = ["--limit", DEPTH, "--json", f"--history={','.join(catalogue.ids[item] for item in before)}"]
    if task == "search":
        query = dataset.queries[dataset.events.query[place]]
        answer = json.loads(call("search", run.path, *asked, "--", query))
    else:
        answer = json.loads(call("recommend", run.path, "--explain-history", *asked))
    hits = answer["hits"]
    ids = [hit["id"] for hit in hits]
    return Example(
        query=query,
        history=[titles[catalogue.ids[item]] for item in before[-LATEST:]],
        earlier=max(0, len(before) - LATEST),
        wanted=titles[wanted],
        rank=ids.index(wanted) + 1 if wanted in ids else None,
        hits=[
            Hit(hit["title"] or hit["id"], hit["score"], hit["id"] == wanted, _reasons(hit, titles))
            for hit in hits[:SHOWN]
        ],
    )


def _reasons(hit: dict, titles: dict[str, str]) -> list[Reason]:
    """Reasons, the largest first; the terms of words are words, those of all else are items."""
    found = []
    for reason in hit["reasons"]:
        terms = reason.get("terms", [])
        if reason["kind"] not in ("words", "title", "id", "boost"):
            terms = [titles.get(term, term) for term in terms]
        found.append(Reason(reason["kind"], reason["weight"], terms[:3]))
    return sorted(found, key=lambda one: -one.weight)
