"""Trained baselines: SASRec, and a joint discriminative model of search and recommendation.

SASRec: Kang and McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018, here with a softmax over the whole
catalogue in place of sampled negatives. The joint model is what the paper that gensr implements argues against: one
encoder of the history for both tasks, and a head for each (in the manner of JSR, Zamani and Croft 2020).

Both run in the trainer of the network itself: the same windows, batches, loss, mask, optimiser, early stopping.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gensr_models.baselines.protocol import Scorer
from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import TRAIN, Dataset
from gensr_models.engine.index import build_index
from gensr_models.model import ItemTable, Sequence
from gensr_models.text.features import text_features
from gensr_models.training.batches import RECOMMEND, SEARCH, EventTable
from gensr_models.training.event_table import event_table
from gensr_models.training.loop import Trainer
from gensr_models.training.objective import Model
from gensr_models.training.processes import Processes
from gensr_models.training.queries import QueryTable
from gensr_models.training.ranks import replays
from gensr_models.training.rules import Decisions, decide

log = logging.getLogger("gensr_models")

TRIED_FOR = 0.25
"""Share of the epochs that a setting is tried for."""


CPU = torch.device("cpu")


@dataclass(frozen=True)
class Choice:
    """A setting that is tried. `unit`: states and items on the unit sphere, with a learned scale."""

    learning_rate: float
    dropout: float
    dim: int
    unit: bool = True


CHOICES = (
    Choice(2e-3, 0.3, 64),
    Choice(2e-3, 0.5, 64),
    Choice(1e-3, 0.3, 128),
    Choice(1e-3, 0.5, 128),
    Choice(2e-3, 0.5, 64, unit=False),
    Choice(1e-3, 0.5, 128, unit=False),
)


class Ids(nn.Module):
    """Item vectors without any content."""

    def __init__(self, items: int, dim: int, unit: bool):
        super().__init__()
        self.unit = unit
        self.table = nn.Parameter(torch.randn(items, dim) * (0.05 if unit else 0.02))
        self.register_buffer("words", torch.zeros(1, 1), persistent=False)

    def __len__(self) -> int:
        return len(self.table)

    def forward(
        self, word_dropout: float = 0.0, item_dropout: float = 0.0, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Vectors [N, dim], twice; with `rows` [S] of these items only."""
        vectors = self.table if rows is None else self.table[rows]
        vectors = F.normalize(vectors, dim=-1) if self.unit else vectors
        return vectors, vectors


class NoQueries(nn.Module):
    """For models that read no query."""

    def __init__(self, queries: int):
        super().__init__()
        self.register_buffer("nothing", torch.zeros(queries + 1, 1), persistent=False)

    def forward(self, words: Tensor) -> Tensor:
        """Zeros [Q + 1, 1]."""
        return self.nothing


class Encoder(nn.Module):
    """Causal transformer over the items; the output at an event has seen the events before it."""

    def __init__(self, choice: Choice, window: int, kinds: int, layers: int = 2, heads: int = 2):
        super().__init__()
        dim, self.unit = choice.dim, choice.unit
        self.scale = 0.5 * dim**0.5 if choice.unit else dim**0.5
        self.position_table = nn.Parameter(torch.randn(window + 1, dim) * 0.02)
        self.kind_table = nn.Parameter(torch.zeros(kinds + 1, dim))
        self.start_table = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.dropout = nn.Dropout(choice.dropout)
        block = nn.TransformerEncoderLayer(
            dim, heads, 4 * dim, choice.dropout, F.gelu, batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, layers, nn.LayerNorm(dim), enable_nested_tensor=False)
        self.log_scale = nn.Parameter(torch.tensor(15.0).log()) if choice.unit else None

    def states(self, events: Sequence) -> Tensor:
        """States before each event [B, n, dim]."""
        read = events.fused * self.scale + self.kind_table[events.kind]
        x = torch.cat([self.start_table.expand(len(read), -1, -1), read[:, :-1]], dim=1)
        x = self.dropout(x + self.position_table[: x.shape[1]])
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        return self.blocks(x, mask=mask, is_causal=True)

    def read_out(self, states: Tensor) -> Tensor:
        """Output vectors, whose dot product with an item's is its logit."""
        return F.normalize(states, dim=-1) * self.log_scale.exp() if self.unit else states


class Sasrec(Encoder):
    """The encoder as it is: its state is the output."""

    def history(self, events: Sequence, past=None):
        """As `Network.history`; there is no state to keep and no gate."""
        states = self.states(events)
        return self.read_out(states), (None, None), states[..., :1]


class Joint(Encoder):
    """A head for each task on the shared state; that of search also reads the query."""

    def __init__(self, choice: Choice, window: int, kinds: int, query_dim: int):
        super().__init__(choice, window, kinds)
        dim = choice.dim
        self.query = nn.Linear(query_dim, dim, bias=False)
        self.recommend = nn.Linear(dim, dim)
        self.search = nn.Sequential(nn.Linear(2 * dim, 2 * dim), nn.GELU(), self.dropout, nn.Linear(2 * dim, dim))

    def history(self, events: Sequence, past=None):
        """As `Network.history`."""
        states, query = self.states(events), self.query(events.query)
        search = query + self.search(torch.cat([states, query], dim=-1))
        outputs = torch.where((events.task == SEARCH)[..., None], search, self.recommend(states))
        return self.read_out(outputs), (None, None), states[..., :1]


