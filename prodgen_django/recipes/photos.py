"""An item's photos as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from prodgen_django.recipes.base import ItemFailed

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem

WHITE = (255, 255, 255)


def rgb(bench: Workbench, ref: str) -> np.ndarray:
    """A photo as uint8 H×W×3; transparency is laid on white, as a shop's page would show it."""
    from prodgen_django.imagefile.pixels import flatten

    return flatten(bench.load_photo(ref), WHITE)


def require_photos(item: WorkItem) -> tuple[str, ...]:
    """The references of an item's photos. Raises ItemFailed where it has none."""
    if not item.photos:
        raise ItemFailed(
            "no_photos", _("%(title)s has no photos. Add one to the product first.") % {"title": item.title}
        )
    return item.photos
