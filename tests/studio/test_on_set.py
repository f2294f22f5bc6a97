"""A product on a rendered set: where it stands, what it takes of the light, and that it is not altered."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.studio import sets
from prodgen_django.studio.on_set import Move, lit_from, placed, surroundings, weights, zoomed
from prodgen_django.studio.resampling import onto_canvas
from prodgen_django.studio.scene import encoded, set_scene
from prodgen_django.studio.staging import Staged, StagingError, stage

SIZE = (500, 500)
Drawn = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def card() -> sets.SetCard:
    return sets.card("oak-morning", "table").fitted(SIZE)


def test_the_product_is_the_photographs_own(vase: Drawn, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "oak-morning", size=SIZE, centimetres=30)
    assert staged.fidelity.exact
    assert staged.fidelity.passed
    laid = onto_canvas(vase[0], staged.transform, SIZE[::-1])
    assert (staged.image[staged.mask == 1] == laid[staged.mask == 1]).all()
    again = stage(vase[0], alpha, "oak-morning", size=SIZE, centimetres=30)
    assert (staged.image == again.image).all()


def test_it_stands_where_the_card_says(vase: Drawn, alpha: np.ndarray, card: sets.SetCard) -> None:
    mask = stage(vase[0], alpha, "oak-morning", size=SIZE).mask > 0.5
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    assert rows[-1] + 1 == pytest.approx(card.place[1] * SIZE[1], abs=2)
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(card.place[0] * SIZE[0], abs=2)


def test_larger_things_are_larger_within_what_shows_them_well(card: sets.SetCard) -> None:
    shown = [placed((100, 100), card, "table", size).scale for size in (1, 20, 35, 500)]
    assert shown == sorted(shown)
    assert 100 * shown[0] >= 0.45 * SIZE[1]
    assert 100 * shown[-1] <= card.tallest * SIZE[1] + 1
    assert placed((100, 100), card, "table", None).scale > 0
    nearer = [zoomed((100, 100), card, "table", size) for size in (10, 30, 60)]
    assert nearer == sorted(nearer, reverse=True)
    assert nearer[0] > 1.2
    assert nearer[-1] == 1
    assert zoomed((100, 100), card, "table", None) == 1


def test_the_table_is_darker_at_its_foot_and_untouched_far_away(
    vase: Drawn, alpha: np.ndarray, card: sets.SetCard
) -> None:
    mask = stage(vase[0], alpha, "oak-morning", size=SIZE).mask
    scene = set_scene("oak-morning", "table", SIZE)
    bare, none = surroundings(scene, mask, "table", weights(card, 0.0), strength=0)
    np.testing.assert_allclose(bare, sets.lit("oak-morning", "table", None, SIZE), atol=1e-5)
    assert none.max() < 1e-5
    _, taken = surroundings(scene, mask, "table", weights(card, 0.0))
    foot = round(card.place[1] * SIZE[1])
    middle = round(card.place[0] * SIZE[0])
    assert taken[foot : foot + 5, middle - 10 : middle + 10].max() > 0.25
    assert taken[:20].max() < 0.05
    assert 0 <= taken.min() <= taken.max() <= 1


def test_light_follows_the_side_that_the_product_was_lit_from(card: sets.SetCard) -> None:
    y, x = np.mgrid[0:200, 0:200]
    ball = (np.hypot(x - 100, y - 100) < 70).astype(np.float32)
    photo = np.repeat((80 + 0.7 * x)[..., None], 3, 2).astype(np.uint8)
    side = lit_from(photo, ball)
    assert side > 0.5
    assert lit_from(photo[:, ::-1].copy(), ball) == pytest.approx(-side, abs=0.05)
    assert abs(lit_from(np.full_like(photo, 120), ball)) < 0.05
    right, left = weights(card, 1.0), weights(card, -1.0)
    assert right["key-right"] > left["key-right"]
    assert right["key-left"] < left["key-left"]
    assert sum(right.values()) == pytest.approx(sum(card.weights.values()))
    others = [weights(card, 0.0, variation) for variation in (0, 1, 2)]
    assert others[0] == card.weights
    assert len({tuple(mix.values()) for mix in others}) == 3


def test_brighter_than_white_rolls_off() -> None:
    levels = encoded(np.linspace(0, 4, 60, dtype=np.float32))
    assert (np.diff(levels) >= 0).all()
    assert levels.max() <= 1.0
    assert levels[0] == 0


def test_what_cannot_be_staged_is_told(vase: Drawn, alpha: np.ndarray) -> None:
    with pytest.raises(LookupError, match="oak-morning"):
        stage(vase[0], alpha, "nowhere")
    with pytest.raises(KeyError):
        stage(vase[0], alpha, "oak-morning", pose="wall")
    with pytest.raises(StagingError):
        stage(vase[0], np.zeros_like(alpha), "oak-morning")


def test_a_small_photograph_is_not_blown_up_in_silence(vase: Drawn, alpha: np.ndarray) -> None:
    small = cv2.resize(vase[0], None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    staged = stage(small, mask, "oak-morning", size=(1600, 1600))
    assert staged.scale <= 1.31
    assert staged.image.shape[0] < 1600
    assert "not 1600 × 1600" in staged.notes[0]


def test_a_product_is_where_it_was_moved_to_and_not_altered(vase: Drawn, alpha: np.ndarray) -> None:
    def box(staged: Staged) -> np.ndarray:
        rows, columns = (np.flatnonzero((staged.mask > 0.5).any(axis)) for axis in (1, 0))
        return np.array([rows[0], rows[-1], columns[0], columns[-1]], float) / SIZE[0]

    still = stage(vase[0], alpha, "oak-morning", size=SIZE)
    moved = stage(vase[0], alpha, "oak-morning", size=SIZE, move=Move(right=0.1, down=0.05, scale=0.8))
    before, after = box(still), box(moved)
    assert after[1] - before[1] == pytest.approx(0.05, abs=0.01)
    assert after[2:].mean() - before[2:].mean() == pytest.approx(0.1, abs=0.01)
    assert np.ptp(after[:2]) / np.ptp(before[:2]) == pytest.approx(0.8, abs=0.02)
    assert moved.fidelity.exact
    left, right = (stage(vase[0], alpha, "oak-morning", size=SIZE, move=Move(light=k)).image for k in (-1, 1))
    assert np.abs(left.astype(int) - right).mean() > 1
