"""Colours by the ICC profile that a picture brings along, judged by what it does and not by what it is called."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

Conversion = Callable[[Image.Image], Image.Image]
"""Part of a picture, in the picture's own mode with 8 bits, to RGB."""

_SRGB = ImageCms.createProfile("sRGB")
_LAB = ImageCms.createProfile("LAB")
_MAX_PROFILE = 8_000_000  # a printer's tables have three megabytes
_DEVICES = ("scnr", "mntr", "prtr", "spac")
_GREY = ("1", "L", "LA", "La")
# Two of 255 steps: what rounding makes of the many ways to write sRGB down, and nobody sees.
_SAME = 2


def conversion(mode: str, profile: bytes | None) -> Conversion:
    """How pictures of a mode (8 bits a channel) become sRGB; transparency is left out.

    A profile that is damaged, of a device class that says no colours, or of another colour space than the picture's
    is passed over: the numbers are then taken for sRGB, as browsers do.
    """
    if mode == "LAB":
        return _through(ImageCms.ImageCmsProfile(_LAB), "LAB") or _plain
    parsed = _parsed(profile)
    if parsed is None:
        return _plain
    embedded, space = parsed
    if space == "GRAY" and mode in _GREY:
        return _through(embedded, "L") or _plain
    if space == "RGB" and mode != "CMYK":
        return _through(embedded, "RGB") or _plain
    if space == "CMYK" and mode == "CMYK":
        return _through(embedded, "CMYK") or _plain
    return _plain


def _plain(part: Image.Image) -> Image.Image:
    return _opaque(part).convert("RGB")


def _opaque(part: Image.Image) -> Image.Image:
    """The colours alone, not weighed with a transparency."""
    if part.mode in ("RGBa", "PA") or (part.mode == "P" and "transparency" in part.info):
        part = part.convert("RGBA")
    elif part.mode == "La":
        part = part.convert("LA")
    return part.getchannel("L") if part.mode == "LA" else part


def _parsed(profile: bytes | None) -> tuple[ImageCms.ImageCmsProfile, str] | None:
    """A usable profile and its colour space, such as "RGB"."""
    if not profile or len(profile) > _MAX_PROFILE:
        return None
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        # What is damaged may be no text; LittleCMS reads some fields only when they are asked for.
        space = found.profile.xcolor_space.strip()
        return (found, space) if found.profile.device_class in _DEVICES else None
    except (OSError, ValueError, TypeError):
        return None


def _through(profile: ImageCms.ImageCmsProfile, mode: str) -> Conversion | None:
    """The conversion of `mode` by a profile; the plain one where that is the same; None where it does not work."""
    try:
        transform = ImageCms.buildTransform(
            profile, ImageCms.ImageCmsProfile(_SRGB), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
        # Most profiles say sRGB: converting would only move values by a rounding error.
        if mode in ("RGB", "L") and _changes_nothing(transform, mode):
            return _plain
    except (ImageCms.PyCMSError, ValueError, OSError):
        return None  # a damaged profile, or one without the tables that are needed

    def convert(part: Image.Image) -> Image.Image:
        made = ImageCms.applyTransform(_opaque(part).convert(mode), transform)
        assert made is not None  # only None where it is done in place
        return made

    return convert


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    steps = np.arange(256, dtype=np.uint8)[None]
    if mode == "RGB":
        few = np.linspace(0, 255, 9).round().astype(np.uint8)
        steps = np.stack(np.meshgrid(few, few, few), -1).reshape(1, -1, 3)
    tried = Image.fromarray(steps)
    made = ImageCms.applyTransform(tried, transform)
    assert made is not None
    apart = np.asarray(made, np.int16) - np.asarray(tried.convert("RGB"), np.int16)
    return bool(np.abs(apart).max() <= _SAME)
