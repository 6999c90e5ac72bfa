"""Commands that write data folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gensr_models.cli.app import Data, Device, app, console, errors, keep_memory, show_log


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
    show_log()
    with errors():
        from gensr_models.config.settings import Settings
        from gensr_models.convert import derive as made
        from gensr_models.data import TEST, load

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
    with errors():
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
    device: Device = "auto",
) -> None:
    """Converts, builds and evaluates with the protocol of the GenSR paper: HR and NDCG among 1 + 99 and among all.

    Started by `torchrun` or `accelerate launch` on several processes, these train the network together.
    """
    keep_memory()
    show_log()
    with errors():
        from gensr_models import convert as made
        from gensr_models.config.settings import Settings
        from gensr_models.data import load
        from gensr_models.engine import call, engine_binary
        from gensr_models.training.processes import Processes
        from gensr_models.training.together import follow

        processes = Processes.join(device)
        if not processes.first:
            follow(processes)
            return
        engine_binary()  # before the hours, not after them
        data, pack = out / form, out / f"{form}.gensr"
        how = made.options(form, "gensr", split=split, seed=seed)
        if not made.is_made(form, how, data):
            made.convert(form, source, data, how, skip_bad_rows, lambda line: console.print(line, soft_wrap=True))
        own = data / "settings.yaml"
        settings = Settings.load(config or (own if own.exists() else None))
        from gensr_models.build import build as run
        from gensr_models.config.progress import Progress

        run(load(data, settings.data), pack, settings, seed, Progress(console), processes)
        figures = call("evaluate", pack, "--data", data, "--json")
        (out / "figures.json").write_text(figures, encoding="utf-8")
        print(figures, end="")
