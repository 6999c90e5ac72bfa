"""Hard parameter sharing (Caruana 1997), which GenSR claims to beat: a read-out matrix for each task, no prompts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gensr_models.model import Network, Shape


class _NoTask(nn.Module):
    def forward(self, task: Tensor) -> Tensor:
        return torch.zeros((), device=task.device)


class TwoHeads(Network):
    """A network whose prompts are the same for both tasks; `head` reads recommendations out, `search_head` searches."""

    def __init__(self, shape: Shape, views: str = "both"):
        super().__init__(shape, views)
        self.prompt.task = _NoTask()
        self.search_head = nn.Linear(shape.dim, shape.dim)

    def heads(self, x: Tensor, task: Tensor) -> Tensor:
        """Each position by the matrix of its task."""
        return torch.where((task == 1)[..., None], self.search_head(x), self.head(x))
