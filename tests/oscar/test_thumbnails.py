"""Thumbnails of the shop's own pages keep the mark and the colours of what they show."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from oscar.core.loading import get_model
from oscar.test.factories import create_product
from PIL import Image

from prodgen_django.contrib.oscar.thumbnails import MarkedThumbnails
from prodgen_django.imagefile import IPTC_TERMS, encode_image, inspect_image, load_image, read_source_type
from prodgen_django.imagefile.provenance import xmp_packet
from tests.imagefile.making import CASES, file, profile

pytestmark = pytest.mark.django_db
ProductImage = get_model("catalogue", "ProductImage")


def thumbnail(data: bytes, extension: str, size: str = "40x40") -> bytes:
    image = ProductImage(product=create_product())
    image.original.save(f"{uuid.uuid4().hex}.{extension}", ContentFile(data))
    made = MarkedThumbnails().generate_thumbnail(image.original, size=size)
    with made.storage.open(made.name) as opened:
        return opened.read()


def marked(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A file with a profile and a mark, as phones write them."""
    packet = xmp_packet("computationalCapture")
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return file(image, kind, pnginfo=info, **options)
    return file(image, kind, xmp=packet, **options)


@pytest.mark.parametrize("term", sorted(IPTC_TERMS))
def test_every_term_reaches_the_thumbnail(term: str) -> None:
    data = encode_image(np.full((60, 80, 3), 200, np.uint8), source_type=term)
    assert read_source_type(thumbnail(data, "jpg")) == term


@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
@pytest.mark.parametrize("with_mark", [True, False])
def test_colours_are_converted_by_the_profile(kind: str, extension: str, with_mark: bool) -> None:
    photo = Image.new("RGB", (80, 60), (55, 55, 55))
    made = marked if with_mark else file
    small = thumbnail(made(photo, kind, icc_profile=profile(gamma=1.0)), extension)
    # Shown as sRGB, for a thumbnail without a profile is: the linear 55 is 128 there.
    assert not inspect_image(small).icc
    assert abs(int(load_image(small)[10, 10, 0]) - 128) <= 2
    assert read_source_type(small) == ("computationalCapture" if with_mark else None)


def test_grey_with_alpha_and_a_profile_keeps_both() -> None:
    photo = Image.new("LA", (80, 60), (55, 0))
    photo.paste((55, 255), (20, 10, 60, 50))
    small = load_image(thumbnail(marked(photo, "PNG", icc_profile=profile("GRAY")), "png"))
    assert small.shape[2] == 4
    assert abs(int(small[small.shape[0] // 2, 20, 0]) - 128) <= 2
    assert small[0, 0, 3] == 0


def test_what_our_door_refuses_is_left_to_the_shop_s_thumbnailer(settings: Any) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_PIXELS": 100}
    data = marked(Image.new("RGB", (80, 60), (55, 55, 55)), "JPEG", icc_profile=profile())
    assert load_image(thumbnail(data, "jpg")).shape == (30, 40, 3)


def test_a_phone_s_photo_of_the_cases() -> None:
    data = (CASES / "xmp_computationalCapture.jpg").read_bytes()
    assert read_source_type(thumbnail(data, "jpg")) == "computationalCapture"
