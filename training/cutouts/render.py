"""Layers of rendered product photographs with exact alphas, for the cut-out network.

    python -m training.cutouts.render FOLDER --count 1000     # needs bpy and Pillow

Two kinds, both of 640 × 640 px and told apart by their files:

*layers*, on a soft sweep, which `compose` can lay on any ground: ``NAME.webp``, the product alone (RGBA, straight
alpha, sRGB); ``NAME.ratio.jpg``, the light that it leaves the ground, as RGB divided by what the empty ground has
(linear, 160 is 1); ``NAME.empty.jpg``, that empty ground (sRGB).

*whole*, in a small seller's places with things about: ``NAME.photo.jpg`` and ``NAME.alpha.png``.

``NAME.json`` says how each was seen: family, elevation and azimuth of the camera in degrees, whether it lies.

Every number comes from (seed, number): files that exist are left as they are, and several processes may share a folder
(``--first``, ``--step``). The families of `APART` are never taught: their scenes are named ``apart-…`` and judge.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from training.photographs import develop, objects_joined, objects_plain, render, scene, sets
from training.photographs.materials import painted, plain
from training.photographs.meshes import add_mesh, grid_faces
from training.photographs.product import PLANS
from training.photographs.products import PRODUCTS
from training.photographs.scene import Frame, Shot, ambient, softbox, sun

from . import ONE, things

SIDE = 640
RATIO_SIDE = 320
WHOLE = 0.3
"""Share of scenes in a seller's places."""

