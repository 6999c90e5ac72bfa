"""Typed attributes: any column of the items beyond the four known ones.

The type of a column is what all its values agree on, tried in this order (missing values do not count):

1. `set`: some value is a list (Parquet, JSON Lines) or has a `|` in it;
2. `bool`: all are `true` or `false` (any case);
3. `number`: all are decimal numbers, none with a needless leading zero (`007` is a label);
4. `date`: all are ISO dates, `2024-05-31`, a time of day after it is dropped;
5. `string` otherwise.

Where nearly all values agree and a few do not, the column becomes a string and a warning names the first odd
value. A type in the settings overrides all this, and then each value that does not fit is a problem.
"""

import datetime
import math
import re

import numpy as np
import pandas as pd

from . import tables
from .dataset import NO_BOOL, NO_CODE, NO_DATE, Column, ColumnType
from .problems import Problems, quote
from .tables import Table

NAME = re.compile(r"[a-z0-9_]{1,32}")
NUMBER = re.compile(r"[+-]?(0|[1-9]\d*|\d*(?=\.))(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
OTHERWISE = {
    "number": (re.compile(r"[+-]?\d+(\.\d{3})*,(\d{1,2}|\d{4,})", re.ASCII), "a point, 12.5"),
    "date": (re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}", re.ASCII), "the year first, 2024-05-31"),
}
"""How spreadsheets write numbers and dates in some countries, which are read as text; what would be read as them.
Three digits after a comma may be thousands, so nothing is said of those."""

NEARLY = 0.95
"""Share of values from which on the others look like slips."""

EPOCH = datetime.date(1970, 1, 1).toordinal()


def columns(table: Table, known: list[str], types: dict[str, ColumnType], problems: Problems) -> dict[str, Column]:
    """All columns that are not `known`, by name."""
    found: dict[str, Column] = {}
    for name in table.frame.columns:
        if name in known:
            continue
        if not NAME.fullmatch(name):
            better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:32] or "attribute"
            problems.add(
                table.file,
                f"{quote(name)} cannot be the name of an attribute",
                f"use a-z, 0-9 and _ only, at most 32 of them, for example {better}",
                column=name,
            )
            continue
        values = [plain(value) for value in tables.values(table, name)]
        present = [value for value in values if value is not None]
        if not present:
            problems.warn(f"{table.file}: column {name} has no values and is left out")
            continue
        kind = types.get(name) or infer(present)
        if name not in types and kind == "string":
            _warn_slips(table, name, values, problems)
        found[name] = _column(table, name, kind, values, problems)
    for name in types:
        if name not in table.frame.columns:
            problems.add(table.file, f"there is no column {quote(name)}", "take it out of the settings", column=name)
    return found


