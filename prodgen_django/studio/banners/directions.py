"""What all sizes of a campaign have in common: ground, backdrop, colours and typeface."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prodgen_django.studio.color import ciede2000, to_lab
from prodgen_django.studio.styles import STYLES, Style

from .brief import MOST_PRODUCTS, BannerError, Brand, Brief, Shown
from .colours import Scheme, from_lch, lch, rgb, schemes, separation, with_ground
from .families import GROUNDS, LEAST, MOST, Ground
from .fonts import Typeface

# Backdrops whose middle is not marked by an arch or a plinth, and on whose wall words can be read.
_OPEN = (
    "cream",
    "studio-grey",
    "sky",
    "oak",
    "walnut",
    "marble",
    "concrete",
    "terrazzo",
    "dark",
    "window-light",
)
_STAGED = (*_OPEN, "blush", "sage", "leaf-shadow", "morning-oak", "daylight")

_ORDER: tuple[Ground, ...] = (
    "arch", "scene", "disc", "split", "card", "tint", "slant", "poster", "tiles", "shelf",
)  # fmt: skip
_MANY: tuple[Ground, ...] = ("shelf", "tiles", "split", "card", "tint", "scene", "poster", "slant", "disc")


@dataclass(frozen=True, slots=True)
class Look:
    """One direction for a campaign. `style`: the backdrop where there is a scene."""

    ground: Ground
    scheme: Scheme
    style: Style
    typeface: Typeface
    seed: int

    @property
    def wall(self) -> float:
        """The share of a scene's height above the edge of its table."""
        return 0.80 if self.style.bend else self.style.edge

    @property
    def name(self) -> str:
        return f"{self.ground}, {self.scheme.name}, {self.style.name}, {self.typeface}"


def looks(
    products: Sequence[Shown],
    brief: Brief,
    brand: Brand,
    *,
    count: int = 3,
    seed: int = 0,
    backdrop: str = "",
) -> list[Look]:
    """`count` looks to compare, each on another ground. `backdrop`: a name in `STYLES`, or "" to choose.

    Raises BannerError (no_products, too_many_products), LookupError for an unknown backdrop.
    """
    if not products:
        raise BannerError("no_products", "A campaign picture needs at least one product.")
    if len(products) > MOST_PRODUCTS:
        raise BannerError("too_many_products", f"A campaign picture shows at most {MOST_PRODUCTS} products.")
    if backdrop and backdrop not in STYLES:
        raise LookupError(f"{backdrop!r} is no style: {', '.join(STYLES)}")
    number = len(products)
    rng = np.random.default_rng([zlib.crc32(b"campaign"), seed])
    offered = [
        ground
        for ground in (_MANY if number > 4 else _ORDER)
        if LEAST.get(ground, 1) <= number <= MOST[ground]
    ]
    # The seed turns the order a little; what suits the number of products best stays near the front.
    turned = sorted(range(len(offered)), key=lambda k: k + 4.0 * rng.random())
    grounds = [offered[k] for k in turned]
    colours = schemes(products, brand)
    # What the products drown in is no choice, however often the seed is changed.
    seen = [s for s in colours if separation(products, s.ground) >= 16]
    plain = [s for s in colours if s.name == "brand"] or (seen if len(seen) > 1 else colours[:3])
    opened = suited_styles(products, _OPEN if not backdrop else (backdrop,))
    staged = suited_styles(products, _STAGED if not backdrop else (backdrop,))
    made = []
    turn = int(rng.integers(4))
    for k in range(max(1, count)):
        ground = grounds[k % len(grounds)]
        # Whatever else differs, no two looks in a row have the same colours and letters.
        scheme = (
            plain[(turn + k + k // len(grounds)) % min(5, len(plain))] if brand.ground == "" else plain[0]
        )
        pool = opened if ground == "scene" else staged
        style = pool[(k + int(rng.integers(2))) % min(3, len(pool))]
        typeface: Typeface = "serif" if (k + seed) % 2 else "sans"
        if ground == "tint":
            style = tinted(scheme)
        elif ground in ("split", "card"):
            if k % 2 and not backdrop:
                style = tinted(_beside(scheme, colours))
            elif not brand.ground:
                scheme = with_ground(scheme, panel_for(style))
        made.append(Look(ground, scheme, style, typeface, seed + k))
    return made


def suited_styles(products: Sequence[Shown], names: Sequence[str]) -> list[Style]:
    """Backdrops by how well the products stand out from them and go with their hue, best first."""
    own = [code for shown in products for code in shown.palette[:2]]
    warm = float(np.mean([np.cos(np.radians(lch(code)[2] - 60)) * min(1, lch(code)[1] / 20) for code in own]))

    def merit(name: str) -> float:
        style = STYLES[name]
        apart = separation(products, style.palette[0])
        if len(style.palette) > 1:
            apart = min(apart, separation(products, style.palette[1]) + 4)
        tone = 4.0 if ("warm" in style.tags) == (warm > 0.15) else 0.0
        return min(apart, 24.0) + tone

    return [
        STYLES[name] for name in sorted(names, key=lambda name: (-round(merit(name), 3), names.index(name)))
    ]


def tinted(scheme: Scheme) -> Style:
    """A paper sweep in the scheme's own colour."""
    return replace(
        STYLES["cream"], name=f"tint-{scheme.ground[1:]}", palette=(scheme.ground, scheme.deep),
        tint=_shade(scheme.ground), shadow=0.5,
    )  # fmt: skip


def panel_for(style: Style) -> str:
    """A plain colour beside a scene, of the hue of its wall: the picture then holds together."""
    wall = style.palette[2] if style.scene in ("oak", "walnut", "marble") else style.palette[0]
    lightness, chroma, hue = lch(wall)
    if lightness < 45:
        return from_lch(min(lightness, 22), min(chroma, 14), hue)
    return from_lch(min(95, lightness + 4), min(1.15 * chroma, 24), hue)


def _shade(ground: str) -> str:
    lightness, chroma, hue = lch(ground)
    return from_lch(max(4.0, 0.22 * lightness), min(chroma, 18), hue)


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
