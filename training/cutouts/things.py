"""Products made up on the spot for the cut-out network, each one different: what shops sell and the catalogue has not.

Thin closed shapes, straps, cords and lattices; gloss, metal, glass and screens; bodies of one pale or dark colour with
lids, knobs and handles; sets of unlike things. Every builder takes a generator and returns Blender objects in metres
that stand on z = 0 or nearly (the caller sets them down).
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
from catalogue import objects_joined, objects_plain
from catalogue.materials import Shader, ceramic, cloth, glass, leather, metal, plain, wicker, wood
from catalogue.meshes import (
    add_mesh,
    box,
    flat_cloth,
    grid_faces,
    lathe,
    rod,
    slab,
    smooth_curve,
    superellipse,
    tube,
    vessel_profile,
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


def appliance(rng: Rng) -> Things:
    """A kitchen or bathroom machine: housing, fittings, maybe a handle, a jar of glass, a cord."""
    w, d, h = rng.uniform(0.09, 0.36), rng.uniform(0.09, 0.3), rng.uniform(0.09, 0.42)
    main = hard(rng, str(rng.choice(GREYS)) if rng.random() < 0.7 else None)
    made: Things = [body(rng, "housing", w, d, h, main), *fittings(rng, w, d, h)]
    if rng.random() < 0.4:
        made.append(
            handle(
                rng, w / 2 * 0.92, 0.2 * h, rng.uniform(0.7, 1.0) * h, rng.uniform(0.2, 0.5) * w, hard(rng)
            )
        )
    if rng.random() < 0.3:
        jar_h, r = rng.uniform(0.1, 0.25), 0.3 * min(w, d)
        line = smooth_curve(
            [(0.8 * r, h), (0.8 * r, h), (r * rng.uniform(0.9, 1.4), h + 0.9 * jar_h), (r, h + jar_h)], 10
        )
        made.append(lathe("jar", vessel_profile(line, 0.003), clear(rng), 64))
        made.append(rod("cap", (0, 0, h + jar_h), (0, 0, h + jar_h * 1.12), 1.05 * r, r, hard(rng)))
    if rng.random() < 0.4:
        made.append(
            body(
                rng,
                "stand",
                w * rng.uniform(1.05, 1.4),
                d * rng.uniform(1.05, 1.3),
                0.08 * h,
                hard(rng),
                -0.08 * h,
            )
        )
    if rng.random() < 0.4:
        made += cord(rng, (0.3 * w, 0.45 * d, 0.1 * h), plain(colour(rng), 0.45), max(w, h))
    return made


def kettle(rng: Rng) -> Things:
    """A turned vessel with spout, handle and lid."""
    h, r = rng.uniform(0.1, 0.28), rng.uniform(0.05, 0.11)
    of = hard(rng) if rng.random() < 0.85 else clear(rng)
    line = [
        (r, 0),
        (r, 0),
        (r * rng.uniform(0.9, 1.25), 0.3 * h),
        (r * rng.uniform(0.6, 1), 0.8 * h),
        (r * rng.uniform(0.35, 0.8), h),
    ]
    outer = smooth_curve(line, 10)
    made: Things = [lathe("pot", vessel_profile(outer, 0.003), of, 80)]
    at = -r * 0.9
    spout = curve(
        [
            (at, 0, 0.35 * h),
            (at, 0, 0.35 * h),
            (at - 0.5 * r, 0, 0.55 * h),
            (at - rng.uniform(0.5, 1.1) * r, 0, h * rng.uniform(0.8, 1.05)),
            (at - rng.uniform(0.9, 1.3) * r, 0, h * rng.uniform(0.85, 1.0)),
        ],
        8,
    )
    made.append(tube("spout", spout, np.linspace(0.22 * r, 0.09 * r, len(spout)), of))
    made.append(handle(rng, r * 0.85, 0.25 * h, 0.95 * h, rng.uniform(0.5, 1.0) * r, hard(rng)))
    top = float(outer[-1, 0])
    made.append(rod("lid", (0, 0, h * 0.99), (0, 0, h * 1.04), top, top * 0.7, hard(rng), 0.006))
    made.append(rod("knob", (0, 0, h * 1.04), (0, 0, h * 1.12), 0.15 * r, 0.2 * r, hard(rng), 0.005))
    return made


def iron(rng: Rng) -> Things:
    """A wedge with a sole, a closed grip and a cord: an iron, a boat, a computer's mouse."""
    length, w, h = rng.uniform(0.2, 0.32), rng.uniform(0.08, 0.13), rng.uniform(0.05, 0.09)
    t = np.linspace(0, 1, 60)
    half = w / 2 * np.where(t < 0.3, 1, np.cos(np.pi / 2 * np.clip((t - 0.3) / 0.7, 0, 1)) ** 0.6)
    outline = np.r_[np.c_[t * length, -half], np.c_[t[::-1] * length, half[::-1]]]
    shell, of = hard(rng, str(rng.choice(GREYS))), hard(rng)
    made: Things = [
        slab("sole", outline, 0.008, of, 0.002),
        slab("shell", outline * [0.96, 0.94], h, shell, 0.02, 0.008),
    ]
    grip = curve(
        [
            (0.05 * length, 0, h * 0.9),
            (0.05 * length, 0, h * 0.9),
            (0.1 * length, 0, h * 2.0),
            (0.45 * length, 0, h * 2.2),
            (0.7 * length, 0, h * 1.6),
            (0.75 * length, 0, h * 0.8),
        ],
        8,
    )
    made.append(
        tube("grip", grip, float(rng.uniform(0.01, 0.017)), shell if rng.random() < 0.6 else hard(rng))
    )
    if rng.random() < 0.7:
        made += cord(rng, (0.02, 0, h * 1.5), plain(colour(rng), 0.6), length)
    return made


