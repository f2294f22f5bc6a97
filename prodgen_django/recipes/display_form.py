"""The option form of display pictures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes import backdrops
from prodgen_django.recipes.forms import BackdropsField, MovesField, RecipeForm, format_field, seed_field
from prodgen_django.recipes.repairs import repair_field

SIZES = [(1000, "1000 × 1000"), (1600, "1600 × 1600"), (2000, "2000 × 2000")]


class DisplayForm(RecipeForm):
    advanced = ("season", "format", "size", "straighten", "repair", "shadow", "visible_label", "seed")

    styles = BackdropsField(
        label=_("Backdrops"),
        help_text=_(
            "Each product gets one picture before each backdrop that has a place for it: what hangs is shown on no "
            "table. Marketplaces ask for pure white."
        ),
        choices=backdrops.choices,
        initial=["white"],
        widget=forms.CheckboxSelectMultiple,
    )
    season = forms.ChoiceField(
        label=_("Season"),
        help_text=_("Of the backdrops that are chosen to suit each product."),
        choices=[
            ("", _("All year")),
            ("spring", _("Spring")),
            ("summer", _("Summer")),
            ("autumn", _("Autumn")),
            ("winter", _("Winter and holidays")),
        ],
        initial="",
        required=False,
    )
    photo = forms.ChoiceField(
        label=_("Which photo"),
        choices=[
            ("best", _("The one that cuts out best")),
            ("first", _("The product's first photo")),
            ("all", _("Every photo")),
        ],
        initial="best",
        widget=forms.RadioSelect,
    )
    candidates = forms.TypedChoiceField(
        label=_("Pictures per backdrop"),
        help_text=_(
            "Several are before different backdrops where these are chosen to suit, else in different light. Plain "
            "grounds are always one picture."
        ),
        choices=[(n, str(n)) for n in (1, 2, 3, 4)],
        coerce=int,
        initial=1,
    )
    size = forms.TypedChoiceField(
        label=_("Size in pixels"),
        help_text=_("Smaller where a photo is too small for it: nothing is blown up."),
        choices=SIZES,
        coerce=int,
        initial=lambda: settings.DISPLAY_SIZE[0],
    )
    shadow = forms.BooleanField(
        label=_("Shadow on pure white"),
        help_text=_("Marketplaces that ask for pure white refuse shadows."),
        initial=False,
        required=False,
    )
    straighten = forms.BooleanField(
        label=_("Upright and flat"),
        help_text=_(
            "A photo that was held aslant is turned upright, and a rug, poster or towel is made the rectangle that it "
            "is, where its outline says how. The picture's notes say what was done."
        ),
        initial=True,
        required=False,
    )
    repair = repair_field()
    visible_label = forms.BooleanField(
        label=_("Visible label"),
        help_text=_(
            "A small line in a corner says that the picture is composed. Marketplaces that forbid lettering refuse it; "
            "the mark in the file is always there."
        ),
        initial=False,
        required=False,
    )
    format = format_field()
    seed = seed_field()
    scene_words = forms.CharField(
        label=_("What surrounds the product"),
        help_text=_("For backdrops painted by the diffusion model, in the language that the model knows."),
        max_length=300,
        required=False,
        initial=backdrops.SCENE_WORDS,
    )
    moves = MovesField(label=_("Moved by hand"), required=False)
    # Which staged photo, and which mix of a set's lights: of a picture that is made again.
    scene = forms.CharField(max_length=255, required=False, widget=forms.HiddenInput)
    variation = forms.IntegerField(min_value=0, max_value=99, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.DIFFUSION:
            self.fields.pop("scene_words", None)
        side = settings.DISPLAY_SIZE[0]
        if side not in dict(SIZES):
            size = self.fields["size"]
            size.choices = sorted([*SIZES, (side, f"{side} × {side}")])  # type: ignore[attr-defined]
