"""Places where the photographs are taken: a neat sweep, and the tables, floors and walls of a small seller."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

from . import clutter, patterns
from .materials import Shader, cloth, linear, painted, plain, wood
from .meshes import add_mesh, box, grid_faces, wrinkle
from .scene import Frame, ambient, softbox, sun

Place = Callable[[Frame, Path], None]


def ground(frame: Frame, material: bpy.types.Material, reach: float = 40.0) -> bpy.types.Object:
    """A wide flat surface at z = 0."""
    r = frame.size * reach
    v = np.array([[-r, -r, 0], [r, -r, 0], [r, r, 0], [-r, r, 0]])
    return add_mesh("ground", v, [(0, 1, 2, 3)], material, v[:, :2])


def wall(frame: Frame, away: float, material: bpy.types.Material, reach: float = 40.0) -> bpy.types.Object:
    """An upright surface square to the camera's ground direction, ``away`` behind the product's middle."""
    r = frame.size * reach
    corners = [
        frame.at(-r, away, 0),
        frame.at(r, away, 0),
        frame.at(r, away, 2 * r),
        frame.at(-r, away, 2 * r),
    ]
    uv = np.array([[-r, 0], [r, 0], [r, 2 * r], [-r, 2 * r]])
    return add_mesh("wall", np.array([tuple(c) for c in corners]), [(0, 1, 2, 3)], material, uv)


def sweep(frame: Frame, folder: Path) -> None:
    """The neat photograph: a seamless paper sweep, one large softbox, a fill card."""
    s = frame.size
    colour = frame.shot.colour
    back = frame.half_depth() + 2.2 * s
    bend = 1.6 * s
    t = np.linspace(0, np.pi / 2, 12)
    line = [(-30 * s, 0)] + [(back + bend * math.sin(a), bend * (1 - math.cos(a))) for a in t]
    line.append((back + bend, 40 * s))
    rows = []
    for away, up in line:
        rows.append([tuple(frame.at(x, away, up)) for x in (-60 * s, 60 * s)])
    add_mesh("sweep", np.array(rows).reshape(-1, 3), grid_faces(len(line), 2), painted(colour, 0.8))
    ambient("#ffffff", 0.45)
    side = -1 if frame.shot.seed % 2 else 1
    softbox(frame, side * 48, 48, 1.0, "#fffaf2", 2.2, 4.5)
    softbox(frame, -side * 70, 25, 0.28, "#f4f8ff", 2.5, 4.5)


def gallery(frame: Frame, folder: Path) -> None:
    """The neat photograph of what hangs or leans: a plain wall, a floor line below."""
    ground(frame, painted("#cfc8be", 0.6))
    wall(frame, behind(frame), painted(frame.shot.colour, 0.85))
    ambient("#ffffff", 0.6)
    softbox(frame, -40, 50, 0.85, "#fffaf4", 2.5, 4.0)
    softbox(frame, 55, 20, 0.25, "#f6faff", 2.5, 4.0)


def behind(frame: Frame) -> float:
    """How far behind the product's middle its wall is: touching it when it leans or hangs, else a step away."""
    if frame.shot.pose in ("lean", "hang", "recline"):
        return frame.half_depth() + 0.002
    return frame.half_depth() + 1.6 * frame.size + (0.25 if frame.size < 0.3 else 0.5)


def kitchen(frame: Frame, folder: Path) -> None:
    """An oak table under a warm lamp, a tiled wall behind, breakfast things at the edges."""
    tables = [("#c08a55", "#8a5a2e"), ("#a9713f", "#6e431f"), ("#d2ab78", "#a87c48")]
    light, dark = tables[frame.shot.seed % 3]
    planks(frame, light, dark, 0.14)
    wall(frame, behind(frame) + 0.5 * frame.size, tiles("#dfe3da", "#b9b4a8", 0.1))
    clutter.scatter(frame, ["bowl", "orange", "napkin", "spoon", "mug", "lemon", "board"], 4)
    ambient("#ffd9ae", 0.28)
    softbox(frame, 35 - 70 * (frame.shot.seed % 2), 62, 0.85, "#ffc98c", 0.5, 5.0)
    softbox(frame, -95, 25, 0.25, "#cfe0ff", 2.0, 5.0)


