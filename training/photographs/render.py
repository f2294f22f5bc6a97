"""Photograph the catalogue: ``python -m training.photographs.render`` in an environment with bpy and Pillow.

Files that exist are left as they are, so a run that was stopped goes on where it was. ``--draft 320`` writes small,
quick pictures elsewhere to look at first; ``--json`` only writes catalogue.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bpy

from . import (
    closeups,
    develop,
    objects_cups,
    objects_lamps,
    objects_seats,
    objects_soft,
    objects_vases,
    scene,
    sets,
)
from .product import Product, plan_shots
from .products import PRODUCTS
from .scene import Frame, Shot

SHOP = Path(__file__).parents[2] / "example_shop" / "catalogue"
"""Where what the shop sells and its photographs lie."""
SCALE = {"studio": 1.0, "seller": 0.82, "closeup": 1.0}
BUILDERS = (
    objects_cups.BUILDERS
    | objects_vases.BUILDERS
    | objects_seats.BUILDERS
    | objects_lamps.BUILDERS
    | objects_soft.BUILDERS
)


def listing(photos_folder: Path) -> list[dict[str, object]]:
    """The catalogue as the shop loads it: every product whose photographs are all there."""
    rows = []
    for product in PRODUCTS:
        photos = [
            {"file": f"photos/{product.slug}-{i}.jpg", "role": shot.role}
            for i, shot in enumerate(plan_shots(product, PRODUCTS.index(product)), 1)
        ]
        near = [
            {"file": f"photos/{product.slug}-c{i}.jpg", "role": "closeup"}
            for i, _ in enumerate(closeups.plan(product), 1)
        ]
        if not all((photos_folder.parent / photo["file"]).exists() for photo in photos + near):
            continue
        rows.append(
            {
                "upc": f"ES-{product.slug}",
                "slug": product.slug,
                "title": product.title,
                "category": product.category,
                "price": product.price,
                "colours": list(product.colours),
                "style": list(product.style),
                "material": product.material,
                "description": product.description,
                "photos": photos + near,
                "closeup_grid": [product.mosaic.rows, product.mosaic.columns] if product.mosaic else None,
            }
        )
    return rows


def work() -> Iterator[tuple[Product, str, Shot]]:
    """Every photograph: close-ups of the first wide products early, and the first photos of all before the second."""
    plans = [(p, plan_shots(p, i)) for i, p in enumerate(PRODUCTS)]
    seen: dict[str, int] = {}
    for product, _ in plans:
        seen[product.slug] = sum(
            1
            for p, _ in plans[: [q.slug for q, _ in plans].index(product.slug)]
            if p.category == product.category
        )
    order = sorted(plans, key=lambda pair: seen[pair[0].slug] // 3)
    for product, shots in order:
        for i, shot in enumerate(shots, 1):
            yield product, f"{product.slug}-{i}", shot
        for i, shot in enumerate(closeups.plan(product), 1):
            yield product, f"{product.slug}-c{i}", shot


def photograph(product: Product, shot: Shot, target: Path, folder: Path, options: argparse.Namespace) -> None:
    """Build the scene, render it and develop it into ``target``."""
    stage = scene.empty_scene()
    things = BUILDERS[product.builder](folder, **product.options)
    scene.posed(things, shot.pose, shot.turn)
    frame = Frame(*scene.bounds(things), shot)
    sets.PLACES[shot.place](frame, folder)
    if shot.role == "closeup":
        closeups.camera(frame)
    else:
        scene.camera(frame, things)
    draft = options.draft / max(shot.size) if options.draft else 1.0
    size = tuple(round(side * draft) for side in shot.size)
    # A phone's picture is soft: rendering it smaller and enlarging it costs two thirds of the time.
    scale = SCALE[shot.role]
    scene.engine(stage, [round(side * scale) for side in size], options.samples or 4, options.threads)
    raw = folder / "frame.png"
    scene.render(stage, raw, shot.exposure)
    develop.develop(raw, target, shot, size)


def write_listing() -> None:
    """Write catalogue.json."""
    (SHOP / "catalogue.json").write_text(
        json.dumps(listing(SHOP / "photos"), indent=1, ensure_ascii=False) + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="slugs, or the beginning of file names")
    parser.add_argument("--out", type=Path, default=SHOP / "photos")
    parser.add_argument("--draft", type=int, default=0, help="longest side in pixels of a quick look")
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="write catalogue.json and stop")
    parser.add_argument("--again", action="store_true", help="render even what exists")
    options = parser.parse_args()
    if options.json:
        write_listing()
        return
    with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
        for product, name, shot in work():
            target = options.out / f"{name}.jpg"
            wanted = not options.only or any(name.startswith(start) for start in options.only)
            if not wanted or (target.exists() and not options.again):
                continue
            began = time.perf_counter()
            photograph(product, shot, target, Path(folder), options)
            took = time.perf_counter() - began
            print(
                f"{name} {shot.place} {took:.1f} s {target.stat().st_size // 1024} KB",
                file=sys.stderr,
                flush=True,
            )
    if not options.draft:
        write_listing()
    # Blender's own teardown is slow and of no use once the files are written.
    sys.stderr.flush()
    bpy.ops.wm.quit_blender()


if __name__ == "__main__":
    main()
