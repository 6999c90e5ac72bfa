"""Everything the page shows: read from files, or measured once and kept beside the run."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import SPLITS, TASKS, Dataset
from gensr_models.engine import EngineMissingError, call
from gensr_models.report.built import ReportError, Run, read_json
from gensr_models.report.examples import Example, drawn
from gensr_models.report.inputs import Ablation, Bench, Claims, Figures, Sampled, checked, read

Given = TypeVar("Given", Ablation, Claims)

ITERATIONS = 300
"""Calls of each kind that `gensr bench` makes."""
CANDIDATE_USERS = 2_000
"""Most users of a task that are ranked among their candidates: enough for two digits of an appendix."""
ABLATED = (
    ("ablation.json", "ablations", "gensr-models ablate DATA --out FOLDER"),
    ("claims.json", "information and gradients", "gensr-models claims DATA --out FOLDER"),
)
"""Files of an ablation's folder: what they hold, and what writes them."""


@dataclass(frozen=True)
class Asked:
    """The request for a report.

    Attributes:
        run: a pack or its run folder.
        data: the folder that it was built from.
        figures: what `gensr-models evaluate --json` printed, in place of an evaluation.
        baselines: which ones to evaluate where there is no such file; none where empty.
        bench: what `gensr bench --json` printed, in place of a run of it.
        ablation: a folder that `gensr-models ablate` wrote.
        cache: where what was measured is kept; `RUN/report` where None.
        seed: of samples and of the examples.
    """

    run: Path
    data: Path | None = None
    figures: Path | None = None
    baselines: tuple[str, ...] = ()
    bench: Path | None = None
    ablation: Path | None = None
    cache: Path | None = None
    seed: int = 0


@dataclass(frozen=True)
class Missing:
    """A part that the page cannot have, why, and which command gives it."""

    part: str
    reason: str
    command: str


@dataclass(eq=False)
class Sources:
    """Everything the page is made of; None for missing parts."""

    run: Run
    counts: dict | None = None
    figures: Figures | None = None
    sampled: dict[str, Sampled] | None = None
    rows: dict | None = None
    inspect: dict | None = None
    bench: Bench | None = None
    ablation: Ablation | None = None
    claims: Claims | None = None
    examples: dict[str, list[Example]] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)


def gather(asked: Asked, progress: Progress, log: Callable[[str], None] = lambda _: None) -> Sources:
    """Reads and measures everything the page shows.

    Raises:
        ReportError: a file that was named is missing, broken, or of another pack.
    """
    run = Run.open(asked.run)
    found, kept = Sources(run), _Kept(asked.cache or run.folder / "report", run, log)
    name = run.path.name
    if asked.ablation is not None:
        _ablated(asked.ablation, found)
    else:
        reason = "no folder of it was named"
        found.missing += [Missing(part, reason, f"{command}, then --ablation FOLDER") for _, part, command in ABLATED]
    try:
        found.inspect = json.loads(call("inspect", run.path, "--json"))
    except EngineMissingError as error:
        found.missing.append(Missing("bytes by section", str(error), f"gensr inspect {name} --json"))
    found.bench = _benched(asked, found, kept)
    dataset = _opened(asked, run)
    if asked.figures is not None:
        found.figures = _of_this_pack(read(asked.figures, Figures), run, asked.figures)
    if dataset is None:
        parts = ["counts of the data", "bytes against quality", "examples", "one among a hundred"]
        parts += [] if found.figures else ["metrics against baselines"]
        found.missing += [Missing(part, "the data was not named", "--data DATA") for part in parts]
        return found
    found.counts = counts(dataset)
    if found.figures is None:
        found.figures = _evaluated(asked, dataset, kept, progress, found)
    found.sampled = _sampled(asked, dataset, kept, found)
    found.rows = _rows(asked, dataset, kept, progress, found)
    try:
        found.examples = drawn(run, dataset, asked.seed)
    except EngineMissingError as error:
        found.missing.append(
            Missing("examples", str(error), f"gensr recommend {name} --history ID,ID --explain-history")
        )
    return found


def counts(dataset: Dataset) -> dict:
    """How many users, items and events there are, and how many of each task in each split."""
    return {
        "name": dataset.name,
        "users": dataset.events.users,
        "items": len(dataset.catalogue),
        "events": len(dataset.events),
        "queries": len(dataset.queries),
        "tasks": {
            task: {name: len(dataset.targets(task, split)) for split, name in enumerate(SPLITS)}
            for task in TASKS
            if any(kind.task == task for kind in dataset.kinds)
        },
    }


class _Kept:
    """Results of a run in files, each with what it depends on: another seed or another data set measures anew."""

    def __init__(self, folder: Path, run: Run, log: Callable[[str], None]):
        self.folder, self.run, self.log = folder, run, log

    def get(self, name: str, key: dict, work: Callable[[], dict]) -> dict:
        key, path = {"pack_id": self.run.report["pack_id"], **key}, self.folder / f"{name}.json"
        if path.exists():
            saved = read_json(path)
            if saved.get("key") == key:
                return saved["found"]
        self.log(f"measuring {name} (kept in {path})")
        found = work()
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"key": key, "found": found}, indent=1))
        return found


