"""Published layouts: invented rows with the quirks of the real files, read, refused, and read back as a data folder."""

import csv
import gzip
import json

import numpy as np
import published
import pytest
from published import DAY, MIDNIGHT, feature, rec, review, src
from typer.testing import CliRunner

from gensr_models import convert
from gensr_models.cli import app
from gensr_models.convert.amazon import queries_of
from gensr_models.data import DataError, load


def made(form, source, out, protocol=None, skip=False, **given):
    counts = convert.convert(form, source, out, convert.options(form, protocol, **given), skip)
    return load(out), counts


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def events_of(out):
    return [tuple(row.values()) for row in rows(out / "events.csv.gz")]


def refused(form, source, out, **given):
    with pytest.raises(DataError) as caught:
        convert.convert(form, source, out, convert.options(form, **given))
    assert not out.exists()
    return [(p.file, p.row, p.column) for p in caught.value.problems], str(caught.value)


# KuaiSAR


def test_kuaisar_clicks_become_events_and_word_ids_words(tmp_path):
    recs = [rec(1, 7, MIDNIGHT), rec(1, 8, MIDNIGHT + 5_000), rec(1, 9, MIDNIGHT, click=0), rec(2, 7, MIDNIGHT)]
    recs += [rec(2, 7, MIDNIGHT)]  # the same row twice
    srcs = [
        src(1, 9, MIDNIGHT + 9_000, "[20, 34, 3]"),
        src(1, 8, MIDNIGHT + 9_000, "[20, 34, 3]", click=0),
        src(2, "", MIDNIGHT, "[5]", click=1, kind="ADVERT"),  # an advert has no item
        src(2, 103656000000, MIDNIGHT, "[5]", click=3, kind="USER"),
        src(2, 8, MIDNIGHT + 1_000, "[]"),
        src(2, 10, MIDNIGHT + 2_000, "[77]", click=2, kind="IMAGE_ATLAS"),
    ]
    features = [
        feature(7, "[1, 213, 24]"),
        feature(8, "[]", author=0, names=("empty",) * 4, day="1970-01-01"),
        feature(9, "[4]", names=("Funny", "UNKNOWN", "A|B", "Funny")),
        feature(555, "no list"),  # nobody clicked it: it may be as it likes
    ]
    out = tmp_path / "out"
    data, counts = made("kuaisar", published.kuaisar(tmp_path / "in", recs, srcs, features), out, candidates=0)
    second = MIDNIGHT // 1_000
    assert events_of(out) == [
        ("1", str(second), "recommend", "", "7", "train"),
        ("1", str(second + 5), "recommend", "", "8", "train"),
        ("1", str(second + 9), "search", "w20 w34 w3", "9", "train"),
        ("2", str(second), "recommend", "", "7", "train"),
        ("2", str(second + 2), "search", "w77", "10", "train"),
    ]
    items = {row["item_id"]: row for row in rows(out / "items.csv.gz")}
    assert items["7"]["title"] == "w1 w213 w24" and items["7"]["categories"] == "Funny|Funny joke"
    assert (items["7"]["author"], items["7"]["uploaded"], items["7"]["format"]) == ("a10", "2023-04-22", "NORMAL")
    assert items["8"] == {
        "item_id": "8",
        "title": "",
        "text": "",
        "categories": "",
        "author": "",
        "uploaded": "",
        "format": "NORMAL",
    }
    assert items["9"]["categories"] == "Funny|A/B"
    assert items["10"]["title"] == "" and set(items) == {"7", "8", "9", "10"}
    assert data.catalogue.attributes["uploaded"].type == "date" and data.catalogue.attributes["author"].type == "string"
    assert counts["clicks on found items that are no VIDEO or IMAGE_ATLAS (left out)"] == 2
    assert counts["clicks after a search without words (left out)"] == 1
    assert counts["items with events that item_features.csv does not have (kept without words)"] == 1
    assert (out / "settings.yaml").read_text() == "text:\n  encoder: static\n"
    readme = (out / "README.md").read_text()
    assert all(name in readme for name in ("rec_inter.csv", "src_inter.csv", "item_features.csv", '"k_core": 1'))


