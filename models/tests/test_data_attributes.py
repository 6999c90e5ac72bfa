import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gensr_models.data import DataError, load
from gensr_models.data.attributes import encode, infer


def column(write, values, settings=None):
    rows = [["item_id", "title", "x"], *[[f"i{place}", "t", value] for place, value in enumerate(values)]]
    data = load(write(items=rows), settings)
    return data.catalogue.attributes["x"], data


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["true", "FALSE", ""], "bool", [True, False, None]),
        (["1", "-2.5", "", "1e3", ".5"], "number", [1.0, -2.5, None, 1000.0, 0.5]),
        (["0", "1", "1"], "number", [0.0, 1.0, 1.0]),
        (["007", "1"], "string", ["007", "1"]),
        (["2024-02-29", "", "1969-12-31"], "date", ["2024-02-29", None, "1969-12-31"]),
        (["2024-02-29T10:00:00Z", "2024-03-01 12:00"], "date", ["2024-02-29", "2024-03-01"]),
        (["2023-02-29"], "string", ["2023-02-29"]),
        (["red|blue", "red", ""], "set", [["blue", "red"], ["red"], []]),
        (["| red || red|", "b"], "set", [["red"], ["b"]]),
        (["red", "", "true"], "string", ["red", None, "true"]),
        (["ünïcode", "zebra", "abc"], "string", ["ünïcode", "zebra", "abc"]),
    ],
)
def test_types(write, values, kind, expected):
    found, data = column(write, values)
    assert found.type == kind
    assert [found.get(row) for row in range(len(values))] == expected
    assert found.missing() == sum(value in (None, []) for value in expected)
    assert list(found.dictionary) == sorted(found.dictionary, key=str.encode)
    assert data.warnings[1:] == [] and "catalogue alone" in data.warnings[0]


def test_typed_formats(tmp_path):
    frame = pd.DataFrame(
        {
            "item_id": [1, 2],
            "title": ["a", "b"],
            "stock": [True, None],
            "price": [1.5, float("nan")],
            "count": [3, 4],
            "day": [datetime.date(2024, 1, 2), None],
            "moment": pd.to_datetime(["2024-01-02T23:00", None]),
            "tags": [["x", "y"], None],
        }
    )
    frame.to_parquet(tmp_path / "items.parquet")
    found = load(tmp_path).catalogue.attributes
    assert {name: value.type for name, value in found.items()} == {
        "stock": "bool",
        "price": "number",
        "count": "number",
        "day": "date",
        "moment": "date",
        "tags": "set",
    }
    assert [value.get(1) for value in found.values()] == [None, None, 4.0, None, None, []]
    assert found["moment"].get(0) == "2024-01-02"


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1e39"])
def test_numbers_are_finite(write, value):
    with pytest.raises(DataError) as caught:
        column(write, ["1", value])
    assert (caught.value.problems[0].row, caught.value.problems[0].column) == (3, "x")
    assert "finite" in caught.value.problems[0].wrong


def test_slips_are_pointed_out(write):
    values = [str(number) for number in range(40)]
    values[7] = "12,50"
    found, data = column(write, values)
    assert found.type == "string"
    assert any("39 of 40" in text and "'12,50' in row 9" in text for text in data.warnings)
    with pytest.raises(DataError) as caught:
        column(write, values, {"attributes": {"x": "number"}})
    assert caught.value.problems[0].row == 9


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("5,5", "number"),
        ("-1.005,25", "number"),
        ("31.05.2024", "date"),
        ("5/31/2024", "date"),
        ("5,5 m", ""),
        ("1,234", ""),
        ("1.2.3", ""),
    ],
)
def test_numbers_and_dates_of_other_countries_are_pointed_out(write, value, wanted):
    folder = write(items=[["item_id", "title", "x"], ["a", "Tent", value], ["b", "Mat", ""], ["c", "Cup", value]])
    data = load(folder)
    assert data.catalogue.attributes["x"].type == "string"
    found = [text for text in data.warnings if "column x" in text]
    assert len(found) == bool(wanted) and all(f"of type {wanted} if" in text and value in text for text in found)
    # Whoever says that it is text need not be told.
    assert not any("column x" in text for text in load(folder, {"attributes": {"x": "string"}}).warnings)


def test_settings_choose_types_and_leave_columns_out(write):
    found, _ = column(write, ["1", "2"], {"attributes": {"x": "string"}})
    assert (found.type, found.dictionary) == ("string", ("1", "2"))
    with pytest.raises(DataError, match="no column 'y'"):
        column(write, ["1"], {"attributes": {"y": "string"}})
    rows = [["item_id", "title", "x", "Secret Column"], ["a", "t", "1", "2"]]
    assert list(load(write(items=rows), {"ignore": ["Secret Column"]}).catalogue.attributes) == ["x"]
    with pytest.raises(DataError, match="secret_column"):
        load(write(items=rows))


def test_a_column_without_values_is_left_out(write):
    rows = [["item_id", "title", "x"], ["a", "t", ""], ["b", "t", " "]]
    data = load(write(items=rows))
    assert data.catalogue.attributes == {} and any("no values" in text for text in data.warnings)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_any_printed_number_is_a_number(values):
    assert infer([repr(value) for value in values]) == "number"


@given(st.lists(st.lists(st.text(min_size=1, max_size=4), unique=True, max_size=4), min_size=1))
def test_sets_come_back(texts):
    found = encode("set", texts)
    assert [sorted(found.get(row)) for row in range(len(texts))] == [sorted(value) for value in texts]
    for row in range(len(texts)):
        codes = found.values[found.offsets[row] : found.offsets[row + 1]]
        assert (np.diff(codes.astype(np.int64)) > 0).all()


@given(st.lists(st.none() | st.text(min_size=1, max_size=4), min_size=1))
def test_strings_come_back(texts):
    found = encode("string", [[text] if text else [] for text in texts])
    assert [found.get(row) for row in range(len(texts))] == texts
    assert not math.isnan(found.missing())
