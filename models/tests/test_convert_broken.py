"""Broken files of any published layout, and odd ones that are right."""

import json

import published
import pytest
from converting import made, refused
from published import DAY, MIDNIGHT, feature, rec, review, src

from gensr_models import convert
from gensr_models.data import DataError
from gensr_models.data.problems import Problems

GENRES = ("unknown", "Action", "Comedy")
BOM = b"\xef\xbb\xbf"


def files_of(layout):
    """A few right rows of each file of a layout, as lists of lines; whether the first line is a header."""
    if layout == "movielens":
        ratings = [f"{u},{m},5.0,{100 + u + m}" for u in (1, 2) for m in (1, 2, 3)]
        movies = [f"{m},Film {m},Action|War" for m in (1, 2, 3)]
        tags = ["userId,movieId,tag,timestamp", "1,2,dark,200"]
        return True, {
            "ratings.csv": ["userId,movieId,rating,timestamp", *ratings],
            "movies.csv": ["movieId,title,genres", *movies],
            "tags.csv": tags,
        }
    if layout == "movielens-1m":
        return False, {
            "ratings.dat": [f"{u}::{m}::5::{100 + u + m}" for u in (1, 2) for m in (1, 2, 3)],
            "movies.dat": [f"{m}::Film {m}::Action|War" for m in (1, 2, 3)],
        }
    if layout == "movielens-100k":
        return False, {
            "u.data": [f"{u}\t{m}\t5\t{100 + u + m}" for u in (1, 2) for m in (1, 2, 3)],
            "u.item": [f"{m}|Film {m} (1995)|01-Jan-1995||http://x|0|1|0" for m in (1, 2, 3)],
            "u.genre": [f"{name}|{number}" for number, name in enumerate(GENRES)],
        }
    if layout == "recbole":
        rows = [f"u{u}\ti{i}\t{100 + u + i}" for u in (1, 2) for i in (1, 2, 3)]
        return True, {
            "x.inter": ["user_id:token\titem_id:token\ttimestamp:float", *rows],
            "x.item": ["item_id:token\ttitle:token_seq", "i1\tOne", "i2\tTwo", "i3\tThree"],
        }
    if layout == "amazon":
        reviews = [review(f"A{u}", f"B{i}", 100 * i) for u in range(3) for i in range(4)]
        metas = [
            {"asin": f"B{i}", "title": f"Pan {i}", "categories": [["Kitchen", f"Pan {'abcd'[i]}"]]} for i in range(4)
        ]
        return False, {"reviews_X_5.json": list(map(json.dumps, reviews)), "meta_X.json": list(map(repr, metas))}
    raise KeyError(layout)


def kuaisar_files(folder):
    recs = [rec(u, i, MIDNIGHT + (u + i) * DAY) for u in (1, 2) for i in (1, 2, 3)]
    published.kuaisar(folder, recs, [src(1, 2, MIDNIGHT + DAY)], [feature(i) for i in (1, 2, 3)])
    return True, {path.name: path.read_text(encoding="utf-8").splitlines() for path in folder.iterdir()}


HEADED = ("movielens", "recbole", "kuaisar")
"""Layouts whose files have a header."""
LAYOUTS = ("movielens", "movielens-1m", "movielens-100k", "recbole", "amazon", "kuaisar")


@pytest.fixture(params=LAYOUTS)
def layout(request, tmp_path):
    folder = tmp_path / "in"
    headed, files = kuaisar_files(folder) if request.param == "kuaisar" else files_of(request.param)
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return request.param.split("-")[0], folder, headed, files


def test_a_byte_order_mark_and_carriage_returns_change_nothing(layout, tmp_path):
    form, folder, _, files = layout
    expected, counts = made(form, folder, tmp_path / "out", candidates=0)
    for name, lines in files.items():
        (folder / name).write_bytes(BOM + "".join(line + "\r\n" for line in lines).encode())
    found, again = made(form, folder, tmp_path / "again", candidates=0)
    assert counts == again
    for name in expected.sha256:  # the tables that were written, byte by byte
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    assert found.queries == expected.queries and found.catalogue.titles == expected.catalogue.titles


