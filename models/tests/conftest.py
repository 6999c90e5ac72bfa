import csv
import os
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


def pytest_configure(config):
    config.addinivalue_line("markers", "shared: needs the data sets that are not part of the repository")


@pytest.fixture
def shared_data():
    """A function from the name of a shared data set to its folder; skips where it is not there."""
    root = Path(os.environ.get("GENSR_SHARED_DATA", REPO.parent / "shared" / "data"))

    def folder(name):
        if not (root / name).is_dir():
            pytest.skip(f"{name}: {root} has no such data set (set GENSR_SHARED_DATA to the folder that has)")
        return root / name

    return folder


@pytest.fixture
def write(tmp_path):
    """A function that writes tables, given as lists of rows, as CSV into one folder."""

    def write_tables(**tables):
        for name, rows in tables.items():
            with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
        return tmp_path

    return write_tables
