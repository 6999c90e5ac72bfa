"""The page: what was found, in the order in which a reader asks."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from gensr_models.config.settings import Settings
from gensr_models.report import pictures, words
from gensr_models.report.pictures import Dot
from gensr_models.report.sources import Sources


def render(found: Sources) -> str:
    """The whole page, complete in itself."""
    # Autoescape: titles, queries and names of files are other people's text.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    shown = (words.number, words.signed, words.count, words.size, words.milliseconds, words.duration, words.plain)
    environment.filters |= {one.__name__: one for one in shown} | {"named": words.named}
    folder = files("gensr_models.report")
    template = environment.from_string(folder.joinpath("page.html").read_text(encoding="utf-8"))
    style = Markup(folder.joinpath("style.css").read_text(encoding="utf-8"))
    return template.render(
        found=found,
        run=found.run,
        report=found.run.report,
        manifest=found.run.pack.manifest,
        style=style,
        stages=words.STAGES,
        moments=words.MOMENTS,
        headline=_headline(found),
        build=_build(found),
        metrics=_metrics(found),
        learning=_learning(found),
        quantised=_quantised(found),
        rows=_rows(found),
        sections=_sections(found),
        latency=_latency(found),
        ablation=_ablation(found),
        claims=_claims(found),
    )


def _headline(found: Sources) -> list[tuple[str, str, str]]:
    """Tiles: figure, what it is, in which detail."""
    report, tiles = found.run.report, []
    for task, systems in found.figures.root.items() if found.figures else ():
        if "pack" in systems:
            ours = systems["pack"].default
            packs = len(systems["pack"].packs or [])
            more = f"recall@10 {words.number(ours.recall)}" + (f", mean of {packs} packs" if packs > 1 else "")
            tiles.append((words.number(ours.ndcg), f"ndcg@10, {task}", more))
    tiles.append((words.size(report["bytes"]), "the pack", f"{words.count(found.run.pack.manifest['items'])} items"))
    if found.inspect:
        tiles.append(
            (f"{found.inspect['bytes_per_item']['total']:.0f}", "bytes an item", "without the sentence encoder")
        )
    if found.bench and "total" in found.bench.search:
        time = found.bench.search["total"]
        tiles.append((f"{time.p50:.2f} ms", "warm search", f"95th percentile {time.p95:.2f} ms"))
    return tiles


def _build(found: Sources) -> dict:
    report = found.run.report
    seconds = dict(report["seconds"])
    trained = sum(row.get("seconds", 0) + row.get("valid_seconds", 0) for row in report["curve"])
    resumed = trained > seconds.get("train", 0) + 1
    if resumed:
        seconds["train"] = trained
    steps = [(name, value, None, words.duration(value)) for name, value in seconds.items() if value >= 0.1]
    differing = Settings.model_validate(report["settings"]).model_dump(mode="json", exclude_defaults=True)
    name, data = found.run.path.name, report["data"]["name"]
    config = " --config settings.yaml" if differing else ""
    commands = [
        f"gensr-models build {data} --out {name} --seed {report['seed']}{config}",
        f"gensr verify {name}",
        f"gensr-models evaluate {data} --baselines all --against {name} --json > figures.json",
        f"gensr bench {name} --json > bench.json",
        f"gensr-models report {name} --data {data} --figures figures.json --bench bench.json --out report.html",
    ]
    return {
        "picture": pictures.bars("steps", [("", steps)], "seconds"),
        "total": sum(seconds.values()),
        "resumed": resumed,
        "commands": commands,
        "settings": yaml.safe_dump(differing, sort_keys=False) if differing else "",
    }


def _metrics(found: Sources) -> dict | None:
    if not found.figures:
        return None
    panels, tables = [], {}
    for task, systems in found.figures.root.items():
        if not systems:
            continue
        order = sorted(systems, key=lambda name: -systems[name].default.ndcg)
        panels.append((task, [_dot(name, systems[name]) for name in order]))
        tables[task] = [(name, systems[name]) for name in order]
    if not panels:
        return None
    packs = next((s["pack"].packs for s in found.figures.root.values() if "pack" in s), None)
    return {
        "picture": pictures.dots("metrics", panels, "ndcg@10"),
        "tables": tables,
        "verdicts": {task: words.verdict_on(found.figures, task) for task in tables},
        "packs": packs,
        "compared": any("pack" in systems for systems in found.figures.root.values()),
    }


def _dot(name: str, system) -> Dot:
    low, high = system.intervals["ndcg@10"].interval
    value = system.default.ndcg
    return Dot(words.named(name), value, low, high, name == "pack", words.number(value))


def _learning(found: Sources) -> dict | None:
    curve = found.run.report["curve"]
    if not curve:
        return None
    tasks = [key for key in curve[0] if key.startswith("valid_ndcg@10_")]
    scores = [np.mean([row[task] for task in tasks]) if tasks else -row["loss"] for row in curve]
    best = int(np.argmax(scores))  # the first of equals, as in training
    return {
        "picture": pictures.curves("curves", curve, curve[best]["epoch"]),
        "best": curve[best],
        "tasks": {task.removeprefix("valid_ndcg@10_"): curve[best][task] for task in tasks},
        "epochs": len(curve),
        "seconds": float(np.mean([row.get("seconds", 0) for row in curve])),
        "last": curve[best]["epoch"] == curve[-1]["epoch"],
    }


def _quantised(found: Sources) -> dict | None:
    valid = {task: values for task, values in found.run.report["valid"].items() if "ndcg@10_onnx_quantised" in values}
    if not valid:
        return None
    rows = [
        Dot(task, 100 * v["lost"], 100 * (v["lost"] - 2 * v["lost_standard_error"]),
            100 * (v["lost"] + 2 * v["lost_standard_error"]), True, f"{words.number(100 * v['lost'], 2)} %")
        for task, v in valid.items()
    ]  # fmt: skip
    fused = {task: v for task, v in found.run.report["valid"].items() if "ndcg@10_fused" in v}
    picture = pictures.dots("quantised", [("ndcg@10 lost to 8 bit", rows)], "%", zero=True, bar=1.0)
    return {"picture": picture, "tasks": valid, "fused": fused}


def _rows(found: Sources) -> dict | None:
    if not found.rows:
        return None
    forms = found.rows["forms"]
    cheap = [form for form in forms if not form["name"].startswith("f") and _level(form)]
    free = min(cheap, key=lambda form: form["item_bytes"], default=None)
    return {
        "picture": pictures.tradeoff("rows", found.rows, "both"),
        "tasks": list(forms[0]["tasks"]),
        "forms": forms,
        "free": free,
        **{name: found.rows[name] for name in ("events", "of", "width", "items", "split")},
    }


def _level(form: dict) -> bool:
    """Whether no task shows a loss: the paired interval includes 0."""
    return all(task["both"]["lost_interval"][0] <= 0 for task in form["tasks"].values())


def _sections(found: Sources) -> dict | None:
    if not found.inspect:
        return None
    parts: dict[str, int] = {}
    for section in found.inspect["sections"]:
        parts[section["part"]] = parts.get(section["part"], 0) + section["bytes"]
    each = found.inspect["bytes_per_item"]
    items = [(name, value) for name, value in each.items() if name != "total" and value]
    items.sort(key=lambda one: -one[1])
    rows = [(words.PARTS.get(name, name), value, None, f"{value:.0f}") for name, value in items]
    whole = sorted(parts.items(), key=lambda one: -one[1])
    return {
        "picture": pictures.bars("sections", [("", rows)], "bytes an item"),
        "parts": [(words.PARTS.get(name, name), value, each.get(name)) for name, value in whole],
        "total": found.inspect["bytes"],
        "each": each["total"],
    }


CALLS = (
    ("search", "a search"),
    ("recommend", "a recommendation"),
    ("recommend_after_record", "a recommendation after a new event"),
)


def _latency(found: Sources) -> dict | None:
    bench = found.bench
    if not bench:
        return None
    calls = [(title, getattr(bench, name)) for name, title in CALLS]
    calls += [("while typing: first answer, from words", bench.typing.first)]
    calls += [("while typing: the whole ranking", bench.typing.ranked)]
    calls = [(title, stages) for title, stages in calls if stages]
    panels = [
        (
            title,
            [
                (words.STAGES.get(stage, stage), time.p50, time.p95, words.milliseconds(time.p50))
                for stage, time in stages.items()
            ],
        )
        for title, stages in calls[:3]
    ]
    return {
        "picture": pictures.bars("latency", panels, "milliseconds") if panels else "",
        "calls": calls,
        "machine": bench.machine,
        "iterations": bench.iterations,
        "memory": bench.memory,
        "open": bench.open,
        "first": bench.open_to_first_search,
    }


def _ablation(found: Sources) -> dict | None:
    if not found.ablation:
        return None
    tasks = [task for task in ("recommend", "search") if any(task in row.tasks for row in found.ablation.rows)]
    panels = []
    for task in tasks:
        rows = [(row.variant, row.tasks[task].difference) for row in found.ablation.rows if task in row.tasks]
        shown = [
            Dot(name, gap.mean, gap.low, gap.high, gap.high < 0, words.signed(gap.mean)) for name, gap in rows if gap
        ]
        if shown:
            panels.append((task, shown))
    picture = pictures.dots("ablation", panels, "difference in ndcg@10", zero=True) if panels else ""
    settings = found.ablation.settings and yaml.safe_dump(found.ablation.settings, default_flow_style=True).strip()
    shown = {"rows": found.ablation.rows, "seeds": found.ablation.seeds, "settings": settings}
    return {"picture": picture, "tasks": tasks, **shown}


def _claims(found: Sources) -> dict | None:
    if not found.claims or not (found.claims.information or found.claims.gradients):
        return None
    shown: dict = {"information": None, "gradients": None}
    if information := found.claims.information:
        shown["information"] = {
            "picture": pictures.information("information", information),
            "verdicts": words.on_information(information),
            "candidates": information.candidates,
            "cap": float(np.log(information.candidates)),
        }
    if (gradients := found.claims.gradients) and gradients.prompts and gradients.heads:
        shown["gradients"] = {
            "picture": pictures.gradients("gradients", gradients.prompts, gradients.heads),
            **words.on_gradients(gradients),
        }
    return shown