def gingham(frame: Frame, folder: Path) -> None:
    """A creased check cloth near a window: cool light from one side, deep shade on the other."""
    palette = ["#8e2f2f", "#2f5a7a", "#4c6b45", "#b98a2e"][frame.shot.seed % 4]
    image = patterns.saved(folder, f"gingham{palette[1:]}", lambda: patterns.gingham(palette))
    size = max(0.25, 0.9 * frame.size)
    creased(frame, cloth("#ffffff", image, 700, 0.2, repeat=(5, 5)), size)
    wall(
        frame,
        behind(frame) + 1.2 * frame.size,
        painted(["#a9b0ac", "#c9bda8", "#9fb0a0", "#c4a79b"][frame.shot.seed // 4 % 4], 0.9),
    )
    clutter.scatter(frame, ["books", "scissors", "pen", "plant", "lemon", "tape"], 3)
    ambient("#c9d6ea", 0.3)
    softbox(frame, -82, 30, 1.1, "#e2ecff", 1.2, 3.5)


def counter(frame: Frame, folder: Path) -> None:
    """A tiled worktop with the phone's flash: flat light, a hard shadow, a colour cast."""
    tones = [("#e8e4da", "#8f8a80"), ("#7f9c97", "#d8d4ca"), ("#c9a58c", "#efe6da")][frame.shot.seed % 3]
    ground(frame, tiles(*tones, 0.11))
    wall(frame, behind(frame) + 0.3 * frame.size, painted("#d9d2bd", 0.7))
    clutter.scatter(frame, ["bottle", "sponge", "mug", "board", "cloth", "tape"], 4)
    ambient("#fff1d6", 0.38)
    softbox(frame, 6, 22, 0.7, "#f6f8ff", 0.12, 7.0)
    softbox(frame, 120, 60, 0.25, "#fff0c8", 1.0, 5.0)


def patio(frame: Frame, folder: Path) -> None:
    """Concrete slabs in the afternoon sun: hard shadows, warm and blue light."""
    ground(frame, slabs())
    wall(frame, behind(frame) + 2.5 * frame.size, stucco("#cdbfa8"))
    clutter.scatter(frame, ["plant", "stones", "plant", "bowl"], 3)
    ambient("#a9c8ff", 0.6)
    sun(frame, 50 - 100 * (frame.shot.seed % 2), 42, 4.6, "#ffe9c8")


def bedspread(frame: Frame, folder: Path) -> None:
    """On a knitted blanket in a dim bedroom."""
    colour = ["#6f7d8c", "#b3a58f", "#8c6f74", "#5d6b5a"][frame.shot.seed % 4]
    material = cloth(colour, None, 260, 0.5, 0.9, 0.5)
    creased(frame, material, max(0.3, frame.size), 0.05)
    wall(frame, behind(frame) + 1.0 * frame.size, painted("#b9b0a2", 0.9))
    clutter.scatter(frame, ["books", "pen", "cloth", "tape"], 2)
    ambient("#d8d2ff", 0.28)
    softbox(frame, 70, 35, 0.95, "#ffd7a6", 0.7, 4.0)
    softbox(frame, -100, 40, 0.18, "#bcd0ff", 2.0, 4.0)


def room(frame: Frame, folder: Path) -> None:
    """A lived-in room: floorboards, a skirting board, boxes and plants at the edges, light from a window."""
    light, dark = [("#b98c5e", "#805a36"), ("#8f6a48", "#5c3f27"), ("#cdb08a", "#a3845c")][
        frame.shot.seed % 3
    ]
    planks(frame, light, dark, 0.13)
    colour = ["#c6cdc4", "#d9cdb8", "#b8c4cc", "#cbb5a6"][frame.shot.seed % 4]
    away = behind(frame)
    wall(frame, away, painted(colour, 0.85))
    skirting(frame, away)
    if frame.shot.pose != "hang":
        clutter.scatter(frame, ["carton", "pot", "stack", "basket"], 3)
    else:
        clutter.hung(frame, away)
    ambient("#fff0dc", 0.33)
    softbox(frame, -75 + 150 * (frame.shot.seed % 2), 35, 0.9, "#ffe6c2", 0.9, 3.2)


def evening(frame: Frame, folder: Path) -> None:
    """The same room at night under a bulb: orange, with hard shadows."""
    planks(frame, "#a87b4d", "#6d4a2b", 0.13)
    away = behind(frame)
    wall(frame, away, stucco("#c9b79b"))
    skirting(frame, away)
    if frame.shot.pose != "hang":
        clutter.scatter(frame, ["pot", "carton", "basket", "stack"], 3)
    else:
        clutter.hung(frame, away)
    ambient("#ffcf96", 0.3)
    softbox(frame, 30 - 60 * (frame.shot.seed % 2), 58, 0.85, "#ffbe78", 0.2, 4.2)


def tabletop(frame: Frame, folder: Path) -> None:
    """For close-ups: the product fills the picture; an even, slightly one-sided light."""
    ground(frame, painted("#8a7b6a", 0.8))
    ambient("#ffffff", 0.75)
    softbox(frame, -60, 55, 0.5, "#fffaf0", 3.0, 4.0)


def planks(frame: Frame, light: str, dark: str, width: float) -> None:
    """Boards with dark joints."""
    material = wood(light, dark, "x", 0.9, 0.5)
    ground(frame, material)
    tree = material.node_tree
    s = Shader.__new__(Shader)
    s.material, s.tree, s.surface = material, tree, tree.nodes["Principled BSDF"]
    y = s.node("SeparateXYZ", Vector=s.node("TexCoord").outputs["Object"]).outputs[1]
    part = s.math("FRACT", s.math("DIVIDE", s.math("ADD", y, 50.0), width))
    joint = s.math("LESS_THAN", part, 0.02)
    board = s.math("FLOOR", s.math("DIVIDE", s.math("ADD", y, 50.0), width))
    tone = s.node("TexWhiteNoise", {"noise_dimensions": "1D"}, W=board).outputs[0]
    base = s.surface.inputs["Base Color"].links[0].from_socket
    value = s.mix(s.math("MULTIPLY", tone, 0.35), base, s.mix(1.0, base, "#a08060", "MULTIPLY"))
    s.set(s.surface, Base_Color=s.mix(s.math("MULTIPLY", joint, 0.75), value, "#2a1c10"))


def tiles(colour: str, grout: str, size: float) -> bpy.types.Material:
    """Glazed tiles with grout, by UV in metres."""
    s = Shader("tiles", colour, 0.22)
    made = s.node("TexBrick", Vector=s.place((1, 1, 1), "UV"), Scale=1.0, Mortar_Size=0.004)
    made.offset = 0.0
    s.set(
        made,
        Brick_Width=size,
        Row_Height=size,
        Mortar=linear(grout),
        Color1=linear(colour),
        Mortar_Smooth=0.1,
    )
    s.set(made, Color2=s.mix(1.0, linear(colour), "#ece6de", "MULTIPLY"))
    s.bump(made.outputs["Fac"], -0.4, 0.002)
    return s.shaded(Base_Color=made.outputs["Color"])


def slabs() -> bpy.types.Material:
    """Weathered concrete paving."""
    s = Shader("slabs", "#9a968e", 0.9)
    made = s.node("TexBrick", Vector=s.place((1, 1, 1), "UV"), Scale=1.0, Mortar_Size=0.008)
    s.set(made, Brick_Width=0.5, Row_Height=0.5, Mortar=linear("#5d5a52"), Color1=linear("#a39f97"))
    s.set(made, Color2=linear("#948f86"))
    stain = s.ramp(s.noise(4, 6, roughness=0.7), [(0.3, "#8c8880"), (0.7, "#c4c0b8")])
    s.bump(s.noise(160, 4), 0.4, 0.003)
    return s.shaded(Base_Color=s.mix(0.8, made.outputs["Color"], stain, "OVERLAY"))


def stucco(colour: str) -> bpy.types.Material:
    """Rough plaster."""
    s = Shader("stucco", colour, 0.95)
    grain = s.noise(70, 5, roughness=0.6)
    s.bump(grain, 0.5, 0.006)
    return s.shaded(
        Base_Color=s.mix(s.noise(3, 4), linear(colour), s.mix(1.0, linear(colour), "#b0a89c", "MULTIPLY"))
    )


def creased(frame: Frame, material: bpy.types.Material, size: float, height: float = 0.012) -> None:
    """A cloth over the table: flat under the product, creased and rolling round it."""
    r, cells = 9 * frame.size + 0.3, 150
    t = np.linspace(-r, r, cells)
    x, y = np.meshgrid(t, t)
    flat = np.c_[x.ravel(), y.ravel(), np.zeros(x.size)]
    folds = (1 - abs(wrinkle(flat * [1, 0.6, 1], size, frame.shot.seed + 2, 2))) ** 3
    out = np.maximum(abs(x.ravel()) / frame.high[0], abs(y.ravel()) / max(abs(frame.low[1]), frame.high[1]))
    away = np.clip((out - 1.0) / 0.8, 0, 1)
    flat[:, 2] = height * frame.size * 6 * folds * away - 0.001
    uv = np.c_[x.ravel(), y.ravel()] / size / 4
    add_mesh("cloth", flat, grid_faces(cells, cells), material, uv)


def skirting(frame: Frame, away: float) -> None:
    """A painted board along the foot of the wall."""
    board = box("skirting", (80 * frame.size, 0.018, 0.09), (0, 0, 0), plain("#e9e6df", 0.5), 0.003)
    board.location = frame.at(0, away - 0.009, 0.045)
    board.rotation_euler = (0, 0, math.radians(frame.shot.azimuth))


PLACES: dict[str, Place] = {
    "sweep": sweep,
    "gallery": gallery,
    "kitchen": kitchen,
    "gingham": gingham,
    "counter": counter,
    "patio": patio,
    "bedspread": bedspread,
    "room": room,
    "evening": evening,
    "tabletop": tabletop,
}
