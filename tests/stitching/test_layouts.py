"""Bundles, long pictures and spin sheets: every picture there, products of one size, every colour as it was."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.stitching import StitchError, StitchResult, stitch

from .scenes import cloth, packshot

MODES = ("grid", "row", "column", "strip")


def product_box(image: np.ndarray, cell: list[int]) -> tuple[int, int, int, int]:
    """Where something dark stands within a cell of a layout."""
    left, top, width, height = cell
    part = image[top : top + height, left : left + width].min(2) < 185
    ys, xs = np.nonzero(part)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def everything_inside(result: StitchResult, images: list[np.ndarray]) -> None:
    height, width = result.image.shape[:2]
    assert result.mask.shape == (height, width)
    assert len(result.transforms) == len(images)
    for transform, image in zip(result.transforms, images, strict=True):
        assert transform is not None
        middle = transform @ [image.shape[1] / 2, image.shape[0] / 2, 1]
        assert -width < middle[0] / middle[2] < 2 * width
    assert all(i["used"] for i in result.report["inputs"])
    for left, top, wide, tall in result.report["cells"]:
        assert left >= 0 <= top
        assert left + wide <= width
        assert top + tall <= height
    json.dumps(result.report)


@settings(max_examples=40, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    sizes=st.lists(st.tuples(st.integers(16, 260), st.integers(16, 260)), min_size=1, max_size=9),
    plain=st.booleans(),
    columns=st.none() | st.integers(1, 12),
    gutter=st.none() | st.integers(0, 40),
    width=st.none() | st.integers(16, 900),
    aspect=st.none() | st.floats(0.3, 3),
    caption=st.none() | st.text(max_size=60),
)
def test_any_pictures_fit_or_are_refused(
    mode: str,
    sizes: list[tuple[int, int]],
    plain: bool,
    columns: int | None,
    gutter: int | None,
    width: int | None,
    aspect: float | None,
    caption: str | None,
) -> None:
    rng = np.random.default_rng(len(sizes))
    images = [
        packshot(k, size) if plain else rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
        for k, size in enumerate(sizes)
    ]
    cap = 3_000_000
    try:
        result = stitch(
            images,
            mode,
            columns=columns,
            gutter=gutter,
            width=width,
            cell_aspect=aspect,
            captions=None if caption is None else [caption] * len(images),
            max_pixels=cap,
        )
    except StitchError as refused:
        if refused.code != "too_large":
            raise
        return
    assert result.image.shape[0] * result.image.shape[1] <= cap
    everything_inside(result, images)


@pytest.mark.parametrize("mode", ["grid", "row", "strip"])
def test_products_of_many_sizes_come_out_alike(mode: str) -> None:
    images = [
        packshot(1, (300, 360), where=(0.4, 0.5)),
        packshot(2, (600, 700), where=(0.6, 0.45)),
        packshot(3, (220, 260)),
        packshot(4, (420, 400), where=(0.5, 0.6)),
    ]
    result = stitch(images, mode)
    everything_inside(result, images)
    for cell in result.report["cells"]:
        left, top, right, bottom = product_box(result.image, cell)
        assert (left + right) / 2 == pytest.approx(cell[2] / 2, abs=0.04 * cell[2])
        filled = max((right - left) / cell[2], (bottom - top) / cell[3])
        assert filled == pytest.approx(0.84, abs=0.08) or mode == "strip"
        if mode == "strip":
            assert bottom - top == pytest.approx(
                np.median(
                    [b[3] - b[1] for b in (product_box(result.image, c) for c in result.report["cells"])]
                ),
                abs=5,
            )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("others", [(255, 255, 255), (40, 90, 190), (12, 12, 12), (250, 236, 200)])
def test_no_picture_takes_on_another_s_light(mode: str, others: tuple[int, int, int]) -> None:
    """A cream thing beside pictures on whatever ground keeps its colour, and so does its ground."""

    def shot(ground: tuple[int, int, int]) -> np.ndarray:
        picture = np.empty((200, 200, 3), np.uint8)
        picture[:] = ground
        picture[50:150, 60:140] = (236, 226, 204)
        return picture

    images = [shot((250, 236, 200)), shot(others), shot(others)]
    result = stitch(images, mode)
    for image, transform in zip(images, result.transforms, strict=True):
        assert transform is not None
        for x, y in ((100, 100), (70, 140), (55, 100)):
            at = transform @ [x, y, 1]
            seen = result.image[round(at[1]), round(at[0])].astype(int)
            np.testing.assert_allclose(seen, image[y, x], atol=3)


def test_the_callers_boxes_decide() -> None:
    images = [cloth(1, 400, 300), cloth(2, 300, 400)]
    boxes = [(100, 50, 200, 150), (150, 200, 250, 300)]
    result = stitch(images, "grid", boxes=boxes, columns=2)
    for cell, box, transform in zip(result.report["cells"], boxes, result.transforms, strict=True):
        assert transform is not None
        middle = transform @ [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1]
        assert middle[:2] == pytest.approx([cell[0] + cell[2] / 2, cell[1] + cell[3] / 2], abs=1)
    alphas = []
    for image, (left, top, right, bottom) in zip(images, boxes, strict=True):
        alpha = np.zeros(image.shape[:2], np.float32)
        alpha[top:bottom, left:right] = 1
        alphas.append(alpha)
    by_alpha = stitch(images, "grid", alphas=alphas, columns=2)
    np.testing.assert_array_equal(by_alpha.image, result.image)


def test_long_detail_pictures_are_750_wide_and_cut_between_pictures() -> None:
    images = [cloth(k, 900, 700) for k in range(6)]
    result = stitch(images, "column")
    assert result.image.shape[1] == 750
    slices = result.report["slices"]
    assert len(slices) > 1
    assert slices[0][0] == 0
    assert slices[-1][1] == result.image.shape[0]
    assert all(a[1] == b[0] for a, b in pairwise(slices))
    tops = {c[1] for c in result.report["cells"]}
    assert all(s[0] in tops for s in slices)


def test_a_spin_sheet_has_equal_frames_in_order() -> None:
    images = [packshot(k, (200, 240), where=(0.5 + 0.05 * (-1) ** k, 0.5)) for k in range(24)]
    result = stitch(images, "strip")
    cells = result.report["cells"]
    assert len({(c[2], c[3]) for c in cells}) == 1
    assert [tuple(c[:2]) for c in cells] == sorted((c[0], c[1]) for c in cells) or len(
        {c[0] for c in cells}
    ) == 6
    ground = [product_box(result.image, c)[3] for c in cells]
    assert max(ground) - min(ground) <= 3


@pytest.mark.parametrize(
    "text", ["Blue mug", "Кружка «Утро» 陶瓷杯 ☕️ \u200f", "w" * 300, "\n\t", "a\x00b\uffff"]
)
def test_captions_never_stop_a_picture(text: str) -> None:
    images = [packshot(k) for k in range(2)]
    plain = stitch(images, "row")
    result = stitch(images, "row", captions=[text, None])
    everything_inside(result, images)
    assert result.image.shape[0] >= plain.image.shape[0]


def test_a_caption_can_be_read() -> None:
    images = [packshot(k) for k in range(2)]
    for background in ((255, 255, 255), (15, 15, 20)):
        result = stitch(images, "row", captions=["Blue mug", "Red mug"], background=background)
        bottom = max(c[1] + c[3] for c in result.report["cells"])
        band = result.image[bottom:].astype(int)
        assert np.abs(band - background).max() > 150


@pytest.mark.parametrize(
    "text",
    [
        "Ủng hộ Ế Ậ ọ",
        "แก้วมัคทำมือ ปู่ ญู่ ลดราคา 20% ทุกชิ้นวันนี้เท่านั้น",
        "كوب أزرق -20%",
        "新作マグカップ 🎉",
        "हस्तनिर्मित प्याला",
    ],
)
def test_captions_of_any_script_lie_in_their_band(text: str) -> None:
    images = [packshot(k) for k in range(2)]
    result = stitch(images, "row", captions=[text, None], background=(255, 255, 255), gutter=0)
    bottom = max(c[1] + c[3] for c in result.report["cells"])
    inked = result.image[bottom:].min(2) < 160
    assert inked.any(1).sum() >= 6
    assert not inked[0].any()
    assert not inked[-1].any()
    assert not inked[:, [0, -1]].any()


def test_characters_that_no_font_has_are_left_out_of_a_caption_and_named() -> None:
    images = [packshot(k) for k in range(2)]
    result = stitch(images, "row", captions=["Blue \ue000mug\x0b", None])
    plain = stitch(images, "row", captions=["Blue mug", None])
    assert np.array_equal(result.image, plain.image)
    assert any("U+E000" in warning for warning in result.report["warnings"])


def test_one_entry_a_picture() -> None:
    with pytest.raises(StitchError) as refused:
        stitch([packshot(1), packshot(2)], "grid", captions=["only one"])
    assert refused.value.code == "bad_input"


@pytest.mark.parametrize("mode", MODES)
def test_the_cap_holds_for_layouts(mode: str) -> None:
    with pytest.raises(StitchError) as refused:
        stitch([packshot(k) for k in range(4)], mode, max_pixels=1000)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("mode", MODES)
def test_a_layout_can_be_stopped(mode: str) -> None:
    class StoppedError(Exception):
        pass

    def stop(stage: str, fraction: float) -> None:
        if fraction > 0.5:
            raise StoppedError

    with pytest.raises(StoppedError):
        stitch([packshot(k) for k in range(4)], mode, on_progress=stop)
