"""What can be asked of a stitch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.recipes.forms import RecipeForm, format_field, seed_field

#: The ways of photos that overlap; the others set them side by side.
OVERLAPPING = ("auto", "planar", "panorama")


class StitchForm(RecipeForm):
    advanced = (
        "ground",
        "true_sizes",
        "gutter",
        "width",
        "slices",
        "crop",
        "leave_out",
        "explain",
        "format",
        "seed",
    )

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
    cut_out = forms.BooleanField(
        label=_("Cut the products out, onto one ground"),
        help_text=_(
            "Of something flat that was stitched its own outline is found and made straight. Otherwise it keeps its "
            "ground, and in the last four ways the photos stand side by side as they are."
        ),
        initial=True,
        required=False,
    )
    placement = forms.ChoiceField(
        label=_("The products"),
        choices=[
            ("stand", _("Stand: their feet are on one line")),
            ("lie", _("Lie or hang, seen from above or in front: each in the middle of its place")),
        ],
        initial="stand",
        widget=forms.RadioSelect,
    )
    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=[
            ("auto", _("White, or stone grey where a white product would not be seen on it")),
            ("white", _("White")),
            ("stone", _("Stone grey")),
        ],
        initial="auto",
    )
    true_sizes = forms.BooleanField(
        label=_("As large beside each other as in life"),
        help_text=_(
            "Where the catalogue says how tall every product is. Otherwise all look about equally large."
        ),
        initial=True,
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
            (
                "auto",
                _(
                    "Keep all that was photographed: the product is cut out or made straight where it is found"
                ),
            ),
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
