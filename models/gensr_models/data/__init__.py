"""Data tables: reading, checking, counting.

`load` reads a folder of tables into a frozen `Dataset`, or raises a `DataError` that names every problem.
`summary` counts what is in it; `statistics` measures its orders, times and repeats.
"""

from .dataset import (
    SPLITS,
    TASKS,
    TEST,
    TRAIN,
    VALID,
    Candidates,
    Catalogue,
    Column,
    Dataset,
    Events,
    Kind,
)
from .kinds import DEFAULT_KINDS, DataSettings, KindSettings
from .load import load
from .problems import DataError, Problem
from .summary import render, summary

__all__ = [
    "DEFAULT_KINDS",
    "SPLITS",
    "TASKS",
    "TEST",
    "TRAIN",
    "VALID",
    "Candidates",
    "Catalogue",
    "Column",
    "DataError",
    "DataSettings",
    "Dataset",
    "Events",
    "Kind",
    "KindSettings",
    "Problem",
    "load",
    "render",
    "summary",
]
