"""Data sets with items, users or queries that training never met."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from gensr_models.data import SPLITS, TEST, TRAIN, VALID, Dataset, tables
from gensr_models.data.problems import Problems
from gensr_models.engine import write_events


def withhold_items(dataset: Dataset, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Takes all events of a share of the items out of training and asks for their searches at the end of histories.

    A user who searched for such an item several times is asked once for it, with one of the queries: later ones would
    find it in the history. Other test events are left out, valid ones stay to tune on.

    Returns:
        Places of events in the new order, and the split of each.
    """
    events, rng = dataset.events, np.random.default_rng(seed)
    items = len(dataset.catalogue)
    withheld = np.zeros(items, bool)
    withheld[rng.choice(items, round(share * items), replace=False)] = True
    searches = np.concatenate([dataset.targets("search", split) for split in range(len(SPLITS))])
    asked = rng.permutation(searches[withheld[events.item[searches]]])
    pairs = events.user[asked].astype(np.int64) * items + events.item[asked]
    asked = np.sort(asked[np.unique(pairs, return_index=True)[1]])
    kept = np.flatnonzero(~withheld[events.item] & (events.split != TEST))
    return _joined(dataset, kept, asked)


def withhold_users(dataset: Dataset, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Takes all events of a share of the users out of training: the users that a pack meets on new phones.

    Each of their events is asked about after those before it; of half of them in test, of the others in valid. An item
    counts for such a user once, with its first event. The other users keep their train and valid events.

    Returns:
        Places of events in the new order, and the split of each.
    """
    events, rng = dataset.events, np.random.default_rng(seed)
    users, items = len(events.user_offsets) - 1, len(dataset.catalogue)
    part = np.full(users, TRAIN, np.int8)
    drawn = rng.choice(users, round(share * users), replace=False)
    part[drawn[::2]], part[drawn[1::2]] = TEST, VALID
    withheld = part[events.user] != TRAIN
    _, first = np.unique(events.user.astype(np.int64) * items + events.item, return_index=True)
    once = np.zeros(len(events.item), bool)
    once[first] = True
    places = np.flatnonzero(np.where(withheld, once, events.split != TEST))
    return places, np.where(withheld, part[events.user], events.split)[places]


def unseen_queries(dataset: Dataset, alone: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Leaves of the test events only the searches whose query no training event has.

    Args:
        dataset: what is derived from.
        alone: keeps nothing else but such searches of valid, as for a catalogue without events.

    Returns:
        Places of events in the new order, and the split of each.
    """
    events = dataset.events
    seen = np.zeros(len(dataset.queries) + 1, bool)
    seen[events.query[events.split == TRAIN]] = True

    def unseen(split: int) -> np.ndarray:
        places = dataset.targets("search", split)
        return places[~seen[events.query[places]]]

    kept = unseen(VALID) if alone else np.flatnonzero(events.split != TEST)
    return _joined(dataset, kept, unseen(TEST))


def alone(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Leaves only the searches of valid and test, as if nobody had used the shop before: every query is unseen then."""
    return _joined(dataset, dataset.targets("search", VALID), dataset.targets("search", TEST))


def _joined(dataset: Dataset, kept: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(asked):
        raise ValueError("no test event is left: the data has no such searches")
    places = np.concatenate([kept, asked])
    split = np.concatenate([dataset.events.split[kept], np.full(len(asked), TEST, np.int8)])
    order = np.lexsort((places, split == TEST, dataset.events.user[places]))
    return places[order], split[order]


def write(dataset: Dataset, source: Path, derived: tuple[np.ndarray, np.ndarray], folder: Path) -> None:
    """Writes the events in their new order and split, and copies the items, into a folder that is not there yet."""
    folder.mkdir(parents=True)
    items = tables.find(source, "items", Problems())
    assert items is not None  # the data set was read from it
    shutil.copy(items, folder / items.name)
    write_events(dataset, *derived, folder / "events.csv")
