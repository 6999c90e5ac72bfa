import gzip
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gensr_models.data import DataError, load
from gensr_models.data import problems as problems_module

ITEMS = [["item_id", "title"], ["a", "Tent"], ["b", "Stove"]]
HEADER = ["user_id", "timestamp", "kind", "query", "item_id", "split"]
GOOD = ["u", "1", "view", "", "a", "train"]


def problems_of(folder, settings=None):
    with pytest.raises(DataError) as caught:
        load(folder, settings)
    assert caught.value.count >= len(caught.value.problems) > 0
    return caught.value


def one_problem(folder, settings=None):
    error = problems_of(folder, settings)
    assert error.count == 1, str(error)
    return error.problems[0]


@pytest.mark.parametrize(
    ("column", "value", "wrong"),
    [
        ("user_id", "", "is no id"),
        ("user_id", "x" * 257, "longer than 256 bytes"),
        ("user_id", "u\x07", "control characters"),
        ("user_id", " u", "blanks at its ends"),
        ("timestamp", "yesterday", "not a whole number"),
        ("timestamp", "1.5", "not a whole number"),
        ("timestamp", "", "not a whole number"),
        ("timestamp", "nan", "not a whole number"),
        ("timestamp", "9" * 30, "not a whole number"),
        ("kind", "", "is no id"),
        ("kind", "search", "without a query"),
        ("item_id", "zz", "not among the items"),
        ("item_id", "", "not among the items"),
        ("split", "dev", "is no split"),
        ("split", "", "is no split"),
    ],
)
def test_each_wrong_value_of_an_event(write, column, value, wrong):
    row = GOOD.copy()
    row[HEADER.index(column)] = value
    problem = one_problem(write(items=ITEMS, events=[HEADER, GOOD, row, GOOD]))
    assert wrong in problem.wrong
    assert (problem.file, problem.row) == ("events.csv", 3)
    assert problem.column == ("query" if "query" in wrong else column)
    assert problem.right


@pytest.mark.parametrize(
    ("item_id", "wrong"),
    [
        ("a", "already in row 2"),
        ("", "is no id"),
        ("é" * 129, "longer than 256"),
        ("a\tb", "control characters"),
    ],
)
def test_each_wrong_id_of_an_item(write, item_id, wrong):
    problem = one_problem(write(items=[*ITEMS, [item_id, "Mat"]]))
    assert wrong in problem.wrong and (problem.row, problem.column) == (4, "item_id")


@pytest.mark.parametrize("missing", ["user_id", "timestamp", "kind", "item_id"])
def test_missing_columns_of_events(write, missing):
    place = HEADER.index(missing)
    rows = [[value for at, value in enumerate(row) if at != place] for row in (HEADER, GOOD)]
    problem = one_problem(write(items=ITEMS, events=rows))
    assert problem.column == missing and "missing" in problem.wrong and problem.row is None


def test_missing_query_column_matters_only_for_searches(write):
    rows = [["user_id", "timestamp", "kind", "item_id"], ["u", "1", "view", "a"]]
    load(write(items=ITEMS, events=rows))
    rows.append(["u", "1", "search", "a"])
    assert one_problem(write(items=ITEMS, events=rows)).column == "query"


def test_missing_item_columns_and_folder(write, tmp_path):
    assert one_problem(write(items=[["item_id"], ["a"]])).column == "title"
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere")


def test_columns_of_other_names_are_shown_of_both_tables_at_once(write):
    error = problems_of(write(items=[["id", "name"], ["a", "Tent"]], events=[["userId", "kind"], ["u", "view"]]))
    found = [(problem.file, problem.column) for problem in error.problems]
    assert found == [
        ("items.csv", "item_id"),
        ("items.csv", "title"),
        ("events.csv", "user_id"),
        ("events.csv", "timestamp"),
        ("events.csv", "item_id"),
    ]
    assert "there is 'id, name'" in error.problems[0].right and "there is 'userId, kind'" in error.problems[2].right


def test_no_items_table(tmp_path):
    assert "no such table" in one_problem(tmp_path).wrong


def test_empty_tables(write, tmp_path):
    assert "no items" in one_problem(write(items=ITEMS[:1])).wrong
    assert "no events" in one_problem(write(items=ITEMS, events=[HEADER])).wrong
    (tmp_path / "events.csv").write_bytes(b"")
    assert "empty" in one_problem(tmp_path).wrong


def test_two_tables_of_one_name(write, tmp_path):
    write(items=ITEMS)
    (tmp_path / "items.jsonl").write_text('{"item_id": "a", "title": "Tent"}\n')
    assert "items.csv, items.jsonl" in one_problem(tmp_path).wrong


