"""Amazon reviews of 2014, 5-core, with the queries that Ai et al. (SIGIR 2017) make of category paths.

Layout, from the publisher's page (J. McAuley, jmcauley.ucsd.edu/data/amazon):

- `reviews_<category>_5.json[.gz]`: one JSON object a line with reviewerID, asin, reviewerName, helpful, reviewText,
  overall (1.0 to 5.0), summary, unixReviewTime (seconds, always midnight), reviewTime. Every user and every item has
  at least five of them.
- `meta_<category>.json[.gz]`: one Python literal a line (single quotes; not JSON) with asin and, where known, title,
  description, price, imUrl, related, salesRank, brand and categories, a list of paths such as
  [['Home & Kitchen', 'Bath']]. Texts hold HTML entities. It has many more items than the 5-core. Lines in JSON are
  read, too.

Queries, from the description in repository QingyaoAi/Amazon-Product-Search-Datasets and the code of its authors: the
names of a category path of two or more levels become one text, in lower case, without stop words, with only letters
kept ("Children's" gives "childrens"), and of a word that occurs twice the last place counts: "Camera, Photo > Digital
Camera Lenses" is asked as "photo digital camera lenses". Whoever bought an item may have asked any of its queries.
Their stop words are not published; here they are the usual few dozen, and words are not stemmed.

What becomes of it: a review says that the user bought the item, and is ONE event. From the latest backwards each two
reviews of a user are a `search`, with one of the item's queries, drawn, and a `recommend`, in drawn order; an item
without a query is `recommend`. Were it both, the answer to each would stand in the history of the other as soon as both
are in one sequence. Of a user's several reviews of an item the first counts.

With `--split given` the published queries and split of Ai et al. are read, see `product_search`: their held-out reviews
are test searches, each with one of the queries that it is judged for, drawn; what is learned is asked with queries of
category paths that are none of the test queries, and of each user and task the last of it is valid.
"""

from __future__ import annotations

import ast
import html
import json
import re
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from gensr_models.data.problems import Problems, quote

from .log import RECOMMEND, SEARCH, Log, log
from .product_search import held_out, published
from .source import Options, Source