def upright(rng: Rng) -> Things:
    """A long pole with a foot and a head: floor lamp, stick vacuum, steamer, coat stand, tripod, ski pole."""
    h = rng.uniform(0.6, 1.7)
    thick = h * float(np.exp(rng.uniform(np.log(0.004), np.log(0.018))))
    of, second = hard(rng), hard(rng)
    lean = rng.uniform(-0.12, 0.12) * h
    path = curve(
        [(0, 0, 0.02 * h), (0, 0, 0.02 * h), (lean * 0.5, 0, 0.5 * h), (lean, 0, 0.93 * h), (lean, 0, h)], 10
    )
    made: Things = [tube("pole", path, thick, of)]
    foot = rng.random()
    if foot < 0.35:
        count = int(rng.integers(3, 6))
        for k in range(count):
            a = 2 * np.pi * k / count
            made.append(
                rod(
                    f"leg{k}",
                    (0, 0, 0.3 * h),
                    (0.22 * h * np.cos(a), 0.22 * h * np.sin(a), 0),
                    thick * 0.8,
                    thick * 0.6,
                    of,
                )
            )
    elif foot < 0.7:
        made.append(
            body(
                rng,
                "foot",
                0.22 * h * rng.uniform(0.6, 1.2),
                0.16 * h,
                0.06 * h * rng.uniform(0.3, 1.6),
                second,
            )
        )
    else:
        made.append(slab("foot", superellipse(0.3 * h, 0.3 * h, 2), 0.012 * h, of, 0.004))
    head = rng.random()
    if head < 0.35:
        r = rng.uniform(0.06, 0.14) * h
        line = np.array(
            [
                (r, 0.8 * h),
                (r * rng.uniform(0.3, 1), h),
                (r * rng.uniform(0.3, 1) - 0.004, h),
                (r - 0.004, 0.8 * h),
                (r, 0.8 * h),
            ]
        )
        shade = lathe("shade", line, soft(rng), 72)
        shade.location.x = lean
        made.append(shade)
    elif head < 0.6:
        made.append(body(rng, "head", 0.1 * h, 0.08 * h, 0.16 * h, second, 0.85 * h))
        made[-1].location.x = lean
    elif head < 0.8:
        for k in range(int(rng.integers(2, 7))):
            a = rng.uniform(0, 2 * np.pi)
            tip = (lean + 0.12 * h * np.cos(a), 0.12 * h * np.sin(a), h * rng.uniform(0.85, 1.05))
            made.append(
                rod(f"hook{k}", (lean, 0, h * rng.uniform(0.75, 0.95)), tip, thick * 0.6, thick * 0.5, of)
            )
    if rng.random() < 0.35:
        made += cord(rng, (0, 0.03 * h, 0.1 * h), plain(colour(rng), 0.6), 0.4 * h)
    if rng.random() < 0.2:
        hose = curve(
            [
                (lean, 0, 0.9 * h),
                (lean, 0, 0.9 * h),
                (lean + 0.25 * h, 0.05 * h, 0.7 * h),
                (0.2 * h, 0, 0.2 * h),
                (0.05 * h, 0, 0.08 * h),
            ],
            10,
        )
        made.append(tube("hose", hose, thick * 1.4, plain(colour(rng), 0.6)))
    return made