def test_kuaisar_days_end_at_midnight_in_beijing(tmp_path):
    times = [MIDNIGHT - DAY, MIDNIGHT - 1_000, MIDNIGHT, MIDNIGHT + DAY - 1_000, MIDNIGHT + DAY, MIDNIGHT + DAY + 1_000]
    source = published.kuaisar(tmp_path / "in", [rec(1, n, time) for n, time in enumerate(times)], [], [])
    made("kuaisar", source, tmp_path / "out", split="time:1d", candidates=0)
    assert [event[-1] for event in events_of(tmp_path / "out")] == ["train"] * 2 + ["valid"] * 2 + ["test"] * 2


@pytest.mark.parametrize(
    ("recs", "srcs", "features", "where"),
    [
        ([rec("x", 7, 1)], [], [], ("rec_inter.csv", 3, "user_id")),
        ([rec(1, "", 1)], [], [], ("rec_inter.csv", 3, "item_id")),
        ([rec(1, 7.5, 1)], [], [], ("rec_inter.csv", 3, "item_id")),
        ([rec(1, 7, "soon")], [], [], ("rec_inter.csv", 3, "timestamp")),
        ([rec(1, 7, 1, click="yes")], [], [], ("rec_inter.csv", 3, "click")),
        ([rec(1, 7, 1)[:-1]], [], [], ("rec_inter.csv", 3, None)),
        ([], [src(1, 7, 1, "20 34")], [], ("src_inter.csv", 2, "keyword")),
        ([], [src(1, "seven", 1)], [], ("src_inter.csv", 2, "item_id")),
        ([], [], [feature(7, "[1, x]")], ("item_features.csv", 2, "caption")),
    ],
)
def test_kuaisar_problems_name_file_row_and_column(tmp_path, recs, srcs, features, where):
    source = published.kuaisar(tmp_path / "in", [rec(1, 7, MIDNIGHT), *recs], srcs, features)
    places, text = refused("kuaisar", source, tmp_path / "out", candidates=0)
    assert places == [where] and f"{where[0]}, row {where[1]}" in text
    _, counts = made("kuaisar", source, tmp_path / "out", skip=True, candidates=0)
    assert counts["rows with problems (left out)"] == 1 and counts["recommend events, train"] == 1


def test_what_is_missing_is_named_and_cannot_be_skipped(tmp_path):
    source = published.kuaisar(tmp_path / "in", [rec(1, 7, MIDNIGHT)], [], [])
    (source / "item_features.csv").unlink()
    published.table(source / "src_inter.csv", "user_id item_id", [])
    for skip in (False, True):
        with pytest.raises(DataError, match=r"src_inter.csv, column keyword: the column is missing"):
            convert.convert("kuaisar", source, tmp_path / "out", convert.options("kuaisar"), skip)
    published.kuaisar(source, [rec(1, 7, MIDNIGHT)], [], [])
    (source / "item_features.csv").unlink()
    with pytest.raises(DataError, match=r"item_features.csv: the file is not there"):
        convert.convert("kuaisar", source, tmp_path / "out", convert.options("kuaisar", candidates=0), True)


