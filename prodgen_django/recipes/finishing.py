"""A stitch of something flat as a product picture: cut out of its mosaic, or straight with its own ground."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _now

from prodgen_django.recipes import certificates
from prodgen_django.recipes.base import Picture
from prodgen_django.recipes.parts import part_title, wanted_format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prodgen_django.recipes.base import WorkItem
    from prodgen_django.stitching import StitchResult
    from prodgen_django.studio import CutOut, Staged


def finished(
    item: WorkItem, refs: Sequence[str], result: StitchResult, version: int
) -> tuple[Picture | StitchResult, list[str]]:
    """The product of a stitched picture alone where the job asks for it, else straight on its own ground; the stitch as
    it is where no product is found in it. And sentences on what was not done.

    `result`: a stitch of something flat, with all that was photographed.
    """
    from prodgen_django.studio.finishing import found_product, on_its_ground, on_plain_ground

    found = found_product(result.image, result.mask)
    if found == "none":
        return result, [_now("No product was told from its ground: the picture stays as it was stitched.")]
    if found == "cut":
        return result, [
            _now("The photos do not show all of the product: the picture keeps its ground. Add its edges.")
        ]
    if not item.options.get("cut_out", True):
        image, mask = on_its_ground(result.image, result.mask, found)
        moved = replace(result, image=image, mask=mask, report={**result.report, "crop": "straight"})
        return moved, list(found.straight.notes)
    staged = on_plain_ground(
        result.image, found, str(item.options.get("ground") or "auto"), result.source_type
    )
    return _picture(item, refs, result, staged, found.cut, version), list(found.cut.reasons)


def _picture(
    item: WorkItem,
    refs: Sequence[str],
    result: StitchResult,
    staged: Staged,
    cut: CutOut,
    version: int,
) -> Picture:
    from prodgen_django.imagefile import fitting_format
    from prodgen_django.studio import certify

    alpha = cut.alpha
    height, width = staged.image.shape[:2]
    file_format = fitting_format(wanted_format(item), width, height)
    proof = certificates.Proof(
        staged.fidelity,
        lambda made, limits: certify(result.image, alpha, made, staged.transform, thresholds=limits),
    )
    data, (fidelity,) = certificates.stored(staged.image, file_format, staged.source_type, [proof])
    blockers = []
    if not fidelity["passed"]:
        told = _now("The product does not look as in its photo: %(reasons)s")
        blockers = [{"code": "fidelity", "message": told % {"reasons": "; ".join(fidelity["failures"])}}]
    return Picture(
        data=data,
        format=file_format,
        width=width,
        height=height,
        source_type=staged.source_type,
        title=part_title(item, 1, 1),
        seed=item.seed,
        recipe={"kind": "stitch", "version": version, **item.options},
        sources=tuple(refs),
        scores={
            "fidelity": fidelity,
            "cut_out": cut.as_dict(),
            "stitch": result.report.get("checks", {}),
            "mode": result.report.get("mode"),
            "notes": list(staged.notes),
        },
        palette=staged.palette,
        tags=("stitched", *staged.tags),
        blockers=tuple(blockers),
    )
