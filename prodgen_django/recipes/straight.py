"""How a product's photo is made straight: by its outline, and by what the product is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodgen_django.recipes.base import WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.goods import Pose
    from prodgen_django.studio.upright import Straightened


def straight_of(item: WorkItem, cut: CutOut, pose: Pose | None = None) -> Straightened | None:
    """How the photo of a cut-out is turned or rectified; None where the job's options say that it stays as it is.

    `pose`: how the product is shown; by what it is called where that is not said.
    """
    from prodgen_django.studio.goods import good_of, sides_in
    from prodgen_django.studio.upright import straightened

    if not item.options.get("straighten", True):
        return None
    good, said = good_of([item.title, item.category]), sides_in(item.title)
    aspect = None if said is None else max(said) / min(said)
    named, flat = (None, None) if good is None else (good.pose, good.flat)
    found = straightened(cut.alpha, pose or named, aspect=aspect, flat=flat)
    # The holes of what a person drew, or cut out before, are meant so.
    return replace(found, alpha=cut.alpha) if cut.corrected or cut.brought else found


def whole_of(item: WorkItem, cut: CutOut) -> CutOut:
    """A cut-out with the holes closed that a flat thing cannot have."""
    straight = straight_of(item, cut)
    return cut if straight is None else replace(cut, alpha=straight.alpha)
