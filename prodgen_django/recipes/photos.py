"""Pictures from outside as pixels: the one place where the app reads them, within the bounds that PRODGEN sets."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, TypedDict

from django.utils.translation import gettext as _

from prodgen_django.catalog import CatalogError, get_catalog
from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem

WHITE = (255, 255, 255)


class Bounds(TypedDict):
    """What a picture from outside may have, as `load_image` and `inspect_image` take it."""

    max_bytes: int
    max_pixels: int


def bounds() -> Bounds:
    """``PRODGEN["MAX_IMAGE_BYTES"]`` and ``PRODGEN["MAX_IMAGE_PIXELS"]`` as they are now."""
    return {"max_bytes": settings.MAX_IMAGE_BYTES, "max_pixels": settings.MAX_IMAGE_PIXELS}


def load_upload(source: bytes | IO[bytes]) -> np.ndarray:
    """What somebody uploaded, uint8 H×W×3 or ×4, sRGB, upright.

    `source`: its bytes or an open binary file. Raises ImageRejected, also for more than `MAX_IMAGE_BYTES` or
    `MAX_IMAGE_PIXELS`.
    """
    from prodgen_django.imagefile import load_image

    return load_image(source, **bounds())


def load_photo(ref: str) -> np.ndarray:
    """A product's photo by its reference, as `load_upload`. Raises ItemFailed in words for the shop admin."""
    from prodgen_django.imagefile import ImageRejected

    try:
        with get_catalog().open_photo(ref) as file:
            return load_upload(file)
    except CatalogError as error:
        raise ItemFailed("photo_missing", str(error)) from error
    except (OSError, ImageRejected) as error:
        if isinstance(error, ImageRejected) and error.code != "unreadable":
            raise ItemFailed(error.code, error.message) from error
        message = _("The photo %(ref)s cannot be read from the storage.") % {"ref": ref}
        raise ItemFailed("photo_missing", message) from error


def photo_of(bench: Workbench, ref: str, side: int = 0) -> tuple[np.ndarray, np.ndarray | None]:
    """A photo for the studio: uint8 H×W×3, and the product's alpha (float32 H×W) where its file brings one along.

    Transparency is laid on white, as a shop's page would show it. With `side` both are made smaller, so that the
    longer side is at most that.
    """
    from prodgen_django.imagefile.pixels import flatten

    pixels = bench.load_photo(ref)
    photo, own = flatten(pixels, WHITE), None
    if pixels.shape[2] == 4:
        from prodgen_django.studio import brought_alpha

        own = brought_alpha(pixels)
    if side:
        from prodgen_django.studio.matting import shrink

        photo, own = shrink(photo, side), None if own is None else shrink(own, side)
    return photo, own


def require_photos(item: WorkItem) -> tuple[str, ...]:
    """The references of an item's photos. Raises ItemFailed where it has none."""
    if not item.photos:
        raise ItemFailed(
            "no_photos", _("%(title)s has no photos. Add one to the product first.") % {"title": item.title}
        )
    return item.photos