def hoop(rng: Rng) -> Things:
    """A closed ring or frame that one sees through: wreath, racket, mirror's rim, bangle, wheel, picture frame."""
    w, h = rng.uniform(0.08, 0.4), rng.uniform(0.08, 0.5)
    ring = superellipse(w, h, float(rng.choice([2, 2, 3, 8, 20])), 96)
    thick = min(w, h) * float(np.exp(rng.uniform(np.log(0.012), np.log(0.1))))
    of = hard(rng)
    path = np.c_[ring[:, 0], 0 * ring[:, 0], ring[:, 1] + h / 2 + thick]
    made: Things = [tube("ring", path, thick, of, closed=True)]
    if rng.random() < 0.4:
        count = int(rng.integers(4, 16))
        for k in range(count):
            x = w * (k + 0.5) / count - w / 2
            reach = h / 2 * np.sqrt(max(0.0, 1 - (2 * x / w) ** 2)) if rng.random() < 0.9 else h / 2
            made.append(
                rod(
                    f"string{k}",
                    (x, 0, h / 2 + thick - reach),
                    (x, 0, h / 2 + thick + reach),
                    thick * 0.12,
                    thick * 0.12,
                    of,
                )
            )
        for k in range(count):
            z = h * (k + 0.5) / count - h / 2
            reach = w / 2 * np.sqrt(max(0.0, 1 - (2 * z / h) ** 2))
            made.append(
                rod(
                    f"cross{k}",
                    (-reach, 0, z + h / 2 + thick),
                    (reach, 0, z + h / 2 + thick),
                    thick * 0.12,
                    thick * 0.12,
                    of,
                )
            )
    if rng.random() < 0.4:
        made.append(
            rod(
                "stick",
                (0, 0, thick),
                (0, 0, -rng.uniform(0.3, 0.9) * h),
                thick * 1.1,
                thick * 1.3,
                soft(rng),
            )
        )
    return made


def lattice(rng: Rng) -> Things:
    """Crossed wires or slats: rack, crate, basket, trivet, grille, dish drainer."""
    w, d, h = rng.uniform(0.15, 0.45), rng.uniform(0.12, 0.35), rng.uniform(0.06, 0.35)
    thick = float(rng.uniform(0.0018, 0.007))
    of = hard(rng)
    made: Things = []
    for z in (0.0, h) if rng.random() < 0.8 else (0.0, h / 2, h):
        corners = superellipse(w, d, float(rng.choice([4, 8, 20])), 64)
        made.append(tube(f"rim{z}", np.c_[corners, np.full(64, z + thick)], thick * 1.4, of, closed=True))
    for k in range(int(rng.integers(4, 14))):
        x = w * (k % 7 - 3) / 6.6
        made.append(rod(f"floor{k}", (x, -d / 2, thick), (x, d / 2, thick), thick, thick, of))
        for y in (-d / 2, d / 2):
            made.append(rod(f"side{k}{y}", (x, y, 0), (x, y, h), thick, thick, of))
    for k in range(int(rng.integers(2, 6))):
        y = d * (k - 2) / 5
        for x in (-w / 2, w / 2):
            made.append(rod(f"end{k}{x}", (x, y, 0), (x, y, h), thick, thick, of))
    return made


