"""The lamp of a light pair, what stands in its way, and light measured in linear numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from prodgen_django.studio.light import room as light
from prodgen_django.studio.light.openings import HEIGHT, Card

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

    def as_told(self, frame: Frame) -> light.Lamp:
        """In the studio's words."""
        a, e = self.azimuth, self.elevation
        toward = (math.sin(a) * math.cos(e), -math.cos(a) * math.cos(e), math.sin(e))
        return light.Lamp(toward, self.distance / frame.size, self.softness)


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


# -- what stands in the light's way


def stand(cards: list[Card], frame: Frame, lamp: Lamp) -> list[bpy.types.Object]:
    """Cards (`prodgen_django.studio.light.openings`) across the light; nothing of them is seen but their shadow."""
    return [_card(_across(frame, lamp, card), card.outlines) for card in cards]


def _across(frame: Frame, lamp: Lamp, card: Card) -> Matrix:
    """From a card's own coordinates to the world."""
    toward = lamp.toward(frame)
    x = Vector((0, 0, 1)).cross(toward).normalized()
    y = toward.cross(x)
    unit = frame.size * (1 - card.share)
    spin = Matrix.Rotation(card.turn, 4, "Z") @ Matrix.Diagonal((unit, unit, unit, 1))
    axes = Matrix((x, y, toward)).transposed().to_4x4()
    middle = frame.at(0, 0, HEIGHT * frame.size) + toward * lamp.distance * card.share
    return Matrix.Translation(middle) @ axes @ spin


def _card(matrix: Matrix, outlines: Sequence[np.ndarray]) -> bpy.types.Object:
    corners, faces = [], []
    for outline in outlines:
        faces.append(tuple(range(len(corners), len(corners) + len(outline))))
        corners += [tuple(matrix @ Vector((x, y, 0))) for x, y in outline]
    made = add_mesh("card", np.array(corners), faces, plain("#000000", 1.0), smooth=False)
    made.visible_camera = made.visible_diffuse = made.visible_glossy = False
    return made


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
