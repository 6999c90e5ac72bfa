"""The events of a data set as the network reads them."""

from __future__ import annotations

import numpy as np

from gensr_models.data import Dataset
from gensr_models.training.batches import EventTable


def event_table(dataset: Dataset) -> EventTable:
    """Events as the network reads them: four bytes an event beside what the data set has, which is not copied."""
    events, kinds = dataset.events, dataset.kinds
    search = np.array([k.task == "search" for k in kinds] or [False])
    positive = np.array([k.sign > 0 and k.task != "none" for k in kinds] or [False])
    return EventTable(
        offsets=events.user_offsets,
        item=events.item,
        task=search[events.kind].astype(np.int8),
        kind=events.kind + np.int16(1),
        positive=positive[events.kind],
        query=events.query,
        time=events.timestamp,
        split=events.split,
    )
