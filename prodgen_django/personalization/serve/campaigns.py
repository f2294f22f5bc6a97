"""Which published campaign picture a visitor sees in a place of the shop: one choice more, made as for products.

Only among the designs that run at this moment. One query has the pictures, and another what is known of a visitor who
consents, where the page does not know it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings as django_settings
from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString

from prodgen_django.campaigns.links import safe_link
from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.log.names import slot_key
from prodgen_django.personalization.serve.candidates import FACTS, NEWEST, Candidate, facts_of
from prodgen_django.personalization.serve.choice import Choice, choose_each
from prodgen_django.personalization.serve.pictures import Picture, escape

if TYPE_CHECKING:
    from prodgen_django.personalization.serve.known import Known
    from prodgen_django.personalization.serve.visitor import Visitor

#: Most pictures that one place's query brings.
MOST = 200
#: Screens up to this width see the phone's picture.
PHONE = "(max-width: 640px)"


class Design(NamedTuple):
    """A campaign's picture in one size, with what its campaign says beside it."""

    candidate: Candidate
    item: Any
    format: str
    language: str
    alt: str
    link: str
    headline: str


@dataclass(frozen=True)
class CampaignPicture:
    """A campaign's picture for a template: prints itself as a link with a responsive picture."""

    picture: Picture
    phone: Picture | None
    design: Design
    choice: Choice

    @property
    def link(self) -> str:
        return self.design.link

    @property
    def alt(self) -> str:
        return self.design.alt

    @property
    def headline(self) -> str:
        return self.design.headline

    @property
    def is_personal(self) -> bool:
        return self.choice.is_personal

    @property
    def attrs(self) -> SafeString:
        """What makes a tag of the shop's own one that is counted."""
        return self.picture.attrs

    def __html__(self) -> str:
        return self.html()

    def __str__(self) -> str:
        return self.html()

    def html(self, *, css_class: str = "", loading: str = "eager") -> SafeString:
        """A ``<picture>`` whose phone version has its own shape, in a link where there is one."""
        before = self.phone.sources_html(media=PHONE, sizes="100vw") if self.phone else ""
        drawn = self.picture.html(alt=self.alt, sizes="100vw", loading=loading, css_class="", before=before)
        css = escape(f"prodgen-campaign {css_class}".strip())
        if self.link:
            return SafeString(
                f'<a class="{css}" href="{escape(self.link)}">{drawn}</a>'
            )  # each part is escaped
        return SafeString(f'<div class="{css}">{drawn}</div>')


def choose_campaign(
    visitor: Visitor,
    slot: str,
    known: Known,
    *,
    language: str = "",
    wide: str = "hero",
    phone: str = "hero_phone",
) -> tuple[Choice, Design, Design | None] | None:
    """The choice for a place, its design, and the design for phones; None where no campaign runs there in the visitor's
    language.

    `wide` and `phone`: the sizes to show.
    """
    rows = _running(slot, (wide, phone))
    designs = {row.candidate.id: row for row in _spoken(rows, language, wide)}
    if not designs:
        return None
    key = slot_key(slot)
    choice = choose_each(visitor, known, {key: [row.candidate for row in designs.values()]})[key]
    assert choice.candidate is not None
    chosen = designs[choice.candidate.id]
    small = (row for row in rows if row.format == phone and row.item is not None and row.item == chosen.item)
    return choice, chosen, next(small, None)


def _spoken(rows: Sequence[Design], language: str, wide: str) -> list[Design]:
    """The designs of the newest campaign that speaks the visitor's language, else the shop's own."""
    tags = [tag.lower() for tag in (language, django_settings.LANGUAGE_CODE) if tag]
    for wanted in [*tags, *(tag.split("-")[0] for tag in tags)]:
        found = [
            row
            for row in rows
            if row.format == wide and wanted in (row.language.lower(), row.language.lower().split("-")[0])
        ]
        if found:
            return found
    return []


def _running(slot: str, formats: Sequence[str]) -> list[Design]:
    """What may be shown in a place at this moment, the last one published first."""
    from prodgen_django.models import Campaign, GeneratedImage

    now = timezone.now()
    running = Campaign.objects.filter(
        get_catalog().running_promotions(),
        Q(starts_at=None) | Q(starts_at__lte=now),
        Q(ends_at=None) | Q(ends_at__gte=now),
        slot=slot,
    )
    pictures = GeneratedImage.objects.filter(
        kind="campaign",
        state=GeneratedImage.State.PUBLISHED,
        job__campaign__in=running.values("pk"),
        recipe__format__in=list(formats),
    )
    columns = ("pk", "item_id", "recipe", "job__campaign__link", *FACTS)
    return [_design(*row) for row in pictures.order_by(*NEWEST).values_list(*columns)[:MOST]]


def _design(pk: int, item: Any, recipe: dict[str, Any], link: str | None, *facts: Any) -> Design:
    # Rows may be older than the form's own check of links, or written by a program.
    return Design(
        Candidate(pk, None, facts_of(*facts)),
        item,
        str(recipe.get("format", "")),
        str(recipe.get("language", "")),
        str(recipe.get("alt", "")),
        safe_link(link),
        str((recipe.get("words") or {}).get("headline", "")),
    )
