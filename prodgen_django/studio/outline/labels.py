"""Photographs that label themselves: where every way of finding the product agrees, the mask is taken for true.

Nothing is drawn by hand. What the attempts disagree about is left out, so that only easy photographs teach; the
hard ones are made of them by `pairs`.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prodgen_django.atomicfile import replacing
from prodgen_django.imagefile import ImageRejected, load_image
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.matting import shrink
from prodgen_django.studio.segmentation import Mask, Segmentation, segment

SIDE = 256


@dataclass(frozen=True, slots=True)
class Labelled:
    """A photograph, uint8 h×w×3 of at most 256 px a side, and the product in it, bool h×w."""

    image: Pixels
    mask: Mask


def sure(found: Segmentation) -> bool:
    """Whether every witness speaks for a mask: it may then be taught."""
    return (
        found.consensus > 0.72
        and found.agreement > 0.9
        and found.edge > 0.88
        and found.separation > 0.78
        and found.complete > 0.85
        and found.border_contact < 0.06
        and 0.05 < found.area < 0.8
    )


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and the part of it (left, top, width, height) that is the photograph; None: all of it."""

    path: Path
    box: tuple[int, int, int, int] | None = None


def sources(folder: Path, split: str = "train") -> list[Source]:
    """The photographs of a folder; where a `manifest.csv` names files, splits and boxes, those of `split`.

    Boxes tell the true picture area of photographs that were made square. Pictures of children are left out.
    """
    manifest = folder / "manifest.csv"
    if not manifest.exists():
        return [Source(path) for path in sorted(folder.rglob("*.jpg"))]
    with manifest.open(newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row.get("split") == split and row.get("kids", "").lower() != "true"
        ]
    return [
        Source(
            folder / row["file"], (int(row["box_x"]), int(row["box_y"]), int(row["box_w"]), int(row["box_h"]))
        )
        for row in rows
    ]


def label(photographs: Iterable[Source], cache: Path) -> Iterator[Labelled]:
    """Those that label themselves, in order; what was looked at before is read from `cache`.

    A photograph costs about 0.7 CPU seconds the first time. Interrupted, it goes on where it stopped.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for source in photographs:
        name = f"{source.path.stem[:40]}-{zlib.crc32(f'{source.path.name}{source.box}'.encode()):08x}.npz"
        found = _labelled(source, cache / name)
        if found is not None:
            yield found


def _labelled(source: Source, kept: Path) -> Labelled | None:
    if kept.exists():
        with np.load(kept, allow_pickle=False) as stored:
            return Labelled(stored["image"], stored["mask"]) if "image" in stored else None
    try:
        image = load_image(source.path, background=(255, 255, 255))
    except ImageRejected:
        return None
    if source.box is not None:
        left, top, width, height = source.box
        image = image[top : top + height, left : left + width]
    image = np.ascontiguousarray(shrink(image, SIDE))
    found = segment(image)
    made = Labelled(image, found.mask) if sure(found) else None
    with replacing(kept) as file:
        if made is None:
            np.savez_compressed(file, refused=np.array(True))
        else:
            np.savez_compressed(file, image=made.image, mask=made.mask)
    return made
