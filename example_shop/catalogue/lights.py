"""The lamp of a light pair, what stands in its way, and light measured in linear numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .materials import plain
from .meshes import add_mesh
from .scene import Frame


@dataclass(frozen=True)
class Lamp:
    """An area light and where it is seen from the thing: angles in radians, ``distance`` in metres."""

    thing: bpy.types.Object
    azimuth: float
    elevation: float
    distance: float
    softness: float  # tangent of its half angle, seen from the thing

    def throw(self, frame: Frame) -> tuple[float, float]:
        """The shadow of a thing one unit high in the picture: to the right, and up."""
        far = 1 / math.tan(self.elevation)
        pitch = math.radians(frame.shot.elevation)
        up = math.cos(self.azimuth) * far * math.sin(pitch) / math.cos(pitch)
        return -math.sin(self.azimuth) * far / math.cos(pitch), up

    def toward(self, frame: Frame) -> Vector:
        """From the thing to the lamp, of length 1."""
        a, e = self.azimuth, self.elevation
        flat = -frame.forward * math.cos(a) * math.cos(e) + frame.right * math.sin(a) * math.cos(e)
        return flat + Vector((0, 0, math.sin(e)))


def lamp(rng: np.random.Generator, frame: Frame, wall_at: float) -> Lamp:
    """Mostly from before the thing, now and then from behind; from a bare bulb to a large softbox. It stands before the
    wall, ``wall_at`` behind the foot."""
    while True:
        azimuth = math.radians(float(rng.uniform(-85, 85) if rng.random() < 0.85 else rng.uniform(85, 275)))
        elevation = math.radians(float(rng.uniform(22, 72)))
        distance = frame.size * float(np.exp(rng.uniform(math.log(5), math.log(16))))
        if -math.cos(azimuth) * math.cos(elevation) * distance < 0.8 * wall_at:
            break
    softness = float(np.exp(rng.uniform(math.log(0.012), math.log(0.45))))
    return lamp_at(frame, azimuth, elevation, distance, softness)


def lamp_at(frame: Frame, azimuth: float, elevation: float, distance: float, softness: float) -> Lamp:
    """A lamp in that direction from the thing's foot."""
    data = bpy.data.lights.new("lamp", "AREA")
    data.shape = "DISK"
    data.size = 2 * softness * distance
    data.energy = 60 * distance**2
    thing = bpy.data.objects.new("lamp", data)
    made = Lamp(thing, azimuth, elevation, distance, softness)
    toward = made.toward(frame)
    thing.location = frame.at(0, 0) + toward * distance
    thing.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
    thing.visible_camera = False
    bpy.context.scene.collection.objects.link(thing)
    return made


def put_out(things: list[bpy.types.Object]) -> None:
    """Lamps among the things do not shine."""
    for thing in things:
        for material in thing.data.materials if thing.type == "MESH" else ():
            if material is None or not material.node_tree:
                continue
            for node in material.node_tree.nodes:
                socket = node.inputs.get("Emission Strength")
                if socket is not None:
                    for link in list(socket.links):
                        material.node_tree.links.remove(link)
                    socket.default_value = 0.0


# -- what stands in the light's way: cards in a plane across it, in units of half the thing's size at the thing


def _across(frame: Frame, lamp: Lamp, share: float, turn: float) -> Matrix:
    """From a plane's own coordinates (1: the shadow of a length of half the thing's size) to the world; ``share`` of the
    way from the thing to the lamp."""
    toward = lamp.toward(frame)
    x = Vector((0, 0, 1)).cross(toward).normalized()
    y = toward.cross(x)
    unit = frame.size * (1 - share)
    spin = Matrix.Rotation(turn, 4, "Z") @ Matrix.Diagonal((unit, unit, unit, 1))
    axes = Matrix((x, y, toward)).transposed().to_4x4()
    middle = frame.at(0, 0, 0.6 * frame.size) + toward * lamp.distance * share
    return Matrix.Translation(middle) @ axes @ spin


def _card(matrix: Matrix, outlines: list[np.ndarray]) -> bpy.types.Object:
    """Flat polygons (each N×2) in that plane; nothing of them is seen but their shadow."""
    corners, faces = [], []
    for outline in outlines:
        faces.append(tuple(range(len(corners), len(corners) + len(outline))))
        corners += [tuple(matrix @ Vector((x, y, 0))) for x, y in outline]
    made = add_mesh("card", np.array(corners), faces, plain("#000000", 1.0), smooth=False)
    made.visible_camera = made.visible_diffuse = made.visible_glossy = False
    return made


def _bar(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _round_about(width: float, height: float, reach: float = 40.0) -> list[np.ndarray]:
    """A wall with one opening of that size."""
    return [
        _bar(-reach, -reach, -width / 2, reach),
        _bar(width / 2, -reach, reach, reach),
        _bar(-width / 2, height / 2, width / 2, reach),
        _bar(-width / 2, -reach, width / 2, -height / 2),
    ]


def window(rng: np.random.Generator, frame: Frame, lamp: Lamp) -> list[bpy.types.Object]:
    """An opening with glazing bars."""
    width, height = rng.uniform(2.5, 5.0), rng.uniform(3.5, 7.0)
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    bars = _round_about(width, height)
    thick = rng.uniform(0.12, 0.3)
    for i in range(1, columns):
        x = -width / 2 + width * i / columns
        bars.append(_bar(x - thick / 2, -height, x + thick / 2, height))
    for i in range(1, rows):
        y = -height / 2 + height * i / rows
        bars.append(_bar(-width, y - thick / 2, width, y + thick / 2))
    shift = Matrix.Translation((rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2), 0))
    return [_card(_across(frame, lamp, rng.uniform(0.3, 0.6), rng.uniform(-0.12, 0.12)) @ shift, bars)]


