"""Commands that build a pack and evaluate it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from gensr_models.cli.app import Data, Device, app, console, errors, keep_memory, show_log


@app.command()
def build(
    data: Data,
    out: Annotated[Path | None, typer.Option(help="the pack to write, NAME.gensr")] = None,
    config: Annotated[Path | None, typer.Option(help="settings, YAML; every field is optional")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only read and check the tables")] = False,
    warm_start: Annotated[
        Path | None, typer.Option(help="an earlier build's run folder (NAME.gensr.run), or its pack, to begin with")
    ] = None,
    device: Device = "auto",
) -> None:
    """Turns tables into a pack: reads, trains, exports, quantises, checks, writes.

    Started by `torchrun` or `accelerate launch` on several processes, these train the network together.
    """
    keep_memory()
    show_log()
    with errors():
        from gensr_models.config.settings import Settings
        from gensr_models.data import load, render, summary
        from gensr_models.training.processes import Processes
        from gensr_models.training.together import follow

        processes = Processes() if dry_run else Processes.join(device)
        if not processes.first:
            follow(processes)
            return
        settings = Settings.load(config)
        dataset = load(data, settings.data, out.parent if out is not None and out.parent.is_dir() else None)
        if dry_run:
            Console().print(render(summary(dataset)))  # with the warnings
            return
        for warning in dataset.warnings:
            console.print(Text.assemble(("warning", "yellow"), f": {warning}"), soft_wrap=True)
        if out is None:
            raise ValueError("--out NAME.gensr is missing (or --dry-run, to check the tables only)")
        if not out.parent.is_dir():
            raise FileNotFoundError(f"folder {out.parent} does not exist")
        from gensr_models.build import build as run
        from gensr_models.config.progress import Progress

        report = run(dataset, out, settings, seed, Progress(console), processes, warm_start=warm_start)
        print(json.dumps({k: report[k] for k in ("pack_id", "bytes", "valid", "gates", "seconds")}, indent=1))


@app.command()
def settings() -> None:
    """Prints all settings of a build with their defaults, as YAML for `--config`."""
    from gensr_models.config.settings import commented

    print(commented(), end="")


@app.command()
def evaluate(
    data: Data,
    baselines: Annotated[
        str | None,
        typer.Option(help="names with commas between, `fast` or `all`"),
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option(help="a pack that is ranked on the same test events; again for other seeds")
    ] = None,
    rivals: Annotated[
        list[Path] | None, typer.Option(help="a pack to list among the baselines; may be repeated")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="settings, YAML")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of samples, of the bootstrap and of what is trained")] = 0,
    cache: Annotated[Path | None, typer.Option(help="folder that keeps what is encoded and trained")] = None,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Ranks the test events with baselines tuned on valid, in the protocol of `gensr evaluate`; with 95 % intervals."""
    keep_memory()
    show_log()
    with errors():
        import tempfile

        from gensr_models.baselines import Setting, chosen, table
        from gensr_models.baselines import evaluate as run
        from gensr_models.config.progress import Progress
        from gensr_models.config.settings import Settings
        from gensr_models.data import load
        from gensr_models.training.processes import Processes

        if baselines is None and not rivals:
            raise ValueError("say --baselines fast; a pack alone is evaluated by `gensr evaluate PACK --data DATA`")
        names, settings = chosen(baselines) if baselines else (), Settings.load(config)
        trains_on = Processes.alone(device, "evaluate --baselines").device
        dataset, log = load(data, settings.data), logging.getLogger("gensr_models")
        with tempfile.TemporaryDirectory() as folder:
            kept = cache or Path(folder)
            kept.mkdir(parents=True, exist_ok=True)
            setting = Setting(
                kept, settings, seed, Progress(console), lambda line: log.info("%s", line), device=trains_on
            )
            figures = run(dataset, setting, names, against=tuple(against or ()), rivals=tuple(rivals or ()))
        if as_json:
            print(json.dumps(figures, indent=1))
        else:
            for task, found in ((task, found) for task, found in figures.items() if found):
                Console().print(table(task, found))
