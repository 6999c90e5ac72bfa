"""The table of items: ids, titles, texts, categories and typed attributes."""

import numpy as np
import pandas as pd

from . import attributes, tables
from .dataset import Catalogue
from .kinds import DataSettings
from .problems import Problems, quote

KNOWN = ["item_id", "title", "text", "categories"]
MOST_ITEMS = 4_000_000
LONGEST_ID = 256
"""Limits of the pack format, docs/pack-format.md."""

CONTROL = r"[\x00-\x1f\x7f-\x9f]"


def read(table: tables.Table, settings: DataSettings, problems: Problems) -> Catalogue | None:
    """Checks the table and builds the catalogue; None where a column is missing or there is no row."""
    missing = [name for name in ("item_id", "title") if name not in table.frame.columns]
    for name in missing:
        right = f"items need item_id and title; there is {quote(', '.join(table.frame.columns), 200)}"
        problems.add(table.file, "the column is missing", right, column=name)
    if not len(table):
        problems.add(table.file, "there are no items", "it needs at least one record")
    if len(table) > MOST_ITEMS:
        problems.add(table.file, f"{len(table):,} items", f"a pack holds at most {MOST_ITEMS:,}")
    if missing or not len(table) or len(table) > MOST_ITEMS:
        return None
    ids = tables.text(table, "item_id", problems)
    check_ids(table, "item_id", ids, problems)
    twice = np.flatnonzero(ids.duplicated() & (ids != ""))
    first = {value: place for place, value in reversed(list(enumerate(ids)))} if len(twice) else {}
    problems.add_rows(
        table.file,
        table.rows[twice],
        lambda i: f"{quote(ids[twice[i]])} is already in row {table.rows[first[ids[twice[i]]]]}",
        "give each item its own id",
        column="item_id",
    )
    absent = pd.Series([""] * len(table), dtype="str")
    titles = tables.text(table, "title", problems)
    texts = tables.text(table, "text", problems) if "text" in table.frame.columns else absent
    categories = _categories(table, problems)
    found = attributes.columns(table, KNOWN + settings.ignore, settings.attributes, problems)
    empty = sum(
        not (title.strip() or text.strip() or names)
        for title, text, names in zip(titles, texts, categories, strict=True)
    )
    if empty:
        problems.warn(f"{table.file}: {empty:,} items have no title, text or category; nothing can find them by words")
    return Catalogue(
        ids=ids.tolist(),
        titles=[" ".join(title.split()) for title in titles],
        texts=[text.strip() for text in texts],
        categories=categories,
        attributes=found,
    )


def check_ids(table: tables.Table, column: str, ids: pd.Series, problems: Problems) -> None:
    """Ids are 1 to 256 bytes without control characters and without blanks at the ends."""

    def report(bad: pd.Series | np.ndarray, wrong: str, right: str) -> None:
        places = np.flatnonzero(bad)
        problems.add_rows(
            table.file, table.rows[places], lambda i: f"{quote(ids[places[i]])} {wrong}", right, column=column
        )

    blank = ids.str.strip() == ""
    report(blank, "is no id", "write an id in every row")
    # No character has more than four bytes, so only long texts need to be encoded to be measured.
    long = (ids.str.len() > LONGEST_ID // 4).to_numpy(dtype=bool, copy=True)
    long[long] = [len(value.encode()) > LONGEST_ID for value in ids[long]]
    report(long, f"is longer than {LONGEST_ID} bytes", "use a shorter id")
    report(ids.str.contains(CONTROL, regex=True) & ~blank, "has control characters", "use printable characters")
    report(
        (ids.str.strip() != ids) & ~blank & ~ids.str.contains(CONTROL),
        "has blanks at its ends",
        "take them off",
    )


def _categories(table: tables.Table, problems: Problems) -> list[list[str]]:
    if "categories" not in table.frame.columns:
        return [[] for _ in range(len(table))]
    result: list[list[str]] = []
    bad: list[int] = []
    values = tables.values(table, "categories")
    for place, value in enumerate(values):
        names = attributes.texts_of("set", attributes.plain(value))
        if names is None:
            bad.append(place)
        result.append(names or [])
    problems.add_rows(
        table.file,
        table.rows[bad],
        lambda i: f"{quote(values[bad[i]])} is no set of names",
        "write names with | between them, or a list of texts",
        column="categories",
    )
    return result
