"""Stitched pictures: close-ups to one, bundles to a grid, details to a long picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed, ItemPlan, Outcome, Picture, Recipe
from prodgen_django.recipes.forms import RecipeForm, format_field, seed_field
from prodgen_django.recipes.photos import WHITE, require_photos, rgb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from prodgen_django.catalog import Photo
    from prodgen_django.recipes.base import Workbench, WorkItem

OVERLAPPING = ("auto", "planar", "panorama")
#: Most products in one picture.
MOST_TOGETHER = 100
SOURCE_TYPE = "compositeCapture"


class StitchForm(RecipeForm):
    advanced = ("gutter", "width", "crop", "leave_out", "format", "seed")

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
    crop = forms.ChoiceField(
        label=_("Empty corners"),
        choices=[
            ("auto", _("Crop where that loses little, else white")),
            ("rectangle", _("Crop to the largest full rectangle")),
            ("fill", _("Fill with the background's colour")),
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
        from prodgen_django.imagefile import encode_image
        from prodgen_django.stitching import StitchError, stitch
        from prodgen_django.studio import palette, style_tags

        refs = require_photos(item)
        images = []
        for number, ref in enumerate(refs):
            bench.progress(item, 0.2 * number / len(refs), _now("Reading the photos"))
            images.append(rgb(bench, ref))
        try:
            result = stitch(
                images,
                item.options["mode"],
                on_progress=lambda stage, fraction: bench.progress(item, 0.2 + 0.75 * fraction, stage),
                **self._engine_options(item, len(images)),
            )
        except StitchError as error:
            raise ItemFailed(error.code, error.message) from error
        if not result.mask.all():
            # A shop's page has no use for black corners.
            result.image[~result.mask] = WHITE
        file_format = item.options.get("format") or settings.FORMAT
        height, width = result.image.shape[:2]
        picture = Picture(
            data=encode_image(
                result.image,
                format=file_format,
                source_type=SOURCE_TYPE,
                quality=None if file_format == "png" else settings.QUALITY,
            ),
            format=file_format,
            width=width,
            height=height,
            source_type=SOURCE_TYPE,
            seed=item.seed,
            recipe={"kind": self.kind, "version": self.version, **item.options},
            sources=refs,
            scores={"stitch": result.report.get("checks", {}), "mode": result.report.get("mode")},
            palette=tuple(palette(result.image)),
            tags=("stitched", *style_tags(result.image)),
        )
        report = {**result.report, "sentences": list(result.report.get("warnings", []))}
        return Outcome(item, pictures=(picture,), report=report)

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
            return chosen
        chosen |= {
            name: options[name] for name in ("columns", "gutter", "width") if options.get(name) is not None
        }
        if options.get("captions"):
            chosen["captions"] = options.get("names") or [item.title] + [None] * (count - 1)
        return chosen
