"""Cosine of the sentence encoder's vectors of query and item, without any training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gensr_models.baselines.protocol import Scorer, quality
from gensr_models.config.progress import Progress
from gensr_models.config.settings import TextSettings
from gensr_models.data import Dataset
from gensr_models.text.features import encoded, encoder_of, item_texts


def tuned_sentence(
    dataset: Dataset, task: str, settings: TextSettings, cache: Path, progress: Progress
) -> tuple[Scorer, dict[str, bool]]:
    """The cosine, of vectors as they are or centred, whichever has the better ndcg@10 on valid."""
    vectors = encoded(encoder_of(settings, cache), [*item_texts(dataset), *dataset.queries], cache, progress)
    items, events = len(dataset.catalogue), dataset.events

    def scorer(centred: bool) -> Scorer:
        shifted = vectors - vectors[:items].mean(axis=0) if centred else vectors
        unit = shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-9)
        rows, queries = unit[:items], unit[items:]
        return lambda places: queries[events.query[places]] @ rows.T

    best = max((False, True), key=lambda centred: quality(dataset, task, scorer(centred)))
    return scorer(best), {"centred": best}
