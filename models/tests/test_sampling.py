"""Softmax over a sample: the softmax itself where all is drawn, on average where not; and mixed precision."""

import numpy as np
import pytest
import tiny
import torch
import training_run
from hypothesis import given, settings
from hypothesis import strategies as st

from gensr_models.config.settings import Settings
from gensr_models.data import load
from gensr_models.training.batches import Batch, TrainingWindows
from gensr_models.training.event_table import event_table
from gensr_models.training.ranks import ranks_of, valid_places
from gensr_models.training.rules import MOST_FULL, NEGATIVES, decide
from gensr_models.training.sampling import sampled
from gensr_models.training.softmax import FullSoftmax

D = 6


def problem(seed: int, items: int, rows: int, length: int):
    """A batch over a catalogue, outputs of its prompts and vectors of the items."""
    rng = np.random.default_rng(seed)
    item = torch.from_numpy(rng.integers(0, items, (rows, length)))
    pairs = np.unique(np.stack([rng.integers(0, rows * length, 30), rng.integers(0, items, 30)], 1), axis=0)
    pairs = pairs[pairs[:, 1] != item.flatten().numpy()[pairs[:, 0]]]
    weight = torch.from_numpy(rng.integers(0, 2, (rows, length)).astype(np.float32))
    zeros = torch.zeros_like(item)
    batch = Batch(item, zeros, zeros, zeros, zeros, weight, torch.from_numpy(pairs.T.copy()))
    torch.manual_seed(seed)
    return batch, torch.randn(rows * length, D), torch.randn(items, D)


def loss_of(batch: Batch, outputs, items, offset=None):
    flat = (batch.item.flatten(), batch.weight.flatten(), batch.masked)
    return FullSoftmax.apply(outputs, items, *flat, False, offset)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 60), st.integers(1, 5), st.integers(1, 6), st.integers(0, 5))
def test_a_sample_of_everything_is_the_full_softmax(seed, items, rows, length, more):
    batch, outputs, vectors = problem(seed, items, rows, length)
    found = []
    for whole in (True, False):
        z, e = outputs.clone().requires_grad_(), vectors.clone().requires_grad_()
        if whole:
            loss = loss_of(batch, z, e)
        else:
            local, places, offset = sampled(batch, items, items - 1 + more)
            assert sorted(places.tolist()) == list(range(items)) and float(offset.abs().max()) == 0
            loss = loss_of(local, z, e[places], offset)
        loss.backward()
        found.append((loss.detach(), z.grad, e.grad))
    for full, drawn in zip(*found, strict=True):
        torch.testing.assert_close(drawn, full, atol=1e-6, rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 200), st.integers(1, 5), st.integers(1, 6), st.integers(1, 50))
def test_a_sample_has_the_batch_and_as_many_others_as_asked_for(seed, items, rows, length, negatives):
    batch, _, _ = problem(seed, items, rows, length)
    local, places, offset = sampled(batch, items, negatives)
    present = batch.item.unique()
    assert len(set(places.tolist())) == len(places) == len(present) + min(negatives, items - len(present))
    assert torch.equal(places[local.item], batch.item)
    drawn = set(places.tolist())
    kept = [pair for pair in batch.masked.t().tolist() if pair[1] in drawn]
    assert [[row, int(places[column])] for row, column in local.masked.t().tolist()] == kept
    # Together they stand for the catalogue.
    assert float(offset.exp().sum()) == pytest.approx(items, rel=1e-4)


def test_the_denominator_is_right_on_average_and_the_loss_in_the_limit():
    items = 120
    batch, outputs, vectors = problem(3, items, 3, 4)
    torch.manual_seed(0)
    exact = (outputs @ vectors.t()).exp()
    exact[batch.masked[0], batch.masked[1]] = 0
    exact = exact.sum(dim=1)
    found = []
    for _ in range(3000):
        local, places, offset = sampled(batch, items, 15)
        part = (outputs @ vectors[places].t() + offset).exp()
        part[local.masked[0], local.masked[1]] = 0
        found.append(part.sum(dim=1))
    found = torch.stack(found)
    error = found.std(dim=0) / len(found) ** 0.5
    assert float(((found.mean(dim=0) - exact) / error).abs().max()) < 4
    # Without the correction it would be far too small.
    assert float((found.mean(dim=0) / exact).mean()) == pytest.approx(1, abs=0.02)
    full, off = float(loss_of(batch, outputs, vectors)), []
    for negatives in (5, 20, 80):
        drawn = [sampled(batch, items, negatives) for _ in range(300)]
        off.append(full - np.mean([float(loss_of(b, outputs, vectors[p], o)) for b, p, o in drawn]))
    assert 0 < off[2] < off[1] < off[0] and off[2] < 0.1 * off[0]


