"""Where the pictures' parts come from, and which of them are kept apart.

Split before anything was taught: rendered families named ``apart-…`` (`render.APART`), every third packshot with
whatever has its outline (those that `benchmarks.studio.matting --step 3` shows), every fifth photograph of a shop's
shelves, garments-256's validation and test splits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import load_image
from prodgen_django.studio.color import Pixels

from .compose import Known, Layered, Material
from .label import Source, labelled, sources

KEPT_PACKSHOTS, KEPT_SHELVES = 3, 5
"""Every so many-th is never taught."""
_SAME_OUTLINE = 0.9


def gather(
    data: Path, layers: Path, labels: Path, photographs: int, grounds: int, apart: bool = False
) -> Material:
    """What is taught, or with `apart` what judges.

    `data`: a folder with garments-256, packshots-640 and grocery-phone; `layers`: what `render` wrote; `labels`: what
    `label` wrote; `photographs`: of how many garments those that labelled themselves are taken; `grounds`: of how many
    others the rims.
    """
    found = Material(layered=layered(layers, apart), whole=whole(layers, apart))
    found.packshots = packshots(data / "packshots-640", apart)
    garments = sources(data / "garments-256", "validation" if apart else "train")
    found.garments = [
        Known(partial(_same, item.image, item.mask.astype(np.uint8) * 255))
        for item in labelled(garments[:photographs], labels)
    ]
    found.grounds = [
        *bare_grounds(garments[-grounds:] if grounds else []),
        *shelves(data / "grocery-phone", apart),
    ]
    return found


def layered(folder: Path, apart: bool = False) -> list[Layered]:
    return [
        Layered(path) for path in sorted(folder.glob("*.webp")) if path.name.startswith("apart-") == apart
    ]


def whole(folder: Path, apart: bool = False) -> list[Known]:
    return [
        Known(partial(_photo, path))
        for path in sorted(folder.glob("*.alpha.png"))
        if path.name.startswith("apart-") == apart
    ]


def packshots(folder: Path, apart: bool = False) -> list[Known]:
    paths = sorted((folder / "mask").glob("*.png"))
    masks = [load_image(path)[..., 0] for path in paths]
    outlines = [cv2.resize(mask, (128, 128), interpolation=cv2.INTER_AREA) > 127 for mask in masks]
    kept = set(range(0, len(paths), KEPT_PACKSHOTS))
    alike = {
        n
        for n in range(len(paths))
        if n not in kept and any(_overlap(outlines[n], outlines[k]) > _SAME_OUTLINE for k in kept)
    }
    taken = kept if apart else set(range(len(paths))) - kept - alike
    return [Known(partial(_packshot, paths[n], masks[n])) for n in sorted(taken)]


def shelves(folder: Path, apart: bool = False) -> list[Pixels]:
    """Photographs taken in shops, 640 px: busy grounds."""
    found = []
    for number, path in enumerate(sorted(folder.rglob("*.jpg"))):
        if (number % KEPT_SHELVES == 0) == apart:
            image = load_image(path)[..., :3]
            scale = 640 / max(image.shape[:2])
            found.append(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return found


def bare_grounds(photographs: Sequence[Source]) -> list[Pixels]:
    """The strips at the four sides of photographs, where hardly ever a product lies."""
    strips: list[Pixels] = []
    for source in photographs:
        image = source.read()
        if image is not None:
            high, wide = image.shape[0] // 6, image.shape[1] // 8
            strips += [image[:high], image[-high:], image[:, :wide], image[:, -wide:]]
    return [np.ascontiguousarray(strip) for strip in strips if min(strip.shape[:2]) >= 16]


def _same(image: Pixels, alpha: Pixels) -> tuple[Pixels, Pixels]:
    return image, alpha


def _photo(path: Path) -> tuple[Pixels, Pixels]:
    photo = path.with_name(path.name.replace(".alpha.png", ".photo.jpg"))
    return load_image(photo)[..., :3], load_image(path)[..., 0]


def _packshot(path: Path, mask: Pixels) -> tuple[Pixels, Pixels]:
    return load_image(path.parents[1] / "rgba" / path.name)[..., :3], mask


def _overlap(first: Pixels, second: Pixels) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))
