"""The judge: who sees what, which candidates it is trained on, and the weight that it gets."""

import math
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
import training_run

from gensr_models.data import TEST, load
from gensr_models.metrics import gains
from gensr_models.model import Network, Sequence, Shape
from gensr_models.research.judge import Judge, Prefix
from gensr_models.research.judge_loss import CANDIDATES, JudgeRecipe, draw, judge_loss, of_prompts
from gensr_models.research.judge_training import train_judge
from gensr_models.research.judge_worth import Asked, ask, fit_judge
from gensr_models.training.batches import Batch, TrainingWindows
from gensr_models.training.event_table import event_table
from gensr_models.training.ranks import ranks_of

SHAPE = Shape(dim=64, semantic_dim=16, layers=2, heads=2, window=12, text_dim=32, kinds=3, buckets=32, dropout=0.3)
HISTORIES, EVENTS, ITEMS = 3, 6, 150


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    network = Network(SHAPE).eval()
    for parameter in network.parameters():
        parameter.data += torch.randn_like(parameter) * 0.05
    return network


@pytest.fixture(scope="module")
def judge(network) -> Judge:
    torch.manual_seed(2)
    judge = Judge(network, residual=True).eval()
    for parameter in judge.parameters():
        parameter.data += torch.randn_like(parameter) * 0.05
    return judge


@pytest.fixture(scope="module")
def catalogue():
    torch.manual_seed(3)
    fused = torch.nn.functional.normalize(torch.randn(ITEMS, SHAPE.dim), dim=-1)
    return fused, torch.randn(ITEMS, SHAPE.semantic_dim) * 0.1


@pytest.fixture(scope="module")
def histories(network, catalogue):
    """Windows of `HISTORIES` users, and what the network makes of them."""
    torch.manual_seed(4)
    shape, (fused, codes) = (HISTORIES, EVENTS), catalogue
    item, task = torch.randint(ITEMS, shape), torch.randint(2, shape)
    kind, gap, query = torch.randint(4, shape), torch.randint(32, shape), torch.randn(*shape, SHAPE.query_dim)
    events = Sequence(fused[item], codes[item], query, task, kind, gap)
    with torch.inference_mode():
        outputs, (_, state), _ = network.history(events)
    return events, item, outputs, state


def asked(network, judge, catalogue, prefix, rows):
    fused, codes = catalogue
    shares = network.views.expand(codes)
    return judge(fused[rows], shares[rows], prefix)


@torch.inference_mode()
def test_candidates_see_the_prefix_and_never_each_other(network, judge, catalogue, histories):
    _, _, outputs, state = histories
    event = torch.tensor([2, 5, 0])
    output = outputs[torch.arange(HISTORIES), event]
    rows = torch.arange(30).reshape(HISTORIES, 10)
    together = asked(network, judge, catalogue, Prefix.of_many(state, event, output), rows)
    assert together.std() > 0.05
    for i in range(10):
        alone = asked(network, judge, catalogue, Prefix.of_many(state, event, output), rows[:, [i]])
        assert torch.allclose(alone[:, 0], together[:, i], atol=1e-5)
    # Positions after the prompt, that of the wanted item included, are hidden ...
    later = state.clone()
    later[0, ..., 2 * 2 + 1 :, :] = 7.0
    hidden = asked(network, judge, catalogue, Prefix.of_many(later, event, output), rows)
    assert torch.equal(hidden, together)
    # ... and the prompt itself is seen.
    later[0, ..., 2 * 2, :] = 7.0
    seen = asked(network, judge, catalogue, Prefix.of_many(later, event, output), rows)
    assert not torch.allclose(seen[0], together[0], atol=1e-3) and torch.equal(seen[1:], together[1:])


def test_negatives_are_what_generate_likes_and_never_the_users_own():
    torch.manual_seed(5)
    fused = torch.eye(300)[:, :64].contiguous()
    fused[64:] = -torch.rand(236, 64)
    output = torch.zeros(40, 64)
    output[:, :64] = torch.arange(64, 0, -1.0)  # items 0 to 63 are the best, then whatever is least negative
    target = torch.full((40,), 3)
    masked = torch.stack([torch.arange(40).repeat_interleave(2), torch.tensor([1, 7]).repeat(40)])
    recipe = JudgeRecipe(hard=12, random=50)
    candidates, weight = draw(output, fused, target, masked, recipe)
    assert candidates.shape == weight.shape == (40, 63)
    assert (candidates[:, 0] == 3).all() and (weight[:, 0] == 1).all()
    hard = candidates[:, 1:13]
    assert (weight[:, 1:13] == CANDIDATES / 12).all()
    best = (output @ fused.t())[0]
    best[[1, 3, 7]] = float("-inf")
    assert set(hard.flatten().tolist()) <= set(best.topk(CANDIDATES).indices.tolist())
    assert all(len(set(row.tolist())) == 12 for row in hard)
    drawn, counted = candidates[:, 13:], weight[:, 13:] == 1
    own = (drawn == 1) | (drawn == 7) | (drawn == 3)
    assert own.any() and not counted[own].any() and counted[~own].all()


def test_pairs_of_some_prompts_are_found():
    pairs = torch.tensor([[0, 0, 2, 2, 2, 5], [7, 8, 1, 2, 3, 9]])
    found = of_prompts(pairs, torch.tensor([0, 1, 2, 5]))
    assert found.tolist() == [[0, 0, 2, 2, 2, 3], [7, 8, 1, 2, 3, 9]]
    assert of_prompts(pairs, torch.tensor([3])).shape == (2, 0)


