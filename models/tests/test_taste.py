"""The weight of the taste: given where it clearly helps, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from test_fusion import features
from tiny import write_data

from gensr_models.data import load
from gensr_models.evidence import taste
from gensr_models.evidence.fusion import Weights
from gensr_models.evidence.taste import fit_taste
from gensr_models.pack.format import Pack, Section, write_pack


def cases(tastes, rivals=9, dense=1.0):
    """A case for each number: the wanted item, with this taste, and rivals that the network puts before it."""
    made = features([[(0, 0, 0, 0), *[(dense, 0, 0, 0)] * rivals] for _ in tastes])
    values = np.zeros(len(made.dense), np.float32)
    values[made.offsets[:-1]] = tastes
    return replace(made, taste=values)


def test_a_taste_that_points_at_what_is_wanted_has_the_smallest_weight_that_does_it():
    found, figures = fit_taste(cases([0.5] * 60), Weights(), "search")
    assert 2.0 < found < 4.0, "a taste of .5 has to make up for 1"
    assert figures["ndcg@10"] == 1 and figures["gain"] == pytest.approx(1 - 1 / np.log2(11), abs=1e-4)


def test_chance_and_harm_have_no_weight():
    rng = np.random.default_rng(0)
    made = cases(np.zeros(200), dense=0.0)
    made = replace(made, taste=rng.normal(0, 0.3, len(made.dense)).astype(np.float32))
    # Every rival ties with the wanted item: a weight can only help, so the wanted item is put ahead first.
    made.dense[made.offsets[:-1]] = 0.01
    assert fit_taste(made, Weights(), "search")[0] == 0
    assert fit_taste(cases([-0.5] * 50, dense=-1.0), Weights(), "recommend")[0] == 0
    # It helps one user in a hundred: that may be chance.
    assert fit_taste(cases([0.5] + [0.0] * 99), Weights(), "search")[0] == 0


def test_without_a_taste_there_is_nothing_to_weigh():
    assert fit_taste(cases([0.0, 0.0]), Weights(), "search")[0] == 0
    assert fit_taste(cases([]), Weights(), "search")[0] == 0


def test_missing_items_and_left_out_history_do_not_count():
    made = cases([0.5] * 60)
    lost = replace(made, wanted=np.where(np.arange(60) < 30, -1, made.wanted))
    assert fit_taste(lost, Weights(), "search")[1]["ndcg@10"] == pytest.approx(0.5)
    own = np.ones(len(made.dense), bool)
    own[made.offsets[:-1]] = False
    assert fit_taste(replace(made, in_history=own), Weights(), "recommend")[0] == 0, "they are first without it"


def test_a_pack_is_adapted_without_touching_its_sections(tmp_path, monkeypatch):
    old, new = tmp_path / "old.gensr", tmp_path / "new.gensr"
    tasks = {"search": {"exclude_history": False, "lexical": 1.0, "history": 0.0}, "recommend": {}}
    sections = [Section.of("a", np.arange(5, dtype=np.uint32)), Section.of("b", np.ones((2, 64), np.int8))]
    write_pack(old, {"name": "x", "tasks": tasks, "provenance": {}}, sections)
    monkeypatch.setattr(taste, "dump_features", lambda *_: None)
    monkeypatch.setattr(taste, "read_features", lambda _: {"search": cases([0.5] * 60)})
    dataset = load(write_data(tmp_path / "data"))
    figures = taste.adapt(dataset, old, new, tmp_path, 10, 0)
    before, after = Pack.read(old), Pack.read(new)
    assert after.manifest["tasks"]["search"].pop("taste") == figures["search"]["weight"] > 0
    assert after.manifest["tasks"] == before.manifest["tasks"]
    assert all((after.sections[name] == data).all() for name, data in before.sections.items())
