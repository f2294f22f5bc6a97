"""Writes checkpoints (see `common.weights`, which reads them), and makes a generator of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save as serialize
from torch import Tensor, nn

from prodgen_django.atomicfile import replacing
from prodgen_django.common.weights import CheckpointError, read_checkpoint, read_tensors, weights_sha256
from prodgen_django.gan.config import GanConfig

__all__ = [
    "CheckpointError",
    "read_checkpoint",
    "read_generator",
    "read_tensors",
    "weights_sha256",
    "write_checkpoint",
    "write_tensors",
]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: dict[str, Any]) -> None:
    """Tensors and JSON in one file, atomically: whoever reads sees the old file or the new one, never half of
    it."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as file:
        file.write(serialize(plain, metadata={"card": json.dumps(header, sort_keys=True)}))


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], card: dict[str, Any]) -> dict[str, Any]:
    """Writes weights with their card, and the card beside them; returns the card with `weights_sha256` filled
    in. Raises `CheckpointError` with code not_finite, and writes nothing, where a weight is no number: a variance that
    float16 does not hold, a run that went astray."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise CheckpointError("not_finite", f"{name} of {path.name} holds what is no number")
    card = {**card, "weights_sha256": weights_sha256(tensors)}
    write_tensors(path, tensors, card)
    with replacing(path.with_suffix(".json")) as file:
        file.write((json.dumps(card, indent=2, sort_keys=True) + "\n").encode())
    return card


def read_generator(
    path: Path, task: str, make: Callable[[GanConfig], nn.Module]
) -> tuple[nn.Module, GanConfig, dict[str, Any]]:
    """The generator of a checkpoint that a `running.Run` of this task wrote, made by `make` from its configuration and
    ready to be asked, with that configuration and its card. Raises `CheckpointError` as `read_checkpoint` does, and
    with code mismatch where the weights do not fit."""
    tensors, card = read_checkpoint(path, task)
    try:
        config = GanConfig.from_dict(card["config"])
        net = make(config)
        net.load_state_dict({k.removeprefix("generator."): v.float() for k, v in tensors.items()})
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError("mismatch", f"the weights in {path.name} are no {task!r}: {error}") from error
    return net.eval().requires_grad_(False), config, card
