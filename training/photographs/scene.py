"""The photographer's part of the catalogue: an empty scene, lights, a camera that frames the product, the exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from . import materials


@dataclass(frozen=True)
class Shot:
    """One photograph: where it is taken, from where and how well. Angles in degrees, sizes in pixels.

    ``azimuth`` 0 looks at the front (+y is away from the camera); ``fill`` is the part of the picture's tighter side
    that the product takes up.
    """

    place: str
    role: str = "seller"
    azimuth: float = 20.0
    elevation: float = 15.0
    roll: float = 0.0
    fill: float = 0.66
    offset: tuple[float, float] = (0.0, 0.0)
    lens: float = 60.0
    size: tuple[int, int] = (1000, 1000)
    pose: str = "stand"
    turn: float = 0.0
    seed: int = 0
    colour: str = "#eeece8"
    exposure: float = 0.0
    warmth: float = 0.0
    tint: float = 0.0
    vignette: float = 0.0
    grain: float = 0.0
    look_at: tuple[float, float] | None = (
        None  # close-ups: the centre on the product's plane, in parts of its size
    )
    span: float = 1.0  # close-ups: the part of the product's width that the picture shows


@dataclass
class Frame:
    """What a place needs to know to build itself round a product: its bounds and where the camera stands."""

    low: np.ndarray
    high: np.ndarray
    shot: Shot
    forward: Vector = field(init=False)
    right: Vector = field(init=False)

    def __post_init__(self) -> None:
        a = math.radians(self.shot.azimuth)
        self.forward = Vector((-math.sin(a), math.cos(a), 0))
        self.right = Vector((math.cos(a), math.sin(a), 0))

    @property
    def centre(self) -> Vector:
        return Vector((self.low + self.high) / 2)

    @property
    def size(self) -> float:
        """Half of the largest extent: the unit for distances of lights."""
        return float((self.high - self.low).max() / 2)

    def half_width(self) -> float:
        """Half the width across the camera's view."""
        half = (self.high - self.low) / 2
        return float(abs(self.right.x) * half[0] + abs(self.right.y) * half[1])

    def half_depth(self) -> float:
        half = (self.high - self.low) / 2
        return float(abs(self.forward.x) * half[0] + abs(self.forward.y) * half[1])

    def at(self, across: float, away: float, up: float = 0.0) -> Vector:
        """A point in the camera's own ground directions, from the foot of the product's middle."""
        foot = Vector((self.centre.x, self.centre.y, 0))
        return foot + self.right * across + self.forward * away + Vector((0, 0, up))


def empty_scene() -> bpy.types.Scene:
    """Blender's default scene without anything in it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("World")
    return scene


def engine(scene: bpy.types.Scene, size: Sequence[int], samples: int, threads: int = 2) -> None:
    """Cycles for few samples: short paths, no caustics, denoised with albedo and normals."""
    scene.render.engine = "CYCLES"
    c = scene.cycles
    c.device = "CPU"
    c.samples = samples
    c.use_adaptive_sampling = False
    c.use_light_tree = False
    c.use_denoising = True
    c.denoiser = "OPENIMAGEDENOISE"
    c.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    c.denoising_prefilter = "NONE"
    c.max_bounces, c.diffuse_bounces, c.glossy_bounces, c.transmission_bounces = 7, 2, 3, 7
    c.transparent_max_bounces = 6
    c.caustics_reflective = c.caustics_refractive = False
    c.sample_clamp_indirect = 4.0
    c.blur_glossy = 1.0
    scene.render.threads_mode = "FIXED"
    scene.render.threads = threads
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Khronos PBR Neutral"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.compression = 5


def _pale(colour: str) -> tuple[float, float, float]:
    """A light's colour: half way to white, as a camera's own white balance leaves it."""
    r, g, b, _ = materials.linear(colour)
    return (1 + r) / 2, (1 + g) / 2, (1 + b) / 2


def ambient(colour: str, strength: float) -> None:
    """Even light from everywhere."""
    world = bpy.context.scene.world
    world.use_nodes = True
    background = world.node_tree.nodes.get("Background") or world.node_tree.nodes.new("ShaderNodeBackground")
    background.inputs["Color"].default_value = (*_pale(colour), 1.0)
    background.inputs["Strength"].default_value = strength


def softbox(
    frame: Frame,
    azimuth: float,
    elevation: float,
    strength: float,
    colour: str = "#ffffff",
    spread: float = 1.0,
    distance: float = 4.0,
) -> bpy.types.Object:
    """An area light seen from the product at these angles (0 is the camera's side, positive is to its right)."""
    a, e = math.radians(azimuth), math.radians(elevation)
    toward = -frame.forward * math.cos(a) * math.cos(e) + frame.right * math.sin(a) * math.cos(e)
    toward = toward + Vector((0, 0, math.sin(e)))
    reach = frame.size * distance
    light = bpy.data.lights.new("softbox", "AREA")
    light.shape = "SQUARE"
    light.size = frame.size * spread * 2
    # The power grows with the squared distance, so that the same strength lights a cup and a chair alike.
    light.energy = strength * 20 * reach**2
    light.color = _pale(colour)
    thing = bpy.data.objects.new("softbox", light)
    thing.location = frame.centre + toward * reach
    thing.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)
    return thing


