import json
import math
import re
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from gensr_models import baselines
from gensr_models.baselines import protocol
from gensr_models.baselines.bm25 import BM25
from gensr_models.baselines.evaluate import evaluate as evaluate_all
from gensr_models.baselines.linear import tuned_ease, tuned_knn
from gensr_models.baselines.popularity import popularity
from gensr_models.cli import app
from gensr_models.data import TEST, load
from gensr_models.metrics.intervals import intervals

ITEMS = [
    ["item_id", "title", "text", "categories"],
    ["a", "Red tent", "A tent, for two.", "Camp"],
    ["b", "Red stove", "", "camp|cook"],
    ["c", "Blue mat", "soft and warm", ""],
    ["d", "Tent pegs", "pegs; PEGS", "camp"],
]


@pytest.fixture
def data(write):
    rows = [["user_id", "timestamp", "kind", "query", "item_id", "split"]]
    rows += [["u", 1, "view", "", "a", "train"], ["u", 2, "view", "", "c", "train"]]
    rows += [["u", 3, "dislike", "", "d", "train"], ["u", 4, "search", "Tent pegs", "d", "valid"]]
    rows += [["u", 5, "view", "", "b", "test"], ["u", 6, "search", "red  camp tent", "b", "test"]]
    rows += [["v", 1, "view", "", "a", "train"], ["v", 2, "search", "nothing known", "c", "test"]]
    rows += [["v", 3, "view", "", "a", "test"]]
    return load(write(items=ITEMS, events=rows))


def test_popularity_counts_ties_against_itself(data):
    places = data.targets("recommend", TEST)
    scores = popularity(data)(places)
    assert scores.tolist() == [[2, 0, 1, 0]] * 2
    found = baselines.ranks(data, places, popularity(data))
    # u wants b: a and c are better, d is equal; all but b are in the history. v wants a, which is in the history, and
    # is not left out, as the engine does not either.
    assert found["plain"].tolist() == [3, 0]
    assert found["history_excluded"].tolist() == [0, 0]


def test_fewer_examples_are_scored_at_a_time_where_items_are_many(data, monkeypatch):
    places, sizes = data.targets("recommend", TEST).repeat(3), []

    def scorer(chunk):
        sizes.append(len(chunk))
        return popularity(data)(chunk)

    whole = baselines.ranks(data, places, scorer)
    monkeypatch.setattr(protocol, "MOST_SCORES", 9)
    monkeypatch.setattr(protocol, "FEWEST", 1)
    parts = baselines.ranks(data, places, scorer)
    assert sizes == [6, 2, 2, 2]  # four items each
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


@pytest.mark.parametrize(("items", "size"), [(60_000, 1024), (673_415, 99), (4_000_000, 64)])
def test_scores_of_a_catalogue_of_any_size_fit(items, size):
    assert {len(chunk) for chunk in protocol._chunks(np.zeros(size * 3), items)} == {size}


def naive_bm25(documents, query, k1, b):
    words = [re.findall(r"\w+", document.lower()) for document in documents]
    mean = sum(map(len, words)) / len(words)
    scores = []
    for document in words:
        counts, score = Counter(document), 0.0
        for word in re.findall(r"\w+", query.lower()):
            present = sum(word in other for other in words)
            idf = math.log(1 + (len(words) - present + 0.5) / (present + 0.5))
            norm = counts[word] + k1 * (1 - b + b * len(document) / mean)
            score += idf * counts[word] * (k1 + 1) / norm if present else 0.0
        scores.append(score)
    return scores


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.4, 0.0), (2.0, 0.3)])
def test_bm25_is_the_formula(data, k1, b):
    documents = [" ".join(row[1:3] + row[3].split("|")) for row in ITEMS[1:]]
    places = data.targets("search", TEST)
    scores = BM25(data).scorer(k1, b)(places)
    for row, place in enumerate(places):
        query = data.queries[data.events.query[place]]
        np.testing.assert_allclose(scores[row], naive_bm25(documents, query, k1, b), rtol=1e-5)
    assert not scores[1].any()


def test_a_query_without_known_words_finds_nothing(data):
    found = baselines.ranks(data, data.targets("search", TEST), BM25(data).scorer(1.2, 0.3))
    assert found["plain"][1] == 3  # all items tie at zero
    assert found["history_excluded"][1] == 2


def test_training_searches_name_items_where_that_helps(data):
    known = BM25(data)
    places = data.targets("search", TEST)
    assert not known.scorer(1.2, 0.3, 1.0)(places)[1].any()  # v's own search is a test event: it names nothing
    assert known.searched.sum() == 0  # and u's is a valid one


def setting(folder):
    return baselines.Setting(cache=folder)


