import gzip
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from gensr_models.data import TEST, TRAIN, VALID, DataSettings, load, render, summary
from gensr_models.training.event_table import event_table

ITEMS = [
    ["item_id", "title", "text", "categories"],
    ["a", "Red tent", "sleeps two", "tent|camp"],
    ["b", "Stove", "", ""],
    ["c", "  Mat\nlong ", "soft, warm", "camp"],
]
HEADER = ["user_id", "timestamp", "kind", "query", "item_id", "split"]


def events(*rows):
    return [HEADER, *rows]


def test_reads_csv(write):
    folder = write(
        items=ITEMS,
        events=events(
            ["u2", 5, "view", "", "a", "train"],
            ["u2", 7, "search", " warm  mat", "c", "valid"],
            ["u2", 7, "like", "", "b", "test"],
            ["u1", 1, "search", "warm mat", "c", "train"],
        ),
    )
    data = load(folder)
    assert data.catalogue.ids == ["a", "b", "c"]
    assert data.catalogue.titles == ["Red tent", "Stove", "Mat long"]
    assert data.catalogue.categories == [["tent", "camp"], [], ["camp"]]
    assert data.catalogue.attributes == {}
    assert data.events.user_ids == ["u2", "u1"]
    assert data.events.user.tolist() == [0, 0, 0, 1]
    assert data.events.user_offsets.tolist() == [0, 3, 4]
    assert data.events.item.tolist() == [0, 2, 1, 2]
    assert data.events.timestamp.tolist() == [5, 7, 7, 1]
    assert [data.kinds[kind].name for kind in data.events.kind] == ["view", "search", "like", "search"]
    assert data.queries == ["warm mat"]
    assert data.events.query.tolist() == [-1, 0, -1, 0]
    assert data.events.split.tolist() == [TRAIN, VALID, TEST, TRAIN]
    dtypes = [getattr(data.events, name).dtype for name in ("user", "item", "kind", "timestamp", "query", "split")]
    assert dtypes == [np.int32, np.int32, np.int16, np.int64, np.int32, np.int8]
    assert set(data.sha256) == {"items.csv", "events.csv"}
    assert data.warnings == []


def test_all_formats_agree(write, tmp_path_factory):
    rows = [["u", i, "view" if i % 2 else "search", "" if i % 2 else "tent", "abc"[i % 3], "train"] for i in range(9)]
    items = [[*row, extra] for row, extra in zip(ITEMS, ["price", "1.5", "2", ""], strict=True)]
    csv_folder = write(items=items, events=events(*rows))
    frames = {name: pd.read_csv(csv_folder / f"{name}.csv", keep_default_na=False) for name in ("items", "events")}
    frames["items"]["price"] = [1.5, 2.0, None]
    frames["items"]["categories"] = [["tent", "camp"], [], ["camp"]]

    def lines(frame):
        records = json.loads(frame.to_json(orient="records"))
        return "".join(json.dumps(record) + "\n" for record in records)

    writers = {
        "csv.gz": lambda frame, name, path: path.write_bytes(gzip.compress((csv_folder / f"{name}.csv").read_bytes())),
        "parquet": lambda frame, name, path: frame.to_parquet(path),
        "jsonl": lambda frame, name, path: path.write_text(lines(frame)),
        "jsonl.gz": lambda frame, name, path: path.write_bytes(gzip.compress(lines(frame).encode())),
    }
    expected = load(csv_folder)
    for extension, writer in writers.items():
        folder = tmp_path_factory.mktemp("format")
        for name, frame in frames.items():
            writer(frame, name, folder / f"{name}.{extension}")
        data = load(folder)
        assert data.catalogue.ids == expected.catalogue.ids, extension
        assert data.catalogue.titles == expected.catalogue.titles, extension
        assert data.catalogue.categories == expected.catalogue.categories, extension
        np.testing.assert_array_equal(
            data.catalogue.attributes["price"].values, expected.catalogue.attributes["price"].values
        )
        for field in ("user", "item", "kind", "timestamp", "query", "split", "user_offsets"):
            np.testing.assert_array_equal(getattr(data.events, field), getattr(expected.events, field), extension)
        assert data.queries == expected.queries


