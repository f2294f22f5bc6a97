"""A drawn product on a drawn ground, so that the truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.pictures import vase

__all__ = ["vase"]


@pytest.fixture(scope="session")
def alpha(vase: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return cv2.GaussianBlur(vase[1].astype(np.float32), (0, 0), 0.8)
