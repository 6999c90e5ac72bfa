"""Writes packs: safetensors with the rules of docs/pack-format.md on top, in one atomic step."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FORMAT_VERSION = 1
ALIGN = 64
_DTYPES = {
    "int8": "I8",
    "uint8": "U8",
    "int16": "I16",
    "uint16": "U16",
    "float16": "F16",
    "int32": "I32",
    "uint32": "U32",
    "float32": "F32",
}


class PackError(ValueError):
    """A pack that breaks the format."""


@dataclass(frozen=True)
class Section:
    """A named array of the pack. `elements` is what counts of it once a 1-D array is padded."""

    name: str
    data: np.ndarray
    elements: int

    @classmethod
    def of(cls, name: str, data: np.ndarray | bytes) -> Section:
        """Pads a 1-D array (or bytes) with zeros to a multiple of 64 bytes; checks that a 2-D one needs no padding."""
        array = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else np.ascontiguousarray(data)
        if array.dtype.name not in _DTYPES:
            raise PackError(f"section {name}: dtype {array.dtype} is not one of {sorted(_DTYPES)}")
        elements = array.size
        if array.ndim == 1:
            missing = -array.nbytes % ALIGN // array.itemsize
            array = np.concatenate([array, np.zeros(missing, array.dtype)])
        elif array.nbytes % ALIGN:
            raise PackError(f"section {name}: {array.shape} {array.dtype} is no multiple of {ALIGN} bytes")
        return cls(name, array, elements)


def ragged(name: str, values: Iterable[bytes]) -> list[Section]:
    """Byte strings as two sections, `<name>_offsets` and `<name>_bytes`."""
    values = list(values)
    offsets = np.zeros(len(values) + 1, np.uint32)
    np.cumsum([len(v) for v in values], out=offsets[1:])
    return [Section.of(f"{name}_offsets", offsets), Section.of(f"{name}_bytes", b"".join(values))]


def quantise_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 with one float32 scale a row; an all-zero row has scale 0."""
    scale = (np.abs(rows).max(axis=1) / 127).astype(np.float32)
    safe = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.rint(rows / safe[:, None]).clip(-127, 127).astype(np.int8), scale


def quantise_halves(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric 4 bits with one float32 scale a row: bytes [n, d / 2], the lower half first, each half plus 8."""
    scale = (np.abs(rows).max(axis=1) / 7).astype(np.float32)
    safe = np.where(scale > 0, scale, 1).astype(np.float32)
    halves = (np.rint(rows / safe[:, None]).clip(-7, 7) + 8).astype(np.uint8)
    return halves[:, 0::2] | halves[:, 1::2] << 4, scale


def rows_of(data: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Rows as float32 [n, d]: bytes (u8) hold two halves each, int8 one number."""
    data = data.reshape(len(scale), -1)
    if data.dtype == np.uint8:
        data = np.stack([data & 15, data >> 4], axis=-1).reshape(len(scale), -1).astype(np.float32) - 8
    return data.astype(np.float32) * scale[:, None]


def write_pack(path: Path, manifest: dict, sections: list[Section]) -> str:
    """Writes a pack and returns its id (the root hash).

    Args:
        path: target; written beside it under a temporary name, synced and renamed, so a reader never sees half a pack.
        manifest: everything but `format_version` and `sections`, which are filled in here.
        sections: in the order of the file.
    """
    begin, table, header = 0, [], {}
    for section in sections:
        end = begin + section.data.nbytes
        row = {"dtype": _DTYPES[section.data.dtype.name], "shape": list(section.data.shape)}
        if section.name in header:
            raise PackError(f"section {section.name} is there twice")
        header[section.name] = {**row, "data_offsets": [begin, end]}
        digest = hashlib.sha256(section.data.data).hexdigest()
        table.append(
            {
                "name": section.name,
                **row,
                "offsets": [begin, end],
                "elements": section.elements,
                "sha256": digest,
            }
        )
        begin = end
    text = json.dumps(
        {"format_version": FORMAT_VERSION, **manifest, "sections": table}, ensure_ascii=False, allow_nan=False
    )
    root = hashlib.sha256(text.encode()).hexdigest()
    metadata = {"format": "gensr", "format_version": str(FORMAT_VERSION), "manifest": text, "root": root}
    encoded = json.dumps({"__metadata__": metadata, **header}, ensure_ascii=False).encode()
    encoded += b" " * (-(8 + len(encoded)) % ALIGN)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(struct.pack("<Q", len(encoded)))
            file.write(encoded)
            for section in sections:
                file.write(section.data.data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return root


def pack_id(path: Path) -> str:
    """The id of a pack: the root hash that its header states."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise PackError(f"{path} is no pack: {error}") from error
    if metadata.get("format") != "gensr" or "root" not in metadata:
        raise PackError(f"{path} is no pack: its header does not say so")
    return metadata["root"]


@dataclass(frozen=True)
class Pack:
    """A pack read back: sections without their padding, 2-D ones in shape."""

    manifest: dict
    sections: dict[str, np.ndarray]

    @classmethod
    def read(cls, path: Path) -> Pack:
        """Reads a pack with the public safetensors reader and trims the padding."""
        from safetensors import safe_open

        with safe_open(path, framework="numpy") as file:
            manifest = json.loads(file.metadata()["manifest"])
            sections = {}
            for row in manifest["sections"]:
                array = file.get_tensor(row["name"])
                sections[row["name"]] = array[: row["elements"]] if array.ndim == 1 else array
        return cls(manifest, sections)

    def facts(self) -> dict:
        """The manifest without what `write_pack` adds; changing its top level leaves the pack as it is."""
        return {name: value for name, value in self.manifest.items() if name not in ("format_version", "sections")}

    def rewrite(self, out: Path, manifest: dict) -> str:
        """Writes the same sections under another manifest (without what `write_pack` adds); returns the pack id."""
        return write_pack(out, manifest, [Section.of(name, data) for name, data in self.sections.items()])

    def rows(self, name: str) -> np.ndarray:
        """Quantised rows as float32 [n, d]."""
        return rows_of(self.sections[name], self.sections[f"{name}_scale"])

    def words(self) -> np.ndarray:
        """Vectors of words as float32 [V', d]."""
        return rows_of(self.sections["words.vectors"], self.sections["words.scale"])

    def strings(self, name: str) -> list[str]:
        """Byte strings written by `ragged`."""
        offsets, data = self.sections[f"{name}_offsets"], self.sections[f"{name}_bytes"].tobytes()
        return [data[a:b].decode() for a, b in itertools.pairwise(offsets)]
