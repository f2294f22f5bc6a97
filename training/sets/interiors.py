"""Rooms: floors for furniture and lamps, walls for what hangs, a bed, a balcony."""

from __future__ import annotations

import bpy
from mathutils import Matrix

from training.photographs.materials import painted, plain, wicker, wood
from training.photographs.meshes import box

from . import plants, props, surfaces
from .design import Design, add
from .props import put
from .rooms import Stage, foliage, panes
from .tables import EVEN, lights


def potted(
    s: Stage, at: tuple[float, float, float], kind: str, tall: float, pot: str, high: float = 0.34
) -> None:
    """A tall plant in a pot on the floor."""
    put(props.vessel("pot", high, surfaces.plaster(pot, 0.3)), at)
    leaves = plants.bunch(kind, 7, (tall - high) / 2.1, s.rng, 0.0, 0.4)
    put(leaves, (at[0], at[1], at[2] + 0.85 * high), 0, 2.1)


def console(material: bpy.types.Material, low: float) -> None:
    """The top of a sideboard before a wall, `low` below the middle of what hangs."""
    box("console", (5.0, 0.36, 0.04), (0, -0.185, -low - 0.02), material, 0.004)
    box("front", (5.0, 0.33, 0.7), (0, -0.17, -low - 0.4), material, 0.003)


def frames(
    at: float, columns: int, wide: float, low: float, high: float, material: bpy.types.Material
) -> None:
    """Mouldings on a wall: rectangles of thin bars."""
    for k in range(-columns, columns + 1):
        x = k * (wide + 0.16)
        for z in (low, high):
            box("bar", (wide, 0.018, 0.026), (x, at - 0.008, z), material, 0.006)
        for dx in (-wide / 2, wide / 2):
            box(
                "bar",
                (0.026, 0.018, high - low + 0.026),
                (x + dx, at - 0.008, (low + high) / 2),
                material,
                0.006,
            )


def lime_floor(s: Stage) -> None:
    s.ground(surfaces.boards("#cdb18a", "#a6835a", 0.16, 2.2, gap=0.002), 1.15, 5)
    s.wall(surfaces.limewash("#ebe2d4", "#cbbda9", 0.5), 1.15)
    s.skirting(painted("#ece5da", 0.5), 0.09)
    potted(s, (-1.05, 0.75, 0), "ficus", 1.55, "#d9cfc0")
    put(props.books(["#b9a58c", "#d8d2c4", "#8c9384"], s.rng, 1.3), (1.3, 0.6, 0), 10)
    put(props.vessel("belly", 0.36, "#e2d8c8"), (1.12, 0.92, 0))
    lights(s)
    s.window(-58, 32, 0.009, "#ffe9c9", 3.4, panes(3, 3, 0.26, 0.27, 0.026, 4), 2.4 * s.unit, (0.1, 0.6, 0.6))


def lime_wall(s: Stage) -> None:
    s.wall(surfaces.limewash("#ebe2d4", "#cbbda9", 0.5), 0.0, -3)
    console(wood("#c6a578", "#9b764b", "x", 0.6), 0.72)
    put(props.vessel("belly", 0.26, "#d9cfc0"), (-0.66, -0.17, -0.72))
    put(plants.bunch("olive", 6, 0.5, s.rng, 0.26, 0.6), (-0.66, -0.17, -0.72), 150)
    put(props.books(["#8c9384", "#d8d2c4"], s.rng), (0.62, -0.17, -0.72), 6)
    put(props.vessel("bowl", 0.06, "#b98b6a"), (0.62, -0.17, -0.672))
    lights(s)
    s.window(-56, 30, 0.009, "#ffe9c9", 3.2, panes(3, 3, 0.26, 0.27, 0.026, 4), 2.4 * s.unit, (0.1, 0, 0))


def panel_floor(s: Stage) -> None:
    colour = surfaces.brushed("#b9c1bf", 0.5)
    s.ground(surfaces.boards("#b99a72", "#8c6d48", 0.12, 1.5, gap=0.002), 1.1, 5)
    s.wall(colour, 1.1)
    frames(1.1, 2, 0.9, 0.3, 2.4, colour)
    s.skirting(colour, 0.16)
    potted(s, (1.12, 0.7, 0), "olive", 1.6, "#e2dccf")
    put(
        [
            box("stool", (0.36, 0.36, 0.04), (0, 0, 0.44), wood("#9b7449", "#6e4f30", "x"), 0.01),
            *(
                box("leg", (0.035, 0.035, 0.42), (x, y, 0.21), wood("#9b7449", "#6e4f30"), 0.006)
                for x in (-0.14, 0.14)
                for y in (-0.14, 0.14)
            ),
        ],
        (-1.12, 0.75, 0),
        14,
    )
    put(props.books(["#5e6d70", "#d9cdb9"], s.rng), (-1.12, 0.75, 0.46), 20)
    lights(s)
    s.window(-54, 32, 0.009, "#ffeed6", 3.2, panes(2, 3, 0.3, 0.3, 0.026, 4), 2.4 * s.unit, (0.1, 0.6, 0.6))


