"""The network: a cached state equals a recomputed one, prompts do not see each other, the softmax is the softmax."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gensr_models.model import ItemTable, Network, Sequence, Shape, Words
from gensr_models.training.softmax import FullSoftmax

SHAPE = Shape(dim=64, semantic_dim=16, layers=2, heads=2, window=12, text_dim=32, kinds=3, buckets=32, dropout=0.3)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(1)
    network = Network(SHAPE).eval()
    for parameter in network.parameters():
        parameter.data += torch.randn_like(parameter) * 0.05
    return network


def draw(users: int, events: int) -> Sequence:
    fused = F.normalize(torch.randn(users, events, SHAPE.dim), dim=-1)
    return Sequence(
        fused=fused,
        semantic=torch.randn(users, events, SHAPE.semantic_dim) * 0.2,
        query=torch.randn(users, events, SHAPE.query_dim),
        task=torch.randint(0, 2, (users, events)),
        kind=torch.randint(0, SHAPE.kinds + 1, (users, events)),
        gap=torch.randint(0, SHAPE.buckets, (users, events)),
    )


def cut(events: Sequence, a: int, b: int) -> Sequence:
    return Sequence(*(getattr(events, f)[:, a:b] for f in Sequence.__dataclass_fields__))


@torch.inference_mode()
def test_a_state_extended_event_by_event_equals_one_made_at_once(network):
    events = draw(1, 9)
    _, (views, decoder), _ = network.history(events)
    past = None
    for i in range(9):
        _, past, _ = network.history(cut(events, i, i + 1), past)
    torch.testing.assert_close(past[0], views, atol=2e-5, rtol=0)
    torch.testing.assert_close(past[1], decoder, atol=2e-5, rtol=0)


@torch.inference_mode()
def test_the_first_events_of_a_state_are_the_state_of_the_first_events(network):
    events = draw(1, 9)
    _, (views, decoder), _ = network.history(events)
    _, (short_views, short_decoder), _ = network.history(cut(events, 0, 5))
    torch.testing.assert_close(views[..., :5, :], short_views, atol=2e-5, rtol=0)
    torch.testing.assert_close(decoder[..., :10, :], short_decoder, atol=2e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize("before", [0, 1, 6])
def test_a_request_answers_as_the_same_prompt_did_in_training(network, before):
    events = draw(1, 8)
    outputs, (_, decoder), _ = network.history(events)
    i = slice(before, before + 1)
    state = decoder[0][..., : 2 * before, :]
    answer = network.decode(events.query[0, i], events.task[0, i], events.gap[0, i], state)
    torch.testing.assert_close(answer[0], outputs[0, before], atol=2e-5, rtol=0)


@torch.inference_mode()
def test_an_event_changes_later_outputs_and_no_earlier_ones(network):
    events = draw(1, 6)
    outputs, _, _ = network.history(events)
    changed = cut(events, 0, 6)
    changed.fused[:, 3] = F.normalize(torch.randn(1, SHAPE.dim), dim=-1)
    again, _, _ = network.history(changed)
    torch.testing.assert_close(outputs[:, :4], again[:, :4], atol=1e-6, rtol=0)
    assert (outputs[:, 4:] - again[:, 4:]).abs().amax(-1).min() > 1e-3


def test_the_blocked_softmax_equals_cross_entropy_with_masked_pairs_left_out():
    torch.manual_seed(2)
    outputs = torch.randn(1100, 16, requires_grad=True)
    items = torch.randn(50, 16, requires_grad=True)
    targets = torch.randint(0, 50, (1100,))
    weights = (torch.rand(1100) > 0.3).float()
    rows = torch.arange(1100).repeat_interleave(3)
    columns = torch.randint(0, 50, (3300,))
    keep = columns != targets[rows]
    masked = torch.stack([rows[keep], columns[keep]])

    loss = FullSoftmax.apply(outputs, items, targets, weights, masked, False)
    gradients = torch.autograd.grad(loss * 2, [outputs, items])

    logits = outputs @ items.t()
    hidden = torch.zeros_like(logits).index_put((masked[0], masked[1]), torch.tensor(float("-inf")))
    plain = (F.cross_entropy(logits + hidden, targets, reduction="none") * weights).sum() / weights.sum()
    expected = torch.autograd.grad(plain * 2, [outputs, items])
    torch.testing.assert_close(loss, plain)
    for a, b in zip(gradients, expected, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


def test_the_fused_row_is_the_sum_of_both_views_and_has_unit_norm():
    torch.manual_seed(3)
    words = Words(np.array([0, 2, 2, 5]), np.array([0, 1, 2, 2, 3]))
    table = ItemTable(torch.randn(3, 32), words.mean_matrix(4), 64, 16).eval()
    fused, semantic = table.vectors()
    torch.testing.assert_close(fused.norm(dim=-1), torch.ones(3))
    bag = torch.stack([table.words[[0, 1]].mean(0), torch.zeros(64), table.words[[2, 2, 3]].mean(0)])
    raw = table.collaborative + bag + table.project(table.text)
    torch.testing.assert_close(fused, F.normalize(raw, dim=-1))
    torch.testing.assert_close(fused - semantic, table.collaborative / raw.norm(dim=-1, keepdim=True))
    torch.testing.assert_close(table()[1], semantic @ table.compress.weight.t())


def test_words_without_a_vector_do_not_count():
    words = Words(np.array([0, 3, 4]), np.array([0, 9, 1, 7]))
    assert words.mean_matrix(2).to_dense().tolist() == [[0.5, 0.5], [0, 0]]


def test_word_vectors_get_the_gradient_of_a_dense_product():
    words = Words(np.array([0, 2, 3]), np.array([0, 1, 1]))
    table = ItemTable(torch.zeros(2, 0), words.mean_matrix(3), 64, 16)
    _, semantic = table.vectors()
    semantic[:, 0].sum().backward()
    sparse = table.words.grad.clone()
    table.words.grad = None
    dense = words.mean_matrix(3).to_dense()
    raw = table.collaborative + dense @ table.words
    (dense @ table.words / raw.norm(dim=-1, keepdim=True))[:, 0].sum().backward()
    torch.testing.assert_close(sparse, table.words.grad)
