"""Shadows from an outline alone: where they begin, where they fall, how soft they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.studio.casting import cast, occluded, stacked
from prodgen_django.studio.sets import Direction

SIDE = 400
RIGHT = Direction(azimuth=90, elevation=45, softness=0.05)


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Left, top, right, bottom of opaque boxes."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 1
    return mask


BOTTLE = drawn((170, 120, 230, 300))
STOOL = drawn((120, 150, 280, 170), (125, 170, 135, 300), (265, 170, 275, 300), (195, 170, 205, 285))
LAMP = drawn((140, 80, 260, 140), (196, 140, 204, 290), (170, 290, 230, 300))


def test_light_from_the_right_throws_the_shadow_to_the_left() -> None:
    dark = cast(stacked(BOTTLE, 12), RIGHT)
    assert dark[270:300, 60:165].max() > 0.8
    assert dark[:, 245:].max() < 0.15
    other = cast(stacked(BOTTLE, 12), Direction(-90, 45, 0.05))
    assert np.allclose(other, cast(stacked(BOTTLE[:, ::-1].copy(), 12), RIGHT)[:, ::-1], atol=0.03)


def test_light_from_behind_comes_towards_the_camera() -> None:
    towards = cast(stacked(BOTTLE, 15), Direction(180, 45, 0.05))
    away = cast(stacked(BOTTLE, 15), Direction(0, 45, 0.05))
    assert towards[310:330, 180:220].mean() > 0.5
    assert away[310:330, 180:220].mean() < 0.05


def test_the_lower_the_light_the_longer_the_shadow() -> None:
    def length(height: float) -> int:
        return int((cast(stacked(BOTTLE, 12), Direction(90, height, 0.05)).max(0) > 0.4).sum())

    assert length(72) < length(60) < length(50)


def test_what_hangs_higher_is_softer() -> None:
    def steepness(plane: np.ndarray) -> float:
        return float(np.abs(np.diff(plane, axis=1)).max())

    lamp = cast(stacked(LAMP, 20), Direction(90, 30, 0.25))
    foot = cast(stacked(drawn((170, 290, 230, 300)), 20), Direction(90, 30, 0.25))
    assert steepness(lamp[:, :100]) < steepness(foot)


def test_every_leg_touches_the_ground_and_the_seat_does_not() -> None:
    dark = occluded(stacked(STOOL, 15))
    for x, y in ((130, 301), (270, 301), (200, 286)):
        assert dark[y - 2 : y + 3, x - 4 : x + 5].max() > 0.45
    assert dark[296:304, 150:185].max() < 0.5 * dark[296:304, 125:136].max()


def test_a_bar_throws_no_disc() -> None:
    """However wide it is, a thing is no deeper than it is seen to be."""
    bar = drawn((60, 290, 340, 300))
    dark = cast(stacked(bar, 30), Direction(90, 60, 0.05))
    assert dark[:270].max() < 0.1


def test_what_nothing_holds_does_not_touch_the_ground() -> None:
    with_handle = np.maximum(BOTTLE, drawn((230, 150, 290, 160), (280, 160, 290, 240)))
    dark = occluded(stacked(with_handle, 25))
    assert dark[235:260, 270:300].max() < 0.3


def test_a_foot_far_back_touches_the_ground_and_a_handle_as_high_does_not() -> None:
    """A chest seen from above and from its corner, and a mug."""
    chest = np.zeros((SIDE, SIDE), np.float32)
    for points in (
        [(100, 100), (220, 130), (220, 280), (100, 230)],  # its long side, which runs away to the left
        [(220, 130), (300, 110), (300, 250), (220, 280)],
        [(100, 220), (112, 220), (112, 243), (100, 243)],  # feet: far left, near, far right
        [(212, 270), (228, 270), (228, 300), (212, 300)],
        [(288, 240), (300, 240), (300, 266), (288, 266)],
    ):
        cv2.fillPoly(chest, [np.array(points)], 1.0)
    dark = occluded(stacked(chest, 9))
    for x, y in ((106, 244), (220, 301), (294, 267)):
        assert dark[y - 2 : y + 3, x - 4 : x + 5].max() > 0.4, (x, y)
    mug = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(mug, (180, 280), (80, 20), 0, 0, 360, 1.0, -1)
    mug[100:280, 100:260] = 1
    cv2.ellipse(mug, (270, 190), (50, 55), 0, -110, 110, 1.0, 14)
    dark = occluded(stacked(mug, 9))
    assert dark[232:250, 275:310].max() < 0.3
    assert dark[298:304, 160:200].max() > 0.5


def test_a_box_stands_on_its_edges_and_a_bowl_on_its_foot_alone() -> None:
    box = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillPoly(box, [np.array([(80, 120), (240, 140), (320, 120), (320, 250), (240, 300), (80, 230)])], 1.0)
    dark = occluded(stacked(box, 9))
    for x, y in ((120, 249), (180, 275), (280, 277)):
        assert dark[y : y + 4, x - 4 : x + 5].max() > 0.35, (x, y)
    bowl = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(bowl, (200, 180), (130, 120), 0, 0, 180, 1.0, -1)
    dark = occluded(stacked(bowl, 9))
    assert dark[298:303, 190:210].max() > 0.4
    assert dark[270:298, 95:125].max() < 0.6, "it hangs over the ground there and does not touch it"
    table = drawn((60, 150, 340, 170), (70, 170, 80, 300), (320, 170, 330, 250))
    dark = occluded(stacked(table, 9))
    assert dark[270:282, 180:220].max() < 0.2, "nothing stands between two legs"


@pytest.mark.parametrize("left", [0, 150, 330])
def test_no_seam_at_the_pictures_edge(left: int) -> None:
    """A product near the edge, or cut by it, casts as it does in a wider picture."""
    wide = np.zeros((SIDE, 3 * SIDE), np.float32)
    wide[120:300, SIDE + left : SIDE + left + 60] = 1
    narrow = np.ascontiguousarray(wide[:, SIDE : 2 * SIDE])
    inside = cast(stacked(narrow, 12), RIGHT)
    whole = cast(stacked(wide, 12), RIGHT)[:, SIDE : 2 * SIDE]
    assert np.abs(inside - whole).mean() < 0.02


def test_a_larger_picture_has_the_same_shadow() -> None:
    large = cv2.resize(STOOL, (1200, 1200), interpolation=cv2.INTER_NEAREST)
    found = cv2.resize(cast(stacked(large, 15), RIGHT), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert np.abs(found - cast(stacked(STOOL, 15), RIGHT)).mean() < 0.01


def test_a_shadow_climbs_the_wall_that_it_meets() -> None:
    away = Direction(-30, 25, 0.05)
    free, climbing = (cast(stacked(BOTTLE, 10), away, wall) for wall in (None, 285.0))
    assert climbing[140:200].max() > 0.5
    assert free[140:200].max() < 0.1


def test_nothing_casts_nothing() -> None:
    nothing = stacked(np.zeros((50, 60), np.float32), 10)
    assert not cast(nothing, RIGHT).any()
    assert not occluded(nothing).any()


@given(st.floats(-180, 180), st.floats(0, 90), st.floats(0, 1), st.floats(0, 90), st.integers(0, 1000))
def test_any_light_and_outline_is_taken(
    azimuth: float, height: float, spread: float, elevation: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    mask = (cv2.GaussianBlur(rng.random((60, 80)).astype(np.float32), (0, 0), 3) > 0.5).astype(np.float32)
    dark = cast(stacked(mask, elevation), Direction(azimuth, height, spread))
    assert dark.shape == mask.shape
    assert dark.dtype == np.float32
    assert 0 <= dark.min() <= dark.max() <= 1
