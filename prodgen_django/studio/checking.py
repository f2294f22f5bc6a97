"""Measure an encoded picture against a channel's rules: what counts is the file that is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.imagefile import ImageInfo, ImageRejected, inspect_made, load_made

from .channels import CHANNELS, MEMORY, Channel, Rule
from .color import Pixels
from .lettering import text_boxes

_NEAR_WHITE = 236  # darker than this is product or scene, never a compressed white background
_RINGING = 12  # JPEG blurs a soft edge over a block of 8: so near to the product white need not be exact


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule's outcome. `measured` is what was found, `message` a sentence that says so."""

    rule: str
    passed: bool
    message: str
    measured: Any
    hard: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """What a channel would say. `passed`: no hard rule is broken; advice that was not followed is in
    `results`."""

    channel: str
    passed: bool
    results: list[RuleResult]

    @property
    def failures(self) -> list[RuleResult]:
        """The broken hard rules."""
        return [r for r in self.results if r.hard and not r.passed]

    @property
    def advice(self) -> list[RuleResult]:
        """The broken advisory rules."""
        return [r for r in self.results if not r.hard and not r.passed]

    def as_dict(self) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "passed": self.passed,
            "results": [asdict(result) for result in self.results],
        }


def check_channel(data: bytes, channel: str | Channel) -> ChannelReport:
    """Measure the file `data` against the rules of `channel`, a name in `CHANNELS` or a Channel.

    Raises LookupError for an unknown name. A file that is no picture fails the rule "readable".
    """
    wanted = find_channel(channel)
    try:
        picture = _Picture(data)
    except ImageRejected as error:
        result = RuleResult("readable", False, error.message, error.code, True)
        return ChannelReport(wanted.name, False, [result])
    results = [_apply(rule, picture) for rule in wanted.rules]
    return ChannelReport(wanted.name, all(r.passed for r in results if r.hard), results)


def find_channel(channel: str | Channel) -> Channel:
    """The channel of that name. Raises LookupError."""
    if isinstance(channel, Channel):
        return channel
    if channel not in CHANNELS:
        raise LookupError(f"no channel {channel!r}: {', '.join(CHANNELS)}")
    return CHANNELS[channel]


def product_on_white(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """What is not the near-white that reaches the picture's edge: bool h×w."""
    near = (pixels.min(2) >= _NEAR_WHITE).astype(np.uint8)
    count, labels = cv2.connectedComponents(near, connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    background = np.zeros(count, bool)
    background[np.unique(rim)] = True
    background[0] = False
    return ~background[labels]


class _Picture:
    """A file with what the rules measure, each measured once and only if a rule asks."""

    def __init__(self, data: bytes) -> None:
        self.info: ImageInfo = inspect_made(data)
        self.pixels: Pixels = load_made(data, background=(255, 255, 255))
        self.height, self.width = self.pixels.shape[:2]

    @cached_property
    def product(self) -> npt.NDArray[np.bool_]:
        found = product_on_white(self.pixels)
        return cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) == 1

    @cached_property
    def on_white(self) -> bool:
        """Whether the picture stands on white at all: most of its rim is near white."""
        p = self.pixels
        rim = np.concatenate([p[0], p[-1], p[:, 0], p[:, -1]])
        return bool((rim.min(1) >= _NEAR_WHITE).mean() > 0.6)

    @cached_property
    def white_share(self) -> float:
        """The share of the background, away from the product's edge, that is exactly 255, 255, 255."""
        kernel = np.ones((2 * _RINGING + 1,) * 2, np.uint8)
        clear = cv2.dilate(self.product.astype(np.uint8), kernel) == 0
        rim = np.zeros_like(clear)
        rim[[0, -1]] = rim[:, [0, -1]] = True
        clear |= rim & ~self.product
        if not clear.any():
            return 0.0
        return float((self.pixels[clear] == 255).all(1).mean()) if self.on_white else 0.0

    @cached_property
    def box(self) -> tuple[int, int, int, int] | None:
        rows, columns = np.flatnonzero(self.product.any(1)), np.flatnonzero(self.product.any(0))
        if not rows.size:
            return None
        return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1

    @cached_property
    def fill(self) -> float | None:
        """The product's longer side as a share of the picture's; None where it does not stand on white."""
        if not self.on_white or self.box is None:
            return None
        top, bottom, left, right = self.box
        return max((bottom - top) / self.height, (right - left) / self.width)

    @cached_property
    def touched(self) -> float:
        """The longest share of one side of the picture that the product lies against."""
        m = self.product
        return float(max(side.mean() for side in (m[0], m[-1], m[:, 0], m[:, -1])))

    @cached_property
    def framed_sides(self) -> int:
        """How many sides have a straight line beside them from end to end, as a drawn border has."""
        return sum(_has_line(np.rot90(self.pixels, k)) for k in range(4))

    @cached_property
    def beside(self) -> npt.NDArray[np.bool_]:
        """What is outside of the hull of the large things in the picture: a pale cover's print is not beside it."""
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            self.product.astype(np.uint8), connectivity=8
        )
        out = np.ones(self.product.shape, np.uint8)
        if count < 2:
            return out == 1
        areas = stats[1:, cv2.CC_STAT_AREA]
        large = np.isin(labels, 1 + np.flatnonzero(areas >= 0.1 * areas.max()))
        ys, xs = np.nonzero(large)
        cv2.fillConvexPoly(out, cv2.convexHull(np.stack([xs, ys], 1).astype(np.int32)), 0)
        return out == 1

    @cached_property
    def objects(self) -> int:
        """How many separate things of some size stand on the white."""
        _, _, stats, _ = cv2.connectedComponentsWithStats(self.product.astype(np.uint8), connectivity=8)
        areas = stats[1:, cv2.CC_STAT_AREA]
        return int((areas > 0.00004 * self.product.size).sum()) if areas.size else 0