def plain(value: object) -> object:
    """A value without the frame's own types; None where missing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (list, tuple, np.ndarray)):
        return list(value)
    if isinstance(value, datetime.datetime):
        return value.date()
    return value.item() if isinstance(value, np.generic) else value


def infer(values: list) -> ColumnType:
    """The type that all values agree on; none of them is missing."""
    if any(isinstance(value, list) or (isinstance(value, str) and "|" in value) for value in values):
        return "set"
    for kind in _PARSERS:
        if all(_fits(kind, value) for value in values):
            return kind
    return "string"


def _fits(kind: ColumnType, value: object) -> bool:
    try:
        _PARSERS[kind](value)
    except ValueError:
        return False
    return True


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError


def _number(value: object) -> float:
    """A number; NaN and infinities are taken for numbers here and refused in `_column`."""
    if isinstance(value, str):
        if NUMBER.fullmatch(value) or value.lower() in (
            "nan",
            "inf",
            "-inf",
            "+inf",
            "infinity",
            "-infinity",
        ):
            return float(value)
        raise ValueError
    if isinstance(value, bool):
        raise ValueError
    try:
        return float(value)  # type: ignore[arg-type]  # int, float, Decimal
    except (TypeError, OverflowError):
        raise ValueError from None


def _date(value: object) -> int:
    if isinstance(value, datetime.date):
        return value.toordinal() - EPOCH
    if isinstance(value, str) and DATE.match(value) and value[10:11] in ("", "T", " "):
        return datetime.date.fromisoformat(value[:10]).toordinal() - EPOCH
    raise ValueError


_PARSERS = {"bool": _bool, "number": _number, "date": _date}
_RIGHT = {
    "bool": "write true or false",
    "number": "write a decimal number such as 12.5",
    "date": "write a date such as 2024-05-31",
    "string": "write one text, or name the column in the setting data.ignore",
    "set": "write texts with | between them, or a list",
}


def _warn_slips(table: Table, name: str, values: list, problems: Problems) -> None:
    present = [value for value in values if value is not None]
    for kind in _PARSERS:
        fits = [_fits(kind, value) for value in present]
        if NEARLY * len(fits) <= sum(fits) < len(fits):
            odd = next(i for i, value in enumerate(values) if value is not None and not _fits(kind, value))
            problems.warn(
                f"{table.file}: column {name} is text, although {sum(fits):,} of {len(fits):,} values are "
                f"of type {kind}; the first that is not is {quote(values[odd])} in row {table.rows[odd]}"
            )

    for kind, (pattern, right) in OTHERWISE.items():
        found = [value for value in present if isinstance(value, str) and pattern.fullmatch(value)]
        if len(found) >= NEARLY * len(present):
            problems.warn(
                f"{table.file}: column {name} is text: values such as {quote(found[0])} are of type {kind} "
                f"if they are written with {right}"
            )


def _column(table: Table, name: str, kind: ColumnType, values: list, problems: Problems) -> Column:
    bad: list[int] = []
    if kind in ("string", "set"):
        texts = [texts_of(kind, value) for value in values]
        bad = [place for place, value in enumerate(texts) if value is None]
        column = encode(kind, [value or [] for value in texts])
    else:
        missing = {"number": math.nan, "date": NO_DATE, "bool": NO_BOOL}[kind]
        parsed = []
        for place, value in enumerate(values):
            try:
                parsed.append(missing if value is None else _PARSERS[kind](value))
            except ValueError:
                bad.append(place)
                parsed.append(missing)
        with np.errstate(over="ignore"):
            column = Column(kind, np.array(parsed, {"number": np.float32, "date": np.int32, "bool": np.uint8}[kind]))
        if kind == "number":
            given = np.array([value is not None for value in values])
            given[bad] = False
            endless = np.flatnonzero(given & ~np.isfinite(column.values))
            problems.add_rows(
                table.file,
                table.rows[endless],
                lambda i: f"{quote(values[endless[i]])} is not a finite 32-bit number",
                "write a number, or nothing where there is none",
                column=name,
            )
    problems.add_rows(
        table.file,
        table.rows[bad],
        lambda i: f"{quote(values[bad[i]])} is not of type {kind}",
        _RIGHT[kind],
        column=name,
    )
    return column


def texts_of(kind: ColumnType, value: object) -> list[str] | None:
    """The texts of a string or a set; None where the value is neither."""
    if value is None:
        return []
    if kind == "set":
        parts = value if isinstance(value, list) else str(value).split("|")
        if not all(isinstance(part, (str, int)) for part in parts):
            return None
        return [part for part in dict.fromkeys(str(part).strip() for part in parts) if part]
    return None if isinstance(value, (list, dict)) else [str(value)]


def encode(kind: ColumnType, texts: list[list[str]]) -> Column:
    """A `string` or `set` column from the texts of each item."""
    dictionary = sorted({text for value in texts for text in value}, key=str.encode)
    codes = {text: code for code, text in enumerate(dictionary)}
    if kind == "string":
        values = np.array([codes[value[0]] if value else NO_CODE for value in texts], dtype=np.uint32)
        return Column("string", values, tuple(dictionary))
    flat = np.array([code for value in texts for code in sorted(codes[text] for text in value)], dtype=np.uint32)
    offsets = np.concatenate([[0], np.cumsum([len(value) for value in texts])]).astype(np.int64)
    return Column("set", flat, tuple(dictionary), offsets)
