"""The shop's own staged photographs as backdrops."""

from __future__ import annotations

import json

import numpy as np
import pytest

from prodgen_django.studio import stage
from prodgen_django.studio.own_scenes import (
    SceneCard,
    is_staged,
    product_card,
    scene_card,
    unlikeness,
    without_product,
)


def scene(colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A red, blue or other block on a wooden-looking floor before a wall, and its alpha."""
    rng = np.random.default_rng(3)
    photo = np.empty((480, 640, 3), np.float32)
    photo[:300] = (150, 160, 150)
    photo[300:] = (140, 100, 60)
    photo[300:] += 25 * np.sin(np.arange(640) / 4)[None, :, None]
    photo += rng.normal(0, 9, photo.shape)
    alpha = np.zeros((480, 640), np.float32)
    left, top, right, bottom = box
    alpha[top:bottom, left:right] = 1
    photo[alpha > 0] = colour
    return np.clip(photo, 0, 255).astype(np.uint8), alpha


def redness(image: np.ndarray) -> np.ndarray:
    pixels = image.astype(int)
    return pixels[..., 0] - np.maximum(pixels[..., 1], pixels[..., 2])


def test_the_product_is_taken_out_and_the_new_one_stands_in_its_place() -> None:
    photo, alpha = scene((220, 20, 20), (250, 180, 390, 400))
    card = scene_card(photo, alpha)
    assert card is not None
    assert is_staged(photo)
    mug, cut = scene((20, 40, 200), (200, 120, 330, 330))
    shape = product_card(mug, cut).shape
    bare = without_product(photo, alpha, card, (640, 640), shape)
    assert redness(photo).max() > 150
    assert redness(bare.image).max() < 130  # what is left is floor and its noise
    staged = stage(
        mug, cut, bare.image, size=(640, 640), ground=bare.ground, middle=bare.middle, fill=bare.fill
    )
    assert staged.fidelity.exact
    # The new product covers the place of the old one: the centres of both boxes meet.
    rows, columns = np.nonzero(staged.mask > 0.5)
    high, wide = staged.image.shape[:2]  # smaller than asked where the photograph carries no more
    assert abs(columns.mean() / wide - bare.middle[0]) < 0.02
    assert abs((rows.max() + 1) / high - bare.ground) < 0.02
    assert high == wide


def test_the_same_place_shows_the_same_scene_again() -> None:
    photo, alpha = scene((220, 20, 20), (250, 180, 390, 400))
    card = scene_card(photo, alpha)
    assert card is not None
    first, second = (without_product(photo, alpha, card, (400, 300), 1.0, seed=5) for _ in range(2))
    assert (first.image == second.image).all()
    assert first.image.shape[1] / first.image.shape[0] == pytest.approx(4 / 3, rel=0.02)


@pytest.mark.parametrize(
    "box", [(0, 100, 200, 400), (20, 20, 620, 470), (300, 300, 320, 330)], ids=["cut off", "fills", "tiny"]
)
def test_a_photo_whose_product_is_cut_off_or_fills_it_or_is_tiny_is_no_scene(
    box: tuple[int, int, int, int],
) -> None:
    assert scene_card(*scene((220, 20, 20), box)) is None


def test_a_packshot_is_no_scene() -> None:
    photo = np.full((400, 400, 3), 240, np.uint8)
    photo[100:300, 150:250] = (30, 90, 60)
    assert not is_staged(photo)


def test_likeness_goes_by_category_then_colour_and_shape_and_plain_scenes_come_first() -> None:
    mug = SceneCard((0.3, 0.3, 0.6, 0.7), (50, 60, 40), 1.0, 1.0, "front")
    like = SceneCard((0.2, 0.3, 0.6, 0.8), (52, 58, 38), 1.1, 1.0, "front")
    blue = SceneCard((0.2, 0.3, 0.6, 0.8), (40, 10, -50), 1.1, 1.0, "front")
    wide = SceneCard((0.1, 0.5, 0.9, 0.7), (52, 58, 38), 3.0, 1.0, "front")
    checked = SceneCard((0.2, 0.3, 0.6, 0.8), (52, 58, 38), 1.1, 9.0, "front")
    first = unlikeness(mug, like, same_category=True)
    assert first < unlikeness(mug, like, same_category=False)
    for other in (blue, wide, checked):
        assert first < unlikeness(mug, other, same_category=True)


def test_what_is_known_of_a_scene_can_be_stored() -> None:
    card = scene_card(*scene((220, 20, 20), (250, 180, 390, 400)))
    assert card is not None
    assert SceneCard.of_dict(json.loads(json.dumps(card.as_dict()))) == card
