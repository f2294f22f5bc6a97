"""A product's photos, cut out: which of them serves best, and what is known of the product in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prodgen_django.recipes.poses import pose_of
from prodgen_django.recipes.straight import straight_of

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.recipes.base import WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.goods import Pose
    from prodgen_django.studio.repair import Repair
    from prodgen_django.studio.upright import Straightened

#: From so plain a rim on a photo is a packshot.
PACKSHOT = 0.55


@dataclass(frozen=True)
class Shot:
    """A photo with its cut-out, and what is known of the product in it.

    `colours`: "#rrggbb", most of it first; `outline`: a name in the storage. `straight`: how the photo is turned
    upright or rectified, None where it stays as it is. `repair`: what was done to it before the cut-out.
    """

    ref: str
    photo: np.ndarray
    cut: CutOut
    pose: Pose
    centimetres: float | None
    colours: tuple[str, ...]
    outline: str = ""
    straight: Straightened | None = None
    repair: Repair | None = None

    @classmethod
    def of(
        cls, item: WorkItem, ref: str, photo: np.ndarray, cut: CutOut, repair: Repair | None = None
    ) -> Shot:
        from prodgen_django.studio import palette

        pose, size = pose_of(item, cut.alpha)
        straight = straight_of(item, cut, pose)
        if straight is not None:
            cut = replace(cut, alpha=straight.alpha)
        colours = tuple(palette(photo, cut.alpha, 3))
        return cls(ref, photo, cut, pose, size, colours, straight=straight, repair=repair)


def suits(candidate: tuple[str, np.ndarray, CutOut, *tuple[object, ...]]) -> tuple[bool, bool, float]:
    """A photo that a person has taken the trouble with comes before every other, and a packshot before a snapshot."""
    _ref, photo, cut, *_more = candidate
    return cut.corrected, _plain(photo) > PACKSHOT and not cut.poor, _merit(candidate)


def _merit(candidate: tuple[str, np.ndarray, CutOut, *tuple[object, ...]]) -> float:
    """How well a photo suits: above all how surely the product is told from its surroundings."""
    from prodgen_django.studio import photo_quality

    _ref, photo, cut, *_more = candidate
    quality = photo_quality(photo, cut.alpha)
    return 3 * cut.confidence + _plain(photo) + quality.sharpness + quality.exposure + quality.resolution


def _plain(photo: np.ndarray) -> float:
    """How plain a photo's rim is, 0 to 1: a studio shot's is, and nothing lies about there that might be taken for a
    part of the product."""
    return max(0.0, 1.0 - float(_rim(photo).std(axis=0).mean()) / 40.0)


def _rim(photo: np.ndarray) -> np.ndarray:
    """The outermost fortieth of a photo on each side, N×3."""
    import numpy as np

    edge = max(4, min(photo.shape[:2]) // 40)
    parts = (photo[:edge], photo[-edge:], photo[:, :edge], photo[:, -edge:])
    return np.concatenate([part.reshape(-1, 3) for part in parts])