def panel_wall(s: Stage) -> None:
    colour = surfaces.brushed("#b9c1bf", 0.5)
    s.wall(colour, 0.0, -3)
    frames(0.0, 2, 1.24, -0.62, 1.6, colour)
    console(surfaces.marble(), 0.8)
    put(props.vessel("tall", 0.3, "#e9e4da"), (0.62, -0.17, -0.8))
    put(plants.bunch("eucalyptus", 5, 0.5, s.rng, 0.3, 0.5), (0.62, -0.17, -0.8), 30)
    put(props.books(["#5e6d70", "#d9cdb9"], s.rng), (-0.62, -0.17, -0.8), -8)
    lights(s)
    s.window(-52, 28, 0.01, "#ffeed6", 3.0, panes(2, 3, 0.3, 0.3, 0.026, 4), 2.4 * s.unit, (0.1, 0, 0))


def loft_floor(s: Stage) -> None:
    s.ground(surfaces.concrete("#c4bfb7", "#a29c94", 0.7), 1.3, 5)
    s.wall(surfaces.concrete("#cfcac2", "#aaa49b", 0.1), 1.3)
    potted(s, (1.08, 0.85, 0), "ficus", 1.7, "#6d6a66")
    put(
        [box("crate", (0.5, 0.34, 0.3), (0, 0, 0.15), wood("#b98f5e", "#86643d", "x"), 0.006)],
        (-1.2, 0.85, 0),
        -12,
    )
    put(props.books(["#c46a3f", "#d8d2c4"], s.rng, 1.2), (-1.2, 0.85, 0.3), 4)
    lights(s, "#fff8ef", "#eef1f4")
    s.window(54, 34, 0.008, "#ffefd6", 3.4, panes(4, 4, 0.2, 0.24, 0.018, -4), 2.4 * s.unit, (0, 0.7, 0.6))


def loft_table(s: Stage) -> None:
    s.table(surfaces.concrete("#c9c4bb", "#aca69d", 0.4), 0.5, 0.06)
    s.wall(surfaces.concrete("#d3cec6", "#b1aba2", 0.1), 0.95)
    put(props.vessel("cylinder", 0.12, "#4c4b49"), (0.35, 0.36, 0))
    put(plants.bunch("eucalyptus", 6, 0.34, s.rng, 0.12, 0.7), (0.35, 0.36, 0))
    put(props.books(["#c46a3f", "#e1dbd0"], s.rng), (-0.4, 0.38, 0), 10)
    lights(s, "#fff8ef", "#eef1f4")
    s.window(-60, 32, 0.008, "#ffefd6", 3.4, panes(4, 4, 0.2, 0.22, 0.02, 4), 2.2, (0, 0.5, 0.14))


def bed(s: Stage) -> None:
    props.draped("#f1ece4", (-1.2, 1.2), (-1.0, 0.9), 0.035, 12, 0.17, 0.3)
    s.wall(surfaces.limewash("#ece3d8", "#cdbfaf", 0.45), 1.2)
    for x, z, colour in ((-0.36, 0.15, "#f3efe8"), (0.34, 0.14, "#e3d5c3"), (-0.08, 0.14, "#efe8dd")):
        tilt = Matrix.Rotation(1.1, 4, "X")
        put(
            props.pillow(colour, 0.46, 0.3, 0.15, round(100 * abs(x))),
            (x, 0.72 + 0.2 * (x == -0.08), z),
            8 * x,
            1,
            tilt,
        )
    put(props.books(["#b9a58c", "#e6dfd2"], s.rng), (0.43, 0.2, 0.02), -18)
    lights(s)
    s.window(-60, 30, 0.014, "#ffe9cc", 3.0, panes(3, 3, 0.28, 0.28, 0.03, 5), 2.2, (0.0, 0.4, 0.14))


def bed_top(s: Stage) -> None:
    props.draped("#f1ece4", (-1.2, 1.2), (-1.2, 1.2), 0.04, 15, 0.28, 0.34)
    plants.laid("eucalyptus", 0.36, s.rng, (-0.38, 0.44, 0.03), 262)
    lights(s)
    s.window(-44, 34, 0.014, "#ffe9cc", 3.0, panes(3, 3, 0.3, 0.3, 0.035, 9), 2.2)


