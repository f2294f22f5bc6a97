"""Stitched pictures: close-ups to one, bundles to a grid, details to a long picture."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed, ItemPlan, Outcome, Picture, Recipe
from prodgen_django.recipes.devices import device
from prodgen_django.recipes.finishing import finished
from prodgen_django.recipes.layouts import layout_outcome
from prodgen_django.recipes.parts import other_format, part_title, wanted_format
from prodgen_django.recipes.photos import WHITE, photo_of, require_photos
from prodgen_django.recipes.stitch_form import OVERLAPPING, StitchForm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np

    from prodgen_django.catalog import Photo
    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.stitching import StitchResult

logger = logging.getLogger("prodgen_django.recipes")

#: Most products in one picture.
MOST_TOGETHER = 100
#: Longer side of the photos of a preview, and most of them that a grid shows in it.
PREVIEW_PHOTO, PREVIEW_PHOTOS = 560, 8
#: Longest side of the pictures that explain a stitch, and most of them.
STEP_SIDE, MOST_STEPS = 640, 40


class StitchRecipe(Recipe):
    """One item a product, or one for all."""

    kind = "stitch"
    version = 3
    label = _("Stitched pictures")
    description = _(
        "Overlapping close-ups become one picture; several photos or products become a grid or a strip."
    )
    options_form = StitchForm
    batch_size = 1
    has_preview = True

    def plan(
        self, products: Sequence[Any], photos: Mapping[Any, Sequence[Photo]], options: Mapping[str, Any]
    ) -> Iterable[ItemPlan]:
        from prodgen_django.catalog import get_catalog

        plans = list(super().plan(products, photos, options))
        if not options.get("together"):
            return plans
        shown = [plan for plan in plans if plan.photos]
        if len(shown) > MOST_TOGETHER:
            raise ValidationError(
                _now("%(count)d products are too many for one picture; the most is %(most)d.")
                % {"count": len(shown), "most": MOST_TOGETHER},
                code="too_many_together",
            )
        if not shown:
            raise ValidationError(_now("None of the selected products has a photo."), code="no_photos")
        catalog = get_catalog()
        title = ", ".join(plan.title for plan in shown[:3])
        if len(shown) > 3:
            title = _now("%(title)s and %(count)d more") % {"title": title, "count": len(shown) - 3}
        return [
            ItemPlan(
                product=shown[0].product,
                title=title,
                photos=tuple(plan.photos[0] for plan in shown),
                options={
                    "names": [plan.title for plan in shown],
                    "heights": [catalog.height_cm(plan.product) for plan in shown],
                },
            )
        ]

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            try:
                yield self._one(item, bench)
            except ItemFailed as error:
                yield Outcome(item, error=error)

    def _one(self, item: WorkItem, bench: Workbench) -> Outcome:
        refs = require_photos(item)
        mode, cut_out = item.options["mode"], item.options.get("cut_out", True)
        if mode not in OVERLAPPING and cut_out:
            return layout_outcome(item, bench, refs, mode, self.version)
        return self._overlapping(item, refs, bench)

    def _overlapping(self, item: WorkItem, refs: tuple[str, ...], bench: Workbench, side: int = 0) -> Outcome:
        """One picture of close-ups; with `side` the photos are made smaller first."""
        from prodgen_django.stitching import StitchError, cropped

        mode, crop = item.options["mode"], item.options.get("crop") or "auto"
        images = self._read(item, refs, bench, side)
        steps: list[dict[str, str]] = []
        try:
            result = _stitched(
                images,
                mode,
                on_progress=lambda stage, fraction: bench.progress(item, 0.2 + 0.6 * fraction, stage),
                explain=_keeper(bench, steps) if item.options.get("explain") else None,
                **self._engine_options(item, len(images)),
            )
        except StitchError as error:
            raise ItemFailed(error.code, error.message) from error
        if result.report["mode"] == "strip" and item.options.get("cut_out", True):
            # It found a turntable's frames.
            return layout_outcome(item, bench, refs, "strip", self.version)
        told: list[str] = []
        if crop == "auto" and mode in OVERLAPPING:
            made: Picture | StitchResult = result
            if result.report["mode"] == "planar":
                bench.progress(item, 0.85, _now("Cutting out"))
                made, told = finished(item, refs, result, self.version)
            if isinstance(made, Picture):
                sentences = [*result.report.get("warnings", []), *told, *other_format(item, (made,))]
                report = {**result.report, "sentences": sentences, "steps": steps}
                return Outcome(item, pictures=(made,), report=report)
            result = cropped(made, "auto") if made is result else made
        if not result.mask.all() and result.report.get("crop") != "extend":
            # A shop's page has no use for black corners.
            result.image[~result.mask] = WHITE
        pictures = tuple(self._pictures(item, refs, result))
        sentences = [*result.report.get("warnings", []), *told, *other_format(item, pictures)]
        report = {**result.report, "sentences": sentences, "steps": steps}
        return Outcome(item, pictures=pictures, report=report)

    def preview(self, item: WorkItem, bench: Workbench) -> Picture:
        refs, mode = require_photos(item), item.options["mode"]
        if item.options.get("together"):
            refs, own = self._together(item)
            item.options = {**item.options, **own}
        if mode in OVERLAPPING:
            return self._overlapping(item, refs, bench, PREVIEW_PHOTO).pictures[0]
        if item.options.get("cut_out", True):
            return layout_outcome(
                item, bench, refs[:PREVIEW_PHOTOS], mode, self.version, PREVIEW_PHOTO
            ).pictures[0]
        return self._overlapping(item, refs[:PREVIEW_PHOTOS], bench, PREVIEW_PHOTO).pictures[0]

    def _together(self, item: WorkItem) -> tuple[tuple[str, ...], dict[str, Any]]:
        """The first photo of each of a draft's products, and the options of the item that they become."""
        from prodgen_django.models import JobItem

        rows = JobItem.objects.filter(job__items__pk=item.pk).order_by("position").distinct()
        shown = [row for row in rows[:PREVIEW_PHOTOS] if row.photos]
        return tuple(row.photos[0] for row in shown), {"names": [row.title for row in shown]}

    def _read(self, item: WorkItem, refs: Sequence[str], bench: Workbench, side: int = 0) -> list[np.ndarray]:
        images: list[np.ndarray] = []
        for number, ref in enumerate(refs):
            bench.progress(item, 0.2 * number / len(refs), _now("Reading the photos"))
            images.append(photo_of(bench, ref, side)[0])
        return images

    def _pictures(self, item: WorkItem, refs: tuple[str, ...], result: StitchResult) -> Iterator[Picture]:
        """The stitched picture, or the files that a long one is cut into."""
        from prodgen_django.imagefile import encode_image, fitting_format
        from prodgen_django.stitching import slices
        from prodgen_django.studio import palette, style_tags

        parts = slices(result) if item.options.get("slices") else [result.image]
        for number, part in enumerate(parts, 1):
            height, width = part.shape[:2]
            file_format = fitting_format(wanted_format(item), width, height)
            yield Picture(
                data=encode_image(
                    part,
                    format=file_format,
                    source_type=result.source_type,
                    quality=None if file_format == "png" else settings.QUALITY,
                ),
                format=file_format,
                width=width,
                height=height,
                source_type=result.source_type,
                title=part_title(item, number, len(parts)),
                seed=item.seed,
                recipe={"kind": self.kind, "version": self.version, **item.options},
                sources=refs,
                scores={"stitch": result.report.get("checks", {}), "mode": result.report.get("mode")},
                palette=tuple(palette(part)),
                tags=("stitched", *style_tags(part)),
            )

    def _engine_options(self, item: WorkItem, count: int) -> dict[str, Any]:
        options = item.options
        crop = options.get("crop") or "auto"
        chosen: dict[str, Any] = {
            "seed": item.seed,
            # No larger than we would let in ourselves.
            "max_pixels": min(80_000_000, settings.MAX_IMAGE_PIXELS),
            # A product is looked for in all that was photographed, and only then are corners seen to.
            "crop": "none" if crop == "auto" and options["mode"] in OVERLAPPING else crop,
            "on_partial": options.get("leave_out") or "strangers",
        }
        if options["mode"] in OVERLAPPING:
            return chosen | {"device": _device()}
        chosen |= {
            name: options[name] for name in ("columns", "gutter", "width") if options.get(name) is not None
        }
        if options.get("captions"):
            chosen["captions"] = options.get("names") or [item.title] + [None] * (count - 1)
        return chosen


