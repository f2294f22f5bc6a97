"""What a product of the catalogue is before it is photographed, and the plan of its photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .scene import Shot

# The places that suit each kind of thing: first the neat one, then those of a small seller.
PLANS: dict[str, tuple[str, Sequence[str]]] = {
    "table": ("sweep", ("kitchen", "gingham", "counter", "patio", "bedspread")),
    "floor": ("sweep", ("room", "evening", "patio")),
    "hang": ("gallery", ("room", "evening")),
    "lean": ("gallery", ("room", "bedspread", "evening")),
    "flat": ("sweep", ("bedspread", "kitchen", "room")),
}
SWEEPS = ["#e9e6e0", "#dcd6cb", "#e6d3c8", "#cfd8d2", "#d3d9e0", "#e8dfc9", "#c9c4bd", "#e4e4e4"]


@dataclass(frozen=True)
class Mosaic:
    """Overlapping close-ups of a wide product: ``rows`` × ``columns``, each showing ``span`` of its width."""

    rows: int
    columns: int
    span: float
    size: tuple[int, int] = (1000, 1000)


@dataclass(frozen=True)
class Product:
    """One product: what the shop says about it, how it is modelled, and where it is photographed."""

    slug: str
    title: str
    category: str
    price: str
    colours: tuple[str, ...]
    style: tuple[str, ...]
    material: str
    description: str
    builder: str
    options: dict[str, Any] = field(default_factory=dict)
    plan: str = "table"
    azimuth: float = 25.0
    size: tuple[int, int] = (1000, 1000)
    shot: dict[str, Any] = field(default_factory=dict)  # changes to every shot
    shots: Sequence[dict[str, Any]] = ()  # changes to the first, second, third shot
    mosaic: Mosaic | None = None


def plan_shots(product: Product, number: int) -> list[Shot]:
    """The product's photographs in order: one neat, two as a small seller takes them; close-ups come apart."""
    neat, places = PLANS[product.plan]
    pose = {"hang": "hang", "lean": "lean"}.get(product.plan, "stand")
    step = 1 + number // len(places) % max(1, len(places) - 1)
    first = places[number % len(places)]
    second = places[(number + step) % len(places)]
    flip = 1 if number % 2 else -1
    turns = 0.35 if pose == "hang" else 1.0
    base = Shot(
        neat, "studio", product.azimuth, 12 + number % 3 * 4, fill=0.74, lens=75, size=product.size, pose=pose
    )
    shots = [
        replace(base, seed=number, colour=SWEEPS[number * 3 % len(SWEEPS)]),
        replace(
            base,
            place=first,
            role="seller",
            seed=number * 2 + 1,
            azimuth=product.azimuth + (14 * flip - 8) * turns,
            elevation=22 + number % 4 * 4,
            fill=0.60,
            lens=42,
            roll=2.5 * flip,
            offset=(0.09 * flip, -0.05),
            warmth=0.35 * flip,
            tint=0.2,
            vignette=0.28,
            grain=0.018,
        ),
        replace(
            base,
            place=second,
            role="seller",
            seed=number * 2 + 2,
            azimuth=product.azimuth - (26 * flip + 4) * turns,
            elevation=30 - number % 3 * 7,
            fill=0.56,
            lens=36,
            roll=-3.2 * flip,
            offset=(-0.08 * flip, 0.04),
            warmth=-0.3 * flip,
            tint=-0.15,
            exposure=-0.25 if number % 3 else 0.2,
            vignette=0.35,
            grain=0.026,
        ),
    ]
    if pose == "hang":
        shots = [replace(s, elevation=s.elevation * 0.3) for s in shots]
    shots = [replace(s, **product.shot) for s in shots]
    for i, change in enumerate(product.shots):
        shots[i] = replace(shots[i], **change)
    return shots
