"""What leaves the door: the source type in every file, nothing private, the same bytes each time."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from prodgen_django.imagefile import (
    FORMATS,
    IPTC_TERMS,
    MAX_BYTES,
    SOURCE_TYPES,
    encode_image,
    inspect_image,
    load_image,
    make_rendition,
    read_source_type,
)
from prodgen_django.studio import export_for_channel

from .making import CASES

PIXELS = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("source_type", SOURCE_TYPES)
def test_every_file_says_how_it_was_made(kind: str, source_type: str) -> None:
    data = encode_image(PIXELS, format=kind, source_type=source_type)
    assert read_source_type(data) == source_type
    assert f"digitalsourcetype/{source_type}".encode() in data
    for width in (120, 60):
        assert read_source_type(make_rendition(data, width, "webp")) == source_type


@pytest.mark.parametrize("term", sorted(IPTC_TERMS))
def test_every_term_of_the_vocabulary_passes_to_a_copy(term: str) -> None:
    data = encode_image(PIXELS, source_type=term)
    for kind in FORMATS:
        assert read_source_type(make_rendition(data, 60, kind)) == term


def test_what_a_phone_says_of_its_photo_passes_to_copies_and_exports() -> None:
    data = (CASES / "xmp_computationalCapture.jpg").read_bytes()
    assert read_source_type(make_rendition(data, 100, "webp")) == "computationalCapture"
    made = export_for_channel(data, "web", strict=False)
    assert read_source_type(made.data) == "computationalCapture"


def test_a_term_that_is_younger_than_our_list_is_carried_and_never_made_up() -> None:
    data = encode_image(PIXELS, source_type="quantumCapture", carried=True)
    assert read_source_type(make_rendition(data, 60)) == "quantumCapture"
    assert read_source_type(export_for_channel(data, "web", strict=False).data) == "quantumCapture"
    with pytest.raises(ValueError, match="quantumCapture"):
        encode_image(PIXELS, source_type="quantumCapture")
    with pytest.raises(ValueError, match="no word"):
        encode_image(PIXELS, source_type="x' onload='y", carried=True)


def test_a_picture_of_our_own_is_no_stranger_whatever_its_size() -> None:
    # Drawn noise, and so more bytes than an upload may have.
    noise = np.random.default_rng(0).integers(0, 255, (3800, 3800, 3), np.uint8)
    data = encode_image(noise, format="png", source_type="compositeCapture", effort=0)
    assert len(data) > MAX_BYTES
    assert inspect_image(make_rendition(data, 200)).width == 200


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_pixels_give_the_same_bytes(kind: str) -> None:
    first, second = (encode_image(PIXELS, format=kind, source_type="compositeCapture") for _ in range(2))
    assert first == second


def test_a_jpeg_in_one_pass_shows_the_same_picture_and_says_as_much() -> None:
    careful, quick = (
        encode_image(PIXELS, source_type="trainedAlgorithmicMedia", effort=e) for e in (None, 0)
    )
    assert (load_image(careful) == load_image(quick)).all()
    assert read_source_type(quick) == "trainedAlgorithmicMedia"
    assert quick != careful


def test_what_a_camera_wrote_is_left_behind() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera of mine"
    exif.get_ifd(0x8825)[1] = "N"
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", exif=exif)
    assert inspect_image(file.getvalue()).gps
    for kind in FORMATS:
        kept = make_rendition(file.getvalue(), 60, kind)
        assert b"A camera of mine" not in kept
        assert not inspect_image(kept).gps


def test_a_stranger_s_picture_claims_nothing() -> None:
    data = make_rendition(encode_image(PIXELS, format="png", source_type=None), 50)
    assert read_source_type(data) is None


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30), st.sampled_from([3, 4]))),
)
def test_png_and_lossless_webp_give_back_the_pixels(pixels: np.ndarray) -> None:
    for kind, options in (("png", {}), ("webp", {"lossless": True})):
        data = encode_image(pixels, format=kind, source_type="digitalCapture", **options)
        back = load_image(data)
        wanted = pixels[..., :3] if pixels.shape[2] == 4 and (pixels[..., 3] == 255).all() else pixels
        seen = wanted[..., 3] > 0 if wanted.shape[2] == 4 else np.ones(wanted.shape[:2], bool)
        assert back.shape == wanted.shape
        assert (back[seen] == wanted[seen]).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 300))
def test_a_rendition_fits_and_is_never_larger(height: int, width: int, wanted: int) -> None:
    pixels = np.zeros((height, width, 3), np.uint8)
    info = inspect_image(make_rendition(pixels, wanted, "png", source_type="digitalCapture"))
    assert info.width == min(wanted, width)
    assert info.height == max(1, round(height * min(1, wanted / width)))


def test_what_cannot_be_encoded_is_told() -> None:
    for pixels in (PIXELS.astype(float), PIXELS[..., :2], np.zeros((0, 5, 3), np.uint8)):
        with pytest.raises(ValueError):
            encode_image(pixels, format="png", source_type=None)
    for options in ({"format": "bmp"}, {"quality": 0}, {"source_type": "photo"}):
        with pytest.raises(ValueError):
            encode_image(PIXELS, **{"format": "jpeg", "source_type": None, **options})


def test_pure_noise_is_encoded_as_well() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    data = encode_image(noise, format="jpeg", source_type="compositeCapture")
    assert load_image(data).shape == (200, 200, 3)
