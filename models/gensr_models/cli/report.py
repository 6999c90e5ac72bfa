"""The command that writes a report about a built pack."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from gensr_models.cli.app import app, console, errors, keep_memory, show_log


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="a built pack, or the run folder beside it")],
    out: Annotated[Path, typer.Option(help="the page to write, FILE.html")],
    data: Annotated[Path | None, typer.Option(help="the data folder that it was built from")] = None,
    figures: Annotated[
        Path | None, typer.Option(help="what `gensr-models evaluate --against PACK --json` printed")
    ] = None,
    baselines: Annotated[
        str, typer.Option(help="which to evaluate where no figures are given: names, `fast`, `all` or `none`")
    ] = "fast",
    bench: Annotated[Path | None, typer.Option(help="what `gensr bench PACK --json` printed")] = None,
    ablation: Annotated[Path | None, typer.Option(help="the folder that `gensr-models ablate` wrote")] = None,
    cache: Annotated[Path | None, typer.Option(help="where measurements are kept [default: RUN/report]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of samples and of the examples that are drawn")] = 0,
) -> None:
    """Writes one self-contained HTML page about a built pack: quality, bytes, speed, examples."""
    keep_memory()
    show_log()
    with errors():
        from gensr_models.baselines import chosen
        from gensr_models.config.progress import Progress
        from gensr_models.report import Asked, gather, render

        if not out.parent.is_dir():
            raise FileNotFoundError(f"folder {out.parent} does not exist")
        names = () if baselines == "none" else chosen(baselines)
        asked = Asked(run, data, figures, names, bench, ablation, cache, seed)
        log = logging.getLogger("gensr_models")
        found = gather(asked, Progress(console), lambda line: log.info("%s", line))
        page = render(found)
        out.write_text(page, encoding="utf-8")
        log.info("wrote %s, %.0f kB", out, len(page.encode()) / 1e3)
        for one in found.missing:
            log.info("not on it: %s (%s)", one.part, one.reason)
