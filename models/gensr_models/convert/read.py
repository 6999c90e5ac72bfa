"""Published files as batches of rows that know where they stand, so that every problem names file, row and column."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from gensr_models.data.problems import Problems, quote
from gensr_models.data.tables import BLOCK

LONGEST_LINE = 16 * 2**20
"""Bytes of one line of JSON; the longest that is published has a few hundred thousand."""

WHOLE = r"^[+-]?[0-9]{1,18}(\.0*)?$"
NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"


class Batch:
    """Some rows of a table, all values as text.

    `whole` and `number` report what does not fit and mark its row; `good` says which rows are left. Rows that do not
    count, such as adverts without an item, are taken out with `where` before they are checked.

    Attributes:
        file: name of the file.
        rows: int64, row of each record as `Problem.row` has it.
        good: bool, rows without a problem so far.
    """

    def __init__(self, file: str, columns: dict[str, pa.Array], rows: np.ndarray, problems: Problems):
        self.file, self.rows, self.good = file, rows, np.ones(len(rows), bool)
        self._columns, self._problems = columns, problems

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, mask: np.ndarray) -> Batch:
        """The rows of `mask` alone."""
        columns = {name: values.filter(pa.array(mask)) for name, values in self._columns.items()}
        return Batch(self.file, columns, self.rows[mask], self._problems)

    def text(self, name: str) -> np.ndarray:
        """Texts without blanks at their ends, "" where there is none."""
        return self._columns[name].to_numpy(zero_copy_only=False)

    def arrow(self, name: str) -> pa.Array:
        """The same as `text`, as Arrow keeps it: for columns of which most rows are dropped."""
        return self._columns[name]

    def named(self, name: str) -> np.ndarray:
        """Texts of which none may be missing."""
        values = self.text(name)
        self.refuse(name, values == "", "is empty", "write an id in every row")
        return values

    def whole(self, name: str) -> np.ndarray:
        """Whole numbers, int64; `12.0` is one, too. 0 at problems."""
        values = self._columns[name]
        good = pc.match_substring_regex(values, WHOLE)
        self.refuse(name, ~good.to_numpy(zero_copy_only=False), "is not a whole number", "write a whole number")
        digits = pc.replace_substring_regex(values, r"^\+|\.0*$", "")
        return pc.if_else(good, digits, "0").cast(pa.int64()).to_numpy()

    def number(self, name: str) -> np.ndarray:
        """Decimal numbers, float64; 0 at problems."""
        values = self._columns[name]
        good = pc.match_substring_regex(values, NUMBER)
        self.refuse(name, ~good.to_numpy(zero_copy_only=False), "is not a number", "write a decimal number")
        return pc.if_else(good, values, "0").cast(pa.float64()).to_numpy()

    def seconds(self, name: str, scale: int = 1) -> np.ndarray:
        """Times as whole seconds; `scale` is how many of the file's units make a second."""
        return (self.number(name) // scale).astype(np.int64)

    def refuse(self, name: str, bad: np.ndarray, wrong: str, right: str) -> None:
        """Reports the values of a column at `bad` and marks their rows."""
        places = np.flatnonzero(bad & self.good)
        self.good[places] = False
        values = self._columns[name].take(pa.array(places)).to_pylist()
        rows = self.rows[places]
        self._problems.add_rows(self.file, rows, lambda i: f"{quote(values[i])} {wrong}", right, column=name)


def present(folder: Path, *names: str) -> Path | None:
    """The first of these files that is there, plain or with gzip."""
    paths = (folder / (name + end) for name in names for end in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def needed(folder: Path, name: str, problems: Problems) -> Path | None:
    """A file that has to be there."""
    path = present(folder, name)
    if path is None:
        problems.add(name, "the file is not there", f"put {name} or {name}.gz into {folder}")
    return path


def header(path: Path, problems: Problems, delimiter: str = ",", quoted: bool = True) -> list[str] | None:
    """The names in the first row."""
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            first = file.readline(LONGEST_LINE).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        problems.add(path.name, f"cannot be read ({error})", "unpack or download the file again")
        return None
    if not first.strip():
        problems.add(path.name, "the file is empty", "download the file again")
        return None
    first = first.rstrip("\r\n")
    return next(csv.reader([first], delimiter=delimiter)) if quoted else first.split(delimiter)


def table(
    path: Path,
    columns: list[str],
    problems: Problems,
    *,
    names: list[str] | None = None,
    delimiter: str = ",",
    quoted: bool = True,
) -> Iterator[Batch]:
    """The rows of a table of text, in batches of some ten thousand.

    Args:
        path: the file, plain or with gzip.
        columns: what is read of it; a column that is not there is a problem, and nothing is read then.
        problems: where they go.
        names: names of the columns in place of those in the first row, which is skipped all the same.
        delimiter: what stands between fields.
        quoted: whether a field may stand in quotation marks and have line breaks in it.
    """
    found = header(path, problems, delimiter, quoted)
    if found is None:
        return
    names = names or found
    missing = [name for name in columns if name not in names]
    for name in missing:
        problems.add(path.name, "the column is missing", f"it needs {', '.join(columns)}", column=name)
    if missing:
        return
    uneven: list[tuple[int, int]] = []

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        uneven.append((row.number, row.actual_columns))
        return "skip"

    row, known = 2, 0
    try:
        reader = pyarrow.csv.open_csv(
            pa.input_stream(str(path), compression="detect"),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=BLOCK if quoted else BLOCK // 16, column_names=names, skip_rows=1
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=False,
                invalid_row_handler=refuse,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            end = row + len(batch)
            while known < len(uneven) and uneven[known][0] < end + 1:  # the reader may be ahead by a block
                known, end = known + 1, end + 1
            rows = np.setdiff1d(np.arange(row, end), [number for number, _ in uneven[:known]], assume_unique=True)
            row = end
            texts = [pc.utf8_trim_whitespace(values) for values in batch.columns]
            whole = Batch(path.name, dict(zip(columns, texts, strict=True)), rows, problems)
            blank = np.logical_and.reduce([values == "" for values in map(whole.text, columns)])
            yield whole.where(~blank) if len(columns) > 1 and blank.any() else whole
    except (pa.ArrowInvalid, OSError) as error:
        place = _first_line_not_utf8(path) if "UTF8" in str(error) else None
        wrong = "is not UTF-8" if place else f"cannot be read ({error})"
        problems.add(path.name, wrong, "download the file again", row=place)
    problems.add_rows(
        path.name,
        [number for number, _ in uneven],
        lambda i: f"{uneven[i][1]} fields where the header has {len(names)}",
        "download the file again, or take the row out",
    )


def _first_line_not_utf8(path: Path) -> int | None:
    for number, line in lines(path, Problems()):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return number
    return None


def lines(path: Path, problems: Problems) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, counted from 1, without what ends them."""
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
                yield number, (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).rstrip(b"\r\n")
    except (OSError, EOFError, zlib.error) as error:
        problems.add(path.name, f"cannot be read ({error})", "download the file again")
