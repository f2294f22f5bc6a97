"""What a display picture's product is put before: a drawn style, or one of the backdrops that take more work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from prodgen_django.recipes.own_scenes import own_scene, suiting_scenes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut

#: The style's name of a staged photo of the shop, without its product.
OWN_PHOTOS = "own-photos"


@dataclass(frozen=True)
class Backdrop:
    """`scene` and `arguments` as `studio.stage` takes them; `sources`: further photos that the picture is made of;
    `recipe`: what is kept beside the style's name, to make it again."""

    scene: str | np.ndarray
    arguments: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)


def choices() -> list[tuple[str, Any]]:
    """Every backdrop on offer, by name and label."""
    from prodgen_django.studio.styles import STYLES

    drawn = [(style.name, style.label) for style in STYLES.values()]
    return [*drawn, (OWN_PHOTOS, _("A staged photo of the shop, without its product"))]


def backdrop(
    style: str,
    item: WorkItem,
    bench: Workbench,
    photo: np.ndarray,
    cut: CutOut,
    size: tuple[int, int],
    seed: int,
    number: int = 0,
) -> Backdrop:
    """The backdrop of a product's `number`-th picture before `style`. Raises ItemFailed where it cannot be had."""
    if style == OWN_PHOTOS:
        return _own_photo(item, bench, photo, cut, size, seed, number)
    return Backdrop(style)


def _own_photo(
    item: WorkItem,
    bench: Workbench,
    photo: np.ndarray,
    cut: CutOut,
    size: tuple[int, int],
    seed: int,
    number: int,
) -> Backdrop:
    from prodgen_django.studio.own_scenes import SOURCE_TYPE

    ref = item.options.get("scene") or ""
    if not ref:
        found = suiting_scenes(item, bench, photo, cut)
        ref = found[number % len(found)]
    scene = own_scene(ref, bench, photo, cut, size, seed)
    arguments = {
        "ground": scene.ground,
        "middle": scene.middle,
        "fill": scene.fill,
        "placement": "stand" if scene.view == "front" else "lie",
        "backdrop_source": SOURCE_TYPE,
    }
    return Backdrop(scene.image, arguments, (ref,), {"scene": ref})
