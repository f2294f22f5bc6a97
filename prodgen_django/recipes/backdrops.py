"""What a display picture's product is put before: a drawn style, or one of the backdrops that take more work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed
from prodgen_django.recipes.devices import device
from prodgen_django.recipes.own_scenes import own_scene, suiting_scenes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut

#: The style's name of a staged photo of the shop, without its product.
OWN_PHOTOS = "own-photos"
#: The style's name of surroundings that a diffusion model paints; on offer where `PRODGEN["DIFFUSION"]` names one.
DIFFUSION = "diffusion"

SCENE_WORDS = "on a light stone table in a quiet room, soft daylight from a window, product photograph"

#: Where the product stands in painted surroundings, as `stage` takes it.
_PAINTED: dict[str, Any] = {"fill": 0.6, "ground": 0.82, "placement": "stand"}


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
    own = (OWN_PHOTOS, _("A staged photo of the shop, without its product"))
    painted = [(DIFFUSION, _("Painted by the diffusion model"))] if settings.DIFFUSION else []
    return [*drawn, own, *painted]


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
    if style == DIFFUSION:
        return _painted(item, bench, photo, cut, size, seed)
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


def _painted(
    item: WorkItem, bench: Workbench, photo: np.ndarray, cut: CutOut, size: tuple[int, int], seed: int
) -> Backdrop:
    import numpy as np

    from prodgen_django.studio import StagingError, stage
    from prodgen_django.studio.diffusion import SOURCE_TYPE, DiffusionUnavailable, paint_surroundings

    words = str(item.options.get("scene_words") or SCENE_WORDS)
    canvas = np.full((size[1], size[0], 3), 200, np.uint8)
    try:
        bare = stage(photo, cut.alpha, canvas, size=size, shadow=False, **_PAINTED)
        painted = paint_surroundings(
            bare.image,
            bare.mask,
            words,
            settings.DIFFUSION or {},
            seed=seed,
            device=device(),
            on_step=lambda done: bench.progress(item, 0.5 + 0.4 * done, _now("Painting the backdrop")),
        )
    except StagingError as error:
        raise ItemFailed(error.code, error.message) from error
    except DiffusionUnavailable as error:
        raise ItemFailed("diffusion_unavailable", str(error)) from error
    # The model paints light and shadow of its own; only the line of contact is helped.
    arguments = {**_PAINTED, "shadow": 0.25, "backdrop_source": SOURCE_TYPE}
    model = str(settings.DIFFUSION["model"]).rstrip("/").rsplit("/", 1)[-1]
    return Backdrop(painted, arguments, recipe={"scene_words": words, "model": model})
