"""The `gensr-models` command line."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperCommand

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


@app.callback()
def main() -> None:
    """Train, evaluate, export and pack gensr models."""


@app.command()
def build(
    data: Data,
    out: Annotated[Path | None, typer.Option(help="the pack to write, NAME.gensr")] = None,
    config: Annotated[Path | None, typer.Option(help="settings, YAML; every field is optional")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only read and check the tables")] = False,
) -> None:
    """Turns tables into a pack: reads, trains, exports, quantises, checks, writes."""
    _keep_memory()
    _show_log()
    with _errors():
        from gensr_models.data import load, render, summary
        from gensr_models.settings import Settings

        settings = Settings.load(config)
        dataset = load(data, settings.data)
        for warning in dataset.warnings:
            console.print(Text.assemble(("warning", "yellow"), f": {warning}"), soft_wrap=True)
        if dry_run:
            Console().print(render(summary(dataset)))
            return
        if out is None:
            raise ValueError("--out NAME.gensr is missing (or --dry-run, to check the tables only)")
        if not out.parent.is_dir():
            raise FileNotFoundError(f"folder {out.parent} does not exist")
        from gensr_models.build import build as run
        from gensr_models.progress import Progress

        report = run(dataset, out, settings, seed, Progress(console))
        print(json.dumps({k: report[k] for k in ("pack_id", "bytes", "valid", "gates", "seconds")}, indent=1))


class _BareBaselines(TyperCommand):
    """Lets `--baselines` stand alone; typer knows no options whose value may be left out."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        from gensr_models.baselines import chosen

        whole = []
        for place, argument in enumerate(args):
            whole.append(argument)
            if argument == "--baselines":
                try:
                    chosen(args[place + 1])
                except (IndexError, ValueError):
                    following = args[place + 1] if place + 1 < len(args) else "-"
                    if following.startswith("-") or Path(following).exists():
                        whole.append("fast")
        return super().parse_args(ctx, whole)


