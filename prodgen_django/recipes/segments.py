"""Display pictures for taste segments: of each product, before the sets that a segment likes and the product lacks.

A segment is a named taste. A shop draws up its own (`TasteSegment`); until it has, the editorial ones stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.policy.taste import likeness
from prodgen_django.recipes.backdrops import current
from prodgen_django.recipes.base import ItemPlan
from prodgen_django.recipes.display import DisplayRecipe
from prodgen_django.recipes.display_form import DisplayForm
from prodgen_django.recipes.poses import known_poses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from prodgen_django.catalog import Photo
    from prodgen_django.models import TasteSegment
    from prodgen_django.recipes.base import Picture, Workbench, WorkItem


#: name, weights: the tastes that an interior shop meets, as a start.
EDITORIAL: tuple[tuple[Any, dict[str, float]], ...] = (
    (_("Warm and natural"), {"tag:warm": 0.8, "tag:wood": 0.7, "tag:natural": 0.6, "tag:home": 0.4}),
    (_("Modern and plain"), {"tag:urban": 0.7, "tag:neutral": 0.6, "tag:muted": 0.5, "tag:modern": 0.5}),
    (_("Elegant and dark"), {"tag:elegant": 0.8, "tag:dark": 0.7, "tag:marble": 0.4}),
    (_("Soft and light"), {"tag:soft": 0.7, "tag:light": 0.6, "tag:pastel": 0.6}),
    (_("Festive and vivid"), {"tag:festive": 0.7, "tag:vivid": 0.7, "tag:gift": 0.5}),
)


def known_segments() -> list[TasteSegment]:
    """The segments that pictures can be made for: the shop's own, else the editorial ones, unsaved."""
    from prodgen_django.models import TasteSegment

    return list(TasteSegment.objects.all()) or [
        TasteSegment(name=str(name), weights=weights) for name, weights in EDITORIAL
    ]


def _segments() -> list[tuple[str, str]]:
    return [(segment.name, segment.name) for segment in known_segments()]


class SegmentsForm(DisplayForm):
    # Chosen by the segments.
    styles = None  # type: ignore[assignment]
    field_order = ("segments", "backdrops")

    segments = forms.MultipleChoiceField(
        label=_("Taste segments"),
        choices=_segments,
        initial=lambda: [name for name, _label in _segments()],
        widget=forms.CheckboxSelectMultiple,
    )
    backdrops = forms.TypedChoiceField(
        label=_("Backdrops a segment"),
        help_text=_("The best that suit it; those that a product has pictures before already are left out."),
        choices=[(n, str(n)) for n in (1, 2, 3)],
        coerce=int,
        initial=1,
    )


class SegmentsRecipe(DisplayRecipe):
    """As display pictures, with the backdrops chosen for each product and segment."""

    kind = "segments"
    picture_kind = "display"
    label = _("Pictures for taste segments")
    description = _(
        "Display pictures before the backdrops that groups of customers like, where a product has none yet."
    )
    options_form = SegmentsForm

    def plan(
        self,
        products: Sequence[Any],
        photos: Mapping[Any, Sequence[Photo]],
        options: Mapping[str, Any],
    ) -> Iterable[ItemPlan]:
        wanted = options.get("segments")
        segments = [one for one in known_segments() if wanted is None or one.name in wanted]
        poses = known_poses(list(products))
        ranked = {
            pose: {segment.name: suiting(segment, pose) for segment in segments}
            for pose in {known.pose or "table" for known in poses.values()}
        }
        had = styles_of({product.pk for product in products})
        catalog = get_catalog()
        for product in dict.fromkeys(products):
            refs = tuple(photo.ref for photo in photos.get(product.pk, ()))
            for segment, styles in lacking(
                ranked[poses[product.pk].pose or "table"], had, product.pk, int(options.get("backdrops") or 1)
            ):
                title = _now("%(product)s, for “%(segment)s”") % {
                    "product": catalog.title(product),
                    "segment": segment,
                }
                yield ItemPlan(product, title, refs, {"styles": styles, "segment": segment})

    def preview(self, item: WorkItem, bench: Workbench) -> Picture:
        plans = list(self.plan([item.product], {}, item.options)) if item.product is not None else []
        styles = plans[0].options["styles"] if plans else ["white"]
        item.options = {**item.options, "styles": styles}
        return super().preview(item, bench)


def suiting(segment: TasteSegment, pose: str = "table") -> list[str]:
    """Names of the sets that suit a segment and have a place for things of the pose, best first."""
    from prodgen_django.studio.backdrop import backdrops

    scores = {
        one.name: _fit(segment.weights, one.tags, one.palette)
        for one in backdrops()
        if one.views and one.suits(pose)  # type: ignore[arg-type]
    }
    best = sorted(scores, key=lambda name: (-scores[name], name))
    # Where no set is to a segment's taste, one of those that are there has to do.
    return [name for name in best if scores[name] > 0] or best[:1]


def _fit(taste: Mapping[str, float], tags: Sequence[str], palette: Sequence[str]) -> float:
    """How well a picture fits a taste; 0 where they have nothing in common."""
    score = sum(taste.get(f"tag:{tag}", 0.0) for tag in tags)
    colours = [(name[7:], weight) for name, weight in taste.items() if name.startswith("colour:")]
    for colour, weight in colours:
        nearest = max(
            (likeness(colour, own) / (1 + place) for place, own in enumerate(palette[:3])), default=0.0
        )
        score += weight * nearest
    return score


def lacking(
    ranked: Mapping[str, Sequence[str]], had: Mapping[Any, set[str]], product_id: Any, count: int
) -> list[tuple[str, list[str]]]:
    """Of each segment the styles that a product lacks: pairs (segment, styles), segments without any left out.

    `ranked`: by segment, the names of styles that suit it, best first. `had`: by product, the styles that it has a
    picture in. A style that an earlier segment is given already serves the later one too.
    """
    taken = set(had.get(product_id, ()))
    found = []
    for segment, styles in ranked.items():
        missing = [style for style in styles[:count] if style not in taken]
        if missing:
            taken.update(missing)
            found.append((segment, missing))
    return found


def styles_of(product_ids: set[Any]) -> dict[Any, set[str]]:
    """By product, the backdrops that it has a picture before, published or on the way there."""
    from prodgen_django.models import GeneratedImage

    found: dict[Any, set[str]] = {}
    keys = sorted(product_ids)
    for start in range(0, len(keys), 500):
        rows = GeneratedImage.objects.filter(
            product_id__in=keys[start : start + 500], kind="display"
        ).exclude(state=GeneratedImage.State.REJECTED)
        for product_id, recipe in rows.values_list("product_id", "recipe"):
            found.setdefault(product_id, set()).add(current(str(recipe.get("style", "white"))))
    return found
