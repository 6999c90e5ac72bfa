"""Switches that take a part of the model away: each takes away what it says, and nothing else; contrast is InfoNCE."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gensr_models.config.settings import Settings, SettingsError
from gensr_models.export.graphs import export_decoder, export_history, export_item
from gensr_models.model import ItemTable, Network, Sequence, Shape
from gensr_models.quality.reference import session
from gensr_models.research.two_heads import TwoHeads
from gensr_models.training import contrast
from gensr_models.training.batches import EventTable, TrainingWindows, Windowing, collate
from gensr_models.training.objective import Model
from gensr_models.training.queries import QueryTable
from gensr_models.training.recipe import Recipe
from gensr_models.training.softmax import FullSoftmax

SHAPE = Shape(dim=64, semantic_dim=16, layers=1, heads=2, window=12, text_dim=32, kinds=2, buckets=32, dropout=0.3)
ITEMS, QUERIES, VOCABULARY = 40, 6, 12
RECIPE = Recipe(
    epochs=1,
    learning_rate=1e-3,
    batch_events=512,
    weight_decay=0.0,
    word_dropout=0.0,
    warm_up=1,
    clip=5.0,
    half=False,
    seed=0,
    valid_events=100,
)


def bag(rows: int) -> torch.Tensor:
    return (torch.rand(rows, VOCABULARY) < 0.3).float().to_sparse().coalesce()


def model_with(views: str = "both", design: type[Network] = Network) -> Model:
    torch.manual_seed(4)
    items = ItemTable(torch.randn(ITEMS, 32), bag(ITEMS), 64, 16, views=views)
    queries = QueryTable(torch.randn(QUERIES, 32), bag(QUERIES))
    return Model(items, design(SHAPE, views), queries)


def events_of(users: int = 5, each: int = 8) -> EventTable:
    rng = np.random.default_rng(2)
    count = users * each
    task = rng.integers(0, 2, count)
    return EventTable(
        offsets=np.arange(users + 1) * each,
        item=np.concatenate([rng.choice(ITEMS, each, replace=False) for _ in range(users)]),
        task=task,
        kind=task + 1,
        positive=np.ones(count, bool),
        query=np.where(task == 1, rng.integers(0, QUERIES, count), -1),
        time=np.arange(count),
        split=np.zeros(count, np.int8),
    )


def batch_of(events: EventTable):
    rules = Windowing(12, 2, True, False, 32, QUERIES)
    windows = TrainingWindows(events, rules, True, 512)
    return collate(events, windows.users, rules, None)


@pytest.mark.parametrize(("views", "without"), [("semantic", "collaborative"), ("collaborative", "text")])
def test_items_and_histories_of_one_view_do_not_depend_on_the_other(views, without):
    model, batch = model_with(views).eval(), batch_of(events_of())

    def answers() -> tuple[torch.Tensor, torch.Tensor]:
        with torch.inference_mode():
            fused, code = model.items()
            outputs, _, _ = model.network.history(model.sequence(batch, fused, code, model.queries(model.items.words)))
        return fused, outputs

    fused, outputs = answers()
    getattr(model.items, without).data.normal_()
    with torch.no_grad():
        absent = 0 if views == "semantic" else 1
        for parameter in model.network.views.encoders[absent].parameters():
            parameter.normal_()
    again = answers()
    assert torch.equal(fused, again[0]) and torch.equal(outputs, again[1])
    # The other view is there: what it is made of changes everything.
    getattr(model.items, "text" if views == "semantic" else "collaborative").data.normal_()
    changed = answers()
    assert (changed[0] - fused).abs().amax(dim=-1).min() > 1e-2
    assert not torch.allclose(changed[1], outputs, atol=1e-3)


def test_a_collaborative_item_has_no_semantic_code_but_queries_have_words():
    model = model_with("collaborative").eval()
    with torch.inference_mode():
        fused, code = model.items()
        features = model.queries(model.items.words)
    torch.testing.assert_close(fused, F.normalize(model.items.collaborative, dim=-1))
    assert not code.any() and features[:-1, 32:].abs().amax(dim=-1).min() > 0


@pytest.mark.parametrize(
    ("views", "absent"),
    [
        ("semantic", ["items.collaborative", "network.views.encoders.0."]),
        ("collaborative", ["items.project.weight", "items.compress.weight", "network.views.encoders.1."]),
    ],
)
def test_what_a_view_lacks_is_not_trained_and_all_else_is(views, absent):
    whole, model = model_with().train(), model_with(views).train()
    for one in (whole, model):
        one(batch_of(events_of()), RECIPE)["generate"].backward()
    trained, remaining = ({name for name, p in one.named_parameters() if p.grad is not None} for one in (whole, model))
    gone = {name for name in trained if any(name.startswith(part) for part in absent)}
    assert gone and not gone & remaining
    present = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert {"items.words", "network.head.weight", "network.views.gate.weight"} <= present


def test_two_heads_read_the_same_position_and_nothing_else_tells_the_tasks_apart():
    network = model_with(design=TwoHeads).network.eval()
    query, gap = torch.randn(4, SHAPE.query_dim), torch.zeros(4, dtype=torch.long)
    recommend, search = torch.zeros(4, dtype=torch.long), torch.ones(4, dtype=torch.long)
    state = torch.randn(1, 2, 2, 10, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network.prompt(query, recommend, gap), network.prompt(query, search, gap))
        told = [network.decode(query, task, gap, state) for task in (recommend, search)]
        assert (told[0] - told[1]).abs().amax(dim=-1).min() > 1e-2
        network.search_head.load_state_dict(network.head.state_dict())
        told = [network.decode(query, task, gap, state) for task in (recommend, search)]
        torch.testing.assert_close(*told)
        # In a batch of both tasks each prompt is read by the head of its own.
        network.search_head.weight.normal_()
        mixed = network.decode(query, torch.tensor([0, 1, 0, 1]), gap, state)
        torch.testing.assert_close(mixed[::2], network.decode(query, recommend, gap, state)[::2])
        torch.testing.assert_close(mixed[1::2], network.decode(query, search, gap, state)[1::2])


def test_heads_cost_a_matrix_and_save_the_task_vectors():
    def count(design: type[Network]) -> int:
        return sum(p.numel() for p in model_with(design=design).network.parameters())

    assert count(TwoHeads) - count(Network) == 64 * 64 + 64 - 2 * 64


@pytest.mark.parametrize(("views", "design"), [("semantic", Network), ("collaborative", Network), ("both", TwoHeads)])
def test_a_history_graph_of_every_design_keeps_the_contract(views, design):
    network = model_with(views, design).network.eval()
    history = session(export_history(network))
    n = torch.zeros(3, dtype=torch.long)
    events = Sequence(torch.randn(3, 64), torch.randn(3, 16), torch.randn(3, SHAPE.query_dim), n, n + 1, n)
    with torch.inference_mode():
        _, state, _ = network.history(Sequence(*(getattr(events, f)[None] for f in Sequence.__dataclass_fields__)))
    given = {f: getattr(events, f).numpy() for f in Sequence.__dataclass_fields__}
    nothing = {
        f"past_{part}": np.zeros((size, 2, 2, 0, 32), np.float32) for part, size in (("views", 2), ("decoder", 1))
    }
    for found, expected in zip(history.run(None, given | nothing), state, strict=True):
        np.testing.assert_allclose(found, expected[0].numpy(), atol=1e-4)


def test_the_decoder_graph_picks_the_head_of_the_task():
    network = model_with(design=TwoHeads).network.eval()
    decoder = session(export_decoder(network))
    query, gap, task = torch.randn(3, SHAPE.query_dim), torch.zeros(3, dtype=torch.long), torch.tensor([0, 1, 1])
    state = torch.randn(1, 2, 2, 6, 32)
    with torch.inference_mode():
        expected = network.decode(query, task, gap, state).numpy()
    given = {"query": query.numpy(), "task": task.numpy(), "gap": gap.numpy(), "state": state.numpy()}
    np.testing.assert_allclose(decoder.run(None, given)[0], expected, atol=2e-4)
    other = decoder.run(None, given | {"task": 1 - task.numpy()})[0]
    assert np.abs(other - expected).max(axis=1).min() > 1e-2


def test_an_item_that_arrives_later_has_no_row_where_texts_say_nothing_of_items():
    items = model_with("collaborative").items.eval()
    row, code = session(export_item(items, SHAPE.query_dim)).run(None, {"features": np.ones((2, 96), np.float32)})
    assert not row.any() and not code.any()


def test_events_of_a_task_that_is_not_trained_have_no_gradient_but_are_in_the_history():
    model, events = model_with().train(), events_of()
    only = replace(events, positive=events.positive & (events.task == 1))
    batch = batch_of(only)
    assert torch.equal(batch.weight > 0, (batch.task == 1) & (batch.kind > 0))
    model.eval()  # no dropout: the loss is a function of the events alone
    fused, code = model.items()
    events_in = model.sequence(batch, fused, code, model.queries(model.items.words))
    outputs, _, _ = model.network.history(events_in)
    outputs.retain_grad()
    FullSoftmax.apply(
        outputs.flatten(0, 1), fused, batch.item.flatten(), batch.weight.flatten(), batch.masked, False
    ).backward()
    assert not outputs.grad[batch.task == 0].any() and outputs.grad[batch.task == 1].any(dim=-1).all()
    swapped = replace(only, item=np.where(only.task == 0, (only.item + 1) % ITEMS, only.item))
    assert model(batch_of(swapped), RECIPE)["generate"] != model(batch, RECIPE)["generate"]


def test_info_nce_equals_a_sum_over_pairs():
    torch.manual_seed(1)
    a, b = torch.randn(5, 8, dtype=torch.double), torch.randn(5, 8, dtype=torch.double)
    same = torch.eye(5, dtype=torch.bool)
    same[1, 3] = same[3, 1] = True
    total = 0.0
    for x, y in ((a, b), (b, a)):
        for i in range(5):
            scores = [float(F.cosine_similarity(x[i], y[j], dim=0)) / contrast.TEMPERATURE for j in range(5)]
            negatives = [math.exp(scores[j]) for j in range(5) if j == i or not same[i, j]]
            total += -math.log(math.exp(scores[i]) / sum(negatives)) / 10
    assert float(contrast.info_nce(a, b, same)) == pytest.approx(total)
    assert float(contrast.info_nce(a[:1], b[:1], same[:1, :1])) == 0.0


def test_contrast_enters_with_its_weight_and_compares_what_it_says(monkeypatch):
    model, batch = model_with().eval(), batch_of(events_of())
    assert set(model(batch, RECIPE)) == {"generate"}
    seen = []
    plain = contrast.info_nce
    monkeypatch.setattr(contrast, "info_nce", lambda a, b, same: seen.append((a, b, same)) or plain(a, b, same))
    terms = model(batch, replace(RECIPE, contrast_views=0.5, contrast_query=0.25))
    assert set(terms) == {"generate", "contrast_views", "contrast_query"}
    views, query = seen
    assert terms["contrast_views"].item() == pytest.approx(0.5 * plain(*views).item())
    assert terms["contrast_query"].item() == pytest.approx(0.25 * plain(*query).item())
    searches = (batch.task == 1) & (batch.weight > 0)
    assert len(views[0]) == len(batch.item) and len(query[0]) == int(searches.sum())
    items, queries = batch.item[searches], batch.query[searches]
    fused, _ = model.items()
    torch.testing.assert_close(query[1], fused[items])
    assert torch.equal(query[2], (items[:, None] == items) | (queries[:, None] == queries))


def test_contrast_of_views_that_are_not_there_is_refused(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("model: {views: semantic}\ntraining: {contrast_views: 0.1}\n")
    with pytest.raises(SettingsError, match="contrast_views"):
        Settings.load(file)
