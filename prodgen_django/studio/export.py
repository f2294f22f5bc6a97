"""Make a picture fit for a channel by framing, scaling and encoding alone; the product is never altered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prodgen_django.imagefile import FORMATS, encode_image, load_made, read_source_type

from .channels import Channel
from .checking import ChannelReport, RuleResult, check_channel, find_channel, in_safe_zone, product_on_white
from .color import Pixels
from .resampling import resample

_QUALITIES = (None, 86, 80, 72, 64, 55)


class ExportError(ValueError):
    """A picture that a channel cannot take however it is framed. `report` says which rules it breaks."""

    def __init__(self, message: str, report: ChannelReport) -> None:
        super().__init__(message)
        self.message, self.report = message, report


@dataclass(frozen=True, slots=True)
class Exported:
    """A file for a channel. `changes`: one sentence for each thing that was done to the picture."""

    data: bytes
    format: str
    extension: str
    size: tuple[int, int]
    report: ChannelReport
    changes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "bytes": len(self.data),
            "size": list(self.size),
            "changes": list(self.changes),
            "report": self.report.as_dict(),
        }


def export_for_channel(
    source: bytes | Pixels,
    channel: str | Channel,
    *,
    source_type: str | None = None,
    mask: Any = None,
    strict: bool = True,
) -> Exported:
    """Frame, scale and encode a picture so that `channel` takes it.

    `source`: a file's bytes, whose own source type is kept, or pixels uint8 h×w×3 with `source_type`.
    `mask`: float h×w, the product in the picture; it keeps the product in the frame when a scene is cropped.
    On white the product is framed anew to the channel's share; a scene is cropped about the product. A
    picture is never enlarged, and never gets a white background that it has not.

    Raises ExportError with the report where a hard rule is still broken, unless `strict` is False;
    LookupError for an unknown channel; ImageRejected where the bytes are no picture.
    """
    wanted = find_channel(channel)
    carried = False
    if isinstance(source, bytes):
        found = read_source_type(source)
        source_type, carried = found or source_type, found is not None
        source = load_made(source, background=(255, 255, 255))
    changes: list[str] = []
    label = wanted.relabel.get(source_type, source_type) if source_type else source_type
    if label != source_type:
        changes.append(f"Its origin is told as {label}, the term that this channel knows.")
    shape = _aspect(wanted)
    width_over_height = source.shape[1] / source.shape[0]
    fits = shape is None or abs(width_over_height / shape - 1) <= 0.003
    if _on_white(source) and (wanted.fill is not None or not fits):
        pixels, further = _reframe(source, wanted, changes), list[RuleResult]()
    else:
        pixels, further = _crop(source, wanted, None if fits else shape, mask, changes)
    data = _encode(pixels, wanted, label, carried, changes)
    report = check_channel(data, wanted)
    if further:
        known = {result.rule for result in further}
        results = [*(r for r in report.results if r.rule not in known), *further]
        report = replace(report, passed=all(r.passed for r in results if r.hard), results=results)
    if strict and not report.passed:
        raise ExportError(" ".join(r.message for r in report.failures), report)
    size = (pixels.shape[1], pixels.shape[0])
    return Exported(data, wanted.format, FORMATS[wanted.format], size, report, tuple(changes))


def _on_white(pixels: Pixels) -> bool:
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool((rim == 255).all(1).mean() > 0.9)


def _reframe(pixels: Pixels, channel: Channel, changes: list[str]) -> Pixels:
    """A new white frame about the product, at the channel's share and shape."""
    product = product_on_white(pixels)
    rows, columns = np.flatnonzero(product.any(1)), np.flatnonzero(product.any(0))
    if not rows.size:
        return pixels
    margin = 4  # the soft rim of the product is nearly white and belongs to it
    top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
    bottom, right = rows[-1] + 1 + margin, columns[-1] + 1 + margin
    part = pixels[top:bottom, left:right]
    height, width = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    fill = channel.fill or 0.82
    ratio = channel.size[0] / channel.size[1]
    above, right_of, below, left_of = _zone(channel)
    frame_h = max(height / fill / (1 - above - below), width / fill / ratio / (1 - right_of - left_of))
    frame = (max(part.shape[1], round(frame_h * ratio)), max(part.shape[0], round(frame_h)))
    least = max((r.limit[0] or 0 for r in channel.rules if r.name == "width" and r.hard), default=0)
    if channel.fill is None and frame[0] < least:  # more white, as the product must not be enlarged
        frame = (least, round(least / ratio))
    scale = min(1.0, channel.size[0] / frame[0])
    if scale < 1:
        part = resample(part, (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))))
        frame = channel.size
        changes.append(f"Scaled to {scale:.0%}.")
    canvas = np.full((frame[1], frame[0], 3), 255, np.uint8)
    y = round(frame[1] * (1 + above - below) / 2 - part.shape[0] / 2)
    x = round(frame[0] * (1 + left_of - right_of) / 2 - part.shape[1] / 2)
    canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    changes.append(f"Framed anew on white, so that the product takes {fill:.0%} of the frame.")
    return canvas


