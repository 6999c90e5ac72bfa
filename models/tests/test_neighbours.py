"""Item-item models and neighbour lists: the formulas by hand, brute force over whole rankings, hostile shapes."""

import numpy as np
import pytest
import scipy.sparse

from gensr_models.data import VALID, load
from gensr_models.metrics import gains
from gensr_models.model import Words
from gensr_models.signals.histories import Cases, latest, quality, valid_cases
from gensr_models.signals.item_models import Cooccurrence, bounded, ease, gram, knn, users_by_items
from gensr_models.signals.neighbours import Neighbours, choose, none_of
from gensr_models.signals.sparse_ease import largest, refitted

HEADER = ["user_id", "timestamp", "kind", "query", "item_id", "split"]


def items(count):
    return [["item_id", "title"], *([f"i{n}", f"item {n}"] for n in range(count))]


def wordless(data):
    return Words(np.zeros(len(data.catalogue) + 1, np.int64), np.zeros(0, np.int64))


@pytest.fixture
def chains(write):
    """80 users who walk i0, i1, i2 ... from a random start; what comes next is all that can be known."""
    rng = np.random.default_rng(0)
    rows = [HEADER]
    for user in range(80):
        start = rng.integers(20)
        for step in range(6):
            split = "valid" if step == 4 else "test" if step == 5 else "train"
            rows.append([f"u{user}", step, "view", "", f"i{(start + step) % 20}", split])
    return load(write(items=items(20), events=rows))


@pytest.fixture
def small(write):
    rows = [HEADER]
    rows += [["u", n, "view", "", item, "train"] for n, item in enumerate(["i0", "i1", "i0", "i2"])]
    rows += [["u", 4, "dislike", "", "i3", "train"], ["u", 5, "view", "", "i3", "valid"]]
    rows += [["v", 0, "view", "", "i2", "train"], ["v", 1, "search", "q", "i1", "train"]]
    rows += [["v", 2, "search", "q", "i2", "valid"], ["v", 3, "view", "", "i0", "test"]]
    return load(write(items=items(5), events=rows))


def test_latest_keeps_the_last_of_each_item():
    assert latest(np.array([4, 2, 4, 1, 2]), 9).tolist() == [2, 1, 4]
    assert latest(np.array([4, 2, 4, 1, 2]), 2).tolist() == [2, 1]
    assert latest(np.zeros(0, int), 3).tolist() == []


def test_cooccurrence_is_the_formula(small):
    # u reads i1, i0, i2 (the latest of each, no dislike); v reads i2, i1. Counts: i0 2, i1 2, i2 2.
    weights = Cooccurrence(small).weights(0.5, 0.0, 0.0, 0.25).toarray()
    wanted = np.zeros((5, 5))
    wanted[1, 0], wanted[0, 2], wanted[1, 2], wanted[2, 1] = 1, 1, 0.5, 1
    np.testing.assert_allclose(weights, wanted + 0.25 * wanted.T)
    counts = 1 + np.array([2, 2, 2, 0, 0])
    scaled = Cooccurrence(small).weights(0.5, 0.7, 0.2, 0.25).toarray()
    norm = counts[:, None] ** 0.7 * counts[None, :] ** 0.2
    np.testing.assert_allclose(scaled, (wanted + 0.25 * wanted.T) / norm, rtol=1e-6)
    assert Cooccurrence(small).weights(0.5, 0, 0, 0).nnz == 4


def test_cooccurrence_reads_fewer_items_where_there_would_be_too_many_pairs(chains):
    assert Cooccurrence(chains).weights(1.0, 0, 0, 0).sum() == 80 * 6
    fewer = Cooccurrence(chains, longest=8, most_pairs=100)
    assert fewer.longest == 2 and fewer.weights(1.0, 0, 0, 0).sum() == 80
    assert fewer.weights(1.0, 0, 0, 0).toarray()[3, 4] > 0


