"""Any Pillow mode to 8-bit sRGB, upright."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps

_SRGB = ImageCms.createProfile("sRGB")
_LAB = ImageCms.createProfile("LAB")
_TIFF_BITS_PER_SAMPLE = 258


def to_srgb(image: Image.Image, background: tuple[int, int, int] | None = None) -> npt.NDArray[np.uint8]:
    """The decoded current frame of an image as uint8 H×W×3, or H×W×4 where some pixel is not opaque.

    With `background` the pixels are laid on that colour, and the result has three channels.
    """
    profile = image.info.get("icc_profile")
    image = _eight_bit(_upright(image))
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        if alpha.getextrema()[0] == 255:
            alpha = None
    pixels = np.asarray(_managed(image, profile))
    if alpha is None:
        return np.ascontiguousarray(pixels)
    if background is not None:
        return flatten(np.dstack([pixels, np.asarray(alpha)]), background)
    return np.dstack([pixels, np.asarray(alpha)])


def flatten(pixels: npt.NDArray[np.uint8], background: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Lay uint8 H×W×4 on one colour: uint8 H×W×3. Three channels come back unchanged."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint16)
    mixed = pixels[..., :3] * alpha + np.asarray(background, np.uint16) * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - broken EXIF is common; the picture itself is well
        return image


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        values = np.asarray(image).astype(np.float64)
        return Image.fromarray(
            np.clip(np.rint(values * (255 / _white_level(image, values))), 0, 255).astype(np.uint8)
        )
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image), nan=0.0, posinf=np.inf, neginf=0.0)
        finite = values[np.isfinite(values)]
        top = float(finite.max()) if finite.size else 1.0
        # Float pictures are kept as 0 to 1 (the usual), as 0 to 255, or in a range of their own.
        white = 1.0 if top <= 1 else 255.0 if top <= 255 else top
        return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
    return image


def _white_level(image: Image.Image, values: npt.NDArray[np.float64]) -> float:
    bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS_PER_SAMPLE, (16,))
    depth = bits[0] if isinstance(bits, tuple) else bits
    if depth == 12:
        return 4095.0
    return 65535.0 if values.max(initial=0) <= 65535 else float(2**32 - 1)


def _managed(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Three channels of sRGB, by the embedded profile where there is a usable one."""
    if image.mode == "LAB":
        return _through(image, ImageCms.ImageCmsProfile(_LAB)) or image.convert("RGB")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L", "LA", "P", "RGBX"):
        plain = image if image.mode in ("CMYK", "L") else image.convert("RGB")
        try:
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except (OSError, ValueError, TypeError):
            return image.convert("RGB")
        # Most files say sRGB already: converting would only move values by a rounding error.
        if plain.mode == "RGB" and (embedded.profile.profile_description or "").startswith("sRGB"):
            return plain
        managed = _through(plain, embedded)
        if managed is not None:
            return managed
    return image.convert("RGB")


def _through(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            image, profile, ImageCms.ImageCmsProfile(_SRGB), ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, ValueError, OSError):
        return None  # a profile of another colour space than the picture's, or a damaged one
