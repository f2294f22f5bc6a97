"""What sets share: the stage with its camera, surfaces, and the four groups of light."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix, Vector

from training.photographs.materials import linear, plain
from training.photographs.meshes import add_mesh, box, grid_faces
from training.photographs.scene import empty_scene

GROUPS = ("key-left", "key-right", "window", "fill")
SENSOR = 36.0
"""Width of the camera's square sensor in millimetres."""


def pale(colour: str) -> tuple[float, float, float]:
    """A lamp's colour as a camera's white balance leaves it."""
    r, g, b, _ = linear(colour)
    return 0.45 * r + 0.55, 0.45 * g + 0.55, 0.45 * b + 0.55


@dataclass(frozen=True)
class View:
    """How a set is seen. `width`: metres across at the place of the product, which is at (0.5, `foot`) of the picture;
    `tallest`: how much of the picture's height a product may take there."""

    width: float
    lens: float
    foot: float
    pitch: float
    stop: float
    tallest: float


VIEWS = {
    "table": View(0.62, 70, 0.80, 11, 3.2, 0.66),
    "floor": View(2.3, 45, 0.84, 9, 2.8, 0.68),
    "wall": View(1.7, 50, 0.44, 1.5, 5.6, 0.62),
    "top": View(0.85, 60, 0.50, 90, 5.6, 0.72),
}


@dataclass(frozen=True)
class Lamp:
    """One group of light seen from the product: degrees (0 is the camera's side, + to the right), tangent of its half
    angle, colour."""

    azimuth: float
    elevation: float
    softness: float
    colour: str


@dataclass
class Stage:
    """An empty room about the product's foot at the origin: x to the right, y away from the camera, z up, in metres."""

    kind: str
    view: View
    rng: np.random.Generator
    wall_at: float | None = None
    lamps: dict[str, Lamp] = field(default_factory=dict)
    scene: bpy.types.Scene = field(init=False)
    camera: bpy.types.Object = field(init=False)

    def __post_init__(self) -> None:
        self.scene = empty_scene()
        layer = self.scene.view_layers[0]
        for name in GROUPS:
            layer.lightgroups.add(name=name)
        self.camera = self._camera()

    @property
    def unit(self) -> float:
        """Sizes of lamps go with what the picture shows."""
        return self.view.width / 0.62

    def _camera(self) -> bpy.types.Object:
        view, focal = self.view, self.view.lens / SENSOR
        data = bpy.data.cameras.new("camera")
        data.lens, data.sensor_width, data.sensor_fit = view.lens, SENSOR, "HORIZONTAL"
        data.clip_start, data.clip_end = 0.01, 100
        far = view.width * focal
        data.dof.use_dof, data.dof.aperture_fstop, data.dof.focus_distance = True, view.stop, far
        thing = bpy.data.objects.new("camera", data)
        turn = Matrix.Rotation(math.radians(90 - view.pitch), 4, "X")
        local = Vector((0, far * (0.5 - view.foot) / focal, -far))
        thing.matrix_world = Matrix.Translation(-(turn @ local)) @ turn
        self.scene.collection.objects.link(thing)
        self.scene.camera = thing
        return thing

    # -- surfaces

    def ground(self, material: bpy.types.Material, far: float, near: float = 3.0, wide: float = 6.0) -> None:
        """A flat surface from before the camera to `far` behind the product."""
        corners = np.array([[-wide, -near, 0], [wide, -near, 0], [wide, far, 0], [-wide, far, 0]], float)
        add_mesh("ground", corners, [(0, 1, 2, 3)], material, corners[:, :2])

    def table(self, material: bpy.types.Material, far: float, thick: float = 0.035) -> None:
        """A table top with a rounded edge behind."""
        box("table", (5.0, far + 3.0, thick), (0, (far - 3.0) / 2, -thick / 2), material, 0.004)

    def wall(self, material: bpy.types.Material, away: float, low: float = -1.0, high: float = 5.0) -> None:
        """An upright surface square to the view."""
        self.wall_at = away
        v = np.array([[-7, away, low], [7, away, low], [7, away, high], [-7, away, high]], float)
        add_mesh("wall", v, [(0, 1, 2, 3)], material, v[:, [0, 2]])

    def skirting(self, material: bpy.types.Material, high: float = 0.11) -> None:
        box("skirting", (14, 0.018, high), (0, (self.wall_at or 0) - 0.009, high / 2), material, 0.004)

    def sweep(self, material: bpy.types.Material, away: float, bend: float) -> None:
        """Paper bent up behind the product."""
        t = np.linspace(0, np.pi / 2, 24)
        line = [
            (-3.0, 0.0),
            *((away + bend * math.sin(a), bend * (1 - math.cos(a))) for a in t),
            (away + bend, 5.0),
        ]
        rows = np.array([[(x, y, z) for x in (-5, 5)] for y, z in line], float).reshape(-1, 3)
        self.wall_at = away + bend
        add_mesh("sweep", rows, grid_faces(len(line), 2), material)

    # -- light

    def _toward(self, lamp: Lamp) -> Vector:
        a, e = math.radians(lamp.azimuth), math.radians(lamp.elevation)
        if self.kind == "top":  # the camera's up is +y: azimuth 0 comes from the picture's upper edge
            return Vector((math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)))
        return Vector((math.sin(a) * math.cos(e), -math.cos(a) * math.cos(e), math.sin(e)))

    def _lamp(self, group: str, kind: str, lamp: Lamp) -> tuple[bpy.types.Object, Vector]:
        data = bpy.data.lights.new(group, kind)
        data.color = pale(lamp.colour)
        thing = bpy.data.objects.new(group, data)
        toward = self._toward(lamp)
        thing.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
        thing.visible_camera = False
        thing.lightgroup = group
        self.scene.collection.objects.link(thing)
        self.lamps[group] = lamp
        return thing, toward

    def key(
        self,
        side: str,
        elevation: float = 38,
        azimuth: float = 58,
        softness: float = 0.42,
        colour: str = "#fff6ea",
        far: float = 2.3,
    ) -> None:
        """A large softbox to the left or right."""
        sign = -1 if side == "left" else 1
        thing, toward = self._lamp(f"key-{side}", "AREA", Lamp(sign * azimuth, elevation, softness, colour))
        reach = far * self.unit
        thing.data.shape, thing.data.size = "DISK", 2 * softness * reach
        thing.data.energy = 9 * reach**2
        thing.location = Vector((0, 0, 0.3 * self.view.width)) + toward * reach

    def fill(self, colour: str = "#f4f1ec", strength: float = 0.5) -> None:
        """Even light from all sides, as white walls send it back."""
        world = self.scene.world
        world.use_nodes = True
        ground = world.node_tree.nodes.get("Background") or world.node_tree.nodes.new("ShaderNodeBackground")
        ground.inputs["Color"].default_value = (*pale(colour), 1.0)
        ground.inputs["Strength"].default_value = strength
        world.lightgroup = "fill"
        self.lamps["fill"] = Lamp(0, 90, 2.0, colour)

    def window(
        self,
        azimuth: float,
        elevation: float,
        softness: float = 0.014,
        colour: str = "#fff0d8",
        strength: float = 3.2,
        shade: Callable[[], Sequence[bpy.types.Object]] | None = None,
        far: float = 2.2,
        aim: Sequence[float] = (0, 0, 0.1),
    ) -> None:
        """The sun through what `shade` builds (in its own xy plane, metres), set `far` away across the light."""
        lamp = Lamp(azimuth, elevation, softness, colour)
        thing, toward = self._lamp("window", "SUN", lamp)
        thing.data.energy, thing.data.angle = strength, 2 * math.atan(softness)
        if shade is None:
            return
        x = Vector((0, 0, 1)).cross(toward).normalized()
        axes = Matrix((x, toward.cross(x), toward)).transposed().to_4x4()
        place = Matrix.Translation(Vector(aim) + toward * far) @ axes @ Matrix.Scale(self.unit, 4)
        for card in shade():
            card.matrix_world = place @ card.matrix_basis
            card.visible_camera = card.visible_diffuse = card.visible_glossy = False
            card.visible_transmission = False