def _has_line(pixels: Pixels) -> bool:
    depth = max(2, round(0.05 * pixels.shape[0]))
    rows = pixels[: depth + 2].astype(np.int16)
    for gap in (1, 2):  # compression smears a line over two rows
        jump = np.abs(rows[gap:] - rows[:-gap]).max(2) > 24
        if (jump[:depth].mean(1) > 0.9).any():
            return True
    return False


def _apply(rule: Rule, picture: _Picture) -> RuleResult:
    passed, message, measured = _MEASURES[rule.name](picture, rule.limit)
    if rule.source == MEMORY:
        message += " (This number is from memory and was not checked.)"
    return RuleResult(rule.name, passed, message, measured, rule.hard, rule.source)


Outcome = tuple[bool, str, Any]


def _between(value: float | None, limit: tuple[float | None, float | None], what: str, unit: str) -> Outcome:
    low, high = limit
    if value is None:
        return True, f"{what} cannot be measured on this background.", None
    least = [] if low is None else [f"at least {low:g}{unit}"]
    most = [] if high is None else [f"at most {high:g}{unit}"]
    bounds = " and ".join(least + most)
    passed = (low is None or value >= low) and (high is None or value <= high)
    return passed, f"{what} is {value:g}{unit}; it must be {bounds}.", value


def _format(p: _Picture, limit: tuple[str, ...]) -> Outcome:
    found = "JPEG" if p.info.format == "MPO" else p.info.format
    return found in limit, f"The file is {found}; it must be {_list(limit)}.", found


def _safe_zone(p: _Picture, limit: tuple[float, float, float, float]) -> Outcome:
    if not p.on_white or p.box is None:
        return True, "Where the product is cannot be measured on this background.", None
    return in_safe_zone(p.box, (p.height, p.width), limit)


def in_safe_zone(
    box: tuple[int, int, int, int], shape: tuple[int, int], zone: tuple[float, float, float, float]
) -> Outcome:
    """Whether a product's box (top, bottom, left, right) is clear of what the platform lays over the picture."""
    (top, bottom, left, right), (height, width) = box, shape
    over = [
        zone[0] - top / height,
        zone[1] - (1 - right / width),
        zone[2] - (1 - bottom / height),
        zone[3] - left / width,
    ]
    sides = zip(("top", "right", "bottom", "left"), over, strict=True)
    parts = [f"{value:.1%} of the picture at the {side}" for side, value in sides if value > 0.002]
    if not parts:
        return True, "The product is clear of the platform's own buttons.", 0.0
    message = f"The product lies under the platform's own buttons: {', '.join(parts)}."
    return False, message, round(max(over), 4)


def _mode(p: _Picture, limit: tuple[str, ...]) -> Outcome:
    return p.info.mode in limit, f"The colour mode is {p.info.mode}; it must be {_list(limit)}.", p.info.mode


def _bytes(p: _Picture, limit: int) -> Outcome:
    size = p.info.bytes
    return size <= limit, f"The file has {size / 1e6:.2f} MB; at most {limit / 1e6:g} MB are taken.", size


