"""RecBole atomic files: NAME.inter and, where there are, NAME.item.

Layout, from RecBole's documentation (docs/source/user_guide/data/atomic_files.rst and config/data_settings.rst of
RUCAIBox/RecBole): tables with a tab between fields and no quotation marks; the first row names each field with its
type, `user_id:token`, `rating:float`, `title:token_seq` (tokens with blanks between), `emb:float_seq`. Data that are
split already are in NAME.train.inter, NAME.valid.inter and NAME.test.inter.

What becomes of it: rows of `.inter` are `recommend` events, or `search` events where a field `query` has a text. Users
are the field `user_id`, items the field `item_id`, or the first field of NAME.user and NAME.item, times the field
`timestamp` (the row's place where there is none), ratings `rating`. Of an item, the field `title` or a like name is the
title, `description` or `text` the text, `categories`, `genre` or a like name the categories; every other field is an
attribute, float_seq left out. `.user`, `.kg`, `.link` and `.net` hold nothing that a pack knows.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from gensr_models.data import SPLITS
from gensr_models.data.problems import Problems, quote

from . import read
from .log import RECOMMEND, SEARCH, Log, log
from .source import Options, Source

TYPES = ("token", "token_seq", "float", "float_seq")
TITLES = ("title", "name", "movie_title", "item_name", "product_name", "artist_name", "book_title")
TEXTS = ("description", "text", "abstract")
CATEGORIES = ("categories", "category", "genres", "genre", "class", "tags")


class RecBole(Source):
    """The folder of one data set."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._types_of_items: dict[str, str] = {}
        self._rows_of_items = pd.DataFrame()

    def log(self, problems: Problems, options: Options) -> Log:
        """The rows of the interactions."""
        least = -np.inf if options.least_rating is None else options.least_rating
        parts, low, low_count = [], [], 0
        for number, path in self._interactions(options.split.how == "given", problems):
            types = self._types(path, problems)
            if not types:
                continue
            user, item = self._key("user", types), self._key("item", types)
            lacking = [name for name, key in (("user_id", user), ("item_id", item)) if key is None]
            for name in lacking:
                problems.add(path.name, "the column is missing", f"it has {', '.join(types)}", column=name)
            if lacking:
                continue
            chosen = {name: f"{name}:{types[name]}" for name in ("timestamp", "rating", "query") if name in types}
            columns = [f"{user}:{types[user]}", f"{item}:{types[item]}", *chosen.values()]
            for batch in self.table(path, columns, problems, delimiter="\t", quoted=False):
                users, items = batch.named(columns[0]), batch.named(columns[1])
                # Without times the order of the files is the order of the events.
                time = batch.seconds(chosen["timestamp"]) if "timestamp" in chosen else batch.rows + number * 10**12
                rating = batch.number(chosen["rating"]) if "rating" in chosen else np.full(len(batch), np.inf)
                query = batch.text(chosen["query"]) if "query" in chosen else np.full(len(batch), "", object)
                kind, split = np.where(query != "", SEARCH, RECOMMEND), np.full(len(batch), number, np.int8)
                liked = batch.good & (rating >= least)
                parts.append([values[liked] for values in (users, items, kind, query, time, split)])
                low.append([values[batch.good & ~liked] for values in (users, items)])
                low_count += int((batch.good & ~liked).sum())
        self.count("interactions below the least rating (left out; never negatives)", low_count)
        text, whole = np.zeros(0, object), np.zeros(0, np.int64)
        none = [text, text, whole, text, whole, np.zeros(0, np.int8)]
        user, item, kind, query, time, split = (np.concatenate([none[n], *(p[n] for p in parts)]) for n in range(6))
        touched = tuple(np.concatenate([text, *(part[n] for part in low)]) for n in range(2))
        given = split if options.split.how == "given" else None
        found = self._item_ids(problems)
        return log(user, item, kind, query, time, split=given, touched=touched, items=found)

    def _interactions(self, given: bool, problems: Problems) -> list[tuple[int, Path]]:
        """Number of the split (0 where it is not given) and file."""
        split = [(n, p) for n, name in enumerate(SPLITS) for p in sorted(self.folder.glob(f"*.{name}.inter"))]
        if given or split:
            if given and len({number for number, _ in split}) == len(split) == len(SPLITS):
                return split
            if given:
                right = "put NAME.train.inter, NAME.valid.inter and NAME.test.inter there, or choose another split"
                problems.add("*.inter", f"{len(split)} files with a split", right)
                return []
            return [(0, path) for _, path in split]
        found = sorted(self.folder.glob("*.inter"))
        if len(found) != 1:
            problems.add("*.inter", f"there are {len(found)} of them", f"put one such file into {self.folder}")
        return [(0, path) for path in found[:1]]

    def _feature_file(self, end: str) -> Path | None:
        return next(iter(sorted(self.folder.glob(f"*.{end}"))), None)

    def _key(self, what: str, types: dict[str, str]) -> str | None:
        if f"{what}_id" in types:
            return f"{what}_id"
        path = self._feature_file(what)
        names = list(self._types(path, Problems())) if path else []
        return names[0] if names and names[0] in types else None

    def _types(self, path: Path, problems: Problems) -> dict[str, str]:
        """Type of each field, empty where the header is not right."""
        types: dict[str, str] = {}
        for field in read.header(path, problems, "\t", quoted=False) or []:
            name, _, kind = field.rpartition(":")
            if not name or kind not in TYPES or name in types:
                wrong = f"{quote(field)} " + ("occurs twice" if name in types else "has no type")
                right = f"write a name, a colon and one of {', '.join(TYPES)}, a tab between fields"
                problems.add(path.name, wrong, right, row=None, column=name or field)
                return {}
            types[name] = kind
        return types

    def _item_ids(self, problems: Problems) -> np.ndarray:
        path = self._feature_file("item")
        self._types_of_items = self._types(path, problems) if path else {}
        columns = [f"{name}:{kind}" for name, kind in self._types_of_items.items() if kind != "float_seq"]
        if not columns:
            return np.zeros(0, object)
        ids, none = [], np.zeros(0, object)
        batches = list(self.table(path, columns, problems, delimiter="\t", quoted=False))
        for batch in batches:
            named = batch.named(columns[0])
            ids.append(named[batch.good])
        self._rows_of_items = pd.DataFrame(
            {name: np.concatenate([none, *(batch.text(name) for batch in batches)]) for name in columns}
        )
        return np.unique(np.concatenate([none, *ids]))

    def items(self, events: Log, problems: Problems) -> pd.DataFrame:
        """All fields of the items, under the names of our table."""
        frame = pd.DataFrame({"item_id": events.items, "title": "", "text": "", "categories": ""}, dtype=object)
        types, rows = self._types_of_items, self._rows_of_items
        if not len(rows.columns):
            return frame
        key = rows.columns[0]
        rows = rows[~rows[key].duplicated()].set_index(key).reindex(events.items).fillna("")
        rest = {name: kind for name, kind in list(types.items())[1:] if kind != "float_seq"}
        for ours, names in (("title", TITLES), ("text", TEXTS), ("categories", CATEGORIES)):
            name = next((name for name in names if name in rest), None)
            if name is not None:
                kind = rest.pop(name)
                values, cut = rows[f"{name}:{kind}"].tolist(), ours == "categories" and kind == "token_seq"
                frame[ours] = pd.Series(list(map(_set, values)) if cut else values, dtype=object)
        taken = set(frame)
        for name, kind in rest.items():
            ours = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:32] or "attribute"
            while ours in taken:
                ours = f"{ours[:30]}_2"
            taken.add(ours)
            values = rows[f"{name}:{kind}"].tolist()
            frame[ours] = pd.Series(list(map(_set, values)) if kind == "token_seq" else values, dtype=object)
        return frame


def _set(tokens: str) -> str:
    """Tokens have blanks between them; some published files put commas there, too."""
    names = (token.strip(",") for token in tokens.replace("|", "/").split(" "))
    return "|".join(dict.fromkeys(name for name in names if name))
