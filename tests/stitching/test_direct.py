"""Alignment by all pixels: right from a rough start in noise, and an answer without a picture to align to."""

from __future__ import annotations

import cv2
import numpy as np

from prodgen_django.stitching.direct import align
from prodgen_django.stitching.features import View

from .scenes import cloth, shoot


def test_a_rough_start_in_strong_noise_ends_at_the_truth() -> None:
    scene = cloth(21)
    shots = [
        shoot(scene, (420, 400), noise=14, gain=0.8, seed=1),
        shoot(scene, (600, 430), turn=4, noise=14, vignette=0.3, seed=2),
    ]
    a, b = (View.of(s.image) for s in shots)
    truth = np.linalg.inv(shots[1].truth) @ shots[0].truth
    start = np.array([[1, 0, 5.0], [0, 1, -4.0], [0, 0, 1]]) @ truth
    found = align(a, b, start)
    assert found is not None
    transform, correlation = found
    corners = np.array([[[200.0, 20]], [[420, 20]], [[420, 400]], [[200, 400]]])
    apart = cv2.perspectiveTransform(corners, transform) - cv2.perspectiveTransform(corners, truth)
    assert np.abs(apart).max() < 0.5
    assert correlation > 0.8


def test_pictures_of_nothing_have_no_answer() -> None:
    blank = View.of(np.full((300, 400, 3), 128, np.uint8))
    assert align(blank, blank, np.array([[1.0, 0, 200], [0, 1, 0], [0, 0, 1]])) is None


def test_pictures_of_different_things_do_not_correlate() -> None:
    a, b = (View.of(shoot(cloth(seed), (420, 400)).image) for seed in (22, 23))
    found = align(a, b, np.array([[1.0, 0, 150], [0, 1, 0], [0, 0, 1]]))
    assert found is None or found[1] < 0.5
