"""The backdrops on offer, as data: what a form, a taste profile or a page needs to know of them.

This module imports neither NumPy nor OpenCV, so that a web process can list styles; `Style.render`
brings them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

View = Literal["front", "top"]


@dataclass(frozen=True, slots=True)
class Style:
    """A backdrop.

    `view`: "front" for a product that stands on a surface before a wall, "top" for one that lies on it.
    `ground`: where a standing product's base is, as a share of the height. `edge`: where the floor meets the wall, over
    `bend` of the height where it is paper that bends. `opening`: what the lamp shines through where the
    scene generator makes its light (`light.pairs.KINDS`), empty where it is drawn. `light`: how far a thing one
    unit high throws its shadow to the right and backwards. `softness` and `shadow`: blur and
    depth of shadows, about 1 and 0 to 1. `reflection`: 0 to 1, how much a glossy surface mirrors.
    `tint`: the colour of full shadow.
    """

    name: str
    label: str
    tags: tuple[str, ...]
    palette: tuple[str, ...]
    scene: str
    view: View = "front"
    ground: float = 0.84
    edge: float = 0.70
    bend: float = 0.0
    opening: str = ""
    light: tuple[float, float] = (0.42, 0.16)
    softness: float = 1.0
    shadow: float = 0.5
    reflection: float = 0.0
    tint: str = "#1c1a18"
    fill: float = 0.74

    @property
    def source_type(self) -> str:
        """The IPTC term for the empty scene: drawn, or drawn in light that a trained network made."""
        return "compositeWithTrainedAlgorithmicMedia" if self.opening else "algorithmicMedia"

    def render(self, size: tuple[int, int], seed: int = 0) -> npt.NDArray[np.uint8]:
        """The empty scene, uint8 height×width×3 for `size` (width, height). The same seed gives the same
        picture."""
        from .backdrops import render

        return render(self, size, seed)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "tags": list(self.tags),
            "palette": list(self.palette),
            "view": self.view,
        }


_ALL = (
    Style(
        "white",
        "Pure white",
        (
            "light",
            "neutral",
            "muted",
            "plain",
            "packshot",
        ),
        ("#ffffff",),
        "white",
        ground=0.925,
        shadow=0.32,
        softness=0.8,
        fill=0.88,
        tint="#3c3c40",
        bend=0.36,
    ),
    Style(
        "studio-grey",
        "Grey studio sweep",
        ("light", "neutral", "muted", "plain"),
        ("#dcdde0", "#b3b5ba"),
        "sweep",
        shadow=0.5,
        fill=0.78,
        bend=0.36,
    ),
    Style(
        "cream",
        "Warm cream sweep",
        ("light", "warm", "soft", "plain"),
        ("#f1e6d6", "#d9c4a8"),
        "sweep",
        shadow=0.45,
        tint="#3a2a1c",
        fill=0.78,
        bend=0.36,
    ),
    Style(
        "blush",
        "Blush podium",
        ("light", "warm", "soft", "pastel", "podium"),
        ("#f3d3cd", "#e7b3ab", "#faeae4"),
        "podium",
        ground=0.775,
        shadow=0.4,
        tint="#5a2d2c",
        fill=0.62,
        edge=0.72,
    ),
    Style(
        "sage",
        "Sage arch",
        ("light", "cool", "soft", "pastel", "natural"),
        ("#c9d3bf", "#a9b89c", "#eceee2"),
        "arch",
        ground=0.86,
        shadow=0.42,
        tint="#29321f",
        fill=0.68,
        edge=0.78,
    ),
    Style(
        "sky",
        "Sky blue sweep",
        ("light", "cool", "soft", "pastel"),
        ("#cfe0ee", "#a9c6de"),
        "sweep",
        shadow=0.42,
        tint="#22344a",
        fill=0.76,
        bend=0.36,
    ),
    Style(
        "oak",
        "Oak table",
        ("medium", "warm", "soft", "wood", "natural", "home"),
        ("#c89c68", "#a87846", "#efe9df"),
        "oak",
        shadow=0.6,
        tint="#2c1a0c",
        fill=0.7,
        edge=0.66,
    ),
    Style(
        "walnut",
        "Dark walnut",
        ("dark", "warm", "muted", "wood", "elegant"),
        ("#5a3d28", "#3c2a1e", "#39443c"),
        "walnut",
        shadow=0.7,
        tint="#0c0806",
        fill=0.7,
        edge=0.66,
    ),
    Style(
        "marble",
        "White marble",
        ("light", "cool", "muted", "marble", "elegant"),
        ("#f0efec", "#c4c4c6", "#e3ded8"),
        "marble",
        shadow=0.45,
        reflection=0.16,
        tint="#26262c",
        fill=0.7,
        edge=0.66,
    ),
    Style(
        "concrete",
        "Concrete",
        ("medium", "neutral", "muted", "urban"),
        ("#a9a8a4", "#8b8a87"),
        "concrete",
        shadow=0.6,
        fill=0.72,
    ),
    Style(
        "terrazzo",
        "Terrazzo and clay",
        ("medium", "warm", "soft", "modern"),
        ("#efe7dc", "#c98d6b", "#d9b49a"),
        "terrazzo",
        shadow=0.5,
        tint="#3a1f14",
        fill=0.7,
        edge=0.68,
    ),
    Style(
        "dark",
        "Black studio",
        ("dark", "cool", "muted", "elegant", "plain"),
        ("#22252b", "#0d0e11"),
        "dark",
        shadow=0.8,
        reflection=0.2,
        tint="#000000",
        fill=0.74,
        edge=0.765,
    ),
    Style(
        "festive",
        "Festive lights",
        ("dark", "warm", "vivid", "festive", "gift"),
        ("#3a1a16", "#f0b45a", "#7d2622"),
        "festive",
        shadow=0.7,
        reflection=0.14,
        tint="#0a0403",
        fill=0.66,
    ),
    Style(
        "window-light",
        "Window light",
        ("light", "warm", "soft", "natural", "outdoor", "home"),
        ("#efe6d8", "#e2d3bd", "#cbbba4"),
        "plastered",
        light=(0.75, 0.1),
        softness=0.62,
        shadow=0.62,
        tint="#3a2e24",
        fill=0.7,
        edge=0.72,
        opening="window",
    ),
    Style(
        "leaf-shadow",
        "Garden light",
        ("light", "warm", "soft", "natural", "outdoor", "summer"),
        ("#f0ead9", "#d8cbba", "#b5a795"),
        "slabs",
        light=(0.8, 0.14),
        softness=0.62,
        shadow=0.62,
        tint="#2e2c1c",
        fill=0.7,
        edge=0.7,
        opening="leaves",
    ),
    Style(
        "blinds",
        "Afternoon blinds",
        ("medium", "warm", "vivid", "natural", "modern", "summer"),
        ("#d99a78", "#e6c3a6", "#a9644a"),
        "plastered",
        light=(-0.7, 0.14),
        softness=0.55,
        shadow=0.62,
        tint="#4a2414",
        fill=0.7,
        edge=0.74,
        opening="blinds",
    ),
    Style(
        "morning-oak",
        "Morning on an oak table",
        ("light", "warm", "soft", "wood", "natural", "home"),
        ("#e9e4da", "#c89c68", "#a87846"),
        "boards",
        light=(-0.62, 0.16),
        softness=0.62,
        shadow=0.6,
        tint="#2c1a0c",
        fill=0.7,
        edge=0.68,
        opening="window",
    ),
    Style(
        "daylight",
        "Soft daylight",
        ("light", "cool", "soft", "plain", "home"),
        ("#dfe3e0", "#cfd2cc", "#aeb4b0"),
        "plastered",
        light=(0.5, 0.18),
        softness=1.3,
        shadow=0.55,
        tint="#23282a",
        fill=0.74,
        edge=0.7,
        opening="bare",
    ),
    Style(
        "linen",
        "Natural linen, from above",
        ("light", "warm", "muted", "textile", "natural", "flat-lay"),
        ("#e5dccb", "#cdbfa6"),
        "linen",
        view="top",
        shadow=0.5,
        tint="#3a2e20",
        fill=0.84,
    ),
    Style(
        "oak-flat",
        "Oak boards, from above",
        ("medium", "warm", "soft", "wood", "natural", "flat-lay"),
        ("#c59a68", "#a97c4a"),
        "oak_flat",
        view="top",
        shadow=0.6,
        tint="#24140a",
        fill=0.84,
    ),
    Style(
        "marble-flat",
        "Marble, from above",
        ("light", "cool", "muted", "marble", "elegant", "flat-lay"),
        ("#f1f0ee", "#c6c6c9"),
        "marble_flat",
        view="top",
        shadow=0.45,
        tint="#26262c",
        fill=0.84,
    ),
    Style(
        "concrete-flat",
        "Concrete, from above",
        ("medium", "neutral", "muted", "urban", "flat-lay"),
        ("#b4b3af", "#94938f"),
        "concrete_flat",
        view="top",
        shadow=0.55,
        fill=0.84,
    ),
    Style(
        "blush-flat",
        "Blush paper, from above",
        ("light", "warm", "soft", "pastel", "flat-lay"),
        ("#f2d5cd", "#e6bdb3"),
        "paper_flat",
        view="top",
        shadow=0.4,
        tint="#5a2d2c",
        fill=0.84,
    ),
)

STYLES: dict[str, Style] = {style.name: style for style in _ALL}
"""Every backdrop by name, in the order in which a form shows them."""