@app.command(cls=_BareBaselines)
def evaluate(
    data: Data,
    baselines: Annotated[
        str | None,
        typer.Option("--baselines", help="names with commas between, `fast` (also where none is named) or `all`"),
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
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Ranks the test events with baselines tuned on valid, in the protocol of `gensr evaluate`; with 95 % intervals."""
    _keep_memory()
    _show_log()
    with _errors():
        import tempfile

        from gensr_models.baselines import Setting, chosen, table
        from gensr_models.baselines import evaluate as run
        from gensr_models.data import load
        from gensr_models.progress import Progress
        from gensr_models.settings import Settings

        if baselines is None and not rivals:
            raise ValueError("say --baselines; a pack alone is evaluated by `gensr evaluate PACK --data DATA`")
        names, settings = chosen(baselines) if baselines else (), Settings.load(config)
        dataset, log = load(data, settings.data), logging.getLogger("gensr_models")
        with tempfile.TemporaryDirectory() as folder:
            kept = cache or Path(folder)
            kept.mkdir(parents=True, exist_ok=True)
            setting = Setting(kept, settings, seed, Progress(console), lambda line: log.info("%s", line))
            figures = run(dataset, setting, names, against=tuple(against or ()), rivals=tuple(rivals or ()))
        if as_json:
            print(json.dumps(figures, indent=1))
        else:
            for task, found in ((task, found) for task, found in figures.items() if found):
                Console().print(table(task, found))


@app.command()
def derive(
    data: Data,
    out: Annotated[Path, typer.Option(help="the new folder")],
    withhold_items: Annotated[
        float | None, typer.Option(min=0.001, max=0.999, help="share of the items that training must not meet")
    ] = None,
    withhold_users: Annotated[
        float | None, typer.Option(min=0.001, max=0.999, help="share of the users that training must not meet")
    ] = None,
    unseen_queries: Annotated[
        bool, typer.Option("--unseen-queries", help="test only searches whose query training does not have")
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="keep no training events, as if nobody had used the shop")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="settings, YAML: what event names mean")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of what is drawn")] = 0,
) -> None:
    """Writes a data folder that asks for what training never met: build and evaluate with it as with any other."""
    _show_log()
    with _errors():
        from gensr_models import derive as made
        from gensr_models.data import TEST, load
        from gensr_models.settings import Settings

        if [withhold_items is not None, withhold_users is not None, unseen_queries or alone].count(True) != 1:
            raise ValueError("say --withhold-items SHARE, --withhold-users SHARE, or --unseen-queries, --alone or both")
        if out.exists():
            raise FileExistsError(f"{out} is there already")
        dataset = load(data, Settings.load(config).data)
        if withhold_items is not None:
            derived = made.withhold_items(dataset, withhold_items, seed)
        elif withhold_users is not None:
            derived = made.withhold_users(dataset, withhold_users, seed)
        else:
            derived = made.unseen_queries(dataset, alone) if unseen_queries else made.alone(dataset)
        made.write(dataset, data, derived, out)
        console.print(f"{len(derived[0]):,} events in {out}, {(derived[1] == TEST).sum():,} of them test events")


_Format = Annotated[str, typer.Argument(metavar="FORMAT", help="kuaisar, amazon, movielens or recbole")]
_Protocol = Annotated[str | None, typer.Option(help="gensr: what the paper does on KuaiSAR and Amazon (docs/data.md)")]
_KCore = Annotated[int | None, typer.Option(min=0, help="drop users and items with fewer events; 0 keeps all items")]
_Split = Annotated[str | None, typer.Option(help="leave-one-out, time:1d (days), time:0.1 (share), given")]
_Least = Annotated[int | None, typer.Option(min=2, help="events of a task below which a user is not asked it")]
_Repeats = Annotated[
    bool | None,
    typer.Option("--repeats/--no-repeats", help="whether a held-out item may occur elsewhere in the user's events"),
]
_Rating = Annotated[float | None, typer.Option(help="ratings below it are no events")]
_Candidates = Annotated[int | None, typer.Option(min=0, help="negatives of a test event; 0: full ranking alone")]
_Skip = Annotated[bool, typer.Option("--skip-bad-rows", help="leave rows with problems out in place of refusing")]


@app.command()
def convert(
    form: _Format,
    source: Annotated[Path, typer.Argument(help="folder with the files as they are published")],
    out: Annotated[Path, typer.Argument(help="the new data folder")],
    protocol: _Protocol = None,
    k_core: _KCore = None,
    split: _Split = None,
    least: _Least = None,
    repeats: _Repeats = None,
    least_rating: _Rating = None,
    candidates: _Candidates = None,
    skip_bad_rows: _Skip = False,
    seed: Annotated[int, typer.Option(min=0, help="of what is drawn")] = 0,
) -> None:
    """Writes a data folder from a published data set; what is left out of the options follows the format."""
    with _errors():
        from gensr_models import convert as made

        given = {
            "k_core": k_core,
            "split": split,
            "least": least,
            "repeats": repeats,
            "least_rating": least_rating,
            "candidates": candidates,
            "seed": seed,
        }
        how = made.options(form, protocol, **given)
        counts = made.convert(form, source, out, how, skip_bad_rows, lambda line: console.print(line, soft_wrap=True))
        print(json.dumps(counts, indent=1, ensure_ascii=False))


@app.command()
def reproduce(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="kuaisar or amazon")],
    source: Annotated[Path, typer.Argument(help="folder with the files as they are published")],
    out: Annotated[Path, typer.Argument(help="a folder for the data, the pack and the figures")],
    config: Annotated[
        Path | None, typer.Option(help="settings of the build, YAML, in place of the format's own")
    ] = None,
    split: _Split = None,
    skip_bad_rows: _Skip = False,
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn")] = 0,
) -> None:
    """Converts, builds and evaluates with the protocol of the GenSR paper: HR and NDCG among 1 + 99 and among all."""
    _keep_memory()
    _show_log()
    with _errors():
        from gensr_models import convert as made
        from gensr_models.data import load
        from gensr_models.engine import call, engine_binary
        from gensr_models.settings import Settings

        engine_binary()  # before the hours, not after them
        data, pack = out / form, out / f"{form}.gensr"
        how = made.options(form, "gensr", split=split, seed=seed)
        if not made.is_made(form, how, data):
            made.convert(form, source, data, how, skip_bad_rows, lambda line: console.print(line, soft_wrap=True))
        own = data / "settings.yaml"
        settings = Settings.load(config or (own if own.exists() else None))
        from gensr_models.build import build as run
        from gensr_models.progress import Progress

        run(load(data, settings.data), pack, settings, seed, Progress(console))
        figures = call("evaluate", pack, "--data", data, "--json")
        (out / "figures.json").write_text(figures, encoding="utf-8")
        print(figures, end="")


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
    _show_log()
    with _errors():
        from gensr_models.evidence.floor import recalibrate

        _fit_again(recalibrate, pack, data, out, config, seed)


@app.command()
def adapt(
    pack: _Pack,
    data: _BuiltFrom,
    out: _Rewritten,
    config: _BuiltWith = None,
    seed: Annotated[int, typer.Option(min=0, help="of the users that are asked about")] = 0,
) -> None:
    """Fits on valid how much the taste of a user's own events counts, and writes the pack with it."""
    _show_log()
    with _errors():
        from gensr_models.evidence.taste import adapt as fit

        _fit_again(fit, pack, data, out, config, seed)


def _fit_again(fit: Callable[..., dict], pack: Path, data: Path, out: Path, config: Path | None, seed: int) -> None:
    """Fits a part of a finished pack anew and prints what that says."""
    import tempfile

    from gensr_models.data import load
    from gensr_models.evidence.collect import MOST_USERS
    from gensr_models.settings import Settings

    dataset = load(data, Settings.load(config).data)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(fit(dataset, pack, out, Path(folder), MOST_USERS, seed), indent=1))


@app.command()
def crosscheck(
    pack: _Pack,
    data: _BuiltFrom,
    users: Annotated[int, typer.Option(min=1, help="test events per task")] = 500,
    config: _BuiltWith = None,
) -> None:
    """Answers test events with the NumPy reference and with the Rust engine, and compares lists and metrics."""
    _show_log()
    with _errors():
        from gensr_models.crosscheck import crosscheck as run
        from gensr_models.data import load
        from gensr_models.progress import Progress
        from gensr_models.settings import Settings

        figures = run(load(data, Settings.load(config).data), data, pack, users, Progress(console))
        print(json.dumps(figures, indent=1))


class _errors:
    """Turns what a user can mend into one clear message and exit code 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> bool:
        from gensr_models.data import DataError
        from gensr_models.engine import EngineMissingError
        from gensr_models.pack.format import PackError
        from gensr_models.settings import SettingsError
        from gensr_models.validate import QualityError

        known = (DataError, SettingsError, PackError, QualityError, EngineMissingError, OSError, ValueError)
        if not isinstance(error, known):
            return False
        console.print(Text.assemble(("error", "red"), f": {error}"), soft_wrap=True)
        raise typer.Exit(1) from error


def _show_log() -> None:
    handler = logging.StreamHandler()
    log = logging.getLogger("gensr_models")
    log.setLevel(logging.INFO)
    log.handlers = [handler]
    log.propagate = False


def _keep_memory() -> None:
    if os.environ.keys() >= _MALLOC.keys() or not Path("/proc/self/exe").exists():
        return
    import sys

    os.environ.update(_MALLOC)
    os.execv(sys.executable, [sys.executable, "-m", "gensr_models.cli", *sys.argv[1:]])


if __name__ == "__main__":
    app()
