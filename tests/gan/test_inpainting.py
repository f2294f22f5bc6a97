"""Holes are filled from what surrounds them; nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.gan import inpaint


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), height=st.integers(12, 90), width=st.integers(12, 90))
def test_every_pixel_outside_the_mask_stays(seed, height, width):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    mask = rng.random((height, width)) < 0.3
    mask[0, 0] = False
    filled = inpaint(image, mask, working_side=48)
    assert np.array_equal(filled[~mask], image[~mask])
    assert filled.dtype == np.uint8


@pytest.mark.parametrize("side", [120, 1500])
def test_a_red_thing_on_a_slanting_light_vanishes(side):
    light = np.linspace(90, 200, side)[None, :, None]
    truth = np.broadcast_to(light * (1.0, 0.9, 0.8), (side, side, 3)).astype(np.uint8)
    image, mask = truth.copy(), np.zeros((side, side), bool)
    hole = slice(side * 2 // 5, side * 3 // 5)
    image[hole, hole] = (255, 0, 0)
    mask[hole, hole] = True
    error = np.abs(inpaint(image, mask).astype(int) - truth).max()
    assert error < 25


def test_what_cannot_be_filled_is_said():
    image = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(ValueError, match="whole picture"):
        inpaint(image, np.ones((20, 20), bool))
    with pytest.raises(ValueError, match="mask is"):
        inpaint(image, np.ones((10, 20), bool))
    assert np.array_equal(inpaint(image, np.zeros((20, 20), bool)), image)
