"""Posters: landscapes, shapes, moons and a map of a town that does not exist."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .patterns import from_array, rgb
from .woven import soft_noise

SIZE = (2000, 2800)


def _grained(image: Image.Image, seed: int, amount: float = 0.03) -> Image.Image:
    """The uneven ink of a screen print."""
    rng = np.random.default_rng(seed)
    pixels = np.asarray(image, np.float32) / 255
    h, w = pixels.shape[:2]
    return from_array(
        pixels + (rng.normal(0, amount, (h, w)) + 0.02 * soft_noise((h, w), 40, rng))[..., None]
    )


def _caption(
    draw: ImageDraw.ImageDraw, words: str, y: int, size: int, colour: str, width: int = SIZE[0]
) -> None:
    font = ImageFont.load_default(size)
    spaced = "  ".join(words)
    draw.text(((width - draw.textlength(spaced, font)) / 2, y), spaced, fill=colour, font=font)


def ranges() -> Image.Image:
    """Mountains behind one another in a morning haze."""
    w, h = SIZE
    rng = np.random.default_rng(12)
    t = np.linspace(0, 1, h)[:, None, None]
    sky = rgb("#f3d9b8") * (1 - t) + rgb("#e9a98a") * t
    image = from_array(np.repeat(sky, w, 1))
    draw = ImageDraw.Draw(image)
    draw.ellipse([1180, 520, 1620, 960], fill="#f7efdd")
    far, near = rgb("#c98f86"), rgb("#22394a")
    x = np.linspace(0, 1, 400)
    for i in range(8):
        k = i / 7
        line = np.zeros_like(x)
        for octave in range(1, 8):
            line += np.sin(x * 2 * math.pi * (1.3**octave) * (1 + k) + rng.uniform(0, 6.3)) / 1.45**octave
        y = h * (0.36 + 0.085 * i) - line * (150 + 60 * k) * (1 - 0.4 * k)
        colour = tuple(int(255 * c) for c in far * (1 - k) + near * k)
        draw.polygon([(0, h), *zip(x * w, y, strict=True), (w, h)], fill=colour)
        if i > 4:
            for px in rng.uniform(0, w, 90):
                py = np.interp(px / w, x, y)
                s = rng.uniform(30, 90) * (0.5 + k)
                draw.polygon([(px, py - s), (px - s * 0.22, py + 14), (px + s * 0.22, py + 14)], fill=colour)
    return _framed(_grained(image, 1), "#f6f0e4", 110)


def _framed(image: Image.Image, paper: str, margin: int) -> Image.Image:
    w, h = image.size
    sheet = Image.new("RGB", (w, h), paper)
    sheet.paste(image.resize((w - 2 * margin, h - 2 * margin), Image.Resampling.LANCZOS), (margin, margin))
    return sheet


def blocks() -> Image.Image:
    """Circles, arcs and bars on a grid of five by seven."""
    w, h = SIZE
    rng = np.random.default_rng(33)
    palette = ["#d8472b", "#1f3a5f", "#e9b13c", "#2f7d6b", "#f0e6d2", "#1d1d1f", "#e58f7b"]
    image = Image.new("RGB", (w, h), "#f0e6d2")
    draw = ImageDraw.Draw(image)
    s = 340
    for j in range(7):
        for i in range(5):
            x, y = 150 + i * s, 160 + j * s
            first, second = rng.permutation(palette)[:2]
            draw.rectangle([x, y, x + s, y + s], fill=first)
            kind = rng.integers(6)
            if kind == 0:
                draw.ellipse([x + 30, y + 30, x + s - 30, y + s - 30], fill=second)
                draw.ellipse([x + 110, y + 110, x + s - 110, y + s - 110], fill=first)
            elif kind == 1:
                q = int(rng.integers(4))
                cx, cy = x + s * (q % 2), y + s * (q // 2)
                clip = Image.new("RGB", (s, s), first)
                pen = ImageDraw.Draw(clip)
                for r, c in ((s, second), (int(s * 0.66), first), (int(s * 0.33), second)):
                    pen.ellipse([cx - x - r, cy - y - r, cx - x + r, cy - y + r], fill=c)
                image.paste(clip, (x, y))
            elif kind == 2:
                draw.polygon([(x, y + s), (x + s, y + s), (x + s, y)], fill=second)
            elif kind == 3:
                for k in range(0, s, 68):
                    draw.rectangle([x, y + k, x + s, y + k + 33], fill=second)
            elif kind == 4:
                draw.pieslice([x, y + s // 2 - s // 2, x + s, y + s + s // 2 - s // 2], 180, 360, fill=second)
            else:
                draw.polygon(
                    [
                        (x + s / 2, y + 20),
                        (x + s - 20, y + s / 2),
                        (x + s / 2, y + s - 20),
                        (x + 20, y + s / 2),
                    ],
                    fill=second,
                )
    return _grained(image, 2)


def moons() -> Image.Image:
    """Nine phases of the moon over a night sea."""
    w, h = SIZE
    rng = np.random.default_rng(8)
    image = Image.new("RGB", (w, h), "#16233b")
    draw = ImageDraw.Draw(image)
    for _ in range(700):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h * 0.7), rng.uniform(1, 4)
        draw.ellipse([x - r, y - r, x + r, y + r], fill="#cfd6de")
    for i in range(9):
        a = math.pi * (1 - i / 8)
        x, y, r = w / 2 + 720 * math.cos(a), 1180 - 720 * math.sin(a), 105
        draw.ellipse([x - r, y - r, x + r, y + r], fill="#f1e4c3")
        shift = (i - 4) / 4 * 2 * r
        if i != 4:
            draw.ellipse(
                [x - r - 3 - shift * 0.85, y - r - 3, x + r + 3 - shift * 0.85, y + r + 3], fill="#16233b"
            )
    draw.ellipse([w / 2 - 260, 900, w / 2 + 260, 1420], fill="#f1e4c3")
    for _ in range(22):
        x, y, r = w / 2 + rng.uniform(-200, 200), 1160 + rng.uniform(-190, 190), rng.uniform(12, 52)
        if math.hypot(x - w / 2, y - 1160) < 250 - r:
            draw.ellipse([x - r, y - r, x + r, y + r], fill="#e2d0a6")
    for j in range(26):
        y = 1640 + j * 46
        x = np.linspace(0, w, 120)
        wave = y + 14 * np.sin(x / (60 + 4 * j) + rng.uniform(0, 6)) + 6 * np.sin(x / 31 + j)
        near = 255 * (0.16 + 0.018 * j)
        draw.line(
            list(zip(x, wave, strict=True)),
            fill=(int(near * 0.5), int(near * 0.8), int(min(255, near * 1.2))),
            width=7 + j // 3,
        )
        half = 240 - abs(j - 8) * 9
        for _ in range(5):
            cx = w / 2 + rng.uniform(-half, half)
            draw.line([(cx, y), (cx + rng.uniform(20, 110), y)], fill="#e9d9b1", width=8)
    return _grained(image, 3, 0.02)


def still_life() -> Image.Image:
    """A paper-cut still life: a jug, fruit and a branch on a table."""
    w, h = SIZE
    image = Image.new("RGB", (w, h), "#e9c9b1")
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 1900, w, h], fill="#7d8f6f")
    draw.pieslice([1050, 250, 2150, 1350], 90, 270, fill="#efe2cf")
    draw.rectangle([0, 0, 520, 1900], fill="#d98f72")
    jug = [
        (720, 2240),
        (640, 2060),
        (640, 1760),
        (760, 1540),
        (800, 1400),
        (780, 1300),
        (1080, 1290),
        (1060, 1400),
        (1120, 1540),
        (1240, 1760),
        (1230, 2060),
        (1150, 2240),
    ]
    draw.arc([1060, 1420, 1440, 1900], 250, 100, fill="#23466b", width=60)
    draw.polygon(jug, fill="#23466b")
    draw.polygon([(700, 1900), (1190, 1760), (1230, 1960), (680, 2080)], fill="#e8b84a")
    for x, y, r, c in (
        (1480, 2200, 170, "#d9622f"),
        (1720, 2270, 140, "#e9b13c"),
        (430, 2250, 160, "#8e2f3a"),
    ):
        draw.ellipse([x - r, y - r, x + r, y + r], fill=c)
        draw.line([(x, y - r + 10), (x + 24, y - r - 50)], fill="#3b3326", width=14)
    from .botanical import leaf

    for k, (ax, ay) in enumerate(((640, 420), (930, 300), (1280, 480))):
        draw.line(
            [(930, 1310), ((930 + ax) / 2 + 30, 850), (ax, ay)], fill="#2f4a3a", width=16, joint="curve"
        )
        for s in np.linspace(0.25, 1, 7):
            x, y = 930 + (ax - 930) * s, 1310 + (ay - 1310) * s
            for side in (-1, 1):
                leaf(
                    draw,
                    (x, y),
                    -math.pi / 2 + side * 0.9 + (k - 1) * 0.3,
                    210,
                    42,
                    "#3f6b52" if side > 0 else "#2f4a3a",
                )
    return _grained(image, 4)


def fern() -> Image.Image:
    """A plate from a herbarium that never was: one large branch with veined leaves and small flowers."""
    from .botanical import daisy, leaf, stem

    w, h = SIZE
    rng = np.random.default_rng(21)
    image = Image.new("RGB", (w, h), "#f3ecdb")
    draw = ImageDraw.Draw(image)
    greens = ["#3e6147", "#5d8257", "#2f4d43", "#7a955f", "#496d62"]
    for x0, bend, top in (
        (700, -260, 420),
        (1050, 60, 240),
        (1350, 330, 560),
        (960, -420, 1000),
        (1150, 480, 1250),
    ):
        t = np.linspace(0, 1, 60)
        path = [(x0 * (1 - s) + (x0 + bend) * s + 60 * math.sin(3 * s), 2430 + (top - 2430) * s) for s in t]
        stem(draw, path, 15, "#4a5a3c")
        for k in range(8, 60, 4):
            size = 330 * (1.08 - k / 62) + 60
            side = 1 if (k // 4) % 2 else -1
            a = -math.pi / 2 + side * rng.uniform(0.75, 1.1) + bend / 1500
            leaf(draw, path[k], a, size, size * rng.uniform(0.15, 0.22), greens[rng.integers(5)], "#dfe0c0")
        daisy(draw, path[-1], 105, 7, ["#c9603f", "#d99a3e", "#b9566b"][x0 % 3], "#5a3a22", x0)
    draw.rectangle([90, 90, w - 90, h - 90], outline="#8a7a5a", width=5)
    _caption(draw, "HORTUS  MEMORIAE", 2560, 64, "#4a4030")
    return _grained(image, 5, 0.02)


def town(seed: int = 4) -> Image.Image:
    """A map of a harbour town that does not exist: blocks, parks, a river, a ring road, a legend."""
    w, h = 2600, 3250
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (w, h), "#efe6d2")
    draw = ImageDraw.Draw(image)

    def split(poly: list[np.ndarray], depth: int) -> None:
        p = np.array(poly)
        area = 0.5 * abs(np.dot(p[:, 0], np.roll(p[:, 1], 1)) - np.dot(p[:, 1], np.roll(p[:, 0], 1)))
        middle = p.mean(0)
        dense = 4500 + 26000 * min(1.0, np.hypot(*(middle - [w * 0.46, h * 0.42])) / 1500)
        if depth == 0 or area < dense * rng.uniform(0.6, 1.8):
            shrunk = middle + (p - middle) * (1 - 9 / max(20, math.sqrt(area)))
            tone = rng.random()
            colours = ["#d9c6a5", "#cfb892", "#e0b894", "#d6a98a", "#c9c2a6", "#b9cc9f"]
            colour = colours[5] if tone < 0.07 else colours[int(rng.integers(5))]
            draw.polygon([tuple(q) for q in shrunk], fill=colour)
            if tone < 0.07:
                for _ in range(int(area / 900)):
                    q = middle + (p[rng.integers(len(p))] - middle) * rng.uniform(0, 0.8)
                    draw.ellipse([q[0] - 9, q[1] - 9, q[0] + 9, q[1] + 9], fill="#7f9f6c")
            elif tone > 0.9:
                inner = middle + (p - middle) * 0.5
                draw.polygon([tuple(q) for q in inner], fill="#efe6d2")
            return
        edges = np.linalg.norm(p - np.roll(p, -1, 0), axis=1)
        i = int(edges.argmax())
        n = len(p)
        j = max(
            (k for k in range(n) if k != i),
            key=lambda k: edges[k] - (0 if (k - i) % n not in (1, n - 1) else 1e4 if n > 3 else 0),
        )
        s, t = rng.uniform(0.38, 0.62, 2)
        a, b = p[i] + (p[(i + 1) % n] - p[i]) * s, p[j] + (p[(j + 1) % n] - p[j]) * t
        first, second, k = [a], [b], (i + 1) % n
        while True:
            first.append(p[k])
            if k == j:
                break
            k = (k + 1) % n
        first.append(b)
        k = (j + 1) % n
        while True:
            second.append(p[k])
            if k == i:
                break
            k = (k + 1) % n
        second.append(a)
        split(first, depth - 1)
        split(second, depth - 1)

    corners = [np.array(q, float) for q in ((60, 60), (w - 60, 120), (w - 100, h - 420), (80, h - 380))]
    split(corners, 13)
    t = np.linspace(0, 1, 120)
    river = np.stack(
        [w * (0.98 - 0.9 * t + 0.13 * np.sin(7 * t)), h * (0.02 + 0.86 * t + 0.06 * np.sin(11 * t))], 1
    )
    for width, colour in ((170, "#efe6d2"), (140, "#7fa9b8")):
        draw.line([tuple(q) for q in river], fill=colour, width=width, joint="curve")
    for k in range(0, 120, 3):
        q = river[k] + rng.normal(0, 22, 2)
        draw.arc([q[0] - 22, q[1] - 8, q[0] + 22, q[1] + 8], 0, 180, fill="#b9d2d8", width=4)
    for k in (14, 33, 48, 66, 84, 102):
        d = river[k + 1] - river[k]
        n = np.array([-d[1], d[0]]) / np.hypot(*d) * 120
        draw.line([tuple(river[k] - n), tuple(river[k] + n)], fill="#f7f1e2", width=26)
        draw.line([tuple(river[k] - n), tuple(river[k] + n)], fill="#a5533a", width=5)
    a = np.linspace(0, 2 * math.pi, 160)
    for r, width in ((420, 22), (930, 26)):
        ring = [
            (w * 0.46 + r * math.cos(x) * (1 + 0.06 * math.sin(3 * x)), h * 0.42 + r * 1.06 * math.sin(x))
            for x in a
        ]
        draw.line(ring, fill="#f9f4e8", width=width, joint="curve")
        draw.line(ring, fill="#c9703f", width=width // 4, joint="curve")
    for k in range(9):
        x = k * 0.7 + 0.2
        end = (w * 0.46 + 1900 * math.cos(x), h * 0.42 + 1900 * math.sin(x))
        draw.line(
            [(w * 0.46 + 150 * math.cos(x), h * 0.42 + 150 * math.sin(x)), end], fill="#f9f4e8", width=20
        )
    centre = (w * 0.46, h * 0.42)
    for r, c in ((150, "#f9f4e8"), (110, "#b9cc9f"), (52, "#a5533a")):
        draw.ellipse([centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r], fill=c)
    font = ImageFont.load_default(40)
    names = [
        "Mill Quarter",
        "Old Harbour",
        "Lindenfeld",
        "St Alban",
        "Rope Walk",
        "Upper Weir",
        "Glasshouse",
        "Orchard Hill",
        "Tannery",
        "Kiln Lane",
        "North Gate",
        "Ferry Green",
        "Saltmarsh",
        "Long Acre",
    ]
    for i, name in enumerate(names):
        x, y = 200 + (i % 3) * 780 + rng.uniform(-80, 160), 230 + (i // 3) * 560 + rng.uniform(-110, 110)
        box = draw.textbbox((x, y), name.upper(), font=font)
        draw.rectangle([box[0] - 14, box[1] - 10, box[2] + 14, box[3] + 10], fill="#efe6d2")
        draw.text((x, y), name.upper(), fill="#3b3a36", font=font)
    # Everything outside the sheet's frame is paper again.
    draw.rectangle([0, h - 360, w, h], fill="#efe6d2")
    for i, side in enumerate(((0, 0, w, 80), (0, 0, 80, h), (w - 80, 0, w, h), (0, h - 80, w, h))):
        draw.rectangle(side, fill="#efe6d2" if i < 4 else "")
    draw.rectangle([80, 80, w - 80, h - 360], outline="#3b3a36", width=8)
    _caption(draw, "WENDELMOUTH", h - 300, 130, "#3b3a36", w)
    _caption(draw, "A TOWN THAT IS NOT ON ANY OTHER MAP", h - 140, 38, "#7a6a50", w)
    return _grained(image, seed, 0.02)


def waves() -> Image.Image:
    """Contour lines of an unknown sea floor, in four inks."""
    w, h = SIZE
    rng = np.random.default_rng(77)
    field = soft_noise((h // 2, w // 2), 5, rng) + 0.35 * soft_noise((h // 2, w // 2), 14, rng)
    inks = [rgb(c) for c in ("#f1e7d4", "#9fc1bd", "#4f8a94", "#1f4a5c", "#e08a5c")]
    level = np.clip(((field + 1.2) / 2.4 * 14).astype(int), 0, 13)
    table = np.array([inks[i] for i in (3, 3, 2, 3, 2, 1, 2, 1, 0, 1, 0, 0, 4, 4)])
    edge = abs((field + 1.2) / 2.4 * 14 % 1 - 0.5) > 0.455
    pixels = table[level]
    pixels[edge] = rgb("#14303d")
    image = from_array(pixels).resize((w, h), Image.Resampling.BICUBIC).filter(ImageFilter.SMOOTH)
    return _framed(_grained(image, 6, 0.02), "#f6f0e4", 120)