def sun(
    frame: Frame, azimuth: float, elevation: float, strength: float, colour: str, blur: float = 0.6
) -> None:
    """Sunlight; ``blur`` is its apparent width in degrees."""
    a, e = math.radians(azimuth), math.radians(elevation)
    toward = -frame.forward * math.cos(a) * math.cos(e) + frame.right * math.sin(a) * math.cos(e)
    light = bpy.data.lights.new("sun", "SUN")
    light.energy = strength
    light.angle = math.radians(blur)
    light.color = _pale(colour)
    thing = bpy.data.objects.new("sun", light)
    thing.rotation_euler = (-(toward + Vector((0, 0, math.sin(e))))).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def posed(things: list[bpy.types.Object], pose: str, turn: float) -> None:
    """Put the product as the shot wants it and set it down on z = 0.

    ``stand`` as modelled, ``lean`` against a wall (modelled lying, turned up to 78°), ``hang`` flat on a wall, ``lie``
    on its side.
    """
    tilt = {"stand": 0, "lean": 77, "hang": 90, "lie": -90, "recline": 52}[pose]
    turn_first = Matrix.Rotation(math.radians(turn), 4, "Z")
    spin = Euler((math.radians(tilt), 0, 0)).to_matrix().to_4x4()
    # Things that lie flat turn about their own normal before they are put upright; others on the table.
    matrix = (
        turn_first @ spin
        if pose in ("stand", "lie")
        else spin @ (turn_first if pose == "stand" else Matrix())
    )
    if pose in ("lean", "recline", "hang") and turn:
        matrix = Matrix.Rotation(math.radians(turn), 4, "Z") @ matrix
    for thing in things:
        if thing.parent is None:
            thing.matrix_world = matrix @ thing.matrix_basis
    bpy.context.view_layer.update()
    low, high = bounds(things)
    lift = 1.1 if pose == "hang" else 0.0
    shift = Matrix.Translation((-(low[0] + high[0]) / 2, -high[1] if pose == "hang" else 0, lift - low[2]))
    for thing in things:
        if thing.parent is None:
            thing.matrix_world = shift @ thing.matrix_world
    bpy.context.view_layer.update()


def points(things: list[bpy.types.Object], most: int = 3000) -> np.ndarray:
    """World positions of the vertices after modifiers (N×3), thinned out to about ``most`` an object."""
    graph = bpy.context.evaluated_depsgraph_get()
    found = []
    for thing in things:
        if thing.type != "MESH":
            continue
        mesh = thing.evaluated_get(graph).data
        xyz = np.empty(len(mesh.vertices) * 3)
        mesh.vertices.foreach_get("co", xyz)
        xyz = xyz.reshape(-1, 3)[:: max(1, len(mesh.vertices) // most)]
        matrix = np.array(thing.matrix_world)
        found.append(xyz @ matrix[:3, :3].T + matrix[:3, 3])
    return np.vstack(found)


def bounds(things: list[bpy.types.Object]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner."""
    p = points(things)
    return p.min(0), p.max(0)


def camera(frame: Frame, things: list[bpy.types.Object]) -> bpy.types.Object:
    """A camera that sees the whole product, its extent being ``fill`` of the tighter side of the picture."""
    shot = frame.shot
    data = bpy.data.cameras.new("camera")
    data.lens = shot.lens
    data.sensor_fit = "HORIZONTAL"
    data.clip_start, data.clip_end = 0.005, 60
    thing = bpy.data.objects.new("camera", data)
    scene = bpy.context.scene
    scene.collection.objects.link(thing)
    scene.camera = thing
    e = math.radians(shot.elevation)
    toward = -frame.forward * math.cos(e) + Vector((0, 0, math.sin(e)))
    rotation = (-toward).to_track_quat("-Z", "Y") @ Euler((0, 0, math.radians(shot.roll))).to_quaternion()
    axes = np.array(rotation.to_matrix())
    cloud = points(things)
    aim = np.array(frame.centre)
    distance = frame.size * 8
    tangent = 18 / shot.lens
    tall = shot.size[1] / shot.size[0]
    for _ in range(12):
        eye = aim + np.array(toward) * distance
        local = (cloud - eye) @ axes
        seen = local[:, :2] / -local[:, 2:] / tangent
        low, high = seen.min(0), seen.max(0)
        middle = (low + high) / 2 - np.array(shot.offset) * [1, tall]
        aim = aim + axes[:, 0] * middle[0] * tangent * distance + axes[:, 1] * middle[1] * tangent * distance
        spread = max((high[0] - low[0]) / 2, (high[1] - low[1]) / 2 / tall)
        distance *= spread / shot.fill
    thing.location = aim + np.array(toward) * distance
    thing.rotation_euler = rotation.to_euler()
    return thing


def render(scene: bpy.types.Scene, path: Path, exposure: float = 0.0) -> None:
    """Render to a PNG file."""
    scene.view_settings.exposure = exposure
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
