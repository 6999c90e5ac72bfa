"""The floor of searches: what it may cost, what it catches, and the nonsense that it is fitted on."""

from dataclasses import replace

import numpy as np
import pytest
from test_fusion import features
from tiny import write_data

from gensr_models.data import VALID, load
from gensr_models.pack.format import Pack, Section, write_pack
from gensr_models.signals import floor
from gensr_models.signals.floor import MARGIN, fit_floor, with_nonsense
from gensr_models.signals.fusion import Weights
from gensr_models.signals.nonsense import KINDS, nonsense

WORDS = Weights(lexical=1.0)


def searches(bests, words):
    """A case each: the wanted item with nothing, and 20 items at the best score; whether some item has a word."""
    made = features([[(0, 0, 0, 0), *[(best, 0, 0, 0)] * 20] for best in bests])
    return replace(made, words=np.array(words, bool))


def test_the_floor_is_as_high_as_the_lost_searches_allow():
    # A hundred searches, of which ten have no word; two of them may be lost.
    valid = searches([5.0] * 90 + list(range(10)), [1] * 90 + [0] * 10)
    senseless = searches([0.5, 1.5, 2.5, 9.5, 0.5], [0, 0, 0, 0, 1])
    found, figures = fit_floor(valid, senseless, WORDS)
    assert found == pytest.approx(1.5 + MARGIN)
    assert figures["valid_lost"] == 0.02 and figures["valid_without_words"] == 0.1
    assert figures["nonsense_caught"] == 0.4, (
        "one is above the floor, one more would cost three searches, one has a word"
    )


def test_what_finds_its_item_is_not_lost():
    valid = searches([5.0] * 99, [1] * 99)
    # No word, and the item is the only one; or it is the first.
    alone = replace(features([[(0.25, 0, 0, 0)]]), words=np.zeros(1, bool))
    both = features([[(5, 0, 0, 0), (4, 0, 0, 0)]] * 99 + [[(0.25, 0, 0, 0), (0.0, 0, 0, 0)]])
    both = replace(both, words=np.arange(100) < 99)
    senseless = searches([0.5], [0])
    assert fit_floor(valid, senseless, WORDS)[0] > 0.5
    assert fit_floor(alone, senseless, WORDS)[0] == 0
    assert fit_floor(both, senseless, WORDS)[0] == 0


def test_without_a_weight_no_word_counts_and_without_nonsense_there_is_no_floor():
    valid, senseless = searches([5.0, 6.0], [1, 1]), searches([4.0, 9.0], [1, 1])
    assert fit_floor(valid, senseless, WORDS)[0] == 0
    found, figures = fit_floor(valid, senseless, Weights())
    assert found == pytest.approx(4 + MARGIN) and figures["nonsense_caught"] == 0.5
    assert fit_floor(valid, searches([], []), WORDS)[0] == 0
    assert fit_floor(searches([], []), senseless, Weights())[0] == 0


def test_nonsense_is_drawn_with_a_seed_and_every_kind_occurs():
    queries = ["red tent"] * 40
    made, kinds = nonsense(queries, 5)
    assert (made, kinds) == nonsense(queries, 5)
    assert made != nonsense(queries, 6)[0]
    assert set(kinds) == set(KINDS)
    shuffled = [m for m, kind in zip(made, kinds, strict=True) if kind == "shuffled"]
    assert all([sorted(word) for word in m.split()] == [sorted("red"), sorted("tent")] for m in shuffled)
    assert all(made)


def test_only_valid_searches_change(tmp_path):
    dataset = load(write_data(tmp_path))
    changed, kinds = with_nonsense(dataset, 1)
    places = dataset.targets("search", VALID)
    assert sorted(kinds) == places.tolist()
    same = np.ones(len(dataset.events), bool)
    same[places] = False
    before = [dataset.queries[q] if q >= 0 else None for q in dataset.events.query[same]]
    assert before == [changed.queries[q] if q >= 0 else None for q in changed.events.query[same]]
    assert not {changed.queries[q] for q in changed.events.query[places]} & set(dataset.queries)


def test_a_pack_is_calibrated_without_touching_its_sections(tmp_path, monkeypatch):
    old, new = tmp_path / "old.gensr", tmp_path / "new.gensr"
    tasks = {"search": {"exclude_history": False, "lexical": 1.0, "history": 0.0}, "recommend": {}}
    sections = [Section.of("a", np.arange(5, dtype=np.uint32)), Section.of("b", np.ones((2, 64), np.int8))]
    write_pack(old, {"name": "x", "tasks": tasks, "provenance": {}}, sections)
    answers = iter([searches([5.0] * 99 + [1], [1] * 99 + [0]), searches([2.0], [0])])
    monkeypatch.setattr(floor, "dump_features", lambda *_: None)
    monkeypatch.setattr(floor, "read_features", lambda _: {"search": next(answers)})
    dataset = load(write_data(tmp_path / "data"))
    report = floor.recalibrate(dataset, old, new, tmp_path, 10, 1)
    assert report["floor"] == pytest.approx(2 + MARGIN) and report["valid_lost"] == 0.01
    before, after = Pack.read(old), Pack.read(new)
    assert after.manifest["tasks"]["search"] == {**tasks["search"], "floor": report["floor"]}
    assert after.manifest["provenance"]["valid"]["search"]["floor"]["nonsense_caught"] == 1
    assert after.manifest["sections"] == before.manifest["sections"]
