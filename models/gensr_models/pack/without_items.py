"""A pack without some of its items, to compare upserted items with built ones.

    python -m gensr_models.pack.without_items PACK DATA OUT.gensr OUT.jsonl

Leaves out the items of PACK that no train event of DATA wants, and writes what DATA says of them for
`gensr evaluate --live`. Everything else of the pack stays as it is: rows, words, impacts, graphs and weights.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from gensr_models.data import TASKS, TRAIN, Dataset, load
from gensr_models.pack.format import Pack, Section, ragged, write_pack

BY_ROW = ("items.fused", "items.fused_scale", "items.semantic_scale", "items.popularity", "neighbours.scale")


def unmet(dataset: Dataset) -> np.ndarray:
    """Which items no train event wants."""
    met = np.zeros(len(dataset.catalogue), bool)
    for task in TASKS:
        met[dataset.events.item[dataset.targets(task, TRAIN)]] = True
    return ~met


def without(pack: Pack, kept: np.ndarray) -> tuple[dict, list[Section]]:
    """Manifest and sections of a pack of the items `kept` (bool [N]), in their order.

    Neighbours that are left out are "none"; their places stay, so that the weights of the others do.
    """
    new_rows = np.full(len(kept) + 1, -1, np.int64)
    new_rows[np.flatnonzero(kept)] = np.arange(kept.sum())
    s, n = pack.sections, len(kept)
    done: dict[str, Section] = {}

    def strings(name: str) -> None:
        values = [text.encode() for text, keep in zip(pack.strings(name), kept, strict=True) if keep]
        done.update({section.name: section for section in ragged(name, values)})

    for name in ("items.id", "items.title"):
        strings(name)
    ids = [text.encode() for text, keep in zip(pack.strings("items.id"), kept, strict=True) if keep]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.uint32)
    done["items.id_order"] = Section.of("items.id_order", order)
    for name, data in s.items():
        if name in BY_ROW:
            done[name] = Section.of(name, data[kept])
        elif name in ("items.semantic", "neighbours.weights"):
            done[name] = Section.of(name, data.reshape(n, -1)[kept].ravel())
        elif name == "neighbours.ids":
            done[name] = Section.of(name, _renamed(data.reshape(n, -1)[kept], new_rows).ravel())
    for spec in pack.manifest["attributes"]:
        base = f"attr.{spec['name']}"
        values = s[f"{base}.values"]
        if spec["type"] == "set":
            offsets = s[f"{base}.offsets"].astype(np.int64)
            lengths = np.diff(offsets)[kept]
            own = np.repeat(kept, np.diff(offsets))
            done[f"{base}.values"] = Section.of(f"{base}.values", values[own])
            done[f"{base}.offsets"] = Section.of(
                f"{base}.offsets", np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32)
            )
        else:
            done[f"{base}.values"] = Section.of(f"{base}.values", values[kept])
    if "lexical.posting_offsets" in s:
        offsets, items = s["lexical.posting_offsets"].astype(np.int64), s["lexical.posting_items"]
        own = kept[items.astype(np.int64)]
        counts = np.concatenate([[0], np.cumsum(own)])[offsets]
        done["lexical.posting_offsets"] = Section.of("lexical.posting_offsets", counts.astype(np.uint32))
        done["lexical.posting_items"] = Section.of("lexical.posting_items", _renamed(items[own], new_rows))
        impacts = s["lexical.posting_impacts"][own]
        done["lexical.posting_impacts"] = Section.of("lexical.posting_impacts", impacts)
    manifest = pack.facts() | {"items": int(kept.sum())}
    sections = [done.get(name) or Section.of(name, data) for name, data in s.items()]
    return manifest, sections


def _renamed(rows: np.ndarray, new_rows: np.ndarray) -> np.ndarray:
    """Rows by their new numbers, in the same type; what is left out is the largest number."""
    none = np.iinfo(rows.dtype).max
    known = rows.astype(np.int64) < len(new_rows) - 1
    renamed = np.where(known, new_rows[np.minimum(rows.astype(np.int64), len(new_rows) - 1)], -1)
    return np.where(renamed >= 0, renamed, none).astype(rows.dtype)


def upserts(dataset: Dataset, rows: np.ndarray, names: set[str]) -> list[dict]:
    """Lines of `gensr upsert` for these items; of their attributes the categories."""
    catalogue = dataset.catalogue
    return [
        {
            "id": catalogue.ids[row],
            "title": catalogue.titles[row],
            "text": catalogue.texts[row],
            "attributes": {"categories": list(catalogue.categories[row])} if "categories" in names else {},
        }
        for row in rows
    ]


def main() -> None:
    """Reads the arguments and writes pack and lines."""
    source, data, out, lines = map(Path, sys.argv[1:5])
    pack, dataset = Pack.read(source), load(data)
    gone = unmet(dataset)
    ids = {dataset.catalogue.ids[row] for row in np.flatnonzero(gone)}
    kept = np.array([item not in ids for item in pack.strings("items.id")])
    print(out, write_pack(out, *without(pack, kept)), f"{(~kept).sum()} of {len(kept)} items left out")
    names = {spec["name"] for spec in pack.manifest["attributes"]}
    with lines.open("w", encoding="utf-8") as file:
        for item in upserts(dataset, np.flatnonzero(gone), names):
            file.write(json.dumps(item, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