def test_evaluate(data, tmp_path):
    figures = evaluate_all(data, setting(tmp_path), ("popularity", "knn", "ease", "bm25", "bm25-standard"))
    assert set(figures["recommend"]) == {"popularity", "knn", "ease"}
    assert set(figures["search"]) == {"popularity", "bm25", "bm25-standard"}
    for task, default in baselines.DEFAULT.items():
        for found in figures[task].values():
            assert found["default"] == found[default]
            assert found["plain"]["users"] == 2
            low, high = found["intervals"]["ndcg@10"]["interval"]
            assert low <= found["default"]["ndcg@10"] <= high
    assert set(figures["search"]["bm25"]) >= {"k1", "b", "searches"}
    assert figures["search"]["bm25-standard"]["k1"] == 1.2
    assert figures["recommend"]["popularity"]["counts"] in ("task", "all")


@pytest.fixture
def pairs(write):
    """Users of two tastes; who liked one thing of a half likes the rest of it."""
    rng = np.random.default_rng(0)
    rows = [["user_id", "timestamp", "kind", "query", "item_id", "split"]]
    for user in range(60):
        own = rng.permutation(10)[:6] + 10 * (user % 2)
        splits = ["train"] * 4 + ["valid", "test"]
        rows += [[f"u{user}", n, "view", "", f"i{i}", s] for n, (i, s) in enumerate(zip(own, splits, strict=True))]
    return load(write(items=[["item_id", "title"], *([f"i{n}", f"{n}"] for n in range(20))], events=rows))


def test_linear_models_know_who_goes_with_whom(pairs, tmp_path):
    places = pairs.targets("recommend", TEST)
    for make in (tuned_knn, tuned_ease):
        scorer, told = make(pairs, "recommend")
        assert set(told) > {"decay", "events"}
        ranks = baselines.ranks(pairs, places, scorer)["history_excluded"]
        assert (ranks < 5).all()  # five of the ten items of a half are not in the history
    figures = evaluate_all(pairs, setting(tmp_path))["recommend"]
    assert figures["ease"]["default"]["recall@5"] == 1 and figures["popularity"]["default"]["recall@5"] < 0.7


def test_too_many_items_for_a_dense_model_are_said(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("gensr_models.baselines.linear.MOST_ITEMS", 10)
    lines = []
    chosen = baselines.Setting(cache=tmp_path, log=lines.append)
    assert not evaluate_all(pairs, chosen, ("ease",))["recommend"]
    assert "ease is left out" in lines[0]


def test_intervals_are_paired_and_count_users():
    rng = np.random.default_rng(0)
    noisy = rng.integers(0, 30, 600)
    better = np.maximum(0, noisy - (rng.random(600) < 0.2))
    users = np.arange(600)
    found = intervals({"pack": better, "old": noisy}, users, "pack")["old"]["ndcg@10"]
    alone = found["interval"][1] - found["interval"][0]
    gap = found["ahead_interval"][1] - found["ahead_interval"][0]
    assert found["ahead_interval"][0] > 0 and gap < alone / 2
    assert found["ahead_interval"][0] <= found["ahead"] <= found["ahead_interval"][1]
    # The same events from a sixth of the users are less sure.
    fewer = intervals({"old": np.repeat(noisy[:100], 6)}, np.repeat(users[:100], 6), None)["old"]["ndcg@10"]
    apart = intervals({"old": np.repeat(noisy[:100], 6)}, users, None)["old"]["ndcg@10"]
    assert np.diff(fewer["interval"]) > 1.5 * np.diff(apart["interval"])


@pytest.mark.parametrize(
    ("given", "names"),
    [("fast", baselines.FAST), ("ease, popularity,ease", ("ease", "popularity")), ("all", baselines.NAMES)],
)
def test_names_of_baselines(given, names):
    assert baselines.chosen(given) == names


def test_an_unknown_baseline_is_named():
    with pytest.raises(ValueError, match=r"'lightgcn'.*popularity"):
        baselines.chosen("ease,lightgcn")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--baselines", "popularity", "--json"], {"popularity"}),
        (["--baselines", "popularity,knn", "--json"], {"popularity", "knn"}),
        (["--baselines", "fast", "--json"], {"popularity", "knn", "ease"}),
    ],
)
def test_the_command_takes_names(pairs, tmp_path, arguments, wanted, monkeypatch):
    monkeypatch.setattr("gensr_models.cli.train.keep_memory", lambda: None)
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path), *arguments])
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.stdout)["recommend"]) == wanted


def test_the_command_refuses_names_that_it_does_not_know(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("gensr_models.cli.train.keep_memory", lambda: None)
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path), "--baselines", "nonsense"])
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("name", "task", "baseline", "variant", "least", "most"),
    [
        ("LastFM", "recommend", "popularity", "history_excluded", 0.035, 0.045),
        ("LastFM", "search", "bm25", "plain", 0.075, 0.16),
    ],
)
def test_shared_set(shared_data, tmp_path, name, task, baseline, variant, least, most):
    figures = evaluate_all(load(shared_data(name)), setting(tmp_path), (baseline,))
    assert least <= figures[task][baseline][variant]["ndcg@10"] <= most


def test_the_mean_of_runs_is_compared():
    users = np.arange(200)
    one, other = np.zeros(200, int), np.full(200, 99)
    found = intervals({"pack": np.stack([one, other]), "old": other}, users, "pack")["old"]["recall@10"]
    assert found["ahead"] == 0.5 and found["ahead_interval"] == [0.5, 0.5]
