"""What a banner must hold before it may be published; each measured on the finished pixels or bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from prodgen_django.studio.checking import check_channel
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.fidelity import Fidelity
from prodgen_django.studio.text import as_drawn, clean_text

from .brief import Brief
from .colours import contrast, luminance
from .faces import has
from .families import safe_area
from .fonts import package_for
from .formats import Format
from .geometry import Rect
from .lettering import Block
from .linebreaks import clusters
from .painting import Painted
from .shaping import named

LEAST_CONTRAST = 4.5
LEAST_CONTRAST_LARGE = 3.0
LARGE = 2.2
"""Letters at least this many times the smallest that may be read count as large, as WCAG's 24 pixels do."""
LEAST_PRODUCT = 0.10
"""A product's longer side as a share of the root of the picture's area."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One demand: `measured` is what was found, `message` a sentence that says so."""

    name: str
    passed: bool
    message: str
    measured: Any

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_contrast(painted: Painted, fmt: Format) -> Gate:
    """The contrast of every line with the pixels about its letters, at its worst fiftieth."""
    worst, what = 21.0, ""
    failed = []
    for line, plane, (left, top) in painted.inks:
        if all(run.face.strike for run in line.runs):
            continue  # emoji have colours and outlines of their own
        height, width = painted.image.shape[:2]
        y0, x0 = max(0, top), max(0, left)
        y1, x1 = min(height, top + plane.shape[0]), min(width, left + plane.shape[1])
        cover = plane[y0 - top : y1 - top, x0 - left : x1 - left]
        part = painted.image[y0:y1, x0:x1]
        core = cover >= max(128, int(cover.max(initial=0)) - 8)
        reach = max(1, round(0.16 * line.size))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
        about = (cv2.dilate((cover > 8).astype(np.uint8), kernel) == 1) & (cover == 0)
        if not core.any() or not about.any():
            failed.append(f"{line.role} cannot be seen")
            worst = 1.0
            continue
        ink = float(np.median(luminance(part[core])))
        found = float(np.percentile(contrast(luminance(part[about]), ink), 2))
        need = LEAST_CONTRAST_LARGE if line.size >= LARGE * fmt.least_text else LEAST_CONTRAST
        if found < need:
            failed.append(f"{line.role} {found:.1f} : 1, needs {need:g} : 1")
        if found < worst:
            worst, what = found, line.role
    message = (
        f"The least contrast is {worst:.1f} : 1 ({what})."
        if not failed
        else f"Too little contrast: {'; '.join(failed)}."
    )
    return Gate("contrast", not failed, message, round(worst, 2))


def check_overlap(block: Block, painted: Painted) -> Gate:
    """No words on words, none on a product, and no product before another."""
    faults = []
    lines = block.lines
    shapes = block.shapes
    for k, line in enumerate(lines):
        for other in lines[k + 1 :]:
            if line.role == other.role:
                continue  # lines of one paragraph are set with their leading
            if line.box.overlap(other.box) > 0.01 * min(line.box.area, other.box.area):
                faults.append(f"{line.role} lies on {other.role}")
        for shape in shapes:
            inside = shape.role in ("button", "badge") and line.role in ("call", "badge")
            if not inside and line.box.overlap(shape.rect) > 0.01 * line.box.area:
                faults.append(f"{line.role} lies on the {shape.role}")
    solid = np.zeros((painted.image.shape[0], painted.image.shape[1]), np.uint8)
    for number, one in enumerate(painted.products):
        rows, columns = one.rect.pixels(solid.shape[1], solid.shape[0])
        mask = (one.mask > 0.1)[: rows.stop - rows.start, : columns.stop - columns.start]
        part = solid[rows, columns]
        if (part[mask] > 0).mean() > 0.002 if mask.any() else False:
            faults.append(f"product {number + 1} is partly behind another")
        part[mask] = 1
    for item in [*(line.box for line in lines), *(shape.rect for shape in shapes)]:
        rows, columns = item.pixels(solid.shape[1], solid.shape[0])
        if solid[rows, columns].any():
            faults.append("words lie on a product")
            break
    return Gate("overlap", not faults, "; ".join(faults) or "Nothing overlaps.", len(faults))


def check_safe_zone(block: Block, fmt: Format) -> Gate:
    """Every word and the logo within the margin and outside the platform's own buttons."""
    area = safe_area(fmt)
    outside = [line.role for line in block.lines if not area.holds(line.box, 1.5)]
    outside += [shape.role for shape in block.shapes if not area.holds(shape.rect, 1.5)]
    said = (
        f"Outside the safe zone: {', '.join(dict.fromkeys(outside))}."
        if outside
        else "All words are in the safe zone."
    )
    return Gate("safe_zone", not outside, said, len(outside))


