"""Shipped weights, read without torch and refused when file and card disagree."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

__all__ = ["FOLDER", "load"]

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"


@lru_cache(maxsize=4)
def load(path: Path, task: str) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, Any]] | None:
    """Float32 arrays by name and the card of a checkpoint for `task`, or None where the file is missing,
    damaged or another network's: stitching then goes on without what was learnt."""
    try:
        with safe_open(path, framework="numpy") as file:
            card = json.loads((file.metadata() or {}).get("card", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError, json.JSONDecodeError):
        return None
    if not isinstance(card, dict) or card.get("task") != task or card.get("weights_sha256") != _hash(tensors):
        return None
    return {name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}, card


def _hash(tensors: dict[str, npt.NDArray[Any]]) -> str:
    """As `gan.checkpoint.weights_sha256`, which needs torch."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = np.ascontiguousarray(tensors[name])
        digest.update(f"{name}|torch.{value.dtype}|{tuple(value.shape)}|".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
