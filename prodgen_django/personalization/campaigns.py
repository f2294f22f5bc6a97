"""Which published campaign picture a visitor sees in a place of the shop.

The same policy as for products chooses among the designs of the place, and only among those that run at this moment.
One query has the pictures, and another what is known of a visitor who consents, where the page does not know it yet.
What this browser was shown there stays for ``STABLE_DAYS``. Nothing is written, and no engine is known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings as django_settings
from django.db.models import Q
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from prodgen_django.campaigns.links import safe_link
from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization import identity
from prodgen_django.personalization.candidate import Candidate, facts_of
from prodgen_django.personalization.choice import Chosen, Decision
from prodgen_django.personalization.features import taste_vector
from prodgen_django.personalization.known import Known, read_known
from prodgen_django.personalization.pictures import Look, Picture
from prodgen_django.personalization.policies import cached_ensemble
from prodgen_django.personalization.policy import Ensemble, choose_page, is_held_out, seed_of
from prodgen_django.personalization.reading import FACTS, NEWEST
from prodgen_django.personalization.visitor import Visitor

#: Most pictures that one place's query brings.
MOST = 200


@dataclass(frozen=True)
class Shown:
    """A campaign's picture for a template: prints itself as a link with a responsive picture."""

    picture: Picture
    phone: Picture | None
    link: str
    alt: str
    headline: str
    is_personal: bool
    #: How it was chosen, for a visitor who consents, and by which policy.
    decision: Decision | None = None
    policy_version: str = ""
    #: The attribute by which the page's script counts it.
    mark: str = ""

    @property
    def attrs(self) -> SafeString:
        """What makes a tag of the shop's own one that is counted."""
        return mark_safe(self.mark)  # noqa: S308  (made of a number, see `page`)

    def __html__(self) -> str:
        return self.html()

    def __str__(self) -> str:
        return self.html()

    def html(self, *, css_class: str = "", loading: str = "eager") -> SafeString:
        """A ``<picture>`` whose phone version has its own shape, in a link where there is one."""
        escape = conditional_escape
        sources = ""
        for picture, media in ((self.phone, ' media="(max-width: 640px)"'), (self.picture, "")):
            if picture is None:
                continue
            offered = [(source.type, source.srcset) for source in picture.sources]
            if media:
                # The last format has no <img> of its own here.
                offered.append(("", picture.srcset or picture.url))
            box = f' width="{picture.width}" height="{picture.height}"' if picture.width else ""
            sources += "".join(
                f"<source{media}{f' type={chr(34)}{kind}{chr(34)}' if kind else ''}"
                f' srcset="{escape(srcset)}" sizes="100vw"{box}>'
                for kind, srcset in offered
            )
        main = self.picture
        srcset = f' srcset="{escape(main.srcset)}" sizes="100vw"' if main.srcset else ""
        box = f' width="{main.width}" height="{main.height}"' if main.width else ""
        mark = f" {self.mark}" if self.mark else ""
        drawn = (
            f'<picture{mark}>{sources}<img src="{escape(main.url)}"{srcset}{box} alt="{escape(self.alt)}"'
            f' loading="{escape(loading)}" decoding="async"></picture>'
        )
        css = escape(f"prodgen-campaign {css_class}".strip())
        if self.link:
            return mark_safe(f'<a class="{css}" href="{escape(self.link)}">{drawn}</a>')  # noqa: S308  (escaped)
        return mark_safe(f'<div class="{css}">{drawn}</div>')  # noqa: S308


@dataclass(frozen=True)
class _Row:
    candidate: Candidate
    item: Any
    format: str
    language: str
    alt: str
    link: str
    headline: str