def test_not_utf8(tmp_path):
    (tmp_path / "items.csv").write_bytes("item_id,title\na,Zelt\nb,Schlafs\xe4cke\n".encode("latin-1"))
    problem = one_problem(tmp_path)
    assert problem.row == 3 and "0xe4 is not UTF-8" in problem.wrong


def test_broken_rows_and_quotes(tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\na,Tent\nb,Stove,hot\nc\nd,Mat\n")
    error = problems_of(tmp_path)
    assert [(problem.row, problem.wrong[:8]) for problem in error.problems] == [
        (3, "3 fields"),
        (4, "1 fields"),
    ]
    (tmp_path / "items.csv").write_text('item_id,title\na,"Tent\nb,Stove\nc,Mat\n')
    assert "never closed" in one_problem(tmp_path).wrong
    (tmp_path / "items.csv").write_text('item_id,title\na,Pole 5" long\n')
    assert load(tmp_path).catalogue.titles == ['Pole 5" long']
    (tmp_path / "items.csv").write_text("item_id,title,title\na,Tent,Tent\n")
    assert "twice" in one_problem(tmp_path).wrong


@pytest.mark.parametrize(("mark", "shown"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_one_problem(tmp_path, mark, shown):
    rows = ["item_id,title,price", 'a,Tent,"1,5"', "b,Mat,2"]
    (tmp_path / "items.csv").write_text("\ufeff" + "".join(row.replace(",", mark) + "\n" for row in rows))
    problem = one_problem(tmp_path)
    assert (problem.row, problem.column) == (1, None) and shown in problem.wrong and "commas" in problem.right
    # A table of one column has neither.
    (tmp_path / "items.csv").write_text("item_id\na;b\n")
    assert one_problem(tmp_path).column == "title"


def test_what_cannot_be_an_attribute_may_be_ignored(tmp_path):
    (tmp_path / "items.jsonl").write_text('{"item_id": "a", "title": "Tent", "size": {"w": 1}}\n')
    problem = one_problem(tmp_path)
    assert problem.column == "size" and "data.ignore" in problem.right
    assert not load(tmp_path, {"ignore": ["size"]}).catalogue.attributes


def test_row_numbers_are_those_of_a_spreadsheet(tmp_path):
    (tmp_path / "items.csv").write_text('item_id,title\na,"Tent\nfor two"\n\n,Stove\nb,Mat,soft\n,Cup\n')
    assert [problem.row for problem in problems_of(tmp_path).problems] == [5, 4, 6]


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("items.csv.gz", b"no gzip at all", "cannot be unpacked"),
        ("items.csv.gz", gzip.compress(b"item_id,title\na,b\n" * 50)[:-9], "cannot be unpacked"),
        ("items.parquet", b"PAR1 not really", "no Parquet file"),
        ("items.jsonl", b'{"item_id": "a", "title": "Tent"}\n{"item_id": \n', "Expecting value"),
        ("items.jsonl", b'{"item_id": "a", "title": "Tent"}\n[1]\n', "not an object"),
        (
            "items.jsonl",
            b'{"item_id": "a", "title": "Tent"}\n{"item_id": "b", "title": NaN}\n',
            "no JSON number",
        ),
        (
            "items.jsonl",
            b'{"item_id": "a", "title": "Tent"}\n{"item_id": "b", "title": 1.5}\n',
            "is not text",
        ),
        (
            "items.jsonl",
            b'{"item_id": "a", "title": "Tent"}\n{"item_id": "b", "title": "\\ud800"}\n',
            "surrogate",
        ),
        (
            "items.jsonl",
            b'{"item_id": "a", "title": "Tent"}\n{"item_id": 1.5, "title": "Mat"}\n',
            "is not text",
        ),
    ],
)
def test_broken_files(tmp_path, name, content, wrong):
    (tmp_path / name).write_bytes(content)
    problem = one_problem(tmp_path)
    assert wrong in problem.wrong and problem.file == name
    assert problem.row == (2 if ".jsonl" in name else None)


@pytest.mark.parametrize("stem", ["items", "events"])
def test_columns_of_one_name_in_parquet(write, tmp_path, stem):
    write(items=ITEMS)
    names = ["item_id", "title", "title"] if stem == "items" else ["user_id", "user_id", "timestamp", "kind", "item_id"]
    (tmp_path / f"{stem}.csv").unlink(missing_ok=True)
    table = pa.Table.from_arrays([pa.array(["a"])] * len(names), names=names)
    pa.parquet.write_table(table, tmp_path / f"{stem}.parquet")
    assert f"occur twice: {names[1]}" in one_problem(tmp_path).wrong


def test_times_beyond_any_clock_are_refused(write, tmp_path):
    write(items=ITEMS)
    times = pa.array([2**63 - 1, 2**63], pa.uint64())
    table = pa.table({"user_id": ["u", "u"], "timestamp": times, "kind": ["view"] * 2, "item_id": ["a"] * 2})
    pa.parquet.write_table(table, tmp_path / "events.parquet")
    problem = one_problem(tmp_path)
    assert (problem.row, problem.column) == (2, "timestamp") and "9223372036854775808" in problem.wrong


def test_broken_candidates(write):
    columns = ["user_id", "query", "positive", "negatives"]
    rows = [
        ["v", "", "a", "b"],
        ["u", "tent", "a", "b"],
        ["u", "", "zz", "b"],
        ["u", "", "a", "zz"],
        ["u", "", "a", "b|b"],
    ]
    folder = write(items=ITEMS, events=[HEADER, GOOD], candidates_test_recommend=[columns, *rows])
    error = problems_of(folder)
    found = [(problem.row, problem.column) for problem in error.problems]
    assert found == [(2, "user_id"), (3, "query"), (4, "positive"), (6, "negatives")]
    folder = write(items=ITEMS, events=[HEADER, GOOD], candidates_test_recommend=[columns, rows[3]])
    assert one_problem(folder).column == "negatives"


def test_all_problems_are_collected_and_capped(write):
    rows = [["u", "x", "view", "", "zz", "dev"]] * 100
    error = problems_of(write(items=[["item_id", "title"], ["a", "Tent"], ["a", "Mat"]], events=[HEADER, *rows]))
    assert error.count == 301
    assert {problem.column for problem in error.problems} == {"item_id", "timestamp", "split"}
    assert len(error.problems) <= problems_module.SHOWN
    assert "... and 270 more" in str(error)


def test_too_many_items_and_kinds(write, monkeypatch):
    monkeypatch.setattr("gensr_models.data.items.MOST_ITEMS", 1)
    assert "at most 1" in one_problem(write(items=ITEMS)).right
    monkeypatch.undo()
    rows = [["u", "1", f"kind{number}", "", "a", "train"] for number in range(65)]
    assert one_problem(write(items=ITEMS, events=[HEADER, *rows])).column == "kind"


fields = st.one_of(
    st.sampled_from(["", "a", "b", "u", "1", "-3", "view", "search", "train", "test", "nan", "a|b", "2024-01-01", '"']),
    st.text(max_size=8),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(fields, min_size=6, max_size=6), max_size=6),
    st.lists(st.lists(fields, min_size=3, max_size=3), max_size=4),
)
def test_any_table_loads_or_raises_a_data_error(write, rows, items):
    folder = write(items=[["item_id", "title", "extra"], ["a", "Tent", "1"], *items], events=[HEADER, GOOD, *rows])
    try:
        data = load(folder)
    except DataError as error:
        assert error.count > 0 and str(error)
        return
    assert len(data.events) == 1 + sum(any(row) for row in rows)  # rows without any value are blank lines
    assert (data.events.user[1:] >= data.events.user[:-1]).all()
    assert data.events.user_offsets[-1] == len(data.events)
    assert data.events.item.max() < len(data.catalogue)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_load_or_raise_a_data_error(tmp_path, content):
    for name in ("items.csv", "items.jsonl", "items.csv.gz", "items.parquet"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError):
            load(tmp_path)
        (tmp_path / name).write_bytes(b"item_id,title\n" + content)
        try:
            load(tmp_path)
        except DataError as error:
            assert error.count > 0
        (tmp_path / name).unlink()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.fixed_dictionaries({}, optional={n: json_values for n in ("item_id", "title", "categories", "x")})),
    st.lists(st.fixed_dictionaries({}, optional={n: json_values for n in HEADER})),
)
def test_any_json_loads_or_raises_a_data_error(tmp_path, items, events):
    first = {"item_id": "a", "title": "Tent", "x": 1}
    (tmp_path / "items.jsonl").write_text("\n".join(json.dumps(record) for record in [first, *items]))
    good = dict(zip(HEADER, GOOD, strict=True))
    (tmp_path / "events.jsonl").write_text("\n".join(json.dumps(record) for record in [good, *events]))
    try:
        load(tmp_path)
    except DataError as error:
        assert error.count > 0
