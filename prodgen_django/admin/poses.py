"""How products are shown and how large they are: said on the options page, for a product or for its whole category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.admin.changelist import StrictListMixin
from prodgen_django.models import Pose
from prodgen_django.recipes.poses import SOURCES, Known, keep, known_poses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.http import HttpRequest

    from prodgen_django.models import JobItem

__all__ = ["PoseAdmin", "PoseForm", "PoseInline", "keep_poses", "pose_forms", "suit_notes"]

PRODUCT, CATEGORY = "product", "category"


class PoseForm(forms.Form):
    """What is known of one chosen product, to be changed."""

    pose = forms.ChoiceField(label=_("How it is shown"), required=False)
    centimetres = forms.FloatField(
        label=_("Longer side in cm"),
        required=False,
        validators=[MinValueValidator(0.5), MaxValueValidator(2000)],
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.5", "max": "2000"}),
    )
    scope = forms.ChoiceField(label=_("Holds for"), required=False)

    def __init__(self, item: JobItem, known: Known, data: Any = None) -> None:
        self.item, self.known = item, known
        initial = {"pose": known.pose, "centimetres": known.centimetres, "scope": PRODUCT}
        super().__init__(data, prefix=f"pose-{item.pk}", initial=initial)
        ways: list[tuple[str, Any]] = [(str(value), label) for value, label in Pose.Way.choices]
        self.fields["pose"].choices = [("", _now("As its photo looks")), *ways]  # type: ignore[attr-defined]
        scopes = [(PRODUCT, _now("this product"))]
        if known.category is not None:
            scopes.append((CATEGORY, _now("all of “%s”") % known.category.name))
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]

    @property
    def source(self) -> str:
        """Who says so, in words."""
        return str(SOURCES[self.known.pose_by])

    @property
    def says(self) -> bool:
        """Whether something else is said than what is known, or the same of the whole category."""
        chosen = self.cleaned_data
        new = (chosen["pose"], chosen["centimetres"]) != (self.known.pose, self.known.centimetres)
        return new or chosen["scope"] == CATEGORY

    def values(self) -> dict[str, Any]:
        """Pose and size as a recipe's options have them."""
        return {name: self.cleaned_data[name] for name in ("pose", "centimetres")}


def pose_forms(items: Iterable[JobItem], data: Any = None) -> dict[int, PoseForm]:
    """A form for each of a draft's items that has a product, by the item's key; one that was not sent is unbound."""
    items = [item for item in items if item.product is not None]
    known = known_poses([item.product for item in items])
    return {
        item.pk: PoseForm(
            item,
            known[item.product_id],
            data if data is not None and f"pose-{item.pk}-pose" in data else None,
        )
        for item in items
    }


def keep_poses(shown: Iterable[PoseForm], by: Any) -> None:
    """Write down what the (valid) forms say."""
    for form in shown:
        if not form.is_bound or not form.says:
            continue
        chosen = form.values()
        if form.cleaned_data["scope"] == CATEGORY and form.known.category is not None:
            keep(by, category=form.known.category, **chosen)
            # What was said of this product alone would else still come before it.
            keep(by, product=form.item.product)
        else:
            keep(by, product=form.item.product, **chosen)


def suit_notes(products: Sequence[Known]) -> dict[str, str]:
    """By backdrop, a word where it has no place for some of these products."""
    from prodgen_django.studio.backdrop import backdrops

    known = [product for product in products if product.pose]
    notes = {}
    for one in backdrops():
        count = sum(one.suits(product.pose, product.centimetres) for product in known)  # type: ignore[arg-type]
        if known and count == 0:
            notes[one.name] = _now("no place for these")
        elif count < len(known):
            notes[one.name] = _now("for %(count)d of %(total)d") % {"count": count, "total": len(known)}
    return notes


@admin.register(Pose)
class PoseAdmin(StrictListMixin):
    list_display = ("__str__", "category_name", "pose", "centimetres", "by", "at")
    list_editable = ("pose", "centimetres")
    list_filter = ("pose",)
    fields = ("product", "category_name", "pose", "centimetres")
    readonly_fields = ("product", "category_name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Said at a product, or for a category on an options page.
        return False

    def save_model(self, request: HttpRequest, obj: Pose, form: Any, change: bool) -> None:
        obj.by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)


class PoseInline(admin.StackedInline):
    """On a product's own page."""

    model = Pose
    fields = ("pose", "centimetres")
    extra = 1
    max_num = 1
    verbose_name = _("how its pictures show it")
    verbose_name_plural = _("how its pictures show it")


def chosen_values(shown: Mapping[int, PoseForm], pk: int) -> dict[str, Any]:
    """What was sent of one item, for a preview; nothing where none was or it is wrong."""
    form = shown.get(pk)
    return form.values() if form is not None and form.is_bound and form.is_valid() else {}
