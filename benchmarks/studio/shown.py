"""What a panel of judges is shown of one picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Shown(NamedTuple):
    """A photograph and what was made of it, both uint8 h×w×3, and the app's own opinion."""

    kind: str
    name: str
    photo: np.ndarray
    picture: np.ndarray
    confidence: float
    poor: bool
