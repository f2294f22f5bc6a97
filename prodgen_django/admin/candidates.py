"""Pictures as the gallery shows them, with everything fetched in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from prodgen_django.admin.changes import ACTION_LABELS, KEYS
from prodgen_django.admin.cutout import can_mend
from prodgen_django.admin.permissions import ACTIONS, may_generate
from prodgen_django.admin.scores import Verdict, facts, verdicts
from prodgen_django.admin.words import file_url, photo_urls
from prodgen_django.catalog import get_catalog
from prodgen_django.models import GeneratedImage, ReviewEvent
from prodgen_django.permissions import allowed_actions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

#: How many originals a card shows beside its candidate.
MOST_SOURCES = 9


@dataclass
class Source:
    """One of the photos that a picture was made from."""

    url: str
    thumbnail: str


@dataclass
class Likeness:
    """A real product that looks most like a picture that shows none."""

    title: str
    url: str
    thumbnail: str


@dataclass
class Card:
    """One picture with all that a reviewer needs to decide."""

    image: GeneratedImage
    url: str
    thumbnail: str
    sources: list[Source]
    hidden_sources: int
    #: The photo that `places` are of.
    doubted: Source | None
    verdicts: list[Verdict]
    facts: list[tuple[str, str]]
    #: (action, label, key) of what this user may do now.
    actions: list[tuple[str, Any, str]]
    #: Whether this user may draw the product's outline anew.
    can_mend: bool = False
    #: Why the smaller versions are not there, in words.
    renditions: str = ""
    events: list[ReviewEvent] = field(default_factory=list)
    #: Real products like a concept picture, the nearest first.
    nearest: list[Likeness] = field(default_factory=list)

    @property
    def places(self) -> list[tuple[Any, ...]]:
        """Where the cut-out looks wrong in the photo, in hundredths of it: left, top, width, height, kind."""
        found = (self.image.scores.get("cut_out") or {}).get("places") or ()
        return [
            (
                round(100 * x0, 1),
                round(100 * y0, 1),
                round(100 * (x1 - x0), 1),
                round(100 * (y1 - y0), 1),
                kind,
            )
            for x0, y0, x1, y1, kind in found
        ]

    @property
    def level(self) -> str:
        """The worst of the verdicts."""
        if self.image.blockers:
            return "bad"
        return self.verdicts[0].level if self.verdicts else "good"


def with_all(images: QuerySet[GeneratedImage]) -> QuerySet[GeneratedImage]:
    events = ReviewEvent.objects.select_related("by").order_by("pk")
    return images.select_related("job", "item", "checkpoint").prefetch_related(
        Prefetch("events", queryset=events), "errands"
    )


def _renditions(image: GeneratedImage) -> str:
    """Where the smaller versions of an approved picture are, while they are not there."""
    errand = next(iter(image.errands.all()), None)
    if errand is None or image.state not in (GeneratedImage.State.APPROVED, GeneratedImage.State.PUBLISHED):
        return ""
    if errand.over_at is None:
        return _("Its smaller versions are being made.")
    return _(
        "Its smaller versions could not be made, so the shop shows the large file (%(error)s). Undo the "
        "approval and approve it again to try once more."
    ) % {"error": errand.error}


def cards_for(images: Sequence[GeneratedImage], user: Any) -> list[Card]:
    """Cards of pictures that `with_all` fetched."""
    found = [entry for image in images for entry in image.provenance.get("nearest") or ()]
    urls = photo_urls([*(ref for image in images for ref in image.sources), *(e["photo"] for e in found)])
    catalog = get_catalog()
    pks = {entry["product"] for entry in found}
    products = {p.pk: p for p in catalog.products().filter(pk__in=pks)} if pks else {}
    cards = []
    for image in images:
        card = _card(image, user, urls)
        card.nearest = [
            Likeness(
                catalog.title(products[entry["product"]]), catalog.url(products[entry["product"]]),
                urls.get(entry["photo"], ""),
            )
            for entry in image.provenance.get("nearest") or ()
            if entry["product"] in products  # one that is sold no more has no page
        ]  # fmt: skip
        cards.append(card)
    return cards


def _card(image: GeneratedImage, user: Any, urls: dict[str, str]) -> Card:
    ready = image.provenance.get("source_thumbnails") or {}
    by_ref = {
        ref: Source(url=urls.get(ref, ""), thumbnail=file_url(ready.get(ref, "")) or urls.get(ref, ""))
        for ref in image.sources
    }
    sources = [by_ref[ref] for ref in image.sources if by_ref[ref].thumbnail]
    # A layout says of which of its photos it speaks, another picture was cut out of its first.
    doubted = by_ref.get((image.scores.get("cut_out") or {}).get("photo") or next(iter(image.sources), ""))
    allowed = allowed_actions(image, user)
    return Card(
        image=image,
        url=file_url(image.file.name or ""),
        thumbnail=file_url(image.thumbnail) or file_url(image.file.name or ""),
        sources=sources[:MOST_SOURCES],
        doubted=doubted if doubted and doubted.thumbnail else None,
        hidden_sources=max(0, len(sources) - MOST_SOURCES),
        verdicts=verdicts(image),
        facts=facts(image),
        actions=[
            (action, ACTION_LABELS[action], KEYS.get(action, "")) for action in ACTIONS if action in allowed
        ],
        can_mend=can_mend(image) and may_generate(user),
        renditions=_renditions(image),
        events=list(image.events.all()),
    )
