"""Light for the studio's scenes: ``python -m catalogue.light_library OUT.npz`` where bpy is installed.

Every style of the studio that has an opening is a room: a floor and a wall that meet where the style says, a lamp where its
shadows come from, and a window, blinds or leaves before the lamp. What the lamp gives to the empty room is rendered for
many windows; the best lit are kept (``--keep``), with what the sky gives.
``python -m prodgen_django.studio.light keep OUT.npz lights.safetensors`` packs them for the studio.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import zlib
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from prodgen_django.studio.styles import STYLES, Style

from . import light_pairs, lights, scene
from .scene import Frame, Shot

LENS = 75.0
PITCH = 0.22  # radians, as prodgen_django.studio.light.styled has it
TALL = 2.0  # a product's height; everything else is in halves of it


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--tries", type=int, default=24)
    parser.add_argument("--keep", type=int, default=12)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    planes: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory(prefix="lights-") as work:
        for style in STYLES.values():
            if style.opening:
                key, sky = room_light(style, Path(work), options)
                planes[f"{style.name}.key"], planes[f"{style.name}.sky"] = key, sky
                print(style.name, key.shape, file=sys.stderr, flush=True)
    np.savez_compressed(options.out, **planes)
    sys.stderr.flush()
    bpy.ops.wm.quit_blender()


def room_light(style: Style, work: Path, options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """The lamp's light through the best openings, float16 keep×h×w, and the sky's, h×w; 1 at the product's foot."""
    rng = np.random.default_rng(zlib.crc32(style.name.encode()))
    stage = scene.empty_scene()
    shot = Shot("plain", elevation=math.degrees(PITCH), lens=LENS, size=(options.side, options.side))
    frame = Frame(np.array([-0.6, -0.6, 0.0]), np.array([0.6, 0.6, TALL]), shot)
    wide = TALL / style.fill  # of the picture, at the product
    distance = wide / 2 / (18 / LENS)
    behind = wall_behind(style, wide, distance)
    light_pairs.surfaces(frame, behind, 1.4 if style.bend else 0.0)
    camera(frame, style, wide, distance)
    scene.engine(stage, (options.side, options.side), options.samples, options.threads)
    stage.render.use_persistent_data = True
    stage.view_settings.view_transform = "Standard"
    lamp = lights.lamp_at(frame, *aim(style), 9.0 * frame.size, 0.12 * style.softness**2.5)
    scene.ambient("#ffffff", 0.0)
    bare = lights.brightness(stage, work)
    foot = slice(int((style.ground - 0.05) * options.side), int((style.ground + 0.02) * options.side))
    middle = slice(int(0.35 * options.side), int(0.65 * options.side))
    at_foot = max(float(np.median(bare[foot, middle])), 1e-6)
    made = []
    for _ in range(options.tries if style.opening in lights.PATTERNS else 1):
        if style.opening in lights.PATTERNS:
            cards = lights.PATTERNS[style.opening](rng, frame, lamp)
            made.append(lights.brightness(stage, work) / at_foot)
            lights.remove(cards)
        else:
            made.append(bare / at_foot)
    lamp.thing.hide_render = True
    scene.ambient("#ffffff", 1.0)
    sky = lights.brightness(stage, work)
    best = sorted(made, key=lambda key: -suits(key, style.ground))[: options.keep]
    sky = sky / max(float(np.median(sky[foot, middle])), 1e-6)
    return np.clip(np.stack(best), 0, 60).astype(np.float16), np.clip(sky, 0, 60).astype(np.float16)


def suits(key: np.ndarray, ground: float) -> float:
    """Higher where the product's place is lit about as the lamp alone would light it, and the whole shows a pattern."""
    side = len(key)
    place = key[int(0.35 * side) : int(min(1, ground + 0.04) * side), int(0.3 * side) : int(0.7 * side)]
    lit = float(np.clip(place, 0, 1.2).mean())
    down, along = np.gradient(np.log(key + 0.1))
    pattern = float(np.abs(down).mean() + np.abs(along).mean())
    return min(lit, 0.7) + 5.0 * min(pattern, 0.08)


def aim(style: Style) -> tuple[float, float]:
    """Azimuth and elevation of the lamp that throws the style's shadows, in radians."""
    across, away = -style.light[0] * math.cos(PITCH), style.light[1] / math.tan(PITCH)
    return math.atan2(across, away), math.atan2(1.0, math.hypot(across, away))


def wall_behind(style: Style, wide: float, distance: float) -> float:
    """How far behind the foot the wall stands, so that it meets the floor at the style's edge."""
    up = (0.5 - style.edge) * wide / distance
    foot = (style.ground - 0.5) * wide
    return (foot + up * distance) / (math.sin(PITCH) - up * math.cos(PITCH))


def camera(frame: Frame, style: Style, wide: float, distance: float) -> None:
    """A camera that sees the product's foot at the style's ground line."""
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_fit, data.clip_end = LENS, "HORIZONTAL", 400
    thing = bpy.data.objects.new("camera", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing
    toward = -frame.forward * math.cos(PITCH) + Vector((0, 0, math.sin(PITCH)))
    up = frame.forward * math.sin(PITCH) + Vector((0, 0, math.cos(PITCH)))
    thing.location = up * (style.ground - 0.5) * wide + toward * distance
    thing.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()


if __name__ == "__main__":
    main()
