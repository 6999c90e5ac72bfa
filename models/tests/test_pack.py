"""Packs: the rules of docs/pack-format.md hold for what the writer writes."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gensr_models.data import Column
from gensr_models.metrics import ndcg, recall
from gensr_models.pack.format import (
    Pack,
    PackError,
    Section,
    quantise_halves,
    quantise_rows,
    ragged,
    rows_of,
    write_pack,
)
from gensr_models.pack.sections import attribute_sections, set_column
from gensr_models.training.batches import Windowing


@pytest.fixture
def pack(tmp_path) -> Path:
    path = tmp_path / "a.gensr"
    rows = np.arange(128, dtype=np.int8).reshape(2, 64)
    sections = [
        Section.of("items.fused", rows),
        Section.of("items.fused_scale", np.array([0.5, 0.25], np.float32)),
        *ragged("items.id", [b"one", "zw\u00f6lf".encode()]),
        Section.of("graph.decoder", b"12345"),
    ]
    write_pack(path, {"name": "a"}, sections)
    return path


def header_of(path: Path) -> tuple[int, dict]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return 8 + length, json.loads(data[8 : 8 + length])


def test_sections_are_aligned_padded_and_cover_the_file(pack):
    begin, header = header_of(pack)
    assert begin % 64 == 0
    header.pop("__metadata__")
    end = 0
    for row in sorted(header.values(), key=lambda r: r["data_offsets"]):
        assert row["data_offsets"][0] == end and row["data_offsets"][1] % 64 == 0
        end = row["data_offsets"][1]
    assert begin + end == pack.stat().st_size


def test_the_root_is_the_hash_of_the_manifest_and_rows_hash_their_sections(pack):
    begin, header = header_of(pack)
    metadata = header["__metadata__"]
    assert metadata["root"] == hashlib.sha256(metadata["manifest"].encode()).hexdigest()
    data = pack.read_bytes()[begin:]
    manifest = json.loads(metadata["manifest"])
    assert [r["name"] for r in manifest["sections"]][:2] == ["items.fused", "items.fused_scale"]
    for row in manifest["sections"]:
        assert hashlib.sha256(data[slice(*row["offsets"])]).hexdigest() == row["sha256"]
        assert header[row["name"]]["shape"] == row["shape"]


def test_what_was_written_is_read_back(pack):
    read = Pack.read(pack)
    assert read.strings("items.id") == ["one", "zw\u00f6lf"]
    assert read.sections["graph.decoder"].tobytes() == b"12345"
    np.testing.assert_array_equal(read.rows("items.fused")[1], np.arange(64, 128) * 0.25)


def test_a_failed_write_leaves_the_old_pack_and_no_rubbish(pack, monkeypatch):
    old = pack.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_pack(pack, {"name": "b"}, [Section.of("x", b"1")])
    assert pack.read_bytes() == old
    assert [p.name for p in pack.parent.iterdir()] == [pack.name]


def test_sections_that_break_the_format_are_refused(tmp_path):
    with pytest.raises(PackError, match="float64"):
        Section.of("x", np.zeros(3))
    with pytest.raises(PackError, match="multiple of 64"):
        Section.of("x", np.zeros((3, 5), np.int8))
    with pytest.raises(PackError, match="twice"):
        write_pack(tmp_path / "x.gensr", {}, [Section.of("x", b"1"), Section.of("x", b"2")])


def test_a_quantised_row_is_within_half_a_step_and_never_uses_minus_128():
    rows = np.random.default_rng(0).normal(size=(100, 64)).astype(np.float32)
    rows[3] = 0
    data, scale = quantise_rows(rows)
    assert data.min() >= -127 and scale[3] == 0
    assert (np.abs(data * scale[:, None] - rows) <= scale[:, None] * 0.5001).all()


def test_set_columns_code_their_values_in_byte_order():
    column = set_column([["b", "a"], [], ["\u00e9", "b"]])
    assert column.dictionary == ("a", "b", "\u00e9")
    sections = {s.name: s for s in attribute_sections("c", column)}
    assert sections["attr.c.offsets"].data[:4].tolist() == [0, 2, 2, 4]
    assert sections["attr.c.values"].data[:4].tolist() == [0, 1, 1, 2]
    number = attribute_sections("p", Column("number", np.array([1, np.nan], np.float32)))
    assert [s.name for s in number] == ["attr.p.values"]


@given(st.lists(st.integers(0, 20), max_size=80), st.integers(1, 20), st.integers(1, 20))
def test_a_window_is_the_end_of_the_history_and_moves_by_slides(items, window, slide):
    slide = min(slide, window)
    rules = Windowing(window, slide, True, False, 32)
    events, item = np.arange(len(items)), np.array(items, int)
    kept = rules.apply(events, item)
    last = [i for i, x in enumerate(items) if x not in items[i + 1 :]]
    assert len(kept) <= window
    assert kept.tolist() == last[len(last) - len(kept) :]
    assert len(kept) == len(last) or len(kept) > window - slide
    assert (len(last) - len(kept)) % slide == 0


def test_gaps_are_powers_of_two():
    rules = Windowing(9, 1, True, True, 8)
    assert rules.gaps(np.array([5, 5, 6, 9, 8, 10**9])).tolist() == [0, 0, 1, 2, 0, 7]
    assert Windowing(9, 1, True, False, 8).gaps(np.array([5, 50])).tolist() == [0, 0]


def test_metrics_against_values_by_hand():
    ranks = np.array([0, 2, 9, 10])
    assert recall(ranks, 10) == 0.75 and recall(ranks, 2) == 0.25
    assert ndcg(ranks, 10) == pytest.approx((1 + 0.5 + 1 / np.log2(11)) / 4)


def test_halves_of_bytes_hold_rows_to_half_a_step():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 64)).astype(np.float32)
    rows[3] = 0
    data, scale = quantise_halves(rows)
    assert data.shape == (20, 32) and data.dtype == np.uint8 and scale[3] == 0
    back = rows_of(data.ravel(), scale)
    assert (np.abs(back - rows) <= scale[:, None] * 0.5001).all()
    assert np.abs(back).max(axis=1) == pytest.approx(np.abs(rows).max(axis=1), rel=1e-6)
    assert data[0, 0] & 15 == round(float(rows[0, 0] / scale[0])) + 8
    assert data[0, 0] >> 4 == round(float(rows[0, 1] / scale[0])) + 8
