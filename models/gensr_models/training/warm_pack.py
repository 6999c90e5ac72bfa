"""Reads a model back from a pack, as far as a pack holds it.

Item rows have 8 bits and do not tell the two shares apart; matrices have 8 bits, other weights are float; the text
projection is exact. Word vectors are not taken: a pack's dictionary is the engine's to read, and beside a
sentence encoder they have 4 bits and the rare ones are gone. So a run folder is the better place to begin.

The exporter names a matrix by its place in the graph. A network of the same shape with weights of its own, exported by
the same code, tells which is which: its graph has each of them once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from gensr_models.export.graphs import export_decoder, export_history, quantise
from gensr_models.model import Network, Shape
from gensr_models.model.network import Instruction
from gensr_models.pack.format import Pack
from gensr_models.text.encoder import Projection
from gensr_models.training.earlier import COLLABORATIVE, Earlier, Names


def of_pack(path: Path) -> Earlier:
    """The model of a pack, as far as it can be recovered.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no pack.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such pack or run folder")
    try:
        pack = Pack.read(path)
    except Exception as error:  # the safetensors reader has an error of its own
        raise ValueError(f"{path}: is no pack ({error})") from error
    state = {COLLABORATIVE: torch.from_numpy(pack.rows("items.fused"))}
    remarks = ["a pack has no word vectors to begin with, and 8 bits of each item and weight: a run folder has all"]
    shape = _shape(pack)
    for name, export in (("history", export_history), ("decoder", export_decoder)):
        found, missing = _weights(pack, name, shape, export)
        state |= found
        if missing:
            remarks.append(f"graph {name} was exported in another way: {missing} of its parts start anew")
    rows = _initializers(pack, "item")
    for name in ("project", "compress"):
        if (weight := rows.get(f"{name}.weight.half", rows.get(f"{name}.weight"))) is not None:
            state[f"items.{name}.weight"] = torch.from_numpy(weight.astype(np.float32))
    projection, text = _initializers(pack, "text"), None
    if "projection.matrix" in projection:
        digest = hashlib.sha256(pack.sections["graph.text"].tobytes()).hexdigest()
        text = (Projection(projection["projection.mean"][0], projection["projection.matrix"]), digest)
    popularity = pack.sections.get("items.popularity")
    met = np.ones(len(state[COLLABORATIVE]), bool) if popularity is None else popularity > popularity.min() + 1e-6
    return Earlier(
        source=f"pack {path.name}",
        identity=hashlib.sha256(path.read_bytes()).hexdigest(),
        names=Names(pack.strings("items.id"), [], [kind["name"] for kind in pack.manifest["kinds"]]),
        state=state,
        met=met,
        text=text,
        fused=True,
        remarks=remarks,
    )


def _shape(pack: Pack) -> Shape:
    manifest = pack.manifest
    model = manifest["model"]
    return Shape(
        dim=manifest["dim"],
        semantic_dim=manifest["semantic_dim"],
        layers=model["layers"],
        heads=model["heads"],
        window=model["window"],
        text_dim=manifest["text_encoder"]["dim"],
        kinds=len(manifest["kinds"]),
        buckets=manifest["time"]["buckets"],
        dropout=0.0,
    )


def _initializers(pack: Pack, graph: str) -> dict[str, np.ndarray]:
    section = pack.sections.get(f"graph.{graph}")
    if section is None:
        return {}
    model = onnx.load_from_string(section.tobytes())
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _weights(pack: Pack, graph: str, shape: Shape, export) -> tuple[dict[str, torch.Tensor], int]:
    """Parameters by name from a graph of the pack, and how many of those in the probe's graph it has not."""
    inputs = [value.name for value in onnx.load_from_string(pack.sections[f"graph.{graph}"].tobytes()).graph.input]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        probe = Network(shape).eval()
        if "instruction" in inputs:
            probe.instruction = Instruction(shape)  # not taken: it is learned anew, but it is in the graph
        with torch.no_grad():
            for parameter in probe.parameters():
                parameter.copy_(torch.randn_like(parameter))
            probe.log_scale.fill_(2.345)  # like no constant of the graph
        made = quantise(export(probe))
    values = _readable({t.name: numpy_helper.to_array(t) for t in made.graph.initializer})
    stored, found, missing = _readable(_initializers(pack, graph)), {}, 0
    for name, parameter in probe.named_parameters():
        if name.startswith("instruction."):
            continue
        wanted = parameter.detach().numpy()
        same = [f"network.{name}"] if f"network.{name}" in values else values
        for key in same:
            if not _is(name, values[key], wanted):
                continue
            if key in stored and stored[key].shape == wanted.shape:
                found[f"network.{name}"] = torch.from_numpy(np.array(_undone(name, stored[key]))).float()
            else:
                missing += 1
            break
    return found, missing


def _undone(name: str, value: np.ndarray) -> np.ndarray:
    """A parameter from the constant that the exporter folded it into."""
    return np.log(value) if name == "log_scale" else value


def _is(name: str, value: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether an initializer of the probe is this parameter of it, give or take 8 bits."""
    if value.shape != wanted.shape or value.dtype != np.float32 or (name == "log_scale" and value <= 0):
        return False
    return bool(np.abs(_undone(name, value) - wanted).max() < (0.05 if value.ndim == 2 else 1e-4))


def _readable(initializers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Initializers with matrices of 8 bits [out, blocks, 32] made float [out, in] again, named without `_Q8`."""
    result = {}
    for name, value in initializers.items():
        scales = initializers.get(name.removesuffix("_Q8") + "_scales") if name.endswith("_Q8") else None
        if scales is None:
            result[name] = value
            continue
        rows = value.astype(np.float32) - 128
        result[name.removesuffix("_Q8")] = (rows * scales.reshape(*rows.shape[:2], 1)).reshape(len(rows), -1)
    return result