def test_what_the_user_had_is_no_negative():
    batch, outputs, vectors = problem(5, 40, 2, 5)
    assert batch.masked.shape[1] > 10
    torch.manual_seed(1)
    local, places, offset = sampled(batch, 40, 20)
    rows, columns = local.masked
    alone = torch.zeros(len(places), len(outputs))
    for prompt in range(len(outputs)):
        e = vectors[places].clone().requires_grad_()
        weight = torch.zeros(len(outputs))
        weight[prompt] = 1
        FullSoftmax.apply(outputs, e, local.item.flatten(), weight, local.masked, False, offset).backward()
        alone[:, prompt] = e.grad.norm(dim=1)
    assert len(rows) and float(alone[columns, rows].abs().max()) == 0
    alone[columns, rows] = 1
    assert float(alone.min()) > 0


def test_training_over_a_sample_of_everything_has_the_gradients_of_the_full_softmax(tmp_path):
    """Items are then computed row by row: text, words and vectors of behaviour alike."""
    trainer = training_run.trainer_of(tiny.write_data(tmp_path), None, None)
    batch = next(trainer.windows.epoch(0)[1])
    found = []
    for negatives in (0, 10_000):
        recipe = training_run.RECIPE.__class__(**(training_run.RECIPE.__dict__ | {"negatives": negatives}))
        trainer.model.zero_grad()
        sum(trainer.model(batch, recipe).values()).backward()
        found.append({n: p.grad.clone() for n, p in trainer.model.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys() and float(found[0]["items.words"].abs().max()) > 0
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, atol=1e-6, rtol=1e-4, msg=name)


def test_the_rule_draws_where_the_catalogue_is_large_and_settings_overrule_it(tmp_path):
    dataset = load(tiny.write_data(tmp_path))

    def negatives(items: int, **training) -> int:
        class Large(type(dataset.catalogue)):
            def __len__(self):
                return items

        catalogue = Large(**dataset.catalogue.__dict__)
        large = type(dataset)(**(dataset.__dict__ | {"catalogue": catalogue}))
        return decide(large, Settings.model_validate({"training": training}), 0).recipe.negatives

    assert negatives(MOST_FULL) == 0 and negatives(MOST_FULL + 1) == NEGATIVES
    assert negatives(MOST_FULL + 1, negatives=0) == 0 and negatives(60, negatives=7) == 7


def test_mixed_precision_computes_in_16_bits_and_keeps_32(tmp_path):
    recipe = training_run.RECIPE.__class__(**(training_run.RECIPE.__dict__ | {"precision": "bfloat16", "epochs": 2}))
    trainer = training_run.trainer_of(tiny.write_data(tmp_path / "data"), tmp_path, None, recipe)
    kinds = set()
    trainer.model.network.head.register_forward_hook(lambda _, __, out: kinds.add(out.dtype))
    trainer.run(lambda *_: None, lambda _: None)
    assert torch.bfloat16 in kinds
    assert {p.dtype for p in trainer.model.parameters()} == {torch.float32}
    states = [v for state in trainer.optimizer.state.values() for v in state.values()]
    assert {v.dtype for v in states} == {torch.float32}
    full = training_run.trainer_of(tmp_path / "data", tmp_path / "none", None)
    (tmp_path / "none").mkdir()
    full.run(lambda *_: None, lambda _: None)
    assert trainer.curve[1]["loss"] == pytest.approx(full.curve[1]["loss"], rel=0.01)


@pytest.mark.parametrize("negatives", [0, 20])
def test_every_tensor_is_made_where_the_model_is(tmp_path, negatives):
    """There is no GPU here: the default device is one without memory, and what lands there cannot be used."""
    recipe = training_run.RECIPE.__class__(
        **(training_run.RECIPE.__dict__ | {"negatives": negatives, "word_dropout": 0.1})
    )
    trainer = training_run.trainer_of(tiny.write_data(tmp_path), None, None, recipe)
    windows = TrainingWindows(trainer.events, trainer.rules, True, 128)
    try:
        torch.set_default_device("meta")
        loss = sum(trainer.model(next(windows.epoch(0)[1]), recipe).values())
        loss.backward()
        with torch.inference_mode():
            ranks = ranks_of(
                trainer.model.eval(), trainer.events, trainer.rules, valid_places(trainer.events, 0, 50, 0)
            )
    finally:
        torch.set_default_device(None)
    assert loss.device.type == "cpu" and float(loss.detach()) > 0
    assert all(p.grad is None or p.grad.device.type == "cpu" for p in trainer.model.parameters())
    assert len(ranks) > 10 and event_table(load(tmp_path)).item.max() >= ranks.max()