def test_catalogue_alone(write):
    data = load(write(items=ITEMS))
    assert len(data.events) == 0 and data.events.users == 0 and data.kinds == []
    assert data.targets("recommend", TEST).tolist() == []
    assert any("catalogue alone" in text for text in data.warnings)
    Console(quiet=True).print(render(summary(data)))


def test_text_and_categories_may_be_absent(write):
    data = load(write(items=[["title", "item_id"], ["Tent", "a"]]))
    assert data.catalogue.texts == [""] and data.catalogue.categories == [[]]


def test_leave_one_out_per_user_and_task(write):
    def row(user, time, kind):
        return [user, time, kind, "q" if kind == "search" else "", "a"]

    folder = write(
        items=ITEMS,
        events=[
            HEADER[:-1],
            *[row("u", time, "view") for time in range(4)],
            row("u", 4, "search"),
            row("u", 5, "search"),
            row("u", 6, "search"),
            row("u", 7, "dislike"),
            *[row("v", time, "like") for time in range(2)],
        ],
    )
    split = load(folder).events.split.tolist()
    assert split == [TRAIN, TRAIN, VALID, TEST, TRAIN, VALID, TEST, TRAIN, TRAIN, TRAIN]


def test_scattered_rows_are_sorted_and_grouped_rows_kept(write):
    scattered = events(
        ["v", 9, "view", "", "a", "train"],
        ["u", 2, "view", "", "a", "train"],
        ["v", 3, "view", "", "b", "train"],
        ["u", 2, "view", "", "b", "train"],
        ["u", 1, "view", "", "c", "train"],
    )
    data = load(write(items=ITEMS, events=scattered))
    assert data.events.user_ids == ["v", "u"]
    assert data.events.item.tolist() == [1, 0, 2, 0, 1]
    assert data.events.timestamp.tolist() == [3, 9, 1, 2, 2]
    grouped = events(*sorted(scattered[1:], key=lambda row: row[0]))
    data = load(write(items=ITEMS, events=grouped))
    assert data.events.timestamp.tolist() == [2, 2, 1, 9, 3]
    (warning,) = data.warnings
    assert "row 4" in warning and "order of the file" in warning and "sort the rows by user and time" in warning


def test_kinds_defaults_settings_and_unknown(write):
    rows = [["u", 1, kind, "q", "a", "train"] for kind in ("zoom", "hide", "view", "search", "buy")]
    folder = write(items=ITEMS, events=events(*rows))
    data = load(folder)
    kinds = {kind.name: (kind.task, kind.sign, kind.strength) for kind in data.kinds}
    assert kinds == {
        "search": ("search", 1, 1.0),
        "view": ("recommend", 1, 0.5),
        "buy": ("recommend", 1, 1.0),
        "hide": ("none", -1, 1.0),
        "zoom": ("recommend", 1, 0.25),
    }
    (warning,) = data.warnings
    assert "'zoom'" in warning and "weak liking (strength 0.25) in a user's taste alone" in warning
    assert "trained on and tested as a recommendation like any other" in warning and "data.kinds" in warning
    # As the warning says: an example of training like any other, whatever its strength.
    positive = {data.kinds[k].name: p for k, p in zip(data.events.kind, event_table(data).positive, strict=True)}
    assert positive == {"search": True, "view": True, "buy": True, "hide": False, "zoom": True}
    settings = {"kinds": {"zoom": {"task": "none", "strength": 0.1}, "view": {"strength": 0.2}}}
    data = load(folder, settings)
    kinds = {kind.name: (kind.task, kind.sign, kind.strength) for kind in data.kinds}
    assert kinds["zoom"] == ("none", 1, 0.1) and kinds["view"] == ("recommend", 1, 0.2)
    assert data.warnings == []
    (warning,) = load(folder, {"kinds": settings["kinds"] | {"zom": {"task": "none"}}}).warnings
    assert "'zom'" in warning and "data.kinds" in warning
    with pytest.raises(ValueError, match="kindz"):
        load(folder, {"kindz": {}})
    with pytest.raises(ValueError, match="strength"):
        DataSettings.model_validate({"kinds": {"view": {"strength": 2}}})


