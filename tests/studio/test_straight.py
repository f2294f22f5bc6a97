"""Photographs held aslant: turned upright, made the rectangle that they show, in one resampling that is certified."""

from __future__ import annotations

from math import radians

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import certify, stage, thresholds_for
from prodgen_django.studio.goods import sides_in
from prodgen_django.studio.planar import aspect_of, four_sides
from prodgen_django.studio.resampling import onto_canvas, stretched
from prodgen_django.studio.upright import straightened
from prodgen_django.studio.upright import turned as turned_further

Drawn = tuple[np.ndarray, np.ndarray]
HIGH, WIDE = 600, 800


def photographed(aspect: float, low: float, swing: float, roll: float, focal: float) -> np.ndarray:
    """The corners, 4×2 pixels, of a rectangle seen from `low` degrees off its normal, swung and rolled."""
    x, y, z = radians(low), radians(swing), radians(roll)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    flat = np.array([[-aspect, -1, 0], [aspect, -1, 0], [aspect, 1, 0], [-aspect, 1, 0]]) / max(aspect, 1)
    seen = flat @ (about_z @ about_y @ about_x).T + [0, 0, 3.2 * focal]
    return seen[:, :2] / seen[:, 2:] * focal * WIDE + [WIDE / 2, HIGH / 2]


def marked(corners: np.ndarray, fringe: bool = False) -> np.ndarray:
    """Its alpha, with threads at both ends where there is a fringe."""
    drawn = np.zeros((HIGH * 4, WIDE * 4), np.uint8)
    cv2.fillPoly(drawn, [np.rint((corners + 0.5) * 4).astype(np.int32)], 255)
    if fringe:
        tl, tr, br, bl = (corners + 0.5) * 4
        for share in np.linspace(0.03, 0.97, 30):
            for start, end, away in ((tl, tr, tl - bl), (bl, br, bl - tl)):
                foot = start + (end - start) * share
                tip = foot + away / np.linalg.norm(away) * 50
                cv2.line(drawn, tuple(np.rint(foot).astype(int)), tuple(np.rint(tip).astype(int)), 255, 6)
    return cv2.resize(drawn, (WIDE, HIGH), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """A picture turned clockwise on a canvas that holds all of it."""
    side = round(1.5 * max(picture.shape[:2]))
    matrix = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), -degrees, 1)
    matrix[:, 2] += side / 2 - np.array([picture.shape[1], picture.shape[0]]) / 2
    border = cv2.BORDER_REPLICATE if picture.ndim == 3 else cv2.BORDER_CONSTANT
    return cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)


views = st.tuples(
    st.floats(0.4, 2.5), st.floats(-40, 40), st.floats(-25, 25), st.floats(-38, 38), st.floats(0.8, 2.5)
)


@settings(max_examples=25, deadline=None)
@given(views, st.booleans())
def test_the_four_sides_of_a_flat_thing_are_found_with_and_without_a_fringe(
    view: tuple[float, float, float, float, float], fringe: bool
) -> None:
    corners = photographed(*view)
    assume(((corners > 5) & (corners < [WIDE - 5, HIGH - 5])).all())  # what the frame cuts has no fourth side
    found = four_sides(marked(corners, fringe))
    assert found is not None
    assert found.straight
    apart = np.linalg.norm(found.corners[:, None] - corners[None], axis=2).min(1)
    assert apart.max() < 0.012 * np.ptp(corners, axis=0).max()


@settings(max_examples=60, deadline=None)
@given(views)
def test_a_rectangles_true_proportions_are_told_from_its_picture(
    view: tuple[float, float, float, float, float],
) -> None:
    corners = photographed(*view)
    assert aspect_of(corners, (HIGH, WIDE), focal=view[4] * WIDE) == pytest.approx(view[0], rel=0.01)
    # Nobody says which lens it was: of 150 such views 135 are within 3 %, the worst 11 %.
    assert aspect_of(corners, (HIGH, WIDE)) == pytest.approx(view[0], rel=0.25)


