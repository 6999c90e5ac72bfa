"""A tiny training in which nothing is drawn at random on the way; as a script, one of several processes that do it."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from gensr_models.data import load
from gensr_models.model import ItemTable, Network, Shape, Words
from gensr_models.training.batches import Windowing
from gensr_models.training.event_table import event_table
from gensr_models.training.loop import Trainer
from gensr_models.training.objective import Model
from gensr_models.training.processes import Processes
from gensr_models.training.queries import QueryTable
from gensr_models.training.recipe import Recipe

EPOCHS = 5
RULES = Windowing(window=12, slide=2, dedupe=False, time_informative=True, buckets=32)
RECIPE = Recipe(
    epochs=EPOCHS,
    learning_rate=2e-3,
    batch_events=128,
    weight_decay=0.05,
    word_dropout=0.0,
    warm_up=5,
    clip=5.0,
    half=False,
    seed=4,
    valid_events=1000,
)


def model_of(dataset, dropout: float = 0.0, text: int = 8) -> tuple[Model, Windowing]:
    """A small model of a data set, with random texts and words, the same each time."""
    torch.manual_seed(11)
    rng = np.random.default_rng(2)
    items, queries, vocabulary = len(dataset.catalogue), len(dataset.queries), 40

    def words(texts: int) -> Words:
        lengths = rng.integers(0, 5, texts)
        return Words(np.concatenate([[0], np.cumsum(lengths)]), rng.integers(0, vocabulary, lengths.sum()))

    shape = Shape(64, 16, 1, 2, RULES.window, text, len(dataset.kinds), RULES.buckets, dropout)
    table = ItemTable(torch.randn(items, text), words(items).mean_matrix(vocabulary), 64, 16)
    asked = QueryTable(torch.randn(queries, text), words(queries).mean_matrix(vocabulary))
    rules = Windowing(**(RULES.__dict__ | {"queries": queries}))
    return Model(table, Network(shape), asked), rules


def trainer_of(folder: Path, out: Path | None, processes: Processes, recipe: Recipe = RECIPE) -> Trainer:
    """A trainer in which no view is dropped."""
    torch.set_num_threads(1)
    dataset = load(folder)
    model, rules = model_of(dataset)
    model.network.views._through = lambda view: view
    return Trainer(model, event_table(dataset), rules, True, recipe, out, processes)


def run(folder: Path, out: Path | None, processes: Processes):
    """The curve and the parameters after training."""
    with tempfile.TemporaryDirectory() as temporary:
        trainer = trainer_of(folder, out or Path(temporary), processes)
        trainer.run(lambda *_: None, lambda _: None)
    last = {name: value.detach().clone() for name, value in trainer.model.state_dict().items()}
    return trainer.curve, last


def gradients(folder: Path, processes: Processes):
    """Loss and summed gradients of the first batch."""
    trainer = trainer_of(folder, None, processes)
    batch = next(trainer.windows.epoch(0, processes.rank, processes.count)[1])
    trainer.model.train()
    losses = trainer.losses(batch)
    trainer.backward(losses)
    loss = float(processes.sum(sum(losses.values()).detach()))
    return loss, {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}


if __name__ == "__main__":
    joined = Processes.join("cpu")
    data, target = Path(sys.argv[1]), Path(sys.argv[2])
    if len(sys.argv) > 3:
        found, name = gradients(data, joined), "gradients.pt"
    else:
        found, name = run(data, target if joined.first else None, joined), "result.pt"
    if joined.first:
        torch.save(found, target / name)
    joined.leave()