def _device() -> str | None:
    """The device of ``PRODGEN["DEVICE"]`` as the engine takes it: a GPU, or None for OpenCV on the CPU."""
    named = device()
    if named == "cpu":
        return None  # without loading torch, which nothing here needs then
    from prodgen_django.gan.sampling import choose_device

    chosen = choose_device(named)
    return None if chosen.type == "cpu" else str(chosen)


def _stitched(
    images: list[np.ndarray], mode: str, *, device: str | None = None, **options: Any
) -> StitchResult:
    """`stitch`, and once more on the CPU where the GPU's memory does not hold the canvas."""
    from prodgen_django.stitching import stitch

    if device is None:
        return stitch(images, mode, **options)
    import torch

    try:
        return stitch(images, mode, device=device, **options)
    except torch.OutOfMemoryError:
        logger.warning("the memory of %s does not hold the picture: it is stitched on the CPU", device)
    torch.cuda.empty_cache()
    return stitch(images, mode, **options)


def _keeper(bench: Workbench, steps: list[dict[str, str]]) -> Callable[[str, Any], None]:
    """Keeps the engine's intermediate pictures, small, in the storage and notes their names."""

    def keep(name: str, picture: Any) -> None:
        if len(steps) >= MOST_STEPS:
            return
        import cv2

        from prodgen_django.imagefile import encode_image

        scale = min(1.0, STEP_SIDE / max(picture.shape[:2]))
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        data = encode_image(picture, format="jpeg", source_type="compositeCapture", quality=80)
        steps.append({"name": name, "file": bench.save_file("steps", data, "jpg")})

    return keep
