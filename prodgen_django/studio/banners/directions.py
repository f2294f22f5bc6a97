"""What all sizes of a campaign have in common: ground, backdrop, colours and typeface."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prodgen_django.studio import sets
from prodgen_django.studio.backdrop import VIEWS, Backdrop, backdrops, colour_of, tags_of
from prodgen_django.studio.backdrop import backdrop as backdrop_of
from prodgen_django.studio.color import ciede2000, to_lab
from prodgen_django.studio.flattery import ranked
from prodgen_django.studio.goods import Pose

from .brief import MOST_PRODUCTS, BannerError, Brand, Brief, Shown
from .colours import Scheme, from_lch, lch, rgb, schemes, separation, with_ground
from .families import GROUNDS, LEAST, MOST, WITH_SCENE, Ground
from .fonts import Typeface

_ORDER: tuple[Ground, ...] = (
    "arch", "scene", "disc", "split", "card", "tint", "slant", "poster", "tiles", "shelf",
)  # fmt: skip
_MANY: tuple[Ground, ...] = ("shelf", "tiles", "split", "card", "tint", "scene", "poster", "slant", "disc")


@dataclass(frozen=True, slots=True)
class Look:
    """One direction for a campaign. `backdrop`: what there is where there is a scene; `pose`: how its products are
    shown, so that a set is seen in the right view."""

    ground: Ground
    scheme: Scheme
    backdrop: Backdrop
    typeface: Typeface
    seed: int
    pose: Pose = "table"

    @property
    def tags(self) -> tuple[str, ...]:
        """What the backdrop says of the picture's style, its colours apart."""
        if self.ground not in WITH_SCENE or colour_of(self.backdrop.name):
            return ()
        return tags_of(sets.card(self.backdrop.name, VIEWS[self.pose]))

    @property
    def name(self) -> str:
        return f"{self.ground}, {self.scheme.name}, {self.backdrop.name}, {self.typeface}"


def looks(
    products: Sequence[Shown],
    brief: Brief,
    brand: Brand,
    *,
    count: int = 3,
    seed: int = 0,
    backdrop: str = "",
) -> list[Look]:
    """`count` looks to compare, each on another ground. `backdrop`: the name of one, or "" to choose.

    Raises BannerError (no_products, too_many_products), LookupError for an unknown backdrop.
    """
    if not products:
        raise BannerError("no_products", "A campaign picture needs at least one product.")
    if len(products) > MOST_PRODUCTS:
        raise BannerError("too_many_products", f"A campaign picture shows at most {MOST_PRODUCTS} products.")
    pose = _common_pose(products)
    fixed = _asked_for(backdrop, pose)
    suited = (
        []
        if pose is None
        else ranked([c for shown in products for c in shown.palette[:2]], backdrops(), pose)
    )
    number = len(products)
    rng = np.random.default_rng([zlib.crc32(b"campaign"), seed])
    offered = [
        ground
        for ground in (_MANY if number > 4 else _ORDER)
        if LEAST.get(ground, 1) <= number <= MOST[ground] and (ground != "scene" or suited or fixed)
    ]
    # The seed turns the order a little; what suits the number of products best stays near the front.
    turned = sorted(range(len(offered)), key=lambda k: k + 4.0 * rng.random())
    grounds = [offered[k] for k in turned]
    colours = schemes(products, brand)
    # What the products drown in is no choice, however often the seed is changed.
    seen = [s for s in colours if separation(products, s.ground) >= 16]
    plain = [s for s in colours if s.name == "brand"] or (seen if len(seen) > 1 else colours[:3])
    made = []
    turn = int(rng.integers(4))
    for k in range(max(1, count)):
        ground = grounds[k % len(grounds)]
        # Whatever else differs, no two looks in a row have the same colours and letters.
        scheme = (
            plain[(turn + k + k // len(grounds)) % min(5, len(plain))] if brand.ground == "" else plain[0]
        )
        scene = fixed or (
            suited[(k + int(rng.integers(2))) % min(3, len(suited))] if suited else tinted(scheme)
        )
        typeface: Typeface = "serif" if (k + seed) % 2 else "sans"
        if ground == "tint":
            scene = tinted(scheme)
        elif ground in ("split", "card"):
            if k % 2 and not fixed:
                scene = tinted(_beside(scheme, colours))
            elif not brand.ground:
                scheme = with_ground(scheme, panel_for(scene))
        made.append(Look(ground, scheme, scene, typeface, seed + k, pose or "table"))
    return made


def _asked_for(name: str, pose: Pose | None) -> Backdrop | None:
    """Raises BannerError (no_place) for a set that has no place for all products together."""
    if not name:
        return None
    found = backdrop_of(name)
    if found.views and (pose is None or not found.suits(pose)):
        raise BannerError("no_place", f"“{found.label}” has no place for all of these products together.")
    return found


def _common_pose(products: Sequence[Shown]) -> Pose | None:
    """A pose that stands for all products; None where no one view shows them all."""
    views = {VIEWS[shown.pose] for shown in products}
    return products[0].pose if len(views) == 1 else None


def tinted(scheme: Scheme) -> Backdrop:
    """A paper sweep in the scheme's own colour."""
    return backdrop_of(scheme.ground)


def panel_for(scene: Backdrop) -> str:
    """A plain colour beside a scene, of its own hue: the picture then holds together."""
    lightness, chroma, hue = lch(scene.palette[0])
    if lightness < 45:
        return from_lch(min(lightness, 22), min(chroma, 14), hue)
    return from_lch(min(95, lightness + 14), min(0.8 * chroma, 20), hue)


def _beside(scheme: Scheme, colours: Sequence[Scheme]) -> Scheme:
    """Another scheme that can be told from this one at a glance, yet does not shout at it."""
    base = to_lab(np.array([rgb(scheme.ground)], np.uint8))

    def distance(other: Scheme) -> float:
        return float(ciede2000(base, to_lab(np.array([rgb(other.ground)], np.uint8)))[0])

    near = [one for one in colours if 5 < distance(one) < 32 and one.dark == scheme.dark]
    return near[0] if near else scheme


def all_grounds() -> tuple[Ground, ...]:
    """Every ground there is."""
    return tuple(GROUNDS)
