"""What phones, cameras and marketplaces write around a picture does not keep it from being read."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prodgen_django.imagefile import inspect_image, load_image

from .making import CASES, file, rejected, segment, with_segments

PHOTO = Image.fromarray(np.indices((48, 64)).sum(0).astype(np.uint8) * 2).convert("RGB")
JPEG = file(PHOTO, "JPEG")
SECOND = file(PHOTO.resize((32, 24)), "JPEG")


def mpf(count: int, offset: int) -> bytes:
    """The index of a multi-picture file (CIPA DC-007): `count` pictures, the others at an offset."""
    entries = b"".join(bytes(4) + (len(SECOND)).to_bytes(4, "big") + (k * offset).to_bytes(4, "big") + bytes(4)
                       for k in range(count))  # fmt: skip
    fields = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, count.to_bytes(4, "big")),
              (0xB002, 7, len(entries), (50).to_bytes(4, "big"))]  # fmt: skip
    table = b"".join(
        tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + size.to_bytes(4, "big") + value
        for tag, kind, size, value in fields
    )
    head = b"MM\0*" + (8).to_bytes(4, "big") + len(fields).to_bytes(2, "big")
    return segment(0xE2, b"MPF\0" + head + table + bytes(4) + entries)


@pytest.mark.parametrize(
    ("name", "shape"), [("mpo_stripped.jpg", (240, 320, 3)), ("sugarshack_no_data.mpo", (480, 640, 3))]
)
def test_a_photo_whose_side_pictures_were_stripped_is_read(name: str, shape: tuple[int, ...]) -> None:
    assert load_image(CASES / name).shape == shape
    assert inspect_image(CASES / name).frames == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(with_segments(JPEG, mpf(2, 10_000_000)), id="side picture beyond the end"),
        pytest.param(with_segments(JPEG, mpf(2, len(JPEG))) + SECOND[:60], id="side picture cut short"),
        pytest.param(with_segments(JPEG, mpf(3, 1)), id="side pictures at wrong offsets"),
        pytest.param(with_segments(JPEG, segment(0xE2, b"MPF\0MM\0*\0\0")), id="index cut short"),
        pytest.param(with_segments(JPEG, segment(0xE2, b"MPF\0" + bytes(60))), id="index of zeros"),
        pytest.param(
            with_segments(JPEG, segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0"/>'), mpf(2, 900))
            + SECOND,
            id="Ultra HDR with its gain map",
        ),
        pytest.param(JPEG + SECOND, id="second JPEG behind the first"),
        pytest.param(JPEG + b"\0\0\0\x18ftypmp42" + b"\xff\xda" * 5000, id="motion photo"),
        pytest.param(JPEG + b"Image_UTC_Data1700000000SEFHk\0\0\0SEFT", id="Samsung's trailer"),
        pytest.param(JPEG + b"\xff\xd8\xff\xda" * 9000, id="markers behind the end"),
        pytest.param(with_segments(JPEG, segment(0xE1, b"Exif\0\0" + b"\xff\xda" * 900)), id="scans in EXIF"),
        pytest.param(with_segments(JPEG, b"\xff\xff\xff" + segment(0xFE, b"\xff\xda" * 900)), id="fill bytes"),
    ],
)  # fmt: skip
def test_only_the_first_picture_of_a_jpeg_is_looked_at(data: bytes) -> None:
    assert (load_image(data) == load_image(JPEG)).all()


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=3000)
    | st.lists(st.sampled_from([b"\xff\xda", b"\xff\xd8\xff", b"\xff\xd9", b"\0"])).map(b"".join)
)
def test_whatever_follows_the_end_changes_nothing(behind: bytes) -> None:
    assert (load_image(JPEG + behind) == load_image(JPEG)).all()
    assert inspect_image(JPEG + behind).frames == 1


def test_a_video_behind_the_end_costs_nothing() -> None:
    data = (CASES / "jpeg_trailing_video.jpg").read_bytes() + b"\xff\xda" * 10_000_000
    assert load_image(data).shape == (240, 320, 3)


def test_the_first_picture_itself_must_be_whole() -> None:
    data = (CASES / "mpo_stripped.jpg").read_bytes()
    assert rejected(data[: len(data) // 2]).code == "broken"


def test_a_jpeg_that_would_keep_a_decoder_busy_is_refused() -> None:
    progressive = file(PHOTO, "JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")

    def scans(count: int, jpeg: bytes = progressive, at: int = last) -> bytes:
        return jpeg[:at] + jpeg[at:-2] * count + b"\xff\xd9"

    assert load_image(scans(50)).shape == (48, 64, 3)
    assert rejected(scans(300)).code == "too_slow"
    assert rejected(with_segments(JPEG, segment(0xFE, b"") * 6000)).code == "too_slow"
    # As many as a small picture may have are too many for a large one.
    large = file(Image.new("L", (8192, 6144)), "JPEG", progressive=True)
    assert rejected(scans(120, large, large.rindex(b"\xff\xda"))).code == "too_slow"


@pytest.mark.parametrize("transform", [0, 2, None])
def test_cmyk_is_read_with_and_without_adobes_marker(transform: int | None) -> None:
    data = file(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    at = data.index(b"Adobe") - 4
    if transform is None:
        data = data[:at] + data[at + 16 :]
    else:
        data = data[: at + 15] + bytes((transform,)) + data[at + 16 :]
    pixels = load_image(data)
    assert pixels.shape == (16, 16, 3)
    if transform == 0:
        assert pixels[8, 8, 0] > 240
        assert pixels[8, 8, 1:].max() < 15


def test_metadata_of_two_megabytes_is_carried_by_webp_gif_and_tiff() -> None:
    much = b"<x:xmpmeta>" + b" " * 2_000_000
    for kind, options in (("WEBP", {"xmp": much, "exif": b"Exif\0\0" + bytes(60_000)}), ("GIF", {"comment": much}),
                          ("TIFF", {"tiffinfo": {700: much}})):  # fmt: skip
        assert load_image(file(PHOTO, kind, **options)).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_picture_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    data = file(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    pixels = load_image(data)
    assert pixels[5, 5, 0] > 200 > 60 > pixels[5, 5, 1]
    assert inspect_image(data).frames == 3


# -- large ones


@pytest.mark.parametrize("size", [(8160, 6144), (8192, 6144), (8256, 6192), (6192, 8256)])
def test_fifty_megapixels_are_let_in(size: tuple[int, int]) -> None:
    info = inspect_image(file(Image.new("1", size)))
    assert (info.width, info.height) == size
    assert rejected(file(Image.new("1", (9248, 6936)))).code == "too_many_pixels"


def test_a_raised_limit_is_the_one_that_counts() -> None:
    data = file(Image.new("1", (16_000, 12_000)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert inspect_image(data, max_pixels=200_000_000).megapixels == 192
    assert "12.5 megapixels" in rejected(data, max_pixels=12_500_000).message
    assert "0.0005 MB" in rejected(data, max_bytes=500).message


@pytest.mark.slow
def test_a_photo_of_fifty_megapixels_takes_its_pixels_and_one_decoded_picture() -> None:
    program = (
        "import resource, sys; from prodgen_django.imagefile import load_image\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "pixels = load_image(sys.argv[1])\n"
        "print(pixels.shape, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, CASES / "pixel_50mp.jpg"], capture_output=True, text=True, check=True
    ).stdout
    shape, _bracket, grown = told.partition(") ")
    assert shape == "(6144, 8160, 3"
    # 143 MB of pixels, 191 MB of Pillow's picture, and what a band takes.
    assert int(grown) * (1 if sys.platform == "darwin" else 1024) < 450_000_000


# -- HEIC


def heic(image: Image.Image = PHOTO) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=90)
    return out.getvalue()


def test_heic_is_read_where_its_reader_is_installed() -> None:
    Image.init()  # all that Pillow itself opens, which it else adds when it is first asked
    data, before = heic(), set(Image.OPEN)
    assert inspect_image(data).format == "HEIF"
    assert np.abs(load_image(data).astype(int) - np.asarray(PHOTO)).mean() < 4
    clear = PHOTO.copy()
    clear.putalpha(90)
    assert load_image(heic(clear)).shape == (48, 64, 4)
    assert rejected(data[:-200]).code in ("broken", "format_not_allowed")
    assert rejected(data, max_pixels=1000).code == "too_many_pixels"
    # Other code of the process opens with Pillow what it opened before; some of it has registered HEIF by itself.
    assert set(Image.OPEN) == before


def test_a_burst_of_heic_photos_gives_the_first() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    out, burst = io.BytesIO(), pillow_heif.from_pillow(PHOTO)
    burst.add_from_pillow(Image.new("RGB", (16, 16)))
    burst.save(out, quality=90)
    assert load_image(out.getvalue()).shape == (48, 64, 3)
    assert inspect_image(out.getvalue()).frames == 1


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1", b"hevc"])
def test_without_the_reader_a_sentence_says_how_to_get_one(
    brand: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    error = rejected(b"\0\0\0\x18ftyp" + brand + bytes(40))
    assert error.code == "format_not_allowed"
    assert "HEIC" in error.message
    assert "prodgen-django[heic]" in error.message
    assert "JPEG" in error.message


@pytest.mark.parametrize("fill", [b"\xff", b"\0"])
def test_megabytes_of_fill_before_the_picture_are_refused_at_once(fill: bytes) -> None:
    """Pillow reads them byte by byte, in a web request too."""
    assert rejected(JPEG[:2] + b"\xff" + fill * 3_000_000 + JPEG[2:], max_seconds=1e9).code == "too_slow"
    assert load_image(JPEG[:2] + b"\xff" * 50_000 + JPEG[2:]).shape == (48, 64, 3)


def test_a_cut_avif_is_no_video() -> None:
    data = file(PHOTO, "AVIF")
    found = rejected(data[: len(data) // 2])
    assert found.code == "broken"
    assert "AVIF" in found.message