def blinds(rng: np.random.Generator, frame: Frame, lamp: Lamp) -> list[bpy.types.Object]:
    """Slats across an opening."""
    pitch = rng.uniform(0.35, 0.9)
    open_share = rng.uniform(0.35, 0.65)
    width = rng.uniform(3, 9)
    slats = _round_about(width, 14)
    for i in range(-12, 13):
        slats.append(_bar(-width, i * pitch, width, (i + 1 - open_share) * pitch))
    turn = rng.uniform(-0.15, 0.15) if rng.random() < 0.7 else rng.uniform(-0.8, 0.8)
    return [_card(_across(frame, lamp, rng.uniform(0.3, 0.55), turn), slats)]


def leaves(rng: np.random.Generator, frame: Frame, lamp: Lamp) -> list[bpy.types.Object]:
    """Twigs with leaves, at several distances, so that some are sharp and some are not."""
    cards = []
    for _ in range(int(rng.integers(2, 4))):
        outlines = []
        length, width = rng.uniform(0.5, 1.5), rng.uniform(0.13, 0.4)
        for _ in range(int(rng.integers(2, 6))):
            at = rng.uniform(-4.5, 4.5, 2)
            heading = rng.uniform(0, 2 * math.pi)
            bend = rng.uniform(-0.25, 0.25)
            for i in range(int(rng.integers(5, 12))):
                step = 0.32 * length * np.array([math.cos(heading), math.sin(heading)])
                outlines.append(_stroke(at, at + step, 0.03))
                at, heading = at + step, heading + bend
                side = 1 if i % 2 else -1
                outlines.append(
                    _leaf(at, heading + side * rng.uniform(0.5, 1.1), length * rng.uniform(0.7, 1.1), width)
                )
        cards.append(_card(_across(frame, lamp, rng.uniform(0.12, 0.5), 0), outlines))
    return cards


def _leaf(at: np.ndarray, heading: float, length: float, width: float) -> np.ndarray:
    t = np.linspace(0, 1, 9)
    half = width / 2 * np.sin(np.pi * t**0.8)
    line = np.r_[np.c_[t * length, half], np.c_[t[-2:0:-1] * length, -half[-2:0:-1]]]
    c, s = math.cos(heading), math.sin(heading)
    return line @ np.array([[c, s], [-s, c]]) + at


def _stroke(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    d = (b - a) / max(float(np.hypot(*(b - a))), 1e-9)
    n = np.array([-d[1], d[0]]) * width / 2
    return np.array([a + n, b + n, b - n, a - n])


PATTERNS: dict[str, Callable[[np.random.Generator, Frame, Lamp], list[bpy.types.Object]]] = {
    "window": window,
    "blinds": blinds,
    "leaves": leaves,
}


def remove(things: list[bpy.types.Object]) -> None:
    """Out of the scene."""
    for thing in things:
        bpy.data.objects.remove(thing, do_unlink=True)


# -- measuring


def _pixels(stage: bpy.types.Scene, work: Path, samples: int | None = None) -> np.ndarray:
    """What the camera sees now: linear float32 h×w×4, the first row on top."""
    before = stage.cycles.samples
    stage.cycles.samples = samples or before
    settings = stage.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "16", "RGBA"
    stage.render.filepath = str(work / "light.exr")
    bpy.ops.render.render(write_still=True)
    stage.cycles.samples = before
    image = bpy.data.images.load(str(work / "light.exr"), check_existing=False)
    out = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(out)
    shape = (image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return out.reshape(shape)[::-1].copy()


def brightness(stage: bpy.types.Scene, work: Path, samples: int | None = None) -> np.ndarray:
    """Linear float32 h×w."""
    return _pixels(stage, work, samples)[..., :3].mean(-1)


def cut_out(stage: bpy.types.Scene, work: Path) -> np.ndarray:
    """What stands before the camera on nothing: uint8 h×w×4, sRGB, straight alpha."""
    stage.render.film_transparent = True
    seen = _pixels(stage, work)
    stage.render.film_transparent = False
    alpha = np.clip(seen[..., 3:], 0, 1)
    rgb = np.clip(seen[..., :3] / np.maximum(alpha, 1e-3), 0, 1)
    coded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * np.maximum(rgb, 1e-9) ** (1 / 2.4) - 0.055)
    return np.rint(np.concatenate([coded, alpha], -1) * 255).astype(np.uint8)


def foot(light: np.ndarray, alpha: np.ndarray) -> float:
    """The light where the thing stands: the median about its lowest rows."""
    rows, columns = np.flatnonzero((alpha > 127).any(1)), np.flatnonzero((alpha > 127).any(0))
    if len(rows) == 0:
        return max(float(np.median(light)), 1e-6)
    bottom = int(rows[-1])
    part = light[max(0, bottom - 12) : bottom + 4, columns[0] : columns[-1] + 1]
    return max(float(np.median(part)), 1e-6)


def share(with_thing: np.ndarray, without: np.ndarray) -> np.ndarray:
    """What of the light is left; 1 where there was none to take."""
    least = 0.02 * float(np.quantile(without, 0.95))
    left = np.clip(with_thing / np.maximum(without, max(least, 1e-9)), 0, 1)
    return np.where(without > least, left, 1)