def basket(rng: Rng) -> Things:
    """Plaited or bent of strands, with gaps between them and a bow."""
    r, h = rng.uniform(0.08, 0.25), rng.uniform(0.08, 0.3)
    flare, of = rng.uniform(0.9, 1.5), hard(rng) if rng.random() < 0.5 else wicker("#b58a55", 30)
    made: Things = []
    a = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    rows, thick = int(rng.integers(4, 14)), h * rng.uniform(0.008, 0.03)
    for k in range(rows):
        t = k / (rows - 1)
        s = r * (1 + (flare - 1) * t) * (1 + 0.01 * np.sin(14 * a + np.pi * k))
        made.append(
            tube(
                f"row{k}",
                np.c_[s * np.cos(a), s * np.sin(a), np.full(80, thick + h * t)],
                thick,
                of,
                closed=True,
                sides=8,
            )
        )
    for k in range(int(rng.integers(8, 26))):
        b = 2 * np.pi * k / 26 if rows > 8 else rng.uniform(0, 2 * np.pi)
        made.append(
            rod(
                f"stake{k}",
                (r * np.cos(b), r * np.sin(b), 0),
                (r * flare * np.cos(b), r * flare * np.sin(b), h + thick),
                thick * 0.9,
                thick * 0.9,
                of,
            )
        )
    made.append(slab("floor", superellipse(2 * r, 2 * r, 2), 0.01, of, 0.002))
    if rng.random() < 0.6:
        t = np.linspace(0, np.pi, 24)
        made.append(
            tube(
                "bow",
                np.c_[r * flare * np.cos(t), 0 * t, h + r * rng.uniform(0.8, 1.6) * np.sin(t)],
                thick * 1.6,
                of,
            )
        )
    return made


def jewellery(rng: Rng) -> Things:
    """A necklace, bracelet or earrings: chains of beads or links, rings with stones, lying or standing."""
    kind, of = (
        rng.random(),
        metal(str(rng.choice(["#d9b25f", "#d8d8dc", "#c98f6a", "#8c8c90"])), float(rng.uniform(0.05, 0.25))),
    )
    made: Things = []
    if kind < 0.6:
        w, h = rng.uniform(0.05, 0.14), rng.uniform(0.06, 0.2)
        t = np.linspace(-0.9 * np.pi, 0.9 * np.pi, int(rng.integers(30, 90)))
        path = np.c_[w * np.sin(t) * (1 + 0.1 * np.cos(2 * t)), -h * np.cos(t), 0 * t + 0.003]
        bead = float(rng.uniform(0.0012, 0.005))
        if rng.random() < 0.5:
            stuff = hard(rng)
            for k, p in enumerate(path):
                s = np.linspace(-np.pi / 2, np.pi / 2, 8)
                ball = lathe(f"bead{k}", np.c_[bead * np.cos(s), bead * np.sin(s)], stuff, 12)
                ball.location = tuple(p)
                made.append(ball)
        made.append(tube("chain", path, bead * 0.35, of, sides=8))
        made.append(body(rng, "charm", 6 * bead, 5 * bead, 2 * bead, hard(rng)))
        made[-1].location = (0, -h - 4 * bead, 0)
    else:
        for k in range(int(rng.choice([1, 1, 2]))):
            r = rng.uniform(0.008, 0.03)
            a = np.linspace(0, 2 * np.pi, 64, endpoint=False)
            made.append(
                tube(
                    f"ring{k}",
                    np.c_[k * 3 * r + r * np.cos(a), 0 * a, r + r * np.sin(a) + 0.002],
                    r * float(rng.uniform(0.05, 0.16)),
                    of,
                    closed=True,
                )
            )
            made.append(
                body(
                    rng,
                    f"stone{k}",
                    r * 0.5,
                    r * 0.5,
                    r * 0.4,
                    clear(rng) if rng.random() < 0.5 else hard(rng),
                    2 * r,
                )
            )
            made[-1].location.x = k * 3 * r
    return made


