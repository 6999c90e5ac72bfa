"""A pack from its parts: the manifest of docs/pack-format.md and all sections."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import onnx

from gensr_models.data import Catalogue, Kind
from gensr_models.model import Shape
from gensr_models.pack.format import Section, write_pack
from gensr_models.pack.sections import Rows, attribute_sections, item_sections, set_column, word_sections
from gensr_models.signals.parts import Signals
from gensr_models.text.encoder import MAX_TOKENS
from gensr_models.training.batches import Windowing


@dataclass(frozen=True)
class Parts:
    """Everything that a pack is made of.

    Attributes:
        name: display name of the catalogue.
        catalogue: items with titles and attributes.
        shape: sizes of the network.
        windowing: how histories become windows.
        kinds: the event names, in the order of their embeddings.
        rows: vectors of items and words.
        dictionary: fst bytes, from `gensr index`.
        graphs: `history`, `decoder` and `item`, and `text` where there is a sentence encoder.
        tokenizer: tokenizer.json, or None without a sentence encoder.
        tasks: for each task `exclude_history` and the fusion weights.
        signals: neighbours and postings, or nothing.
        popularity: log prior of each item, or None.
        data_ms: the date of the tables, milliseconds since 1970, or None.
        provenance: where it came from and what was decided.
        licences: of the contents.
    """

    name: str
    catalogue: Catalogue
    shape: Shape
    windowing: Windowing
    kinds: list[Kind]
    rows: Rows
    dictionary: bytes
    graphs: dict[str, onnx.ModelProto]
    tokenizer: str | None
    tasks: dict[str, dict]
    signals: Signals = field(default_factory=Signals)
    popularity: object = None
    data_ms: int | None = None
    provenance: dict = field(default_factory=dict)
    licences: list[str] = field(default_factory=list)

    def manifest(self) -> dict:
        """All of the manifest but the version and the section table, which the writer adds."""
        shape, catalogue = self.shape, self.catalogue
        return {
            "name": self.name,
            "items": len(catalogue),
            "dim": shape.dim,
            "semantic_dim": shape.semantic_dim,
            "model": {
                "layers": shape.layers,
                "heads": shape.heads,
                "head_dim": shape.dim // shape.heads,
                "window": self.windowing.window,
                "slide": self.windowing.slide,
                "dedupe": self.windowing.dedupe,
                "query_dim": shape.query_dim,
            },
            "text_encoder": {
                "kind": "minilm" if self.tokenizer else "static",
                "dim": shape.text_dim,
                "max_tokens": MAX_TOKENS if self.tokenizer else 0,
            },
            "kinds": [asdict(kind) for kind in self.kinds],
            "unknown_kind": "weak_positive",
            "time": {"informative": self.windowing.time_informative, "buckets": self.windowing.buckets},
            "tasks": self.tasks,
            **self.signals.manifest(),
            **({} if self.data_ms is None else {"data_ms": self.data_ms}),
            "attributes": [{"name": n, "type": c.type} for n, c in self._attributes().items()],
            "provenance": self.provenance,
            "licences": self.licences,
        }

    def _attributes(self) -> dict:
        columns = dict(self.catalogue.attributes)
        if any(self.catalogue.categories):
            columns = {"categories": set_column(self.catalogue.categories), **columns}
        return columns

    def write(self, path: Path) -> str:
        """Writes the pack; returns its id."""
        sections = item_sections(self.catalogue.ids, self.catalogue.titles, self.rows, self.popularity)
        sections += word_sections(self.dictionary, self.rows.words, self.shape.text_dim)
        for name, column in self._attributes().items():
            sections += attribute_sections(name, column)
        sections += self.signals.sections()
        if self.tokenizer:
            sections.append(Section.of("text.tokenizer", self.tokenizer.encode()))
        for name, graph in self.graphs.items():
            sections.append(Section.of(f"graph.{name}", graph.SerializeToString(deterministic=True)))
        return write_pack(path, self.manifest(), sections)