FAMILIES = things.BUILDERS | {
    name: build
    for name, build in (objects_joined.BUILDERS | objects_plain.BUILDERS).items()
    if name not in things.BUILDERS
}
#: Families never taught, chosen before the first scene was rendered: thin, soft, glossy, and of several parts.
APART = ("headset", "helmet", "kettle", "lattice", "shoe")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="layers-") as work:
        for number in range(options.first, options.count, options.step):
            if time.monotonic() - began > options.seconds:
                break
            if any(options.folder.glob(f"*{number:05}-*.json")):
                continue
            start = time.monotonic()
            try:
                name = photograph(number, Path(work), options)
            except Exception as error:  # noqa: BLE001  (one scene that cannot be built must not end a night's run)
                print(f"{number}: {error}", file=sys.stderr, flush=True)
                continue
            print(f"{name} {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
    bpy.ops.wm.quit_blender()


def photograph(number: int, work: Path, options: argparse.Namespace) -> str:
    """Render scene `number`; returns its name."""
    rng = np.random.default_rng([options.seed, number])
    stage = scene.empty_scene()
    if rng.random() < WHOLE:
        return whole(number, rng, stage, work, options)
    return layers(number, rng, stage, work, options)


def pick(rng: np.random.Generator) -> tuple[str, list[bpy.types.Object]]:
    """A family and its objects. A set of several things counts as `pieces`."""
    names = sorted(FAMILIES)
    weight = np.array([things.WEIGHTS.get(name, 1.0) for name in names])
    family = str(rng.choice(names, p=weight / weight.sum()))
    return family, FAMILIES[family](rng)


def named(number: int, family: str) -> str:
    return f"{'apart-' if family in APART else ''}{number:05}-{family}"


def shot_of(rng: np.random.Generator, family: str, place: str, size: int) -> Shot:
    lying = family in things.LYING
    elevation = rng.uniform(45, 88) if lying and rng.random() < 0.8 else rng.uniform(3, 38)
    return Shot(
        place,
        "seller",
        azimuth=float(rng.uniform(-60, 60) if rng.random() < 0.8 else rng.uniform(-180, 180)),
        elevation=float(elevation),
        roll=float(rng.normal(0, 1.2)),
        fill=float(rng.uniform(0.5, 0.93)),
        offset=(float(rng.uniform(-0.08, 0.08)), float(rng.uniform(-0.08, 0.06))),
        lens=float(rng.uniform(35, 100)),
        size=(size, size),
        seed=int(rng.integers(10_000)),
        colour="#e9e6e0",
        exposure=float(rng.uniform(-0.4, 0.3)),
        warmth=float(rng.uniform(-0.5, 0.5)),
        tint=float(rng.uniform(-0.3, 0.3)),
        vignette=float(rng.uniform(0, 0.4)),
        grain=float(rng.uniform(0, 0.03)),
    )


# -- on a sweep, in layers


def layers(
    number: int, rng: np.random.Generator, stage: bpy.types.Scene, work: Path, options: argparse.Namespace
) -> str:
    family, product = pick(rng)
    shot = shot_of(rng, family, "sweep", SIDE)
    scene.posed(product, "stand", float(rng.uniform(-180, 180) if family in things.LYING else 0))
    frame = Frame(*scene.bounds(product), shot)
    name = named(number, family)
    if (options.folder / f"{name}.webp").exists():
        return carded(name, family, shot, options.folder)
    ground = sweep(rng, frame)
    lit(rng, frame)
    scene.camera(frame, product)
    scene.engine(stage, (SIDE, SIDE), options.samples, options.threads)
    ground.visible_camera = False
    stage.render.film_transparent = True
    alone = pixels(stage, work)
    ground.visible_camera = True
    stage.render.film_transparent = False
    stage.render.resolution_x = stage.render.resolution_y = RATIO_SIDE
    for part in product:
        part.visible_camera = False
    shaded = pixels(stage, work)[..., :3]
    for part in product:
        part.hide_render = True
    empty = pixels(stage, work)[..., :3]
    # The ground's brightest parts come out between a light grey and white.
    exposure = rng.uniform(0.55, 1.05) / max(float(np.quantile(empty, 0.9)), 1e-4)
    alpha = np.clip(alone[..., 3:], 0, 1)
    straight = alone[..., :3] / np.maximum(alpha, 1e-3) * exposure
    ratio = np.clip(shaded / np.maximum(empty, 1e-4), 0, 255 / ONE)
    write(np.rint(ratio * ONE), options.folder / f"{name}.ratio.jpg", "JPEG", quality=92)
    write(encoded(empty * exposure)[::4, ::4], options.folder / f"{name}.empty.jpg", "JPEG", quality=92)
    colour = np.concatenate([encoded(straight), np.rint(alpha * 255)], -1)
    write(colour, options.folder / f"{name}.webp", "WEBP", quality=93, method=4)
    return carded(name, family, shot, options.folder)


def carded(name: str, family: str, shot: Shot, folder: Path) -> str:
    """Write how a scene was seen, last of all: with that it counts. Returns `name`."""
    card = {
        "family": family,
        "elevation": round(shot.elevation, 1),
        "azimuth": round(shot.azimuth, 1),
        "lies": family in things.LYING,
        "pose": shot.pose,
        "lens": round(shot.lens, 1),
    }
    (folder / f"{name}.json").write_text(json.dumps(card))
    return name


def sweep(rng: np.random.Generator, frame: Frame) -> bpy.types.Object:
    """Paper bent upward behind the product, or a table that meets a wall at an edge; matt or with some gloss."""
    s = frame.size
    back = frame.half_depth() + float(rng.uniform(0.6, 5)) * s
    bend = float(rng.choice([0.02, 0.6, 1.6, 3.0])) * s
    t = np.linspace(0, np.pi / 2, 12)
    line = [
        (-30 * s, 0.0),
        *((back + bend * math.sin(a), bend * (1 - math.cos(a))) for a in t),
        (back + bend, 40 * s),
    ]
    rows = [[tuple(frame.at(x, away, up)) for x in (-60 * s, 60 * s)] for away, up in line]
    shade = str(rng.choice(["#ffffff", "#f3f1ec", "#efe6da", "#e2d8ca", "#cfd3d6", "#b9b6b0"]))
    gloss = rng.random()
    stuff = painted(shade, 0.85) if gloss < 0.6 else plain(shade, float(rng.uniform(0.12, 0.5)))
    return add_mesh("sweep", np.array(rows).reshape(-1, 3), grid_faces(len(line), 2), stuff)


def lit(rng: np.random.Generator, frame: Frame) -> None:
    """Even light, one main lamp from soft to hard, at times a second and a rim."""
    ambient(str(rng.choice(["#ffffff", "#fff3e2", "#eaf2ff"])), float(rng.uniform(0.15, 0.8)))
    side = 1 if rng.random() < 0.5 else -1
    spread = float(np.exp(rng.uniform(math.log(0.15), math.log(3.0))))
    softbox(
        frame,
        side * float(rng.uniform(5, 100)),
        float(rng.uniform(18, 80)),
        float(rng.uniform(0.5, 1.3)),
        "#fffaf2",
        spread,
        4.5,
    )
    if rng.random() < 0.6:
        softbox(
            frame,
            -side * float(rng.uniform(30, 110)),
            float(rng.uniform(10, 60)),
            float(rng.uniform(0.1, 0.6)),
            "#f4f8ff",
            2.5,
            4.5,
        )
    if rng.random() < 0.3:
        softbox(
            frame,
            side * float(rng.uniform(130, 220)),
            float(rng.uniform(20, 60)),
            float(rng.uniform(0.2, 0.9)),
            "#ffffff",
            1.0,
            4.5,
        )
    if rng.random() < 0.12:
        sun(
            frame,
            float(rng.uniform(-80, 80)),
            float(rng.uniform(25, 70)),
            float(rng.uniform(0.6, 2.0)),
            "#fff0dc",
        )


def pixels(stage: bpy.types.Scene, work: Path) -> np.ndarray:
    """What the camera sees now: linear float32 h×w×4, the first row on top."""
    settings = stage.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "16", "RGBA"
    stage.render.filepath = str(work / "layer.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(stage.render.filepath, check_existing=False)
    out = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(out)
    shape = (image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return out.reshape(shape)[::-1].copy()


def encoded(linear: np.ndarray) -> np.ndarray:
    """Linear to sRGB levels, what is brighter than white rolled off softly: float h×w×3 in [0, 255]."""
    x = np.maximum(linear, 0)
    x = np.where(x > 0.8, 0.8 + 0.2 * np.tanh((x - 0.8) / 0.35), x)
    coded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    return np.rint(np.clip(coded, 0, 1) * 255)


def write(levels: np.ndarray, target: Path, kind: str, **how: int) -> None:
    partial = target.with_suffix(".part")
    Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(partial, kind, **how)
    partial.replace(target)


# -- in a seller's places


def whole(
    number: int, rng: np.random.Generator, stage: bpy.types.Scene, work: Path, options: argparse.Namespace
) -> str:
    if rng.random() < 0.25:
        shown = [p for k, p in enumerate(PRODUCTS) if k % 3]  # every third product judges, as ever
        product = shown[int(rng.integers(len(shown)))]
        family, plan = product.slug, product.plan
        parts = render.BUILDERS[product.builder](work, **product.options)
    else:
        family, parts = pick(rng)
        plan = str(rng.choice(["table", "floor"]))
    _, places = PLANS[plan]
    shot = shot_of(rng, family, str(rng.choice(list(places))), SIDE)
    shot = Shot(
        **{
            **vars(shot),
            "pose": {"hang": "hang", "lean": "lean"}.get(plan, "stand"),
            "fill": float(rng.uniform(0.4, 0.85)),
        }
    )
    if shot.pose != "stand":
        shot = Shot(**{**vars(shot), "azimuth": shot.azimuth * 0.4, "elevation": min(shot.elevation, 20.0)})
    name = named(number, family)
    if (options.folder / f"{name}.alpha.png").exists():
        return carded(name, family, shot, options.folder)
    scene.posed(parts, shot.pose, shot.turn)
    frame = Frame(*scene.bounds(parts), shot)
    sets.PLACES[shot.place](frame, work)
    scene.camera(frame, parts)
    scene.engine(stage, (SIDE, SIDE), max(4, options.samples // 2), options.threads)
    raw = work / "frame.png"
    scene.render(stage, raw, shot.exposure)
    develop.develop(raw, options.folder / f"{name}.photo.jpg", shot, shot.size)
    for each in stage.objects:
        if each.type == "MESH" and each not in parts:
            each.hide_render = True
    stage.render.film_transparent = True
    stage.cycles.samples = 6
    stage.cycles.use_denoising = False
    alpha = np.rint(np.clip(pixels(stage, work)[..., 3], 0, 1) * 255)
    write(alpha, options.folder / f"{name}.alpha.png", "PNG", optimize=True)
    return carded(name, family, shot, options.folder)


if __name__ == "__main__":
    main()
