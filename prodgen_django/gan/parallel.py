"""Several processes that train one generator, each on its share of every batch.

Started by `accelerate launch` (or torchrun); a program started in any other way is one process and needs no
accelerate. Gradients are averaged by hand and not by DistributedDataParallel, whose hooks do not see the
second derivatives that R1 and R2 need. Every process draws its share by the number of the part, so that N
processes take the very steps of one process that works through its batch in N parts.
"""

from __future__ import annotations

import atexit
import os
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Processes"]


class Processes:
    """How many there are, which one this is, and what they tell each other."""

    def __init__(self, device: torch.device) -> None:
        self.count, self.rank, self.device = 1, 0, device
        self._accelerator: Any = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            # Imported before there is a group: its functions take the group of that moment as their default, and
            # what torch compiles imports it later, so that the group would outlive its end.
            import torch.distributed.nn  # noqa: F401
            from accelerate import Accelerator

            self._accelerator = Accelerator(cpu=device.type == "cpu")
            # gloo's threads must be gone before the interpreter: one that still lets go of a tensor then aborts it.
            atexit.register(self._accelerator.end_training)
            self.count = self._accelerator.num_processes
            self.rank = self._accelerator.process_index
            self.device = self._accelerator.device

    @property
    def main(self) -> bool:
        """The one that measures, writes and tells."""
        return self.rank == 0

    def mean(self, values: Tensor) -> Tensor:
        """The mean over all processes, the same on each; any shape."""
        if self._accelerator is None:
            return values
        return self._accelerator.reduce(values.to(self.device), reduction="mean")

    def average_gradients(self, module: nn.Module) -> None:
        """In place, in one message."""
        if self._accelerator is None:
            return
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        mixed = self.mean(torch.cat([g.reshape(-1) for g in gradients]))
        for gradient, values in zip(gradients, mixed.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(values.view_as(gradient))

    def share(self, value: Any) -> Any:
        """What the main process has, on every process. Small plain values only."""
        if self._accelerator is None:
            return value
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]