class Baseline(Model):
    """Items, queries and one of these networks; it has no narrow code to tie."""

    def __init__(self, items: nn.Module, network: Encoder, queries: nn.Module):
        nn.Module.__init__(self)
        self.items, self.network, self.queries = items, network, queries


class Contents(ItemTable):
    """Item vectors of ids, texts and words, without semantic codes."""

    def forward(
        self, word_dropout: float = 0.0, item_dropout: float = 0.0, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Fused vectors and semantic shares [N, dim]; with `rows` [S] of these items only."""
        return self.vectors(word_dropout, item_dropout, rows)


@dataclass(frozen=True)
class Trained:
    """The result of a search over settings."""

    model: Model
    choice: Choice
    score: float
    epochs: int


def train_best(
    make: Callable[[Choice], Model],
    choices: tuple[Choice, ...],
    events: EventTable,
    decisions: Decisions,
    device: torch.device = CPU,
) -> Trained:
    """Tries every setting for a quarter of the network's own epochs, and the best by valid once more for all of them.

    Counted in epochs and not in minutes, the result does not depend on what else the machine does. A setting that
    diverges is not chosen. The model stays on `device`.

    Raises:
        FloatingPointError: every setting diverges.
    """
    epochs = decisions.recipe.epochs

    def run(choice: Choice, epochs: int) -> Trained:
        torch.manual_seed(decisions.recipe.seed)
        model = make(choice)
        recipe = replace(decisions.recipe, epochs=epochs, learning_rate=choice.learning_rate)
        with tempfile.TemporaryDirectory() as folder:
            processes = Processes(device=device)
            trainer = Trainer(model, events, decisions.windowing, decisions.ordered, recipe, Path(folder), processes)
            trainer.run(lambda *_: None, lambda _: None)
        return Trained(model, choice, trainer.best_score, epochs)

    def attempts() -> Iterator[Trained]:
        for choice in choices:
            try:
                yield run(choice, max(1, round(epochs * TRIED_FOR)))
            except FloatingPointError as error:
                log.info("%s is left out: %s", choice, error)

    tried = max(attempts(), key=lambda one: one.score, default=None)
    if tried is None:
        raise FloatingPointError("a trained baseline diverges with every setting that it is tried with")
    try:
        return max(tried, run(tried.choice, epochs), key=lambda one: one.score)
    except FloatingPointError as error:
        log.info("%s for a quarter of the epochs only: %s", tried.choice, error)
        return tried


def scorer_of(model: Model, events: EventTable, decisions: Decisions) -> Scorer:
    """Scores of all items after the histories."""

    def scorer(places: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(places), len(model.items)), np.float32)
        with torch.inference_mode():
            for part in replays(model.eval(), events, decisions.windowing, places, 256):
                scores[part.group] = (part.outputs @ part.fused.t()).cpu().numpy()
        return scores

    return scorer


def _record(found: Trained) -> dict:
    return {**asdict(found.choice), "epochs": found.epochs, "valid_ndcg@10": round(found.score, 5)}


def tuned_sasrec(
    dataset: Dataset, settings: Settings, seed: int, device: torch.device = CPU
) -> tuple[Scorer, dict] | None:
    """SASRec on ids: all events are history, recommend events are its targets."""
    table, decisions = event_table(dataset), decide(dataset, settings, seed)
    events = replace(table, positive=table.positive & (table.task == RECOMMEND))
    if not (events.positive & (events.split == TRAIN)).any():
        return None
    items, queries = len(dataset.catalogue), NoQueries(len(dataset.queries))

    def make(choice: Choice) -> Model:
        network = Sasrec(choice, decisions.windowing.window, len(dataset.kinds))
        return Baseline(Ids(items, choice.dim, choice.unit), network, queries)

    found = train_best(make, CHOICES, events, decisions, device)
    return scorer_of(found.model, events, decisions), _record(found)


def trained_joint(
    dataset: Dataset, settings: Settings, seed: int, cache: Path, progress: Progress, device: torch.device = CPU
) -> tuple[Scorer, dict] | None:
    """The joint model, with the same texts and words as the network has; both tasks at once."""
    events, decisions = event_table(dataset), decide(dataset, settings, seed)
    if not (events.positive & (events.split == TRAIN)).any():
        return None
    fit = np.isin(np.arange(len(dataset.queries)), dataset.events.query[dataset.events.split == TRAIN])
    index, texts = build_index(dataset, fit, cache / "staging"), text_features(dataset, settings.text, cache, progress)
    vocabulary = len(index.words)
    item_words, query_words = index.items.mean_matrix(vocabulary), index.queries.mean_matrix(vocabulary)

    def make(choice: Choice) -> Model:
        items = Contents(torch.from_numpy(texts.items), item_words, choice.dim, 1)
        width = texts.queries.shape[1] + choice.dim
        network = Joint(choice, decisions.windowing.window, len(dataset.kinds), width)
        return Baseline(items, network, QueryTable(torch.from_numpy(texts.queries), query_words))

    choices = tuple(choice for choice in CHOICES if choice.unit)  # its items are on the unit sphere
    found = train_best(make, choices, events, decisions, device)
    return scorer_of(found.model, events, decisions), _record(found)
