"""Items that resemble each other by their words: the formula by brute force, ties, and words that tell nothing."""

import numpy as np
import pytest

from gensr_models.model import Words
from gensr_models.signals import resemblance as module
from gensr_models.signals.resemblance import resemblance, tfidf


def words_of(texts):
    ids = np.array([word for text in texts for word in text], np.int64)
    return Words(np.cumsum([0, *map(len, texts)]), ids)


def brute_force(texts):
    found = np.zeros((len(texts), len(texts)))
    df = {w: sum(w in text for text in texts) for text in texts for w in text}
    vectors = [{w: np.log(len(texts) / df[w]) for w in set(text)} for text in texts]
    norms = [np.sqrt(sum(x * x for x in vector.values())) for vector in vectors]
    for a, one in enumerate(vectors):
        for b, other in enumerate(vectors):
            if a != b and norms[a] and norms[b]:
                found[a, b] = (sum(x * other.get(w, 0) for w, x in one.items()) / norms[a] / norms[b]) ** 3
    return found


@pytest.mark.parametrize("block", [1, 200, 10**6])
def test_it_is_the_cube_of_the_cosine(monkeypatch, block):
    monkeypatch.setattr(module, "BLOCK", block)
    rng = np.random.default_rng(0)
    texts = [rng.integers(0, 30, rng.integers(0, 7)).tolist() for _ in range(50)]
    np.testing.assert_allclose(resemblance(words_of(texts)).toarray(), brute_force(texts), atol=1e-6)


def test_only_the_closest_stay_and_of_equals_the_smaller_rows(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    texts = [[0, 1]] + [[0, 2 + n] for n in range(5)] + [[0, 1], [9], [9]]
    found = resemblance(words_of(texts)).toarray()
    assert np.flatnonzero(found[0]).tolist() == [1, 2, 6] and found[0].argmax() == 6
    assert np.flatnonzero(found[7]).tolist() == [8] and found[7, 8] == pytest.approx(1, abs=1e-6)


def test_a_word_of_all_items_or_of_too_many_says_nothing(monkeypatch):
    assert not resemblance(words_of([[0], [0], [0]])).nnz
    monkeypatch.setattr(module, "COMMON", 2)
    found = resemblance(words_of([[0, 1], [0, 1], [0, 2], [3]])).toarray()
    assert found[0, 1] > 0 and not found[0, 2]


def test_items_without_words_resemble_nothing():
    assert resemblance(words_of([[], [1], []])).shape == (3, 3)
    assert not resemblance(words_of([[], []])).nnz and not tfidf(words_of([[]])).nnz
    assert resemblance(words_of([])).shape == (0, 0)
