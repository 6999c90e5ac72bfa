"""Problems found in data tables: collected until the end, then raised together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

SHOWN = 50
"""Most problems that are kept and shown; the rest are only counted."""

SHOWN_EACH = 10
"""Most examples of one kind of problem, so that one broken column does not hide the others."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a table.

    Attributes:
        file: name of the file inside the data folder.
        row: row as a spreadsheet shows it: in CSV the header is row 1 and the first record row 2, in
            Parquet and JSON Lines the first record is row 1. None where the whole file or column is meant.
        column: name of the column, None where no single column is meant.
        wrong: what is wrong.
        right: what would be right.
    """

    file: str
    row: int | None
    column: str | None
    wrong: str
    right: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.wrong}; {self.right}"


class DataError(ValueError):
    """The data folder cannot be used as it is.

    Attributes:
        problems: the first `SHOWN` problems, with at most `SHOWN_EACH` of one kind.
        count: how many there are in all.
    """

    def __init__(self, problems: list[Problem], count: int | None = None):
        self.problems = problems
        self.count = len(problems) if count is None else count
        lines = [str(problem) for problem in problems]
        if self.count > len(problems):
            lines.append(f"... and {self.count - len(problems):,} more")
        noun = "problem" if self.count == 1 else "problems"
        super().__init__(f"{self.count:,} {noun} in the data:\n" + "\n".join(f"  {line}" for line in lines))


class Problems:
    """Collects problems and warnings while tables are read."""

    def __init__(self) -> None:
        self.shown: list[Problem] = []
        self.count = 0
        self.warnings: list[str] = []

    def add(self, file: str, wrong: str, right: str, *, row: int | None = None, column: str | None = None) -> None:
        """Adds one problem."""
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(Problem(file, row, column, wrong, right))

    def add_rows(
        self,
        file: str,
        rows: Iterable[int],
        wrong: Callable[[int], str],
        right: str,
        *,
        column: str | None = None,
    ) -> None:
        """Adds the same problem for many rows; `wrong` gets the place in `rows` and words the first few."""
        for place, row in enumerate(rows):
            if place < SHOWN_EACH:
                self.add(file, wrong(place), right, row=int(row), column=column)
            else:
                self.count += 1

    def take(self, shown: list[Problem], count: int) -> None:
        """Adds what was found of one problem in `count` rows, of which `shown` are worded."""
        self.shown += shown[: SHOWN - len(self.shown)]
        self.count += count

    def warn(self, text: str) -> None:
        """Adds a remark that does not stop anything."""
        self.warnings.append(text)

    def check(self) -> None:
        """Raises `DataError` if there is any problem."""
        if self.count:
            raise DataError(self.shown, self.count)


def quote(value: object, limit: int = 60) -> str:
    """A value as it is shown in a problem: quoted, control characters escaped, cut when long."""
    text = repr(value) if not isinstance(value, str) else repr(str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"