def test_files_that_cannot_be_read(tmp_path):
    source = published.kuaisar(tmp_path / "in", [rec(1, 7, MIDNIGHT)] * 60, [src(1, 7, MIDNIGHT)], [feature(7)])
    whole = (source / "rec_inter.csv").read_bytes()
    packed = gzip.compress(whole)
    (source / "rec_inter.csv").write_bytes(whole.replace(b"2023-05-22", b"2023-05-\xff\xff", 1))
    assert convert.convert(
        "kuaisar", source, tmp_path / "column that nobody reads", convert.options("kuaisar", candidates=0)
    )
    (source / "rec_inter.csv").write_bytes(whole.replace(b"\n1,7", b"\n1,\xff", 40).replace(b"\n1,\xff", b"\n1,7", 39))
    assert refused("kuaisar", source, tmp_path / "out")[0] == [("rec_inter.csv", 41, None)]
    (source / "rec_inter.csv").write_bytes(b"")
    assert "the file is empty" in refused("kuaisar", source, tmp_path / "out")[1]
    (source / "rec_inter.csv").unlink()
    for broken in (packed[: len(packed) // 2], b"no gzip", packed[:40] + b"\0\0\0\0" + packed[44:]):
        (source / "rec_inter.csv.gz").write_bytes(broken)
        places, text = refused("kuaisar", source, tmp_path / "out")
        assert places[0] == ("rec_inter.csv.gz", None, None) and "cannot be read" in text
    (source / "rec_inter.csv.gz").write_bytes(packed)
    assert made("kuaisar", source, tmp_path / "out", candidates=0)[1]["recommend events, train"] == 1


def test_many_bad_rows_do_not_hide_a_file_that_is_not_there(tmp_path):
    source = published.kuaisar(tmp_path / "in", [rec(1, 7, MIDNIGHT), *[rec("x", "y", "z", "w")] * 99], [], [])
    published.table(
        source / "rec_inter.csv", published.REC, [rec(1, 7, MIDNIGHT), *[rec(1, 7, 1)[:n] for n in range(1, 12)] * 9]
    )
    (source / "item_features.csv").unlink()
    with pytest.raises(DataError, match=r"item_features.csv: the file is not there"):
        convert.convert("kuaisar", source, tmp_path / "out", convert.options("kuaisar", candidates=0), True)


# Amazon


def test_queries_of_category_paths():
    # The example of the data set's own description, and what its code does to other paths.
    assert queries_of([["Camera, Photo", "Digital Camera Lenses"]]) == ["photo digital camera lenses"]
    assert queries_of([["Books"]]) == []  # one level
    assert queries_of([["Home &amp; Kitchen", "Bath for the Children's"]]) == ["home kitchen bath childrens"]
    assert queries_of([["A", "The"], ["X", "Y"], ["y", "x", "Y"]]) == ["x y"]
    assert queries_of([]) == []


META = {
    "asin": "B1",
    "title": "Mother&#39;s &quot;Big&quot;  Pan",
    "description": "Tom &amp; Co.\nsays so",
    "price": 12.5,
    "imUrl": "http://none.invalid/1.jpg",
    "related": {"also_bought": ["B2"]},
    "salesRank": {"Home &amp; Kitchen": 5},
    "brand": "Tom's",
    "categories": [["Home & Kitchen", "Bath"], ["Odd|Name"]],
}


def test_amazon_reviews_are_one_event_each_and_alternate_from_the_end(tmp_path):
    shop = [f"B{n}" for n in range(1, 13)]
    reviews = [review(f"A{u}", shop[(u + n) % 12], 1_388_620_800 + n * 86_400) for u in range(40) for n in range(7)]
    metas = [
        {"asin": asin, "categories": [["Kitchen", f"Pan {'abcdefghijklm'[n]}{'x' * n}"]]} for n, asin in enumerate(shop)
    ]
    out = tmp_path / "out"
    data, counts = made("amazon", published.amazon(tmp_path / "in", reviews, metas), out, least=2, candidates=0)
    assert counts["reviews"] == counts["events that can be used"] == len(data.events) == 280
    for user in range(40):
        own = [event for event in events_of(out) if event[0] == f"A{user}"]
        assert [event[-1] for event in own][:3] == ["train"] * 3
        assert [event[-1] for event in own][3:] == ["valid", "valid", "test", "test"]
        for pair in (own[1:3], own[3:5], own[5:7]):
            assert sorted(event[2] for event in pair) == ["recommend", "search"]
    events = events_of(out)
    assert {event[2] for event in events[::7]} == {"recommend", "search"}  # the oldest of seven is drawn
    assert 10 < sum(event[2] == "search" for event in events[6::7]) < 30
    assert all((event[3] == "") == (event[2] == "recommend") for event in events)
    query = {asin: queries_of(meta["categories"])[0] for asin, meta in zip(shop, metas, strict=True)}
    assert all(event[3] == query[event[4]] for event in events if event[2] == "search")


def test_amazon_items_and_what_is_left_out(tmp_path):
    reviews = [review("A1", "B1", 30), review("A1", "B1", 20), review("A1", "B2", 10, 2.0), review("A2", "B3", 40)]
    noise = ["{'asin': 'B9', 'title': broken\n", "\n"]  # nobody bought B9
    source = published.amazon(tmp_path / "in", reviews, [META, *noise, json.dumps({"asin": "B3"}) + "\n"])
    out = tmp_path / "out"
    data, counts = made("amazon", source, out, least_rating=3.0, candidates=0)
    assert [(e[0], e[1], e[4]) for e in events_of(out)] == [("A1", "20", "B1"), ("A2", "40", "B3")]
    item = next(row for row in rows(out / "items.csv.gz") if row["item_id"] == "B1")
    assert item == {
        "item_id": "B1",
        "title": 'Mother\'s "Big" Pan',
        "text": "Tom & Co. says so",
        "categories": "Home & Kitchen|Bath|Odd/Name",
        "brand": "Tom's",
        "price": "12.5",
    }
    assert data.catalogue.attributes["price"].type == "number"
    assert counts["reviews below the least rating (left out)"] == 1
    assert counts["further reviews of an item by the same user (left out)"] == 1
    assert counts["items without a query"] == 2


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("{'reviewerID': \n", ("reviews_Invented_Store_5.json.gz", 2, None)),
        ("[1, 2]\n", ("reviews_Invented_Store_5.json.gz", 2, None)),
        (review("", "B1", 1), ("reviews_Invented_Store_5.json.gz", 2, "reviewerID")),
        (review("A1", "B1", "1"), ("reviews_Invented_Store_5.json.gz", 2, "unixReviewTime")),
        (review("A1", "B1", 1, 7), ("reviews_Invented_Store_5.json.gz", 2, "overall")),
        ({"reviewerID": "A", "overall": 5.0, "unixReviewTime": 1}, ("reviews_Invented_Store_5.json.gz", 2, "asin")),
    ],
)
def test_amazon_problems_name_file_line_and_field(tmp_path, line, where):
    source = published.amazon(tmp_path / "in", [review("A1", "B1", 30), line], [META])
    assert refused("amazon", source, tmp_path / "out")[0] == [where]


