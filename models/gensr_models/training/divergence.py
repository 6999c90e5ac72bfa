"""Notices a training that has diverged."""

from __future__ import annotations

import math

NETWORK = "set a lower training.learning_rate; where products run in bfloat16, training.precision: float32 may do"


def check_finite(epoch: int, batch: int, loss: float, norm: float, advice: str = NETWORK) -> None:
    """Raises if loss or gradient norm is not finite: no later batch brings the weights back.

    Args:
        epoch: from 0.
        batch: of the epoch, from 0.
        loss: of the batch, all terms of it.
        norm: of the gradients, before they were clipped.
        advice: what to change.

    Raises:
        FloatingPointError: loss or norm is not finite.
    """
    if not (math.isfinite(loss) and math.isfinite(norm)):
        where = f"epoch {epoch + 1}, batch {batch + 1}: loss {loss:g}, norm of the gradients {norm:g}"
        raise FloatingPointError(f"training diverged in {where}; {advice}")
