"""A shop's own photograph of an empty place, used like a set: its camera, its light, and products in it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.studio import stage
from prodgen_django.studio.marks import LIMITS, USUAL, Marks
from prodgen_django.studio.own_set import OwnSet, guessed, own_card

Drawn = tuple[np.ndarray, np.ndarray]


def table(horizon: float = 0.2, warm: float = 1.0) -> np.ndarray:
    """An empty table of boards that run away from the camera to a pale wall: uint8 900×1200×3."""
    photo = np.full((900, 1200, 3), (214, 210, 202), np.float32)
    photo[405:] = (168, 132, 96)
    vanishing = np.array([600, horizon * 900])
    for x in range(-1800, 3200, 160):
        foot = np.array([x, 900.0])
        top = vanishing + (foot - vanishing) * (405 - vanishing[1]) / (900 - vanishing[1])
        cv2.line(
            photo,
            np.rint(foot).astype(int).tolist(),
            np.rint(top).astype(int).tolist(),
            (96, 70, 48),
            4,
            cv2.LINE_AA,
        )
    across = np.linspace(1.15, 0.85, 1200)[None, :, None] if warm else 1.0
    return np.clip(photo * across, 0, 255).astype(np.uint8)


def seen(camera: tuple[tuple[float, ...], ...], point: tuple[float, float, float]) -> np.ndarray:
    x, y, w = np.array(camera) @ [*point, 1.0]
    return np.array([x / w, y / w])


marks = st.builds(
    Marks, horizon=st.floats(-1, 0.45), x=st.floats(0.2, 0.8), y=st.floats(0.6, 0.95),
    centimetres=st.floats(30, 500), azimuth=st.floats(-90, 90), elevation=st.floats(20, 80),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(marks)
def test_the_card_sees_horizon_place_and_scale_where_they_were_marked(said: Marks) -> None:
    photo = np.zeros((900, 1200, 3), np.uint8)
    card = own_card("own-1", "Table", "table", photo, said)
    assert seen(card.camera, (0, 0, 0)) == pytest.approx([said.x * 1200, said.y * 900], abs=0.01)
    # Far away on the ground is on the horizon.
    assert seen(card.camera, (0, 1e7, 0))[1] == pytest.approx(said.horizon * 900, abs=0.1)
    # One metre to the right is as far as the width that was said; up is up.
    metre = seen(card.camera, (1, 0, 0)) - seen(card.camera, (0, 0, 0))
    assert metre[0] == pytest.approx(1200 / (said.centimetres / 100), rel=1e-6)
    assert seen(card.camera, (0, 0, 0.1))[1] < seen(card.camera, (0, 0, 0))[1]
    assert 3 <= card.elevation <= 90
    ground = np.array(card.ground) @ [*seen(card.camera, (0.2, 0.3, 0)), 1]
    assert ground[:2] / ground[2] == pytest.approx([0.2, 0.3], abs=1e-6)
    assert sum(card.weights.values()) == pytest.approx(1)


def test_marks_out_of_their_limits_are_brought_back_and_nonsense_is_refused() -> None:
    stored = {**USUAL["table"].as_dict(), "horizon": -50, "softness": 9}
    read = Marks.of_dict(stored)
    assert (read.horizon, read.softness) == (LIMITS["horizon"][0], LIMITS["softness"][1])
    assert Marks.of_dict(read.as_dict()) == read
    with pytest.raises(ValueError, match="float"):
        Marks.of_dict({**stored, "x": "left"})
    with pytest.raises(KeyError):
        Marks.of_dict({})


@pytest.mark.parametrize("horizon", [-0.3, 0.1, 0.3])
def test_the_horizon_is_guessed_where_boards_run_away_from_the_camera(horizon: float) -> None:
    found = guessed(table(horizon), "table")
    assert found.horizon == pytest.approx(horizon, abs=0.06)
    assert found.azimuth < 0  # brighter at the left


def test_a_bare_wall_gets_what_is_usual() -> None:
    assert guessed(np.full((600, 800, 3), 200, np.uint8), "wall") == USUAL["wall"]


def test_a_product_stands_in_the_photograph_at_its_size_with_a_shadow_away_from_the_light(
    vase: Drawn, alpha: np.ndarray
) -> None:
    photo = table()
    said = Marks(0.2, 0.5, 0.85, 120, azimuth=-60, elevation=35, softness=0.1, strength=0.7)
    own = OwnSet(photo, own_card("own-7", "Our table", "table", photo, said))
    staged = stage(vase[0], alpha, own, size=(800, 600), centimetres=50, max_upscale=3)
    assert staged.fidelity.exact
    assert staged.fidelity.passed
    assert staged.backdrop == "own-7"
    assert staged.source_type == "compositeCapture"
    empty = cv2.resize(photo, (800, 600), interpolation=cv2.INTER_AREA).astype(float)
    away = staged.image.astype(float) - empty
    rows = np.flatnonzero((staged.mask > 0.5).any(1))
    foot = slice(rows[-1] - 30, rows[-1] + 10)
    columns = np.flatnonzero((staged.mask[foot] > 0.5).any(0))
    right, left = (
        away[foot, side].mean()
        for side in (slice(columns[-1] + 5, columns[-1] + 60), slice(columns[0] - 60, columns[0] - 5))
    )
    assert right < left - 3
    # Where no shadow falls the photograph is as it was.
    assert np.abs(away[:40, :80]).max() <= 5
