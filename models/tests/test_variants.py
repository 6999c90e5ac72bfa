"""The sentence encoder for accelerators: padding changes nothing, shapes are static, packs take it and leave it."""

import goldens
import numpy as np
import onnx
import onnxruntime
import pytest
import tiny

from gensr_models.config.settings import TextSettings
from gensr_models.export.contract import GraphError
from gensr_models.pack.format import Pack, PackError
from gensr_models.quality.encoders import add_variants
from gensr_models.quality.reference import session
from gensr_models.text.accelerated import LENGTHS, encode, export_variant, padded, projection_of
from gensr_models.text.encoder import Projection

WIDTH = 32
# Components of a vector are around 1. 32 bits: what sums in another order round otherwise. 16 bits: the same of numbers
# with 11 bits, over two layers.
TOLERANCE = {"fp32": 1e-5, "fp16": 1e-2}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tiny.write_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def projection():
    rng = np.random.default_rng(3)
    return Projection(
        rng.normal(size=WIDTH).astype(np.float32) * 0.01, rng.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    )


@pytest.fixture(scope="module", params=["fp16", "fp32"])
def variant(request, encoder, projection):
    return request.param, export_variant(encoder, projection, request.param)


def texts(count: int = 40):
    rng = np.random.default_rng(7)
    for place in range(count):
        length = LENGTHS[place % 2] if place < 4 else int(rng.integers(2, LENGTHS[-1] + 1))
        yield rng.integers(4, 50, length)


def test_padding_and_mask_answer_as_the_text_alone(variant):
    precision, graph = variant
    whole, sessions = session(graph), {length: padded(graph, length) for length in LENGTHS}
    lengths = set()
    for ids in texts():
        alone = whole.run(None, {"input_ids": ids[None], "mask": np.ones_like(ids)[None]})[0][0]
        np.testing.assert_allclose(encode(sessions, ids), alone, atol=TOLERANCE[precision], rtol=0)
        lengths.add(len(ids))
        # Masked tokens do not matter.
        longest = np.concatenate([ids, np.full(LENGTHS[-1] - len(ids), 17)])[None]
        mask = (np.arange(LENGTHS[-1]) < len(ids)).astype(np.int64)[None]
        odd = sessions[LENGTHS[-1]].run(None, {"input_ids": longest, "mask": mask})[0][0]
        np.testing.assert_allclose(odd, alone, atol=TOLERANCE[precision], rtol=0)
    assert {*LENGTHS} <= lengths and len(lengths) > 20


def test_both_precisions_say_what_the_transformer_says(variant, encoder, projection):
    import torch
    from transformers import AutoModel

    precision, graph = variant
    transformer = AutoModel.from_pretrained(encoder, attn_implementation="eager").eval()
    sessions = {length: padded(graph, length) for length in LENGTHS}
    for ids in texts(12):
        with torch.inference_mode():
            states = transformer(input_ids=torch.from_numpy(ids)[None]).last_hidden_state[0].numpy()
        pooled = states.mean(axis=0)
        expected = projection((pooled / np.linalg.norm(pooled))[None])[0]
        # Matrices are stored in 16 bits either way.
        np.testing.assert_allclose(encode(sessions, ids), expected, atol=2e-2, rtol=0)
    stored = {t.data_type for t in graph.graph.initializer if len(t.dims) == 2 and t.dims[0] > 1}
    assert onnx.TensorProto.FLOAT16 in stored and (precision == "fp16" or onnx.TensorProto.FLOAT not in stored)


def test_a_fixed_length_leaves_no_dynamic_shape(variant, tmp_path):
    _, graph = variant
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    # Done for every provider, before nodes are handed out.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.add_free_dimension_override_by_name("tokens", 16)
    found = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    assert [given.shape for given in found.get_inputs()] == [[1, 16], [1, 16]]
    optimised = onnx.shape_inference.infer_shapes(onnx.load(tmp_path / "optimised.onnx"))
    assert not {"Shape", "Range", "NonZero", "If", "Loop"} & {node.op_type for node in optimised.graph.node}
    dims = [dim for value in optimised.graph.value_info for dim in value.type.tensor_type.shape.dim]
    assert len(dims) > 100 and all(dim.HasField("dim_value") for dim in dims)


def test_packs_take_variants_and_stay_what_they_were(encoder, tmp_path):
    source, out = tmp_path / "plain.gensr", tmp_path / "variants.gensr"
    stored = Pack.read(goldens.FOLDER / "tiny.gensr")
    plain = {name: data for name, data in stored.sections.items() if "@" not in name}
    Pack(stored.manifest, plain).rewrite(source, stored.facts())
    found = add_variants(source, out, TextSettings(folder=encoder, width=WIDTH, variants=["fp32"]))
    before, after = Pack.read(source), Pack.read(out)
    assert after.sections.keys() - before.sections.keys() == {"graph.text@fp32"}
    assert all(np.array_equal(data, after.sections[name]) for name, data in before.sections.items())
    assert after.facts() == before.facts() and found["text@fp32"]["bytes"] == len(after.sections["graph.text@fp32"])
    # The int8 graph of the same transformer, up to its rounding.
    assert found["text@fp32"]["cosine_mean"] > 0.9 and found["text@fp32"]["texts"] == 60


def test_what_cannot_be_added_is_refused():
    with pytest.raises(ValueError, match="'fp16' or 'fp32'"):
        TextSettings(variants=["fp8"])
    with pytest.raises(ValueError, match="nothing for an accelerator"):
        TextSettings(encoder="static", variants=["fp16"])
    with pytest.raises(PackError, match="no sentence encoder"):
        projection_of(Pack({}, {}))


def test_a_graph_without_a_mask_is_no_variant(variant):
    from gensr_models.export.contract import masked_text_graph

    broken = onnx.ModelProto()
    broken.CopyFrom(variant[1])
    del broken.graph.input[1]
    with pytest.raises(GraphError, match="inputs are"):
        masked_text_graph(WIDTH).check(broken)
