"""Exported graphs: they keep the contract, equal the network, and depend on nothing they should not."""

import numpy as np
import onnx
import pytest
import torch

from gensr_models.export.contract import GraphError, decoder_graph, history_graph
from gensr_models.export.graphs import export_decoder, export_history, export_item, quantise
from gensr_models.model import ItemTable, Network, Sequence, Shape
from gensr_models.model.cold import remember
from gensr_models.quality.reference import session

SHAPE = Shape(dim=64, semantic_dim=16, layers=2, heads=2, window=12, text_dim=32, kinds=3, buckets=32, dropout=0.3)
EVENTS = 7


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    network = Network(SHAPE).eval()
    for parameter in network.parameters():
        parameter.data += torch.randn_like(parameter) * 0.05
    return network


@pytest.fixture(scope="module")
def graphs(network):
    floats = {"history": export_history(network), "decoder": export_decoder(network)}
    return {"float": floats, "quantised": {k: quantise(v) for k, v in floats.items()}}


@pytest.fixture(scope="module", params=["float", "quantised"])
def sessions(request, graphs):
    return request.param, *(session(graphs[request.param][name]) for name in ("history", "decoder"))


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(4)
    fused = rng.normal(size=(EVENTS, 64)).astype(np.float32)
    fused /= np.linalg.norm(fused, axis=1, keepdims=True)
    return {
        "fused": fused,
        "semantic": rng.normal(size=(EVENTS, SHAPE.semantic_dim)).astype(np.float32) * 0.1,
        "query": rng.normal(size=(EVENTS, SHAPE.query_dim)).astype(np.float32),
        "task": rng.integers(0, 2, EVENTS),
        "kind": rng.integers(0, 4, EVENTS),
        "gap": rng.integers(0, 32, EVENTS),
    }


def run(history, inputs, a, b, views=None, decoder=None):
    empty = np.zeros((2, 2, 2, 0, 32), np.float32)
    past = {"past_views": empty if views is None else views, "past_decoder": empty if decoder is None else decoder}
    return history.run(None, {k: v[a:b] for k, v in inputs.items()} | past)


def prompts(count: int):
    rng = np.random.default_rng(5)
    query = rng.normal(size=(count, SHAPE.query_dim)).astype(np.float32)
    return {"query": query, "task": rng.integers(0, 2, count), "gap": rng.integers(0, 32, count)}


def test_graphs_equal_the_network(sessions, network, inputs):
    name, history, decoder = sessions
    views, state = run(history, inputs, 0, EVENTS)
    events = Sequence(*(torch.from_numpy(inputs[k])[None] for k in Sequence.__dataclass_fields__))
    requests = prompts(5)
    with torch.inference_mode():
        _, (torch_views, torch_state), _ = network.history(events)
        answers = network.decode(*(torch.from_numpy(v) for v in requests.values()), torch_state[0]).numpy()
    ours = decoder.run(None, requests | {"state": state})[0]
    if name == "float":
        np.testing.assert_allclose(views, torch_views[0].numpy(), atol=1e-5)
        np.testing.assert_allclose(state, torch_state[0].numpy(), atol=1e-5)
        np.testing.assert_allclose(ours, answers, atol=1e-4)
    cosine = (ours * answers).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(answers, axis=1)
    assert cosine.min() > 0.999


@pytest.mark.parametrize("text_dim", [0, 32])
@torch.inference_mode()
def test_the_item_graph_makes_of_a_text_what_the_table_makes_of_an_unmet_item(text_dim):
    torch.manual_seed(3)
    bag = torch.rand(40, 9).to_sparse().coalesce()
    items = ItemTable(torch.randn(40, text_dim), bag, 64, 16).eval()
    met = np.arange(40) < 30
    remember(items, met)
    items.collaborative[30:] = items.semantic()[30:] @ items.cold
    items.cold_scale = 0.75
    items.scale[30:] = 0.75
    graph = session(export_item(items, text_dim + 64))
    features = torch.cat([items.text, torch.sparse.mm(bag, items.words)], 1).numpy()
    fused, semantic = graph.run(None, {"features": features})
    wanted = [rows.numpy() for rows in items()]
    # A hundredth of what 8 bit keep of a row.
    for found, rows in zip((fused, semantic), wanted, strict=True):
        assert np.abs(found[30:] - rows[30:]).max() < 0.1 * np.abs(rows[30:]).max() / 127
    assert np.abs(fused[:30] - wanted[0][:30]).max() > 0.1, "met items have vectors of their own"
    alone = np.concatenate([graph.run(None, {"features": row[None]})[0] for row in features])
    np.testing.assert_allclose(alone, fused, atol=1e-6)


def test_an_item_of_which_nothing_is_known_has_no_direction():
    items = ItemTable(torch.zeros(5, 0), torch.zeros(5, 2).to_sparse().coalesce(), 64, 16).eval()
    fused, semantic = session(export_item(items, 64)).run(None, {"features": np.zeros((1, 64), np.float32)})
    assert not fused.any() and not semantic.any()


def test_a_prompt_answers_the_same_alone_and_in_a_batch(sessions, inputs):
    _, history, decoder = sessions
    _, state = run(history, inputs, 0, EVENTS)
    requests = prompts(33)
    together = decoder.run(None, requests | {"state": state})[0]
    alone = [decoder.run(None, {k: v[i : i + 1] for k, v in requests.items()} | {"state": state})[0] for i in range(33)]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_cached_equals_recomputed(sessions, inputs):
    _, history, _ = sessions
    whole = run(history, inputs, 0, EVENTS)
    for first in (1, 3, 6):
        views, state = run(history, inputs, 0, first)
        views, state = run(history, inputs, first, EVENTS, views, state)
        np.testing.assert_allclose(views, whole[0], atol=2e-6)
        np.testing.assert_allclose(state, whole[1], atol=2e-6)


def test_an_empty_history_answers(sessions):
    _, _, decoder = sessions
    answer = decoder.run(None, prompts(2) | {"state": np.zeros((2, 2, 2, 0, 32), np.float32)})[0]
    assert answer.shape == (2, 64) and np.isfinite(answer).all()


def test_weights_of_the_quantised_graphs_are_eight_bit(graphs):
    for graph in graphs["quantised"].values():
        quantised = [n for n in graph.graph.node if n.op_type == "MatMulNBits"]
        assert len(quantised) >= 10
        large = [
            t.name for t in graph.graph.initializer if t.data_type == onnx.TensorProto.FLOAT and np.prod(t.dims) > 4096
        ]
        assert not large, "float matrices left"


def test_a_graph_that_breaks_the_contract_is_refused(graphs):
    broken = onnx.ModelProto()
    broken.CopyFrom(graphs["float"]["decoder"])
    with pytest.raises(GraphError, match="expected"):
        history_graph(64, SHAPE.semantic_dim, SHAPE.query_dim, 2, 2).check(broken)
    with pytest.raises(GraphError, match="query has shape"):
        decoder_graph(64, SHAPE.query_dim + 64, 2, 2).check(broken)
    broken.graph.input[1].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    with pytest.raises(GraphError, match="task is not i64"):
        decoder_graph(64, SHAPE.query_dim, 2, 2).check(broken)


def test_no_path_of_this_machine_is_in_a_graph(graphs):
    for form in graphs.values():
        for graph in form.values():
            assert b".py" not in graph.SerializeToString()
