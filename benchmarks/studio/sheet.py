"""A contact sheet: every backdrop with ten products of the demo shop, to be looked at.

    python -m benchmarks.studio.sheet --out sheet.jpg [--side 320] [--drawn 800] [--styles oak marble]

Rows are styles, columns products. Prints what no eye has to find: certificates that fail, and how far the ground right
under a product is darker than beside it (the shadow of contact).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import STYLES, cut_out_report, stage
from prodgen_django.studio.matting import shrink

PHOTOS = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue" / "photos"
PRODUCTS = (
    "anello-vase",
    "apothecary-pump",
    "arcade-cushion",
    "meadow-mug",
    "lago-glass-vase",
    "deckchair-cushion",
    "dune-vase",
    "orchard-swing-bottle",
    "prisma-vase",
    "clara-carafe",
)


def contact(image: np.ndarray, mask: np.ndarray) -> float:
    """How much darker the ground is right under the product than as far beside its foot, in levels of 255."""
    solid = mask > 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    bottom, left, right = rows[-1] + 1, columns[0], columns[-1] + 1
    high = max(2, round(0.012 * len(image)))
    under = image[bottom : bottom + high, (2 * left + right) // 3 : (left + 2 * right) // 3].mean()
    wide = (right - left) // 3
    beside = image[bottom : bottom + high, [max(0, left - wide), min(len(image) - 1, right + wide)]].mean()
    return float(beside - under)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="a .jpg, .png or .webp")
    parser.add_argument("--side", type=int, default=320, help="of each picture on the sheet")
    parser.add_argument(
        "--drawn", type=int, default=800, help="staged at this side, as a shop's pictures are larger"
    )
    parser.add_argument("--styles", nargs="*", default=list(STYLES), choices=list(STYLES))
    parser.add_argument("--products", type=int, default=len(PRODUCTS))
    arguments = parser.parse_args()
    photos = [
        shrink(load_image(PHOTOS / f"{name}-1.jpg"), 2 * arguments.drawn)
        for name in PRODUCTS[: arguments.products]
    ]
    cuts = [cut_out_report(photo) for photo in photos]
    print(
        "flagged cut-outs:",
        [n for n, cut in zip(PRODUCTS, cuts, strict=False) if cut.poor] or "none",
        flush=True,
    )
    rows = []
    for style in arguments.styles:
        row, failed, dark = [], 0, []
        for number, (photo, cut) in enumerate(zip(photos, cuts, strict=True)):
            staged = stage(photo, cut.alpha, style, size=(arguments.drawn,) * 2, seed=number)
            failed += not staged.fidelity.passed
            dark.append(contact(staged.image, staged.mask))
            size = (arguments.side, arguments.side)
            row.append(cv2.resize(staged.image, size, interpolation=cv2.INTER_AREA))
        rows.append(np.hstack(row))
        print(
            f"{style:15}  {failed} of {len(row)} certificates fail   contact {np.median(dark):5.1f} levels darker"
        )
    sheet = np.vstack(rows)
    kind = {"jpg": "jpeg"}.get(arguments.out.suffix[1:], arguments.out.suffix[1:])
    arguments.out.write_bytes(encode_image(sheet, format=kind, source_type="compositeCapture", quality=88))
    print(f"{arguments.out}: {sheet.shape[1]} × {sheet.shape[0]}")


if __name__ == "__main__":
    main()
