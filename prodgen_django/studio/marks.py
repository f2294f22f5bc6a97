"""What a person says of a photograph of an empty table, floor or wall, so that it can be used like a rendered set.

Data alone, so that a web process may read it; `own_set` makes a camera of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .sets import SetView

__all__ = ["LIMITS", "USUAL", "Marks"]

LIMITS: dict[str, tuple[float, float]] = {
    "horizon": (-2.0, 0.95),
    "x": (0.1, 0.9),
    "y": (0.2, 0.97),
    "centimetres": (10.0, 2000.0),
    "azimuth": (-180.0, 180.0),
    "elevation": (10.0, 85.0),
    "softness": (0.02, 1.0),
    "strength": (0.1, 0.9),
}
"""The least and most of each mark."""


@dataclass(frozen=True, slots=True)
class Marks:
    """`horizon`: its row as a share of the height, less than 0 above the picture; of no use for a wall and from above.
    `x` and `y`: where a product stands, or its middle where it hangs or lies, as shares. `centimetres`: how wide what
    the picture shows there is. `azimuth`, `elevation`, `softness`: of the light, as `sets.Direction` has them.
    `strength`: of the light against that of the sky, 0 to 1.
    """

    horizon: float
    x: float
    y: float
    centimetres: float
    azimuth: float = 0.0
    elevation: float = 50.0
    softness: float = 0.3
    strength: float = 0.5

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def of_dict(cls, stored: Mapping[str, Any]) -> Marks:
        """The marks of plain values, each within its limits. Raises ValueError for what is no number, KeyError for one
        that is not there."""
        return cls(**{name: min(max(float(stored[name]), low), high) for name, (low, high) in LIMITS.items()})


USUAL: dict[SetView, Marks] = {
    "table": Marks(0.1, 0.5, 0.8, 120.0),
    "floor": Marks(0.3, 0.5, 0.84, 300.0),
    "wall": Marks(0.5, 0.5, 0.5, 250.0),
    "top": Marks(0.5, 0.5, 0.5, 120.0),
}
"""What a photograph usually shows."""
