"""Amazon reviews, metadata, and the queries of Ai et al.: invented rows in their layouts, read and refused."""

import gzip
import json

import published
import pytest
from converting import events_of, made, refused, rows
from published import review

from gensr_models.convert.amazon import queries_of


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