def test_amazon_metadata_are_checked_where_they_count(tmp_path):
    metas = [META | {"categories": "Kitchen"}, "{'asin': 'B2', 'price': 1/0}\n"]
    source = published.amazon(tmp_path / "in", [review("A1", "B1", 30), review("A1", "B2", 30)], metas)
    file = "meta_Invented_Store.json.gz"
    assert refused("amazon", source, tmp_path / "out")[0] == [(file, 1, "categories"), (file, 2, None)]
    with gzip.open(source / file, "wt") as again:
        again.write(repr(META) + "\n")
    cut = (source / file).read_bytes()[:-12]
    (source / file).write_bytes(cut)
    assert refused("amazon", source, tmp_path / "out")[0] == [(file, None, None)]
    (source / "reviews_Other_5.json").write_text("")
    assert "there are 2 of them" in refused("amazon", source, tmp_path / "out")[1]


def test_amazon_with_the_published_queries_and_split(tmp_path):
    reviews = [review("A_1", f"B{n}", n) for n in range(6)] + [review("A2", f"B{n}", 10 + n) for n in range(3)]
    reviews += [review("A3", "B9", 5)]
    metas = [{"asin": f"B{n}", "categories": [["Home", "Pan"], ["Home", "Pot"]]} for n in range(6)]
    source = published.amazon(tmp_path / "in", reviews, metas)
    (source / "query_text.txt").write_text("home pot\nphoto lenses\n")
    with gzip.open(source / "train_review_id.txt.gz", "wt") as file:
        file.writelines(f"line_{line}\n" for line in (0, 1, 2, 3, 6, 7, 9))
    (source / "test.qrels").write_text("A_1_0 0 B4 1 \nA_1_1 0 B4 0 \nA2_1 0 B2 1 \n")
    out = tmp_path / "out"
    made("amazon", source, out, split="given", candidates=1)
    events = events_of(out)
    first, second = ([event for event in events if event[0] == user] for user in ("A_1", "A2"))
    assert [event[4] for event in first] == ["B0", "B1", "B2", "B3", "B4"]  # nobody is asked for B5
    assert first[4][2:] == ("search", "home pot", "B4", "test") and second[2][2:] == (
        "search",
        "photo lenses",
        "B2",
        "test",
    )
    assert {event[3] for event in first[:4]} <= {"", "home pan"}  # a test query is not learned
    assert sorted(event[2] for event in first[:4]) == ["recommend"] * 2 + ["search"] * 2
    assert [event[5] for event in first].count("valid") == 2 and [e[5] for e in second] == ["train", "train", "test"]
    drawn = {row["user_id"]: row["negatives"] for row in rows(out / "candidates_test_search.csv.gz")}
    assert set(drawn) == {"A_1", "A2"} and drawn["A_1"] == "B9"  # the one item that A_1 never touched
    (source / "test.qrels").write_text("A_1_0 0 B4 1\nA_1_2 0 B4 1\nA_1 B4\n")
    (source / "train_review_id.txt.gz").unlink()
    (source / "train_review_id.txt").write_text("line_0\n7\n")
    places = [("train_review_id.txt", 2, None), ("test.qrels", 2, None), ("test.qrels", 3, None)]
    assert refused("amazon", source, tmp_path / "new", split="given")[0] == places


