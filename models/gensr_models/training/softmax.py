"""Softmax cross-entropy over the whole catalogue, in blocks, with its gradient computed on the way."""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 512


class FullSoftmax(torch.autograd.Function):
    """Mean cross-entropy of output vectors against every item; masked pairs leave the denominator.

    Logits of a block of prompts are made, used for loss and gradient, and dropped: memory is BLOCK x N, and the
    matrix products run in bfloat16 where `half` is set (twice as fast on CPUs that have it; gradients stay float32).
    """

    @staticmethod
    def forward(
        ctx,
        outputs: Tensor,
        items: Tensor,
        targets: Tensor,
        weights: Tensor,
        masked: Tensor,
        half: bool,
        offset: Tensor | None = None,
    ):
        """Inputs: outputs [M, d], items [N, d], targets [M], weights [M], masked pairs [2, P] sorted by row.

        `offset` [N] is added to the logits of every prompt: what items of a sample stand for (`sampling`).
        """
        kind = torch.bfloat16 if half else torch.float32
        z, e = outputs.detach().to(kind), items.detach().to(kind)
        grad_outputs = torch.zeros(outputs.shape, dtype=torch.float32, device=outputs.device)
        grad_items = torch.zeros(items.shape, dtype=torch.float32, device=items.device)
        total = weights.sum().clamp_min(1e-9)
        loss = grad_outputs.new_zeros(())
        starts = torch.arange(0, len(z) + BLOCK, BLOCK, device=masked.device)
        bounds = torch.searchsorted(masked[0], starts).tolist()  # one wait for the device, not one a block
        for place, start in enumerate(range(0, len(z), BLOCK)):
            rows = slice(start, min(start + BLOCK, len(z)))
            low, high = bounds[place : place + 2]
            with torch.autocast(z.device.type, enabled=False):
                logits = (z[rows] @ e.t()).float()
            if offset is not None:
                logits += offset
            logits[masked[0, low:high] - start, masked[1, low:high]] = float("-inf")
            index = torch.arange(len(logits), device=logits.device)
            target = targets[rows]
            wanted = logits[index, target]
            top = logits.max(dim=-1, keepdim=True).values
            logits.sub_(top).exp_()
            norm = logits.sum(dim=-1, keepdim=True)
            weight = weights[rows] / total
            loss += (weight * (norm.log() + top - wanted[:, None]).squeeze(1)).sum()
            logits.mul_(weight[:, None] / norm)
            logits[index, target] -= weight
            gradient = logits.to(kind)
            with torch.autocast(z.device.type, enabled=False):
                grad_outputs[rows] = (gradient @ e).float()
                grad_items += (gradient.t() @ z[rows]).float()
        ctx.save_for_backward(grad_outputs, grad_items)
        return loss

    @staticmethod
    def backward(ctx, gradient: Tensor):  # noqa: D102
        grad_outputs, grad_items = ctx.saved_tensors
        return grad_outputs * gradient, grad_items * gradient, None, None, None, None, None
