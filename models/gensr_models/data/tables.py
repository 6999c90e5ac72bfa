"""Tables from files: CSV, JSON Lines (both also with gzip) and Parquet, as data frames with row numbers."""

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from .problems import Problems, quote

EXTENSIONS = (".csv", ".csv.gz", ".parquet", ".jsonl", ".jsonl.gz")

BLOCK = 64 * 2**20
"""Bytes that the CSV reader takes at a time; a single record must be smaller."""

INDEX = re.compile(r"__index_level_\d+__")
"""Name that pandas gives the index of a frame in Parquet; not a column of the user's."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table as read: nothing is checked yet beyond the file format.

    Attributes:
        file: name of the file.
        frame: the columns. In CSV all are text; in the other formats values keep the type they have.
        rows: row number of each record, see `Problem.row`.
    """

    file: str
    frame: pd.DataFrame
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


def find(folder: Path, stem: str, problems: Problems) -> Path | None:
    """The file of a table, whatever its format; several of them are a problem."""
    found = [path for extension in EXTENSIONS if (path := folder / f"{stem}{extension}").is_file()]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        problems.add(found[0].name, f"the table is there more than once ({names})", "keep one of the files")
    return found[0] if found else None


def sha256(path: Path) -> str:
    """Lower-case hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path, problems: Problems) -> Table | None:
    """Reads a table; None where the file as such cannot be read (the reason is then among the problems)."""
    if path.name.endswith(".parquet"):
        return _read_parquet(path, problems)
    try:
        raw = path.read_bytes()
        if path.name.endswith(".gz"):
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        problems.add(path.name, f"cannot be unpacked ({error})", "write the file again with gzip")
        return None
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not _is_utf8(path.name, raw, problems):
        raw = raw.decode("utf-8", errors="replace").encode()
    if not raw.strip():
        problems.add(path.name, "the file is empty", "it needs at least one record")
        return None
    return (_read_json if ".jsonl" in path.name else _read_csv)(path.name, raw, problems)


def _is_utf8(file: str, raw: bytes, problems: Problems) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        bad = []
        for number, line in enumerate(raw.split(b"\n"), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                bad.append((number, line[error.start]))
        problems.add_rows(
            file,
            [n for n, _ in bad],
            lambda i: f"byte 0x{bad[i][1]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
        return False
    return True


def _read_csv(file: str, raw: bytes, problems: Problems) -> Table | None:
    if raw.count(b'"') % 2 and _unclosed_quote(raw):
        problems.add(file, "a quotation mark is opened and never closed", 'write a quotation mark in a field as ""')
        return None
    header = next(csv.reader(io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline="")))
    other = next((mark for mark in ";\t" if len(header) == 1 and mark in header[0]), None)
    if other is not None:
        shown = "semicolons" if other == ";" else "tabs"
        problems.add(file, f"fields have {shown} between them", "write them with commas (pandas: sep=',')", row=1)
        return None
    if are_twice(file, header, problems, row=1):
        return None
    bad: list[tuple[int, int]] = []

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        bad.append((row.number, row.actual_columns))
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(raw),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        problems.add(file, f"is no CSV ({error})", "write it with a header line, commas and quoted fields")
        return None
    problems.add_rows(
        file,
        [row for row, _ in bad],
        lambda i: f"{bad[i][1]} fields where the header has {len(header)}",
        "put fields that hold a comma or a line break in quotation marks",
    )
    rows = np.delete(np.arange(2, 2 + table.num_rows + len(bad)), [row - 2 for row, _ in bad])
    frame = table.to_pandas()
    # Blank lines, and the rows of nothing but commas that spreadsheets like to leave at the end.
    blank = (frame == "").all(axis=1).to_numpy() if len(frame.columns) > 1 else np.zeros(len(frame), bool)
    if blank.any():
        frame, rows = frame[~blank].reset_index(drop=True), rows[~blank]
    return Table(file, frame, rows)


def are_twice(file: str, names: list[str], problems: Problems, row: int | None = None) -> bool:
    """Whether columns have the same name, which is a problem."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.add(file, f"column names occur twice: {', '.join(twice)}", "give each column its own name", row=row)
    return bool(twice)


def _unclosed_quote(raw: bytes) -> bool:
    try:
        for _ in csv.reader(io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline=""), strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _read_json(file: str, raw: bytes, problems: Problems) -> Table | None:
    def refuse(name: str) -> float:
        raise ValueError(f"{name} is no JSON number")

    records, rows = [], []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_constant=refuse)
            if not isinstance(record, dict):
                raise ValueError("not an object")
            if b"\\u" in line:
                json.dumps(record, ensure_ascii=False).encode()  # half of a surrogate pair is a ValueError
        except (ValueError, RecursionError) as error:
            bad.append((number, str(error)))
            continue
        records.append(record)
        rows.append(number)
    problems.add_rows(
        file,
        [row for row, _ in bad],
        lambda i: bad[i][1],
        "write one JSON object with the columns as keys a line",
    )
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: pd.Series([record.get(name) for record in records], dtype=object) for name in names}
    return Table(file, pd.DataFrame(columns), np.array(rows, dtype=np.int64))


def _read_parquet(path: Path, problems: Problems) -> Table | None:
    try:
        if are_twice(path.name, pyarrow.parquet.read_schema(path).names, problems):
            return None
        table = pyarrow.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        problems.add(path.name, f"is no Parquet file ({error})", "write it with pandas, pyarrow or Spark")
        return None
    return of_arrow(path.name, table)


def of_arrow(file: str, table: pa.Table, first_row: int = 1) -> Table:
    """A table of typed values, or a part of one; `first_row` is the number of its first record."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if INDEX.fullmatch(name):
            continue
        values = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            columns[name] = values.to_pandas().reset_index(drop=True)
        elif pa.types.is_integer(values.type) and not values.null_count:
            columns[name] = values.to_pandas()
        else:
            columns[name] = pd.Series(values.to_pylist(), dtype=object)
    rows = np.arange(first_row, first_row + table.num_rows)
    return Table(file, pd.DataFrame(columns), rows)


def values(table: Table, name: str) -> list:
    """The values of a column in Python, None where a text is missing."""
    column = table.frame[name]
    if isinstance(column.dtype, pd.StringDtype):
        column = column.astype(object).where(column.notna(), None)
    return column.tolist()


def text(table: Table, name: str, problems: Problems) -> pd.Series:
    """A column as text, "" where missing. Whole numbers count as text; other values are problems."""
    column = table.frame[name]
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("")
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.astype(str)
    bad: list[int] = []
    result: list[str] = []
    for place, value in enumerate(column):
        if isinstance(value, str):
            result.append(value)
        elif value is None or value is pd.NA:
            result.append("")
        elif isinstance(value, int) and not isinstance(value, bool):
            result.append(str(value))
        else:
            bad.append(place)
            result.append("?")
    problems.add_rows(
        table.file,
        table.rows[bad],
        lambda i: f"{quote(column[bad[i]])} is not text",
        "write text or a whole number",
        column=name,
    )
    return pd.Series(result, dtype="str")
