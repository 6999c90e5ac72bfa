"""Training in several processes: the network of a build, trained by as many as a launcher starts.

    python benches/processes.py DATA [--epochs 3] [--seed 0] [--config SETTINGS]
    torchrun --nproc-per-node 2 benches/processes.py DATA [the same]

Prints, after each epoch, the loss and ndcg@10 on valid, history left out. Batches are the same however many processes
share them; what is drawn inside the network is not (docs/training.md), so compare over several seeds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import torch
from gensr_models.build.learning import NetworkBuild
from gensr_models.build.run import Run
from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import load
from gensr_models.training.processes import Processes
from gensr_models.training.together import follow


def main() -> None:
    """Trains and prints the curve."""
    parser = argparse.ArgumentParser(description="What training in several processes ends with.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--config", type=Path, help="settings of a build, YAML")
    given = parser.parse_args()
    torch.set_num_threads(1)
    processes = Processes.join("cpu")
    if not processes.first:
        follow(processes)
        return
    settings = Settings.load(given.config)
    settings = settings.model_copy(update={"training": settings.training.model_copy(update={"epochs": given.epochs})})
    with tempfile.TemporaryDirectory() as folder:
        dataset = load(given.data, settings.data)
        run = Run.beside(dataset, Path(folder) / "a.gensr", settings, given.seed, Progress())
        curve = NetworkBuild(run, processes).network().curve
    print(json.dumps({"processes": processes.count, "seed": given.seed, "curve": curve}))


if __name__ == "__main__":
    main()
