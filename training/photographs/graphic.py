"""Plain graphic prints for cushions, bags and shirts."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from .patterns import from_array, rgb


def stripes() -> Image.Image:
    """Uneven deck-chair stripes."""
    rng = np.random.default_rng(4)
    image = Image.new("RGB", (1600, 1600), "#f2ead9")
    draw = ImageDraw.Draw(image)
    x = 40
    while x < 1600:
        width = int(rng.integers(20, 130))
        draw.rectangle(
            [x, 0, x + width, 1600], fill=["#2c5d7c", "#d9a441", "#c8643c", "#7fa6ad"][rng.integers(4)]
        )
        x += width + int(rng.integers(30, 110))
    return image


def arches() -> Image.Image:
    """Rows of nested arches, each with its own order of colours."""
    rng = np.random.default_rng(9)
    palette = ["#e58f7b", "#f0d9b5", "#a8553f", "#3f5f66", "#d9a441"]
    image = Image.new("RGB", (1600, 1600), "#f6efe2")
    draw = ImageDraw.Draw(image)
    for j in range(5):
        for i in range(5):
            x, y = i * 320 + 160, j * 320 + 40
            for k, c in enumerate(rng.permutation(5)):
                r = 150 - 29 * k
                draw.pieslice([x - r, y + 150 - r, x + r, y + 150 + r], 180, 360, fill=palette[c])
                draw.rectangle([x - r, y + 149, x + r, y + 270], fill=palette[c])
    return image


def breton() -> Image.Image:
    """Navy stripes on ecru jersey."""
    image = Image.new("RGB", (1600, 1600), "#f1eadb")
    draw = ImageDraw.Draw(image)
    for y in range(60, 1600, 104):
        draw.rectangle([0, y, 1600, y + 38], fill="#24365a")
    return image


def sun() -> Image.Image:
    """A sun over waves, printed on the chest of a shirt or the front of a bag."""
    image = Image.new("RGB", (1600, 1600), "#ffffff")
    draw = ImageDraw.Draw(image)
    cx, cy, r = 800, 700, 250
    draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill="#e0812b")
    for i in range(20):
        a = 2 * math.pi * i / 20
        inner, outer = 290, 350 + 40 * (i % 2)
        draw.line(
            [
                (cx + inner * math.cos(a), cy + inner * math.sin(a)),
                (cx + outer * math.cos(a), cy + outer * math.sin(a)),
            ],
            fill="#e0812b",
            width=26,
        )
    draw.rectangle([350, 780, 1250, 1200], fill="#ffffff")
    for j, colour in enumerate(("#2c5d7c", "#4f8a94", "#7fa6ad", "#2c5d7c")):
        x = np.linspace(400, 1200, 100)
        y = 820 + j * 82 + 24 * np.sin(x / 52 + j * 1.4)
        draw.line(list(zip(x, y, strict=True)), fill=colour, width=34, joint="curve")
    return image


def swim() -> Image.Image:
    """Fish that swim in rows, one of them the other way."""
    image = Image.new("RGB", (1600, 1600), "#ffffff")
    draw = ImageDraw.Draw(image)
    for j in range(5):
        for i in range(4):
            x, y = 430 + i * 230 + (j % 2) * 90, 480 + j * 150
            odd = (i, j) == (2, 3)
            way, colour = (-1, "#d8472b") if odd else (1, "#23466b")
            draw.ellipse([x - 74, y - 34, x + 74, y + 34], fill=colour)
            draw.polygon([(x - way * 58, y), (x - way * 112, y - 38), (x - way * 112, y + 38)], fill=colour)
            draw.ellipse([x + way * 44 - 8, y - 14, x + way * 44 + 8, y + 2], fill="#ffffff")
            draw.arc([x - 20, y - 26, x + 32, y + 26], 100, 260, fill="#ffffff", width=6)
    return image


def check() -> Image.Image:
    """A wool check in four colours."""
    t = np.arange(1600)
    bands = np.zeros((1600, 3)) + rgb("#d8c8a8")
    for start, width, colour in (
        (0, 220, "#3f5a4a"),
        (300, 60, "#a8442f"),
        (420, 60, "#a8442f"),
        (600, 260, "#3f5a4a"),
        (980, 40, "#e9b13c"),
        (1120, 300, "#26343c"),
    ):
        bands[(t >= start) & (t < start + width)] = rgb(colour)
    twill = ((t[:, None] + t[None, :]) // 6 % 2)[..., None]
    return from_array(np.where(twill, bands[:, None], bands[None]))
