"""Pairs for the studio's light network: ``python -m training.photographs.light_pairs FOLDER --count 800`` where bpy is installed.

A thing stands on a floor before a wall. What each of two lights gives to the scene is rendered apart, with the thing and
without it, so that a training can mix and colour them as it likes. All luck comes from (seed, number): files that exist
are left as they are, and several processes may share a folder (``--first``, ``--step``).

Each ``NUMBER.npz`` holds planes of 256×256 pixels:

- ``product`` uint8 ×4: the thing alone under other light, sRGB, and its alpha;
- ``key``, ``sky`` float16: light on the empty scene from the lamp and from everywhere, 1 at the thing's foot;
- ``key_left``, ``sky_left`` float16 in [0, 1]: the share that is left beside the thing (nothing behind it);
- ``patterns`` float16 P×: light of the lamp through a window, blinds or leaves (``kinds`` says which), like ``key``;
- ``direct`` uint8 (1 + P)×: the lamp's own light alone, as the studio draws it (``Room``, ``direct_light``), of ``key``
  and of every pattern; ``floor`` uint8: 255 on the floor, 0 on the wall, between where paper bends;
- ``throw`` float32 ×2: the shadow of a height of 1, to the right and up the picture; ``softness``: the lamp's half angle's
  tangent; ``pitch``: the camera's elevation in radians; ``family``: what the thing is.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from prodgen_django.studio.light.direct import direct_light
from prodgen_django.studio.light.openings import OPENINGS
from prodgen_django.studio.light.pairs import to_byte
from prodgen_django.studio.light.room import Room

from . import lights, objects_plain, render, scene
from .materials import painted
from .meshes import add_mesh, grid_faces
from .product import Product
from .products import PRODUCTS
from .scene import Frame, Shot
from .sets import ground, wall

SIDE = 256
GREY = "#bcbcbc"  # an albedo of one half


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pairs-") as work:
        for number in range(options.first, options.count, options.step):
            target = options.folder / f"{number:05}.npz"
            if target.exists():
                continue
            if time.monotonic() - began > options.seconds:
                break
            start = time.monotonic()
            planes = pair(np.random.default_rng([options.seed, number]), Path(work), options)
            part = target.with_suffix(".part")
            with part.open("wb") as file:
                np.savez_compressed(file, **planes)
            part.replace(target)
            print(
                f"{number} {planes['family']} {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True
            )
    sys.stderr.flush()
    bpy.ops.wm.quit_blender()


def pair(rng: np.random.Generator, work: Path, options: argparse.Namespace) -> dict[str, np.ndarray]:
    """One scene's planes."""
    stage = scene.empty_scene()
    family, things, pose = thing(rng, work)
    lights.put_out(things)
    scene.posed(things, pose, float(rng.uniform(-180, 180)))
    shot = Shot(
        "plain",
        elevation=float(rng.uniform(4, 32)),
        azimuth=0,
        fill=float(rng.uniform(0.45, 0.92)),
        lens=float(rng.uniform(50, 110)),
        offset=(float(rng.uniform(-0.15, 0.15)), float(rng.uniform(-0.3, 0.0))),
        size=(SIDE, SIDE),
    )
    frame = Frame(*scene.bounds(things), shot)
    surroundings, wall_at, bend = place(rng, frame)
    room = seen_room(frame, scene.camera(frame, things), wall_at, bend)
    scene.engine(stage, (SIDE, SIDE), options.samples, options.threads)
    stage.render.use_persistent_data = True
    stage.view_settings.view_transform = "Standard"
    lamp = lights.lamp(rng, frame, wall_at)
    made: dict[str, np.ndarray] = {}

    def taken(key: bool, visible: bool, samples: int | None = None) -> np.ndarray:
        lamp.thing.hide_render = not key
        scene.ambient("#ffffff", 0.0 if key else 1.0)
        for each in things:
            each.hide_render = not visible
        return lights.brightness(stage, work, samples)

    few = max(2, options.samples // 2)  # smooth planes: the denoiser needs little
    key_with, sky_with = taken(True, True), taken(False, True)
    key, sky = taken(True, False, few), taken(False, False, few)
    kinds = [str(k) for k in rng.permutation(list(OPENINGS))[:2]]
    seen, shining = room.seen((SIDE, SIDE)), lamp.as_told(frame)
    patterns, direct = [], [direct_light(seen, shining)]
    for kind in kinds:
        cards = OPENINGS[kind](rng)
        stood = lights.stand(cards, frame, lamp)
        patterns.append(taken(True, False, few))
        lights.remove(stood)
        direct.append(direct_light(seen, shining, cards))
    made["direct"] = np.stack([to_byte(plane) for plane in direct])
    made["floor"] = np.rint(np.clip(seen.floor, 0, 1) * 255).astype(np.uint8)
    made["product"] = alone(rng, stage, work, frame, things, surroundings, lamp)
    alpha = made["product"][..., 3]
    at_foot = lights.foot(key, alpha), lights.foot(sky, alpha)
    made["key"], made["sky"] = key / at_foot[0], sky / at_foot[1]
    made["patterns"] = np.stack(patterns) / at_foot[0]
    made["key_left"], made["sky_left"] = lights.share(key_with, key), lights.share(sky_with, sky)
    planes = {k: v if v.dtype == np.uint8 else np.clip(v, 0, 60).astype(np.float16) for k, v in made.items()}
    return planes | {
        "kinds": np.array(kinds),
        "throw": np.array(lamp.throw(frame), np.float32),
        "softness": np.float32(lamp.softness),
        "pitch": np.float32(math.radians(shot.elevation)),
        "family": np.array(family),
    }


def thing(rng: np.random.Generator, work: Path) -> tuple[str, list[bpy.types.Object], str]:
    """A product of the catalogue, stretched, or a plain thing made up on the spot."""
    if rng.random() < 0.5:
        family = str(rng.choice(sorted(objects_plain.BUILDERS)))
        return family, objects_plain.BUILDERS[family](rng), "stand"
    product = STANDING[int(rng.integers(len(STANDING)))]
    things = render.BUILDERS[product.builder](work, **product.options)
    stretch = rng.uniform(0.8, 1.25, 3)
    for each in things:
        if each.parent is None:
            each.scale = Vector(each.scale) * Vector(stretch)
            each.location = Vector(each.location) * Vector(stretch)
    bpy.context.view_layer.update()
    return product.builder, things, "stand"


def _opaque(product: Product) -> bool:
    return "glass" not in product.material and product.options.get("kind") != "glass"


STANDING = [p for p in PRODUCTS if p.plan in ("table", "floor") and p.mosaic is None and _opaque(p)]


def place(rng: np.random.Generator, frame: Frame) -> tuple[list[bpy.types.Object], float, float]:
    """A floor and a wall, or paper that bends from one into the other; how far behind the foot that begins, and the
    bend's radius."""
    back = frame.half_depth() + frame.size * float(rng.uniform(0.15, 5.0) if rng.random() < 0.8 else 14)
    bend = 0.0 if rng.random() < 0.6 else frame.size * float(rng.uniform(0.4, 3.0))
    return surfaces(frame, back, bend), back, bend


def seen_room(frame: Frame, camera: bpy.types.Object, back: float, bend: float) -> Room:
    """The same in the studio's words."""
    bpy.context.view_layer.update()
    ways = np.array([frame.right, frame.forward, (0, 0, 1)])
    eye = ways @ np.array(camera.matrix_world.translation - frame.at(0, 0)) / frame.size
    axes = np.array(camera.matrix_world.to_3x3()).T @ ways.T
    return Room(
        tuple(eye), tuple(map(tuple, axes)), frame.shot.lens / 18, back / frame.size, bend / frame.size
    )


def surfaces(frame: Frame, back: float, bend: float) -> list[bpy.types.Object]:
    """A floor and a wall ``back`` behind the foot, or paper that bends there with that radius."""
    paint = painted(GREY, 0.9)
    if not bend:
        return [ground(frame, paint), wall(frame, back, paint)]
    t = np.linspace(0, np.pi / 2, 16)
    line = [(-40 * frame.size, 0.0), *((back + bend * math.sin(a), bend * (1 - math.cos(a))) for a in t)]
    line.append((back + bend, 60 * frame.size))
    rows = [[tuple(frame.at(x, away, up)) for x in (-60 * frame.size, 60 * frame.size)] for away, up in line]
    return [add_mesh("sweep", np.array(rows).reshape(-1, 3), grid_faces(len(line), 2), paint)]


def alone(
    rng: np.random.Generator,
    stage: bpy.types.Scene,
    work: Path,
    frame: Frame,
    things: list[bpy.types.Object],
    surroundings: list[bpy.types.Object],
    lamp: lights.Lamp,
) -> np.ndarray:
    """The thing as its seller photographed it, under light that has nothing to do with the scene's; uint8 ×4."""
    lamp.thing.hide_render = True
    for each in things:
        each.hide_render = False
    for each in surroundings:
        each.visible_camera = False
    scene.ambient("#ffffff", float(rng.uniform(0.3, 0.9)))
    scene.softbox(
        frame,
        float(rng.uniform(-90, 90)),
        float(rng.uniform(15, 70)),
        float(rng.uniform(0.3, 0.9)),
        spread=1.5,
    )
    return lights.cut_out(stage, work)


if __name__ == "__main__":
    main()
