"""The outline of a flat thing that fills its picture, as a stitch shows it, and the thing alone on one ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.studio.finishing import Finished, on_its_ground, on_plain_ground
from prodgen_django.studio.flat_outline import flat_outline
from prodgen_django.studio.matting import CutOut
from prodgen_django.studio.upright import straightened

CORNERS = np.array([[70, 60], [700, 45], [725, 880], [50, 905]], np.float64)
FLOOR = (132, 116, 98)


@pytest.fixture(scope="module")
def rug() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A striped rug with a pale fringe at two ends on a plain floor: uint8 960×780×3, its true body and its fringe."""
    rng = np.random.default_rng(2)
    photo = np.full((960, 780, 3), FLOOR, np.float64)
    flat = np.zeros((800, 600, 3), np.uint8)
    for n, top in enumerate(range(0, 800, 40)):
        flat[top : top + 40] = [(176, 74, 48), (228, 214, 186), (36, 74, 92), (205, 150, 60)][n % 4]
    matrix = cv2.getPerspectiveTransform(
        np.float32([[0, 0], [600, 0], [600, 800], [0, 800]]), CORNERS.astype(np.float32)
    )
    body = cv2.warpPerspective(np.ones((800, 600), np.float32), matrix, (780, 960))
    photo = photo * (1 - body[..., None]) + cv2.warpPerspective(flat, matrix, (780, 960)) * body[..., None]
    fringe = np.zeros((960, 780), np.uint8)
    for share in np.linspace(0.02, 0.98, 32):
        for start, end, away in ((0, 1, -1), (3, 2, 1)):
            foot = CORNERS[start] + (CORNERS[end] - CORNERS[start]) * share
            tip = foot + np.array([rng.uniform(-3, 3), away * 26])
            cv2.line(
                fringe,
                np.rint(foot).astype(int).tolist(),
                np.rint(tip).astype(int).tolist(),
                255,
                3,
                cv2.LINE_AA,
            )
    threads = fringe[..., None] / 255 * (body[..., None] < 0.5)
    photo = photo * (1 - threads) + np.array([232, 222, 200]) * threads
    noisy = cv2.GaussianBlur(photo, (0, 0), 0.7) + rng.normal(0, 1.5, photo.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), body, threads[..., 0]


def rough(body: np.ndarray) -> np.ndarray:
    """What a network makes of it that expects a product before surroundings: bumps of floor, a bite."""
    alpha = (body > 0.5).astype(np.float32)
    alpha[300:380, 20:60] = 1
    alpha[10:60, 420:600] = 1
    alpha[880:930, 100:500] = 1
    return cv2.GaussianBlur(alpha, (0, 0), 4)


def test_the_sides_are_found_to_a_pixel_and_what_is_floor_goes(rug: tuple[np.ndarray, ...]) -> None:
    photo, body, threads = rug
    alpha = flat_outline(photo, rough(body), np.ones(body.shape, bool))
    assert alpha is not None
    assert np.abs(alpha - body)[(threads == 0)].mean() < 0.006
    floor = cv2.dilate(np.maximum(body, threads), np.ones((11, 11))) == 0
    assert (alpha[floor] > 0.5).mean() < 0.001
    # The fringe, where the rough outline has seen anything of it.
    seen = (threads > 0.9) & (rough(body) > 0.1)
    assert (alpha[seen] > 0.5).mean() > 0.9


def test_a_pale_fringe_keeps_neither_its_shadows_nor_seams_of_the_floor(
    rug: tuple[np.ndarray, ...],
) -> None:
    photo, body, threads = rug
    shadow = np.roll(threads, (1, 4), (0, 1)) * (threads < 0.1) * (body == 0)
    shadow[:, 300:] = 0
    spoilt = photo * (1 - 0.55 * shadow[..., None])
    # Where two photographs of the floor meet, apart from the rug.
    spoilt[300:500, 24:27] = np.array(FLOOR) * 1.2
    alpha = flat_outline(spoilt.astype(np.uint8), rough(body), np.ones(body.shape, bool))
    assert alpha is not None
    assert (alpha[300:500, 22:29] > 0.1).mean() < 0.01
    assert (alpha[shadow > 0.9] > 0.5).mean() < 0.01
    seen = (threads > 0.9) & (rough(body) > 0.1)
    assert (alpha[seen] > 0.5).mean() > 0.9


def test_what_has_no_straight_sides_has_no_flat_outline() -> None:
    y, x = np.mgrid[:600, :600]
    disc = ((x - 300) ** 2 + (y - 300) ** 2 < 250**2).astype(np.float32)
    photo = np.where(disc[..., None] > 0, (180, 60, 50), FLOOR).astype(np.uint8)
    assert flat_outline(photo, disc, np.ones(disc.shape, bool)) is None


def test_a_rug_is_whole_and_straight_alone_or_on_its_own_floor(rug: tuple[np.ndarray, ...]) -> None:
    photo, body, _threads = rug
    mask = np.ones(body.shape, bool)
    mask[:30, :120] = False  # a corner that no photograph shows
    alpha = flat_outline(photo, rough(body), mask)
    assert alpha is not None
    straight = straightened(alpha, "lies", flat=True)
    found = Finished(CutOut(straight.alpha, 0.9, ()), straight, FLOOR)
    staged = on_plain_ground(photo, found, "white", "compositeCapture")
    assert staged.fidelity.exact
    assert staged.fidelity.passed
    assert staged.source_type == "compositeCapture"
    edge = np.concatenate([staged.image[0], staged.image[-1], staged.image[:, 0], staged.image[:, -1]])
    assert edge.min() == 255
    # As large as it was stitched, and with straight sides.
    rows, columns = np.flatnonzero((staged.mask > 0.5).any(1)), np.flatnonzero((staged.mask > 0.5).any(0))
    assert np.ptp(rows) > 0.95 * 840
    left = (staged.mask[rows[60] : rows[-60]] > 0.5).argmax(1)
    assert np.ptp(left) <= 4
    kept, shown = on_its_ground(photo, mask, found)
    assert kept.shape[0] > straight.size[1]
    assert np.abs(kept[5, 5].astype(int) - FLOOR).max() < 12
    assert shown[kept.shape[0] // 2].all() or shown.mean() > 0.9
    assert np.ptp(columns) > 500
