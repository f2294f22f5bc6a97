"""Fields that several recipes' option forms share."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from prodgen_django.studio.text import clean_text

#: What may be moved, and how far: shares of the canvas, a factor, degrees clockwise, the light's side, the shadow's
#: depth.
MOVES = {
    "right": (-0.5, 0.5),
    "down": (-0.5, 0.5),
    "scale": (0.3, 2.0),
    "turn": (-45.0, 45.0),
    "light": (-1.0, 1.0),
    "shadow": (0.0, 1.0),
}
#: Products that one job moves.
MOST_MOVED = 200
FORMATS = [("jpeg", _("JPEG")), ("png", _("PNG (lossless, larger)")), ("webp", _("WebP"))]


class RecipeForm(forms.Form):
    """A recipe's options. Fields named in ``advanced`` are shown folded away."""

    advanced: tuple[str, ...] = ()


class DrawnField(forms.CharField):
    """Words that will be drawn: what comes with them from Word, Excel or a web page is cleaned away, not refused.

    ``lines``: line breaks are kept, of whatever kind. ``rows``: each row of a list is cleaned by itself.
    """

    def __init__(self, *, lines: bool = False, rows: bool = False, **options: Any) -> None:
        self.lines, self.rows = lines, rows
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if self.rows:
            return "\n".join(filter(None, map(clean_text, re.split(r"\r\n|[\r\n]", text))))
        return clean_text(text, lines=self.lines)


class BackdropsField(forms.MultipleChoiceField):
    """Backdrops by name. What an older job calls by a name of its time is taken for its successor, and every colour
    "#rrggbb" is a ground."""

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(successor(name) for name in super().to_python(value)))

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) or bool(re.fullmatch(r"#[0-9a-f]{6}", str(value)))


class MovesField(forms.JSONField):
    """How products were moved in the preview: by their keys, numbers of `MOVES`, each within its bounds."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> dict[str, dict[str, float]]:
        found = super().clean(value) or {}
        if not isinstance(found, dict) or len(found) > MOST_MOVED:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return {str(key): moved for key, values in found.items() if (moved := self._moved(values))}

    def _moved(self, values: Any) -> dict[str, float]:
        if not isinstance(values, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": values})
        moved = {}
        for name, (least, most) in MOVES.items():
            number = values.get(name)
            if isinstance(number, int | float) and isfinite(number):
                moved[name] = round(min(max(float(number), least), most), 4)
        return moved


def successor(name: str) -> str:
    """The backdrop that stands for one of another time; a name that never was one stays as it is."""
    from prodgen_django.recipes.backdrops import current, is_known

    return current(name) if is_known(name) else name


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
