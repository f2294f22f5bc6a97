"""The learnt light of a stitch: what remains after the deterministic correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from .forward import Weights, seam_light
from .grids import DISTRUST, GRID, LIFT, SIDE, USUAL_LIFT, Correction, burnt
from .views import Consensus, view
from .weights import FOLDER, load

__all__ = ["LIGHT", "Touch", "shipped", "touch_up"]

Array = npt.NDArray[np.float32]
LIGHT = FOLDER / "seam-light.safetensors"


class Placed(Protocol):
    """A picture drawn small over its box on the canvas, as `photometry.Small`."""

    @property
    def box(self) -> tuple[int, int, int, int]: ...
    @property
    def pixels(self) -> npt.NDArray[np.uint8]: ...
    @property
    def mask(self) -> npt.NDArray[np.uint8]: ...
    @property
    def radius(self) -> Array: ...


@dataclass
class Touch:
    """What the network says about one picture of a stitch.

    Attributes:
        correction: grids over the picture's box.
        preference: float32 over the small box, above 0; how much the picture should count where others show
            the same.
    """

    correction: Correction
    preference: Array


def shipped(path: Path | None = None) -> Weights | None:
    """The weights that come with the package; None where there are none (the deterministic light stands)."""
    found = load(path or LIGHT, "seam")
    return None if found is None else found[0]


def touch_up(
    smalls: Sequence[Placed], lit: Sequence[Array], size: tuple[int, int], weights: Weights | None
) -> list[Touch]:
    """One `Touch` a picture.

    Args:
        smalls: the pictures as drawn on the small canvas.
        lit: float32 0..255, the same after the deterministic correction.
        size: height, width of the small canvas.
        weights: from `shipped`; with None what the network starts from: pictures that agree count alike,
            burnt-out pixels count less and are brought a usual part of the way to white.
    """
    if weights is None:
        said = [(_start(), np.zeros((SIDE, SIDE), np.float32)) for _ in smalls]
    else:
        said = _ask(smalls, lit, size, weights)
    # The set as a whole keeps its brightness and cast (see `losses.centred`).
    common = np.mean([grids[:6].mean((1, 2)) for grids, _ in said], 0)[:, None, None]
    touches = []
    for small, (grids, preference) in zip(smalls, said, strict=True):
        grids[:6] -= common
        shape = (small.box[2] - small.box[0], small.box[3] - small.box[1])
        large = np.exp(cv2.resize(preference, shape, interpolation=cv2.INTER_LINEAR))
        trust = 1 - DISTRUST * cv2.blur(burnt(small.pixels).max(2), (5, 5))
        touches.append(Touch(Correction.of(grids), np.asarray(large * trust, np.float32)))
    return touches


def _start() -> Array:
    grids = np.zeros((9, GRID, GRID), np.float32)
    grids[6:] = LIFT * np.tanh(USUAL_LIFT / LIFT)
    return grids


def _ask(
    smalls: Sequence[Placed], lit: Sequence[Array], size: tuple[int, int], weights: Weights
) -> list[tuple[Array, Array]]:
    masks = [(s.mask > 0).astype(np.float32) for s in smalls]
    consensus = Consensus(size)
    for small, pixels, mask in zip(smalls, lit, masks, strict=True):
        consensus.add(small.box, pixels / np.float32(255), mask, small.pixels)
    said = []
    for small, pixels, mask in zip(smalls, lit, masks, strict=True):
        seen = view(consensus, small.box, pixels / np.float32(255), mask, small.radius, small.pixels)
        said.append(seam_light(seen, weights))
    return said
