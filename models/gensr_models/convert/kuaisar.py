"""KuaiSAR and KuaiSAR-small: searches and recommendations of a short-video app.

Layout, from the data set's own description (repository Ethan00Si/KuaiSAR, pages/decriptions.md; the files are those of
Zenodo record 8181109, read by the names of their columns, which the publisher orders differently):

- `rec_inter.csv`: user_id, item_id, playing_time, duration_ms, time, timestamp (Unix, milliseconds), click, forward,
  like, follow, search, search_item_related. Shown items with click 0 and 1 are about as many.
- `src_inter.csv`: user_id, search_session_id, search_session_time, search_session_timestamp (milliseconds), keyword
  (a list of anonymous word ids), search_source, item_id, click_cnt, item_type (VIDEO, USER, IMAGE_ATLAS, LIVE,
  COMMODITY, MUSIC, ADVERT). One row for each item that a search showed; recommendations are VIDEO and IMAGE_ATLAS only.
- `item_features.csv`: item_id, caption (a list of word ids), author_id (0 is padding), item_type, upload_time
  (1970-01-01 is padding), upload_type, and for four levels {first,second,third,fourth}_level_category_id, _name and
  _name_en, where the name `empty` stands for none. 1.2 GB: it is streamed.

Times are Beijing's (UTC+8, no summer time), which decides where a day ends.

What becomes of it: each click on a recommended item is a `recommend` event, each click on a found VIDEO or IMAGE_ATLAS
a `search` event. Word ids become words, `[12, 7]` the text `w12 w7`, the same in queries and titles: words match, but a
sentence encoder has nothing to say about them, so the pack is built with `text: {encoder: static}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gensr_models.data.problems import Problems

from . import read
from .log import RECOMMEND, SEARCH, Log, log
from .source import Options, Source

BEIJING = 8 * 3_600
FOUND = ("VIDEO", "IMAGE_ATLAS")
"""Types of found items that recommendations show, too; a user profile or a live stream is no item to rank."""

NOTHING = ("", "empty", "空", "unknown", "nan", "none")
LEVELS = ("first", "second", "third", "fourth")
DIGITS = re.compile(r"[0-9]+", re.ASCII)
WORDS = re.compile(r"\[?\s*([0-9]+(\s*,\s*[0-9]+)*)?\s*\]?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class KuaiSar(Source):
    """The folder with the files of either release."""

    settings: ClassVar = {"text": {"encoder": "static"}}
    defaults: ClassVar = {"k_core": 1}
    protocol: ClassVar = {"k_core": 5, "split": "time:1d", "candidates": 99}

    def log(self, problems: Problems, options: Options) -> Log:
        """Clicks of both kinds."""
        clicks = [*self._recommended(problems), *self._found(problems)]
        none = np.zeros(0, np.int64)
        user, item, time, kind = (np.concatenate([none, *(part[n] for part in clicks)]) for n in range(4))
        query = np.concatenate([np.zeros(0, object), *(part[4] for part in clicks)])
        return log(user, item, kind, query, time, zone=BEIJING)

    def _recommended(self, problems: Problems) -> Iterator[tuple]:
        path = read.needed(self.folder, "rec_inter.csv", problems)
        shown = 0
        for batch in self.table(path, ["user_id", "item_id", "timestamp", "click"], problems):
            shown += len(batch)
            clicked = batch.where((batch.whole("click") > 0) & batch.good)
            columns = clicked.whole("user_id"), clicked.whole("item_id"), clicked.seconds("timestamp", 1_000)
            good = clicked.good
            kind, query = np.full(len(good), RECOMMEND), np.full(len(good), "", object)
            yield tuple(values[good] for values in (*columns, kind, query))
        self.count("recommended items shown, clicked or not", shown)

    def _found(self, problems: Problems) -> Iterator[tuple]:
        path = read.needed(self.folder, "src_inter.csv", problems)
        columns = ["user_id", "item_id", "search_session_timestamp", "keyword", "click_cnt", "item_type"]
        shown = other = unsaid = 0
        words = _Words()
        for batch in self.table(path, columns, problems):
            shown += len(batch)
            clicked = batch.where((batch.whole("click_cnt") > 0) & batch.good)
            right = np.isin(clicked.text("item_type"), FOUND)
            other += int((~right).sum())
            clicked = clicked.where(right)
            ids = clicked.whole("user_id"), clicked.whole("item_id")
            time = clicked.seconds("search_session_timestamp", 1_000)
            query, bad = words(clicked.text("keyword"))
            clicked.refuse("keyword", bad, "is no list of word ids", "write [12, 7]")
            unsaid += int((clicked.good & (query == "")).sum())
            good = clicked.good & (query != "")
            yield tuple(values[good] for values in (*ids, time, np.full(len(query), SEARCH), query))
        self.count("found items shown, clicked or not", shown)
        self.count(f"clicks on found items that are no {' or '.join(FOUND)} (left out)", other)
        self.count("clicks after a search without words (left out)", unsaid)

    def items(self, events: Log, problems: Problems) -> pd.DataFrame:
        """Captions as titles, English names of the categories, and what else is known."""
        path = read.needed(self.folder, "item_features.csv", problems)
        names = [f"{level}_level_category_name_en" for level in LEVELS]
        columns = ["item_id", "caption", "author_id", "item_type", "upload_time", *names]
        place = {item: number for number, item in enumerate(events.items)}
        wanted, words = pa.array(events.items, pa.string()), _Words()
        found: dict[int, tuple[str, ...]] = {}
        for batch in self.table(path, columns, problems):
            ids = pc.replace_substring_regex(batch.arrow("item_id"), r"\.0*$", "")
            kept = batch.where(pc.is_in(ids, wanted).to_numpy(zero_copy_only=False))
            caption, bad = words(kept.text("caption"))
            kept.refuse("caption", bad, "is no list of word ids", "write [12, 7]")
            item, levels = kept.whole("item_id"), [kept.text(name) for name in names]
            author, kind, day = kept.text("author_id"), kept.text("item_type"), kept.text("upload_time")
            for row in np.flatnonzero(kept.good):
                levels_here = (_known(level[row]).replace("|", "/") for level in levels)
                categories = "|".join(name for name in dict.fromkeys(levels_here) if name)
                more = _author(author[row]), _known(kind[row]), _date(day[row])
                found.setdefault(place[str(item[row])], (caption[row], categories, *more))
        missing = len(place) - len(found)
        self.count("items with events that item_features.csv does not have (kept without words)", missing)
        none = ("",) * 5
        rows = [found.get(number, none) for number in range(len(place))]
        frame = pd.DataFrame(rows, columns=["title", "categories", "author", "format", "uploaded"], dtype=object)
        frame.insert(0, "item_id", events.items)
        frame.insert(2, "text", "")
        return frame


class _Words:
    """Lists of word ids as texts; each distinct list is read once."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def __call__(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Texts, "" for an empty list, and which values are none."""
        for value in set(values) - self._known.keys():
            found = WORDS.fullmatch(value)
            self._known[value] = " ".join(f"w{int(word)}" for word in DIGITS.findall(value)) if found else None
        texts = [self._known[value] for value in values]
        return np.array([text or "" for text in texts], object), np.array([text is None for text in texts], bool)


def _known(name: str) -> str:
    return "" if name.lower() in NOTHING else name


def _author(text: str) -> str:
    number = text.removesuffix(".0")
    return f"a{number}" if number not in ("", "0") else ""


def _date(text: str) -> str:
    return text[:10] if DAY.match(text) and not text.startswith("1970-01-01") else ""
