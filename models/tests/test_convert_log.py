"""Protocols of events, against plain loops."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gensr_models.convert.log import (
    RECOMMEND,
    SEARCH,
    Split,
    by_time,
    candidates,
    compact,
    k_core,
    leave_one_out,
    log,
)
from gensr_models.data import TEST, TRAIN, VALID

EVENTS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 8), st.sampled_from(["", "", "p", "q"]), st.integers(0, 40)),
    min_size=1,
    max_size=80,
)


def made(events, **more):
    user, item, query, time = (list(column) for column in zip(*events, strict=True))
    kind = np.array([SEARCH if text else RECOMMEND for text in query])
    return log(np.array(user), np.array(item), kind, np.array(query, object), np.array(time), **more)


def listed(events):
    columns = (events.user, events.item, events.kind, events.query, events.time)
    return [
        (events.users[u], events.items[i], int(k), events.queries[q] if q >= 0 else "", int(t))
        for u, i, k, q, t in zip(*columns, strict=True)
    ]


@given(EVENTS)
def test_events_are_kept_once_and_in_order(rows):
    events = made(rows)
    wanted = {(str(u), str(i), SEARCH if q else RECOMMEND, q, t) for u, i, q, t in rows}
    found = listed(events)
    assert sorted(found) == sorted(wanted)
    keys = list(zip(events.user, events.time, strict=True))
    assert keys == sorted(keys)


@given(EVENTS, st.integers(1, 4))
def test_k_core_against_a_loop(rows, k):
    wanted = listed(made(rows))
    while True:
        users, items = Counter(e[0] for e in wanted), Counter(e[1] for e in wanted)
        left = [e for e in wanted if users[e[0]] >= k and items[e[1]] >= k]
        if left == wanted:
            break
        wanted = left
    found = k_core(made(rows), k)
    assert listed(found) == wanted
    small = compact(found, all_items=False)
    assert listed(small) == wanted
    assert len(small.users) == len({e[0] for e in wanted}) and len(small.items) == len({e[1] for e in wanted})
    assert len(small.queries) == len({e[3] for e in wanted} - {""})


@given(EVENTS, st.integers(2, 4))
def test_leave_one_out_against_a_loop(rows, least):
    events = leave_one_out(made(rows), least, repeats=True)
    assert listed(events) == listed(made(rows))
    for user in range(len(events.users)):
        for kind in (SEARCH, RECOMMEND):
            own = events.split[(events.user == user) & (events.kind == kind)].tolist()
            asked = [VALID, TEST] if len(own) >= least else []
            assert own == [TRAIN] * (len(own) - len(asked)) + asked


@settings(max_examples=300)
@given(EVENTS, st.integers(2, 4))
def test_without_repeats_no_held_out_item_is_given_away(rows, least):
    whole, events = made(rows), leave_one_out(made(rows), least, repeats=False)
    before, after = listed(whole), listed(events)
    assert set(after) <= set(before)
    held = [(e[0], e[1]) for e, part in zip(after, events.split, strict=True) if part != TRAIN]
    assert len(held) == len(set(held))
    pairs = Counter((e[0], e[1]) for e in after)
    assert all(pairs[pair] == 1 for pair in held)
    assert all((e[0], e[1]) in set(held) for e in set(before) - set(after))  # nothing else is dropped
    for user in whole.users:
        for kind in (SEARCH, RECOMMEND):
            parts = [
                p for e, p in zip(after, events.split, strict=True) if e[0] == user and e[2] == kind and p != TRAIN
            ]
            assert parts in ([], [VALID, TEST])
        items = {e[1] for e in before if e[0] == user and e[2] == SEARCH}
        asked = any(e[0] == user and e[2] == SEARCH and p == TEST for e, p in zip(after, events.split, strict=True))
        assert asked == (len(items) >= least)
        searches = [e for e in before if e[0] == user and e[2] == SEARCH]
        if asked:
            test = [
                e for e, p in zip(after, events.split, strict=True) if e[0] == user and e[2] == SEARCH and p == TEST
            ]
            assert test == searches[-1:]


@given(EVENTS, st.sampled_from([0.1, 0.25, 0.4]))
def test_a_split_by_share_cuts_between_times(rows, share):
    try:
        events = by_time(made(rows), Split.parse(f"time:{share}"))
    except ValueError:
        return
    parts = [events.time[events.split == part] for part in (TRAIN, VALID, TEST)]
    assert len(parts[0]) and len(parts[2]) >= min(1, round(share * len(events)))
    for early, late in ((parts[0], parts[1]), (parts[1], parts[2]), (parts[0], parts[2])):
        assert not len(early) or not len(late) or early.max() < late.min()


def test_a_split_by_days_takes_days_that_have_events():
    days = [1, 1, 2, 5, 5, 9]
    events = by_time(made([(0, n, "", day * 86_400 + n) for n, day in enumerate(days)]), Split.parse("time:1d"))
    assert events.split.tolist() == [TRAIN] * 3 + [VALID] * 2 + [TEST]
    with pytest.raises(ValueError, match="on 4 days only"):
        by_time(events, Split.parse("time:2d"))
    with pytest.raises(ValueError, match="nothing to train on"):
        by_time(made([(0, n, "", 7) for n in range(9)]), Split.parse("time:0.1"))


@pytest.mark.parametrize("text", ["", "time", "time:0d", "time:-1d", "time:0.5", "time:0.0", "time:1", "random"])
def test_other_splits_are_refused(text):
    with pytest.raises(ValueError, match="leave-one-out"):
        Split.parse(text)


@pytest.mark.parametrize("count", [1, 20, 99])
def test_negatives_are_distinct_and_untouched_and_depend_on_the_seed_alone(count):
    rng = np.random.default_rng(0)
    rows = [
        (int(u), int(i), "q" if i % 3 == 0 else "", n) for n, (u, i) in enumerate(rng.integers(0, (20, 300), (400, 2)))
    ]
    low = rng.integers(0, 20, 60), rng.integers(0, 300, 60)
    events = leave_one_out(compact(made(rows, touched=low, items=np.arange(300)), all_items=True), 3, repeats=True)
    touched = {(events.users[u], events.items[i]) for u, i in events.touched} | {(str(r[0]), str(r[1])) for r in rows}
    assert {(str(u), str(i)) for u, i in zip(*low, strict=True)} <= touched
    for kind in (RECOMMEND, SEARCH):
        asked, drawn = candidates(events, kind, count, 5)
        assert drawn.shape == (len(asked), count) and len(asked) == 20
        assert ((events.split[asked] == TEST) & (events.kind[asked] == kind)).all()
        for place, row in zip(asked, drawn, strict=True):
            assert len(set(row)) == count
            assert not {(events.users[events.user[place]], events.items[item]) for item in row} & touched
        assert (drawn == candidates(events, kind, count, 5)[1]).all()
        assert (drawn != candidates(events, kind, count, 6)[1]).any()


def test_negatives_are_uniform():
    events = by_time(made([(0, n % 50, "", n) for n in range(20_000)], items=np.arange(1_000)), Split.parse("time:0.2"))
    asked, drawn = candidates(events, RECOMMEND, 19, 1)
    counts = np.bincount(drawn.ravel(), minlength=1_000)
    assert len(asked) == 50 and not counts[:50].any()  # one list for each item that is asked, however often
    many = np.concatenate([candidates(events, RECOMMEND, 400, seed)[1].ravel() for seed in range(20)])
    counts = np.bincount(many, minlength=1_000)[50:]
    expected = len(many) / 950
    assert abs(counts.mean() - expected) < 1e-9 and 0.5 * expected < counts.std() ** 2 < 1.5 * expected


def test_too_few_untouched_items_are_said():
    events = leave_one_out(made([(0, n, "", n) for n in range(6)], items=np.arange(10)), 3, repeats=True)
    assert candidates(events, RECOMMEND, 4, 0)[1].shape == (1, 4)
    with pytest.raises(ValueError, match="touched 6 of the 10 items"):
        candidates(events, RECOMMEND, 5, 0)
