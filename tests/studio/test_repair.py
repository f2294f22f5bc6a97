"""Photographs repaired by one stated transform: those in a wrong light, never those that are right."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.studio import certify, stage
from prodgen_django.studio.repair import NOTHING, Repair, repair_for, repaired

ORANGE, CREAM, BLACK, TEAL = (214, 122, 42), (236, 222, 190), (24, 22, 21), (30, 120, 125)


def before(ground: tuple[int, int, int], product: tuple[int, int, int], sheen: bool = True) -> np.ndarray:
    """A round product with a sheen before a plain ground that gets a little darker downwards: uint8 400×400×3."""
    y = np.linspace(1.0, 0.97, 400)[:, None, None]
    photo = np.broadcast_to(np.array(ground) * y, (400, 400, 3)).copy()
    cv2.circle(photo, (200, 210), 110, product, -1, cv2.LINE_AA)
    if sheen:
        cv2.ellipse(photo, (165, 160), (16, 9), -30, 0, 360, (246, 246, 246), -1, cv2.LINE_AA)
    noise = np.random.default_rng(4).normal(0, 0.8, photo.shape)
    return np.clip(cv2.GaussianBlur(photo, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


def under(photo: np.ndarray, lamp: tuple[float, float, float]) -> np.ndarray:
    """The same photograph under a lamp of that colour, in linear light."""
    linear = (photo / 255) ** 2.2 * np.array(lamp)
    return np.rint(np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


@pytest.mark.parametrize("product", [ORANGE, CREAM, BLACK, TEAL])
@pytest.mark.parametrize("ground", [(250, 250, 249), (228, 228, 227), (205, 206, 206)])
def test_a_photograph_that_is_right_stays_as_it_is_to_the_byte(
    product: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    photo = before(ground, product)
    assert repair_for(photo) == NOTHING
    assert repaired(photo, NOTHING) is photo


@settings(max_examples=30, deadline=None)
@given(st.floats(0.72, 0.96), st.sampled_from([ORANGE, CREAM, BLACK, TEAL]), st.booleans())
def test_a_warm_or_cold_lamp_is_taken_out(strength: float, product: tuple[int, int, int], warm: bool) -> None:
    right = before((226, 226, 225), product)
    lamp = (1.0, (1 + strength) / 2, strength) if warm else (strength, (1 + strength) / 2, 1.0)
    seen = under(right, lamp)
    repair = repair_for(seen)
    made = repaired(seen, repair).astype(float)
    # A lamp too weak to be seen is left; a seen one is at most a just visible one after it.
    wrong, left = (np.ptp(one[:60].mean((0, 1))) for one in (seen.astype(float), made))
    assert left <= max(8.5, 0.35 * wrong)
    if repair != NOTHING:
        # Its colour, not its lightness: a lamp of another colour is a weaker one, too.
        found, true = (one[180:240, 180:240].mean((0, 1)) + 12 for one in (made, right.astype(float)))
        assert np.ptp(found / true) < 0.09


@pytest.mark.parametrize(
    "paper", [(244, 205, 206), (205, 228, 208), (214, 178, 120), (120, 110, 96), (248, 224, 180)]
)
def test_coloured_grounds_are_no_lamps(paper: tuple[int, int, int]) -> None:
    assert repair_for(before(paper, TEAL)).gains == (1, 1, 1)


def test_a_white_sheen_says_that_the_paper_is_cream() -> None:
    cream = (232, 226, 214)
    assert repair_for(before(cream, TEAL)).gains == (1, 1, 1)
    # Without any, nobody can tell: the shop has said that its grounds are white.
    assert repair_for(before(cream, TEAL, sheen=False)).gains != (1, 1, 1)


def test_patterned_surroundings_say_nothing_of_the_light() -> None:
    photo = before((226, 200, 170), TEAL)
    photo[::8] = (120, 60, 30)
    photo[:, ::8] = (60, 90, 140)
    assert repair_for(photo).gains == (1, 1, 1)


def test_a_dark_photograph_is_brightened_and_nothing_clips() -> None:
    right = before((214, 214, 213), ORANGE)
    dark = under(right, (0.35, 0.35, 0.35))
    repair = repair_for(dark)
    assert repair.exposure > 1.3
    made = repaired(dark, repair)
    assert dark.mean() < made.mean() <= right.mean() + 4
    assert (made == 255).mean() < 0.001
    assert any("too dark" in note for note in repair.notes)


def test_noise_is_taken_out_and_letters_stay() -> None:
    clean = before((226, 226, 225), TEAL)
    cv2.putText(clean, "OLIVA", (130, 220), 0, 1.1, (245, 240, 225), 3, cv2.LINE_AA)
    rng = np.random.default_rng(1)
    noisy = np.clip(clean + rng.normal(0, 9, clean.shape), 0, 255).astype(np.uint8)
    repair = repair_for(noisy)
    assert repair.noise > 0
    made = repaired(noisy, repair)
    assert (
        np.abs(made[:80].astype(float) - clean[:80]).mean()
        < 0.5 * np.abs(noisy[:80].astype(float) - clean[:80]).mean()
    )
    sharp = cv2.Sobel(made[..., 0], cv2.CV_32F, 1, 0)[190:225, 130:250]
    true = cv2.Sobel(clean[..., 0], cv2.CV_32F, 1, 0)[190:225, 130:250]
    assert np.corrcoef(sharp.ravel(), true.ravel())[0, 1] > 0.95


def test_what_is_stored_makes_the_same_picture_again_and_is_what_the_certificate_measures() -> None:
    seen = under(before((226, 226, 225), ORANGE), (1.0, 0.9, 0.78))
    repair = repair_for(seen)
    assert repair != NOTHING
    made = repaired(seen, repair)
    again = repaired(seen, Repair.of_dict(json.loads(json.dumps(repair.as_dict()))))
    assert (made == again).all()
    alpha = cv2.circle(np.zeros((400, 400), np.float32), (200, 210), 109, 1, -1)
    staged = stage(made, alpha, "white", size=(500, 500))
    assert staged.fidelity.passed
    assert not certify(seen, alpha, staged.image, staged.transform).passed
