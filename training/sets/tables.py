"""Sets for things that stand on a table, and the same tables from above."""

from __future__ import annotations

from mathutils import Matrix

from training.photographs.materials import glass, painted, wood
from training.photographs.meshes import slab, superellipse

from . import plants, props, surfaces
from .design import Design, add
from .props import put
from .rooms import Stage, foliage, panes, slats

LEANT = Matrix.Rotation(1.36, 4, "X")
"""A board that leans against a wall."""
EVEN = {"key-left": 0.35, "key-right": 0.2, "window": 1.0, "fill": 0.8}


def lights(s: Stage, warm: str = "#fff4e6", cool: str = "#f3f4f2", fill: float = 0.5) -> None:
    """The three groups that every set has alike."""
    s.key("left", colour=warm)
    s.key("right", colour=warm)
    s.fill(cool, fill)


def oak_morning(s: Stage) -> None:
    s.table(surfaces.boards("#d2b48c", "#ab8659", 0.15, 1.9), 0.62)
    s.wall(surfaces.limewash("#efe7da", "#cdbfac"), 1.05)
    put(props.vessel("belly", 0.2, "#e9e2d4"), (0.31, 0.42, 0))
    put(plants.bunch("eucalyptus", 5, 0.42, s.rng, 0.2), (0.31, 0.42, 0), 150)
    put(props.books(["#b9a58c", "#e3ddd0"], s.rng), (-0.38, 0.47, 0), 12)
    put(props.vessel("bowl", 0.055, "#8f9a86"), (-0.37, 0.46, 0.052))
    lights(s)
    s.window(-64, 30, 0.009, "#ffe9c9", 3.6, panes(4, 3, 0.27, 0.27, 0.03, 5), 2.2, (0.02, 0.55, 0.14))


def oak_top(s: Stage) -> None:
    s.ground(surfaces.boards("#d2b48c", "#ab8659", 0.17, 2.4), 3)
    put(props.napkin("#ece5d8", 0.3, 0.4, 3), (-0.44, -0.3, 0), 24)
    plants.laid("eucalyptus", 0.42, s.rng, (0.37, -0.44, 0.012), 82)
    put(props.vessel("cup", 0.08, "#efe9dd"), (-0.4, 0.38, 0))
    lights(s)
    s.window(-48, 38, 0.012, "#ffe9c9", 3.4, panes(3, 4, 0.26, 0.26, 0.03, 8), 2.2, (0.05, 0.1, 0))


def travertine_sun(s: Stage) -> None:
    s.table(surfaces.travertine("#e9e0d1", "#cdbb9f"), 0.55, 0.06)
    s.wall(surfaces.plaster("#ebe1d3", 0.6), 0.95)
    put(props.vessel("jar", 0.13, surfaces.plaster("#cfae93", 0.3)), (-0.33, 0.36, 0))
    put(props.vessel("cup", 0.065, surfaces.travertine("#efe4d2", "#d7c3a2")), (0.36, 0.33, 0))
    lights(s, "#fff1dd")
    leaves = foliage(lambda: plants.bunch("olive", 7, 0.62, s.rng, 0, 0.9), (-0.5, -0.12), -62, 1.6)
    s.window(-54, 32, 0.006, "#ffe2b4", 3.6, leaves, 1.5, (0.0, 0.5, 0.2))


def marble_bath(s: Stage) -> None:
    s.table(surfaces.marble(), 0.74, 0.03)
    s.wall(surfaces.zellige(["#e9ece6", "#d8e0d9", "#f2f1ea"], "#e4dfd4", 0.1, 0.1), 0.74)
    for k, (colour, z) in enumerate([("#e6ddcf", 0.0), ("#c9bda9", 0.058)]):
        put(props.pillow(colour, 0.3, 0.2, 0.07, k), (-0.4, 0.36, 0.027 + z), 6 * k)
    put(props.vessel("bottle", 0.19, glass("#b5651d")), (0.3, 0.36, 0))
    put(props.vessel("cylinder", 0.1, "#e8e2d6"), (0.4, 0.3, 0))
    lights(s, "#fffaf2", "#f2f6f6", 0.6)
    s.window(58, 34, 0.012, "#fff3dd", 3.0, panes(3, 3, 0.26, 0.26, 0.03, -5), 2.0, (-0.02, 0.4, 0.12))


