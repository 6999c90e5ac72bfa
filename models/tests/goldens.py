"""Compares the committed golden files (tests/golden) with files made in this run.

Training, and rounding on another processor, may move the numbers of a pack: of a pack the form is compared, and of
answers the numbers within a tolerance.
"""

from pathlib import Path

import numpy as np
import onnx

from gensr_models.pack.format import Pack

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "golden"
COSINE = 0.9999
"""Least cosine of features and output vectors, as in tests/golden.rs."""
TIE = 1e-3
"""Scores that differ by less, relative to the largest of the list, are the same."""
CHOSEN = ("neighbours", "lexical", "floor")
"""Parts that a pack has where they gain something on valid events."""
FIXED = [
    "format_version",
    "name",
    "items",
    "dim",
    "semantic_dim",
    "model",
    "text_encoder",
    "kinds",
    "attributes",
    "time",
]
LEARNED = ("items.fused", "items.semantic", "words.", "graph.")
STALE = "tests/golden is out of date: scripts/golden writes it anew"


def check_pack(stored: Pack, made: Pack) -> None:
    """The stored pack has the form of the one that was made, and the same items, words and attributes."""
    facts = [{name: pack.facts().get(name) for name in (*FIXED, "attributes")} for pack in (stored, made)]
    assert facts[0] == facts[1], STALE
    # A field that is written no more is read still.
    assert _keys(made.facts()) <= _keys(stored.facts()), STALE
    names = [{name for name in pack.sections if not name.startswith(CHOSEN)} for pack in (stored, made)]
    assert names[0] == names[1], STALE
    for name in sorted(names[0]):
        old, new = stored.sections[name], made.sections[name]
        if name.startswith("graph."):
            assert _operators(old) == _operators(new), f"{name}: {STALE}"
        elif name.startswith(LEARNED):
            assert (old.dtype, old.shape) == (new.dtype, new.shape), f"{name}: {STALE}"
        else:
            np.testing.assert_array_equal(old, new, err_msg=f"{name}: {STALE}")


def check_answers(stored: dict, made: dict) -> None:
    """The stored answers are those that were made, up to rounding and near ties."""
    _alike(stored | {"versions": None}, made | {"versions": None}, "")


def _keys(facts: object, at: str = "") -> set[str]:
    if not isinstance(facts, dict):
        return {at}
    below = {name: value for name, value in facts.items() if name not in (*CHOSEN, "provenance")}
    return set().union({at}, *(_keys(value, f"{at}/{name}") for name, value in below.items()))


def _operators(section: np.ndarray) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(section.tobytes()).graph.node]


def _alike(old: object, new: object, at: str) -> None:
    said = f"{at}: {STALE}"
    if isinstance(old, dict) and isinstance(new, dict):
        assert old.keys() == new.keys(), said
        for name in old:
            check = {"top": _same_top, "output": _same_vector, "features": _same_vector}.get(name, _alike)
            check(old[name], new[name], f"{at}/{name}")
    elif isinstance(old, list) and isinstance(new, list):
        assert len(old) == len(new), said
        if at.endswith(("/fused", "/semantic")):
            assert np.abs(np.subtract(old, new)).max() <= 1, said
            return
        for place, (a, b) in enumerate(zip(old, new, strict=True)):
            _alike(a, b, f"{at}/{place}")
    elif isinstance(old, float):
        assert abs(old - new) <= 0.01 * abs(old), said
    else:
        assert old == new, said


def _same_vector(old: list[float], new: list[float], at: str) -> None:
    a, b = np.asarray(old, float), np.asarray(new, float)
    assert a.shape == b.shape, f"{at}: {STALE}"
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    if norms == 0:
        assert not a.any() and not b.any(), f"{at}: {STALE}"
        return
    assert a @ b / norms >= COSINE and abs(np.linalg.norm(a) / np.linalg.norm(b) - 1) < 0.01, f"{at}: {STALE}"


def _same_top(old: list[dict], new: list[dict], at: str) -> None:
    """The same items, but for those that nearly tie."""
    tie = TIE * max(abs(hit["score"]) for hit in old)
    scores = {hit["id"]: hit["score"] for hit in old}
    assert len(old) == len(new), f"{at}: {STALE}"
    for before, after in zip(old, new, strict=True):
        expected = scores.get(after["id"], old[-1]["score"])
        assert max(abs(expected - after["score"]), abs(before["score"] - after["score"])) <= tie, f"{at}: {STALE}"
