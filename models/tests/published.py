"""Invented rows in the exact layouts of published data sets, with their quirks."""

import csv
import gzip
import json

import numpy as np

DAY = 86_400_000
MIDNIGHT = 1_684_684_800_000  # 2023-05-22 00:00:00 in Beijing, 16:00 the day before in UTC

REC = "user_id item_id duration_ms playing_time timestamp forward like follow search_item_related search click time"
SRC = "keyword item_id click_cnt search_session_id item_type user_id search_session_timestamp search_source"
SRC += " search_session_time"
LEVELS = ("first", "second", "third", "fourth")
ITEM = "item_id caption author_id item_type upload_time upload_type music_id "
ITEM += " ".join(f"{level}_level_category_{what}" for level in LEVELS for what in ("id", "name")) + " "
ITEM += " ".join(f"{level}_level_category_name_en" for level in LEVELS)


def table(path, header, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def rec(user, item, time, click=1):
    return [user, item, 45400.0, 60792.0, f"{time}.0", 0, 0, 0, 0, 0, click, "2023-05-22 15:53:20"]


def src(user, item, time, keyword="[20, 34, 3]", click=1, kind="VIDEO"):
    return [keyword, item, click, 17, kind, user, time, "USER_INPUT", "2023-05-22 21:58:52"]


def feature(item, caption="[1, 213, 24]", author=10, names=("Funny", "Funny joke", "empty", "empty"), day="2023-04-22"):
    levels = [value for name in names for value in (0 if name == "empty" else 9, name)]
    return [item, caption, author, "NORMAL", day, "LongImport", 0, *levels, *names]


def kuaisar(folder, recs, srcs, features):
    folder.mkdir(parents=True, exist_ok=True)
    table(folder / "rec_inter.csv", REC, recs)
    table(folder / "src_inter.csv", SRC, srcs)
    table(folder / "item_features.csv", ITEM, features)
    return folder


def review(user, asin, time, rating=5.0):
    return {
        "reviewerID": user,
        "asin": asin,
        "reviewerName": 'J. "Jo" Doe',
        "helpful": [0, 0],
        "reviewText": "Invented.",
        "overall": rating,
        "summary": "Good",
        "unixReviewTime": time,
        "reviewTime": "01 2, 2014",
    }


def amazon(folder, reviews, metas, name="Invented_Store"):
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"reviews_{name}_5.json.gz", "wt", encoding="utf-8") as file:
        file.writelines(line if isinstance(line, str) else json.dumps(line) + "\n" for line in reviews)
    with gzip.open(folder / f"meta_{name}.json.gz", "wt", encoding="utf-8") as file:
        file.writelines(line if isinstance(line, str) else repr(line) + "\n" for line in metas)
    return folder


_GENRES = """
    unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror
    Musical Mystery Romance Sci-Fi Thriller War Western
"""
GENRES = _GENRES.split()


def movie_100k(number, title, genres=(), date="01-Jan-1995"):
    """A line of u.item: five fields, and a flag for each of 19 genres."""
    url = f"http://us.imdb.invalid/M/title-exact?{title.replace(' ', '%20')}" if date else ""
    return "|".join([str(number), title, date, "", url, *(str(int(genre in genres)) for genre in GENRES)])


def movielens_100k(folder, ratings, movies):
    """The files of ml-100k that are read: tabs, bars, Latin-1, no header, an empty line after the genres."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "u.data").write_bytes("".join("\t".join(map(str, row)) + "\n" for row in ratings).encode())
    (folder / "u.item").write_bytes("".join(f"{movie}\n" for movie in movies).encode("latin-1"))
    genres = "".join(f"{name}|{number}\n" for number, name in enumerate(GENRES))
    (folder / "u.genre").write_text(f"{genres}\n")
    return folder


def kuaisar_of_tastes(folder, users=120, items=160, seed=1):
    """Users of two tastes over nine days, who search with words of the caption."""
    rng = np.random.default_rng(seed)
    words = [[100 + item % 2, 200 + item % 10, 1000 + item] for item in range(items)]
    recs, srcs = [], []
    for user in range(users):
        for step in rng.choice(items // 2, 22, replace=False):
            item = int(2 * step + user % 2)
            time = int(MIDNIGHT + rng.integers(0, 9) * DAY + rng.integers(0, DAY))
            if rng.random() < 0.6:
                recs += [rec(user, item, time), rec(user, int(rng.integers(items)), time, click=0)]
            else:
                said = [words[item][1], words[item][2]]
                srcs += [src(user, item, time, str(said)), src(user, int(rng.integers(items)), time, str(said), 0)]
    names = [("Taste A", "Taste B")[item % 2] for item in range(items)]
    features = [feature(i, str(words[i]), 1 + i % 7, (names[i], "empty", "empty", "empty")) for i in range(items)]
    return kuaisar(folder, recs, srcs, features)