def test_a_rug_becomes_a_true_rectangle_and_keeps_its_fringe() -> None:
    corners = photographed(0.7, 35, 12, 8, 1.3)
    alpha = marked(corners, fringe=True)
    straight = straightened(alpha, "lies")
    assert straight.rectified
    outline = straight.outline
    body = np.flatnonzero((outline > 0.5).mean(1) > 0.7)
    assert len(body) > 300
    rows = outline[body[10] : body[-10]] > 0.5
    left, right = rows.argmax(1), outline.shape[1] - rows[:, ::-1].argmax(1)
    assert np.ptp(left) <= 3
    assert np.ptp(right) <= 3
    assert (right - left).mean() / len(body) == pytest.approx(0.7, rel=0.06)
    # Thirty threads a side stand beyond the body, none of them cut off.
    above = outline[max(0, body[0] - 5)] > 0.3
    assert (np.diff(above.astype(int)) == 1).sum() >= 28
    assert outline[0].max() == outline[-1].max() == outline[:, 0].max() == outline[:, -1].max() == 0


def test_the_shops_sizes_say_the_proportions_where_they_can_be_true() -> None:
    alpha = marked(photographed(0.7, 35, 12, 8, 1.3))

    def shape(aspect: float | None) -> float:
        outline = straightened(alpha, "lies", aspect=aspect).outline > 0.5
        return float(np.median(outline.sum(1)[outline.any(1)]) / np.median(outline.sum(0)[outline.any(0)]))

    assert shape(100 / 70) == pytest.approx(0.7, rel=0.01)
    # Those of a carton do not.
    assert shape(3.0) == pytest.approx(shape(None), rel=1e-6)


@pytest.mark.parametrize(
    ("title", "sides"),
    [
        ("Atlas kilim 120 × 168 cm", (120, 168)),
        ("Poster 50x70", (50, 70)),
        ("Teppich 1,60 m x 2,30 m", (1.6, 2.3)),
        ("Towel", None),
        ("Model 2024", None),
    ],
)
def test_sizes_are_read_from_titles(title: str, sides: tuple[float, float] | None) -> None:
    assert sides_in(title) == sides


def test_a_pale_picture_in_its_frame_is_no_hole() -> None:
    corners = photographed(0.7, 10, 15, 3, 1.3)
    alpha = marked(corners)
    middle = corners.mean(0)
    holed = alpha - marked(middle + (corners - middle) * 0.7) * (np.arange(HIGH) < HIGH / 2)[:, None]
    straight = straightened(holed.astype(np.float32), "wall")
    assert straight.rectified
    assert np.abs(straight.alpha - alpha).mean() < 1e-3
    # A basket's handle, a chair's back: holes of what is not flat stay.
    assert (straightened(holed.astype(np.float32), "table").alpha == holed).all()


def test_what_is_not_flat_is_not_made_a_rectangle() -> None:
    corners = photographed(0.8, 35, 20, 3, 1.3)
    assert not straightened(marked(corners), "floor").rectified
    round_thing = cv2.ellipse(np.zeros((HIGH, WIDE), np.float32), (400, 300), (200, 120), 20, 0, 360, 1, -1)
    found = four_sides(round_thing)
    assert found is None or not found.straight
    assert not straightened(round_thing, "lies").rectified


@pytest.mark.parametrize("degrees", [-6, -3, 2, 5])
def test_a_vase_that_was_held_aslant_stands_upright(vase: Drawn, alpha: np.ndarray, degrees: float) -> None:
    assert straightened(alpha, "table").turned == 0
    assert straightened(turned(alpha, degrees), "table").turned == pytest.approx(-degrees, abs=0.6)


