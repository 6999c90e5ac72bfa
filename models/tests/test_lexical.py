"""Postings from the engine against the formula, and the tuning of their parameters."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from gensr_models.data import TRAIN, load
from gensr_models.engine.index import Bm25, Postings, run_index, stage
from gensr_models.signals.lexical import GRID, MOST_CALLS, query_words, tune

HEADER = ["user_id", "timestamp", "kind", "query", "item_id", "split"]


@pytest.fixture
def nicknames(write):
    """Titles say nothing; users call item n by the nickname of its pair, but the words of half the titles mislead."""
    rng = np.random.default_rng(0)
    items = [["item_id", "title", "text"], *([f"i{n}", f"model {n} w{(n + 7) % 20}", "thing"] for n in range(40))]
    rows = [HEADER]
    for user in range(60):
        for step in range(4):
            item = rng.integers(40)
            split = "valid" if step == 3 else "train"
            rows.append([f"u{user}", step, "search", f"w{item // 2}", f"i{item}", split])
    return load(write(items=items, events=rows))


def fit_of(dataset):
    events = dataset.events
    return np.isin(np.arange(len(dataset.queries)), events.query[events.split == TRAIN])


def naive(dataset, setting, word):
    """Okapi BM25 with weighted fields, over words that the dictionary has."""
    searched = [[] for _ in range(len(dataset.catalogue))]
    for place in dataset.targets("search", TRAIN):
        searched[dataset.events.item[place]].append(dataset.queries[dataset.events.query[place]])
    counts = []
    catalogue = dataset.catalogue
    for title, text, queries in zip(catalogue.titles, catalogue.texts, searched, strict=True):
        own: dict[str, float] = {}
        for weight, words in ((setting.title, title), (1.0, text), (setting.queries, " ".join(queries))):
            for one in words.split():
                own[one] = own.get(one, 0.0) + weight
        counts.append({w: tf for w, tf in own.items() if tf})
    mean = sum(sum(own.values()) for own in counts) / len(counts)
    present = sum(word in own for own in counts)
    idf = np.log(1 + (len(counts) - present + 0.5) / (present + 0.5))
    scores = []
    for own in counts:
        tf, k1 = own.get(word, 0.0), setting.k1
        norm = k1 * (1 - setting.b + setting.b * sum(own.values()) / mean)
        scores.append(idf * tf * (k1 + 1) / (tf + norm) if tf else 0.0)
    return np.array(scores)


@pytest.mark.parametrize("setting", [Bm25(), Bm25(2.5, 0.3, 0.0, 2.0), Bm25(0.6, 0.0, 3.0, 1.0)])
def test_postings_are_bm25_over_weighted_fields(nicknames, tmp_path, setting):
    stage(nicknames, fit_of(nicknames), tmp_path / "s")
    index = run_index(tmp_path / "s", setting)
    matrix = index.postings.matrix(40).toarray()
    assert matrix.shape == (len(index.words), 40)
    for word in ("w3", "model", "thing"):
        found = matrix[index.words.index(word)]
        np.testing.assert_allclose(found, naive(nicknames, setting, word), atol=index.postings.scale[0] * 0.51)
    # Searches make postings, and nothing else: the items' own words are the same for all settings.
    assert np.diff(index.items.offsets).tolist() == [4] * 40


def test_only_training_searches_name_items(nicknames, tmp_path):
    stage(nicknames, fit_of(nicknames), tmp_path / "s")
    lines = (tmp_path / "s" / "items.jsonl").read_text().splitlines()
    assert sum(line.count('"queries"') for line in lines) == 180


def test_tuning_finds_that_searches_say_more_than_titles(nicknames, tmp_path):
    stage(nicknames, fit_of(nicknames), tmp_path / "s")
    calls, lines = [], []

    def index_with(setting):
        calls.append(setting)
        return run_index(tmp_path / "s", setting)

    best = tune(nicknames, index_with, 0, lines.append)
    assert best.queries >= 1 and len(calls) == len(set(calls)) <= MOST_CALLS and len(lines) == 1
    assert set(GRID) == set(best.__dataclass_fields__)


def test_without_searches_or_with_too_many_items_nothing_is_tried(nicknames, write, monkeypatch):
    def never(_):
        raise AssertionError("called")

    monkeypatch.setattr("gensr_models.signals.lexical.MOST_ITEMS", 39)
    assert tune(nicknames, never, 0, never) == Bm25()
    monkeypatch.undo()
    quiet = load(write(items=[["item_id", "title"], ["a", "b"]], events=[HEADER, ["u", 0, "view", "", "a", "train"]]))
    assert tune(quiet, never, 0, never) == Bm25()


def test_the_number_of_calls_is_bounded(nicknames, tmp_path, monkeypatch):
    stage(nicknames, fit_of(nicknames), tmp_path / "s")
    monkeypatch.setattr("gensr_models.signals.lexical.MOST_CALLS", 3)
    calls = []
    tune(nicknames, lambda s: calls.append(s) or run_index(tmp_path / "s", s), 0, lambda _: None)
    assert len(calls) == 3


def test_a_word_counts_once_in_a_query():
    words = query_words(np.array([0, 3, 3, 4]), np.array([1, 1, 0, 2]), 3)
    assert words.toarray().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_postings_of_nothing(tmp_path, write):
    empty = load(write(items=[["item_id", "title"], ["a", ""], ["b", ""]]))
    stage(empty, np.zeros(0, bool), tmp_path / "s")
    postings = run_index(tmp_path / "s").postings
    assert not len(postings.items) and postings.matrix(2).shape == (0, 2)
    assert load_file(tmp_path / "s" / "index.safetensors")["lexical.impact_scale"].shape == (1,)
    assert [s.elements for s in Postings.sections(postings)] == [1, 0, 0, 1]


def test_the_rarest_words_are_the_last_to_be_counted(tmp_path, nicknames):
    stage(nicknames, np.ones(len(nicknames.queries), bool), tmp_path / "s")
    index = run_index(tmp_path / "s")
    used = np.bincount(np.concatenate([index.items.ids, index.queries.ids]), minlength=len(index.words))
    assert index.frequent(1.0) == len(index.words) and index.frequent(0.0) == 1
    half = index.frequent(0.5)
    assert used[:half].sum() >= 0.5 * used.sum() > used[: half - 1].sum()
