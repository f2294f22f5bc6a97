"""Weights and their card in one file that cannot run code.

A checkpoint is a safetensors file whose header carries the card (JSON): what the weights are, the
configuration they fit, and the hash of the tensors. The same card lies beside it as `<name>.json` for people
to read. A card that does not fit its weights is refused; pickle is never opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save as serialize
from torch import Tensor, nn

from prodgen_django.atomicfile import replacing
from prodgen_django.gan.config import GanConfig

__all__ = [
    "CheckpointError",
    "read_checkpoint",
    "read_generator",
    "weights_sha256",
    "write_checkpoint",
    "write_tensors",
]

_LARGEST = 2 * 1024**3  # bytes; nothing that we make comes near it


class CheckpointError(ValueError):
    """A file that is not a usable checkpoint. `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def weights_sha256(tensors: Mapping[str, Tensor]) -> str:
    """Hash of names, types, shapes and values: the same weights have the same hash, whatever file holds
    them."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}|{value.dtype}|{tuple(value.shape)}|".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: dict[str, Any]) -> None:
    """Tensors and JSON in one file, atomically: whoever reads sees the old file or the new one, never half of
    it."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as file:
        file.write(serialize(plain, metadata={"card": json.dumps(header, sort_keys=True)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The reverse of `write_tensors`. Raises `CheckpointError` for whatever is not such a file."""
    try:
        if path.stat().st_size > _LARGEST:
            raise CheckpointError("too_large", f"{path.name} is larger than any checkpoint that we make")
        with safetensors.safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("card", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except FileNotFoundError:
        raise CheckpointError("missing", f"there is no file {path.name}") from None
    except (safetensors.SafetensorError, json.JSONDecodeError, OSError) as error:
        raise CheckpointError(
            "not_safetensors",
            f"{path.name} is not a safetensors file; pickled weights are never opened ({error})",
        ) from error
    if not isinstance(header, dict):
        raise CheckpointError("no_card", f"{path.name} carries no card that says what its weights are")
    return tensors, header


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


def read_checkpoint(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and card. Raises `CheckpointError` with code missing, not_safetensors, no_card or mismatch."""
    path = Path(path)
    tensors, card = read_tensors(path)
    if card.get("weights_sha256") != weights_sha256(tensors):
        raise CheckpointError("mismatch", f"the card in {path.name} belongs to other weights")
    beside = path.with_suffix(".json")
    if beside.exists():
        try:
            written = json.loads(beside.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CheckpointError("mismatch", f"{beside.name} is not JSON: {error}") from error
        if written.get("weights_sha256") != card["weights_sha256"] or written.get("config") != card.get(
            "config"
        ):
            raise CheckpointError(
                "mismatch", f"the card {beside.name} does not fit the weights in {path.name}"
            )
    return tensors, card


def read_generator(
    path: Path, task: str, refusal: str, make: Callable[[GanConfig], nn.Module]
) -> tuple[nn.Module, GanConfig, dict[str, Any]]:
    """The generator of a checkpoint that a `running.Run` of this task wrote, made by `make` from its configuration and
    ready to be asked, with that configuration and its card. Raises `CheckpointError` as `read_checkpoint` does, with
    code `refusal` for another task's file, and mismatch where the weights do not fit."""
    tensors, card = read_checkpoint(path)
    if card.get("task") != task:
        raise CheckpointError(refusal, f"{path.name} holds a {card.get('task')!r}, not a {task!r}")
    try:
        config = GanConfig.from_dict(card["config"])
        net = make(config)
        net.load_state_dict({k.removeprefix("generator."): v.float() for k, v in tensors.items()})
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError("mismatch", f"the weights in {path.name} are no {task!r}: {error}") from error
    return net.eval().requires_grad_(False), config, card
