"""The published queries and split of Ai et al. (SIGIR 2017) for Amazon reviews.

Layout, from repository QingyaoAi/Amazon-Product-Search-Datasets; the files stand beside the reviews that they are of:

- `query_text.txt[.gz]`: one query a line.
- `train_review_id.txt[.gz]`: `line_<n>`, the reviews to learn from, as lines of the review file counted from 0.
- `test.qrels[.gz]`: `<reviewerID>_<n> 0 <asin> <label>`: whether the user bought the item after query n, a line of
  query_text counted from 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from gensr_models.data import TEST, TRAIN, VALID
from gensr_models.data.problems import Problems, quote

from . import read
from .log import RECOMMEND, SEARCH
from .source import Source

REVIEW = re.compile(r"line_([0-9]{1,10})", re.ASCII)
ASKED = re.compile(r"(\S+)_([0-9]{1,9})\s+\S+\s+(\S+)\s+([01])", re.ASCII)


@dataclass(frozen=True)
class Published:
    """Queries and judgements of the files.

    Attributes:
        train: places of the reviews to learn from, counted from 0.
        asked: the test queries after which a user bought an item, by ids of user and item.
        queries: all test queries: nobody asks them in training.
    """

    train: np.ndarray
    asked: dict[tuple[str, str], list[str]]
    queries: frozenset[str]


def published(source: Source, problems: Problems) -> Published:
    """Reads the three files."""
    texts = []
    for number, line in source.lines(read.needed(source.folder, "query_text.txt", problems), problems):
        texts.append(" ".join(line.decode("utf-8", "replace").split()))
        if not texts[-1]:
            problems.add("query_text.txt", "is empty", "a query has words", row=number)
    train = []
    for number, line in source.lines(read.needed(source.folder, "train_review_id.txt", problems), problems):
        text = line.decode("utf-8", "replace").strip()
        if found := REVIEW.fullmatch(text):
            train.append(int(found[1]))
        elif text:
            problems.add("train_review_id.txt", f"{quote(text)} is no review", "write line_12", row=number)
    asked: dict[tuple[str, str], list[str]] = {}
    for number, line in source.lines(read.needed(source.folder, "test.qrels", problems), problems):
        text = line.decode("utf-8", "replace").strip()
        found = ASKED.fullmatch(text)
        if found and int(found[2]) < len(texts):
            if found[4] == "1":
                asked.setdefault((found[1], found[3]), []).append(texts[int(found[2])])
        elif text:
            wrong = f"{quote(text)} is no judgement" if not found else f"there are {len(texts):,} queries only"
            problems.add("test.qrels", wrong, "write USER_QUERY 0 ITEM 1", row=number)
    queries = frozenset(text for found in asked.values() for text in found)
    return Published(np.array(train, np.int64), asked, queries)


def held_out(user: np.ndarray, kind: np.ndarray, train: np.ndarray) -> np.ndarray:
    """The split of events in order: those of `train`, of which the last of each task is valid, and the rest, test.

    A user's only event of a task stays in train.
    """
    split = np.where(train, TRAIN, TEST).astype(np.int8)
    for one in (SEARCH, RECOMMEND):
        places = np.flatnonzero(train & (kind == one))
        _, last, count = np.unique(user[places][::-1].astype(str), return_index=True, return_counts=True)
        split[places[::-1][last[count > 1]]] = VALID
    return split
