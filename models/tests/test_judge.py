"""The judge: who sees what, which candidates it is trained on, its graph, and the weight that it gets."""

from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
import training_run

from gensr_models.data import load
from gensr_models.evidence.fusion import Features
from gensr_models.evidence.judge import fit_judge
from gensr_models.export.graphs import export_judge, quantise
from gensr_models.model import Judge, Network, Prefix, Sequence, Shape
from gensr_models.reference import session
from gensr_models.training.batches import Batch, TrainingWindows
from gensr_models.training.events import event_table
from gensr_models.training.judge import CANDIDATES, JudgeRecipe, draw, judge_loss, of_prompts
from gensr_models.training.judging import train_judge
from gensr_models.training.loop import Trainer

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
    # What comes after the prompt, the wanted item at its place included, is hidden ...
    later = state.clone()
    later[0, ..., 2 * 2 + 1 :, :] = 7.0
    hidden = asked(network, judge, catalogue, Prefix.of_many(later, event, output), rows)
    assert torch.equal(hidden, together)
    # ... and the prompt itself is seen.
    later[0, ..., 2 * 2, :] = 7.0
    seen = asked(network, judge, catalogue, Prefix.of_many(later, event, output), rows)
    assert not torch.allclose(seen[0], together[0], atol=1e-3) and torch.equal(seen[1:], together[1:])


@torch.inference_mode()
def test_the_graph_continues_a_state_as_training_does(network, judge, catalogue, histories):
    """One prompt over a cached state gives what the same prompt gives within its whole history; 8 bit stays near."""
    events, _, outputs, state = histories
    fused, codes = catalogue
    rows = torch.arange(100)
    graph = export_judge(network, judge)
    runs = {"float": session(graph), "quantised": session(quantise(graph))}
    for user in range(HISTORIES):
        for event in range(EVENTS):
            place = torch.tensor([user]), torch.tensor([event])
            prefix = Prefix.of_many(state[place[0]], place[1], outputs[place])
            want = asked(network, judge, catalogue, prefix, rows[None])[0].numpy()
            inputs = {
                "query": events.query[place].numpy(),
                "task": events.task[place].numpy(),
                "gap": events.gap[place].numpy(),
                "state": state[user, :, :, :, : 2 * event].contiguous().numpy(),
                "fused": fused[rows].numpy(),
                "semantic": codes[rows].numpy(),
            }
            for name, graph_session in runs.items():
                found = graph_session.run(None, inputs)[0]
                assert np.abs(found - want).max() < (1e-4 if name == "float" else 0.25), name
                one = {"fused": inputs["fused"][[9]], "semantic": inputs["semantic"][[9]]}
                assert graph_session.run(None, inputs | one)[0][0] == pytest.approx(found[9], abs=1e-6)


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
    """A tiny shop, a model of it that has a judge, and how its histories are cut."""
    dataset = load(tiny.write_data(tmp_path / "data"))
    model, rules = training_run.model_of(dataset)
    model.judge = Judge(model.network, residual=True)
    model.judge_recipe = JudgeRecipe(share=0.3, epochs=4, hard=6, random=2)
    return model, event_table(dataset), rules


def copied(model) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_a_judge_is_trained_jointly_as_a_term_of_the_objective(shop, tmp_path):
    model, events, rules = shop
    before = copied(model)
    trainer = Trainer(model, events, rules, True, training_run.RECIPE, tmp_path)
    trainer.run(lambda *_: None, lambda _: None)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {"judge.answer.weight", "judge.blocks.0.qkv.weight", "judge.generate", "network.head.weight"} <= changed
    for epoch in trainer.curve:
        assert epoch["loss"] == pytest.approx(epoch["loss_generate"] + epoch["loss_judge"], abs=2e-4)
    assert trainer.curve[-1]["loss_judge"] < trainer.curve[0]["loss_judge"]
    # It is asked at the network's own positions, so the network learns from its answers, too.
    batch = next(trainer.windows.epoch(0)[1])
    model.zero_grad()
    model.train()
    model.losses(batch, training_run.RECIPE)["judge"].backward()
    touched = [model.network.blocks[0].qkv.weight, model.items.collaborative, model.network.views.expand.weight]
    assert all(parameter.grad.abs().sum() > 0 for parameter in touched)


def test_a_batch_without_a_wanted_item_costs_the_judge_nothing(shop):
    """Histories without a like: a mean over no prompts is no number, and would be in the gradients of all processes."""
    model, events, rules = shop
    model.train()
    batch = next(TrainingWindows(events, rules, True, 128).epoch(0)[1])
    reached = []
    for weight in (batch.weight, torch.zeros_like(batch.weight)):
        model.zero_grad()
        losses = model.losses(replace(batch, weight=weight), training_run.RECIPE)
        sum(losses.values()).backward()
        reached.append({name for name, parameter in model.named_parameters() if parameter.grad is not None})
    assert losses["judge"].item() == 0.0
    assert reached[0] == reached[1] and any(name.startswith("judge.") for name in reached[0])
    assert all(not p.grad.any() for name, p in model.named_parameters() if name.startswith("judge."))


def test_a_judge_that_comes_after_leaves_the_network_as_it_is(shop):
    model, events, rules = shop
    before, epochs = copied(model), []
    curve = train_judge(model, events, rules, True, training_run.RECIPE, epochs.append, lambda _: None)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("judge.") for name in changed)
    assert len(curve) == len(epochs) == 4 and curve[-1]["loss"] < curve[0]["loss"]
    assert not model.judge.training


def cases(judge, count=200, others=20, dense=1.0):
    """Cases whose wanted item the dense score puts second; `judge(rng, wanted)` is what the judge says of an item."""
    rng = np.random.default_rng(7)
    score, said, wanted = [], [], []
    for _ in range(count):
        mine = np.concatenate([[dense], [2 * dense], rng.random(others) * 0.5])
        score.append(mine)
        said.append(np.concatenate([[judge(rng, i == 0) for i in range(12)], np.full(others - 10, -np.inf)]))
        wanted.append(0)
    entries = sum(map(len, score))
    zeros = np.zeros(entries, np.float32)
    return Features(
        offsets=np.arange(count + 1) * (others + 2),
        wanted=np.array(wanted),
        dense=zeros,
        neighbours=zeros,
        lexical=zeros,
        in_history=np.zeros(entries, bool),
        score=np.concatenate(score).astype(np.float32),
        judge=np.concatenate(said).astype(np.float32),
    )


def test_a_judge_that_knows_has_a_weight_and_one_that_guesses_has_none():
    weight, figures = fit_judge(cases(lambda rng, wanted: rng.normal() + 6 * wanted), "recommend")
    assert weight > 0 and figures["gain"] > 0.3 and figures["error"] < 0.01
    weight, figures = fit_judge(cases(lambda rng, wanted: rng.normal()), "recommend")
    assert weight == 0.0 == figures["gain"] and figures["most"]["gain"] >= 0
    weight, _ = fit_judge(cases(lambda rng, wanted: rng.normal() - 6 * wanted), "recommend")
    assert weight == 0.0


def test_a_pack_without_a_judge_has_nothing_to_weigh():
    features = cases(lambda rng, wanted: 0.0)
    assert fit_judge(Features(**{**vars(features), "judge": None, "score": None}), "search")[0] == 0.0
    silent = np.full(len(features.judge), -np.inf, np.float32)
    assert fit_judge(Features(**{**vars(features), "judge": silent}), "search")[0] == 0.0