def cutlery(rng: Rng) -> Things:
    """Spoons, forks and knives side by side, lying."""
    made: Things = []
    of = metal(str(rng.choice(["#d8d8dc", "#d9b25f", "#37373b"])), float(rng.uniform(0.05, 0.3)))
    for k in range(int(rng.integers(1, 6))):
        length, x = rng.uniform(0.14, 0.22), k * rng.uniform(0.025, 0.04)
        t = np.linspace(0, 1, 40)
        kind = int(rng.integers(3))
        wide = 0.004 + 0.002 * (1 - t)
        if kind == 0:
            wide = wide + 0.016 * np.exp(-(((t - 0.87) / 0.09) ** 2))
        elif kind == 1:
            wide = wide + 0.008 * (t > 0.55)
        path = np.c_[x + 0 * t, t * length, 0.004 + 0.006 * np.sin(3 * t) * t]
        made.append(
            tube(
                f"piece{k}",
                path[: 30 if kind == 2 else 40],
                wide[: 30 if kind == 2 else 40],
                of,
                0.0016,
                normal=(1, 0, 0),
            )
        )
        if kind == 2:
            for j in (-1.5, -0.5, 0.5, 1.5):
                made.append(
                    rod(
                        f"tine{k}{j}",
                        (x + j * 0.0055, 0.74 * length, 0.006),
                        (x + j * 0.0055, length, 0.006),
                        0.0014,
                        0.0009,
                        of,
                    )
                )
            made.append(box(f"neck{k}", (0.02, 0.012, 0.003), (x, 0.74 * length, 0.006), of, 0.001))
    return made


def strap(
    rng: Rng, points: list[tuple[float, float, float]], width: float, material: bpy.types.Material
) -> bpy.types.Object:
    """A flat band along a curve."""
    return tube("strap", curve(points, 10), width, material, width * float(rng.uniform(0.08, 0.25)), sides=12)


def bag(rng: Rng) -> Things:
    """A bag or rucksack: soft body, pockets, buckles, straps and open handles."""
    w, d, h = rng.uniform(0.18, 0.42), rng.uniform(0.07, 0.22), rng.uniform(0.18, 0.55)
    of, trim = soft(rng), soft(rng)
    main = body(rng, "sack", w, d, h, of)
    made: Things = [main]
    for k in range(int(rng.integers(0, 4))):
        size = (w * rng.uniform(0.25, 0.8), d * rng.uniform(0.15, 0.4), h * rng.uniform(0.12, 0.4))
        made.append(
            box(
                f"pocket{k}",
                size,
                (w * rng.uniform(-0.15, 0.15), -d / 2, h * rng.uniform(0.2, 0.75)),
                of if rng.random() < 0.5 else trim,
                0.02,
            )
        )
    band = w * float(rng.uniform(0.02, 0.06))
    if rng.random() < 0.7:
        top = h * rng.uniform(1.15, 1.9)
        for y in (-0.3 * d, 0.3 * d)[: int(rng.integers(1, 3))]:
            made.append(
                strap(
                    rng,
                    [
                        (-0.3 * w, y, 0.9 * h),
                        (-0.3 * w, y, 0.95 * h),
                        (-0.2 * w, y * 1.5, top),
                        (0.2 * w, y * 1.5, top),
                        (0.3 * w, y, 0.95 * h),
                        (0.3 * w, y, 0.9 * h),
                    ],
                    band,
                    trim,
                )
            )
    if rng.random() < 0.5:
        side = 1 if rng.random() < 0.5 else -1
        made.append(
            strap(
                rng,
                [
                    (side * 0.45 * w, 0, 0.9 * h),
                    (side * 0.6 * w, 0, 0.95 * h),
                    (side * 0.9 * w, -0.1, 0.5 * h),
                    (side * 1.0 * w, -0.2, 0.05 * h),
                    (side * 0.5 * w, -0.3, 0.008),
                    (side * 0.2 * w, -0.28, 0.008),
                ],
                band,
                trim,
            )
        )
    for k in range(int(rng.integers(0, 6))):
        made.append(
            box(
                f"buckle{k}",
                (0.03, 0.012, 0.03),
                (w * rng.uniform(-0.4, 0.4), -d / 2 - 0.005, h * rng.uniform(0.2, 0.9)),
                hard(rng),
                0.003,
            )
        )
    return made