def marble_top(s: Stage) -> None:
    s.ground(surfaces.marble(), 3)
    put(props.napkin("#e9e3d8", 0.34, 0.3, 5), (0.46, -0.36, 0), -20)
    put(props.vessel("bowl", 0.05, "#e5ded2"), (-0.42, 0.36, 0))
    plants.laid("olive", 0.4, s.rng, (-0.38, -0.44, 0.01), 98)
    lights(s, "#fffaf2", "#f4f6f6", 0.6)
    s.window(42, 42, 0.014, "#fff3dd", 2.6, panes(3, 3, 0.3, 0.3, 0.035, -9), 2.0, (0, 0.06, 0))


def walnut_evening(s: Stage) -> None:
    s.table(surfaces.boards("#77593f", "#4a3524", 0.19, 2.2, gloss=0.55), 0.66)
    s.wall(surfaces.limewash("#5b675c", "#39433c", 0.6), 1.25)
    put(props.vessel("belly", 0.22, "#2e2a27"), (-0.36, 0.5, 0))
    put(plants.bunch("grass", 7, 0.34, s.rng, 0.22, 0.5), (-0.36, 0.5, 0))
    put(props.books(["#6e3b2a", "#c4b297", "#37423f"], s.rng), (0.4, 0.5, 0), -14)
    put(props.candle(0.09, 0.032, "#efe3cd"), (0.3, 0.34, 0))
    put(props.candle(0.06, 0.032, "#efe3cd"), (0.38, 0.28, 0))
    lights(s, "#ffdfb5", "#c9d0d6", 0.16)
    s.window(66, 26, 0.016, "#ffc98d", 2.6, slats(20, 0.075, 0.6, -3), 2.2, (0, 0.6, 0.15))


def terrazzo_fresh(s: Stage) -> None:
    s.table(surfaces.terrazzo("#efe9e0", ["#c98d6b", "#8d9c8a", "#d9b49a", "#5f625e", "#f7f4ee"]), 0.6, 0.04)
    s.wall(surfaces.limewash("#c3cdbb", "#97a58f", 0.45), 0.98)
    put(props.vessel("pot", 0.14, "#c77f5d"), (0.34, 0.4, 0))
    put(plants.bunch("ficus", 6, 0.3, s.rng, 0.14, 0.7), (0.34, 0.4, 0))
    put(props.vessel("tall", 0.24, "#f0ece3"), (-0.36, 0.44, 0))
    lights(s)
    s.window(-60, 34, 0.009, "#fff0d4", 3.4, panes(3, 2, 0.36, 0.42, 0.03, 5), 2.2, (0.0, 0.55, 0.15))


def terrazzo_top(s: Stage) -> None:
    s.ground(surfaces.terrazzo("#efe9e0", ["#c98d6b", "#8d9c8a", "#d9b49a", "#5f625e", "#f7f4ee"]), 3)
    plants.laid("ficus", 0.4, s.rng, (-0.42, -0.42, 0.01), 84)
    put(props.vessel("cup", 0.08, "#c77f5d"), (0.4, 0.36, 0))
    lights(s)
    leaves = foliage(lambda: plants.bunch("ficus", 2, 0.5, s.rng, 0, 0.4), (0.5, 0.0), 40, 1.3)
    s.window(40, 40, 0.007, "#fff0d4", 3.2, leaves, 1.6)