def test_an_empty_file_is_named(layout, tmp_path):
    form, folder, _, files = layout
    for name, lines in files.items():
        for content in ("", "\n"):
            (folder / name).write_text(content)
            places, text = refused(form, folder, tmp_path / "new", candidates=0)
            assert (name, None, None) in places and "the file is empty" in text, name
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("layout", HEADED, indirect=True)
def test_a_header_alone_is_a_table_without_rows(layout, tmp_path):
    """Items without rows are items without words; where all events lack, the file is named that has none."""
    form, folder, headed, files = layout
    assert headed
    for name, lines in files.items():
        (folder / name).write_text(lines[0] + "\n", encoding="utf-8")
        if name in ("ratings.csv", "x.inter", "rec_inter.csv"):
            events = [other for other in files if other in ("tags.csv", "src_inter.csv")]
            for other in events:
                (folder / other).write_text(files[other][0] + "\n", encoding="utf-8")
            with pytest.raises(ValueError, match=rf"there is no event in .*{name} \(0 rows\)"):
                convert.convert(form, folder, tmp_path / "new", convert.options(form, candidates=0))
            for other in events:
                (folder / other).write_text("".join(line + "\n" for line in files[other]), encoding="utf-8")
        else:
            data, _ = made(form, folder, tmp_path / f"out-{name}", candidates=0)
            assert len(data.catalogue) == 3 and len(data.events)
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def cut(line):
    """A line without its last field."""
    for separator in ("\t", "::", "|", ","):
        if separator in line:
            return line.rsplit(separator, 1)[0]
    raise AssertionError(line)


# Rows of Amazon's files name their fields.
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "amazon"], indirect=True)
def test_a_row_without_its_last_field_is_named(layout, tmp_path):
    form, folder, _, files = layout
    for name, lines in files.items():
        whole = lines[-1]
        if name == "item_features.csv" or "rec_inter" in name or "src_inter" in name or "," in whole:
            short = whole.rsplit(",", 1)[0]
        else:
            short = cut(whole)
        (folder / name).write_text("".join(line + "\n" for line in [*lines[:-1], short]), encoding="utf-8")
        places, text = refused(form, folder, tmp_path / "new", candidates=0)
        assert (name, len(lines), None) in places and "fields" in text, name
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("layout", HEADED, indirect=True)
def test_a_column_that_is_not_there_is_named(layout, tmp_path):
    form, folder, headed, files = layout
    assert headed
    needed = {
        "ratings.csv": "timestamp",
        "movies.csv": "genres",
        "tags.csv": "timestamp",
        "x.inter": "item_id",
        "rec_inter.csv": "click",
        "src_inter.csv": "item_type",
        "item_features.csv": "fourth_level_category_name_en",
    }
    for name, lines in files.items():
        if name not in needed:
            continue
        text = "\n".join([lines[0].replace(needed[name], "else"), *lines[1:]]) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
        places, _ = refused(form, folder, tmp_path / "new", candidates=0)
        assert places == [(name, None, needed[name])], name
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def test_a_missing_file_is_named(layout, tmp_path):
    form, folder, _, files = layout
    for name, lines in files.items():
        if name in ("tags.csv", "x.item"):  # which need not be there
            continue
        (folder / name).unlink()
        with pytest.raises(DataError) as caught:
            convert.convert(form, folder, tmp_path / "new", convert.options(form, candidates=0))
        stem = {"u.data": "ratings", "u.item": "movies", "x.inter": "*.inter"}.get(
            name, name.split(".")[0].split("_")[0]
        )
        assert all(p.row is None and p.file.startswith(stem) for p in caught.value.problems), str(caught.value)
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def test_lines_of_text_know_where_they_stand(tmp_path):
    path = tmp_path / "x.dat"
    path.write_bytes(BOM + b"a\r\n\r\nb" + BOM + b"\n")
    problems = Problems()
    assert list(convert.read.lines(path, problems)) == [(1, b"a"), (2, b""), (3, b"b" + BOM)]
    assert not problems.count