def test_candidates(write):
    folder = write(
        items=ITEMS,
        events=events(["u", 1, "search", "warm mat", "c", "test"]),
        candidates_test_search=[
            ["user_id", "query", "positive", "negatives"],
            ["u", "warm  mat", "c", "a|b"],
        ],
    )
    lists = load(folder).candidates["search"]
    assert (lists.user.tolist(), lists.query.tolist(), lists.positive.tolist()) == ([0], [0], [2])
    assert lists.negatives.tolist() == [[0, 1]]


def test_byte_order_mark_crlf_and_quoted_lines(tmp_path):
    text = '\ufeffitem_id,title\r\n1,"two\r\nlines"\r\n\r\n2,"say ""hi"", twice"\r\n'
    (tmp_path / "items.csv").write_bytes(text.encode())
    data = load(tmp_path)
    assert data.catalogue.titles == ["two lines", 'say "hi", twice']


def test_dates_with_time_in_parquet_become_seconds(tmp_path, write):
    write(items=ITEMS)
    times = pd.to_datetime(["2024-01-01T00:00:10Z", "1970-01-01T00:01:00Z"])
    frame = pd.DataFrame({"user_id": [1, 2], "timestamp": times, "kind": "view", "item_id": ["a", "b"]})
    frame.to_parquet(tmp_path / "events.parquet")
    data = load(tmp_path)
    assert data.events.timestamp.tolist() == [1704067210, 60]
    assert data.events.user_ids == ["1", "2"]


def test_parquet_as_pandas_writes_it(tmp_path):
    """Texts that are missing are no text `nan`, and the index of a frame is no attribute."""
    frame = pd.DataFrame(
        {
            "item_id": [1, 2, 3],
            "title": ["Tent", None, "Mat"],
            "categories": [None, "camp|tent", "camp"],
            "brand": [None, "Alp", "Nord"],
            "colour": pd.Categorical([None, "red", "blue"]),
            "sizes": [["s"], None, []],
            "stock": pd.array([1, None, 3], dtype="Int8"),
        },
        index=[5, 9, 2],
    )
    frame.to_parquet(tmp_path / "items.parquet")
    catalogue = load(tmp_path).catalogue
    assert catalogue.titles == ["Tent", "", "Mat"] and catalogue.categories == [[], ["camp", "tent"], ["camp"]]
    found = {name: (c.type, [c.get(row) for row in range(3)]) for name, c in catalogue.attributes.items()}
    assert found == {
        "brand": ("string", [None, "Alp", "Nord"]),
        "colour": ("string", [None, "red", "blue"]),
        "sizes": ("set", [["s"], [], []]),
        "stock": ("number", [1.0, None, 3.0]),
    }


def test_milliseconds_are_noticed(write):
    data = load(write(items=ITEMS, events=events(["u", 1700000000000, "view", "", "a", "train"])))
    assert any("milliseconds" in text for text in data.warnings)


@pytest.mark.parametrize(
    ("name", "users", "items", "counts"),
    [
        ("Beauty", 22363, 12101, {"recommend": (153776, 22363, 22363)}),
        ("Toys", 19412, 11924, {"recommend": (128773, 19412, 19412)}),
        ("LastFM", 1884, 5462, {"recommend": (72961, 1870, 1870), "search": (145922, 1363, 1363)}),
        ("MovieLensSmall", 609, 3805, {"recommend": (44856, 602, 602), "search": (3056, 25, 25)}),
    ],
)
def test_shared_sets(shared_data, name, users, items, counts):
    counted = summary(load(shared_data(name)))
    assert (counted["users"], counted["items"]) == (users, items)
    found = {name: (kind["train"], kind["valid"], kind["test"]) for name, kind in counted["kinds"].items()}
    assert found == counts
    assert {name: task["candidates"] for name, task in counted["tasks"].items()} == {
        name: sizes[2] for name, sizes in counts.items()
    }
    json.dumps(counted)
    Console(quiet=True).print(render(counted))