@pytest.mark.parametrize("degrees", [-40, -15, 25])
def test_a_garment_lies_straight_however_it_lay(degrees: float) -> None:
    shirt = np.zeros((600, 600), np.float32)
    half = [(380, 120), (520, 220), (480, 290), (400, 240), (400, 500)]
    outline = half + [(600 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(shirt, [np.array(outline)], 1)
    assert straightened(turned(shirt, degrees), "hangs").turned == pytest.approx(-degrees, abs=1)
    # Nothing that stands was photographed so.
    assert straightened(turned(shirt, degrees), "floor").turned == 0


def test_what_says_nothing_of_upright_stays_as_it_was_photographed() -> None:
    ball = cv2.circle(np.zeros((500, 500), np.float32), (250, 260), 160, 1, -1)
    shoe = np.zeros((500, 700), np.float32)
    cv2.fillPoly(shoe, [np.array([[80, 400], [80, 200], [240, 180], [360, 300], [620, 340], [640, 400]])], 1)
    for thing in (ball, shoe, turned(shoe, 5)):
        for pose in ("table", "floor", None):
            straight = straightened(thing, pose)
            assert straight.turned == 0
            assert (straight.matrix == np.eye(3)).all()
            assert straight.notes == ()


def test_the_product_is_its_photographs_own_after_one_resampling(vase: Drawn, alpha: np.ndarray) -> None:
    photo, slanted = turned(vase[0], 5), turned(alpha, 5)
    straight = straightened(slanted, "table")
    for staged in (
        stage(photo, slanted, "cream", size=(700, 700), straight=straight),
        stage(photo, slanted, "oak-morning", size=(700, 700), straight=straight),
    ):
        assert staged.fidelity.exact
        assert staged.fidelity.passed
        assert staged.fidelity.stretch == pytest.approx(1, abs=0.005)
        assert any("turned" in note for note in staged.notes)
        back = load_image(
            encode_image(staged.image, format="jpeg", quality=92, source_type="compositeCapture")
        )
        limits = thresholds_for("jpeg")
        assert certify(photo, straight.alpha, back, staged.transform, thresholds=limits).passed
        # It stands upright: as likely to the left of its middle as to the right.
        rows, columns = np.nonzero(staged.mask > 0.5)
        assert abs(np.polyfit(rows, columns, 1)[0]) < 0.01


def test_another_angle_another_place_or_a_mirror_image_is_found_out(vase: Drawn, alpha: np.ndarray) -> None:
    photo, slanted = turned(vase[0], 5), turned(alpha, 5)
    staged = stage(photo, slanted, "white", size=(700, 700), straight=straightened(slanted, "table"))
    upside = np.array([[-1, 0, 699], [0, 1, 0], [0, 0, 1]])
    assert not certify(photo, slanted, staged.image[:, ::-1], upside @ staged.transform).passed
    turn = np.radians(0.7)
    little = np.array([[np.cos(turn), -np.sin(turn), 3], [np.sin(turn), np.cos(turn), -4], [0, 0, 1]])
    assert not certify(photo, slanted, staged.image, little @ staged.transform).passed
    squeezed = np.diag([0.3, 1, 1]) @ staged.transform
    image = onto_canvas(photo, squeezed, (700, 700))
    failed = certify(photo, slanted, image, squeezed)
    assert failed.exact
    assert not failed.passed
    assert "stretch" in failed.failures[0]


@settings(max_examples=8, deadline=None)
@given(st.floats(0.2, 1.3), st.floats(-180, 180))
def test_turning_keeps_a_photographs_light(scale: float, degrees: float) -> None:
    rng = np.random.default_rng(1)
    photo = cv2.GaussianBlur(rng.integers(0, 255, (200, 240, 3)).astype(np.uint8), (0, 0), 2)
    turn = np.radians(degrees)
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    matrix = np.array([[cosine, -sine, 200], [sine, cosine, 200], [0, 0, 1]])
    laid = onto_canvas(photo, matrix, (400, 400))
    share = onto_canvas(np.ones(photo.shape[:2], np.float32), matrix, (400, 400))
    inside = cv2.erode((share > 0.99).astype(np.uint8), np.ones((5, 5), np.uint8)) == 1
    assert 0 <= share.min() <= share.max() <= 1.00001
    if inside.sum() > 500:
        assert laid[inside].mean() == pytest.approx(photo.mean(), abs=3)
    assert stretched(matrix, photo.shape) == pytest.approx(1, abs=1e-6)


def test_a_photograph_is_turned_further_by_hand() -> None:
    alpha = np.zeros((200, 200), np.float32)
    alpha[40:160, 80:120] = 1
    by_hand = turned_further(None, alpha, 30)
    assert by_hand.turned == 30
    rows, columns = np.nonzero(by_hand.outline > 0.5)
    assert np.ptp(columns) == pytest.approx(40 * np.cos(np.radians(30)) + 120 * np.sin(np.radians(30)), abs=4)
    back = turned_further(by_hand, alpha, -30)
    assert back.turned == 0
    rows, columns = np.nonzero(back.outline > 0.5)
    assert (np.ptp(rows), np.ptp(columns)) == (pytest.approx(119, abs=2), pytest.approx(39, abs=2))