def _opened(asked: Asked, run: Run) -> Dataset | None:
    if asked.data is None:
        return None
    from gensr_models.data import load

    dataset = load(asked.data, Settings.model_validate(run.report["settings"]).data)
    stated = run.report["data"]["sha256"]
    differing = [name for name, digest in dataset.sha256.items() if stated.get(name) != digest]
    if differing or stated.keys() != dataset.sha256.keys():
        named = ", ".join(differing) or "the list of files"
        raise ReportError(f"{asked.data} is not the data that {run.path.name} was built from: {named} differs")
    return dataset


def _of_this_pack(figures: Figures, run: Run, name: Path) -> Figures:
    for task, systems in figures.root.items():
        ids = systems["pack"].packs if "pack" in systems else None
        if ids is not None and run.report["pack_id"] not in ids:
            raise ReportError(f"{name}: the pack that was evaluated in {task} is not {run.path.name}")
    return figures


def _evaluated(asked: Asked, dataset: Dataset, kept: _Kept, progress: Progress, found: Sources) -> Figures | None:
    name = found.run.path.name
    command = f"gensr-models evaluate {dataset.name} --baselines all --against {name} --json > figures.json"
    if not asked.baselines or not any(task["test"] for task in found.counts["tasks"].values()):
        reason = "the data has no test events" if asked.baselines else "no baselines were asked for"
        found.missing.append(Missing("metrics against baselines", reason, f"{command}, then --figures figures.json"))
        return None
    from gensr_models.baselines import Setting, evaluate

    def work() -> dict:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings.model_validate(found.run.report["settings"])
            setting = Setting(Path(folder), settings, asked.seed, progress, kept.log)
            return evaluate(dataset, setting, asked.baselines, against=(found.run.path,))

    key = {"data": dataset.sha256, "seed": asked.seed, "baselines": list(asked.baselines)}
    try:
        return checked(kept.get("figures", key, work), Figures, "figures")
    except EngineMissingError as error:
        found.missing.append(Missing("metrics against baselines", str(error), command))
        return None


def _sampled(asked: Asked, dataset: Dataset, kept: _Kept, found: Sources) -> dict[str, Sampled] | None:
    command = f"gensr evaluate {found.run.path.name} --data {dataset.name} --json"
    if not dataset.candidates:
        found.missing.append(Missing("one among a hundred", "the data folder has no lists of candidates", command))
        return None

    def work() -> dict:
        limit = ("--limit-users", CANDIDATE_USERS)
        answer = json.loads(call("evaluate", found.run.path, "--data", asked.data, *limit, "--json"))
        return {task: answer[task]["sampled"] for task in TASKS if (answer.get(task) or {}).get("sampled")}

    try:
        answer = kept.get("sampled", {"data": dataset.sha256, "users": CANDIDATE_USERS}, work)
    except EngineMissingError as error:
        found.missing.append(Missing("one among a hundred", str(error), command))
        return None
    return {task: checked(values, Sampled, "sampled") for task, values in answer.items()}


def _rows(asked: Asked, dataset: Dataset, kept: _Kept, progress: Progress, found: Sources) -> dict | None:
    if not any(task["test"] for task in found.counts["tasks"].values()) or not found.run.report["curve"]:
        reason = "nothing was trained, or there are no test events"
        found.missing.append(Missing("bytes against quality", reason, "gensr-models build with events"))
        return None
    from gensr_models.report.rows import EVENTS, measured

    key = {"data": dataset.sha256, "seed": asked.seed, "events": EVENTS}
    try:
        return kept.get("rows", key, lambda: measured(found.run, dataset, asked.seed, progress))
    except ReportError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # the checkpoint of an older or newer release
        reason = f"the float model cannot be restored ({str(error).splitlines()[0]})"
        found.missing.append(Missing("bytes against quality", reason, "gensr-models build, with this release"))
        return None


def _benched(asked: Asked, found: Sources, kept: _Kept) -> Bench | None:
    name = found.run.path.name
    if asked.bench is not None:
        bench = read(asked.bench, Bench)
    else:

        def work() -> dict:
            answer = json.loads(call("bench", found.run.path, "--iterations", ITERATIONS, "--json"))
            answer["machine"]["cpu"] = processor()
            return answer

        try:
            bench = checked(kept.get("bench", {"iterations": ITERATIONS}, work), Bench, "bench")
        except EngineMissingError as error:
            command = f"gensr bench {name} --json > bench.json, then --bench bench.json"
            found.missing.append(Missing("latency", str(error), command))
            return None
    if bench.pack.id != found.run.report["pack_id"]:
        raise ReportError(f"{asked.bench or 'bench'}: measured another pack (id {bench.pack.id[:12]}) than {name}")
    return bench


def _ablated(folder: Path, found: Sources) -> None:
    if not folder.is_dir():
        raise ReportError(f"{folder} is no folder")
    for name, part, command in ABLATED:
        if not (folder / name).is_file():
            found.missing.append(Missing(part, f"the folder has no {name}", command))
        elif name == "ablation.json":
            found.ablation = _of_this_data(read(folder / name, Ablation), folder / name, found.run)
        else:
            found.claims = _of_this_data(read(folder / name, Claims), folder / name, found.run)


def _of_this_data(given: Given, path: Path, run: Run) -> Given:
    built = run.report["data"]
    if given.data != built["name"]:
        raise ReportError(f"{path} tells of the data {given.data}, and {run.path.name} was built from {built['name']}")
    if given.sha256 and given.sha256 != built["sha256"]:
        raise ReportError(f"{path} tells of other tables of the name {given.data} than {run.path.name} was built from")
    return given


def processor() -> str:
    """Name of the processor; empty where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()
