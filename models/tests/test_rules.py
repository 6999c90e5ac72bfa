"""Statistics over all events, some users at a time."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import tiny

from gensr_models.config.settings import Settings
from gensr_models.data import TRAIN, dataset, load
from gensr_models.data.dataset import Events
from gensr_models.data.statistics import repeat_rate, timestamps_informative
from gensr_models.training import rules


def events_of(counts, items, seed=1) -> Events:
    """Events of users with these numbers of them."""
    rng = np.random.default_rng(seed)
    total = sum(counts)
    return Events(
        user=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        item=rng.integers(0, items, total).astype(np.int32),
        kind=np.zeros(total, np.int16),
        timestamp=np.arange(total),
        query=np.full(total, -1, np.int32),
        split=rng.integers(0, 3, total).astype(np.int8),
        user_offsets=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
        user_ids=[str(user) for user in range(len(counts))],
        queries=[],
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return load(tiny.write_data(tmp_path_factory.mktemp("shop") / "data"))


@pytest.mark.parametrize("counts", [[], [0, 0], [3], [1, 0, 40, 2, 0, 0, 7, 1, 0]])
@pytest.mark.parametrize("at_once", [1, 5, 1 << 20])
def test_items_of_users_are_counted_whatever_is_looked_at_at_a_time(shop, counts, at_once, monkeypatch):
    monkeypatch.setattr(dataset, "AT_ONCE", at_once)
    data = replace(shop, events=events_of(counts, len(shop.catalogue)))
    train = data.events.split == TRAIN
    wanted = [len(set(data.events.item[train & (data.events.user == user)])) for user in range(len(counts))]
    assert rules.distinct_items(data).tolist() == wanted


def test_decisions_do_not_depend_on_what_is_looked_at_at_a_time(shop, monkeypatch):
    whole = rules.decide(shop, Settings(), 0).record()
    monkeypatch.setattr(dataset, "AT_ONCE", 17)
    assert rules.decide(shop, Settings(), 0).record() == whole


def test_repeats_and_gaps_do_not_depend_on_what_is_looked_at_at_a_time(shop, monkeypatch):
    items = len(shop.catalogue)
    wanted = next(place for place, kind in enumerate(shop.kinds) if kind.task == "recommend" and kind.sign > 0)
    events = events_of([3, 0, 40, 7, 1, 90], items)
    data, found = replace(shop, events=replace(events, kind=events.kind + np.int16(wanted))), []
    for at_once in (1, 17, 1 << 20):
        monkeypatch.setattr(dataset, "AT_ONCE", at_once)
        found.append([repeat_rate(data, "recommend", split) for split in range(3)])
        assert not timestamps_informative(data)
    for split, rate in enumerate(found[0]):
        places = data.targets("recommend", split)
        before = [set(events.item[events.user_offsets[events.user[place]] : place]) for place in places]
        assert rate == np.mean([events.item[place] in seen for place, seen in zip(places, before, strict=True)])
    assert found[0] == found[1] == found[2] and 0 < found[0][0] < 1


def test_counting_items_of_users_needs_no_memory_for_all_events(shop, monkeypatch):
    monkeypatch.setattr(dataset, "AT_ONCE", 2_000)
    data = replace(shop, events=events_of([100] * 2_000, len(shop.catalogue)))
    tracemalloc.start()
    try:
        rules.distinct_items(data)
        timestamps_informative(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(data.events)  # one key of a pair is eight bytes
