import math
import re
from collections import Counter

import numpy as np
import pytest

from gensr_models import baselines
from gensr_models.data import TEST, load

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
    scores = baselines.popularity(data)(places)
    assert scores.tolist() == [[2, 0, 1, 0]] * 2
    found = baselines.ranks(data, places, baselines.popularity(data))
    # u wants b: a and c are better, d is equal; all but b are in the history. v wants a, which is in the history.
    assert found["plain"].tolist() == [3, 0]
    assert found["history_excluded"].tolist() == [0, 4]


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
    scores = baselines.BM25(data).scorer(k1, b)(places)
    for row, place in enumerate(places):
        query = data.queries[data.events.query[place]]
        np.testing.assert_allclose(scores[row], naive_bm25(documents, query, k1, b), rtol=1e-5)
    assert not scores[1].any()


def test_a_query_without_known_words_finds_nothing(data):
    found = baselines.ranks(data, data.targets("search", TEST), baselines.BM25(data).scorer(1.2, 0.3))
    assert found["plain"][1] == 3  # all items tie at zero
    assert found["history_excluded"][1] == 2


def test_evaluate(data):
    figures = baselines.evaluate(data)
    assert set(figures) == {"recommend", "search"} and set(figures["search"]) == {"popularity", "bm25"}
    for task, default in baselines.DEFAULT.items():
        for found in figures[task].values():
            assert found["default"] == found[default]
            assert found["plain"]["users"] == 2
    assert set(figures["search"]["bm25"]) >= {"k1", "b"}
    assert figures["recommend"]["popularity"]["counts"] in ("task", "all")


@pytest.mark.parametrize(
    ("name", "task", "baseline", "variant", "least", "most"),
    [
        ("LastFM", "recommend", "popularity", "history_excluded", 0.035, 0.045),
        ("LastFM", "search", "bm25", "plain", 0.075, 0.085),
        ("LastFM", "search", "bm25", "history_excluded", 0.083, 0.092),
    ],
)
def test_shared_set(shared_data, name, task, baseline, variant, least, most):
    figures = baselines.evaluate(load(shared_data(name)))
    assert least <= figures[task][baseline][variant]["ndcg@10"] <= most
