"""PNGs with all that may stand in one: texts of any length, one colour that is transparent, every depth."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from prodgen_django.imagefile import inspect_image, load_image

from .making import CASES, chunk, png, profile, rejected


def itxt(words: bytes, packed: bool = True, key: bytes = b"XML:com.adobe.xmp") -> bytes:
    content = zlib.compress(words, 9) if packed else words
    return chunk(b"iTXt", key + b"\0" + (b"\1" if packed else b"\0") + b"\0\0\0" + content)


def ztxt(words: bytes) -> bytes:
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(words, 9))


GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
MARK = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    b'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def test_a_png_with_a_packet_of_photoshops_history_is_read() -> None:
    assert load_image(CASES / "png_big_xmp.png").shape[2] == 3


@pytest.mark.parametrize("packed", [True, False])
def test_the_mark_at_the_beginning_of_a_long_packet_is_read(packed: bool) -> None:
    history = MARK.replace(b"</rdf:RDF>", b"<x>" + b"history " * 300_000 + b"</x></rdf:RDF>")
    for place in ({}, {"behind": itxt(history, packed)}):
        chunks = () if place else (itxt(history, packed),)
        assert inspect_image(png(GREY, 8, 0, *chunks, **place)).source_type == "digitalCapture"


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ([itxt(bytes(3_000_000))], b""),
        ([itxt(b"x" * 3_000_000, packed=False)], b""),
        ([ztxt(b"y" * 40_000_000)], b""),
        ([chunk(b"tEXt", b"Workflow\0" + b"z" * 5_000_000)], b""),
        ([itxt(b"x" * 900_000, key=b"Part")] * 60, b""),
        ([], itxt(bytes(3_000_000))),
        ([], ztxt(bytes(2_000_000)) + chunk(b"tEXt", b"Software\0ours")),
        ([chunk(b"tEXt", b"no end"), chunk(b"iTXt", b""), chunk(b"zTXt", b"x\0\0damaged")], b""),
    ],
)
def test_texts_of_any_length_are_passed_over(before: list[bytes], behind: bytes) -> None:
    data = png(GREY, 8, 0, itxt(MARK), *before, behind=behind)
    assert (load_image(data)[..., 0] == GREY).all()
    assert inspect_image(data).source_type == "digitalCapture"


def test_a_png_that_unpacks_to_very_much_is_refused() -> None:
    assert rejected(png(GREY, 8, 0, ztxt(bytes(100_000_000)))).code == "too_slow"
    assert rejected(png(GREY, 8, 0, *[itxt(bytes(4_000_000))] * 20)).code == "too_slow"
    assert rejected(png(GREY, 8, 0, *[chunk(b"prIv", b"")] * 200_001)).code == "too_slow"


# -- one colour that is transparent


@pytest.mark.parametrize(("name", "clear"), [("i_trns.png", True), ("png_1bit_trns.png", True)])
def test_a_grey_picture_keeps_its_transparent_colour(name: str, clear: bool) -> None:
    pixels = load_image(CASES / name)
    assert pixels.shape[2] == 4
    assert (pixels[..., 3] == 0).any() is np.True_
    assert set(np.unique(pixels[..., 3])) <= {0, 255}


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("key", [0, 1, "most"])
def test_of_grey_exactly_the_key_is_transparent(depth: int, key: int | str) -> None:
    most = 2**depth - 1
    key = most if key == "most" else int(key)
    values = np.linspace(0, most, 64).round().astype(np.uint16).reshape(8, 8)
    values[3, 3] = key
    pixels = load_image(png(values, depth, 0, chunk(b"tRNS", key.to_bytes(2, "big"))))
    assert ((pixels[..., 3] == 0) == (values == key)).all()
    assert (np.abs(pixels[..., 0] - values * 255.0 / most) <= 0.5).all()


def test_a_key_that_no_pixel_has_leaves_the_picture_opaque() -> None:
    assert load_image(png(GREY // 2 * 2, 8, 0, chunk(b"tRNS", b"\0\x03"))).shape[2] == 3
    assert load_image(png(GREY.astype(np.uint16) * 257, 16, 0, chunk(b"tRNS", b"\0\x03"))).shape[2] == 3


@pytest.mark.parametrize("depth", [8, 16])
def test_of_colours_the_key_is_transparent(depth: int) -> None:
    step = 257 if depth == 16 else 1
    values = np.zeros((4, 4, 3), np.uint16)
    values[..., 0], values[0, 0], values[1, 1] = 90, (10, 20, 30), (10, 20, 31)
    key = b"".join((v * step).to_bytes(2, "big") for v in (10, 20, 30))
    pixels = load_image(png(values * step, depth, 2, chunk(b"tRNS", key)))
    assert (pixels[..., 3] == 0).sum() == 1
    assert pixels[0, 0].tolist() == [10, 20, 30, 0]


@pytest.mark.parametrize(("depth", "colours"), [(1, 2), (2, 4), (4, 16), (8, 200)])
def test_a_palette_s_own_alpha_is_kept(depth: int, colours: int) -> None:
    palette = np.random.default_rng(depth).integers(0, 255, (colours, 3), np.uint8)
    alpha = np.linspace(0, 255, colours).astype(np.uint8)
    values = np.arange(64).reshape(8, 8) % colours
    pixels = load_image(
        png(values, depth, 3, chunk(b"PLTE", palette.tobytes()), chunk(b"tRNS", alpha.tobytes()))
    )
    assert (pixels[..., :3] == palette[values]).all()
    assert (pixels[..., 3] == alpha[values]).all()


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_a_channel_become_eight(colour: int, channels: int) -> None:
    values = np.random.default_rng(0).integers(0, 65535, (8, 8, channels), np.uint16)
    pixels = load_image(png(values, 16, colour))
    assert pixels.shape == (8, 8, 3 if colour == 2 else 4)
    first = values[..., 0] / 257
    assert np.abs(pixels[..., 0] - first).max() <= 1


def test_a_profile_of_more_than_a_megabyte_is_used() -> None:
    grey = np.full((8, 8, 3), 55)
    packed = zlib.compress(profile(gamma=1.0, size=1_500_000))
    assert abs(int(load_image(png(grey, 8, 2, chunk(b"iCCP", b"own\0\0" + packed)))[4, 4, 0]) - 128) <= 1
    # Of nine megabytes it is not a monitor's, and is passed over.
    packed = zlib.compress(profile(gamma=1.0, size=9_000_000))
    assert load_image(png(grey, 8, 2, chunk(b"iCCP", b"own\0\0" + packed)))[4, 4, 0] == 55
