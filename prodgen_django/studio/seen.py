"""How a thing is shown that nobody says anything of, by its outline alone: a guess, for a person to correct."""

from __future__ import annotations

from .color import Float
from .goods import Pose
from .upright import straightened

__all__ = ["seen_pose"]

_TILTED = 10.0  # degrees from upright: nothing stands like that


def seen_pose(alpha: Float) -> Pose:
    """Whether a thing stands or lies: what is clearly turned in its photograph, by its sides or its axis of symmetry,
    does not stand.

    `alpha`: float32 H×W in [0, 1].
    """
    return "lies" if abs(straightened(alpha, "lies", flat=False).turned) > _TILTED else "table"
