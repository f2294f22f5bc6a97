"""What the outline network learns from: photographs that label themselves, true cut-outs, scenes, bare grounds."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import ImageRejected, load_image
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.matting import shrink

from .labels import SIDE, Labelled, Source, label, sources

__all__ = ["Material", "bare_grounds", "gather", "true_cutouts", "true_scenes"]

_SAME_OUTLINE = 0.9  # one product in another print has the outline of the one that is held out


@dataclass(frozen=True, slots=True)
class Material:
    """`labelled`: whole photographs. `products`: things whose outline is known but whose ground is not a
    photograph's. `grounds`: uint8 h×w×3, where no product lies. `scenes`: whole photographs whose outline is true."""

    labelled: Sequence[Labelled]
    products: Sequence[Labelled] = ()
    grounds: Sequence[Pixels] = ()
    scenes: Sequence[Labelled] = ()

    def fingerprint(self) -> str:
        """Which pictures and labels these are."""
        digest = hashlib.sha256()
        for item in (*self.labelled, *self.products, *self.scenes):
            digest.update(item.image.tobytes())
            digest.update(np.packbits(item.mask).tobytes())
        for ground in self.grounds:
            digest.update(ground.tobytes())
        return digest.hexdigest()[:16]


def gather(
    folder: Path,
    split: str,
    cache: Path,
    most: int,
    grounds: int,
    products: Sequence[Labelled] = (),
    seed: int = 0,
    scenes: Sequence[Labelled] = (),
) -> Material:
    """Of a folder's `split`: the labels of at most `most` photographs and the bare strips of `grounds` more."""
    photographs = sources(folder, split)
    random.Random(seed).shuffle(photographs)  # noqa: S311
    labelled = list(label(photographs[:most], cache))
    return Material(labelled, products, bare_grounds(photographs[-grounds:] if grounds else []), scenes)


def true_cutouts(folder: Path, hold_out: int) -> list[Labelled]:
    """The packshots of `folder` (rgba/, mask/) that may be taught: every `hold_out`-th is kept for the
    benchmark, and so is whatever has the outline of one of those."""
    paths = sorted((folder / "mask").glob("*.png"))
    masks = [load_image(path)[..., 0] for path in paths]
    outlines = [cv2.resize(mask, (128, 128), interpolation=cv2.INTER_AREA) > 127 for mask in masks]
    kept = range(0, len(paths), hold_out)
    found = []
    for number, path in enumerate(paths):
        alike = max((_overlap(outlines[number], outlines[k]) for k in kept), default=0.0)
        if number in kept or alike > _SAME_OUTLINE:
            continue
        image = load_image(folder / "rgba" / path.name, background=(128, 128, 128))
        found.append(Labelled(shrink(image, SIDE), shrink(masks[number], SIDE) > 127))
    return found


def true_scenes(folder: Path) -> list[Labelled]:
    """The photographs of `folder` (photo/) whose outline is there as well (mask/, of the same size)."""
    found = []
    for path in sorted((folder / "mask").glob("*.png")):
        mask = load_image(path)[..., 0]
        image = load_image(folder / "photo" / f"{path.stem}.jpg")
        found.append(Labelled(shrink(image, SIDE), shrink(mask, SIDE) > 127))
    return [item for item in found if item.mask.any()]


def bare_grounds(photographs: Sequence[Source]) -> list[Pixels]:
    """The strips at the four sides of photographs, where hardly ever a product lies."""
    strips: list[Pixels] = []
    for source in photographs:
        try:
            image = load_image(source.path, background=(255, 255, 255))
        except ImageRejected:
            continue
        if source.box is not None:
            left, top, width, height = source.box
            image = image[top : top + height, left : left + width]
        image = shrink(image, SIDE)
        high, wide = image.shape[0] // 6, image.shape[1] // 8
        strips += [image[:high], image[-high:], image[:, :wide], image[:, -wide:]]
    return [np.ascontiguousarray(strip) for strip in strips if min(strip.shape[:2]) >= 16]


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))