def linen_soft(s: Stage) -> None:
    props.draped("#ebe3d6", (-1.3, 1.3), (-1.1, 0.66), 0.03, 4, 0.2)
    s.wall(surfaces.plaster("#efe5d6", 0.4), 1.0)
    put(props.vessel("bottle", 0.2, "#ddd0bd"), (-0.33, 0.42, 0.02))
    put(plants.bunch("grass", 8, 0.34, s.rng, 0.2, 0.5), (-0.33, 0.42, 0.02))
    put(props.vessel("bowl", 0.06, "#cbb79d"), (0.38, 0.36, 0.02))
    lights(s)
    s.window(-58, 30, 0.014, "#ffeacb", 3.2, panes(3, 3, 0.3, 0.28, 0.03, 6), 2.2, (0.0, 0.5, 0.14))


def linen_top(s: Stage) -> None:
    props.draped("#e7dccb", (-1.2, 1.2), (-1.2, 1.2), 0.045, 8, 0.22)
    plants.laid("grass", 0.5, s.rng, (0.37, -0.44, 0.03), 92)
    put(props.vessel("bowl", 0.05, "#cbb79d"), (-0.42, 0.38, 0.02))
    lights(s)
    s.window(-44, 36, 0.014, "#ffeacb", 3.0, panes(2, 3, 0.36, 0.32, 0.035, 10), 2.2)


def zellige_kitchen(s: Stage) -> None:
    s.table(surfaces.travertine("#e6dfd2", "#d5cab8", 0.6), 0.72, 0.03)
    s.wall(surfaces.zellige(["#a9b8a4", "#8fa38d", "#bcc8b4", "#9cae99"], "#d9d3c4", 0.13, 0.065), 0.72)
    board = slab("board", superellipse(0.26, 0.36, 6), 0.02, wood("#b98752", "#8a5c31", "y"), 0.006)
    put([board], (-0.34, 0.66, 0.17), 4, 1, LEANT)
    put(props.vessel("bowl", 0.075, "#f0ebe0"), (0.36, 0.34, 0))
    put(props.fruit("#e9c445", 5, s.rng, 0.03, 1.15), (0.36, 0.34, 0.035))
    put(props.vessel("jar", 0.15, "#e6dccb"), (-0.25, 0.42, 0), 0, 0.8)
    lights(s)
    s.window(-58, 36, 0.01, "#fff0d6", 3.2, panes(3, 3, 0.3, 0.3, 0.03, 5), 2.2, (0.0, 0.4, 0.14))


def paper_blush(s: Stage) -> None:
    s.sweep(painted("#efcfc2", 0.8), 0.42, 0.3)
    lights(s, "#fff7ef", "#fbf2ee", 0.6)
    leaves = foliage(lambda: plants.bunch("ficus", 2, 0.5, s.rng, 0, 0.5), (0.62, 0.16), 72, 1.2)
    s.window(52, 32, 0.006, "#fff0da", 3.0, leaves, 1.7, (0, 0.4, 0.15))


def plaster_arch(s: Stage) -> None:
    s.table(surfaces.plaster("#f0e7da", 0.35), 0.5, 0.05)
    s.wall(surfaces.plaster("#f0e7da", 0.4), 0.86)
    for k, (x, y, r, h) in enumerate([(-0.5, 0.4, 0.24, 0.06), (0.6, 0.46, 0.26, 0.12)]):
        put(
            [slab(f"step{k}", superellipse(2 * r, 2 * r, 2), h, surfaces.plaster("#f0e7da", 0.35), 0.008)],
            (x, y, 0),
        )
    put(props.vessel("belly", 0.15, surfaces.plaster("#d8b9a0", 0.4)), (0.47, 0.4, 0.12))
    put(plants.bunch("grass", 5, 0.26, s.rng, 0.15, 0.4), (0.47, 0.4, 0.12))
    lights(s)
    s.window(-54, 34, 0.008, "#ffe6c4", 3.4, panes(2, 2, 0.44, 0.46, 0.028, 6), 2.2, (0.0, 0.5, 0.16))


