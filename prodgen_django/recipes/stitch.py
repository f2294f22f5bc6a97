"""Stitched pictures: close-ups to one, bundles to a grid, details to a long picture."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed, ItemPlan, Outcome, Picture, Recipe
from prodgen_django.recipes.devices import device
from prodgen_django.recipes.forms import RecipeForm, format_field, seed_field
from prodgen_django.recipes.outlines import known_outline
from prodgen_django.recipes.photos import WHITE, photo_of, require_photos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np

    from prodgen_django.catalog import Photo
    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.stitching import StitchResult
    from prodgen_django.studio import CutOut

    Box = tuple[float, float, float, float]

logger = logging.getLogger("prodgen_django.recipes")

OVERLAPPING = ("auto", "planar", "panorama")
#: Most products in one picture.
MOST_TOGETHER = 100
#: Longest side of the pictures that explain a stitch, and most of them.
STEP_SIDE, MOST_STEPS = 640, 40


class StitchForm(RecipeForm):
    advanced = ("gutter", "width", "slices", "crop", "leave_out", "explain", "format", "seed")

    mode = forms.ChoiceField(
        label=_("How"),
        choices=[
            ("auto", _("Overlapping close-ups: find out how they fit")),
            ("planar", _("Overlapping close-ups of something flat (rug, poster, textile)")),
            ("panorama", _("A camera that turned on the spot (a room, a shop window)")),
            ("grid", _("Grid")),
            ("row", _("Row")),
            ("column", _("Column (long detail picture)")),
            ("strip", _("Strip (colourways, a spin, before and after)")),
        ],
        initial="auto",
        widget=forms.RadioSelect,
    )
    together = forms.BooleanField(
        label=_("One picture of all selected products"),
        help_text=_(
            "A bundle: the first photo of each product, in the order of the list. For the last four ways."
        ),
        initial=False,
        required=False,
    )
    columns = forms.IntegerField(
        label=_("Columns of the grid"),
        help_text=_("Empty: as near to square as the number of pictures allows."),
        min_value=1,
        max_value=20,
        required=False,
    )
    captions = forms.BooleanField(label=_("Write the products' names below"), initial=False, required=False)
    gutter = forms.IntegerField(
        label=_("Space between pictures, in pixels"),
        help_text=_("Empty: 3 % of a picture."),
        min_value=0,
        max_value=400,
        required=False,
    )
    width = forms.IntegerField(
        label=_("Width of the result, in pixels"),
        help_text=_("For grid, row, column and strip. Empty: what the photos give."),
        min_value=200,
        max_value=8000,
        required=False,
    )
    slices = forms.BooleanField(
        label=_("Cut a long picture into files"),
        help_text=_("For a column: about 1,200 pixels each, cut only between photos."),
        initial=False,
        required=False,
    )
    crop = forms.ChoiceField(
        label=_("Empty corners"),
        choices=[
            ("auto", _("Keep all that was photographed; what is missing goes on softly or stays white")),
            ("rectangle", _("Crop to the largest full rectangle")),
            ("fill", _("Fill with the background's colour")),
            ("inpaint", _("Let a trained model paint small corners (marked as generated)")),
        ],
        initial="auto",
    )
    leave_out = forms.ChoiceField(
        label=_("Photos that do not fit"),
        choices=[
            ("strangers", _("Leave out those that clearly show something else")),
            ("error", _("Make no picture and say which")),
            ("largest", _("Keep the largest group that fits together")),
        ],
        initial="strangers",
    )
    explain = forms.BooleanField(
        label=_("Keep the pictures of each step"),
        help_text=_("Where each photo was placed, its light, the seams: shown on the job's page."),
        initial=False,
        required=False,
    )
    format = format_field()
    seed = seed_field()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("together") and cleaned.get("mode") in OVERLAPPING:
            message = _now(
                "Products do not overlap: choose grid, row, column or strip for one picture of all."
            )
            self.add_error("mode", ValidationError(message, code="together_overlaps"))
        return cleaned


class StitchRecipe(Recipe):
    """One item a product, or one for all."""

    kind = "stitch"
    label = _("Stitched pictures")
    description = _(
        "Overlapping close-ups become one picture; several photos or products become a grid or a strip."
    )
    options_form = StitchForm
    batch_size = 1

    def plan(
        self, products: Sequence[Any], photos: Mapping[Any, Sequence[Photo]], options: Mapping[str, Any]
    ) -> Iterable[ItemPlan]:
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
        title = ", ".join(plan.title for plan in shown[:3])
        if len(shown) > 3:
            title = _now("%(title)s and %(count)d more") % {"title": title, "count": len(shown) - 3}
        return [
            ItemPlan(
                product=shown[0].product,
                title=title,
                photos=tuple(plan.photos[0] for plan in shown),
                options={"names": [plan.title for plan in shown]},
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
        images, boxes = self._read(item, refs, bench)
        steps: list[dict[str, str]] = []
        try:
            result = _stitched(
                images,
                item.options["mode"],
                on_progress=lambda stage, fraction: bench.progress(item, 0.2 + 0.75 * fraction, stage),
                explain=_keeper(bench, steps) if item.options.get("explain") else None,
                **self._engine_options(item, boxes),
            )
        except StitchError as error:
            raise ItemFailed(error.code, error.message) from error
        if not result.mask.all() and result.report.get("crop") != "extend":
            # A shop's page has no use for black corners.
            result.image[~result.mask] = WHITE
        pictures = tuple(self._pictures(item, refs, result))
        sentences = [*result.report.get("warnings", []), *self._other_format(item, pictures)]
        report = {**result.report, "sentences": sentences, "steps": steps}
        return Outcome(item, pictures=pictures, report=report)

    def _read(
        self, item: WorkItem, refs: Sequence[str], bench: Workbench
    ) -> tuple[list[np.ndarray], list[Box | None]]:
        """The photos, and for a layout where the product stands in each, where somebody or the file itself says so."""
        images: list[np.ndarray] = []
        boxes: list[Box | None] = []
        for number, ref in enumerate(refs):
            bench.progress(item, 0.2 * number / len(refs), _now("Reading the photos"))
            photo, own = photo_of(bench, ref)
            images.append(photo)
            boxes.append(
                None if item.options["mode"] in OVERLAPPING else _box(known_outline(ref, photo, own))
            )
        return images, boxes

    def _pictures(self, item: WorkItem, refs: tuple[str, ...], result: StitchResult) -> Iterator[Picture]:
        """The stitched picture, or the files that a long one is cut into."""
        from prodgen_django.imagefile import encode_image, fitting_format
        from prodgen_django.stitching import slices
        from prodgen_django.studio import palette, style_tags

        parts = slices(result) if item.options.get("slices") else [result.image]
        for number, part in enumerate(parts, 1):
            height, width = part.shape[:2]
            file_format = fitting_format(_wanted_format(item), width, height)
            title = ""
            if len(parts) > 1:
                title = _now("%(title)s, part %(number)d of %(count)d") % {
                    "title": item.title,
                    "number": number,
                    "count": len(parts),
                }
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
                title=title,
                seed=item.seed,
                recipe={"kind": self.kind, "version": self.version, **item.options},
                sources=refs,
                scores={"stitch": result.report.get("checks", {}), "mode": result.report.get("mode")},
                palette=tuple(palette(part)),
                tags=("stitched", *style_tags(part)),
            )

    @staticmethod
    def _other_format(item: WorkItem, pictures: Sequence[Picture]) -> Iterator[str]:
        """A sentence where a picture is longer than the files of the wanted format may be."""
        for picture in pictures:
            if picture.format != _wanted_format(item):
                yield _now(
                    "The picture is %(side)d pixels long, more than %(wanted)s holds, and was saved as %(used)s. "
                    "Cut a long picture into files to keep the format."
                ) % {
                    "side": max(picture.width, picture.height),
                    "wanted": _wanted_format(item).upper(),
                    "used": picture.format.upper(),
                }

    def _engine_options(self, item: WorkItem, boxes: list[Box | None]) -> dict[str, Any]:
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
        chosen["boxes"] = boxes
        chosen |= {
            name: options[name] for name in ("columns", "gutter", "width") if options.get(name) is not None
        }
        if options.get("captions"):
            chosen["captions"] = options.get("names") or [item.title] + [None] * (len(boxes) - 1)
        return chosen


def _wanted_format(item: WorkItem) -> str:
    return str(item.options.get("format") or settings.FORMAT)


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


def _box(cut: CutOut | None) -> Box | None:
    """The box about a product, in pixels: left, top, right, bottom."""
    if cut is None:
        return None
    import numpy as np

    solid = cut.alpha >= 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not rows.size:
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


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