def test_ease_is_the_regression_of_each_item_on_the_others():
    rng = np.random.default_rng(0)
    matrix = scipy.sparse.csr_array((rng.random((40, 7)) < 0.4).astype(np.float32))
    counts = gram(matrix)
    before = counts.copy()
    weights = ease(counts, 3.0)
    np.testing.assert_array_equal(counts, before)
    dense = matrix.toarray()
    for item in range(7):
        others = np.delete(np.arange(7), item)
        system = dense[:, others].T @ dense[:, others] + 3.0 * np.eye(6)
        np.testing.assert_allclose(
            weights[others, item], np.linalg.solve(system, dense[:, others].T @ dense[:, item]), atol=1e-5
        )
        assert weights[item, item] == 0
    kept = largest(counts, 3.0, width=2).toarray()
    assert (kept >= 0).all() and ((kept > 0).sum(axis=1) <= 2).all()
    assert kept[0].max() == pytest.approx(weights[0].max())


def test_the_second_fit_is_a_regression_on_those_that_are_left(monkeypatch):
    rng = np.random.default_rng(3)
    taste = rng.random((60, 1)) < 0.5
    matrix = ((rng.random((60, 9)) < np.where(taste, 0.8, 0.2)) * 1.0).astype(np.float32)
    counts = gram(scipy.sparse.csr_array(matrix))
    support = largest(counts, 5.0, width=3)
    weights = refitted(counts, support, 2.0).toarray()
    for item in range(9):
        own = np.flatnonzero(support.toarray()[:, item])
        system = matrix[:, own].T @ matrix[:, own] + 2.0 * np.eye(len(own))
        wanted = np.linalg.solve(system, matrix[:, own].T @ matrix[:, item])
        np.testing.assert_allclose(weights[own, item], np.maximum(wanted, 0), atol=1e-5)
        assert not np.delete(weights[:, item], own).any()
    # Of too many the largest stay.
    monkeypatch.setattr("gensr_models.signals.sparse_ease.MOST", 1)
    fewer = refitted(counts, support, 2.0).toarray()
    for item in range(9):
        column = support.toarray()[:, item]
        assert np.flatnonzero(fewer[:, item]).tolist() == ([int(column.argmax())] if column.any() else [])


def test_ease_of_items_that_nobody_has_is_zero():
    weights = ease(np.diag([3.0, 0.0]).astype(np.float32), 1.0)
    assert not weights.any()


def test_knn_is_the_shrunk_cosine(small):
    weights = knn(users_by_items(small), 2.0).toarray()
    # i1 and i2 share both users; i0 is u's alone.
    assert weights[1, 2] == pytest.approx(2 / 2 * 2 / 4) and weights[0, 1] == pytest.approx(1 / 2**0.5 / 3)
    assert not np.diag(weights).any() and not weights[3].any()


def test_knn_is_the_same_whatever_is_summed_at_a_time(monkeypatch):
    rng = np.random.default_rng(4)
    matrix = scipy.sparse.csr_array((rng.random((40, 25)) < 0.2).astype(np.float32))
    whole = knn(matrix, 3.0)
    common = (matrix.T @ matrix).toarray()
    count = np.diag(common)
    with np.errstate(invalid="ignore"):
        wanted = np.nan_to_num(common / np.sqrt(np.outer(count, count)) * common / (common + 3.0))
    np.testing.assert_allclose(whole.toarray(), wanted - np.diag(np.diag(wanted)), rtol=1e-6)
    monkeypatch.setattr("gensr_models.signals.item_models.BLOCK", 30)
    parts = knn(matrix, 3.0)
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_item_knn_reads_the_latest_items_where_all_are_too_many(write, monkeypatch):
    def events(user, items):
        return [[user, n, "view", "", f"i{item}", "train"] for n, item in enumerate(items)]

    rows = [["user_id", "timestamp", "kind", "query", "item_id", "split"]]
    rows += [*events("u", [0, 1, 2, 3, 4, 5, 6, 0]), *events("v", [1, 2]), *events("w", [])]
    data = load(write(items=[["item_id", "title"], *([f"i{n}", "t"] for n in range(8))], events=rows))
    said = []
    monkeypatch.setattr("gensr_models.signals.item_models.log.info", lambda text, *given: said.append(text % given))
    assert (bounded(data).toarray() == users_by_items(data).toarray()).all()
    assert (bounded(data, 7 * 7 + 2 * 2).toarray() == users_by_items(data).toarray()).all()
    assert not said
    fewer = bounded(data, 7 * 7 + 2 * 2 - 1).toarray()
    # Half of the seven, the latest; i0 was seen again at the end.
    assert fewer[0].tolist() == [1, 0, 0, 0, 0, 1, 1, 0] and fewer[1].tolist() == [0, 1, 1, 0, 0, 0, 0, 0]
    assert "latest 3 items" in said[0] and "53 pairs" in said[0]


