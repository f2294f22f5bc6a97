"""Photographs that label themselves: where the shipped networks are of one mind and the inspector is sure.

    python -m training.cutouts.label DATA FOLDER --count 350           # what teaches; --apart for what judges

Nothing is drawn by hand. What the networks doubt is left out, so that only easy photographs teach; the hard ones are
made of them by `compose`. Interrupted, it goes on where it stopped. (The labels of the first training came from the
rules that the networks replaced.)
"""

from __future__ import annotations

import argparse
import csv
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prodgen_django.atomicfile import replacing
from prodgen_django.imagefile import ImageRejected, load_image
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.matting import Mask, cut_out_report, shrink

SIDE = 256


@dataclass(frozen=True, slots=True)
class Labelled:
    """A photograph, uint8 h×w×3 of at most 256 px a side, and the product in it, bool h×w."""

    image: Pixels
    mask: Mask


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and the part of it (left, top, width, height) that is the photograph; None: all of it."""

    path: Path
    box: tuple[int, int, int, int] | None = None

    def read(self) -> Pixels | None:
        """uint8 h×w×3 of at most 256 px a side; None for a file that is no picture."""
        try:
            image = load_image(self.path, background=(255, 255, 255))
        except ImageRejected:
            return None
        if self.box is not None:
            left, top, width, height = self.box
            image = image[top : top + height, left : left + width]
        return np.ascontiguousarray(shrink(image, SIDE))

    def kept_in(self, folder: Path) -> Path:
        return folder / f"{self.path.stem[:40]}-{zlib.crc32(f'{self.path.name}{self.box}'.encode()):08x}.npz"


def sources(folder: Path, split: str = "train") -> list[Source]:
    """The photographs of a folder, shuffled; where a `manifest.csv` names files, splits and boxes, those of `split`.

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
    boxes = [tuple(int(row[f"box_{side}"]) for side in "xywh") for row in rows]
    found = [Source(folder / row["file"], box) for row, box in zip(rows, boxes, strict=True)]  # type: ignore[arg-type]
    random.Random(0).shuffle(found)  # noqa: S311
    return found


def labelled(photographs: Sequence[Source], folder: Path) -> list[Labelled]:
    """Those of `photographs` that have labelled themselves into `folder`."""
    found = []
    for source in photographs:
        kept = source.kept_in(folder)
        if kept.exists():
            with np.load(kept, allow_pickle=False) as stored:
                if "image" in stored:
                    found.append(Labelled(stored["image"], stored["mask"]))
    return found


def label(source: Source, kept: Path) -> None:
    image = source.read()
    if image is None:
        return
    found = cut_out_report(image)
    with replacing(kept) as file:
        if found.poor:
            np.savez_compressed(file, refused=np.array(True))
        else:
            np.savez_compressed(file, image=image, mask=found.alpha > 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with garments-256")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=350)
    parser.add_argument("--apart", action="store_true", help="what judges instead of what teaches")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    photographs = sources(options.data / "garments-256", "validation" if options.apart else "train")
    for source in photographs[: options.count]:
        kept = source.kept_in(options.folder)
        if not kept.exists():
            label(source, kept)


if __name__ == "__main__":
    main()
