"""What a display picture's product is put before: a plain ground, a set, or a backdrop that takes more work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed
from prodgen_django.recipes.devices import device
from prodgen_django.recipes.own_backdrops import as_set, has_place, own_backdrop, own_choices
from prodgen_django.recipes.own_scenes import own_scene, suiting_scenes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.backdrop import Backdrop as Known
    from prodgen_django.studio.goods import Pose
    from prodgen_django.studio.own_set import OwnSet

#: Kits whose colours are on offer as grounds.
MOST_KITS = 4
#: The name of a staged photo of the shop, without its product.
OWN_PHOTOS = "own-photos"
#: The name of surroundings that a diffusion model paints; on offer where `PRODGEN["DIFFUSION"]` names one.
DIFFUSION = "diffusion"

SCENE_WORDS = "on a light stone table in a quiet room, soft daylight from a window, product photograph"

#: Where the product stands in painted surroundings, as `stage` takes it.
_PAINTED: dict[str, Any] = {"fill": 0.6, "ground": 0.82, "pose": "table"}

#: The name under which each product gets the set that flatters it.
AUTO = "auto"
#: What names of backdrops that are drawn no more stand for now, in the options of older jobs and in pictures' recipes.
RENAMED = {
    "studio-grey": "grey",
    "sky": "#cfe0ee",
    "blush": "paper-blush",
    "sage": "terrazzo-fresh",
    "oak": "oak-morning",
    "morning-oak": "oak-morning",
    "oak-flat": "oak-morning",
    "walnut": "walnut-evening",
    "marble": "marble-bath",
    "marble-flat": "marble-bath",
    "concrete": "concrete-loft",
    "concrete-flat": "slate-dark",
    "terrazzo": "terrazzo-fresh",
    "dark": "slate-dark",
    "festive": "festive-fir",
    "window-light": "plaster-steps",
    "leaf-shadow": "travertine-sun",
    "blinds": "travertine-sun",
    "daylight": "plaster-steps",
    "linen": "linen-soft",
    "blush-flat": "linen-soft",
}


@dataclass(frozen=True)
class Backdrop:
    """`scene` and `arguments` as `studio.stage` takes them; `sources`: further photos that the picture is made of;
    `recipe`: what is kept beside the backdrop's name, to make it again."""

    scene: str | np.ndarray | OwnSet
    arguments: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)


def current(name: str) -> str:
    """The backdrop that a name stands for today: older ones have successors, and a set that is gone leaves the choice
    to the product's colours."""
    from prodgen_django.studio.backdrop import backdrop as known

    name = RENAMED.get(name, name)
    if name in (AUTO, OWN_PHOTOS, DIFFUSION) or own_backdrop(name) is not None:
        return name
    try:
        return known(name).name
    except LookupError:
        return AUTO


def is_known(name: str) -> bool:
    """Whether a name is, or was, a backdrop."""
    return name in RENAMED or current(name) == name


def choices() -> list[tuple[str, Any]]:
    """Every backdrop on offer, by name and label."""
    from prodgen_django.studio.backdrop import backdrops

    found = [(one.name, _(one.label)) for one in backdrops()]
    plain = [pair for pair, one in zip(found, backdrops(), strict=True) if not one.views]
    rooms = [pair for pair, one in zip(found, backdrops(), strict=True) if one.views]
    own = (OWN_PHOTOS, _("A staged photo of the shop, without its product"))
    painted = [(DIFFUSION, _("Painted by the diffusion model"))] if settings.DIFFUSION else []
    return [
        (AUTO, _("Chosen to suit each product")),
        *plain,
        *_brand_colours(),
        *own_choices(),
        *rooms,
        own,
        *painted,
    ]


def _brand_colours() -> list[tuple[str, Any]]:
    """The colours of the shop's brand kits."""
    from prodgen_django.models import BrandKit

    found: dict[str, str] = {}
    for name, *colours in BrandKit.objects.values_list("name", "ground", "accent")[:MOST_KITS]:
        for colour in filter(None, colours):
            found.setdefault(colour.lower(), f"{name}, {colour.lower()}")
    return list(found.items())


def chosen(
    item: WorkItem, pose: Pose, centimetres: float | None, colours: Sequence[str]
) -> tuple[list[tuple[str, int]], list[str]]:
    """What a product is put before: pairs (backdrop, variation), and sentences about those that have no place for it.

    `centimetres`: its longer side; `colours`: "#rrggbb", most of it first. Raises ItemFailed where none of those asked
    for will do.
    """
    from prodgen_django.studio.backdrop import backdrop as known
    from prodgen_django.studio.backdrop import backdrops, is_set
    from prodgen_django.studio.flattery import ranked
    from prodgen_django.studio.goods import good_of

    count = int(item.options.get("candidates") or 1)
    names = list(dict.fromkeys(current(name) for name in item.options.get("styles") or ["white"]))
    found: list[tuple[str, int]] = []
    notes: list[str] = []
    for name in names:
        if name == AUTO:
            good = good_of([item.title, item.category])
            kinds = good.kinds if good is not None else ()
            best = ranked(
                colours, backdrops(), pose, str(item.options.get("season") or ""), centimetres, kinds
            )
            fresh = [one.name for one in best if one.name not in names][:count]
            found += [(one, 0) for one in fresh] or [("cream", 0)]
        elif (place := own_backdrop(name)) is not None:
            if has_place(place, pose):
                found += [(name, number) for number in range(count)]
            else:
                notes.append(_without_place(place.label, pose))
        elif is_set(name) and not known(name).suits(pose, centimetres):
            notes.append(_no_place(known(name), pose))
        else:
            # Nothing of a plain ground could vary.
            plain = name not in (OWN_PHOTOS, DIFFUSION) and not is_set(name)
            found += [(name, number) for number in range(1 if plain else count)]
    if not found:
        hint = _now("Choose another backdrop, or say how the product is shown.")
        raise ItemFailed("no_place", " ".join([*notes, hint]))
    return found, notes


def _no_place(one: Known, pose: Pose) -> str:
    from prodgen_django.models import Pose as Said

    about = {"backdrop": _now(one.label), "pose": str(Said.Way(pose).label).lower()}
    if one.suits(pose):
        return _now("On “%(backdrop)s” the product would look far too small.") % about
    return _without_place(about["backdrop"], pose)


def _without_place(label: str, pose: Pose) -> str:
    from prodgen_django.models import Pose as Said

    about = {"backdrop": label, "pose": str(Said.Way(pose).label).lower()}
    return _now("“%(backdrop)s” has no place for a thing like this: %(pose)s.") % about


def backdrop(
    name: str,
    item: WorkItem,
    bench: Workbench,
    photo: np.ndarray,
    cut: CutOut,
    size: tuple[int, int],
    seed: int,
    number: int = 0,
) -> Backdrop:
    """The backdrop of a product's `number`-th picture before `name`. Raises ItemFailed where it cannot be had."""
    if name == OWN_PHOTOS:
        return _own_photo(item, bench, photo, cut, size, seed, number)
    if name == DIFFUSION:
        return _painted(item, bench, photo, cut, size, seed)
    own = own_backdrop(name)
    return Backdrop(name) if own is None else Backdrop(as_set(own))


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
        "pose": "table" if scene.view == "front" else "lies",
        "backdrop_source": SOURCE_TYPE,
        # Each is another photo: the light of one is as it was taken.
        "variation": 0,
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
