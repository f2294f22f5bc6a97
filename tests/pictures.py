"""Drawn pictures whose truth is known, for the rooms that look at pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def vase() -> tuple[np.ndarray, np.ndarray]:
    """A red vase with a label on pale paper: uint8 480×400×3 and its true mask."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:480, 0:400]
    photo = np.dstack([224 - y / 30, 222 - x / 40, 214 - y / 25])
    mask = np.zeros((480, 400), np.uint8)
    cv2.ellipse(mask, (200, 290), (95, 120), 0, 0, 360, 1, -1)
    cv2.rectangle(mask, (165, 90), (235, 220), 1, -1)
    shade = (0.75 + 0.4 * np.exp(-(((x - 170) / 60) ** 2)))[..., None] * (168, 52, 40)
    photo = np.where(mask[..., None] == 1, shade, photo)
    photo = np.ascontiguousarray(photo.astype(np.uint8))
    cv2.putText(photo, "OLIVA 70", (135, 300), 0, 0.9, (245, 240, 225), 2, cv2.LINE_AA)
    photo = cv2.GaussianBlur(photo, (0, 0), 0.8) + rng.normal(0, 1.5, photo.shape)
    return np.clip(photo, 0, 255).astype(np.uint8), mask == 1
