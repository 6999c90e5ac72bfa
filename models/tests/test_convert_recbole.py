"""RecBole's atomic files: invented rows, whole and split."""

from converting import events_of, made, refused, rows


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


def test_recbole_a_row_that_is_left_out_is_counted_once(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    atomic(source / "x.inter", ["user_id:token", "item_id:token"], ["u1", "a"], ["u1", "b"])
    atomic(source / "x.item", ["item_id:token", "title:token_seq", "label:token"], ["a", "A", ""], ["b", "B"])
    assert refused("recbole", source, tmp_path / "new")[0] == [("x.item", 3, None)]
    data, counts = made("recbole", source, tmp_path / "out", skip=True, candidates=0)
    assert counts["rows with problems (left out)"] == 1 and data.catalogue.titles == ["A", ""]


def test_recbole_items_of_a_header_alone_have_no_words(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    atomic(source / "x.inter", ["user_id:token", "item_id:token"], ["u1", "a"], ["u1", "b"])
    atomic(source / "x.item", ["item_id:token", "title:token_seq", "emb:float_seq"])
    data, counts = made("recbole", source, tmp_path / "out", candidates=0)
    assert counts["items"] == 2 and data.catalogue.titles == ["", ""]


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