def _aspect(p: _Picture, limit: tuple[float, float]) -> Outcome:
    wanted, tolerance = limit
    ratio = p.width / p.height
    passed = abs(ratio / wanted - 1) <= tolerance
    return passed, f"Width to height is {ratio:.3f}; it must be {wanted:.3f}.", round(ratio, 4)


def _white(p: _Picture, limit: float) -> Outcome:
    share = p.white_share
    # Rounded down: a share that is not the whole must not read as the whole.
    shown = int(share * 10_000) / 100
    return (
        share >= limit,
        f"{shown:g} % of the background is pure white (255, 255, 255); {limit:.1%} must be.",
        round(share, 5),
    )


def _fill(p: _Picture, limit: tuple[float | None, float | None]) -> Outcome:
    return _between(
        None if p.fill is None else round(p.fill, 4), limit, "The product's share of the frame", ""
    )


def _border(p: _Picture, limit: None) -> Outcome:
    found = p.framed_sides
    sides = "No border is drawn around the picture." if found < 3 else f"A border runs along {found} sides."
    return found < 3, sides, found


def _whole(p: _Picture, limit: None) -> Outcome:
    if not p.on_white:
        return True, "The product's edge cannot be told on this background.", None
    touched = p.touched
    passed = touched < 0.004
    message = "The whole product is in the frame." if passed else "The product is cut off by the frame."
    return passed, message, round(touched, 4)


def _single(p: _Picture, limit: None) -> Outcome:
    if not p.on_white:
        return True, "Separate objects cannot be told on this background.", None
    many = p.objects > 3
    text = (
        "There may be text, a logo or props beside the product"
        if many
        else "Nothing stands beside the product"
    )
    return not many, f"{text}: {p.objects} separate parts were found.", p.objects


def _text(p: _Picture, limit: None) -> Outcome:
    if not p.on_white:
        return True, "On this background lettering cannot be told from print on the product.", None
    return _lettering(text_boxes(p.pixels, p.beside))


def _scene_text(p: _Picture, limit: None) -> Outcome:
    if p.on_white:
        return True, "Looked for beside the product.", None
    return _lettering(text_boxes(p.pixels))


def _lettering(boxes: list[tuple[int, int, int, int]]) -> Outcome:
    if not boxes:
        return True, "No lettering was found.", []
    left, top, right, bottom = boxes[0]
    where = f"{right - left} × {bottom - top} pixels at {left}, {top}"
    more = f" and {len(boxes) - 1} more" if len(boxes) > 1 else ""
    return False, f"There may be a line of lettering: {where}{more}.", [list(box) for box in boxes]


def _frames(p: _Picture, limit: None) -> Outcome:
    count = p.info.frames if p.info.format != "MPO" else 1
    return (
        count == 1,
        f"The file holds {count} {'picture' if count == 1 else 'pictures'}; it must hold one.",
        count,
    )


def _private(p: _Picture, limit: None) -> Outcome:
    passed = not p.info.gps
    message = (
        "No position is stored in the file." if passed else "The file tells where the photograph was taken."
    )
    return passed, message, p.info.gps


def _source_type(p: _Picture, limit: dict[str, Any]) -> Outcome:
    found = p.info.source_type
    if found is None:
        return not limit["required"], "The file does not say how the picture was made.", None
    passed = found not in limit["forbidden"]
    ending = "" if passed else ", which is not taken here"
    return passed, f"The file says {found}{ending}.", found


def _list(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


_MEASURES: dict[str, Callable[[_Picture, Any], Outcome]] = {
    "format": _format,
    "mode": _mode,
    "bytes": _bytes,
    "aspect": _aspect,
    "white_background": _white,
    "fill": _fill,
    "safe_zone": _safe_zone,
    "border": _border,
    "whole_product": _whole,
    "single_object": _single,
    "text": _text,
    "scene_text": _scene_text,
    "frames": _frames,
    "private_data": _private,
    "source_type": _source_type,
    "longest_side": lambda p, limit: _between(max(p.width, p.height), limit, "The longer side", " px"),
    "shortest_side": lambda p, limit: _between(min(p.width, p.height), limit, "The shorter side", " px"),
    "width": lambda p, limit: _between(p.width, limit, "The width", " px"),
    "height": lambda p, limit: _between(p.height, limit, "The height", " px"),
    "megapixels": lambda p, limit: _between(
        round(p.width * p.height / 1e6, 2), limit, "The picture's size", " megapixels"
    ),
}
