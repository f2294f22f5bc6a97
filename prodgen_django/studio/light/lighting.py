"""What the trained networks say of a scene, at the size of its picture."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from prodgen_django.gan.checkpoint import read_generator
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.networks import build
from prodgen_django.studio.color import Float, Pixels

from .geometry import SIDE, Light, guide_planes, shadow_planes
from .pairs import KINDS, decoded
from .shadow_net import Shadower

__all__ = ["floor_below", "scene_light", "shadow_left"]

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"
SHADOW_WEIGHTS = SHIPPED / "shadow.safetensors"


def floor_below(shape: tuple[int, int], edge: float, bend: float = 0.0) -> Float:
    """float32 h×w, 1 on the floor and 0 on the wall: they meet at `edge` of the height, or over `bend` of the height
    about it, as paper does."""
    y = (np.arange(shape[0], dtype=np.float32) + 0.5) / shape[0]
    share = np.clip((y - edge) / max(bend, 1e-4) + 0.5, 0, 1)
    return np.ascontiguousarray(np.repeat(np.sin(share * np.pi / 2)[:, None], shape[1], 1), dtype=np.float32)


def shadow_left(
    product: Pixels, alpha: Float, floor: Float, light: Light, weights: Path = SHADOW_WEIGHTS
) -> tuple[Float, Float]:
    """What a standing product leaves of the lamp's light and of the sky's, each float32 h×w in [0, 1].

    `product` uint8 h×w×3 and `alpha` float32 h×w as they lie in the picture, `floor` as `floor_below`. Beneath the
    product the shares of its surroundings go on, so that a soft edge meets the right light.
    """
    height, width = alpha.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))

    def small(plane: Any) -> Any:
        return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)

    seen = small(alpha.astype(np.float32))
    planes = shadow_planes(small(product), seen, small(floor), light)
    left = [_carried_under(plane, seen) for plane in Shadower.load(weights)(planes)]
    key, sky = (
        np.clip(cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1) for plane in left
    )
    return key, sky


def scene_light(
    kind: str, floor: Float, light: Light, size: tuple[int, int], weights: Path, seed: int = 0
) -> tuple[Float, Float]:
    """Light on an empty scene from the lamp and from the sky, float32 h×w, about 1 where a product stands.

    `kind`: one of `KINDS`, what the lamp shines through. `floor`: as `floor_below`, of any size. `size`: (width,
    height). The same seed gives the same light; another seed another window.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no opening: {', '.join(KINDS)}")
    planes = _generated(kind, floor, light, seed, weights)
    return decoded(np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_CUBIC) for plane in planes]))


@torch.inference_mode()
def _generated(kind: str, floor: Float, light: Light, seed: int, weights: Path) -> Float:
    net, config = _generator(weights)
    side = config.resolution
    guide = guide_planes(cv2.resize(floor, (side, side), interpolation=cv2.INTER_AREA), light)
    z = torch.randn(1, config.latent, generator=torch.Generator().manual_seed(seed))
    return np.asarray(net(z, torch.tensor([KINDS.index(kind)]), torch.from_numpy(guide)[None])[0].numpy())


@lru_cache(maxsize=2)
def _generator(path: Path) -> tuple[nn.Module, GanConfig]:
    net, config, _ = read_generator(
        path, "scene", "not_a_light_generator", lambda config: build(config, len(KINDS))[0]
    )
    return net, config


def _carried_under(plane: Float, alpha: Float) -> Float:
    """The plane beside a product, carried on beneath it by ever wider averages of what is free."""
    free = np.clip(1 - alpha * 1.02, 0, 1).astype(np.float32)
    out, known = plane * free, free.copy()
    for sigma in (1.0, 3.0, 9.0, 27.0):
        weight = cv2.GaussianBlur(free, (0, 0), sigma)
        mean = cv2.GaussianBlur(plane * free, (0, 0), sigma) / np.maximum(weight, 1e-4)
        share = (1 - known) * np.clip(weight * 20, 0, 1)
        out += mean * share
        known += share
    return np.asarray(out + (1 - known) * 1.0, np.float32)
