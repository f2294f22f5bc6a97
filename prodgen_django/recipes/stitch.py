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
#: Longest side of the pictures that explain a stitch, and most of them.
STEP_SIDE, MOST_STEPS = 640, 40


class StitchRecipe(Recipe):
    """One item a product, or one for all."""

    kind = "stitch"
    version = 2
    label = _("Stitched pictures")
    description = _(
        "Overlapping close-ups become one picture; several photos or products become a grid or a strip."
    )
    options_form = StitchForm
    batch_size = 1

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
        from prodgen_django.stitching import StitchError

        refs = require_photos(item)
        mode, cut_out = item.options["mode"], item.options.get("cut_out", True)
        if mode not in OVERLAPPING and cut_out:
            return layout_outcome(item, bench, refs, mode, self.version)
        images = self._read(item, refs, bench)
        steps: list[dict[str, str]] = []
        try:
            result = _stitched(
                images,
                mode,
                on_progress=lambda stage, fraction: bench.progress(item, 0.2 + 0.75 * fraction, stage),
                explain=_keeper(bench, steps) if item.options.get("explain") else None,
                **self._engine_options(item, len(images)),
            )
        except StitchError as error:
            raise ItemFailed(error.code, error.message) from error
        if mode == "auto" and cut_out and result.report["mode"] == "strip":
            # It found a turntable's frames.
            return layout_outcome(item, bench, refs, "strip", self.version)
        if not result.mask.all() and result.report.get("crop") != "extend":
            # A shop's page has no use for black corners.
            result.image[~result.mask] = WHITE
        pictures = tuple(self._pictures(item, refs, result))
        sentences = [*result.report.get("warnings", []), *other_format(item, pictures)]
        report = {**result.report, "sentences": sentences, "steps": steps}
        return Outcome(item, pictures=pictures, report=report)

    def _read(self, item: WorkItem, refs: Sequence[str], bench: Workbench) -> list[np.ndarray]:
        images: list[np.ndarray] = []
        for number, ref in enumerate(refs):
            bench.progress(item, 0.2 * number / len(refs), _now("Reading the photos"))
            images.append(photo_of(bench, ref)[0])
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
        chosen: dict[str, Any] = {
            "seed": item.seed,
            # No larger than we would let in ourselves.
            "max_pixels": min(80_000_000, settings.MAX_IMAGE_PIXELS),
            "crop": options.get("crop") or "auto",
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
