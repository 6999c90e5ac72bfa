"""The processes that train together, as `torchrun` and `accelerate launch` start them.

The first process does everything; the others wait until it has something to train, train their share of every batch,
and end. What they need comes from the first one, so they read no tables and share no disk with it.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = datetime.timedelta(days=2)
"""How long a process waits for another. All steps before training are the first one's alone and may take hours; that a
process is gone is noticed by the launcher, which ends the rest."""
CHUNK = 1 << 28
"""Bytes that are sent at a time."""
LEAVING = datetime.timedelta(seconds=10)
"""How long a process that ends waits for the others, one of which may have failed."""


@dataclass(frozen=True)
class Processes:
    """Which process of how many this is, and the device that it computes on; without arguments, one on the CPU."""

    rank: int = 0
    count: int = 1
    device: torch.device = torch.device("cpu")  # noqa: RUF009 (immutable)

    @classmethod
    def join(cls, device: str = "auto") -> Processes:
        """Joins the processes that the environment names (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT).

        Args:
            device: `cpu`, `cuda`, `cuda:1` …; `auto` takes a GPU where there is one, each process its own.

        Raises:
            ValueError: there is no such device.
        """
        rank, count = (int(os.environ.get(name, default)) for name, default in (("RANK", "0"), ("WORLD_SIZE", "1")))
        chosen = chosen_device(device, int(os.environ.get("LOCAL_RANK", "0")))
        if count > 1 and not dist.is_initialized():
            if chosen.type == "cuda":
                torch.cuda.set_device(chosen)
            backend = "cpu:gloo,cuda:nccl" if chosen.type == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=PATIENCE)
        return cls(rank, count, chosen)

    @classmethod
    def alone(cls, device: str, work: str) -> Processes:
        """This process and no other, for `work` that is not shared out.

        Args:
            device: as of `join`.
            work: its name for the user.

        Raises:
            ValueError: there is no such device, or a launcher started several processes.
        """
        if (count := int(os.environ.get("WORLD_SIZE", "1"))) > 1:
            raise ValueError(f"{work} runs in one process, and {count} were started: leave the launcher out")
        return cls(device=chosen_device(device))

    @property
    def first(self) -> bool:
        """Whether this process reads, writes and logs."""
        return self.rank == 0

    def share(self, value: object = None) -> object:
        """The first process's `value`, in all of them. It is pickled: it should hold arrays and plain values.

        Tensors come on the CPU.
        """
        if self.count == 1:
            return value
        buffer = io.BytesIO()
        if self.first:
            torch.save(value, buffer)
        size = torch.tensor([buffer.tell()])
        dist.broadcast(size, 0)
        data = torch.frombuffer(buffer.getbuffer(), dtype=torch.uint8) if self.first else None
        data = torch.empty(int(size), dtype=torch.uint8) if data is None else data
        for part in data.split(CHUNK):
            dist.broadcast(part, 0)
        if self.first:
            return value
        # Unpickling is safe: the bytes come from the first process of this program.
        return torch.load(io.BytesIO(data.numpy().tobytes()), weights_only=False, map_location="cpu")

    def sum(self, value: Tensor) -> Tensor:
        """The sum of a tensor over all processes; in place."""
        if self.count > 1:
            dist.all_reduce(value)
        return value

    def parallel(self, model: nn.Module) -> nn.Module:
        """The model such that `backward` of what it returns takes the mean of the gradients over all processes.

        All processes have the same parameters and buffers, so nothing is copied. A part that no batch of an ablated
        network reaches keeps a gradient of None.
        """
        if self.count == 1:
            return model
        return DistributedDataParallel(
            model,
            forward_sync_buffers=False,
            init_sync=False,
            find_unused_parameters=True,
            gradient_as_bucket_view=True,
        )

    def leave(self) -> None:
        """Ends the exchange, so that no process waits for this one.

        Waits a moment for the others first: a process that goes while another still sums takes the other down with it.
        """
        if self.count > 1 and dist.is_initialized():
            if dist.get_backend() == dist.Backend.GLOO:
                with contextlib.suppress(RuntimeError):
                    dist.monitored_barrier(timeout=LEAVING)
            dist.destroy_process_group()


def chosen_device(name: str, local_rank: int = 0) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one.

    Raises:
        ValueError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"--device {name}: {str(error).splitlines()[0]}") from error
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise ValueError(f"--device {name}: this machine has no GPU that PyTorch can use")
        if device.index is None:
            device = torch.device("cuda", local_rank % torch.cuda.device_count())
    return device
