"""A model whose numbers are none finds nothing, and a training that makes one stops and says so."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
import training_run
from typer.testing import CliRunner

from gensr_models import baselines
from gensr_models.cli import app
from gensr_models.data import TEST, load
from gensr_models.quality.losses import answers
from gensr_models.report.rows import _ranks
from gensr_models.training.divergence import check_finite
from gensr_models.training.event_table import event_table
from gensr_models.training.loop import Trainer
from gensr_models.training.ranks import ranks_of, replays, valid_places


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny.write_data(tmp_path_factory.mktemp("shop") / "data")


@pytest.fixture
def shop(folder):
    dataset = load(folder)
    model, rules = training_run.model_of(dataset)
    return model.eval(), event_table(dataset), rules, dataset


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_said_with_its_place(value):
    check_finite(0, 0, 3.5, 1e30)
    with pytest.raises(FloatingPointError, match=r"epoch 3, batch 8.*training\.learning_rate"):
        check_finite(2, 7, value, 1.0)
    with pytest.raises(FloatingPointError, match=r"epoch 3, batch 8"):
        check_finite(2, 7, 1.0, value)


def test_a_training_that_diverges_stops_and_keeps_the_last_good_epoch(shop, tmp_path):
    model, events, rules, _ = shop
    trainer = Trainer(model, events, rules, True, training_run.RECIPE, tmp_path)

    def poison(epoch, batch, of):
        if epoch == 1 and batch == 2:
            with torch.no_grad():
                model.network.head.weight[0, 0] = math.nan

    with pytest.raises(FloatingPointError, match=r"epoch 2, batch 3"):
        trainer.run(poison, lambda _: None)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert saved["epoch"] == 1
    assert all(value.isfinite().all() for value in saved["best"].values() if value.is_floating_point())


def test_an_output_that_is_no_number_ranks_behind_all(shop, monkeypatch):
    model, events, rules, dataset = shop
    places = valid_places(events, 0, 1000, 0)
    before = ranks_of(model, events, rules, places)
    with torch.inference_mode():  # the ranks of numbers are what they were: counted one by one
        for part in replays(model, events, rules, places, 256):
            for at, own, output in zip(part.group, part.histories, part.outputs, strict=True):
                scores, wanted = (part.fused @ output).tolist(), events.item[places[at]]
                left = set(range(len(scores))) - set(events.item[own].tolist()) - {int(wanted)}
                assert before[at] == pytest.approx(sum(scores[i] >= scores[wanted] for i in left), abs=1)
    monkeypatch.setattr("gensr_models.training.ranks.MOST_SCORES", 20 * len(dataset.catalogue))
    assert len(places) > 40 and (ranks_of(model, events, rules, places) == before).mean() > 0.95  # twenty at a time
    with torch.no_grad():
        model.network.head.weight.fill_(math.nan)
    assert (ranks_of(model, events, rules, places) == len(dataset.catalogue)).all()


def test_baselines_that_are_no_numbers_rank_last(shop):
    dataset = shop[3]
    places, items = dataset.targets("recommend", TEST), len(dataset.catalogue)
    wanted = dataset.events.item[places]
    scores = np.tile(np.arange(items, dtype=np.float32), (len(places), 1))
    assert (baselines.ranks(dataset, places, lambda _: scores)["plain"] == items - 1 - wanted).all()
    found = baselines.ranks(dataset, places, lambda _: np.full_like(scores, np.nan))
    assert (found["plain"] == items - 1).all() and (found["history_excluded"] >= items - 1 - 14).all()


def test_exports_and_rows_that_are_no_numbers_rank_last(shop):
    _, events, _, dataset = shop
    places, items = valid_places(events, 0, 6, 0), len(dataset.catalogue)

    def reference(value):
        return SimpleNamespace(output=lambda *_: None, scores=lambda _: np.full(items, value, np.float32))

    queries = np.zeros((len(dataset.queries) + 1, 1), np.float32)
    for value, least in ((0.0, 1), (math.nan, items)):  # equal scores count against us as they did
        assert (answers(reference(value), events, places, queries, lambda _: None)["ranks"] >= least).all()
    outputs, history = torch.ones(2, 4), [np.array([0]), np.array([1, 2])]
    rows = np.arange(20, dtype=np.float32).reshape(5, 4)
    assert _ranks((outputs, history, np.array([3, 3])), rows).tolist() == [1, 1]
    assert _ranks((outputs * math.nan, history, np.array([3, 3])), rows).tolist() == [5, 5]


def test_the_command_says_in_one_line_what_to_change(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("gensr_models.cli.train.keep_memory", lambda: None)
    settings = tiny.write_settings(tmp_path / "settings.yaml", None, 3)
    content = json.loads(settings.read_text())
    content["text"] |= {"folder": str(tiny.write_encoder(tmp_path / "encoder"))}
    content["training"] |= {"learning_rate": 1e30}
    settings.write_text(json.dumps(content))
    out = tmp_path / "shop.gensr"
    done = CliRunner().invoke(app, ["build", str(folder), "--out", str(out), "--config", str(settings)])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
    said = [line for line in done.output.splitlines() if line.startswith("error: ")]
    assert len(said) == 1 and "training diverged in epoch 1, batch " in said[0] and "training.learning_rate" in said[0]
    assert "Traceback" not in done.output and not out.exists()