def check_sizes(block: Block, painted: Painted, fmt: Format) -> Gate:
    """Letters that can be read where the picture is shown, and products that can be seen."""
    faults = []
    smallest = min(line.size for line in block.lines)
    if smallest < fmt.least_text - 0.05:
        faults.append(f"letters of {smallest:.1f} px, at least {fmt.least_text:g} are needed")
    least = LEAST_PRODUCT * float(np.sqrt(fmt.size[0] * fmt.size[1]))
    small = min(max(one.rect.w, one.rect.h) for one in painted.products)
    if small < least:
        faults.append(f"a product of {small:.0f} px, at least {least:.0f} are needed")
    headline = max(line.size for line in block.lines if line.role == "headline")
    if any(line.size > headline for line in block.lines if line.role not in ("headline", "price")):
        faults.append("small print is larger than the headline")
    said = (
        "Too small: " + "; ".join(faults) + "." if faults else f"The smallest letters have {smallest:.1f} px."
    )
    return Gate("minimum_size", not faults, said, round(smallest, 2))


def check_price(block: Block, brief: Brief, expected: Sequence[str]) -> Gate:
    """Prices stand as the shop writes them: letter for letter, and unbroken.

    `expected`: the price and, where there is one, the old price, as the shop formats them now.
    """
    faults = []
    roles = [role for role in ("price", "old_price") if getattr(brief, role)]
    shown = [line.text for line in block.lines if line.role in ("price", "old_price")]
    wanted = [as_drawn(clean_text(text)) for text in expected if text]
    told = [as_drawn(getattr(brief, role)) for role in roles]
    if told != wanted[: len(told)] or len(told) > len(wanted):
        faults.append(
            f"it says {' and '.join(told) or 'nothing'}, the shop writes {' and '.join(wanted) or 'nothing'}"
        )
    if told and told[0] not in shown:
        faults.append(f"{told[0]} is missing or broken over lines")
    faults += [f"{text} is not what was asked for" for text in shown if text not in told]
    return Gate(
        "price", not faults, "; ".join(faults) or "Prices are written as the shop writes them.", shown
    )


def check_letters(block: Block, brief: Brief, painted: Painted) -> Gate:
    """Every character of the words drawn: none left out, none in a font that has no shape for it, none blank."""
    faults = []
    lacking = [
        part
        for line in block.lines
        for run in line.runs
        for part in clusters(run.text)
        if not has(run.face, part)
    ]
    if lacking:
        packages = " ".join(dict.fromkeys(filter(None, map(package_for, lacking))))
        letters = ", ".join(map(named, dict.fromkeys(lacking)))
        faults.append(f"the font has no {letters}" + (f" (Debian: {packages})" if packages else ""))
    for role, text in brief.texts().items():
        if role in block.dropped:
            continue
        shown = "".join(line.text for line in block.lines if line.role == role)
        if not _spelled(text) <= _spelled(shown):
            faults.append(f"the {role} is not drawn as it is written")
    faults += [
        f"the {line.role} is empty"
        for line, plane, _corner in painted.inks
        if not plane.any() and not any(run.face.strike for run in line.runs)
    ]
    said = "; ".join(dict.fromkeys(faults)) or "Every character is drawn."
    return Gate("letters", not faults, said, [*dict.fromkeys(lacking)])


def _spelled(text: str) -> Counter[str]:
    """What of a text is seen, and how often: a hyphen where a line was broken does no harm."""
    return Counter(part for part in clusters(as_drawn(text)) if not part.isspace())


def check_whole(painted: Painted) -> Gate:
    """Every product wholly on the canvas."""
    height, width = painted.image.shape[:2]
    canvas = Rect(0, 0, width, height)
    cut = [str(one.index + 1) for one in painted.products if not canvas.holds(one.rect, 0.0)]
    said = f"Cut off by the frame: product {', '.join(cut)}." if cut else "Every product is whole."
    return Gate("whole_product", not cut, said, len(cut))


def check_fidelity(composed: Sequence[Fidelity], stored: Sequence[Fidelity] = ()) -> Gate:
    """Every product is its photograph's own pixels: bit for bit as composed, and to the eye in the stored file."""
    faults = ["; ".join(c.failures) or "its pixels are not the photo's own" for c in composed if not c.exact]
    faults += ["; ".join(c.failures) for c in stored if not c.passed]
    said = "Every product is the photograph's own pixels."
    if faults:
        said = f"A product does not look as in its photo: {faults[0]}"
    return Gate("fidelity", not faults, said, [round(c.ssim, 4) for c in (*composed, *stored)])


def check_file(data: bytes, fmt: Format) -> Gate:
    """The rules of the channel, measured on the file."""
    report = check_channel(data, fmt.channel)
    said = " ".join(failure.message for failure in report.failures) or "The channel's rules are kept."
    return Gate("channel", report.passed, said, {r.rule: r.measured for r in report.results})


def mean_ground(pixels: Pixels) -> str:
    """The mean colour of pixels as "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*np.rint(pixels.reshape(-1, 3).mean(0)).astype(int))
