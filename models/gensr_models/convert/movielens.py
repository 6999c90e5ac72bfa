"""MovieLens: ratings, and tags as searches.

Layouts, from the READMEs of the releases (grouplens.org/datasets/movielens):

- ml-latest, ml-latest-small, ml-20m, ml-25m, ml-32m: `ratings.csv` (userId, movieId, rating, timestamp), `movies.csv`
  (movieId, title, genres) and `tags.csv` (userId, movieId, tag, timestamp), UTF-8, fields with commas in quotation
  marks; ratings go from 0.5 to 5 in halves, timestamps are seconds, `(no genres listed)` stands for none.
- ml-1m and ml-10m: `ratings.dat` (UserID::MovieID::Rating::Timestamp), `movies.dat` (MovieID::Title::Genres) and, in
  ml-10m, `tags.dat` (UserID::MovieID::Tag::Timestamp), no header; ml-1m is in Latin-1.
- ml-100k: `u.data` (user id, item id, rating, timestamp with tabs between), `u.item` (movie id, title, release date,
  video release date, IMDb URL, and a 0 or 1 for each genre, with | between) and `u.genre` (name|number, in the order of
  those flags; the first of 19 is `unknown`), no header, in Latin-1; u.genre ends with an empty line.

Genres stand with `|` between them. What becomes of it: a rating of 4 or more is a `recommend` event, a tag that a user
put on a movie is a `search` event, the tag in lower case the query. A user's tags and rating of one movie belong
together, so by default no held-out movie has another event of the same user (`repeats`). A movie's text are the tags
that most often led to it, of train events only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gensr_models.data import TRAIN
from gensr_models.data.problems import Problems

from . import read
from .log import RECOMMEND, SEARCH, Log, log
from .source import Options, Source

MOST_TAGS = 30
LINES = 100_000
NONE = ("unknown", "(no genres listed)")
FIXED = ["movieId", "title", "release date", "video release date", "IMDb URL"]
"""Columns of u.item before the flags of the genres."""

DAT = {
    "ratings": ["userId", "movieId", "rating", "timestamp"],
    "movies": ["movieId", "title", "genres"],
    "tags": ["userId", "movieId", "tag", "timestamp"],
}
SMALL = {"ratings": ("u.data",), "movies": ("u.item",)}
"""Names of the genres in ml-100k."""


class MovieLens(Source):
    """The folder of a release."""

    defaults: ClassVar = {"least_rating": 4.0, "repeats": False}

    def log(self, problems: Problems, options: Options) -> Log:
        """Ratings that are high enough, and tags."""
        least = -np.inf if options.least_rating is None else options.least_rating
        high, low, low_count = [], [], 0
        for batch in self._read("ratings", problems):
            user, item = batch.whole("userId"), batch.whole("movieId")
            time, rating = batch.seconds("timestamp"), batch.number("rating")
            liked = batch.good & (rating >= least)
            kind, query = np.full(len(batch), RECOMMEND), np.full(len(batch), "", object)
            high.append([values[liked] for values in (user, item, kind, query, time)])
            low.append([values[batch.good & ~liked] for values in (user, item)])
            low_count += int((batch.good & ~liked).sum())
        self.count("ratings below the least (left out; never negatives)", low_count)
        blank = 0
        for batch in self._read("tags", problems):
            user, item, time = batch.whole("userId"), batch.whole("movieId"), batch.seconds("timestamp")
            query = np.array([" ".join(tag.lower().split()) for tag in batch.text("tag")], object)
            good = batch.good & (query != "")
            blank += int((batch.good & (query == "")).sum())
            high.append([values[good] for values in (user, item, np.full(len(batch), SEARCH), query, time)])
        self.count("empty tags (left out)", blank)
        none = [np.zeros(0, np.int64)] * 3 + [np.zeros(0, object), np.zeros(0, np.int64)]
        user, item, kind, query, time = (np.concatenate([none[n], *(part[n] for part in high)]) for n in range(5))
        touched = tuple(np.concatenate([none[n], *(part[n] for part in low)]) for n in range(2))
        movies = [none[0], *(batch.whole("movieId")[batch.good] for batch in self._read("movies", problems))]
        return log(user, item, kind, query, time, touched=touched, items=np.unique(np.concatenate(movies)))

    def items(self, events: Log, problems: Problems) -> pd.DataFrame:
        """Titles, genres, and train tags as text."""
        tags: defaultdict[int, Counter[int]] = defaultdict(Counter)
        train = (events.kind == SEARCH) & (events.split == TRAIN)
        for item, query in zip(events.item[train], events.query[train], strict=True):
            tags[item][query] += 1
        found = {}
        for batch in self._read("movies", Problems()):  # `log` has read them, and said what is wrong
            for item, title, genres in zip(*(batch.text(n) for n in DAT["movies"]), strict=True):
                found.setdefault(item, (title, "" if genres in NONE else genres))
        self.count("movies with events that the table of movies does not have", len(set(events.items) - found.keys()))
        rows = []
        for number, item in enumerate(events.items):
            title, genres = found.get(item, ("", ""))
            often = sorted(tags[number].items(), key=lambda tag: (-tag[1], events.queries[tag[0]]))[:MOST_TAGS]
            rows.append((item, title, ", ".join(events.queries[query] for query, _ in often), genres))
        return pd.DataFrame(rows, columns=["item_id", "title", "text", "categories"], dtype=object)

    def _read(self, name: str, problems: Problems) -> Iterator[read.Batch]:
        path = read.present(self.folder, f"{name}.csv", f"{name}.dat", *SMALL.get(name, ()))
        if path is None:
            if name != "tags":
                small = "".join(SMALL[name])
                right = f"put {name}.csv ({name}.dat of ml-1m and ml-10m, {small} of ml-100k) into {self.folder}"
                problems.add(f"{name}.csv", "the file is not there", right)
            return iter(())
        if ".csv" in path.name:
            return self.table(path, DAT[name], problems)
        if path.name.startswith("u.item"):
            return self._read_flags(path, problems)
        return self._read_dat(path, DAT[name], problems, "\t" if path.name.startswith("u.data") else "::")

    def _read_flags(self, path: Path, problems: Problems) -> Iterator[read.Batch]:
        """u.item, its flags as names of genres."""
        place = read.needed(self.folder, "u.genre", problems)
        genres: list[str] = []
        for batch in () if place is None else self._read_dat(place, ["genre", "number"], problems, "|"):
            genres.extend(batch.named("genre"))
        if not genres:
            return
        for batch in self._read_dat(path, FIXED + genres, problems, "|"):
            names: list[list[str]] = [[] for _ in range(len(batch))]
            for genre in genres:
                flags = batch.text(genre)
                batch.refuse(genre, ~np.isin(flags, ("0", "1")), "is no flag", "write 0 or 1")
                for row in np.flatnonzero(flags == "1") if genre not in NONE else ():
                    names[row].append(genre)
            columns = {name: batch.arrow(name) for name in FIXED[:2]}
            whole = read.Batch(path.name, columns | {"genres": pa.array(map("|".join, names))}, batch.rows, problems)
            whole.good = batch.good
            yield whole

    def _read_dat(
        self, path: Path, names: list[str], problems: Problems, separator: str = "::"
    ) -> Iterator[read.Batch]:
        """Rows of a file without a header, in UTF-8 or Latin-1."""
        rows: list[tuple[int, list[str]]] = []
        utf8, shown = True, {"\t": "a tab"}.get(separator, separator)
        for number, line in self.lines(path, problems):
            if not line.strip():
                continue
            try:
                text = line.decode("utf-8") if utf8 else line.decode("latin-1")
            except UnicodeDecodeError:
                utf8, text = False, line.decode("latin-1")
            fields = text.split(separator)
            # A tag may have two colons in it: what is too much belongs to the text, which is never first or last.
            if separator == "::" and len(fields) > len(names):
                text_at = 2 if "tag" in names else 1
                more = len(fields) - len(names)
                fields[text_at : text_at + more + 1] = ["::".join(fields[text_at : text_at + more + 1])]
            if len(fields) != len(names):
                wrong, right = f"{len(fields)} fields in place of {len(names)}", f"write them with {shown} between"
                problems.add(path.name, wrong, right, row=number)
                continue
            rows.append((number, fields))
            if len(rows) == LINES:
                yield _batch(path, names, rows, problems)
                rows = []
        if rows:
            yield _batch(path, names, rows, problems)


def _batch(path: Path, names: list[str], rows: list[tuple[int, list[str]]], problems: Problems) -> read.Batch:
    columns = {n: pc.utf8_trim_whitespace(pa.array([f[at] for _, f in rows])) for at, n in enumerate(names)}
    return read.Batch(path.name, columns, np.array([number for number, _ in rows]), problems)
