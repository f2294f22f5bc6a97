"""The shop's own backdrops: found by the names that jobs keep, and as sets for the studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now

from prodgen_django.recipes.base import ItemFailed

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.models import OwnBackdrop
    from prodgen_django.studio.goods import Pose
    from prodgen_django.studio.own_set import OwnSet

_PREFIX = "own-"


def own_backdrop(name: str) -> OwnBackdrop | None:
    """The backdrop of that name, None where there is none."""
    from prodgen_django.models import OwnBackdrop

    key = name.removeprefix(_PREFIX)
    if key == name or not key.isdecimal() or len(key) > 18:
        return None
    return OwnBackdrop.objects.filter(pk=int(key)).first()


def own_choices() -> list[tuple[str, Any]]:
    """Every own backdrop, by name and label."""
    from prodgen_django.models import OwnBackdrop

    return [(one.name, one.label) for one in OwnBackdrop.objects.all()]


def has_place(backdrop: OwnBackdrop, pose: Pose) -> bool:
    """Whether it shows a place for a thing of this pose."""
    from prodgen_django.studio.backdrop import VIEWS

    return VIEWS[pose] == backdrop.view


def as_set(backdrop: OwnBackdrop) -> OwnSet:
    """The backdrop for `studio.stage`. Raises ItemFailed where its photo is gone or damaged."""
    from prodgen_django.studio.marks import USUAL, Marks
    from prodgen_django.studio.own_set import OwnSet, own_card

    pixels = _pixels(backdrop)
    view: Any = backdrop.view
    try:
        marks = Marks.of_dict(backdrop.marks)
    except (KeyError, TypeError, ValueError):
        marks = USUAL[view]
    return OwnSet(pixels, own_card(backdrop.name, backdrop.label, view, pixels, marks))


def guess(pk: int) -> None:
    """Guess an uploaded backdrop's marks, unless a person was quicker."""
    from prodgen_django.models import OwnBackdrop
    from prodgen_django.studio.own_set import guessed

    backdrop = OwnBackdrop.objects.filter(pk=pk, marked=False).first()
    if backdrop is None:
        return
    marks = guessed(_pixels(backdrop), backdrop.view).as_dict()  # type: ignore[arg-type]
    OwnBackdrop.objects.filter(pk=pk, marked=False, picture=backdrop.picture.name).update(marks=marks)


def _pixels(backdrop: OwnBackdrop) -> np.ndarray:
    from prodgen_django.imagefile import ImageRejected
    from prodgen_django.imagefile.pixels import flatten
    from prodgen_django.recipes.photos import WHITE, load_upload

    try:
        with backdrop.picture.open("rb") as file:
            return flatten(load_upload(file), WHITE)
    except (OSError, ImageRejected) as error:
        sentence = _now("The photo of the backdrop “%(name)s” is damaged or gone; upload it again.")
        raise ItemFailed("backdrop_damaged", sentence % {"name": backdrop.label}) from error
