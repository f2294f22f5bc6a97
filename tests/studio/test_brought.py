"""A photograph that was cut out before keeps its outline; other transparency is no outline."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from prodgen_django.imagefile import load_image
from prodgen_django.studio import brought_alpha, cut_out, cut_out_by_hand, cut_out_report
from tests.imagefile.making import CASES, file


def packshot(size: int = 300, margin: int = 60) -> np.ndarray:
    """A white disc on nothing, with a soft edge, uint8 S×S×4."""
    ys, xs = np.mgrid[0:size, 0:size]
    reach = np.hypot(xs - size / 2, ys - size / 2)
    alpha = np.clip(size / 2 - margin - reach + 0.5, 0, 1)
    return np.dstack([np.full((size, size, 3), 250, np.uint8), np.rint(alpha * 255).astype(np.uint8)])


def iou(alpha: np.ndarray, wanted: np.ndarray) -> float:
    one, other = alpha >= 0.5, wanted >= 128
    return float((one & other).sum() / (one | other).sum())


def test_a_white_mug_that_was_cut_out_keeps_its_outline() -> None:
    pixels = load_image(CASES / "white_mug_rgba.png")
    cut = cut_out_report(pixels)
    assert iou(cut.alpha, pixels[..., 3]) > 0.99
    assert cut.brought
    assert not cut.poor
    assert np.allclose(cut_out(pixels), pixels[..., 3] / 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF", "TIFF", "palette", "LA"])
def test_every_kind_of_file_may_bring_an_outline(kind: str) -> None:
    image = Image.fromarray(packshot())
    if kind == "palette":
        data = file(image.quantize(200))
    elif kind == "LA":
        data = file(image.convert("LA"))
    else:
        data = file(image, kind, **({"lossless": True} if kind == "WEBP" else {}))
    cut = cut_out_report(load_image(data))
    assert cut.brought
    assert iou(cut.alpha, packshot()[..., 3]) > 0.99


@pytest.mark.parametrize("margin", [0, 5, 60, 140])
def test_tight_and_loose_ones_are_told_from_photographs(margin: int) -> None:
    assert brought_alpha(packshot(margin=margin)) is not None


def test_a_box_with_a_narrow_clear_margin_is_one_that_was_cut_out() -> None:
    pixels = np.full((300, 300, 4), 200, np.uint8)
    pixels[..., 3] = 0
    pixels[6:-6, 6:-6, 3] = 255
    assert brought_alpha(pixels) is not None


def scene() -> np.ndarray:
    image = Image.new("RGBA", (300, 300), (235, 235, 235, 255))
    ImageDraw.Draw(image).rectangle((90, 90, 210, 230), fill=(180, 30, 40, 255))
    return np.array(image)


@pytest.mark.parametrize("kind", ["rounded corners", "veil", "seam", "specks", "watermark"])
def test_transparency_that_sets_nothing_apart_is_laid_on_white(kind: str) -> None:
    pixels = scene()
    if kind == "rounded corners":
        mask = Image.new("L", (300, 300))
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, 299, 299), 40, fill=255)
        pixels[..., 3] = np.asarray(mask)
    elif kind == "veil":
        pixels[..., 3] = 100
    elif kind == "seam":
        pixels[:, -1, 3] = 0
    elif kind == "specks":
        pixels[::60, ::60, 3] = 0
    else:
        pixels[100:140, 100:200, 3] = 180
    assert brought_alpha(pixels) is None
    cut = cut_out_report(pixels)
    assert not cut.brought
    product = np.zeros((300, 300), np.uint8)
    product[90:231, 90:211] = 255
    assert iou(cut.alpha, product) > 0.9


@pytest.mark.parametrize(
    ("share", "grain"), [(0.5, 1), (0.1, 1), (0.9, 1), (0.02, 1), (0.98, 1), (0.5, 2), (0.3, 2)]
)
def test_noise_is_no_outline(share: float, grain: int) -> None:
    """Binary noise of any density, and one of coarser grain."""
    pixels, chance = scene(), np.random.default_rng(7)
    dots = np.kron(
        chance.random((300 // grain, 300 // grain)) < share, np.ones((grain, grain), np.uint8)
    ).astype(np.uint8)
    pixels[..., 3] = dots * 255
    assert brought_alpha(pixels) is None


def test_a_photo_with_noise_for_alpha_is_cut_out_anew() -> None:
    pixels = scene()
    pixels[..., 3] = (np.random.default_rng(7).random((300, 300)) < 0.9) * 255
    product = np.zeros((300, 300), np.uint8)
    product[90:231, 90:211] = 255
    cut = cut_out_report(pixels)
    assert not cut.brought
    assert iou(cut.alpha, product) > 0.9


def test_dithered_and_soft_noise_are_no_outline_and_a_net_is_one() -> None:
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 300).astype(np.uint8), (300, 1)))
    soft = np.random.default_rng(7).integers(0, 256, (300, 300)).astype(np.uint8)
    for alpha in (np.asarray(ramp.convert("1"), np.uint8) * 255, soft):
        assert brought_alpha(np.dstack([scene()[..., :3], alpha])) is None
    net = np.zeros((300, 300), np.uint8)
    for place in range(20, 280, 12):
        net[place : place + 4, 20:280] = net[20:280, place : place + 4] = 255
    assert brought_alpha(np.dstack([scene()[..., :3], net])) is not None


def test_three_channels_bring_nothing_and_an_empty_file_holds_no_product() -> None:
    assert brought_alpha(scene()[..., :3]) is None
    empty = cut_out_report(np.zeros((100, 100, 4), np.uint8))
    assert not empty.alpha.any()
    assert empty.poor
    assert empty.reasons


def test_a_product_that_is_half_transparent_is_left_to_a_person() -> None:
    pixels = packshot()
    pixels[..., 3] //= 2
    pixels[140:160, 140:160, 3] = 255
    assert cut_out_report(pixels).poor


def test_a_drawn_outline_mends_the_file_s_own_only_where_it_differs() -> None:
    pixels = packshot()
    own = brought_alpha(pixels)
    assert own is not None
    photo = np.full((300, 300, 3), 250, np.uint8)
    drawn = own >= 0.5
    # A stroke that takes the right third away; everywhere else it follows the outline as well as a hand can.
    drawn[:, 200:] = False
    cut = cut_out_by_hand(photo, drawn, own)
    assert cut.corrected
    assert cut.alpha[:, 215:].max() == 0
    assert (cut.alpha[:, :185] == own[:, :185]).all()
    assert ((own[:, :185] > 0) & (own[:, :185] < 1)).any()


@pytest.mark.parametrize("strength", [20, 90, 126])
def test_a_shadow_that_the_file_draws_apart_from_the_product_is_left_out(strength: int) -> None:
    pixels = packshot()
    shadow = np.zeros((300, 300), np.uint8)
    shadow[270:285, 60:240] = strength
    shaded = np.dstack([pixels[..., :3], np.maximum(pixels[..., 3], shadow)])
    alpha, bare = brought_alpha(shaded), brought_alpha(pixels)
    assert alpha is not None
    assert bare is not None
    np.testing.assert_array_equal(alpha, bare)


def test_a_second_piece_and_a_soft_rim_stay() -> None:
    pixels = packshot()
    pixels[10:30, 10:30, 3] = 200
    pixels[30:34, 10:30, 3] = 60
    alpha = brought_alpha(pixels)
    assert alpha is not None
    np.testing.assert_array_equal(np.rint(alpha * 255), pixels[..., 3])
