"""Cut-outs before and after, for looking at: photograph, cut-out on magenta, hand-made mask in outline.

    python -m benchmarks.studio.cutouts sheet.jpg

All 24 photographs of garment-masks, three sets a row, with the IoU and the confidence under each.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.studio.matting import DATA, garments
from prodgen_django.imagefile import encode_image
from prodgen_django.studio import cut_out_report

SIDE, ACROSS = 170, 3
#: No garment here has this colour, so that what is missing or too much is seen.
GROUND = np.array([255, 0, 255], np.float32)


def square(picture: np.ndarray) -> np.ndarray:
    scale = SIDE / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    canvas = np.full((SIDE, SIDE, 3), 255, np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sheet", type=Path)
    arguments = parser.parse_args()
    groups = []
    for _name, photo, truth in garments(DATA / "garment-masks"):
        found = cut_out_report(photo)
        alpha = found.alpha[..., None]
        cut = np.rint(photo * alpha + GROUND * (1 - alpha)).astype(np.uint8)
        drawn = photo.copy()
        edges, _ = cv2.findContours((truth > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, edges, -1, (255, 0, 255), max(1, max(photo.shape[:2]) // 200))
        ours, theirs = found.alpha >= 0.5, truth > 0.5
        iou = (ours & theirs).sum() / (ours | theirs).sum()
        band = np.full((20, 3 * SIDE, 3), 255, np.uint8)
        words = f"IoU {iou:.3f}, confidence {found.confidence:.2f}" + (", flagged" if found.poor else "")
        cv2.putText(band, words, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
        groups.append(np.vstack([np.hstack([square(photo), square(cut), square(drawn)]), band]))
    groups += [np.full_like(groups[0], 255)] * (-len(groups) % ACROSS)
    rows = [np.hstack(groups[i : i + ACROSS]) for i in range(0, len(groups), ACROSS)]
    arguments.sheet.write_bytes(encode_image(np.vstack(rows), format="jpeg", source_type=None, quality=80))


if __name__ == "__main__":
    main()