# -- what the window light shines through


def panes(
    columns: int = 2,
    rows: int = 3,
    wide: float = 0.26,
    high: float = 0.3,
    bar: float = 0.028,
    turn: float = 0.0,
) -> Callable[[], list[bpy.types.Object]]:
    """A window: panes between bars in a wall."""

    def build() -> list[bpy.types.Object]:
        w, h = columns * wide / 2, rows * high / 2
        quads = [(-4, -4, -w, 4), (w, -4, 4, 4), (-w, h, w, 4), (-w, -4, w, -h)]
        quads += [(-w + k * wide - bar / 2, -h, -w + k * wide + bar / 2, h) for k in range(1, columns)]
        quads += [(-w, -h + k * high - bar / 2, w, -h + k * high + bar / 2) for k in range(1, rows)]
        return [_cards(quads, turn)]

    return build


def slats(
    count: int = 26, high: float = 0.045, open_: float = 0.5, turn: float = 4.0
) -> Callable[[], list[bpy.types.Object]]:
    """A blind."""

    def build() -> list[bpy.types.Object]:
        low = -count * high / 2
        return [_cards([(-4, low + k * high, 4, low + (k + 1 - open_) * high) for k in range(count)], turn)]

    return build


def _cards(quads: Sequence[Sequence[float]], turn: float) -> bpy.types.Object:
    v = [p for a, b, c, d in quads for p in ((a, b, 0), (c, b, 0), (c, d, 0), (a, d, 0))]
    made = add_mesh(
        "shade",
        np.array(v, float),
        [tuple(range(4 * k, 4 * k + 4)) for k in range(len(quads))],
        plain("#000000", 1.0),
        smooth=False,
    )
    made.matrix_basis = Matrix.Rotation(math.radians(turn), 4, "Z")
    return made


def foliage(
    build: Callable[[], list[bpy.types.Object]], at: Sequence[float], turn: float, size: float = 1.0
) -> Callable[[], list[bpy.types.Object]]:
    """Branches before the light: `build`'s things grow up from `at` (metres across the light), turned."""

    def made() -> list[bpy.types.Object]:
        # From standing (z up) to lying in the card's plane (y up).
        move = (
            Matrix.Translation((*at, 0))
            @ Matrix.Rotation(math.radians(turn), 4, "Z")
            @ Matrix.Rotation(-math.pi / 2, 4, "X")
        )
        things = build()
        for thing in things:
            thing.matrix_basis = move @ Matrix.Scale(size, 4) @ thing.matrix_basis
        return things

    return made
