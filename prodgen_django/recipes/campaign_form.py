"""The option form of a campaign."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.campaigns.links import validate_link
from prodgen_django.recipes.forms import DrawnField, RecipeForm, seed_field, successor

#: Ways to say what something costs.
AUTOMATIC, NO_PRICE, TYPED = "auto", "none", "typed"
#: The parts of a line of other languages' words.
PARTS = ("headline", "subline", "call")


def _formats() -> list[tuple[str, str]]:
    from prodgen_django.studio.banners import FORMATS

    return [
        (f.name, f.label if "×" in f.label else f"{f.label} ({f.size[0]} × {f.size[1]})")
        for f in FORMATS.values()
    ]


def _backdrops() -> list[tuple[str, Any]]:
    from prodgen_django.studio.backdrop import TRANSPARENT, backdrops

    named = [(one.name, _(one.label)) for one in backdrops() if one.name != TRANSPARENT]
    return [("auto", _("Chosen by the products' colours")), *named]


class BackdropField(forms.ChoiceField):
    """One backdrop by name, an older one's name standing for its successor."""

    def to_python(self, value: Any) -> str:
        return successor(super().to_python(value))

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) or str(value).startswith("#")


def _brands() -> list[tuple[str, Any]]:
    from prodgen_django.models import BrandKit

    return [("", _("None: colours chosen by the products"))] + [
        (str(pk), name) for pk, name in BrandKit.objects.values_list("pk", "name")
    ]


def _default_brand() -> str:
    from prodgen_django.models import BrandKit

    found = BrandKit.objects.filter(is_default=True).values_list("pk", flat=True).first()
    return str(found) if found is not None else ""


def _default_language() -> list[str]:
    known = dict(django_settings.LANGUAGES)
    tag = django_settings.LANGUAGE_CODE
    return [tag if tag in known else tag.split("-")[0]]


class CampaignForm(RecipeForm):
    advanced = ("translations", "price_text", "say_until", "backdrop", "photo", "layers", "seed")

    source = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    #: The language of the words below, where it is none of those that are made.
    written_in = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    headline = DrawnField(
        lines=True, label=_("Headline"), max_length=110, initial=lambda: _now("New in the shop"),
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=_("Few words sell best; lines are broken by themselves."),
    )  # fmt: skip
    subline = DrawnField(
        label=_("Second sentence"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"size": 60}),
    )
    call = DrawnField(
        label=_("Button"), max_length=40, required=False,
        help_text=_("Empty: “Shop now” in each language. A hyphen: no button."),
    )  # fmt: skip
    price = forms.ChoiceField(
        label=_("Price"),
        choices=[
            (AUTOMATIC, _("As the shop sells it, with the promotion's discount")),
            (NO_PRICE, _("None")),
            (TYPED, _("As written under “More options”")),
        ],
        initial=AUTOMATIC,
        widget=forms.RadioSelect,
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=lambda: list(django_settings.LANGUAGES), initial=_default_language,
        help_text=_("The words above are in the first one; write the others' under “More options”."),
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )  # fmt: skip
    formats = forms.MultipleChoiceField(
        label=_("Sizes"), choices=_formats, initial=["hero", "hero_phone", "meta_square"],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    variations = forms.TypedChoiceField(
        label=_("Designs to compare"), choices=[(n, str(n)) for n in range(1, 7)], coerce=int, initial=3,
        help_text=_("Each has all sizes in one look."),
    )  # fmt: skip
    brand = forms.ChoiceField(label=_("Brand kit"), choices=_brands, initial=_default_brand, required=False)
    slot = forms.SlugField(
        label=_("Place in the shop"), max_length=50, initial="hero", required=False,
        help_text=_("The name in the template's tag. Nothing is shown before it is approved and published."),
    )  # fmt: skip
    link = forms.CharField(
        label=_("Where a click leads"), max_length=500, required=False, validators=[validate_link],
        help_text=_("Empty: the promotion's page, or that of the product."),
    )  # fmt: skip
    translations = DrawnField(
        rows=True, label=_("The words in other languages"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("A line each: de | Überschrift | zweiter Satz | Knopf"),
    )  # fmt: skip
    price_text = DrawnField(
        label=_("Price as written"), max_length=40, required=False,
        help_text=_("Has to be spelled as the shop writes it, or the picture cannot be published."),
    )  # fmt: skip
    say_until = forms.BooleanField(label=_("Say when the promotion ends"), initial=True, required=False)
    backdrop = BackdropField(label=_("Backdrop"), choices=_backdrops, initial="auto")
    photo = forms.ChoiceField(
        label=_("Which photo"),
        choices=[("best", _("The one that cuts out best")), ("first", _("The product's first photo"))],
        initial="best",
        widget=forms.RadioSelect,
    )
    layers = forms.BooleanField(
        label=_("Also as a drawing with layers (SVG)"), initial=False, required=False,
        help_text=_("Its words can be edited in a drawing program."),
    )  # fmt: skip
    seed = seed_field()

    def clean_translations(self) -> str:
        text = self.cleaned_data["translations"]
        parse_translations(text)
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("price") == TYPED and not cleaned.get("price_text"):
            self.add_error("price_text", _("Write the price, or choose another way above."))
        return cleaned


def parse_translations(text: str) -> dict[str, dict[str, str]]:
    """Words by language. Raises ValidationError for a line that is none."""
    found: dict[str, dict[str, str]] = {}
    known = {tag.lower() for tag, _name in django_settings.LANGUAGES}
    for line in text.split("\n"):
        if not line.strip():
            continue
        tag, *words = (part.strip() for part in line.split("|"))
        if tag.lower() not in known or not words or not words[0]:
            raise ValidationError(
                _("“%(line)s” is no line of words. Write a language and a headline: de | Überschrift"),
                code="translation",
                params={"line": line[:60]},
            )
        found[tag.lower()] = dict(zip(PARTS, words, strict=False))
    return found
