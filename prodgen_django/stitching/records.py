"""What the stages of registration hand to one another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from prodgen_django.common.arrays import Matrix, Points

__all__ = ["Candidate", "Edge", "Placement", "Rotation"]


@dataclass
class Candidate:
    """A homography between two pictures that features suggest; not yet believed."""

    transform: Matrix
    source: Points
    target: Points
    matches: int
    """How many tentative matches there were, inliers or not."""
    level: str
    tentative: tuple[Points, Points] = field(default_factory=lambda: (np.zeros((0, 2)), np.zeros((0, 2))))
    """Where all of these lie in either picture."""

    @property
    def inliers(self) -> int:
        return len(self.source)


@dataclass
class Edge:
    """Two pictures that were seen to overlap: sub-pixel correspondences and what spoke for them."""

    a: int
    b: int
    transform: Matrix
    """Pixels of a to pixels of b."""
    source: Points
    target: Points
    evidence: dict[str, float]
    level: str

    @property
    def strength(self) -> float:
        return float(len(self.source)) * max(0.0, self.evidence["agreement"])


@dataclass
class Placement:
    """Where every member lies: homographies to the middle picture's pixels, and how well the edges agree."""

    model: str
    transforms: dict[int, Matrix]
    residual: float
    """Median distance of corresponding points, in pixels of the inputs."""
    cost: float
    """Robust sum of squares over all correspondences, in units of the expected error."""
    points: int


@dataclass
class Rotation:
    """A camera that turned on the spot: one focal length (pixels of the inputs) and a rotation per
    picture."""

    focal: float
    rotations: dict[int, Matrix]
    residual: float
    cost: float