def harness(rng: Rng) -> Things:
    """Loops of webbing with buckles and rings: a climbing or dog's harness, a belt, a collar, a halter."""
    of, made = soft(rng), []
    w, h = rng.uniform(0.15, 0.35), rng.uniform(0.2, 0.5)
    wide = float(rng.uniform(0.008, 0.022))
    a = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    flat = wide * 0.15
    loops = [
        (0, 0.75 * h, w / 2, 0.25 * w),
        (-0.25 * w, 0.3 * h, 0.22 * w, 0.2 * w),
        (0.25 * w, 0.3 * h, 0.22 * w, 0.2 * w),
    ]
    for k, (x, z, rx, ry) in enumerate(loops[: int(rng.integers(1, 4))]):
        tilt = rng.uniform(-0.3, 0.3)
        ring = np.c_[
            x + rx * np.cos(a),
            ry * np.sin(a),
            z + tilt * rx * np.cos(a) + rng.uniform(-0.04, 0.04) * np.sin(2 * a),
        ]
        made.append(
            tube(
                f"loop{k}",
                ring,
                flat,
                of if rng.random() < 0.7 else soft(rng),
                wide,
                closed=True,
                normal=(0.0, 0.0, 1.0),
            )
        )
    for _ in range(int(rng.integers(2, 6))):
        x0, x1 = rng.uniform(-0.4, 0.4, 2) * w
        made.append(
            strap(
                rng,
                [
                    (x0, -0.2 * w, 0.75 * h),
                    (x0, -0.25 * w, 0.6 * h),
                    (x1, -0.2 * w, 0.4 * h),
                    (x1, -0.15 * w, 0.2 * h),
                ],
                wide * 0.7,
                of,
            )
        )
    for k in range(int(rng.integers(2, 7))):
        at = (rng.uniform(-0.45, 0.45) * w, -0.24 * w, rng.uniform(0.2, 0.8) * h)
        made += [box(f"buckle{k}", (0.03, 0.012, 0.024), at, hard(rng), 0.003)]
    return made


def shoes(rng: Rng) -> Things:
    """A pair, with laces, a tread and an opening."""
    made = objects_plain.shoe(rng)
    for thing in made:
        for slot in thing.data.materials:
            if slot is not None and rng.random() < 0.8:
                thing.data.materials[0] = soft(rng)
                break
    return made


def towel(rng: Rng) -> Things:
    """Textile that lies, folded once or more, at times fringed: towel, scarf, blanket, rug, T-shirt's back."""
    w, d = rng.uniform(0.25, 0.7), rng.uniform(0.2, 0.6)
    of = cloth(colour(rng), None, float(rng.uniform(300, 900)), 0.4)
    made: Things = []
    for k in range(int(rng.integers(1, 4))):
        sheet = flat_cloth(
            f"fold{k}",
            superellipse(w * (1 - 0.02 * k), d * (1 - 0.03 * k), 12),
            0.012,
            of,
            0.008,
            0.14,
            int(rng.integers(100)),
            0.016,
        )
        sheet.location.z = 0.016 * k
        made.append(sheet)
    if rng.random() < 0.6:
        length, count = rng.uniform(0.02, 0.06), int(w / rng.uniform(0.006, 0.016))
        for k in range(count):
            x = w * (k + 0.5) / count - w / 2
            for side in (-1, 1):
                y = side * d / 2 * 0.985
                path = [
                    (x, y, 0.006),
                    (x, y, 0.006),
                    (x + rng.normal(0, 0.003), y + side * 0.5 * length, 0.004),
                    (x + rng.normal(0, 0.006), y + side * length, 0.003),
                ]
                made.append(tube(f"tassel{k}{side}", curve(path, 4), 0.0012, of, sides=6))
    return made


