"""A contact sheet: products of the demo shop on every backdrop that has a place for them, to be looked at.

    python -m benchmarks.studio.sheet --out sheet.jpg [--side 320] [--drawn 800] [--only oak-morning grey]

Rows are backdrops, columns products; grey squares are products that a set has no place for. Prints what no eye has to
find: certificates that fail, and how far the ground right under a product is darker than beside it (the shadow of
contact).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import backdrops, cut_out_report, stage
from prodgen_django.studio.goods import good_of
from prodgen_django.studio.matting import shrink

PHOTOS = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue" / "photos"
PRODUCTS = (
    "meadow-mug",
    "lago-glass-vase",
    "linnet-chair",
    "tripod-floor-lamp",
    "atlas-kilim",
    "blue-ranges",
    "sunday-tote",
    "pleat-lamp",
    "marrakesh-pouf",
    "orchard-swing-bottle",
)
#: What the names alone do not say.
CALLED = {
    "blue-ranges": "poster",
    "tripod-floor-lamp": "floor-lamp",
    "pleat-lamp": "lamp",
    "atlas-kilim": "rug",
}


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
    names = [one.name for one in backdrops()]
    parser.add_argument("--only", nargs="*", default=names, choices=names)
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
    goods = [good_of([CALLED.get(name, name.replace("-", " "))]) for name in PRODUCTS[: arguments.products]]
    empty = np.full((arguments.side, arguments.side, 3), 128, np.uint8)
    for backdrop in (one for one in backdrops() if one.name in arguments.only):
        row, failed, dark = [], 0, []
        for number, (photo, cut, good) in enumerate(zip(photos, cuts, goods, strict=True)):
            pose, size = (good.pose, good.size) if good else ("table", None)
            if not backdrop.suits(pose, size):
                row.append(empty)
                continue
            staged = stage(
                photo,
                cut.alpha,
                backdrop.name,
                pose=pose,
                centimetres=size,
                size=(arguments.drawn,) * 2,
                seed=number,
            )
            failed += not staged.fidelity.passed
            dark.append(contact(staged.image, staged.mask))
            row.append(cv2.resize(staged.image, (arguments.side,) * 2, interpolation=cv2.INTER_AREA))
        rows.append(np.hstack(row))
        told = f"{np.median(dark):5.1f} levels darker" if dark else "none"
        print(f"{backdrop.name:18} {failed} of {len(dark)} certificates fail   contact {told}")
    sheet = np.vstack(rows)
    kind = {"jpg": "jpeg"}.get(arguments.out.suffix[1:], arguments.out.suffix[1:])
    arguments.out.write_bytes(encode_image(sheet, format=kind, source_type="compositeCapture", quality=88))
    print(f"{arguments.out}: {sheet.shape[1]} × {sheet.shape[0]}")


if __name__ == "__main__":
    main()
