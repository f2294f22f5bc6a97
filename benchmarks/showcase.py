"""The picture at the head of the README, made by the app's own engines from the example shop's photographs.

    python -m benchmarks.showcase docs/images/readme.jpg

A seller's photograph and what becomes of it, close-ups and their stitch, a campaign, and concept pictures.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

import prodgen_django
from benchmarks.campaign.work import BRAND, BRIEF, PHOTOS, cut
from prodgen_django.gan import Sampler
from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.stitching import stitch
from prodgen_django.studio import cut_out, stage
from prodgen_django.studio.banners import FORMATS, Campaign, looks
from prodgen_django.studio.banners.faces import font
from prodgen_django.studio.banners.fonts import candidates_for

WIDTH, EDGE, GAP = 1600, 24, 10
PAPER, INK = (250, 249, 246), (40, 40, 40)
#: Photograph and the scenes it comes to stand in.
STAGED = (("meadow-mug-1", ("white", "oak-morning", "zellige-kitchen", "spring-blossom")),
          ("corda-vase-2", ("cream", "walnut-evening", "travertine-sun", "terrazzo-fresh")))  # fmt: skip
CLOSE_UPS = "azrou-rug"
PACKAGE = Path(prodgen_django.__file__).parent
FACE = candidates_for("A", "en", "sans", heavy=False)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sheet = Sheet()
    for number, (name, scenes) in enumerate(STAGED):
        photo = load_image(PHOTOS / f"{name}.jpg")
        alpha = cut_out(photo)
        pictures = [stage(photo, alpha, scene, size=(640, 640), seed=2).image for scene in scenes]
        words = ("The seller's photograph", "Other grounds and rooms, the product's own pixels")
        sheet.row([photo, *pictures], words if number == 0 else ())
    photos = sorted(PHOTOS.glob(f"{CLOSE_UPS}-c*.jpg"))
    parts = [load_image(path) for path in photos]
    whole = stitch(parts).image
    sheet.row([*parts, whole], ("Close-ups", *[""] * (len(parts) - 1), "Stitched to one picture"))
    with tempfile.TemporaryDirectory() as folder:
        shown = [cut(name, Path(folder)) for name in ("tidal-mug", "ember-tea-bowl", "reed-cup")]
    look = looks(shown, BRIEF, BRAND, count=3, seed=4)[0]
    campaign = Campaign(shown, BRIEF, BRAND)
    banners = [campaign.banner(FORMATS[name], look).image for name in ("hero", "meta_square", "meta_story")]
    concepts = Sampler.load(PACKAGE / "checkpoints" / "garments.safetensors").sample(24, seed=11)
    grid = np.vstack([np.hstack(list(concepts[i : i + 4])) for i in range(0, 24, 4)])
    sheet.row([*banners, grid], ("One offer, thirteen sizes", "", "", "Concepts of a GAN"))
    arguments.out.write_bytes(
        encode_image(
            sheet.drawn(), format="jpeg", source_type="compositeWithTrainedAlgorithmicMedia", quality=86
        )
    )


class Sheet:
    """Rows of pictures of one height, as wide as the page, with words above."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []

    def row(self, pictures: list[np.ndarray], words: tuple[str, ...]) -> None:
        aspects = [picture.shape[1] / picture.shape[0] for picture in pictures]
        free = WIDTH - 2 * EDGE - GAP * (len(pictures) - 1)
        high = round(free / sum(aspects))
        head = 34 if words else GAP
        strip = Image.new("RGB", (WIDTH, high + head), PAPER)
        draw, x = ImageDraw.Draw(strip), float(EDGE)
        for number, (picture, aspect) in enumerate(zip(pictures, aspects, strict=True)):
            size = (round(high * aspect), high)
            strip.paste(
                Image.fromarray(picture[..., :3]).resize(size, Image.Resampling.LANCZOS), (round(x), head)
            )
            if number < len(words) and words[number]:
                draw.text((x, 6), words[number], INK, font=font(FACE, 19))
            x += high * aspect + GAP
        self.rows.append(np.asarray(strip))

    def drawn(self) -> np.ndarray:
        blank = np.full((EDGE // 2, WIDTH, 3), PAPER, np.uint8)
        return np.vstack([blank, *self.rows, blank, blank])


if __name__ == "__main__":
    main()
