"""KuaiSAR's published files: invented rows with their quirks, read, refused, and the paper's protocol on them."""

import gzip

import numpy as np
import published
import pytest
from converting import events_of, made, refused, rows
from published import DAY, MIDNIGHT, feature, rec, src

from gensr_models import convert
from gensr_models.data import DataError


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
