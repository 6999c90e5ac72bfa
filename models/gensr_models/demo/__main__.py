"""Writes the data folder of the demo: `python -m gensr_models.demo OUT --seed 7`."""

from pathlib import Path
from typing import Annotated

import typer

from . import generate


def main(
    out: Annotated[Path, typer.Argument(help="Folder to write the tables to.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same tables.")] = 7,
    users: Annotated[int, typer.Option(min=1, help="Number of shoppers.")] = 4200,
) -> None:
    """Write the catalogue, the events and the ambiguous queries of the demo."""
    counts = generate(out, seed, users=users)
    typer.echo(f"{out}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    typer.run(main)