def choose_campaign(
    visitor: Visitor,
    slot: str,
    *,
    language: str = "",
    wide: str = "hero",
    phone: str = "hero_phone",
    taste: Mapping[str, float] | None = None,
    consents: bool | None = None,
) -> Shown | None:
    """The picture of a place for a visitor; None where no campaign runs there in their language.

    `wide` and `phone`: the sizes to show. `taste` and `consents`: what the page already knows of the visitor; None has
    what is kept of a customer read.
    """
    rows = _pictures(slot, (wide, phone))
    designs = _designs(rows, language, wide)
    if not designs:
        return None
    policy = cached_ensemble()
    if consents is None or (consents and (taste is None or policy is None)):
        known = read_known(visitor, likes=False)
    else:
        known = Known(policy, consents)
    if not known.consents or known.policy is None:
        return _shown(designs[0], rows, phone)
    used = known.profile if taste is None else taste
    decision = _decide(visitor, slot, designs, used, known.policy)
    design = next(design for design in designs if design.candidate.id == decision.image_id)
    is_personal = bool(used) and len(designs) > 1 and not decision.is_holdout
    return replace(
        _shown(design, rows, phone),
        is_personal=is_personal,
        decision=decision,
        policy_version=known.policy.version,
    )


def _decide(
    visitor: Visitor, slot: str, designs: Sequence[_Row], taste: Mapping[str, float], policy: Ensemble
) -> Decision:
    key, hour = identity.slot_key(slot), identity.now_hour()
    arms = [design.candidate for design in designs]
    ids = tuple([arm.id for arm in arms])
    is_holdout = is_held_out(visitor.key, settings.HOLDOUT)
    before = visitor.seen.get(key)
    if before is not None and before.image_id in ids:
        return Decision(
            key, before.image_id, ids, (), before.share, is_holdout, before.hour,
            version=before.version, is_new=False,
        )  # fmt: skip
    seed = seed_of(visitor.key, key, hour // (24 * settings.STABLE_DAYS))
    if is_holdout:
        even = (1.0 / len(ids),) * len(ids)
        return Decision(key, sorted(ids)[seed % len(ids)], ids, even, even[0], True, hour)
    choice = choose_page(policy, taste_vector(taste), [(seed, arms)])[0]
    return Decision(key, ids[choice.index], ids, choice.propensities, choice.propensity, False, hour)


def _designs(rows: Sequence[_Row], language: str, wide: str) -> list[_Row]:
    """The designs of the newest campaign that speaks the visitor's language, else the shop's own."""
    tags = [tag.lower() for tag in (language, django_settings.LANGUAGE_CODE) if tag]
    for wanted in [*tags, *(tag.split("-")[0] for tag in tags)]:
        found = [
            row
            for row in rows
            if row.format == wide
            and (row.language.lower() == wanted or row.language.lower().split("-")[0] == wanted)
        ]
        if found:
            return found
    return []


def _shown(design: _Row, rows: Sequence[_Row], phone: str) -> Shown:
    small = next(
        (row for row in rows if row.format == phone and row.item is not None and row.item == design.item),
        None,
    )
    look = Look.now()

    def picture(row: _Row, width: int) -> Picture:
        return Picture(Chosen(row.candidate), design.alt, max(width, row.candidate.facts.width), "", look)

    made, narrow = picture(design, 1920), picture(small, 0) if small else None
    return Shown(made, narrow, design.link, design.alt, design.headline, is_personal=False)


def _pictures(slot: str, formats: Sequence[str]) -> list[_Row]:
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
    return [_row(*row) for row in pictures.order_by(*NEWEST).values_list(*columns)[:MOST]]


def _row(pk: int, item: Any, recipe: dict[str, Any], link: str | None, *facts: Any) -> _Row:
    words = recipe.get("words") or {}
    return _Row(
        Candidate(pk, None, facts_of(*facts)),
        item,
        str(recipe.get("format", "")),
        str(recipe.get("language", "")),
        str(recipe.get("alt", "")),
        # Rows may be older than the form's own check, or written by a program.
        safe_link(link),
        str(words.get("headline", "")),
    )
