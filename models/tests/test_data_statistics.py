import numpy as np
import pytest

from gensr_models.data import TASKS, load
from gensr_models.data.statistics import order_informative, repeat_rate, timestamps_informative

GROUPS, SIZE = 8, 25


def histories(write, shuffled, seed=3):
    """Users who walk through two or three groups of items, one group after the other, or in random order."""
    rng = np.random.default_rng(seed)
    rows = [["user_id", "timestamp", "kind", "item_id"]]
    for user in range(300):
        groups = rng.choice(GROUPS, rng.integers(2, 4), replace=False)
        items = [group * SIZE + item for group in groups for item in rng.choice(SIZE, 5, replace=False)]
        if shuffled:
            rng.shuffle(items)
        rows += [[f"u{user}", place, "view", f"i{item}"] for place, item in enumerate(items)]
    items = [["item_id", "title"], *[[f"i{number}", "t"] for number in range(GROUPS * SIZE)]]
    return load(write(items=items, events=rows))


@pytest.mark.parametrize("seed", range(3))
def test_order_is_seen_where_it_is(write, seed):
    found = order_informative(histories(write, False, seed), "recommend")
    assert found.informative and found.gain > 0.1 and found.users == 300


@pytest.mark.parametrize("seed", range(5))
def test_no_order_is_seen_in_shuffled_histories(write, seed):
    found = order_informative(histories(write, True, seed), "recommend")
    assert not found.informative and abs(found.score) < 4


def test_order_of_an_absent_task_or_of_few_users(write):
    data = histories(write, False)
    assert not order_informative(data, "search").informative
    rows = [["user_id", "timestamp", "kind", "item_id"], *[["u", place, "view", "i0"] for place in range(9)]]
    data = load(write(items=[["item_id", "title"], ["i0", "t"]], events=rows))
    assert not order_informative(data, "recommend").informative


@pytest.mark.parametrize(
    ("times", "expected"), [([0, 1, 2, 3], False), ([5, 5, 5, 5], False), ([0, 9, 4000, 4010], True)]
)
def test_timestamps(write, times, expected):
    rows = [["user_id", "timestamp", "kind", "item_id"], *[["u", time, "view", "a"] for time in times]]
    data = load(write(items=[["item_id", "title"], ["a", "t"]], events=rows))
    assert timestamps_informative(data) is expected


def test_repeat_rate(write):
    rows = [["user_id", "timestamp", "kind", "item_id", "split"]]
    for user, valid in (("u", "a"), ("v", "b"), ("w", "c"), ("x", "a")):
        rows += [
            [user, 1, "view", "a", "train"],
            [user, 2, "hide", "c", "train"],
            [user, 3, "view", valid, "valid"],
        ]
    data = load(write(items=[["item_id", "title"], ["a", "t"], ["b", "t"], ["c", "t"]], events=rows))
    assert repeat_rate(data, "recommend") == 0.75
    assert repeat_rate(data, "search") == 0.0


@pytest.mark.parametrize(
    ("name", "ordered", "timed"),
    [
        ("Beauty", {"recommend": True}, False),
        ("Toys", {"recommend": True}, False),
        ("LastFM", {"recommend": False, "search": True}, False),
        ("MovieLensSmall", {"recommend": True, "search": False}, True),
    ],
)
def test_shared_sets(shared_data, name, ordered, timed):
    data = load(shared_data(name))
    found = {task: order_informative(data, task) for task in TASKS if any(kind.task == task for kind in data.kinds)}
    print(name, found)
    assert {task: order.informative for task, order in found.items()} == ordered
    assert timestamps_informative(data) is timed
    assert all(repeat_rate(data, task) == 0 for task in ordered)
