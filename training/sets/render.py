"""Render the sets that ship with the studio.

    python -m training.sets.render prodgen_django/sets      # needs bpy and Pillow

Each view of a set is one path tracing of 1600 × 1600 px whose light is kept apart in four groups, each denoised by
itself: ``NAME/VIEW.key-left.webp``, ``key-right``, ``window`` and ``fill`` (sRGB-coded), and ``NAME/VIEW.json``, the
card, last of all. Views that have a card are left, but for those of a smaller ``--side``. ``--preview`` writes one
picture a view in its default light instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from . import cards, interiors, seasons, tables
from .design import DESIGNS, Design
from .rooms import GROUPS, VIEWS, Stage

MODULES = (tables, seasons, interiors)
"""Where sets enter themselves."""
QUALITY, COARSER, LARGE = 93, 89, 230_000  # of a file of more than LARGE bytes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="NAME or NAME.VIEW, in this order")
    parser.add_argument("--side", type=int, default=1600)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--preview", action="store_true")
    options = parser.parse_args()
    every = [f"{name}.{view}" for name, design in DESIGNS.items() for view in design.views]
    chosen = [
        one
        for want in options.only or [""]
        for one in every
        if not want or one == want or one.split(".")[0] == want
    ]
    for one in chosen:
        name, view = one.split(".")
        target = options.folder / (f"{one}.png" if options.preview else f"{name}/{view}.json")
        if done(target, options.side):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        before = time.process_time()
        make(DESIGNS[name], view, target, options)
        print(f"{one} {time.process_time() - before:.0f} CPU s", file=sys.stderr, flush=True)
    bpy.ops.wm.quit_blender()


def done(target: Path, side: int) -> bool:
    """Whether a view is there; a card of a smaller rendering is made anew."""
    if not target.exists():
        return False
    return target.suffix != ".json" or json.loads(target.read_text())["size"][0] >= side


def make(design: Design, kind: str, target: Path, options: argparse.Namespace) -> None:
    """Build, render and write one view."""
    rng = np.random.default_rng([options.seed, zlib.crc32(f"{design.name}.{kind}".encode())])
    view = replace(VIEWS[kind], pitch=design.pitch.get(kind, VIEWS[kind].pitch))
    stage = Stage(kind, view, rng)
    design.views[kind](stage)
    for thing in stage.scene.objects:
        if thing.type == "MESH":
            thing.lightgroup = "fill"  # what shines by itself
    engine(stage.scene, options)
    with tempfile.TemporaryDirectory(prefix="set-") as work:
        lit = groups(stage.scene, Path(work))
    stored, weights = graded(lit, design, kind)
    whole = sum(weights[name] * stored[name] for name in stored)
    if options.preview:
        write(whole, target)
        return
    for name, linear in stored.items():
        write(linear, target.with_name(f"{kind}.{name}.webp"))
    card = cards.card(stage, design, options.side, weights, whole)
    partial = target.with_suffix(".part")
    partial.write_text(json.dumps(card, indent=1) + "\n")
    partial.replace(target)


def engine(scene: bpy.types.Scene, options: argparse.Namespace) -> None:
    scene.render.engine = "CYCLES"
    c = scene.cycles
    c.device, c.samples, c.seed = "CPU", options.samples, options.seed
    c.use_adaptive_sampling = c.use_denoising = False
    c.use_light_tree = False
    c.max_bounces, c.diffuse_bounces, c.glossy_bounces, c.transmission_bounces = 5, 2, 2, 5
    c.transparent_max_bounces = 4
    c.caustics_reflective = c.caustics_refractive = False
    c.sample_clamp_indirect, c.blur_glossy = 3.0, 1.0
    scene.render.threads_mode, scene.render.threads = "FIXED", options.threads
    scene.render.resolution_x = scene.render.resolution_y = options.side
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Raw"


def groups(scene: bpy.types.Scene, work: Path) -> dict[str, np.ndarray]:
    """One rendering, as linear float32 h×w×3 for each group of light."""
    layer = scene.view_layers[0]
    layer.cycles.denoising_store_passes = True
    tree = bpy.data.node_groups.new("compositing", "CompositorNodeTree")
    scene.compositing_node_group = tree
    source = tree.nodes.new("CompositorNodeRLayers")
    file = tree.nodes.new("CompositorNodeOutputFile")
    file.directory, file.file_name = str(work), ""
    file.format.media_type = "IMAGE"
    file.format.file_format, file.format.color_depth = "OPEN_EXR", "16"
    guides = {}
    for guide in ("Albedo", "Normal"):  # cleaned once for all groups
        clean = tree.nodes.new("CompositorNodeDenoise")
        tree.links.new(source.outputs[f"Denoising {guide}"], clean.inputs["Image"])
        clean.inputs["HDR"].default_value = False
        clean.inputs["Quality"].default_value = "Fast"
        guides[guide] = clean.outputs[0]
    for name in GROUPS:
        clean = tree.nodes.new("CompositorNodeDenoise")
        clean.inputs["Prefilter"].default_value = "None"
        clean.inputs["Quality"].default_value = "Fast" if scene.render.resolution_x < 800 else "Balanced"
        tree.links.new(source.outputs[f"Combined_{name}"], clean.inputs["Image"])
        for guide, output in guides.items():
            tree.links.new(output, clean.inputs[guide])
        file.file_output_items.new("RGBA", name)
        tree.links.new(clean.outputs[0], file.inputs[name])
    bpy.ops.render.render()
    return {name: pixels(next(work.glob(f"{name}*.exr"))) for name in GROUPS}


def pixels(path: Path) -> np.ndarray:
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.name = "Non-Color"
    out = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(out)
    shape = (image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return out.reshape(shape)[::-1, :, :3].copy()


def graded(
    lit: dict[str, np.ndarray], design: Design, kind: str
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Each group brought to the range of a file, and the weights that give the well exposed sum back."""
    lit = {name: np.maximum(light, 0) for name, light in lit.items()}
    wanted = {name: design.weights.get(name, 1.0) for name in lit}
    whole = sum(wanted[name] * lit[name] for name in lit)
    exposure = design.white.get(kind, 0.9) / float(np.quantile(whole.max(-1), 0.97))
    stored, weights = {}, {}
    for name, light in lit.items():
        top = max(float(np.quantile(light.max(-1), 0.998)), 1e-6)
        stored[name] = light * (0.92 / top)
        weights[name] = round(wanted[name] * exposure * top / 0.92, 4)
    return stored, weights


def write(linear: np.ndarray, target: Path) -> None:
    """sRGB levels, with a shoulder where lamps are brighter than white."""
    x = np.where(linear > 0.86, 0.86 + 0.14 * np.tanh((linear - 0.86) / 0.14), np.maximum(linear, 0))
    coded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    image = Image.fromarray(np.rint(np.clip(coded, 0, 1) * 255).astype(np.uint8))
    partial = target.with_suffix(".part")
    if target.suffix == ".webp":
        image.save(partial, "WEBP", quality=QUALITY, method=6)
        if partial.stat().st_size > LARGE:
            image.save(partial, "WEBP", quality=COARSER, method=6)
    else:
        image.save(partial, "PNG")
    partial.replace(target)


if __name__ == "__main__":
    main()
