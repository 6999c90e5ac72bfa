"""Commands that measure the parts of the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gensr_models.cli.app import Data, app, console, errors, keep_memory, show_log

_Config = Annotated[Path | None, typer.Option(help="settings that all variants begin with, YAML")]


@app.command()
def ablate(
    data: Data,
    out: Annotated[Path, typer.Option(help="folder of all runs; a run that was killed goes on from it")],
    seeds: Annotated[str, typer.Option(help="with commas between")] = "0,1,2",
    variants: Annotated[str | None, typer.Option(help="names with commas between; all where none is named")] = None,
    config: _Config = None,
    split: Annotated[str, typer.Option(help="test: packs, by the engine; valid: the networks alone")] = "test",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Measures the worth of each part of the model: variants without it, trained, ranked, paired with the whole."""
    keep_memory()
    show_log()
    with errors():
        from gensr_models.config.progress import Progress
        from gensr_models.config.settings import Settings
        from gensr_models.data import TASKS, load
        from gensr_models.research.ablate import FILES
        from gensr_models.research.ablate import ablate as run
        from gensr_models.research.table import shown
        from gensr_models.research.variants import chosen

        if split not in FILES:
            raise ValueError(f"--split is test or valid, not {split!r}")
        numbers = _numbers(seeds)
        settings, asked = Settings.load(config), chosen(variants)
        found = run(load(data, settings.data), out, settings, numbers, asked, split, Progress(console))
        if as_json:
            print(json.dumps(found, indent=1))
            return
        for task in TASKS:
            Console().print(shown(f"{found['data']}, {split}", task, found["rows"]))


@app.command()
def claims(
    data: Data,
    out: Annotated[Path, typer.Option(help="folder of `ablate`, with `full` and `heads` run")],
    config: _Config = None,
) -> None:
    """Prompts against two heads, in information and gradients, with two pictures; and a judge beside the network."""
    keep_memory()
    show_log()
    with errors():
        from gensr_models.config.progress import Progress
        from gensr_models.config.settings import Settings
        from gensr_models.data import load
        from gensr_models.research.ablation import Ablation
        from gensr_models.research.claims import claims as run

        settings = Settings.load(config)
        found = run(Ablation(load(data, settings.data), out, settings, Progress(console)))
        print(json.dumps(found, indent=1))


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise ValueError(f"--seeds takes numbers with commas between, not {text!r}") from error
    if not numbers or min(numbers) < 0:
        raise ValueError("--seeds takes at least one number, none below 0")
    return list(dict.fromkeys(numbers))
