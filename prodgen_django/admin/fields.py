"""A recipe's option form laid out for the page: plain fields, then the rarely changed ones, backdrops as
swatches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.translation import gettext as _

from prodgen_django.admin.words import plain
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prodgen_django.models import Job


@dataclass
class Swatch:
    """One choice of a backdrop with its picture, or its colour "#rrggbb", and a word on what it suits."""

    value: str
    label: str
    url: str
    id: str
    checked: bool
    colour: str = ""
    note: str = ""


@dataclass
class Row:
    """A bound field and how it is shown."""

    bound: forms.BoundField
    control: str = "plain"  # plain | check | swatches | radios
    swatches: list[Swatch] = field(default_factory=list)
    several: bool = False

    @property
    def group(self) -> bool:
        """True where the control is a group of inputs, which is labelled by a legend."""
        return self.control in ("swatches", "radios")


@dataclass
class Section:
    title: str
    rows: list[Row]
    folded: bool = False


def bound_form(job: Job, data: Any = None) -> forms.Form:
    """The recipe's form, filled with the draft's options where nothing was sent."""
    return get_recipe(job.kind).options_form(data, initial=job.options)


def swatch_url(value: str) -> str:
    """The picture of a backdrop that we ship, or ``""``."""
    name = f"prodgen_django/backdrops/{value}.webp"
    return static(name) if value and finders.find(name) else ""


def laid_out(form: forms.Form, notes: Mapping[str, str] | None = None) -> list[Section]:
    """The form's visible fields in sections. A form may name its rarely changed fields in ``advanced``.

    ``notes``: what stands under a backdrop's name, by its value.
    """
    advanced = set(getattr(form, "advanced", ()))
    rows = [_row(bound, notes or {}) for bound in form.visible_fields()]
    usual = [row for row in rows if row.bound.name not in advanced]
    rare = [row for row in rows if row.bound.name in advanced]
    sections = [Section("", usual)] if usual else []
    if rare:
        sections.append(Section(_("More options"), rare, folded=not any(row.bound.errors for row in rare)))
    return sections


def _row(bound: forms.BoundField, notes: Mapping[str, str]) -> Row:
    formfield = bound.field
    if isinstance(formfield, forms.BooleanField):
        return Row(bound, "check")
    if isinstance(formfield, forms.ChoiceField):
        several = isinstance(formfield, forms.MultipleChoiceField)
        swatches = _swatches(bound, several, notes)
        if swatches:
            return Row(bound, "swatches", swatches, several)
        if isinstance(formfield.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return Row(bound, "radios", several=several)
    return Row(bound)


def _swatches(bound: forms.BoundField, several: bool, notes: Mapping[str, str]) -> list[Swatch]:
    """The choices with their pictures, or nothing unless most of them have one."""
    choices = [(str(value), str(label)) for value, label in bound.field.choices]  # type: ignore[attr-defined]
    urls = {value: swatch_url(value) for value, _label in choices}
    if sum(map(bool, urls.values())) * 2 <= len(choices):
        return []
    value = bound.value()
    chosen = {str(part) for part in value} if several and value else {str(value)}
    return [
        Swatch(
            choice,
            label,
            urls[choice],
            f"{bound.id_for_label or bound.auto_id}_{number}",
            choice in chosen,
            choice if choice.startswith("#") else "",
            notes.get(choice, ""),
        )
        for number, (choice, label) in enumerate(choices)
    ]


def in_words(form_class: type[forms.Form], options: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Chosen options as (label, value) in the form's own words; an unknown one goes by its key."""
    form = form_class()
    for name, value in options.items():
        formfield = form.fields.get(name)
        label = str(form[name].label) if formfield else name.replace("_", " ")
        labels = _choice_labels(formfield)
        if isinstance(value, list):
            shown = ", ".join(labels.get(str(part), plain(part)) for part in value) or "–"
        elif isinstance(value, dict):
            shown = str(len(value))
        else:
            shown = labels.get(str(value)) or plain(value)
        yield label, shown


def _choice_labels(formfield: forms.Field | None) -> dict[str, str]:
    if not isinstance(formfield, forms.ChoiceField):
        return {}
    found: dict[str, str] = {}
    for value, label in list(formfield.choices):  # type: ignore[arg-type]
        if isinstance(label, list | tuple):
            found |= {str(inner): str(text) for inner, text in label}
        else:
            found[str(value)] = str(label)
    return found
