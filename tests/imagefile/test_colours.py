"""Colours as the photographer saw them: by what a profile does, whatever it is called."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from prodgen_django.imagefile import load_image

from .making import CASES, chunk, file, png, profile

#: A linear 55 is sRGB's 128.
LINEAR = 55
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def grey(mode: str, level: int = LINEAR) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.full((16, 16), level * 257, np.uint16))
    image = Image.new("RGBA", (16, 16), (level, level, level, 200 if mode in ("LA", "RGBA", "PA") else 255))
    return image.convert("RGB").quantize(2) if mode == "P" else image.convert(mode)


def test_a_profile_that_calls_itself_srgb_is_judged_by_what_it_does() -> None:
    pixels = load_image(CASES / "srgb_linear_icc.png")
    assert abs(int(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2, 0]) - 128) <= 1


@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "Display P3", "", "Grau"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_the_name_plays_no_part(name: str, kind: str) -> None:
    options = {"quality": 100} if kind in ("JPEG", "WEBP") else {}
    pixels = load_image(file(grey("RGB"), kind, icc_profile=profile(name=name), **options))
    assert abs(int(pixels[8, 8, 0]) - 128) <= 2


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA"])
def test_a_profile_that_is_srgb_leaves_every_value_alone(mode: str) -> None:
    values = np.random.default_rng(1).integers(0, 255, (40, 30, 4), np.uint8)
    image = Image.fromarray(values).convert("RGB" if mode == "P" else "RGBA").convert(mode)
    assert (load_image(file(image, icc_profile=SRGB)) == load_image(file(image))).all()


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_grey_profile_is_used_with_alpha_and_without(mode: str) -> None:
    pixels = load_image(file(grey(mode), icc_profile=profile("GRAY")))
    assert pixels.shape[2] == (4 if mode == "LA" else 3)
    assert np.abs(pixels[..., :3].astype(int) - 128).max() <= 1
    if mode == "LA":
        assert (pixels[..., 3] == 200).all()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_a_colour_profile_is_used_for_grey_and_palettes_too(mode: str) -> None:
    pixels = load_image(file(grey(mode), icc_profile=profile("RGB")))
    assert np.abs(pixels[..., :3].astype(int) - 128).max() <= 1


def test_a_grey_picture_with_one_transparent_colour_and_a_profile() -> None:
    values = np.full((8, 8), LINEAR)
    values[0] = 9
    data = png(
        values, 8, 0, chunk(b"iCCP", b"grey\0\0" + zlib.compress(profile("GRAY"))), chunk(b"tRNS", b"\0\x09")
    )
    pixels = load_image(data)
    assert (pixels[0, :, 3] == 0).all()
    assert np.abs(pixels[1:, :, :3].astype(int) - 128).max() <= 1


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no profile at all", id="words"),
        pytest.param(profile()[:200], id="cut short"),
        pytest.param(profile().replace(b"rTRC", b"xTRC"), id="without a curve"),
        pytest.param(profile()[:12] + b"link" + profile()[16:], id="of no device"),
        pytest.param(profile("GRAY"), id="of grey"),
        pytest.param(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), id="of Lab"),
        pytest.param(profile()[:16] + b"CMYK" + profile()[20:], id="of CMYK, as it says"),
        pytest.param(profile()[:16] + b"\xb3GB " + profile()[20:], id="of a space that is no text"),
        pytest.param(bytes(9_000_000), id="nine megabytes of zeros"),
        *(
            pytest.param(profile()[:at] + bytes((255 - k,)) * 9 + profile()[at + 9 :], id=f"overwritten at {at}")
            for k, at in enumerate((8, 64, 128, 140, 260, 330))
        ),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_used_spoils_nothing(bad: bytes) -> None:
    for kind in ("PNG", "JPEG", "TIFF"):
        pixels = load_image(file(grey("RGB"), kind, icc_profile=bad))
        assert pixels.shape == (16, 16, 3)
    assert load_image(file(grey("RGBA"), "WEBP", icc_profile=bad, lossless=True)).shape == (16, 16, 4)


def test_lab_pictures_of_scanners_are_read() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    red = ImageCms.applyTransform(Image.new("RGB", (16, 16), (200, 30, 40)), to_lab)
    pixels = load_image(file(red, "TIFF"))
    assert np.abs(pixels[8, 8].astype(int) - (200, 30, 40)).max() <= 4


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK", "I;16", "LA"])
def test_a_picture_of_many_bands_is_the_same_as_at_once(mode: str, orientation: int) -> None:
    ys, xs = np.mgrid[0:1100, 0:1050]
    values = np.dstack([xs % 256, ys % 256, (xs + ys) % 256, 255 - ys % 200]).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray((ys * 43).astype(np.uint16))
        wanted = np.rint(ys * 43 / 257).astype(np.uint8)[..., None].repeat(3, 2)
    else:
        image = Image.fromarray(values).convert("RGB" if mode in ("P", "CMYK") else "RGBA").convert(mode)
        wanted = np.asarray(image.convert("RGBA" if mode in ("RGBA", "LA") else "RGB"))
    exif = Image.Exif()
    exif[0x0112] = orientation
    kind = "TIFF" if mode == "CMYK" else "PNG"
    data = file(image, kind, exif=exif, **({"compress_level": 1} if kind == "PNG" else {}))
    turned = np.rot90(wanted, {1: 0, 6: -1}[orientation])
    assert (load_image(data) == turned).all()


def test_transparency_is_laid_on_a_colour_in_every_band() -> None:
    values = np.zeros((1100, 1050, 4), np.uint8)
    values[..., 3] = np.arange(1100)[:, None] % 256
    pixels = load_image(
        io.BytesIO(file(Image.fromarray(values), compress_level=1)), background=(255, 255, 255)
    )
    assert (pixels[..., 0] == 255 - values[..., 3]).all()