def garment(rng: Rng) -> Things:
    """A shirt, dress or trousers lying flat: one outline of body, sleeves and neck."""
    w, h = rng.uniform(0.22, 0.32), rng.uniform(0.5, 0.8)
    sleeve, drop, flare = rng.uniform(0.1, 0.35), rng.uniform(0.05, 0.35), rng.uniform(0.9, 1.5)
    right = [
        (0.08, 0.0),
        (0.1, 0.02),
        (w * 0.9, -0.03),
        (w + sleeve, -0.05 - drop),
        (w + sleeve - 0.06, -0.14 - drop),
        (w * 0.85, -0.2),
        (w * 0.82 * flare, -h),
        (0.02, -h * rng.uniform(0.97, 1.03)),
    ]
    if rng.random() < 0.25:  # trousers
        right = [(0.02, 0), (w * 0.6, 0), (w * 0.75, -h), (w * 0.4, -h), (0.02, -0.35 * h)]
    outline = np.array(right + [(-x, y) for x, y in right[::-1]])[::-1]
    outline = smooth_curve(outline, 6, closed=True)
    of = cloth(colour(rng), None, float(rng.uniform(400, 1100)), 0.3)
    made: Things = [flat_cloth("cloth", outline, 0.01, of, 0.01, 0.13, int(rng.integers(100)), 0.018)]
    for k in range(int(rng.integers(0, 6))):
        made.append(
            rod(
                f"button{k}",
                (0, -0.08 - 0.07 * k, 0.012),
                (0, -0.08 - 0.07 * k, 0.022),
                0.007,
                0.007,
                hard(rng),
            )
        )
    return made


def hanger(rng: Rng) -> Things:
    """A hanger of wire or wood, at times with something on it."""
    w, of = rng.uniform(0.36, 0.46), hard(rng)
    thick = float(rng.uniform(0.002, 0.012))
    arms = curve(
        [
            (-w / 2, 0, 0),
            (-w / 2, 0, 0),
            (-0.1 * w, 0, 0.22 * w),
            (0, 0, 0.27 * w),
            (0.1 * w, 0, 0.22 * w),
            (w / 2, 0, 0),
            (w / 2, 0, 0),
        ],
        10,
    )
    made: Things = [tube("arms", arms, thick, of)]
    if rng.random() < 0.7:
        made.append(rod("bar", (-w / 2, 0, 0), (w / 2, 0, 0), thick * 0.7, thick * 0.7, of))
    t = np.linspace(-0.5 * np.pi, 1.0 * np.pi, 24)
    hook = np.c_[0.03 * np.cos(t), 0 * t, 0.27 * w + 0.09 + 0.03 * np.sin(t)]
    made.append(tube("hook", np.r_[[[0, 0, 0.26 * w]], hook], 0.0016, metal("#c8c8cc", 0.2)))
    return made


def glassware(rng: Rng) -> Things:
    """Glasses, carafes, jars with lids, bottles: one to three of clear or coloured glass."""
    made: Things = []
    of = clear(rng)
    for k in range(int(rng.choice([1, 1, 2, 3]))):
        h, r = rng.uniform(0.08, 0.3), rng.uniform(0.03, 0.07)
        line = [
            (0.8 * r, 0),
            (0.8 * r, 0),
            *((r * rng.uniform(0.3, 1.1), h * u) for u in (0.3, 0.65)),
            (r * rng.uniform(0.4, 1.0), h),
        ]
        outer = smooth_curve(line, 10)
        outer[:, 0] = np.maximum(outer[:, 0], 0.1 * r)
        parts = [lathe(f"glass{k}", vessel_profile(outer, float(rng.uniform(0.0012, 0.004))), of, 72)]
        if rng.random() < 0.4:
            top = float(outer[-1, 0])
            parts.append(rod(f"stopper{k}", (0, 0, h * 0.99), (0, 0, h * 1.1), top * 1.05, top, hard(rng)))
        for part in parts:
            part.location = (k * 2.4 * r, rng.uniform(-0.5, 0.5) * r, 0)
        made += parts
    return made


def board(rng: Rng) -> Things:
    """A long flat thing that stands or leans: snowboard, skis, cutting board, phone, tray, skateboard."""
    h, w = rng.uniform(0.12, 1.6), rng.uniform(0.05, 0.3)
    made: Things = []
    for k in range(int(rng.choice([1, 1, 2]))):
        of = hard(rng)
        outline = superellipse(min(w, 0.7 * h), h, float(rng.choice([2.5, 4, 8, 20])), 72)
        plate = slab(f"plate{k}", outline, float(h * rng.uniform(0.008, 0.05)), of, 0.003)
        plate.rotation_euler = (np.pi / 2, 0, rng.uniform(-0.15, 0.15))
        plate.location = (k * min(w, 0.7 * h) * 1.25, 0, h / 2)
        made.append(plate)
        if rng.random() < 0.6:
            pane = slab(
                f"pane{k}",
                outline * [rng.uniform(0.5, 0.95), rng.uniform(0.4, 0.95)],
                0.001,
                screen(rng) if rng.random() < 0.5 else hard(rng),
                0.0003,
            )
            pane.rotation_euler = plate.rotation_euler
            pane.location = (plate.location.x, -0.055 * h, h / 2)
            made.append(pane)
    return made