def test_the_loss_teaches_what_generate_cannot_see(network, catalogue):
    """Targets that hang on the latest item alone, states and outputs that are the same noise: the judge learns them."""
    torch.manual_seed(6)
    fused, codes = catalogue
    judge = Judge(network, residual=True)
    with torch.inference_mode():
        shares = network.views.expand(codes)
    fused, shares = fused.clone(), shares.clone()
    item = torch.stack([torch.arange(60), torch.arange(60) + 60], dim=1)
    shape = item.shape
    zeros = torch.zeros(shape, dtype=torch.long)
    events = Sequence(fused[item], codes[item], torch.zeros(*shape, SHAPE.query_dim), zeros, zeros, zeros)
    with torch.no_grad():
        _, (_, state), _ = network.history(events)
    weight = torch.zeros(shape)
    weight[:, 1] = 1
    masked = torch.zeros(2, 0, dtype=torch.long)
    batch = Batch(item, zeros, zeros, zeros, zeros, weight, masked)
    outputs = torch.zeros(*shape, SHAPE.dim)
    recipe, losses = JudgeRecipe(prompts=64), []
    optimizer = torch.optim.Adam(judge.parameters(), lr=2e-3)
    for _ in range(60):
        loss = judge_loss(judge, recipe, batch, outputs, state, fused, shares, False)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.75 * np.mean(losses[:5])


@pytest.fixture
def shop(tmp_path):
    """A tiny shop, a model of it, a judge, and how histories are cut."""
    dataset = load(tiny.write_data(tmp_path / "data"))
    model, rules = training_run.model_of(dataset)
    return model, Judge(model.network, residual=True), event_table(dataset), rules, dataset


RECIPE = JudgeRecipe(epochs=4, hard=6, random=2)


def trained(model, judge, events, rules, recipe=RECIPE):
    return train_judge(judge, model, events, rules, True, training_run.RECIPE, recipe, lambda _: None, lambda _: None)


def test_a_batch_without_a_wanted_item_costs_nothing(shop):
    """Histories without a like: a mean over no prompts would be NaN, in all gradients."""
    model, judge, events, rules, _ = shop
    batch = next(TrainingWindows(events, rules, True, 128).epoch(0)[1])
    batch = replace(batch, weight=torch.zeros_like(batch.weight))
    with torch.no_grad():
        fused, codes = model.items()
        sequence = model.sequence(batch, fused, codes, model.queries(model.items.words))
        outputs, (_, state), _ = model.network.history(sequence)
        shares = model.network.views.expand(codes)
    loss = judge_loss(judge, RECIPE, batch, outputs, state, fused, shares, False)
    loss.backward()
    assert loss.item() == 0.0 and all(not p.grad.any() for p in judge.parameters() if p.grad is not None)


def test_a_judge_leaves_the_network_as_it_is(shop):
    model, judge, events, rules, _ = shop
    before = {name: value.clone() for name, value in model.state_dict().items()}
    curve = trained(model, judge, events, rules)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert len(curve) == 4 and curve[-1]["loss"] < curve[0]["loss"] and not judge.training


def test_a_judge_that_diverges_stops(shop):
    model, judge, events, rules, _ = shop
    with torch.no_grad():
        judge.answer.weight[0, 0] = math.inf
    with pytest.raises(FloatingPointError, match=r"epoch 1, batch 1"):
        trained(model, judge, events, rules)


def test_without_a_weight_the_judge_leaves_the_ranks_of_the_network(shop):
    model, judge, events, rules, dataset = shop
    trained(model, judge, events, rules)
    for task in ("recommend", "search"):
        places = dataset.targets(task, TEST)
        asked = ask(judge, model, events, rules, places)
        # 60 items: all are candidates, those of the history at -infinity.
        assert asked.scores.shape == (len(places), len(dataset.catalogue))
        assert (asked.gains(0.0) == gains(ranks_of(model, events, rules, places), 10)).mean() > 0.95
        assert np.isfinite(asked.logits).all() and (asked.gains(5.0) != asked.gains(0.0)).any()


def cases(judge, count=200, others=20):
    """Events whose wanted item the network puts second; `judge(rng, wanted)` is the judge's logit of an item."""
    rng = np.random.default_rng(7)
    scores = np.concatenate([np.full((count, 1), 1.0), np.full((count, 1), 2.0), rng.random((count, others)) * 0.5], 1)
    logits = np.array([[judge(rng, place == 0) for place in range(others + 2)] for _ in range(count)])
    return Asked(scores.astype(np.float32), logits.astype(np.float32), np.zeros(count, np.int64))


def test_a_judge_that_knows_has_a_weight_and_one_that_guesses_has_none():
    weight, figures = fit_judge(cases(lambda rng, wanted: rng.normal() + 6 * wanted))
    assert weight > 0 and figures["gain"] > 0.3 and figures["error"] < 0.01
    for harm in (0, -6):
        weight, figures = fit_judge(cases(lambda rng, wanted, harm=harm: rng.normal() + harm * wanted))
        assert weight == 0.0 == figures["gain"]


def test_items_that_are_not_asked_about_stay_behind_and_lost_ones_gain_nothing():
    asked = cases(lambda rng, wanted: -6.0 * wanted)
    outside = replace(asked, wanted=np.full(len(asked.wanted), -1))
    assert not outside.gains(3.0).any()
    history = asked.scores.copy()
    history[:, 1] = -np.inf  # the rival is in the history
    assert (replace(asked, scores=history).gains(0.0) == 1).all()
