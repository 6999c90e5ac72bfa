"""Fusion weights: ranks against brute force, known answers, hostile shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from gensr_models.metrics import gains, ndcg
from gensr_models.signals.fusion import Features, Ranks, Weights, fit, read_features


def features(cases, rng=None, **parts):
    """Cases of lists of entries (dense, neighbours, lexical, in_history); the first entry is the wanted one."""
    flat = [entry for case in cases for entry in case]
    columns = np.array(flat, np.float32).reshape(-1, 4).T
    offsets = np.concatenate([[0], np.cumsum([len(case) for case in cases])]).astype(np.int64)
    return Features(offsets, np.zeros(len(cases), np.int64), *columns[:3], columns[3] > 0)


def brute_force(found, exclude, weights):
    ranks = []
    for i, wanted in enumerate(found.wanted):
        own = slice(found.offsets[i], found.offsets[i + 1])
        if wanted < 0:
            ranks.append(10**6)
            continue
        k, s = found.neighbours[own], np.float32(weights.neighbours_curve)
        score = found.dense[own] + np.float32(weights.neighbours) * (np.log1p(s * k) if s else k)
        score = score + np.float32(weights.lexical) * found.lexical[own]
        inside = found.in_history[own]
        if not exclude:
            score = score + np.float32(weights.history) * inside
        rank = 0
        for j in range(len(score)):
            left_out = exclude and inside[j]
            rank += j != wanted and not left_out and score[j] >= score[wanted]
        ranks.append(rank)
    return np.array(ranks)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.integers(1, 40))
def test_ranks_are_those_of_brute_force(seed, exclude, size):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, size + 1, 30)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    entries = offsets[-1]
    # Few distinct values: ties are what goes wrong.
    value = lambda: rng.integers(0, 4, entries).astype(np.float32) / 2  # noqa: E731
    wanted = np.where(rng.random(30) < 0.1, -1, rng.integers(0, lengths))
    found = Features(offsets, wanted, value() - 1, value(), value(), rng.random(entries) < 0.3)
    ranks = Ranks(found, exclude)
    for weights in (
        Weights(),
        Weights(0.5, 0, 0.25, 0),
        Weights(2, 3, 0, -0.7),
        Weights(0, 0, 1, 2),
        Weights(0.1, 20, 0.3, -5),
    ):
        np.testing.assert_allclose(ranks.gains(weights), gains(brute_force(found, exclude, weights), 10))


def test_helpful_neighbours_get_a_weight_and_useless_ones_none():
    rng = np.random.default_rng(0)

    def case(helps):
        others = [[rng.normal() + 2, rng.random() * 0.1, 0, 0] for _ in range(60)]
        return [[rng.normal() + 2, 0.5 if helps else rng.random() * 0.1, 0, 0], *others]

    good, report = fit(features([case(True) for _ in range(200)]), "recommend")
    assert good.neighbours > 0 and good.lexical == good.history == 0
    assert report["ndcg@10_fused"] > 0.9 and report["ndcg@10_dense"] < 0.3
    useless, report = fit(features([case(False) for _ in range(200)]), "recommend")
    assert useless == Weights() and report["ndcg@10_fused"] == report["ndcg@10_dense"]


def test_search_finds_a_weight_for_words_and_one_against_the_history():
    rng = np.random.default_rng(1)
    cases = []
    for _ in range(300):
        others = [[rng.normal(), 0, rng.choice([0, 0, 3]), 0] for _ in range(40)]
        history = [[rng.normal() + 6, 0, 8, 1] for _ in range(12)]
        cases.append([[rng.normal(), 0, 8, 0], *others, *history])
    weights, report = fit(features(cases), "search")
    assert weights.lexical > 0 and weights.history < -3 and weights.neighbours == 0
    assert report["ndcg@10_fused"] > 0.95
    # Where the history is left out there is nothing to push down.
    assert fit(features(cases), "recommend")[0].history == 0


def test_a_weight_that_is_no_better_is_not_larger_than_need_be():
    # The wanted item has all the signals: any weight from about 1 on gives the first place.
    cases = [[[0, 1, 0, 0], *[[1 - i / 100, 0, 0, 0] for i in range(20)]] for _ in range(50)]
    weights, report = fit(features(cases), "recommend")
    assert report["ndcg@10_fused"] == 1.0
    at_one = weights.neighbours * (np.log1p(weights.neighbours_curve) if weights.neighbours_curve else 1)
    assert 1 < at_one < 2


def test_fitted_weights_never_lose_on_what_they_were_fitted_on():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        cases = [[[*rng.random(3), rng.random() < 0.2] for _ in range(rng.integers(1, 30))] for _ in range(25)]
        found = features(cases)
        for task, exclude in (("recommend", True), ("search", False)):
            weights, report = fit(found, task)
            assert report["ndcg@10_fused"] >= report["ndcg@10_dense"]
            assert report["ndcg@10_fused"] == pytest.approx(ndcg(brute_force(found, exclude, weights), 10), abs=1e-5)


def test_without_evidence_there_are_no_weights():
    nothing = features([[[1, 0, 0, 0]], [[2, 0, 0, 0], [3, 0, 0, 0]]])
    assert fit(nothing, "search")[0] == fit(nothing, "recommend")[0] == Weights()
    lost = Features(np.array([0, 0]), np.array([-1]), *np.zeros((3, 0), np.float32), np.zeros(0, bool))
    assert fit(lost, "search")[1] == {"ndcg@10_dense": 0.0, "ndcg@10_fused": 0.0, "cases": 1}


def dump(path, **changed):
    tensors = {
        "search.offsets": np.array([0, 2, 3], np.uint64),
        "search.wanted": np.array([1, -1], np.int64),
        "search.words": np.array([1, 0], np.uint8),
        "search.dense": np.arange(3, dtype=np.float32),
        "search.neighbours": np.zeros(3, np.float32),
        "search.lexical": np.zeros(3, np.float32),
        "search.in_history": np.array([0, 1, 0], np.uint8),
    }
    save_file(tensors | {f"search.{k}": v for k, v in changed.items()}, path)
    return path


def test_dumped_features_are_read_by_task(tmp_path):
    found = read_features(dump(tmp_path / "f"))
    assert set(found) == {"search"} and found["search"].in_history.tolist() == [False, True, False]
    assert found["search"].words.tolist() == [True, False]
    assert fit(found["search"], "search")[1]["ndcg@10_dense"] == 0.5


@pytest.mark.parametrize(
    "changed",
    [
        {"offsets": np.array([0, 2, 4], np.uint64)},
        {"offsets": np.array([0, 3, 2], np.uint64)},
        {"wanted": np.array([2, -1], np.int64)},
        {"wanted": np.array([0], np.int64)},
        {"lexical": np.zeros(2, np.float32)},
        {"words": np.zeros(3, np.uint8)},
    ],
)
def test_features_that_do_not_fit_together_are_refused(tmp_path, changed):
    with pytest.raises(ValueError, match="do not fit"):
        read_features(dump(tmp_path / "f", **changed))
