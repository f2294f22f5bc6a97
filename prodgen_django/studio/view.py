"""From how high above the horizon a product was photographed: a set is chosen whose camera stands as high.

A linear estimate from the cut-out network's own features, pooled over the product (`training.cutouts.train_view`).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from .color import Float, Pixels
from .matting.looking import CHECKPOINTS, as_tensor, networks, padded, part_about, part_of, running

__all__ = ["elevation_of", "pooled"]

SIDE = 384


def elevation_of(image: Pixels, alpha: Float) -> float:
    """Degrees above the horizon, 0 level and 90 straight down, of a photograph uint8 H×W×3 whose product `alpha`
    (float32 H×W in [0, 1]) marks."""
    weights, mean, scale = _estimate()
    return float(np.clip((pooled(image, alpha) - mean) / scale @ weights[:-1] + weights[-1], 0, 90))


def pooled(image: Pixels, alpha: Float) -> npt.NDArray[np.float32]:
    """The features at 1/16 and 1/32 of the product and what is about it: their mean over the product, over its upper
    and lower half, and over the ground; and where the product lies and how its box is shaped."""
    whole = part_of((0, 0, 1, 1), image.shape)
    part = part_about(alpha > 0.5, whole) or whole
    photo, _ = padded(image[part.slices], SIDE)
    mask, _ = padded(np.ascontiguousarray(alpha[part.slices]), SIDE)
    with running():
        levels = networks().cutout.backbone(as_tensor(photo[None]))[3:5]
    found: list[npt.NDArray[np.float32]] = []
    for level in levels:
        plane = level.float()[0].numpy()
        weight = cv2.resize(mask, plane.shape[2:0:-1], interpolation=cv2.INTER_AREA)
        lower = weight * (np.arange(len(weight))[:, None] > _middle(weight))
        found += [
            (plane * each).sum((1, 2)) / max(float(each.sum()), 1e-3) for each in (weight, lower, 1 - weight)
        ]
    high, wide = alpha.shape
    box = [part.top / high, part.bottom / high, part.left / wide, part.right / wide]
    shape = [np.log((part.bottom - part.top) / (part.right - part.left)), float((mask > 0.5).mean())]
    return np.concatenate([*found, np.array([*box, *shape])]).astype(np.float32)


def _middle(weight: Float) -> float:
    rows = weight.sum(1)
    return float((rows * np.arange(len(rows))).sum() / max(float(rows.sum()), 1e-3))


@lru_cache(maxsize=1)
def _estimate() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    from prodgen_django.gan.checkpoint import read_checkpoint

    tensors, _ = read_checkpoint(CHECKPOINTS / "view.safetensors")
    return tuple(tensors[name].float().numpy() for name in ("weights", "mean", "scale"))  # type: ignore[return-value]
