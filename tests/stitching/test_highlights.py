"""Burnt-out highlights: what was cut off at white comes from another photograph, or goes back towards white."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import stitch
from prodgen_django.stitching.canvas import Warp
from prodgen_django.stitching.highlights import highlights, lifted_small
from prodgen_django.stitching.small import Small

from .scenes import cloth, shoot


def drawn(pixels: np.ndarray) -> Small:
    height, width = pixels.shape[:2]
    box = (0, 0, width, height)
    warp = Warp(0, (width, height), box, np.eye(3))
    return Small(warp, box, pixels, np.full((height, width), 255, np.uint8), np.zeros((3, 3), np.float32))


def test_a_clean_set_is_left_as_it_is() -> None:
    scene = cloth(3, 1000, 420)
    images = [shoot(scene, (220 + 280 * k, 210), size=(420, 380), seed=k).image for k in range(2)]
    plain, made = stitch(images, harmonise=False), stitch(images)
    difference = np.abs(plain.image.astype(float) - made.image)[plain.mask & made.mask]
    assert difference.mean() < 2.0


def test_a_burnt_out_part_comes_from_the_picture_that_still_shows_it() -> None:
    scene = np.clip(cloth(5, 900, 420).astype(np.float32) * 0.35 + 150, 0, 255).astype(np.uint8)
    dark = shoot(scene, (250, 210), size=(420, 380), gain=1.0, seed=1).image
    bright = shoot(scene, (480, 210), size=(420, 380), gain=1.32, seed=2).image
    result = stitch([dark, bright], crop="none")
    to = np.linalg.inv(result.transforms[0])
    seen = cv2.warpPerspective(result.image, to, (420, 380), flags=cv2.INTER_LINEAR)
    shared = seen[40:-40, 260:400].astype(float)
    truth = dark[40:-40, 260:400].astype(float)
    # In the overlap the result follows the well exposed picture's contrast, not the flat white one's.
    assert np.corrcoef(shared.ravel(), truth.ravel())[0, 1] > 0.9
    assert abs(shared.std() / truth.std() - 1) < 0.35


def test_only_what_is_burnt_out_is_lifted_and_never_beyond_white() -> None:
    photograph = np.full((40, 40, 3), 230, np.uint8)
    photograph[:, 20:] = 255
    small = drawn(photograph)
    darkened = photograph.astype(np.float32) * 0.8
    whole = lifted_small(small, darkened)
    tile = highlights([small])[0].apply(darkened, photograph, lambda part: part)
    for done in (whole, tile):
        assert (done[:, :20] == darkened[:, :20]).all()
        assert (done[:, 25:] > darkened[:, 25:] + 10).all()
        assert done.max() <= 255
    assert lifted_small(small, darkened * 1.5)[:, 25:] == pytest.approx(306), "what is white already stays"


def test_a_single_white_pixel_is_noise() -> None:
    photograph = np.full((40, 40, 3), 200, np.uint8)
    photograph[20, 20] = 255
    lit = photograph.astype(np.float32) * 0.8
    assert np.abs(lifted_small(drawn(photograph), lit) - lit).max() < 4


def test_what_is_burnt_out_counts_less() -> None:
    photograph = np.full((40, 40, 3), 120, np.uint8)
    photograph[:, 20:] = 255
    trust = highlights([drawn(photograph)])[0].trust
    assert trust[:, :15] == pytest.approx(1)
    assert trust[:, 30:] == pytest.approx(0.2)