def _aspect(channel: Channel) -> float | None:
    return next((rule.limit[0] for rule in channel.rules if rule.name == "aspect"), None)


def _zone(channel: Channel) -> tuple[float, float, float, float]:
    """The shares at the top, right, bottom and left that the platform covers."""
    return next((rule.limit for rule in channel.rules if rule.name == "safe_zone"), (0.0, 0.0, 0.0, 0.0))


def _box(mask: Any) -> tuple[int, int, int, int] | None:
    """Top, bottom, left and right of the product, or None where the mask does not say."""
    if mask is None or not (mask > 0.5).any():
        return None
    rows, columns = np.flatnonzero((mask > 0.5).any(1)), np.flatnonzero((mask > 0.5).any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _crop(
    pixels: Pixels, channel: Channel, shape: float | None, mask: Any, changes: list[str]
) -> tuple[Pixels, list[RuleResult]]:
    """The largest part of the wanted shape about the product, scaled down to the channel's size.

    The product is brought to the middle of what the platform leaves uncovered. The results tell what only the mask
    knows: whether the whole product is in the part, and clear of what is covered.
    """
    height, width = pixels.shape[:2]
    results: list[RuleResult] = []
    top, bottom, left, right = _box(mask) or (0, height, 0, width)
    above, right_of, below, left_of = zone = _zone(channel)
    x, y, crop_w, crop_h = 0, 0, width, height
    if shape is not None:
        crop_h, crop_w = min(height, round(width / shape)), min(width, round(height * shape))
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        x = int(np.clip(middle_x - crop_w * (1 + left_of - right_of) / 2, 0, width - crop_w))
        y = int(np.clip(middle_y - crop_h * (1 + above - below) / 2, 0, height - crop_h))
        pixels = np.ascontiguousarray(pixels[y : y + crop_h, x : x + crop_w])
        changes.append(f"Cropped to {crop_w} × {crop_h} pixels.")
    if _box(mask) is not None:
        if bottom - top > crop_h or right - left > crop_w:
            message = "The product does not fit into this shape."
            results.append(RuleResult("whole_product", False, message, shape, True))
        if any(zone):
            box = (top - y, bottom - y, left - x, right - x)
            passed, message, measured = in_safe_zone(box, (crop_h, crop_w), zone)
            results.append(RuleResult("safe_zone", passed, message, measured, True))
    if any(r.name == "width" and r.hard and r.limit[1] is not None for r in channel.rules):
        scale = min(1.0, channel.size[0] / pixels.shape[1])  # as long as it will be
    else:
        scale = min(1.0, max(channel.size) / max(pixels.shape[:2]))
    if scale < 1:
        pixels = resample(pixels, (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)))
        changes.append(f"Scaled to {scale:.0%}.")
    return pixels, results


def _encode(
    pixels: Pixels, channel: Channel, source_type: str | None, carried: bool, changes: list[str]
) -> bytes:
    most = min((r.limit for r in channel.rules if r.name == "bytes"), default=None)
    data = b""
    for quality in _QUALITIES:
        data = encode_image(
            pixels, format=channel.format, source_type=source_type, quality=quality or channel.quality,
            carried=carried,
        )  # fmt: skip
        if most is None or len(data) <= most:
            if quality is not None and most is not None:
                changes.append(f"Compressed to quality {quality} to stay under {most / 1e6:g} MB.")
            break
    return data
