"""Layouts: the products of several photos, cut out, on one ground, each with its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now

from prodgen_django.conf import settings
from prodgen_django.recipes import certificates
from prodgen_django.recipes.base import ItemFailed, Outcome, Picture
from prodgen_django.recipes.outlines import outline_of
from prodgen_django.recipes.parts import other_format, part_title, wanted_format
from prodgen_django.recipes.photos import photo_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.layouts import LaidOut, Piece

#: Pixels of a photo's longer side of which a layout of many has any use, and a picture of any number together.
LEAST_SIDE, MOST_SIDE = 1600, 8000
MOST_PIXELS = 80_000_000


@dataclass(frozen=True)
class Shown:
    """A photo in a layout. `cut` is None where it is shown whole."""

    ref: str
    name: str
    piece: Piece
    cut: CutOut | None


def layout_outcome(
    item: WorkItem, bench: Workbench, refs: Sequence[str], mode: str, version: int, most: int = 0
) -> Outcome:
    """The item's photos as a grid, row, column or strip. Raises ItemFailed in words for the shop admin.

    `most`: pixels of a photo's longer side, where fewer than usual will do.
    """
    from prodgen_django.studio.layouts import LayoutError, LayoutOptions, lay_out

    shown, notes = _shown(item, bench, refs, most)
    options = LayoutOptions(
        columns=item.options.get("columns"),
        gutter=item.options.get("gutter"),
        width=item.options.get("width"),
        ground=item.options.get("ground") or "auto",
        max_pixels=min(MOST_PIXELS, settings.MAX_IMAGE_PIXELS),
        on_progress=lambda share: bench.progress(item, 0.6 + 0.35 * share, _now("Laying out")),
    )
    try:
        laid = lay_out([one.piece for one in shown], mode, options)  # type: ignore[arg-type]
    except LayoutError as error:
        raise ItemFailed(error.code, error.message) from error
    notes += laid.notes
    pictures = tuple(_pictures(item, shown, laid, mode, version, notes))
    sentences = [*notes, *other_format(item, pictures)]
    report = {
        **laid.as_dict(),
        "mode": mode,
        "inputs": [{"index": n, "used": True, "reason": "placed"} for n in range(len(shown))],
        "slices": laid.slices,
        "sentences": list(dict.fromkeys(sentences)),
        "steps": [],
    }
    return Outcome(item, pictures=pictures, report=report)


def _shown(item: WorkItem, bench: Workbench, refs: Sequence[str], most: int) -> tuple[list[Shown], list[str]]:
    """The photos with what is cut out of them, and sentences about those that a person should look at."""
    from prodgen_django.studio.layouts import Piece

    options = item.options
    # The more there are, the smaller each is shown: no more of it is kept.
    side = most or max(LEAST_SIDE, MOST_SIDE // ceil(sqrt(len(refs))))
    names = options.get("names") or [_now("Photo %d") % n for n in range(1, len(refs) + 1)]
    captions = options.get("names") or [item.title] + [""] * (len(refs) - 1)
    heights = options.get("heights") or [None] * len(refs)
    found: list[Shown] = []
    notes: list[str] = []
    for number, ref in enumerate(refs):
        bench.progress(item, 0.6 * number / len(refs), _now("Cutting out"))
        photo, own = photo_of(bench, ref, side)
        cut, why = _cut(ref, photo, own)
        about = {"name": names[number], "why": why}
        if cut is None:
            notes.append(_now("%(name)s is shown as its whole photo: %(why)s.") % about)
        else:
            notes += [f"{names[number]}: {reason}" for reason in cut.reasons]
        piece = Piece(
            photo,
            None if cut is None else cut.alpha,
            str(captions[number] or "") if options.get("captions") else "",
            heights[number] if options.get("true_sizes", True) else None,
            options.get("placement") != "lie",
        )
        found.append(Shown(ref, str(names[number]), piece, cut))
    return found, notes


def _cut(ref: str, photo: np.ndarray, own: np.ndarray | None) -> tuple[CutOut | None, str]:
    """What is cut out of a photo, or None and why it is shown whole."""
    from prodgen_django.studio.layouts import cut_by_frame

    try:
        cut = outline_of(ref, photo, own)
    except ItemFailed as error:
        if error.code != "no_product":
            raise
        return None, _now("no product was found in it")
    # What a person drew, or cut out before, is meant so.
    if not cut.corrected and not cut.brought and cut_by_frame(cut.alpha):
        return None, _now("its edge cuts the product off")
    return cut, ""


def _pictures(
    item: WorkItem, shown: Sequence[Shown], laid: LaidOut, mode: str, version: int, notes: Sequence[str]
) -> Iterator[Picture]:
    """The layout, or the files that a long one is cut into: each with its own products' certificates."""
    from prodgen_django.imagefile import fitting_format
    from prodgen_django.studio import palette, style_tags

    slices = laid.slices if item.options.get("slices") else [[0, len(laid.image)]]
    for number, (top, bottom) in enumerate(slices, 1):
        part = laid.image[top:bottom]
        here = [n for n, cell in enumerate(laid.cells) if top <= cell[1] < bottom]
        members = [shown[laid.placed[n].index] for n in here]
        file_format = fitting_format(wanted_format(item), part.shape[1], part.shape[0])
        data, found = certificates.stored(part, file_format, laid.source_type, _proofs(laid, here, top))
        named = [{"photo": one.ref, **proof} for one, proof in zip(members, found, strict=True)]
        scores: dict[str, Any] = {
            "fidelity": certificates.worst(found), "fidelity_by_product": named, "mode": mode, "notes": list(notes),
        }  # fmt: skip
        if cuts := [one for one in members if one.cut is not None]:
            least = min(cuts, key=lambda one: one.cut.confidence)  # type: ignore[union-attr]
            scores["cut_out"] = least.cut.as_dict() | {"photo": least.ref}  # type: ignore[union-attr]
        yield Picture(
            data=data,
            format=file_format,
            width=part.shape[1],
            height=part.shape[0],
            source_type=laid.source_type,
            title=part_title(item, number, len(slices)),
            seed=item.seed,
            recipe={"kind": "stitch", "version": version, **item.options},
            sources=tuple(one.ref for one in members),
            scores=scores,
            palette=tuple(palette(part)),
            tags=("stitched", *style_tags(part)),
            blockers=tuple(_blockers(members, found)),
        )


def _proofs(laid: LaidOut, members: Sequence[int], top: int) -> list[certificates.Proof]:
    def proof(number: int) -> certificates.Proof:
        placed = laid.placed[number]
        return certificates.Proof(
            laid.fidelities[number], lambda pixels, limits: placed.certify(pixels, limits, top)
        )

    return [proof(number) for number in members]


def _blockers(members: Sequence[Shown], found: Sequence[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for one, certificate in zip(members, found, strict=True):
        if not certificate["passed"]:
            told = {"name": one.name, "reasons": "; ".join(certificate["failures"])}
            yield {
                "code": "fidelity",
                "message": _now("%(name)s does not look as in its photo: %(reasons)s") % told,
            }
