"""The application that all commands belong to, and their shared parts."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

# Training allocates and frees the same large blocks every step; glibc must not give them back in between. These are
# read when malloc is first used, so a process that lacks them starts itself again.
_MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "4294967296"}

app = typer.Typer(
    help="Train, evaluate, export and pack gensr models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True)

Data = Annotated[Path, typer.Argument(help="folder with items.* and, where there are logs, events.*")]

Device = Annotated[str, typer.Option(help="where to train: cpu, cuda, cuda:1; auto: a GPU if any")]


@app.callback()
def main() -> None:
    """Train, evaluate, export and pack gensr models."""


class errors:
    """Turns errors that a user can fix into one message and exit code 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> bool:
        from gensr_models.config.settings import SettingsError
        from gensr_models.data import DataError
        from gensr_models.engine import EngineMissingError
        from gensr_models.pack.format import PackError
        from gensr_models.quality.losses import QualityError

        known = (DataError, SettingsError, PackError, QualityError, EngineMissingError, OSError, ValueError)
        if not isinstance(error, (*known, FloatingPointError)):  # the last is a training that diverged
            return False
        console.print(Text.assemble(("error", "red"), f": {error}"), soft_wrap=True)
        raise typer.Exit(1) from error


def show_log() -> None:
    """Sends the log to the terminal."""
    handler = logging.StreamHandler()
    log = logging.getLogger("gensr_models")
    log.setLevel(logging.INFO)
    log.handlers = [handler]
    log.propagate = False


def keep_memory() -> None:
    """Starts the process again, once, with an allocator that keeps large blocks."""
    if os.environ.keys() >= _MALLOC.keys() or not Path("/proc/self/exe").exists():
        return
    import sys

    os.environ.update(_MALLOC)
    os.execv(sys.executable, [sys.executable, "-m", "gensr_models.cli", *sys.argv[1:]])
