"""What the cut-out network sees in a photograph: looked at whole, then from nearer, then along the outline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels

from .edges import shrink

if TYPE_CHECKING:
    import torch
    from torch import nn

    from .network import CutOutNet, EdgeNet, InspectorNet

__all__ = ["MIDDLE", "Box", "Looked", "Networks", "drawn_alpha", "look", "look_with", "networks"]

Net = TypeVar("Net", bound="nn.Module")

MIDDLE = 1280
"""The longer side, in pixels, at which an outline is drawn; a larger photograph's is guided by its colours."""

Sides = tuple[int, ...]
"""The longer sides, in pixels, at which something is looked at."""

WHOLE: Sides = (384, 512)
NEAR: Sides = (320, 640)
"""The sides of a photograph that is looked at as a whole and from nearer. What is large and smooth, such as a highlight
on a toaster, is told by the smaller ones, what is thin by the larger ones: the mean is better than either."""
_MARGIN = 0.1  # of the product's longer side is left about it
_DRAWN = 0.003  # of the longer side: how nearly a person follows an outline
_LEAST = 2e-4  # of the picture: less is nothing

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"


Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a photograph, as shares of it."""


class Part(NamedTuple):
    """A part of a picture, in pixels; the ends are not in it."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen in `image`, the photograph at `MIDDLE` px at most, uint8 h×w×3.

    `whole` and `near`: how surely each pixel is the product, looked at as a whole and from nearer, float32 h×w in
    [0, 1]. `alpha`: the outline, float32 h×w in [0, 1]. `part`: the product and what is about it; None where nothing
    was found and alpha is 0.
    """

    image: Pixels
    whole: Float
    near: Float
    alpha: Float
    part: Part | None


class Networks(NamedTuple):
    cutout: CutOutNet
    edge: EdgeNet
    inspector: InspectorNet


@lru_cache(maxsize=1)
def networks(folder: Path = CHECKPOINTS) -> Networks:
    """The networks of ``cutout``, ``edge`` and ``inspector`` in `folder`. Raises CheckpointError for other files."""
    from .network import CutOutNet, EdgeNet, InspectorNet

    return Networks(
        _filled(CutOutNet(), folder / "cutout.safetensors", "cut-out"),
        _filled(EdgeNet(), folder / "edge.safetensors", "edge"),
        _filled(InspectorNet(), folder / "inspector.safetensors", "inspector"),
    )


def _filled(net: Net, path: Path, task: str) -> Net:
    import torch

    from prodgen_django.gan.checkpoint import CheckpointError, read_checkpoint

    tensors, card = read_checkpoint(path)
    if card.get("task") != task:
        raise CheckpointError("other_task", f"{path.name} holds a {card.get('task')!r}, not a {task!r}")
    try:
        net.load_state_dict({name: value.float() for name, value in tensors.items()})
    except RuntimeError as error:
        raise CheckpointError("mismatch", f"the weights in {path.name} do not fit: {error}") from error
    net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def look(image: Pixels, box: Box | None = None, whole: Sides = WHOLE, near: Sides = NEAR) -> Looked:
    """Find the products in uint8 H×W×3, or in the `box` of it that a person drew; nothing is found outside of it.

    `whole` and `near`: at how many pixels the two looks are taken, each the mean of all.
    """
    return look_with(networks(), image, box, whole, near)


def look_with(
    nets: Networks, image: Pixels, box: Box | None = None, whole: Sides = WHOLE, near: Sides = NEAR
) -> Looked:
    """`look` by other networks than those that ship."""
    from .network import PRODUCT

    middle = shrink(image, MIDDLE)
    inside = part_of(box or (0, 0, 1, 1), middle.shape)
    first = np.full((3, *middle.shape[:2]), -8, np.float32)
    first[(slice(None), *inside.slices)] = _answer(nets.cutout, middle[inside.slices], whole)
    surety = _surety(first[PRODUCT])
    at = part_about(surety > 0.5, inside)
    if at is None:
        return Looked(middle, surety, surety, np.zeros_like(surety), None)
    second = first.copy()
    second[(slice(None), *at.slices)] = _answer(nets.cutout, middle[at.slices], near)
    alpha = np.zeros_like(surety)
    both = (first + second)[(slice(None), *at.slices)] / 2
    alpha[at.slices] = _edged(nets.edge, middle[at.slices], both)
    return Looked(middle, surety, _surety(second[PRODUCT]), alpha, at)


def drawn_alpha(image: Pixels, mask: np.ndarray) -> Float:
    """The alpha of uint8 h×w×3, float32 h×w, whose outline somebody drew (bool, of any size)."""
    soft = cv2.resize(mask.astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    found = part_about(soft > 0.5, part_of((0, 0, 1, 1), image.shape))
    alpha = np.zeros_like(soft)
    if found is None:
        return alpha
    alpha[found.slices] = _edged(networks().edge, image[found.slices], as_drawn(soft[found.slices]))
    return alpha


def as_drawn(mask: Float) -> Float:
    """Logits, float32 3×h×w, of an outline that is known but for some pixels (float32 h×w in [0, 1])."""
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, _DRAWN * max(mask.shape)), borderType=cv2.BORDER_REPLICATE)
    none = np.full_like(soft, -4)
    return np.stack([(soft - 0.5) * 16, none, none])


def part_about(mask: np.ndarray, inside: Part) -> Part | None:
    """The product and `_MARGIN` about it, within `inside`; None where `mask` (bool h×w) marks nothing to speak of."""
    if mask.sum() < _LEAST * mask.size:
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    reach = round(_MARGIN * max(np.ptp(rows), np.ptp(columns))) + 8
    return Part(
        max(inside.top, int(rows[0]) - reach),
        min(inside.bottom, int(rows[-1]) + 1 + reach),
        max(inside.left, int(columns[0]) - reach),
        min(inside.right, int(columns[-1]) + 1 + reach),
    )


def _answer(net: CutOutNet, image: Pixels, sides: Sides) -> Float:
    """The mean of what the network says of uint8 h×w×3 at all `sides` and of its mirror image: logits, float32
    3×h×w."""
    total = np.zeros((*image.shape[:2], 3), np.float32)
    for side in sides:
        small, (high, wide) = padded(image, side)
        x = as_tensor(np.stack([small, small[:, ::-1]]))
        with running():
            logits = net(x).float().numpy()
        mean = (logits[0] + logits[1, :, :, ::-1]) / 2
        mean = np.ascontiguousarray(mean[:, :high, :wide].transpose(1, 2, 0))
        total += cv2.resize(mean, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(total.transpose(2, 0, 1)) / len(sides)


def padded(image: Pixels, side: int, multiple: int = 32) -> tuple[Pixels, tuple[int, int]]:
    """`image` so scaled that its longer side is `side`, its lower and right rim continued to a `multiple`; and the
    height and width of what is the image."""
    scale = side / max(image.shape[:2])
    high, wide = (max(multiple, round(n * scale)) for n in image.shape[:2])
    small = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    below, right = -high % multiple, -wide % multiple
    return cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_REPLICATE), (high, wide)


def _edged(net: EdgeNet, image: Pixels, coarse: Float) -> Float:
    """The alpha, float32 h×w in [0, 1], of uint8 h×w×3 with coarse logits 3×h×w."""
    import torch

    high, wide = image.shape[:2]
    below, right = -high % 8, -wide % 8
    photo = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
    seen = np.pad(coarse, ((0, 0), (0, below), (0, right)), mode="edge")
    with running():
        alpha = net(as_tensor(photo[None]), torch.from_numpy(seen[None])).float()[0, 0].numpy()
    return np.clip((alpha[:high, :wide] - 0.02) / 0.96, 0, 1).astype(np.float32)


def as_tensor(photos: np.ndarray) -> torch.Tensor:
    """uint8 N×h×w×3 → float32 (N, 3, h, w) in [-1, 1]."""
    import torch

    x = torch.from_numpy(np.ascontiguousarray(photos)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x.contiguous(memory_format=torch.channels_last)


@contextmanager
def running() -> Iterator[None]:
    """No gradients, and half the precision where the processor is faster with it."""
    import torch

    from prodgen_django.gan.sampling import bfloat16_pays

    half = bfloat16_pays(torch.device("cpu"))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        yield


def _surety(logits: Float) -> Float:
    return (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)


def part_of(box: Box, shape: tuple[int, ...]) -> Part:
    """The pixels of a picture of `shape` that lie in a box."""
    high, wide = shape[:2]
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in box)
    return Part(
        int(top * high),
        max(int(top * high) + 1, round(bottom * high)),
        int(left * wide),
        max(int(left * wide) + 1, round(right * wide)),
    )
