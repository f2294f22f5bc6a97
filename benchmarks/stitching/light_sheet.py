"""Stitched sets before and after their light is made one: for looking at, not for measuring.

    python -m benchmarks.stitching.light_sheet --data FOLDER --sheet sheet.jpg

One row a set of the levels `hard` and `multi` (every fourth): the same geometry without any correction of light,
as `stitch` makes it, and the truth.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import encode_image
from prodgen_django.stitching import StitchError, stitch

SIDE = 240


def cell(picture: np.ndarray, caption: str) -> np.ndarray:
    """The picture in a square of `SIDE` with a line of text under it."""
    scale = SIDE / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    square = np.full((SIDE + 24, SIDE + 8, 3), 255, np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    cv2.putText(square, caption, (4, SIDE + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return square


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, required=True)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    metas = [
        json.loads(p.read_text()) | {"folder": p.parent}
        for p in sorted(asked.data.glob("synthetic/*/meta.json"))
    ]
    rows = []
    for meta in [m for m in metas if m["level"] in ("hard", "multi")][::4]:
        images = [
            np.ascontiguousarray(cv2.imread(str(meta["folder"] / f))[..., ::-1]) for f in meta["images"]
        ]
        truth = cv2.imread(str(asked.data / "truth" / f"{meta['truth']}.jpg"))[..., ::-1]
        ways = [
            ("as photographed", {"harmonise": False}),
            ("one light", {}),
        ]
        cells = []
        try:
            for name, chosen in ways:
                cells.append(cell(stitch(images, **chosen).image, f"{meta['id']}: {name}"))
        except StitchError as error:
            print(f"{meta['id']}: {error.code}")
            continue
        rows.append(np.hstack([*cells, cell(truth, "what was photographed")]))
    asked.sheet.write_bytes(encode_image(np.vstack(rows), format="jpeg", source_type=None, quality=80))


if __name__ == "__main__":
    main()
