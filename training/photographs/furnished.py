"""Photographs with a true outline: ``python -m training.photographs.furnished FOLDER --count 300`` where bpy and Pillow are installed.

Things of the catalogue, stretched, and things made up on the spot, plain or joined of several parts, in the places of
a small seller with what stands about there: ``photo/NAME.jpg`` and ``mask/NAME.png`` of 256×256 pixels, from which the studio's outline network
learns which of the things is meant. Every third product of the catalogue is left out, so that its own photographs can
tell what was learnt; ``--outlines`` renders the outlines of those photographs instead, ``NAME.png``.

All luck comes from (seed, number): files that exist are left as they are, and several processes may share a folder
(``--first``, ``--step``).
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image

from . import develop, objects_joined, objects_plain, render, scene, sets
from .product import PLANS, Product
from .products import PRODUCTS
from .scene import Frame, Shot

SIDE = 256
HELD_OUT = 3
"""Every so many-th product is never taught."""
MADE_UP = 0.65
"""Share of the things that are not of the catalogue, which has few forms."""
PLAIN = 0.3
"""Share of those that are of one part."""

SHOWN = [p for number, p in enumerate(PRODUCTS) if number % HELD_OUT]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--outlines", action="store_true", help="of the catalogue's own photographs")
    parser.add_argument("--side", type=int, default=500, help="longer side of those outlines")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="furnished-") as work:
        if options.outlines:
            outlines(options.folder, Path(work), options)
        else:
            for number in range(options.first, options.count, options.step):
                if any((options.folder / "mask").glob(f"{number:05}-*.png")):
                    continue
                if time.monotonic() - began > options.seconds:
                    break
                start = time.monotonic()
                name = photograph(number, Path(work), options)
                print(f"{name} {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
    sys.stderr.flush()
    bpy.ops.wm.quit_blender()


def photograph(number: int, work: Path, options: argparse.Namespace) -> str:
    """One scene: its photograph, then its outline; returns its name."""
    rng = np.random.default_rng([options.seed, number])
    stage = scene.empty_scene()
    family, things, plan = thing(rng, work)
    _, places = PLANS[plan]
    place = "sweep" if rng.random() < 0.1 else str(rng.choice(list(places)))
    pose = {"hang": "hang", "lean": "lean"}.get(plan, "stand")
    upright = pose == "stand"
    shot = Shot(
        place,
        "seller",
        azimuth=float(rng.uniform(-180, 180) if upright else rng.uniform(-35, 35)),
        elevation=float(rng.uniform(8, 42) * (1 if upright else 0.4)),
        roll=float(rng.uniform(-4, 4)),
        fill=float(rng.uniform(0.42, 0.82)),
        offset=(float(rng.uniform(-0.14, 0.14)), float(rng.uniform(-0.12, 0.08))),
        lens=float(rng.uniform(34, 80)),
        size=(SIDE, SIDE),
        pose=pose,
        seed=int(rng.integers(10_000)),
        colour=str(rng.choice(["#e9e6e0", "#cfd8d2", "#c9c4bd", "#b8a48f", "#7d8a94"])),
        exposure=float(rng.uniform(-0.4, 0.3)),
        warmth=float(rng.uniform(-0.5, 0.5)),
        tint=float(rng.uniform(-0.3, 0.3)),
        vignette=float(rng.uniform(0, 0.4)),
        grain=float(rng.uniform(0, 0.04)),
    )
    built(things, shot, work)
    scene.engine(stage, (SIDE - 32, SIDE - 32), options.samples, options.threads)
    raw = work / "frame.png"
    scene.render(stage, raw, shot.exposure)
    name = f"{number:05}-{family}"
    develop.develop(raw, options.folder / "photo" / f"{name}.jpg", shot, shot.size)
    # The outline last: a photograph counts once it has one.
    written(outline(stage, things, shot.size, work), options.folder / "mask" / f"{name}.png")
    return name


def outlines(folder: Path, work: Path, options: argparse.Namespace) -> None:
    """The outlines of the photographs of products that are never taught, from the same camera."""
    for product, name, shot in render.work():
        target = folder / f"{name}.png"
        there = (render.SHOP / "photos" / f"{name}.jpg").exists()
        if product in SHOWN or shot.role == "closeup" or not there or target.exists():
            continue
        stage = scene.empty_scene()
        things = render.BUILDERS[product.builder](work, **product.options)
        scene.posed(things, shot.pose, shot.turn)
        scene.camera(Frame(*scene.bounds(things), shot), things)
        share = options.side / max(shot.size)
        size = [round(side * share) for side in shot.size]
        scene.engine(stage, size, options.samples, options.threads)
        written(outline(stage, things, size, work), target)
        print(name, file=sys.stderr, flush=True)


def built(things: list[bpy.types.Object], shot: Shot, work: Path) -> None:
    """The things as the shot wants them, with a place and a camera about them."""
    scene.posed(things, shot.pose, shot.turn)
    frame = Frame(*scene.bounds(things), shot)
    sets.PLACES[shot.place](frame, work)
    scene.camera(frame, things)


def outline(
    stage: bpy.types.Scene, things: list[bpy.types.Object], size: Sequence[int], work: Path
) -> np.ndarray:
    """Where the things are seen: uint8 h×w. Nothing stands before them."""
    for each in stage.objects:
        if each.type == "MESH" and each not in things:
            each.hide_render = True
    stage.render.resolution_x, stage.render.resolution_y = size
    stage.cycles.samples = 6
    return _cut_out(stage, work)[..., 3]


def _cut_out(stage: bpy.types.Scene, work: Path) -> np.ndarray:
    """What stands before the camera on nothing: uint8 h×w×4, sRGB, straight alpha."""
    stage.render.film_transparent = True
    seen = _pixels(stage, work)
    stage.render.film_transparent = False
    alpha = np.clip(seen[..., 3:], 0, 1)
    rgb = np.clip(seen[..., :3] / np.maximum(alpha, 1e-3), 0, 1)
    coded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * np.maximum(rgb, 1e-9) ** (1 / 2.4) - 0.055)
    return np.rint(np.concatenate([coded, alpha], -1) * 255).astype(np.uint8)


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


def written(mask: np.ndarray, target: Path) -> None:
    """As a grey PNG of two values, which is small."""
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((mask > 127).astype(np.uint8) * 255).save(target, optimize=True)


def thing(rng: np.random.Generator, work: Path) -> tuple[str, list[bpy.types.Object], str]:
    """A product that may be taught, stretched, or a thing made up; and which plan of photographs suits it."""
    if rng.random() < MADE_UP:
        builders = (objects_plain if rng.random() < PLAIN else objects_joined).BUILDERS
        family = str(rng.choice(sorted(builders)))
        return family, builders[family](rng), str(rng.choice(["table", "floor"]))
    product: Product = SHOWN[int(rng.integers(len(SHOWN)))]
    things = render.BUILDERS[product.builder](work, **product.options)
    stretch = rng.uniform(0.8, 1.25, 3)
    for each in things:
        if each.parent is None:
            each.scale = Vector(each.scale) * Vector(stretch)
            each.location = Vector(each.location) * Vector(stretch)
    bpy.context.view_layer.update()
    return product.slug, things, product.plan


if __name__ == "__main__":
    main()
