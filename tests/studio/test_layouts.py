"""Layouts: every product on one ground, none of its pixels altered, feet on a line, shadows whole."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.studio.layouts import (
    LaidOut,
    LayoutError,
    LayoutOptions,
    Piece,
    cut_by_frame,
    lay_out,
)
from prodgen_django.studio.resampling import onto_canvas

MODES = ("grid", "row", "column", "strip")
GROUNDS = [(246, 232, 196), (205, 216, 232), (30, 30, 34)]


def thing(
    colour: tuple[int, int, int] = (240, 230, 208),
    ground: tuple[int, int, int] = GROUNDS[0],
    size: tuple[int, int] = (120, 200),
    photo: tuple[int, int] = (400, 400),
    **about: object,
) -> Piece:
    """A standing body with a pattern, soft at its outline, somewhere in its photograph."""
    width, height = photo
    alpha = np.zeros((height, width), np.float32)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    cv2.rectangle(alpha, (left, top), (left + size[0] - 1, top + size[1] - 1), 1, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.0)
    rng = np.random.default_rng(sum(colour) + width)
    body = np.clip(np.array(colour) + rng.normal(0, 6, (height, width, 3)), 0, 255)
    mixed = body * alpha[..., None] + np.array(ground) * (1 - alpha[..., None])
    return Piece(mixed.astype(np.uint8), alpha, **about)  # type: ignore[arg-type]


def boxes(laid: LaidOut) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of each product on the canvas."""
    found = []
    for one in laid.placed:
        inside = one.mask(laid.image.shape) >= 0.5
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        found.append((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    return found


class TestColours:
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("width", [None, 500, 1700])
    def test_a_product_keeps_every_pixel_whatever_the_others_stood_before(
        self, mode: str, width: int | None
    ) -> None:
        pieces = [thing(ground=ground) for ground in GROUNDS]
        laid = lay_out(pieces, mode, LayoutOptions(width=width))  # type: ignore[arg-type]
        for piece, one, certificate in zip(pieces, laid.placed, laid.fidelities, strict=True):
            assert certificate.passed
            assert certificate.exact
            assert piece.alpha is not None
            inside = onto_canvas(piece.alpha, one.from_photo, laid.image.shape[:2]) >= 1
            wanted = onto_canvas(piece.photo, one.from_photo, laid.image.shape[:2])
            assert inside.sum() > 1000
            assert (laid.image[inside] == wanted[inside]).all()

    @pytest.mark.parametrize("mode", ["grid", "row", "column"])
    def test_no_tile_is_seen(self, mode: str) -> None:
        """Away from products and shadows there is one colour, whatever the photographs' grounds were."""
        pieces = [thing((60, 90, 120), ground) for ground in GROUNDS]
        laid = lay_out(pieces, mode, LayoutOptions(ground="white"))  # type: ignore[arg-type]
        away = np.ones(laid.image.shape[:2], bool)
        for left, top, right, bottom in boxes(laid):
            side = max(right - left, bottom - top)
            away[max(0, top - 20) : bottom + side // 3, max(0, left - side // 2) : right + side] = False
        assert away.any()
        assert (laid.image[away] == 255).all()

    def test_a_changed_product_does_not_pass(self) -> None:
        laid = lay_out([thing(), thing((90, 60, 40))], "row")
        tinted = np.clip(laid.image * np.array([1.0, 0.95, 1.06]), 0, 255).astype(np.uint8)
        assert not any(one.certify(tinted).passed for one in laid.placed)
        assert all(one.certify(laid.image).exact for one in laid.placed)

    def test_white_things_get_a_ground_on_which_they_are_seen(self) -> None:
        dark, white = thing((60, 70, 80)), thing((252, 252, 250))
        assert lay_out([dark, dark], "grid").ground == (255, 255, 255)
        assert lay_out([dark, white], "grid").ground != (255, 255, 255)
        assert lay_out([dark, white], "grid", LayoutOptions(ground="white")).ground == (255, 255, 255)

    @pytest.mark.parametrize("photo", [(400, 400), (440, 400), (900, 300)])
    def test_a_photograph_without_a_product_is_shown_whole_as_it_is(self, photo: tuple[int, int]) -> None:
        rng = np.random.default_rng(1)
        scene = Piece(rng.integers(0, 256, (photo[1], photo[0], 3)).astype(np.uint8))
        laid = lay_out([thing(), scene], "grid")
        assert laid.placed[1].whole
        assert laid.fidelities[1].exact
        shown = laid.placed[1].photo
        assert shown.shape[0] * shown.shape[1] > 0.79 * photo[0] * photo[1]


class TestPlaces:
    @pytest.mark.parametrize("mode", ["row", "strip", "grid"])
    def test_feet_are_on_one_line(self, mode: str) -> None:
        sizes = [(60, 240), (200, 90), (130, 130), (90, 200)]
        laid = lay_out([thing(size=size) for size in sizes], mode, LayoutOptions(columns=4))  # type: ignore[arg-type]
        bottoms = [box[3] for box in boxes(laid)]
        assert max(bottoms) - min(bottoms) <= 1

    def test_what_lies_is_in_the_middle_of_its_cell(self) -> None:
        sizes = [(60, 240), (200, 90), (130, 130), (90, 200)]
        laid = lay_out([thing(size=size, stands=False) for size in sizes], "grid")
        for (left, top, right, bottom), cell in zip(boxes(laid), laid.cells, strict=True):
            assert (left + right) / 2 == pytest.approx(cell[0] + cell[2] / 2, abs=1)
            assert (top + bottom) / 2 == pytest.approx(cell[1] + cell[3] / 2, abs=1)

    @pytest.mark.parametrize("mode", ["row", "grid"])
    def test_real_sizes_are_kept(self, mode: str) -> None:
        heights = (144.0, 45.0, 29.0, 68.0)
        pieces = [thing(photo=(300 + 60 * k, 300), height_cm=cm) for k, cm in enumerate(heights)]
        laid = lay_out(pieces, mode)  # type: ignore[arg-type]
        assert laid.true_sizes
        shown = [box[3] - box[1] for box in boxes(laid)]
        for cm, pixels in zip(heights, shown, strict=True):
            assert pixels / shown[0] == pytest.approx(cm / heights[0], abs=0.01)

    @pytest.mark.parametrize("heights", [(144.0, 45.0, None), (180.0, 9.0, 12.0), (None, None, None)])
    def test_unknown_or_far_sizes_make_no_dwarfs(self, heights: tuple[float | None, ...]) -> None:
        laid = lay_out([thing(height_cm=cm) for cm in heights], "row")
        assert not laid.true_sizes
        shown = [box[3] - box[1] for box in boxes(laid)]
        assert max(shown) - min(shown) <= 1

    def test_slender_and_massive_things_weigh_about_alike(self) -> None:
        laid = lay_out([thing(size=(60, 240)), thing(size=(220, 230))], "row")
        (_, top, _, bottom), (_, above, _, below) = boxes(laid)
        assert 0.65 < (below - above) / (bottom - top) < 0.85

    def test_colourways_are_of_one_height(self) -> None:
        pieces = [thing(size=(120, 200), photo=(300 + 90 * k, 300 + 90 * k)) for k in range(4)]
        shown = [box[3] - box[1] for box in boxes(lay_out(pieces, "strip"))]
        assert max(shown) - min(shown) <= 1

    def test_a_long_column_is_cut_between_its_products(self) -> None:
        laid = lay_out([thing(caption="A jug") for _ in range(6)], "column")
        assert laid.image.shape[1] == 750
        assert len(laid.slices) > 1
        assert all(first[1] == second[0] for first, second in pairwise(laid.slices))
        for _, top, _, bottom in boxes(laid):
            assert any(first <= top and bottom <= last for first, last in laid.slices)

    def test_the_width_is_as_asked(self) -> None:
        for mode in MODES:
            laid = lay_out([thing(), thing(size=(50, 220))], mode, LayoutOptions(width=900))  # type: ignore[arg-type]
            assert laid.image.shape[1] == 900

    def test_captions_are_written_below(self) -> None:
        bare = lay_out([thing(), thing()], "row", LayoutOptions(width=800))
        written = lay_out([thing(caption="Blue jug"), thing(caption="Mug")], "row", LayoutOptions(width=800))
        assert written.image.shape[0] > bare.image.shape[0]
        bottom = max(cell[1] + cell[3] for cell in written.cells)
        assert np.abs(written.image[bottom:].astype(int) - written.ground).max() > 150


class TestShadows:
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("stands", [True, False])
    def test_none_is_cut_off(self, mode: str, stands: bool) -> None:
        """Nowhere on the bare ground does the picture change by more than a soft shadow does."""
        pieces = [
            thing((60, 60, 60), size=size, stands=stands) for size in ((120, 200), (200, 90), (60, 240))
        ]
        laid = lay_out(pieces, mode, LayoutOptions(ground="white", width=1200, gutter=0))  # type: ignore[arg-type]
        bare = np.ones(laid.image.shape[:2], np.uint8)
        for one in laid.placed:
            bare[one.mask(laid.image.shape) > 0] = 0
        bare = cv2.erode(bare, np.ones((25, 25), np.uint8))
        grey = laid.image.astype(np.int16).mean(2)
        for axis in (0, 1):
            steps = np.abs(np.diff(grey, axis=axis))
            both = np.minimum(*(np.delete(bare, at, axis) for at in (0, -1)))
            assert (steps * both).max() <= 6
        assert (grey < 250).sum() > laid.image.size / 3 * 0.05


class TestFrames:
    @pytest.mark.parametrize("part", [np.s_[:, 150:], np.s_[120:, :], np.s_[:260, :]])
    def test_a_product_that_the_frame_cuts_is_found_out(self, part: tuple[slice, slice]) -> None:
        alpha = thing().alpha
        assert alpha is not None
        assert cut_by_frame(alpha[part])
        assert not cut_by_frame(alpha)

    def test_a_tip_at_the_edge_is_no_cut(self) -> None:
        alpha = np.zeros((300, 300), np.float32)
        cv2.ellipse(alpha, (150, 150), (149, 100), 0, 0, 360, 1, -1)
        assert not cut_by_frame(alpha)


@settings(max_examples=20, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    photos=st.lists(
        st.tuples(st.integers(16, 200), st.integers(16, 200), st.booleans()), min_size=1, max_size=7
    ),
    columns=st.none() | st.integers(1, 9),
    gutter=st.none() | st.integers(0, 40),
    width=st.none() | st.integers(16, 900),
    caption=st.sampled_from(["", "A jug", "Кувшин 陶瓷"]),
)
def test_any_pieces_fit_or_are_refused(
    mode: str,
    photos: list[tuple[int, int, bool]],
    columns: int | None,
    gutter: int | None,
    width: int | None,
    caption: str,
) -> None:
    pieces = []
    for wide, tall, found in photos:
        one = thing(size=(max(4, wide // 2), max(4, tall // 2)), photo=(wide, tall), caption=caption)
        pieces.append(one if found else Piece(one.photo, caption=caption))
    options = LayoutOptions(columns=columns, gutter=gutter, width=width, max_pixels=3_000_000)
    try:
        laid = lay_out(pieces, mode, options)  # type: ignore[arg-type]
    except LayoutError as refused:
        if refused.code != "too_large":
            raise
        return
    height, across = laid.image.shape[:2]
    assert height * across <= 3_000_000
    for left, top, wide, tall in laid.cells:
        assert left >= 0 <= top
        assert left + wide <= across
        assert top + tall <= height
    assert all(certificate.exact or not certificate.pixels for certificate in laid.fidelities)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(LayoutError, match="no photo"):
        lay_out([], "grid")
    with pytest.raises(ValueError, match="no layout"):
        lay_out([thing()], "spiral")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no ground"):
        lay_out([thing()], "grid", LayoutOptions(ground="pink"))
    with pytest.raises(LayoutError, match="No product"):
        Piece(np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.float32))


def test_a_layout_can_be_stopped() -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise StoppedError

    with pytest.raises(StoppedError):
        lay_out([thing() for _ in range(4)], "grid", LayoutOptions(on_progress=stop))