# MovieLens


def test_movielens_csv(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    ratings = [[1, 10, 4.0, 100], [1, 20, 3.5, 110], [2, 10, 5.0, 50], [2, 30, 4.5, 60], [1, 30, 4.0, 105]]
    published.table(source / "ratings.csv", "userId movieId rating timestamp", ratings)
    published.table(
        source / "tags.csv", "userId movieId tag timestamp", [[2, 20, "Dark,  Funny", 70], [1, 20, "dark, funny", 120]]
    )
    movies = [
        [10, "American, The (2010)", "Action|Drama"],
        [20, 'Say "Ah"', "(no genres listed)"],
        [30, "Été", "War"],
        [40, "Unseen", "War"],
    ]
    published.table(source / "movies.csv", "movieId title genres", movies)
    out = tmp_path / "out"
    data, counts = made("movielens", source, out, candidates=1)
    assert [(e[0], e[2], e[3], e[4]) for e in events_of(out)] == [
        ("1", "recommend", "", "10"),
        ("1", "recommend", "", "30"),
        ("1", "search", "dark, funny", "20"),
        ("2", "recommend", "", "10"),
        ("2", "recommend", "", "30"),
        ("2", "search", "dark, funny", "20"),
    ]
    items = {row["item_id"]: (row["title"], row["text"], row["categories"]) for row in rows(out / "items.csv.gz")}
    assert items == {
        "10": ("American, The (2010)", "", "Action|Drama"),
        "20": ('Say "Ah"', "dark, funny", ""),
        "30": ("Été", "", "War"),
        "40": ("Unseen", "", "War"),
    }
    assert counts["ratings below the least (left out; never negatives)"] == 1 and len(data.queries) == 1
    (source / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.0,100\n1,10,good,100\n")
    assert refused("movielens", source, tmp_path / "new")[0] == [("ratings.csv", 3, "rating")]


def test_movielens_dat_in_latin_1(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "ratings.dat").write_bytes(b"1::7::5::978300760\n1::8::3::978300761\n2::8::4::978300762\n")
    (source / "movies.dat").write_bytes("7::Café: A::B (1999)::Comedy|Drama\n8::Plain (1998)::War\n".encode("latin-1"))
    (source / "tags.dat").write_text("2::7::so::so::978300763\n")
    out = tmp_path / "out"
    made("movielens", source, out, candidates=0)
    assert [(e[0], e[1], e[3], e[4]) for e in events_of(out)] == [
        ("1", "978300760", "", "7"),
        ("2", "978300762", "", "8"),
        ("2", "978300763", "so::so", "7"),
    ]
    assert rows(out / "items.csv.gz")[0]["title"] == "Café: A::B (1999)"
    (source / "ratings.dat").write_text("1::7::5::978300760\n1::8\nx::8::4::1\n")
    assert refused("movielens", source, tmp_path / "new")[0] == [("ratings.dat", 2, None), ("ratings.dat", 3, "userId")]


# RecBole


def atomic(path, *lines):
    path.write_text("".join("\t".join(map(str, line)) + "\n" for line in lines), encoding="utf-8")


def test_recbole_atomic_files(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    atomic(
        source / "x.inter",
        ["user_id:token", "artist_id:token", "rating:float", "timestamp:float", "query:token_seq", "tags:token_seq"],
        ["u1", "a", 5, "978300760.0", "", "x y"],
        ["u1", 'b"', 2, 978300761, "", ""],
        ["u1", "c", 4, 978300762, "loud music", ""],
    )
    atomic(
        source / "x.item",
        [
            "artist_id:token",
            "name:token_seq",
            "genre:token_seq",
            "Sales Rank:float",
            "label:token",
            "emb:float_seq",
            "styles:token_seq",
        ],
        ["a", 'The "A"', "rock, pop|soul", 12.5, "Own, Inc", "0.1 0.2", "s t"],
        ["c", "C", "", "", "", "", ""],
        ["d", "D", "rock", "", "", "", ""],
    )
    out = tmp_path / "out"
    data, counts = made("recbole", source, out, least_rating=3.0, candidates=0)
    assert [e[:5] for e in events_of(out)] == [
        ("u1", "978300760", "recommend", "", "a"),
        ("u1", "978300762", "search", "loud music", "c"),
    ]
    first = rows(out / "items.csv.gz")[0]
    assert list(first.values()) == ["a", 'The "A"', "", "rock|pop/soul", "12.5", "Own, Inc", "s|t"]
    assert {name: column.type for name, column in data.catalogue.attributes.items()} == {
        "sales_rank": "number",
        "label": "string",
        "styles": "set",
    }
    assert counts["items"] == 3 and counts["interactions below the least rating (left out; never negatives)"] == 1
    atomic(source / "x.inter", ["user_id:token", "artist_id"], ["u1", "a"])
    assert refused("recbole", source, tmp_path / "new")[0] == [("x.inter", None, "artist_id")]
    atomic(source / "x.inter", ["user_id:token", "artist_id:token", "timestamp:float"], ["u1", "a", 1], ["", "a", "?"])
    assert refused("recbole", source, tmp_path / "new")[0] == [("x.inter", 3, "user_id:token")]
    atomic(source / "x.inter", ["user_id:token", "movie_id:token"], ["u1", "a"])
    assert refused("recbole", source, tmp_path / "new")[0] == [("x.inter", None, "item_id")]


def test_recbole_files_that_are_split(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    header = ["user_id:token", "item_id:token"]
    for name, items in (("train", "ab"), ("valid", "c"), ("test", "d")):
        atomic(source / f"x.{name}.inter", header, *(["u1", item] for item in items))
    made("recbole", source, tmp_path / "out", split="given", candidates=0)
    assert [(e[4], e[5]) for e in events_of(tmp_path / "out")] == list(
        zip("abcd", ["train", "train", "valid", "test"], strict=True)
    )
    made("recbole", source, tmp_path / "again", candidates=0)
    assert [e[5] for e in events_of(tmp_path / "again")] == ["train", "train", "valid", "test"]
    (source / "x.valid.inter").unlink()
    assert "2 files with a split" in refused("recbole", source, tmp_path / "new", split="given")[1]


# The command


def test_the_command_says_what_is_wrong_and_overwrites_nothing(tmp_path):
    source = published.kuaisar(tmp_path / "in", [rec(1, 7, MIDNIGHT), rec(1, 8, "soon")], [], [])

    def run(*arguments):
        done = CliRunner().invoke(app, ["convert", *map(str, arguments)])
        return done.exit_code, " ".join(done.output.split())

    code, text = run("kuaisar", source, tmp_path / "out")
    assert code == 1 and "rec_inter.csv, row 3, column timestamp: 'soon.0' is not a number" in text
    code, text = run("kuaisar", source, tmp_path / "out", "--skip-bad-rows", "--candidates", 0)
    assert code == 0 and json.loads(text[text.index("{") :])["recommend events, train"] == 1
    assert run("kuaisar", source, tmp_path / "out")[0] == 1
    for wrong in (["--split", "time:0d"], ["--split", "some"], ["--k-core", "9"], ["--protocol", "other"]):
        code, text = run("kuaisar", source, tmp_path / "new", "--skip-bad-rows", *wrong)
        assert code == 1 and "error" in text and not (tmp_path / "new").exists(), wrong
    assert run("movielens", source, tmp_path / "new", "--protocol", "gensr")[0] == 1
    assert run("parquet", source, tmp_path / "new")[0] == 1
    code, text = run("kuaisar", source, tmp_path / "new", "--skip-bad-rows", "--split", "given")
    assert code == 1 and "have no split" in text


def test_the_protocol_of_the_paper_on_kuaisar(tmp_path):
    out = tmp_path / "out"
    source = published.kuaisar_of_tastes(tmp_path / "in", users=300, items=80)
    with pytest.raises(ValueError, match="leaves too few"):  # 99 of 80 items cannot be
        made("kuaisar", source, out, "gensr")
    data, counts = made("kuaisar", source, out, "gensr", candidates=30)
    assert min(np.bincount(data.events.item)) >= 5 and min(np.bincount(data.events.user)) >= 5
    last = (MIDNIGHT + 8 * DAY) // 1_000
    assert ((data.events.timestamp >= last) == (data.events.split == 2)).all()
    assert ((data.events.timestamp < last - 86_400) == (data.events.split == 0)).all()
    assert data.candidates["search"].negatives.shape[1] == 30
    assert len(data.candidates["recommend"].user) == counts["recommend events, test"]
