"""Events read from Parquet piece by piece are those of the table read at once: the same arrays, the same problems."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gensr_models.data import DataError, DataSettings, events, load, stream, tables
from gensr_models.data.dataset import Catalogue
from gensr_models.data.problems import Problems

ITEMS = Catalogue(["a", "b", "c", "d"], ["A", "B", "C", "D"], [""] * 4, [[]] * 4)
ARRAYS = ("user", "item", "kind", "timestamp", "query", "split", "user_offsets")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(stream, "PIECE", 3)
    monkeypatch.setattr(stream, "BUCKET", 5)


def both(path):
    """(problems, count, warnings, events, kinds) of the table read at once and piece by piece."""
    results = []
    for streamed in (False, True):
        problems = Problems()
        if streamed:
            found = stream.read(path, ITEMS, DataSettings(), problems, path.parent)
        else:
            table = tables.read(path, problems)
            found = None if table is None else events.read(table, ITEMS, DataSettings(), problems)
        results.append((problems.shown, problems.count, problems.warnings, found))
    return results


def assert_same(path):
    whole, pieces = both(path)
    assert [str(p) for p in pieces[0]] == [str(p) for p in whole[0]]
    assert pieces[1] == whole[1]
    if whole[1]:
        return False
    assert pieces[2] == whole[2]
    (expected, kinds), (found, found_kinds) = whole[3], pieces[3]
    for name in ARRAYS:
        assert getattr(found, name).dtype == getattr(expected, name).dtype
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert (found.user_ids, found.queries, found_kinds) == (expected.user_ids, expected.queries, kinds)
    return True


good = {
    "user_id": st.sampled_from(["u", "v", "w", "x", "y"]),
    "timestamp": st.integers(-5, 30) | st.sampled_from([10**11, 10**11 + 1, 10**12]),
    "kind": st.sampled_from(["view", "search", "buy", "dislike", "rent", "try"]),
    "query": st.sampled_from(["tent", " tent ", "red  tent", "stove"]),
    "item_id": st.sampled_from(ITEMS.ids),
    "split": st.sampled_from(["train", "valid", "test"]),
}
bad = {
    "user_id": st.sampled_from(["", " u", "u\x07", "x" * 300, None]),
    "timestamp": st.none(),
    "kind": st.sampled_from(["", "a\tb"]),
    "query": st.sampled_from(["", "  ", None]),
    "item_id": st.sampled_from(["zz", "", None]),
    "split": st.sampled_from(["dev", "", None]),
}


@st.composite
def written(draw):
    """Rows of events, some of them wrong in some columns, some columns absent, users together or not."""
    size = draw(st.integers(1, 40))
    wrong = draw(st.sets(st.sampled_from(sorted(good)), max_size=2)) if draw(st.booleans()) else set()
    columns = {
        name: [draw(bad[name] if name in wrong and draw(st.integers(0, 3)) == 0 else good[name]) for _ in range(size)]
        for name in good
    }
    for name in draw(st.sets(st.sampled_from(["query", "split"]))):
        del columns[name]
    if "split" in columns and draw(st.integers(0, 4)) == 0:
        columns["split"] = [""] * size
    if draw(st.integers(0, 9)) == 0:
        del columns[draw(st.sampled_from(["user_id", "item_id", "kind", "timestamp"]))]
    frame = pd.DataFrame(columns)
    if draw(st.booleans()) and "user_id" in frame:
        frame = frame.sort_values("user_id", kind="stable", na_position="first")
    return pa.Table.from_pandas(frame, preserve_index=False), draw(st.integers(1, 12)), draw(st.booleans())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written())
def test_pieces_are_the_table(tmp_path, case):
    table, group, coded = case
    if coded and "user_id" in table.column_names:
        place = table.column_names.index("user_id")
        table = table.set_column(place, "user_id", table["user_id"].dictionary_encode())
    pa.parquet.write_table(table, tmp_path / "events.parquet", row_group_size=group)
    assert_same(tmp_path / "events.parquet")


def shuffled(path, rows, users, seed=0, **columns):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(0, users, rows),
            "timestamp": rng.integers(0, 50, rows),
            "kind": rng.choice(["view", "buy"], rows),
            "item_id": rng.choice(ITEMS.ids, rows),
        }
        | columns
    )
    pa.parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=rows // 7)


@pytest.mark.parametrize("users", [1, 3, 60])
def test_users_are_put_together_and_in_order_whatever_the_buckets(tmp_path, users, monkeypatch):
    shuffled(tmp_path / "events.parquet", 400, users)
    for bucket in (1, 7, 64, 1000):
        monkeypatch.setattr(stream, "BUCKET", bucket)
        assert assert_same(tmp_path / "events.parquet")


def test_only_the_first_few_of_a_problem_are_shown_and_all_are_counted(tmp_path):
    shuffled(tmp_path / "events.parquet", 70, 3, item_id=["zz"] * 70, kind=["search"] * 70)
    whole, pieces = both(tmp_path / "events.parquet")
    assert whole[1] == pieces[1] == 71 and [p.row for p in pieces[0][:10]] == list(range(1, 11))
    assert [str(p) for p in pieces[0]] == [str(p) for p in whole[0]]


def test_what_is_no_parquet_is_said_in_the_same_words(tmp_path):
    path = tmp_path / "events.parquet"
    shuffled(path, 400, 5)
    content = path.read_bytes()
    for broken in (b"", b"not parquet at all", content[:-20], content[:40] + bytes(200) + content[240:]):
        path.write_bytes(broken)
        whole, pieces = both(path)
        assert pieces[1] == whole[1] == 1 and pieces[3] is None
        assert "is no Parquet file" in pieces[0][0].wrong and "is no Parquet file" in whole[0][0].wrong


def test_a_folder_is_read_the_same_in_either_format(tmp_path):
    shuffled(tmp_path / "events.parquet", 300, 20)
    pd.DataFrame({"item_id": ITEMS.ids, "title": ITEMS.titles}).to_parquet(tmp_path / "items.parquet")
    cache = tmp_path / "cache"
    cache.mkdir()
    streamed = load(tmp_path, cache=cache)
    assert not list(cache.iterdir())  # the files have no names
    csv = tmp_path / "csv"
    csv.mkdir()
    for stem in ("items", "events"):
        pd.read_parquet(tmp_path / f"{stem}.parquet").to_csv(csv / f"{stem}.csv", index=False)
    plain = load(csv)
    for name in ARRAYS:
        assert np.array_equal(getattr(streamed.events, name), getattr(plain.events, name)), name
    assert streamed.events.user_ids == plain.events.user_ids and streamed.kinds == plain.kinds
    # Values are mapped, not copied.
    assert isinstance(streamed.events.item.base, np.memmap)
    with pytest.raises(DataError, match="not among the items"):
        shuffled(tmp_path / "events.parquet", 30, 2, item_id=["zz"] * 30)
        load(tmp_path)
