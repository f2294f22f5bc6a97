"""Weights and their card in one file that cannot run code: how every engine reads them.

A checkpoint is a safetensors file whose header carries the card (JSON): what the weights are, the configuration they
fit, and the hash of the tensors. The same card lies beside it as `<name>.json` for people to read. A card that does
not fit its weights is refused; pickle is never opened. `gan.checkpoint` writes such files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import safetensors

from prodgen_django.common.errors import CodedError

__all__ = ["SHIPPED", "CheckpointError", "read_checkpoint", "read_tensors", "weights_sha256"]

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints"
"""The folder of the weights that come with the package."""
_LARGEST = 2 * 1024**3
"""Bytes; nothing that we make comes near it."""

Framework = Literal["numpy", "pt"]
"""What tensors are read as: NumPy arrays, which need no torch, or torch tensors."""


class CheckpointError(CodedError):
    """A file that is not a usable checkpoint."""


def weights_sha256(tensors: Mapping[str, Any]) -> str:
    """Hash of names, types, shapes and values: the same weights have the same hash, whatever file holds them and
    whether they are arrays or tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        if isinstance(value, np.ndarray):
            kind, raw = f"torch.{value.dtype}", np.ascontiguousarray(value).tobytes()
        else:
            import torch

            kind = str(value.dtype)
            flat = value.detach().cpu().contiguous().reshape(-1)
            raw = flat.view(torch.uint8).numpy().tobytes()
        digest.update(f"{name}|{kind}|{tuple(value.shape)}|".encode())
        digest.update(raw)
    return digest.hexdigest()


def read_tensors(path: Path, framework: Framework = "pt") -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and the header's JSON. Raises `CheckpointError` with code missing, too_large, not_safetensors or
    no_card."""
    try:
        if path.stat().st_size > _LARGEST:
            raise CheckpointError("too_large", f"{path.name} is larger than any checkpoint that we make")
        with safetensors.safe_open(path, framework=framework) as file:
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


def read_checkpoint(
    path: str | Path, task: str | None = None, framework: Framework = "pt"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights and card. Raises `CheckpointError` as `read_tensors` does, with code mismatch where card and weights
    differ, and other_task where they are not for `task`."""
    path = Path(path)
    tensors, card = read_tensors(path, framework)
    if card.get("weights_sha256") != weights_sha256(tensors):
        raise CheckpointError("mismatch", f"the card in {path.name} belongs to other weights")
    beside = path.with_suffix(".json")
    if beside.exists():
        try:
            written = json.loads(beside.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CheckpointError("mismatch", f"{beside.name} is not JSON: {error}") from error
        if any(written.get(key) != card.get(key) for key in ("weights_sha256", "config")):
            raise CheckpointError(
                "mismatch", f"the card {beside.name} does not fit the weights in {path.name}"
            )
    if task is not None and card.get("task") != task:
        raise CheckpointError("other_task", f"{path.name} holds a {card.get('task')!r}, not a {task!r}")
    return tensors, card
