"""Sets of a season."""

from __future__ import annotations

import numpy as np

from training.photographs.materials import ceramic, metal
from training.photographs.meshes import lathe, tube

from . import plants, props, surfaces
from .design import Design, add
from .props import put
from .rooms import Stage, foliage, panes
from .tables import EVEN, lights

RIM = [(-0.42, -0.27, -0.3, 0.5), (0.27, 0.42, -0.3, 0.5)]
"""Where things may lie beside the product, from above: x0, x1, y0, y1."""


def baubles(colours: list[str], s: Stage, where: list[tuple[float, float]], size: float = 0.03) -> None:
    """Glass balls that lie about."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 24)
    for k, (x, y) in enumerate(where):
        r = size * float(s.rng.uniform(0.8, 1.15))
        material = metal(colours[k % len(colours)], 0.22 if k % 2 else 0.4)
        ball = lathe("bauble", np.stack([r * np.cos(t), r * (np.sin(t) + 1)], 1), material, 40)
        put([ball], (x, y, 0))


def pumpkin(colour: str, radius: float) -> props.Things:
    """Ribbed, with a stalk."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 28)
    profile = np.stack([radius * np.cos(t) ** 0.8 + 1e-4, 0.68 * radius * (np.sin(t) + 1)], 1)

    def ribs(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return r * (1 - 0.12 * abs(np.cos(5 * a)) ** 4)

    body = lathe("pumpkin", profile, ceramic(colour, gloss=0.3), 96, ribs)
    top = 1.34 * radius
    stalk = tube(
        "stalk",
        np.array([(0, 0, top - 0.01), (0.004, 0, top + 0.02), (0.014, 0.004, top + 0.035)]),
        np.array([0.009, 0.006, 0.007]),
        ceramic("#8a7a4c", gloss=0.1),
        sides=9,
    )
    return [body, stalk]


def winter(s: Stage) -> None:
    s.table(surfaces.boards("#ece6dc", "#d8cfc1", 0.13, 1.6, gloss=0.2), 0.62)
    s.wall(surfaces.limewash("#dfe3e6", "#b4bcc4", 0.45), 2.6)
    put(props.pillow("#efe8dc", 0.3, 0.22, 0.09, 5), (-0.46, 0.36, 0.04), 12)
    for x, h in ((0.3, 0.14), (0.4, 0.09), (0.25, 0.07)):
        put(props.candle(h, 0.03, "#f4efe6", h != 0.09), (x, 0.42 - 0.4 * abs(x - 0.33), 0))
    for x, turn in ((0.22, -20), (-0.2, 200)):
        plants.laid("fir", 0.34, s.rng, (x, 0.34, 0.02), turn, 5)
    props.bulbs(22, s.rng, (-1.0, 2.0, 0.0), (1.0, 2.4, 0.6), "#ffd9a0", 4)
    lights(s, "#f7f8ff", "#eef3fa", 0.55)
    s.window(-60, 30, 0.02, "#fff3e4", 2.4, panes(3, 3, 0.27, 0.27, 0.03, 5), 2.2, (0.0, 0.5, 0.14))


def winter_top(s: Stage) -> None:
    s.ground(surfaces.boards("#ece6dc", "#d8cfc1", 0.13, 1.8, gloss=0.2), 3)
    plants.laid("fir", 0.4, s.rng, (-0.38, 0.46, 0.02), -86, 6)
    plants.laid("fir", 0.4, s.rng, (0.38, -0.46, 0.02), 94, 6)
    baubles(["#e9e4da", "#c9ced3"], s, [(-0.36, 0.3), (0.4, -0.36), (0.33, -0.41)])
    lights(s, "#f7f8ff", "#eef3fa", 0.55)
    s.window(-44, 36, 0.02, "#fff3e4", 2.4, panes(3, 3, 0.32, 0.32, 0.035, 8), 2.2)


def festive(s: Stage) -> None:
    s.table(surfaces.boards("#755a43", "#483425", 0.17, 2.0, gloss=0.5), 0.6)
    s.wall(surfaces.limewash("#33493d", "#1f2e27", 0.55), 3.7)
    for x, y, turn in ((0.22, 0.4, -15), (0.25, 0.27, -28), (-0.22, 0.4, 195), (-0.25, 0.27, 208)):
        plants.laid("fir", 0.36, s.rng, (x, y, 0.02), turn, 6)
    baubles(["#c9983f", "#8e2a26", "#d9b46a"], s, [(-0.29, 0.24), (0.31, 0.22), (0.37, 0.3), (-0.37, 0.16)])
    put(props.candle(0.15, 0.03, "#efe3cd"), (-0.33, 0.48, 0))
    put(props.candle(0.1, 0.03, "#efe3cd"), (-0.25, 0.5, 0))
    props.bulbs(55, s.rng, (-1.3, 2.6, -0.3), (1.3, 3.5, 0.75), "#ffc56e", 5)
    lights(s, "#ffdfb5", "#dfe4e6", 0.16)
    s.window(62, 30, 0.03, "#ffd3a0", 2.0, panes(2, 3, 0.32, 0.27, 0.03, 5), 2.2, (0.0, 0.5, 0.14))


def festive_top(s: Stage) -> None:
    s.ground(surfaces.boards("#755a43", "#483425", 0.17, 2.2, gloss=0.5), 3)
    for x, y, turn in ((-0.4, 0.4, 4), (0.4, 0.42, -98), (0.42, -0.4, 174), (-0.39, -0.42, 86)):
        plants.laid("fir", 0.34, s.rng, (x, y, 0.02), turn, 6)
    baubles(
        ["#c9983f", "#8e2a26", "#d9b46a"], s, [(-0.35, 0.35), (0.37, 0.31), (0.36, -0.35), (-0.38, -0.28)]
    )
    lights(s, "#ffdfb5", "#dfe4e6", 0.25)
    s.window(-44, 40, 0.03, "#ffd9aa", 2.2, None)


def spring(s: Stage) -> None:
    s.table(surfaces.brushed("#eef0ec"), 0.58)
    s.wall(surfaces.limewash("#cfdde2", "#a9bcc4", 0.42), 1.05)
    put(props.vessel("belly", 0.17, "#f4f1ea"), (0.33, 0.42, 0))
    put(plants.bunch("blossom", 6, 0.42, s.rng, 0.17, 0.9), (0.33, 0.42, 0), 90)
    plants.strewn("blossom", 16, s.rng, [(0.2, 0.4, 0.05, 0.35), (-0.42, -0.28, 0.1, 0.4)])
    put(props.books(["#e7c9c4", "#f0ece2"], s.rng), (-0.4, 0.44, 0), 14)
    lights(s)
    s.window(-58, 32, 0.01, "#fff2da", 3.2, panes(3, 3, 0.3, 0.28, 0.03, 5), 2.2, (0.0, 0.5, 0.14))


def spring_top(s: Stage) -> None:
    s.ground(surfaces.brushed("#eef0ec"), 3)
    plants.laid("blossom", 0.55, s.rng, (-0.4, -0.46, 0.02), 84, 6)
    plants.laid("blossom", 0.45, s.rng, (0.4, 0.46, 0.02), 262, 5)
    plants.strewn("blossom", 26, s.rng, RIM)
    lights(s)
    leaves = foliage(lambda: plants.bunch("blossom", 6, 0.5, s.rng, 0, 0.9), (0.44, -0.3), 48, 1.5)
    s.window(42, 40, 0.008, "#fff2da", 3.0, leaves, 1.6)


def summer(s: Stage) -> None:
    s.table(surfaces.plaster("#f3ece0", 0.5), 0.55, 0.06)
    s.wall(surfaces.plaster("#f4eee4", 0.8), 0.95)
    put(props.vessel("jar", 0.17, surfaces.plaster("#c29379", 0.4)), (-0.35, 0.38, 0))
    put(plants.bunch("olive", 6, 0.34, s.rng, 0.17, 0.7), (-0.35, 0.38, 0), 40)
    put(props.vessel("bowl", 0.06, "#3f6f96"), (0.37, 0.32, 0))
    put(props.fruit("#ecc63c", 5, s.rng, 0.028, 1.2), (0.37, 0.32, 0.03))
    lights(s, "#fff4e2", "#eaf2fa", 0.6)
    leaves = foliage(lambda: plants.bunch("ficus", 7, 0.6, s.rng, 0, 0.9), (0.56, -0.1), 66, 1.7)
    s.window(50, 34, 0.005, "#ffe9c4", 4.2, leaves, 1.6, (0, 0.45, 0.18))


def autumn(s: Stage) -> None:
    s.table(surfaces.boards("#a88d6c", "#77593b", 0.15, 1.8, wear=0.8), 0.6)
    s.wall(surfaces.limewash("#d8b483", "#a9835a", 0.5), 1.15)
    put(props.vessel("belly", 0.19, "#6b4a37"), (0.34, 0.44, 0))
    put(plants.bunch("beech", 6, 0.4, s.rng, 0.19, 0.8), (0.34, 0.44, 0), 100)
    put(pumpkin("#d9822f", 0.085), (-0.36, 0.42, 0))
    put(pumpkin("#e8dcc0", 0.055), (-0.25, 0.36, 0), 40)
    plants.strewn("beech", 9, s.rng, [(0.2, 0.38, 0.1, 0.4), (-0.42, -0.27, 0.05, 0.3)])
    lights(s, "#fff0da")
    s.window(-62, 28, 0.012, "#ffdca6", 3.4, panes(3, 3, 0.28, 0.27, 0.03, 5), 2.2, (0.0, 0.55, 0.14))


def autumn_top(s: Stage) -> None:
    s.ground(surfaces.boards("#a88d6c", "#77593b", 0.15, 2.0, wear=0.8), 3)
    plants.strewn("beech", 22, s.rng, RIM)
    put(pumpkin("#e8dcc0", 0.06), (-0.37, 0.36, 0))
    put(props.napkin("#c9a66f", 0.3, 0.34, 9), (0.46, -0.36, 0), -16)
    lights(s, "#fff0da")
    s.window(-46, 36, 0.014, "#ffdca6", 3.2, panes(3, 3, 0.3, 0.3, 0.035, 8), 2.2)


DIM = {"key-left": 0.8, "key-right": 0.5, "window": 1.5, "fill": 0.8}

add(
    Design(
        "winter-birch",
        "Winter: pale wood and fir",
        {"table": winter, "top": winter_top},
        ("bright", "calm"),
        ("pale wood", "fir"),
        ("winter",),
        ("gift", "home", "fashion"),
        EVEN,
    )
)
add(
    Design(
        "festive-fir",
        "Festive: fir and lights",
        {"table": festive, "top": festive_top},
        ("dark", "warm", "festive"),
        ("walnut", "fir", "glass"),
        ("winter",),
        ("gift", "drinks", "food"),
        DIM,
        {"table": 0.75, "top": 0.42},
    )
)
add(
    Design(
        "spring-blossom",
        "Spring: blossom",
        {"table": spring, "top": spring_top},
        ("bright", "fresh", "soft"),
        ("painted wood", "limewash"),
        ("spring",),
        ("gift", "cosmetics", "home"),
        EVEN,
    )
)
add(
    Design(
        "summer-lemon",
        "Summer: white walls and lemons",
        {"table": summer},
        ("bright", "fresh"),
        ("plaster", "clay"),
        ("summer",),
        ("food", "drinks", "kitchen", "cosmetics"),
        EVEN,
    )
)
add(
    Design(
        "autumn-beech",
        "Autumn: beech leaves",
        {"table": autumn, "top": autumn_top},
        ("warm", "homely"),
        ("oak", "limewash"),
        ("autumn",),
        ("food", "home", "gift"),
        EVEN,
        {"table": 0.76, "top": 0.8},
    )
)
