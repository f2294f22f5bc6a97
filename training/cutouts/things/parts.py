"""What products are made of: finishes, bodies, handles, cords, buttons and screens."""

from __future__ import annotations

import bpy
import numpy as np

from training.photographs.materials import Shader, ceramic, cloth, glass, leather, metal, plain, wood
from training.photographs.meshes import (
    add_mesh,
    box,
    grid_faces,
    lathe,
    rod,
    slab,
    smooth_curve,
    superellipse,
    tube,
)

Things = list[bpy.types.Object]
Rng = np.random.Generator

GREYS = (
    "#ffffff",
    "#f6f4ef",
    "#efe9df",
    "#e6ddcf",
    "#d7d3cc",
    "#b9b6b0",
    "#8a8985",
    "#55565a",
    "#2b2c30",
    "#131417",
    "#08080a",
)


def colour(rng: Rng) -> str:
    """A grey, from white to black, in six of ten; else any colour."""
    if rng.random() < 0.6:
        return str(rng.choice(GREYS))
    return "#" + "".join(f"{int(v):02x}" for v in rng.uniform(15, 245, 3))


def hard(rng: Rng, tint: str | None = None) -> bpy.types.Material:
    """Moulded or painted: matt, satin or high gloss plastic, lacquer, steel, chrome, brass, wood."""
    kind, tint = rng.random(), tint or colour(rng)
    if kind < 0.35:
        return plain(tint, float(rng.uniform(0.25, 0.6)))
    if kind < 0.6:
        return plain(
            tint, float(rng.uniform(0.04, 0.2)), Coat_Weight=float(rng.uniform(0, 1)), Coat_Roughness=0.03
        )
    if kind < 0.78:
        steel = str(rng.choice(["#c8c8cc", "#b5b3af", "#8c8c90", "#b08d57", "#d9a066", "#e8e6e2", "#4b4c50"]))
        return metal(steel, float(rng.choice([0.04, 0.15, 0.3, 0.45])))
    if kind < 0.88:
        return ceramic(tint, gloss=float(rng.uniform(0.2, 0.95)))
    if kind < 0.94:
        return wood(
            *(("#c69c6d", "#8a5a30"), ("#7a4a28", "#3d2414"), ("#d8b98d", "#b08a5a"))[int(rng.integers(3))]
        )
    return plain(tint, float(rng.uniform(0.6, 0.95)))


def soft(rng: Rng) -> bpy.types.Material:
    """Cloth, webbing, leather."""
    if rng.random() < 0.3:
        return leather(colour(rng))
    return cloth(colour(rng), None, float(rng.uniform(400, 1100)), float(rng.uniform(0, 0.5)))


def clear(rng: Rng) -> bpy.types.Material:
    """Glass or clear plastic, white or tinted, smoked."""
    tint = str(
        rng.choice(["#ffffff", "#ffffff", "#e8f4ee", "#c9e4d0", "#e6c79a", "#b9d3ea", "#77797d", "#4a4238"])
    )
    return glass(tint, float(rng.choice([0, 0, 0.12, 0.35])))


def screen(rng: Rng) -> bpy.types.Material:
    """A dark pane, at times lit with a few strokes."""
    s = Shader("screen", "#060708", 0.06, Coat_Weight=1.0, Coat_Roughness=0.02)
    if rng.random() < 0.6:
        cells = s.node("TexVoronoi", Scale=float(rng.uniform(60, 200)), Randomness=1.0)
        lit = s.math("LESS_THAN", cells.outputs[0], 0.12)
        s.set(s.surface, Emission_Color=(0.9, 0.95, 1, 1), Emission_Strength=s.math("MULTIPLY", lit, 1.5))
    return s.material


def curve(points: list[tuple[float, float, float]], steps: int = 10) -> np.ndarray:
    return smooth_curve(points, steps)


def cord(rng: Rng, start: tuple[float, float, float], material: bpy.types.Material, reach: float) -> Things:
    """A cable or hose from a thing's back to the ground and on, at times with a plug."""
    x, y, _z = start
    points, heading = [start, start], rng.uniform(-np.pi, np.pi)
    thick = float(rng.uniform(0.0018, 0.005)) * max(1.0, reach / 0.3)
    at = np.array([x + 0.1 * reach * np.cos(heading), y + 0.1 * reach * np.sin(heading), thick])
    points.append(tuple(at))
    for _ in range(int(rng.integers(2, 7))):
        heading += rng.normal(0, 0.9)
        at = at + np.array([0.25 * reach * np.cos(heading), 0.25 * reach * np.sin(heading), 0])
        at[2] = thick * rng.uniform(1, 2.5)
        points.append(tuple(at))
    path = curve([*points, points[-1]], 9)
    made = [tube("cord", path, thick, material, sides=10)]
    if rng.random() < 0.5:
        made.append(
            box(
                "plug",
                (6 * thick, 9 * thick, 6 * thick),
                tuple(path[-1] + [0, 0, 2 * thick]),
                material,
                thick,
            )
        )
    return made


