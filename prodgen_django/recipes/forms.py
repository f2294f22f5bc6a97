"""Fields that several recipes' option forms share."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

FORMATS = [("jpeg", _("JPEG")), ("png", _("PNG (lossless, larger)")), ("webp", _("WebP"))]


class RecipeForm(forms.Form):
    """A recipe's options. Fields named in ``advanced`` are shown folded away."""

    advanced: tuple[str, ...] = ()


def seed_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Seed"),
        help_text=_("The same seed makes the same pictures again; another number makes others."),
        initial=0,
        min_value=0,
        max_value=2**31 - 1,
    )


def format_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("File format"), choices=FORMATS, initial="jpeg")
