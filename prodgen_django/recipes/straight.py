"""How a product's photo is made straight: by its outline, and by what the product is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodgen_django.recipes.base import WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.goods import Pose
    from prodgen_django.studio.upright import Straightened


def straight_of(item: WorkItem, cut: CutOut, pose: Pose | None) -> Straightened | None:
    """How the photo of a cut-out is turned or rectified; None where the job's options say that it stays as it is.

    `pose`: how the product is shown. The holes of a flat thing are closed, but for those that somebody drew.
    """
    from prodgen_django.studio.goods import good_of, sides_in
    from prodgen_django.studio.upright import straightened

    if not item.options.get("straighten", True):
        return None
    good, said = good_of([item.title, item.category]), sides_in(item.title)
    aspect = None if said is None else max(said) / min(said)
    found = straightened(cut.alpha, pose, aspect=aspect, flat=None if good is None else good.flat)
    return replace(found, alpha=cut.alpha) if cut.corrected or cut.brought else found
