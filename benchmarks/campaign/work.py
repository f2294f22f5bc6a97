"""The work that is measured, in a module of its own so that spawned processes can import it."""

from __future__ import annotations

import base64
import os
import resource
import shutil
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import cut_out
from prodgen_django.studio.banners import FORMATS, Brand, Brief, Campaign, Shown, looks

PHOTOS = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue" / "photos"
NAMES = ("tidal-mug", "brook-jug", "dune-vase")
BRIEF = Brief(
    "Slow mornings, 20% off", "Mugs and jugs, dipped by hand.", "£14.40", "£18.00", "-20%", "See the offer",
    "Until 30 November", "en-gb",
)  # fmt: skip
BRAND = Brand(name="Alder & Loom")


def cpu() -> float:
    """CPU seconds of this process and of its ended children."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def cut(name: str, folder: Path) -> Shown:
    """A product of the example shop, cut out once."""
    photo = load_image(PHOTOS / f"{name}-1.jpg", background=(255, 255, 255))
    kept = folder / f"{name}.npy"
    if not kept.exists():
        np.save(kept, cut_out(photo))
    return Shown.of(photo, np.load(kept), name)


def products(folder: Path) -> list[Shown]:
    return [cut(name, folder) for name in NAMES]


def design(number: int, count: int, folder: Path) -> tuple[int, int, float, int]:
    """One design in all sizes: pictures, those that passed, CPU seconds, peak memory in kB."""
    cv2.setNumThreads(1)
    shown = products(folder)
    started = cpu()
    look = looks(shown, BRIEF, BRAND, count=count, seed=5)[number]
    campaign = Campaign(shown, BRIEF, BRAND)
    passed = sum(campaign.banner(fmt, look).passed for fmt in FORMATS.values())
    return len(FORMATS), passed, cpu() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def browser(folder: Path) -> tuple[int, float] | None:
    """Chromium's pictures and CPU seconds for one design in all sizes; None where there is no browser."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if path is None:
        return None
    images = []
    for shown in products(folder):
        pixels = np.dstack([shown.photo, np.rint(shown.alpha * 255).astype(np.uint8)])
        data = encode_image(pixels, format="png", source_type=None)
        images.append(f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}">')
    started = cpu()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for fmt in FORMATS.values():
            page = chromium.new_page(viewport={"width": fmt.size[0], "height": fmt.size[1]})
            page.set_content(_template(images, fmt.size))
            page.screenshot(type="jpeg", quality=90)
            page.close()
        chromium.close()
    return len(FORMATS), cpu() - started


def _template(images: list[str], size: tuple[int, int]) -> str:
    unit = (size[0] * size[1]) ** 0.5 / 100
    way = "row" if size[0] > size[1] else "column"
    return (
        f"<style>body{{margin:0;background:#dde7e8;display:flex;flex-direction:{way};height:100vh}}"
        f"div{{flex:1;padding:{4 * unit}px;font:600 {3 * unit}px sans-serif}}h1{{font-size:{8 * unit}px;margin:0}}"
        f".p{{display:flex;align-items:end}}img{{flex:1;min-width:0;max-height:100%;object-fit:contain}}"
        f"b{{background:#123;color:#fff;padding:{unit}px {2 * unit}px;border-radius:9em}}</style>"
        f"<div><h1>{BRIEF.headline}</h1><p>{BRIEF.subline}</p><p>{BRIEF.price} <s>{BRIEF.old_price}</s></p>"
        f"<b>{BRIEF.call}</b></div><div class=p>{''.join(images)}</div>"
    )
