"""Published layouts converted, read back as a data folder, or refused."""

import csv
import gzip

import pytest

from gensr_models import convert
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