def test_cases_read_what_the_engine_reads(small):
    search = Cases.of(small, "search", small.targets("search", VALID))
    view = Cases.of(small, "recommend", small.targets("recommend", VALID))
    assert view.histories(0.5, 512).toarray()[0].tolist() == [0.5, 0.25, 1, 0, 0]  # the dislike is left out
    assert view.histories(0.5, 2).toarray()[0].tolist() == [0.5, 0, 1, 0, 0]
    assert view.own.tolist() == [0, 1, 2]  # the wanted i3 stays, though it was disliked
    assert search.wanted.tolist() == [2] and search.own.tolist() == [1]


def naive_gain(scores, case, wanted, own, exclude):
    mark = scores[wanted]
    if mark <= 0:
        return 0.0
    others = [s for i, s in enumerate(scores) if i != wanted and not (exclude and i in own)]
    return gains(np.array([sum(s > mark for s in others) + sum(s == mark for s in others) / 2]), 10)[0]


@pytest.mark.parametrize("task", ["recommend", "search"])
def test_gains_are_those_of_brute_force(write, task):
    rng = np.random.default_rng(4)
    rows = [HEADER]
    for user in range(40):
        for step in range(8):
            kind = "dislike" if rng.random() < 0.1 else "view"
            rows.append([f"u{user}", step, kind, "", f"i{rng.integers(25)}", "train"])
        name = "search" if task == "search" else "view"
        rows.append([f"u{user}", 9, name, "q" if task == "search" else "", f"i{rng.integers(25)}", "valid"])
    data = load(write(items=items(25), events=rows))
    cases = Cases.of(data, task, data.targets(task, VALID))
    scores = rng.integers(0, 4, (40, 25)) * (rng.random((40, 25)) < 0.6)
    found = cases.gains(scipy.sparse.csr_array(scores.astype(np.float32)))
    for case, place in enumerate(cases.places):
        history = data.events.item[data.events.user_offsets[case] : place]
        wanted = data.events.item[place]
        assert found[case] == pytest.approx(naive_gain(scores[case], case, wanted, history, task == "recommend"))


def test_lists_hold_the_largest_weights_in_order_and_lose_little():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(50, 50)).astype(np.float32)
    dense[7] = -1
    lists = Neighbours.of(scipy.sparse.csr_array(dense), 0.8, 20, width=8)
    assert lists.ids.dtype == np.uint16 and lists.weights.dtype == np.uint8 and lists.ids.shape == (50, 8)
    for row in range(50):
        own = np.where(np.arange(50) == row, -1, dense[row])
        best = [i for i in np.argsort(-own, kind="stable")[:8] if own[i] > 0]
        assert lists.ids[row].tolist() == best + [65535] * (8 - len(best))
        assert (np.diff(lists.weights[row].astype(int)) <= 0).all()
        got = lists.matrix().toarray()[row]
        np.testing.assert_allclose(got[best], own[best], atol=lists.scale[row] * 0.5001)
        assert (got > 0).sum() == len(best)
    assert lists.scale[7] == 0 and lists.manifest() == {"width": 8, "decay": 0.8, "events": 20}


def test_equal_weights_go_to_the_smaller_rows_and_tiny_ones_are_none():
    dense = np.zeros((6, 6), np.float32)
    dense[0, 1:] = 1
    dense[1, [0, 2]] = 1, 1e-4
    lists = Neighbours.of(scipy.sparse.csr_array(dense), 1.0, 1, width=3)
    assert lists.ids[0].tolist() == [1, 2, 3]
    assert lists.ids[1].tolist() == [0, 65535, 65535] and lists.weights[1].tolist() == [255, 0, 0]
    empty = Neighbours.of(scipy.sparse.csr_array((3, 3), dtype=np.float32), 1.0, 1, 32)
    assert not empty.matrix().nnz and [s.elements for s in empty.sections()] == [96, 96, 3]