def balcony(s: Stage) -> None:
    s.table(surfaces.boards("#b99a75", "#8a6d4b", 0.092, 4.5, gap=0.005, wear=0.9), 0.7)
    for k in range(20):
        x = float(s.rng.uniform(-1.1, 1.1))
        kind = "ficus" if k % 2 else "olive"
        put(
            plants.bunch(kind, 6, 0.4, s.rng, 0, 0.9),
            (x, float(s.rng.uniform(1.5, 2.3)), float(s.rng.uniform(-0.5, 0.25))),
            0,
            1.8,
        )
    s.wall(plain("#d9e3c4", 0.9), 3.6)
    put(props.vessel("pot", 0.15, surfaces.plaster("#c39a80", 0.4)), (-0.36, 0.4, 0))
    put(plants.bunch("olive", 7, 0.3, s.rng, 0.15, 0.8), (-0.36, 0.4, 0))
    put(props.tumbler(0.11), (0.36, 0.34, 0))
    lights(s, "#fff6e6", "#e3eefa", 0.9)
    leaves = foliage(lambda: plants.bunch("ficus", 6, 0.5, s.rng, 0, 0.9), (0.5, -0.1), 62, 1.5)
    s.window(46, 40, 0.005, "#ffeccb", 4.2, leaves, 1.5, (0.1, 0.2, 0.1))


def paper_floor(s: Stage) -> None:
    s.sweep(painted("#ece4d8", 0.8), 1.0, 0.7)
    lights(s, "#fff7ef", "#f6f3ee", 0.6)
    leaves = foliage(lambda: plants.bunch("ficus", 2, 0.5, s.rng, 0, 0.5), (-0.62, 0.16), -72, 1.2)
    s.window(-54, 32, 0.007, "#fff0da", 2.6, leaves, 1.7 * s.unit, (-0.2, 0.9, 0.6))


def lounge_wall(s: Stage) -> None:
    s.wall(surfaces.plaster("#bfa595", 0.5), 0.0, -3)
    basket = props.vessel("pot", 0.36, wicker("#b58a55", 40))
    put(basket, (0.66, -0.3, -1.28))
    put(plants.bunch("grass", 12, 0.55, s.rng, 0.3, 0.5), (0.66, -0.3, -1.2), 0, 1.3)
    lights(s, "#fff3e2")
    s.window(-54, 32, 0.008, "#ffe3bd", 3.2, panes(2, 3, 0.34, 0.3, 0.026, 4), 2.4 * s.unit, (0.05, 0, 0))


add(
    Design(
        "lime-room",
        "Limewash room",
        {"floor": lime_floor, "wall": lime_wall},
        ("bright", "warm", "calm"),
        ("oak", "limewash"),
        (),
        ("furniture", "lamps", "prints", "mirrors"),
        EVEN,
    )
)
add(
    Design(
        "panelled-room",
        "Panelled room",
        {"floor": panel_floor, "wall": panel_wall},
        ("bright", "elegant"),
        ("painted wood", "oak", "marble"),
        (),
        ("furniture", "lamps", "prints", "mirrors"),
        EVEN,
    )
)
add(
    Design(
        "concrete-loft",
        "Concrete loft",
        {"table": loft_table, "floor": loft_floor},
        ("bright", "urban"),
        ("concrete",),
        (),
        ("furniture", "lamps", "tools", "electronics"),
        EVEN,
    )
)
add(
    Design(
        "bedroom-linen",
        "Bed with washed linen",
        {"table": bed, "top": bed_top},
        ("bright", "soft", "calm"),
        ("linen", "wool"),
        (),
        ("textiles", "fashion"),
        EVEN,
    )
)
add(
    Design(
        "balcony-green",
        "Balcony with green behind",
        {"table": balcony},
        ("bright", "fresh"),
        ("teak", "leaves"),
        ("spring", "summer"),
        ("drinks", "plants", "food"),
        EVEN,
    )
)
add(
    Design(
        "paper-cream",
        "Cream paper, leaf shadows",
        {"floor": paper_floor},
        ("bright", "soft"),
        ("paper",),
        (),
        ("furniture", "lamps", "fashion"),
        EVEN,
    )
)
add(
    Design(
        "clay-wall",
        "Clay plaster wall",
        {"wall": lounge_wall},
        ("warm", "calm"),
        ("plaster",),
        ("summer", "autumn"),
        ("prints", "mirrors", "textiles"),
        EVEN,
    )
)
