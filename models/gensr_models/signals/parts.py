"""The signals that a pack holds beside the network."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gensr_models.engine.index import Postings
from gensr_models.pack.format import Section
from gensr_models.signals.neighbours import Neighbours


@dataclass(frozen=True)
class Signals:
    """Neighbours of items and postings of words; None leaves a part out."""

    neighbours: Neighbours | None = None
    postings: Postings | None = None

    def sections(self) -> list[Section]:
        """For the pack."""
        return [section for part in (self.neighbours, self.postings) if part is not None for section in part.sections()]

    def manifest(self) -> dict:
        """For the pack."""
        parts = {"neighbours": self.neighbours, "lexical": self.postings}
        return {name: part.manifest() for name, part in parts.items() if part is not None}

    def weighed(self, tasks: dict[str, dict]) -> Signals:
        """Without signals that have no weight in any task."""
        kept = self
        if not any(task.get("neighbours") for task in tasks.values()):
            kept = replace(kept, neighbours=None)
        if not any(task.get("lexical") for task in tasks.values()):
            kept = replace(kept, postings=None)
        return kept
