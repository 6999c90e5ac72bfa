"""Savings of a warm start: yesterday's tables, then today's from the start and from yesterday's run and pack.

    python benches/warm_start.py DATA [--share 0.05] [--seed 0] [--config FILE] [--out FOLDER]

Yesterday's tables are DATA without the latest share of its train events (by time) and without items that nobody met
until then; valid and test events stay, so that all figures are of the same events. For each way the table has the
epochs of the recipe, the valid ndcg@10 after each, the first epoch that is as good as the cold start's best, and the
seconds of training until then. Builds in FOLDER are not repeated.

Needs the package of models/ and the `gensr` command line (GENSR_BIN, target/ or PATH).
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    """Builds four packs and prints the table."""
    parser = argparse.ArgumentParser(description="What a warm start saves.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--out", type=Path, default=Path("warm_start"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    before = yesterday(given.data, given.out / "yesterday", given.share)

    def build(name: str, data: Path, *more: object) -> list[dict]:
        out = given.out / f"{name}.gensr"
        report = out.with_name(out.name + ".run") / "report.json"
        if not report.exists():
            line = [sys.executable, "-m", "gensr_models.cli", "build", data, "--out", out, "--seed", given.seed, *more]
            line += ["--config", given.config] if given.config else []
            subprocess.run([str(part) for part in line], check=True)
        found = json.loads(report.read_text())
        print(name, json.dumps(found.get("warm_start", {})), file=sys.stderr)
        return found["curve"]

    build("yesterday", before)
    curves = {
        "cold": build("cold", given.data),
        "warm, from the run": build("warm_run", given.data, "--warm-start", given.out / "yesterday.gensr.run"),
        "warm, from the pack": build("warm_pack", given.data, "--warm-start", given.out / "yesterday.gensr"),
    }
    best = max(score(row) for row in curves["cold"])
    print(f"{'':22} epochs  best   as good as cold after  seconds  ndcg@10 on valid after each epoch")
    for name, curve in curves.items():
        scores = [score(row) for row in curve]
        reached = next((row["epoch"] for row in curve if score(row) >= best), None)
        seconds = sum(row["seconds"] for row in curve if reached is None or row["epoch"] <= reached)
        shown = " ".join(f"{value:.4f}" for value in scores)
        print(f"{name:22} {len(curve):6}  {max(scores):.4f}  {reached or 'not':>20}  {seconds:7.1f}  {shown}")


def score(row: dict) -> float:
    """Mean valid ndcg@10 of the tasks of an epoch."""
    return float(np.mean([value for name, value in row.items() if name.startswith("valid_ndcg@10")]))


def yesterday(data: Path, folder: Path, share: float) -> Path:
    """Writes the tables as they were before the latest train events."""
    folder.mkdir(exist_ok=True)
    tables = {stem: next(data.glob(f"{stem}.csv*")) for stem in ("items", "events")}
    items, events = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in tables.values())
    train = (events["split"] == "train").to_numpy()
    times = events["timestamp"].astype(np.int64).to_numpy()
    order = np.flatnonzero(train)[np.argsort(times[train], kind="stable")]
    late = np.zeros(len(events), bool)
    late[order[int(len(order) * (1 - share)) :]] = True
    kept = events[~late]
    # Items that only the late events wanted were not in yesterday's catalogue; others nobody wanted stay.
    gone = set(events["item_id"]) - set(kept["item_id"])
    for name, table in (("items", items[~items["item_id"].isin(gone)]), ("events", kept)):
        with gzip.open(folder / f"{name}.csv.gz", "wt", encoding="utf-8", newline="") as file:
            table.to_csv(file, index=False)
    print(f"yesterday: {len(kept):,} of {len(events):,} events, {len(items) - len(gone):,} items", file=sys.stderr)
    return folder


if __name__ == "__main__":
    main()
