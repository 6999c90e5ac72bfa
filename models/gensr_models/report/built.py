"""A pack and the folder of the build that wrote it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gensr_models.pack.format import Pack, pack_id

NEEDED = ("data", "seed", "settings", "decisions", "valid", "curve", "pack_id", "bytes", "seconds")
"""Keys that every report.json has."""


class ReportError(ValueError):
    """An input of the report is missing, broken, or of another build."""


@dataclass(frozen=True, eq=False)
class Run:
    """A finished build.

    Attributes:
        folder: `<pack>.run`.
        path: the pack.
        pack: read.
        report: what the build wrote of itself.
    """

    folder: Path
    path: Path
    pack: Pack
    report: dict

    @classmethod
    def open(cls, path: Path) -> Run:
        """Opens the run that a pack or its folder belongs to.

        Raises:
            ReportError: one of the two is missing or broken, or they are of different builds.
        """
        if not path.exists():
            raise ReportError(f"{path} does not exist: name a pack that `gensr-models build` wrote, or its run folder")
        folder = path if path.is_dir() else path.with_name(path.name + ".run")
        if folder.suffix != ".run":
            raise ReportError(
                f"{folder} is no run folder: those are called NAME.gensr.run, and stand beside NAME.gensr"
            )
        pack = folder.with_name(folder.name.removesuffix(".run"))
        if not pack.is_file():
            raise ReportError(f"{pack} is missing: the pack has to stand beside its run folder")
        if not (folder / "report.json").is_file():
            raise ReportError(
                f"{folder / 'report.json'} is missing: a build writes it last, so this one did not finish"
            )
        report = read_json(folder / "report.json")
        lacking = [name for name in NEEDED if name not in report]
        if lacking:
            raise ReportError(f"{folder / 'report.json'} has no {', '.join(lacking)}: is it the report of a build?")
        found = pack_id(pack)
        if found != report["pack_id"]:
            raise ReportError(
                f"{pack} (id {found[:12]}) is not the pack that {folder.name} tells of (id {report['pack_id'][:12]}): "
                "it was built anew elsewhere, or rewritten (calibrate, adapt)"
            )
        return cls(folder, pack, Pack.read(pack), report)

    @property
    def tasks(self) -> list[str]:
        """Those that the pack's kinds of events are examples of."""
        learned = {kind["task"] for kind in self.pack.manifest["kinds"]}
        return [task for task in ("recommend", "search") if task in learned]


def read_json(path: Path) -> dict:
    """An object out of a JSON file, or an error that names the file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: {error}") from error
    except json.JSONDecodeError as error:
        raise ReportError(f"{path} is no JSON: line {error.lineno}, {error.msg}") from error
    if not isinstance(content, dict):
        raise ReportError(f"{path}: expected an object, found {type(content).__name__}")
    return content
