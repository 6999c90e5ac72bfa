"""Queries that mean different things to different people, with the histories that tell which."""

from collections import defaultdict
from itertools import combinations

import numpy as np

from .catalogue import Item, products, words

LEAST_ITEMS = 20
"""Fitting items that a taste must have for a query; the test looks at the first 20 hits."""
MOST_SHARED = 0.1
"""Two tastes are opposite when at most this share of the smaller one's fitting items fits the other as well."""
QUALITIES, HISTORIES, LENGTH = 2, 4, 8


def ambiguous_queries(rng: np.random.Generator, items: list[Item]) -> list[dict]:
    """Every type of thing that at least two opposite tastes can mean, alone and with a quality before it.

    An item fits a taste when it is of the type and its attribute `activities` holds the activity. The
    histories of a taste are things for nothing but its activity, in the order of its kit, none of them of the
    type in question.
    """
    pure = defaultdict(list)
    for item in items:
        if len(item.activities) == 1:
            pure[item.type, item.activities[0]].append(item)
    result = []
    for kind, product in products().items():
        fitting = {
            activity: {place for place, item in enumerate(items) if item.type == kind and activity in item.activities}
            for activity in product["for"]
        }
        fitting = {activity: places for activity, places in fitting.items() if len(places) >= LEAST_ITEMS}
        opposites = [
            [one, other]
            for one, other in combinations(fitting, 2)
            if len(fitting[one] & fitting[other]) <= MOST_SHARED * min(len(fitting[one]), len(fitting[other]))
        ]
        if not opposites:
            continue
        tastes = {
            activity: {
                "fits": {"attribute": "activities", "contains": activity},
                "fitting_items": len(places),
                "histories": [_history(rng, pure, activity, kind) for _ in range(HISTORIES)],
            }
            for activity, places in fitting.items()
            if any(activity in pair for pair in opposites)
        }
        qualities = [str(quality) for quality in rng.choice(product["style"], QUALITIES, replace=False)]
        for query in (kind, *(f"{quality} {kind}" for quality in qualities)):
            result.append({"query": query, "type": kind, "opposites": opposites, "tastes": tastes})
    return result


def _history(
    rng: np.random.Generator, pure: dict[tuple[str, str], list[Item]], activity: str, without: str
) -> list[str]:
    kit = [kind for kind in words()["activities"][activity]["kit"] if kind != without and pure[kind, activity]]
    start = int(rng.integers(len(kit)))
    ids = []
    for step in range(min(LENGTH, len(kit))):
        choices = pure[kit[(start + step) % len(kit)], activity]
        shares = np.array([item.popularity for item in choices])
        ids.append(choices[rng.choice(len(choices), p=shares / shares.sum())].id)
    return ids
