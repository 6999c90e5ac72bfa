"""Commands that fit a part of a finished pack again, or check it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gensr_models.cli.app import app, console, errors, show_log

_Pack = Annotated[Path, typer.Argument(help="a pack")]
_BuiltFrom = Annotated[Path, typer.Option(help="the data folder that it was built from")]
_Rewritten = Annotated[Path, typer.Option(help="the pack to write; may be the same file")]
_BuiltWith = Annotated[Path | None, typer.Option(help="the settings it was built with")]


@app.command()
def calibrate(
    pack: _Pack,
    data: _BuiltFrom,
    out: _Rewritten,
    config: _BuiltWith = None,
    seed: Annotated[int, typer.Option(min=0, help="of the nonsense queries")] = 0,
) -> None:
    """Fits the floor below which nonsense queries get no hits, on valid searches, and writes the pack with it."""
    show_log()
    with errors():
        import tempfile

        from gensr_models.config.settings import Settings
        from gensr_models.data import load
        from gensr_models.signals.collect import MOST_USERS
        from gensr_models.signals.floor import recalibrate

        dataset = load(data, Settings.load(config).data)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(recalibrate(dataset, pack, out, Path(folder), MOST_USERS, seed), indent=1))


@app.command()
def variants(
    pack: _Pack,
    out: _Rewritten,
    precision: Annotated[list[str] | None, typer.Option(help="fp16 or fp32; both when left out")] = None,
    config: _BuiltWith = None,
) -> None:
    """Adds the sentence encoder for accelerators to a pack, and measures how it differs from the pack's own."""
    show_log()
    with errors():
        from gensr_models.config.settings import Settings, TextSettings
        from gensr_models.quality.encoders import add_variants

        text = Settings.load(config).text.model_dump() | {"variants": precision or ["fp16", "fp32"]}
        print(json.dumps(add_variants(pack, out, TextSettings.model_validate(text)), indent=1))


@app.command()
def instructions(
    pack: _Pack,
    data: _BuiltFrom,
    users: Annotated[int, typer.Option(min=1, help="whose test events are asked about")] = 1_000,
    config: _BuiltWith = None,
    seed: Annotated[int, typer.Option(min=0, help="of the sample and of what is said")] = 0,
) -> None:
    """Measures instructions in a pack: paraphrases of the task, intents, how far an intent steers."""
    show_log()
    with errors():
        import tempfile

        from gensr_models.config.settings import Settings
        from gensr_models.data import load
        from gensr_models.instructions.measure import evaluate
        from gensr_models.instructions.sayings import Texts

        settings = Settings.load(config)
        texts = Texts.load(settings.instructions.texts)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(evaluate(load(data, settings.data), pack, texts, users, seed, Path(folder)), indent=1))


@app.command()
def crosscheck(
    pack: _Pack,
    data: _BuiltFrom,
    users: Annotated[int, typer.Option(min=1, help="test events per task")] = 500,
    config: _BuiltWith = None,
) -> None:
    """Answers test events with the NumPy reference and with the Rust engine, and compares lists and metrics."""
    show_log()
    with errors():
        from gensr_models.config.progress import Progress
        from gensr_models.config.settings import Settings
        from gensr_models.data import load
        from gensr_models.quality.crosscheck import crosscheck as run

        figures = run(load(data, Settings.load(config).data), data, pack, users, Progress(console))
        print(json.dumps(figures, indent=1))