def test_ids_are_32_bits_where_16_are_not_enough():
    assert none_of(65_535) == 65_535 and none_of(65_536) == 2**32 - 1


def test_what_follows_is_found_by_its_order(chains):
    lines = []
    lists = choose(chains, wordless(chains), True, 32, 0, lines.append)
    cases = valid_cases(chains, 0)
    assert quality(cases, lists.scores) > 0.9
    assert any("co-occurrence" in line for line in lines) and any("EASE" in line for line in lines)
    # EASE knows who goes together, but not what comes next.
    assert (choose(chains, wordless(chains), True, 32, 0, lines.append).ids == lists.ids).all()


def test_in_a_large_catalogue_only_the_reading_is_searched(chains, monkeypatch):
    monkeypatch.setattr("gensr_models.signals.neighbours.MOST_ITEMS_OF_SEARCH", 19)
    monkeypatch.setattr("gensr_models.signals.neighbours.MOST_ITEMS_OF_EASE", {True: 0, False: 0})
    lines = []
    assert choose(chains, wordless(chains), True, 32, 0, lines.append) is not None
    assert len(lines) == 1 and "decay=0.85, alpha=0.5, beta=0.1, back=0.25" in lines[0]


def test_where_order_is_chance_ease_may_win(write):
    rng = np.random.default_rng(1)
    rows = [HEADER]
    for user in range(120):
        own = rng.permutation(np.arange(8) + 8 * (user % 3))[:6]
        splits = ["train"] * 4 + ["valid", "test"]
        rows += [[f"u{user}", 0, "view", "", f"i{i}", s] for i, s in zip(own, splits, strict=True)]
    data = load(write(items=items(24), events=rows))
    lists = choose(data, wordless(data), False, 32, 0, lambda _: None)
    group = np.arange(24) // 8
    for row in range(24):
        assert (group[lists.ids[row][lists.weights[row] > 100]] == group[row]).all()


def test_nothing_to_learn_from_gives_no_neighbours(write):
    data = load(write(items=items(3)))
    assert choose(data, wordless(data), True, 32, 0, lambda _: None) is None
    rows = [HEADER, ["u", 0, "view", "", "i0", "train"], ["v", 0, "view", "", "i1", "train"]]
    data = load(write(items=items(3), events=rows))
    assert choose(data, wordless(data), True, 32, 0, lambda _: None) is None


def test_without_valid_events_the_start_is_taken(write):
    rows = [HEADER, *(["u", n, "view", "", f"i{n}", "train"] for n in range(3))]
    data = load(write(items=items(3), events=rows))
    lists = choose(data, wordless(data), True, 32, 0, lambda _: None)
    assert lists.manifest() == {"width": 32, "decay": 0.6, "events": 8} and lists.ids[0, 0] == 1


def test_items_of_one_family_that_share_words_are_neighbours_without_a_common_user(write):
    # Families of 4 share a word. Users like members 0 and 1 of the family they came for, and come back for 2, whom no
    # training event has met: only words lead there.
    rows = [HEADER]
    for user in range(60):
        family = user % 6
        for step, member in enumerate((0, 1)):
            rows.append([f"u{user}", step, "view", "", f"i{4 * family + member}", "train"])
        rows.append([f"u{user}", 2, "view", "", f"i{4 * family + 2}", "valid"])
    data = load(write(items=items(24), events=rows))
    words = Words(np.arange(25), np.arange(24) // 4)
    lines = []
    lists = choose(data, words, True, 32, 0, lines.append)
    assert "alike=0.0" not in lines[0]
    assert quality(valid_cases(data, 0), lists.scores) > 0.4
    assert set(lists.ids[2][lists.weights[2] > 0].tolist()) == {0, 1, 3}
    assert quality(valid_cases(data, 0), choose(data, wordless(data), True, 32, 0, lines.append).scores) == 0