def slate_dark(s: Stage) -> None:
    s.table(surfaces.slate(), 0.55, 0.04)
    s.wall(surfaces.limewash("#3b3d40", "#222427", 0.6), 1.0)
    put(props.vessel("bottle", 0.22, "#1f2022"), (-0.35, 0.42, 0))
    put(props.vessel("bowl", 0.07, "#4a4743"), (0.38, 0.4, 0))
    plants.laid("eucalyptus", 0.24, s.rng, (0.46, 0.36, 0.02), 204)
    lights(s, "#f3f5ff", "#dfe6ee", 0.12)
    s.window(-66, 28, 0.03, "#fff1df", 2.6, panes(2, 2, 0.4, 0.42, 0.04, 6), 2.2, (0, 0.5, 0.12))


def slate_top(s: Stage) -> None:
    s.ground(surfaces.slate(), 3)
    put(props.napkin("#565b5c", 0.3, 0.34, 2), (-0.46, 0.3, 0), 18)
    plants.laid("eucalyptus", 0.42, s.rng, (0.38, -0.44, 0.012), 84)
    lights(s, "#f3f5ff", "#dfe6ee", 0.14)
    s.window(-46, 34, 0.03, "#fff1df", 2.2, panes(2, 2, 0.46, 0.46, 0.05, 6), 2.2)


add(
    Design(
        "oak-morning",
        "Morning on oak",
        {"table": oak_morning, "top": oak_top},
        ("bright", "warm", "calm"),
        ("oak", "limewash"),
        (),
        ("home", "kitchen", "gift"),
        EVEN,
    )
)
add(
    Design(
        "travertine-sun",
        "Travertine in the sun",
        {"table": travertine_sun},
        ("bright", "warm"),
        ("travertine", "plaster"),
        ("summer",),
        ("cosmetics", "jewellery", "home"),
        EVEN,
    )
)
add(
    Design(
        "marble-bath",
        "Marble and glazed tiles",
        {"table": marble_bath, "top": marble_top},
        ("bright", "fresh"),
        ("marble", "tiles"),
        (),
        ("cosmetics", "bath"),
        EVEN,
    )
)
add(
    Design(
        "walnut-evening",
        "Evening on walnut",
        {"table": walnut_evening},
        ("dark", "warm", "calm"),
        ("walnut", "limewash"),
        ("autumn", "winter"),
        ("home", "drinks", "gift"),
        {"key-left": 0.5, "key-right": 0.3, "window": 0.8, "fill": 1.0},
        {"table": 0.42},
    )
)
add(
    Design(
        "terrazzo-fresh",
        "Terrazzo and sage",
        {"table": terrazzo_fresh, "top": terrazzo_top},
        ("bright", "fresh"),
        ("terrazzo", "limewash"),
        ("spring", "summer"),
        ("home", "kitchen", "plants"),
        EVEN,
    )
)
add(
    Design(
        "linen-soft",
        "Washed linen",
        {"table": linen_soft, "top": linen_top},
        ("bright", "soft", "calm"),
        ("linen", "plaster"),
        (),
        ("fashion", "jewellery", "home"),
        EVEN,
    )
)
add(
    Design(
        "zellige-kitchen",
        "Kitchen with green tiles",
        {"table": zellige_kitchen},
        ("bright", "homely"),
        ("stone", "tiles", "oak"),
        (),
        ("kitchen", "food"),
        EVEN,
    )
)
add(
    Design(
        "paper-blush",
        "Blush paper, leaf shadows",
        {"table": paper_blush},
        ("bright", "soft"),
        ("paper",),
        ("spring", "summer"),
        ("cosmetics", "fashion", "gift"),
        EVEN,
    )
)
add(
    Design(
        "plaster-steps",
        "Plaster steps",
        {"table": plaster_arch},
        ("bright", "calm"),
        ("plaster",),
        (),
        ("cosmetics", "jewellery", "home"),
        EVEN,
    )
)
add(
    Design(
        "slate-dark",
        "Dark slate",
        {"table": slate_dark, "top": slate_top},
        ("dark", "calm"),
        ("slate", "limewash"),
        (),
        ("drinks", "tools", "electronics"),
        {"key-left": 0.4, "key-right": 0.4, "window": 0.9, "fill": 1.0},
        {"table": 0.36, "top": 0.3},
    )
)