def body(
    rng: Rng, name: str, w: float, d: float, h: float, material: bpy.types.Material, z: float = 0.0
) -> bpy.types.Object:
    """A housing: a rounded block, a tapered tower or a turned vessel, closed, from `z` up."""
    kind = rng.random()
    if kind < 0.45:
        outline = superellipse(w, d, float(rng.choice([2.2, 3, 4, 6, 10])), 64)
        made = slab(name, outline, h, material, float(min(w, d, h) * rng.uniform(0.03, 0.24)), z)
    elif kind < 0.75:
        t = np.linspace(0, 1, 18)
        lean, waist = rng.uniform(-0.3, 0.3), rng.uniform(-0.2, 0.25)
        size = 1 + lean * (0.5 - t) - waist * np.sin(np.pi * t)
        ends = np.minimum(
            1, np.sqrt(np.clip(np.minimum(t, 1 - t) / rng.uniform(0.02, 0.2), 0, 1)) * 0.25 + 0.75
        )
        ring = superellipse(w, d, float(rng.choice([2, 2.5, 4, 7])), 48)
        rows = [np.c_[ring * s * e, np.full(48, z + h * u)] for s, e, u in zip(size, ends, t, strict=True)]
        rows = [rows[0] * [0.001, 0.001, 1], *rows, rows[-1] * [0.001, 0.001, 1]]
        faces = grid_faces(len(rows), 48, wrap=True)
        made = add_mesh(name, np.vstack(rows), faces, material)
    else:
        r = w / 2
        line = [(0.001, z), (r * rng.uniform(0.7, 1), z), (r * rng.uniform(0.7, 1), z + 0.02 * h)]
        line += [(r * rng.uniform(0.65, 1.0), z + h * k) for k in (0.35, 0.7, 0.93)]
        line += [(r * rng.uniform(0.3, 0.8), z + h), (0.001, z + h)]
        made = lathe(name, smooth_curve(line, 8), material, 72)
    return made


def fittings(rng: Rng, w: float, d: float, h: float) -> Things:
    """What sits on a housing: feet, seams, knobs, buttons, a screen, slots, a grille, a lid with its knob."""
    made: Things = []
    front = -d / 2
    if rng.random() < 0.6:
        feet = plain(colour(rng), 0.7)
        for x in (-0.36 * w, 0.36 * w):
            for y in (-0.33 * d, 0.33 * d):
                made.append(
                    rod(f"foot{x}{y}", (x, y, -0.025 * h), (x, y, 0.02 * h), 0.05 * w, 0.05 * w, feet)
                )
    if rng.random() < 0.5:
        pane = (w * rng.uniform(0.25, 0.75), 0.01, h * rng.uniform(0.08, 0.35))
        made.append(
            box(
                "pane",
                pane,
                (w * rng.uniform(-0.1, 0.1), front, h * rng.uniform(0.5, 0.85)),
                screen(rng),
                0.003,
            )
        )
    if rng.random() < 0.6:
        of = hard(rng)
        for _ in range(int(rng.integers(1, 6))):
            at = np.array([w * rng.uniform(-0.38, 0.38), front, h * rng.uniform(0.12, 0.8)])
            r = w * rng.uniform(0.02, 0.09)
            made.append(rod("knob", tuple(at), tuple(at - [0, rng.uniform(0.004, 0.03), 0]), r, r * 0.9, of))
    if rng.random() < 0.35:
        dark = plain("#0a0a0c", 0.5)
        for k in range(int(rng.integers(2, 7))):
            made.append(
                box(f"slot{k}", (w * 0.7, 0.008, h * 0.012), (0, front, h * (0.1 + 0.05 * k)), dark, 0.001)
            )
    if rng.random() < 0.3:
        of = hard(rng)
        made.append(
            slab(
                "seam",
                superellipse(w * 1.015, d * 1.015, 4, 64),
                0.012 * h,
                of,
                0.001,
                h * rng.uniform(0.15, 0.85),
            )
        )
    if rng.random() < 0.4:
        of = hard(rng)
        made.append(rod("lid", (0, 0, h * 0.99), (0, 0, h * 1.05), 0.3 * w, 0.28 * w, of, 0.008))
        made.append(rod("grip", (0, 0, h * 1.05), (0, 0, h * 1.12), 0.07 * w, 0.09 * w, hard(rng), 0.004))
    return made


def handle(
    rng: Rng, x: float, low: float, high: float, reach: float, material: bpy.types.Material
) -> bpy.types.Object:
    """An open bow at the side, to grip."""
    middle = (x + reach, 0.0, (low + high) / 2 + rng.uniform(-0.1, 0.1) * (high - low))
    points = [
        (x - 0.15 * reach, 0, high),
        (x + 0.6 * reach, 0, high),
        middle,
        (x + rng.uniform(0.2, 0.8) * reach, 0, low),
        (x - 0.15 * reach, 0, low),
    ]
    if rng.random() < 0.3:
        points = points[:-1]
    thick = float(reach * rng.uniform(0.08, 0.2))
    return tube("handle", curve(points, 12), thick, material, thick * float(rng.uniform(0.8, 1.6)))


def strap(
    rng: Rng, points: list[tuple[float, float, float]], width: float, material: bpy.types.Material
) -> bpy.types.Object:
    """A flat band along a curve."""
    return tube("strap", curve(points, 10), width, material, width * float(rng.uniform(0.08, 0.25)), sides=12)