_STOP_WORDS = """
    a an and are as at be but by for from if in into is it no not of on or such that the their then there these they
    this to was will with
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
MOST_TEXT = 2_000
ASIN = re.compile(rb"""["']asin["']: ?["']([^"']{1,64})["']""")
RIGHT = "unpack the file again, or take the line out"


class Amazon(Source):
    """The folder with one category's reviews and metadata."""

    protocol: ClassVar = {"split": "leave-one-out", "least": 2, "candidates": 99}

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._meta: dict[str, dict] = {}

    def log(self, problems: Problems, options: Options) -> Log:
        """One event a review."""
        line, user, item, time, rating = self._reviews(problems)
        low = np.zeros(len(user), bool) if options.least_rating is None else rating < options.least_rating
        self.count("reviews", len(user))
        self.count("reviews below the least rating (left out)", int(low.sum()))
        order = np.flatnonzero(~low)
        order = order[np.lexsort((order, time[order], pd.factorize(user[order])[0]))]
        order = order[~pd.DataFrame({"user": user[order], "item": item[order]}).duplicated().to_numpy()]
        self.count("further reviews of an item by the same user (left out)", int((~low).sum()) - len(order))
        known_items = np.unique(item.astype(str)).astype(object)
        self._read_meta(set(item), problems)
        queries = {asin: queries_of(meta.get("categories", [])) for asin, meta in self._meta.items()}
        self.count("items without a query", sum(not queries.get(asin) for asin in set(item)))
        rng, touched = np.random.default_rng(options.seed), (user[low], item[low])
        asked = [queries.get(asin) or [] for asin in item[order]]
        if options.split.how != "given":
            kind, query = _ask(user[order], asked, rng)
            return log(user[order], item[order], kind, query, time[order], touched=touched, items=known_items)
        found = published(self, problems)
        train = np.isin(line[order], found.train)
        tested = [found.asked.get(pair, []) for pair in zip(user[order], item[order], strict=True)]
        known = train | np.array([bool(texts) for texts in tested], bool)
        self.count("held-out reviews that no query asks for (left out)", int((~known).sum()))
        touched = tuple(
            np.concatenate([old, new[order[~known]]]) for old, new in zip(touched, (user, item), strict=True)
        )
        order, train = order[known], train[known]
        kind, query = np.full(len(order), SEARCH), np.full(len(order), "", object)
        allowed = [[text for text in texts if text not in found.queries] for texts in asked]
        here = np.flatnonzero(known)
        kind[train], query[train] = _ask(user[order[train]], [allowed[place] for place in here[train]], rng)
        query[~train] = [texts[rng.integers(len(texts))] for texts in (tested[place] for place in here[~train])]
        split = held_out(user[order], kind, train)
        return log(user[order], item[order], kind, query, time[order], split=split, touched=touched, items=known_items)

    def _reviews(self, problems: Problems) -> tuple[np.ndarray, ...]:
        lines, user, item, time, rating = [], [], [], [], []
        path = self._one("reviews_*.json", problems)
        for number, line in self.lines(path, problems):
            record = _record(path.name, number, line, problems) if line.strip() else None
            if record is None:
                continue
            found = _text(record, "reviewerID"), _text(record, "asin"), record.get("unixReviewTime")
            right = [bool(found[0]), bool(found[1]), isinstance(found[2], int), _rated(record.get("overall"))]
            if all(right):
                lines.append(number - 1)
                user.append(found[0])
                item.append(found[1])
                time.append(found[2])
                rating.append(float(record["overall"]))
                continue
            names = ("reviewerID", "asin", "unixReviewTime", "overall")
            for name in (name for name, good in zip(names, right, strict=True) if not good):
                wrong = f"{quote(record[name])} does not fit" if name in record else "is missing"
                right_ = "a review has two ids, a time in seconds and a rating of 1 to 5"
                problems.add(path.name, wrong, right_, row=number, column=name)
        ids = np.array(user, object), np.array(item, object)
        return np.array(lines, np.int64), *ids, np.array(time, np.int64), np.array(rating)

    def _read_meta(self, wanted: set[str], problems: Problems) -> None:
        path = self._one("meta_*.json", problems)
        for number, line in self.lines(path, problems):
            # Most lines are of other items, and reading a literal is slow.
            found = ASIN.search(line)
            if not line.strip() or (found and found[1].decode("utf-8", "replace") not in wanted):
                continue
            record = _record(path.name, number, line, problems)
            if record is None:
                continue
            asin, paths = _text(record, "asin"), record.get("categories", [])
            if not asin:
                problems.add(path.name, "is missing", "every item has one", row=number, column="asin")
            elif not _are_paths(paths):
                problems.add(
                    path.name,
                    f"{quote(paths)} is no list of paths",
                    "write [['A', 'B']]",
                    row=number,
                    column="categories",
                )
            elif asin in wanted:
                kept = {name: record[name] for name in ("title", "description", "brand", "price") if name in record}
                self._meta.setdefault(asin, kept | {"categories": paths})

    def _one(self, pattern: str, problems: Problems) -> Path | None:
        found = sorted([*self.folder.glob(pattern), *self.folder.glob(f"{pattern}.gz")])
        if len(found) == 1:
            return found[0]
        wrong = "the file is not there" if not found else f"there are {len(found)} of them"
        problems.add(pattern, wrong, f"put one such file, plain or with gzip, into {self.folder}")
        return None

    def items(self, events: Log, problems: Problems) -> pd.DataFrame:
        """Titles, descriptions, brands and prices; the names of all category paths."""
        rows = []
        for asin in events.items:
            meta = self._meta.get(asin, {})
            price = meta.get("price")
            names = dict.fromkeys(
                _clean(name).replace("|", "/") for path in meta.get("categories", []) for name in path
            )
            rows.append(
                (
                    asin,
                    _clean(meta.get("title")),
                    _clean(meta.get("description"))[:MOST_TEXT],
                    "|".join(name for name in names if name),
                    _clean(meta.get("brand")),
                    str(price) if isinstance(price, (int, float)) else "",
                )
            )
        self.count(
            "items that the metadata do not have (kept without words)", len(set(events.items) - self._meta.keys())
        )
        return pd.DataFrame(rows, columns=["item_id", "title", "text", "categories", "brand", "price"], dtype=object)


def queries_of(paths: list[list[str]]) -> list[str]:
    """The queries of an item, see the head of this file."""
    found: dict[str, None] = {}
    for path in paths:
        if len(path) < 2:
            continue
        words = re.sub(r"[^a-z ]", "", " ".join(map(_clean, path)).lower()).split()
        backwards = dict.fromkeys(word for word in reversed(words) if word not in STOP_WORDS)
        if backwards:
            found[" ".join(reversed(backwards))] = None
    return list(found)


def _ask(user: np.ndarray, queries: list[list[str]], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Kind and query of each review, the rows of a user together and in order."""
    kind, query = np.full(len(user), RECOMMEND), np.full(len(user), "", object)
    if not len(user):
        return kind, query
    number, _ = pd.factorize(user)
    sizes = np.bincount(number)
    after = np.repeat(np.cumsum(sizes), sizes) - 1 - np.arange(len(user))  # reviews of the user after this one
    _, pair, members = np.unique(np.stack([number, after // 2]), axis=1, return_inverse=True, return_counts=True)
    drawn = rng.permutation(len(user))
    drawn = drawn[[bool(queries[place]) for place in drawn]]
    drawn = drawn[np.unique(pair[drawn], return_index=True)[1]]
    # The oldest of an odd number of reviews has no other to alternate with.
    for place in np.sort(drawn[(members[pair[drawn]] == 2) | (rng.random(len(drawn)) < 0.5)]):
        kind[place], query[place] = SEARCH, queries[place][rng.integers(len(queries[place]))]
    return kind, query


def _record(file: str, number: int, line: bytes, problems: Problems) -> dict | None:
    try:
        text = line.decode("utf-8")
        try:
            record = json.loads(text)
        except ValueError:
            record = ast.literal_eval(text)
        if isinstance(record, dict):
            return record
        wrong = "is no object"
    except UnicodeDecodeError:
        wrong = "is not UTF-8"
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        wrong = "is neither JSON nor a Python literal"
    problems.add(file, wrong, RIGHT, row=number)
    return None


def _text(record: dict, name: str) -> str:
    value = record.get(name)
    return value.strip() if isinstance(value, str) else ""


def _rated(value: object) -> bool:
    return isinstance(value, (int, float)) and 1 <= value <= 5


def _are_paths(value: object) -> bool:
    lists = isinstance(value, list) and all(isinstance(path, list) for path in value)
    return lists and all(isinstance(name, str) for path in value for name in path)


def _clean(value: object) -> str:
    return " ".join(html.unescape(value).split()) if isinstance(value, str) else ""