def helmet(rng: Rng) -> Things:
    """A shell with vents, straps below or a pane before it: helmet, goggles, cap, mask."""
    r = rng.uniform(0.09, 0.14)
    t = np.linspace(0.02, np.pi / 2 * 1.1, 22)
    shell = lathe("shell", np.c_[r * np.sin(t), r * 1.1 * np.cos(t) + 0.3 * r][::-1], hard(rng), 64)
    shell.scale = (1, rng.uniform(1.0, 1.4), 1)
    made: Things = [shell]
    dark = plain("#0b0b0d", 0.7)
    for k in range(int(rng.integers(0, 9))):
        a, up = rng.uniform(-1.4, 1.4), rng.uniform(0.4, 1.2)
        vent = box(
            f"vent{k}",
            (0.03 * r / 0.1, 0.05 * r / 0.1, 0.012),
            (
                r * np.sin(a) * np.cos(up - 0.3),
                -r * np.cos(a) * 1.05 * np.cos(up - 0.3),
                r * np.sin(up) + 0.3 * r,
            ),
            dark,
            0.004,
        )
        vent.rotation_euler = (up, 0, a)
        made.append(vent)
    if rng.random() < 0.7:
        of = soft(rng)
        made.append(
            strap(
                rng,
                [
                    (-r * 0.9, 0, 0.2 * r),
                    (-r * 0.9, 0, 0.1 * r),
                    (-0.3 * r, -0.2 * r, -0.9 * r),
                    (0.3 * r, -0.2 * r, -0.9 * r),
                    (r * 0.9, 0, 0.1 * r),
                    (r * 0.9, 0, 0.2 * r),
                ],
                0.008,
                of,
            )
        )
    return made


def pieces(rng: Rng) -> Things:
    """A set of two to five unlike things beside one another."""
    made: Things = []
    edge = 0.0
    for _ in range(int(rng.integers(2, 6))):
        name = str(
            rng.choice(
                [
                    "appliance",
                    "kettle",
                    "glassware",
                    "mug",
                    "bottle",
                    "flask",
                    "tome",
                    "lattice",
                    "hoop",
                    "jar",
                ]
            )
        )
        parts = (objects_joined.BUILDERS | objects_plain.BUILDERS | BUILDERS).get(name, appliance)(rng)
        bpy.context.view_layer.update()
        corners = np.array([part.matrix_world @ vertex.co for part in parts for vertex in part.data.vertices])
        size = float((corners.max(0) - corners.min(0)).max())
        scale = rng.uniform(0.12, 0.3) / max(size, 1e-6)
        low, high = corners.min(0) * scale, corners.max(0) * scale
        shift = np.array([edge - low[0], rng.uniform(-0.08, 0.08), -low[2]])
        for part in parts:
            part.scale = [scale * s for s in part.scale]
            part.location = np.array(part.location) * scale + shift
        edge += high[0] - low[0] + rng.uniform(0.005, 0.06)
        made += parts
    bpy.context.view_layer.update()
    return made


BUILDERS: dict[str, Callable[[Rng], Things]] = {
    "appliance": appliance,
    "bag": bag,
    "basket": basket,
    "board": board,
    "cutlery": cutlery,
    "garment": garment,
    "glassware": glassware,
    "hanger": hanger,
    "harness": harness,
    "helmet": helmet,
    "hoop": hoop,
    "iron": iron,
    "jewellery": jewellery,
    "kettle": kettle,
    "lattice": lattice,
    "pieces": pieces,
    "shoes": shoes,
    "towel": towel,
    "upright": upright,
}
#: Seen from above, where they lie.
LYING = {"cutlery", "garment", "towel", "jewellery"}
#: How often each is made, where not once.
WEIGHTS = {"appliance": 4.0, "pieces": 2.0, "upright": 2.0, "bag": 2.0, "iron": 1.5, "kettle": 1.5}
