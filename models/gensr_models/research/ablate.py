"""`gensr-models ablate`: all variants with all seeds, and the table after each of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import Dataset
from gensr_models.research import table
from gensr_models.research.ablation import Ablation
from gensr_models.research.variants import VARIANTS, Variant, named

log = logging.getLogger("gensr_models")

FILES = {"test": "ablation.json", "valid": "valid.json"}


def ablate(
    dataset: Dataset,
    folder: Path,
    base: Settings,
    seeds: list[int],
    variants: list[Variant],
    split: str,
    progress: Progress,
) -> dict:
    """Runs what is not done yet and gathers everything that the folder holds.

    Args:
        dataset: the data.
        folder: where files go; a run of the same data and settings goes on from them.
        base: settings that variants change.
        seeds: one after the other, all variants with each.
        variants: `full` among them.
        split: `test`, packs ranked by the engine; or `valid`, the networks alone, in float (nothing is packed).
        progress: where bars are shown.

    Returns:
        The table, also written to `ablation.json` (or `valid.json`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    ablation = Ablation(dataset, folder, base, progress)
    step: Callable[[int, Variant], dict] = ablation.test if split == "test" else ablation.network
    file = folder / FILES[split]
    for seed in seeds:
        for variant in variants:
            if variant.skipped(dataset) or (split == "valid" and variant.without):
                continue
            log.info("%s, seed %d", variant.name, seed)
            step(seed, variant)
            file.write_text(json.dumps(gathered(ablation, split, variants), indent=1))
    result = gathered(ablation, split, variants)
    file.write_text(json.dumps(result, indent=1))
    return result


def gathered(ablation: Ablation, split: str, asked: list[Variant]) -> dict:
    """The table of all finished runs of the folder and of all variants `asked` for, done or not."""
    part, file = ("tasks", "test.json") if split == "test" else ("valid", "network.json")
    found: dict[str, dict[int, dict]] = {}
    for path in sorted(ablation.folder.glob(f"seed-*/*/{file}")):
        one = json.loads(path.read_text())
        if one["digest"] == ablation.digest(one["seed"], named(one["variant"])):
            found.setdefault(one["variant"], {})[one["seed"]] = one
    names = dict.fromkeys([*VARIANTS, *(variant.name for variant in asked), *sorted(found)])
    rows = [v for v in map(named, names) if v.name in found or v in asked or v.skipped(ablation.dataset)]
    if split == "valid":
        rows = [variant for variant in rows if not variant.without]
    return {
        "data": ablation.dataset.name,
        "sha256": ablation.dataset.sha256,
        "settings": ablation.base.model_dump(
            mode="json", exclude_defaults=True, exclude={"name", "licences", "provenance"}
        ),
        "split": split,
        "seeds": sorted({seed for runs in found.values() for seed in runs}),
        "rows": table.rows(ablation.dataset, rows, found, part),
    }
