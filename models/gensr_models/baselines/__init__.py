"""Baselines that a model has to beat, each tuned on valid, in the harness and under the mask of `gensr evaluate`."""

from gensr_models.baselines.evaluate import FAST, NAMES, Setting, chosen, evaluate, table
from gensr_models.baselines.protocol import DEFAULT, Scorer, ranks

__all__ = ["DEFAULT", "FAST", "NAMES", "Scorer", "Setting", "chosen", "evaluate", "ranks", "table"]
