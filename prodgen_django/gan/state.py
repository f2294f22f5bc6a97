"""What a training run needs to go on, as one atomic safetensors file whose header holds the plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import CheckpointError, read_tensors, write_tensors

__all__ = ["load_state", "save_state"]

Modules = Mapping[str, nn.Module]
Optimizers = Mapping[str, torch.optim.Optimizer]


def save_state(
    path: Path, modules: Modules, optimizers: Optimizers, identity: dict[str, Any], values: dict[str, Any]
) -> None:
    """`identity` says which run this is, `values` whatever else changes while it trains (both as JSON takes
    them)."""
    tensors: dict[str, Tensor] = {}
    for name, module in modules.items():
        tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
    for name, optimizer in optimizers.items():
        for index, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"{name}.{index}.{key}": torch.as_tensor(value) for key, value in moments.items()}
    write_tensors(path, tensors, {"task": "training-state", **identity, **values})


def load_state(
    path: Path, modules: Modules, optimizers: Optimizers, identity: dict[str, Any]
) -> dict[str, Any]:
    """Fills modules and optimizers and returns the header. `CheckpointError` (other_run) where it is
    another's."""
    tensors, header = read_tensors(path)
    if header.get("task") != "training-state" or {k: header.get(k) for k in identity} != identity:
        raise CheckpointError(
            "other_run",
            f"{path.parent.name} holds the state of a run with another configuration or other photos",
        )

    def part(name: str) -> dict[str, Tensor]:
        return {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}

    for name, module in modules.items():
        module.load_state_dict(part(name))
    for name, optimizer in optimizers.items():
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in part(name).items():
            index, moment = key.split(".")
            moments.setdefault(int(index), {})[moment] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
    return header
