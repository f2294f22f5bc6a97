"""Which published campaign picture a visitor sees in a place of the shop.

The same policy as for products chooses among the designs of the place, with one query, and only among those that run
at this moment. What this browser was shown there stays for ``STABLE_DAYS``. Nothing is written, and no engine is known
here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings as django_settings
from django.db.models import CharField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from prodgen_django.campaigns.links import safe_link
from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization import identity
from prodgen_django.personalization.candidate import Candidate, Facts
from prodgen_django.personalization.choice import Chosen, Decision
from prodgen_django.personalization.features import taste_vector
from prodgen_django.personalization.models import ProfilingConsent, TasteProfile
from prodgen_django.personalization.pictures import Look, Picture
from prodgen_django.personalization.policies import cached_ensemble, ensemble_rows, remember
from prodgen_django.personalization.policy import Ensemble, choose_page, is_held_out, seed_of
from prodgen_django.personalization.visitor import Visitor

_PICTURE, _PROFILE, _CONSENT, _POLICY = "picture", "profile", "consent", "policy"
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
) -> Shown | None:
    """The picture of a place for a visitor; None where no campaign runs there in their language.

    `wide` and `phone`: the sizes to show. `taste`: what the page already knows of the visitor; None has what is kept
    of a customer read in the same query.
    """
    known = cached_ensemble() if visitor.consents else None
    rows: list[_Row] = []
    profile: Mapping[str, float] = {}
    consent: bool | None = None
    ensemble_text: str | None = None
    for row in _query(visitor, slot, (wide, phone), policy=known is None, profile=taste is None):
        part, text = row[0], row[1]
        if part == _PICTURE:
            rows.append(_row(row))
        elif part == _PROFILE:
            profile = {str(k): float(v) for k, v in json.loads(text or "{}").items()}
        elif part == _CONSENT:
            consent = text == "1"
        else:
            ensemble_text = text
    designs = _designs(rows, language, wide)
    if not designs:
        return None
    consents = visitor.consents and (consent is True if visitor.is_absent else consent is not False)
    if not consents:
        return _shown(designs[0], rows, phone)
    policy = known or remember(ensemble_text)
    used = profile if taste is None else taste
    decision = _decide(visitor, slot, designs, used, policy)
    design = next(design for design in designs if design.candidate.id == decision.image_id)
    is_personal = bool(used) and len(designs) > 1 and not decision.is_holdout
    return replace(
        _shown(design, rows, phone),
        is_personal=is_personal,
        decision=decision,
        policy_version=policy.version,
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
            return sorted(found, key=lambda row: (str(row.candidate.at), row.candidate.id), reverse=True)
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


def _query(
    visitor: Visitor, slot: str, formats: Sequence[str], *, policy: bool, profile: bool
) -> QuerySet[Any]:
    """The place's pictures with what is needed to choose, as one UNION ALL; columns are those of a picture."""
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
    parts = []
    if visitor.consents:
        if policy:
            parts.append(_columns(ensemble_rows(), _POLICY, text=Cast("ensemble", TextField())))
        if visitor.user_id is not None:
            given = ProfilingConsent.objects.filter(user_id=visitor.user_id)
            parts.append(_columns(given, _CONSENT, text=Cast(Cast("given", _integer()), TextField())))
            if profile:
                kept = TasteProfile.objects.filter(user_id=visitor.user_id)
                parts.append(_columns(kept, _PROFILE, text=Cast("weights", TextField())))
    chosen = _columns(
        pictures,
        _PICTURE,
        text=Cast("renditions", TextField()),
        pk=F("pk"),
        recipe=Cast("recipe", TextField()),
        tags=Cast("tags", TextField()),
        palette=Cast("palette", TextField()),
        name=F("file"),
        width=F("width"),
        height=F("height"),
        at=Cast("published_at", CharField()),
        item=F("item_id"),
        link=F("job__campaign__link"),
    )
    return chosen.union(*parts, all=True) if parts else chosen[:MOST]


def _integer() -> Any:
    from django.db.models import IntegerField

    return IntegerField()


def _columns(rows: QuerySet[Any], part: str, **given: Any) -> QuerySet[Any]:
    from django.db.models import BigIntegerField

    text = Value("", output_field=TextField())
    number = Value(0, output_field=BigIntegerField())
    missing: dict[str, Any] = {
        "text": text, "pk": number, "recipe": text, "tags": text, "palette": text, "name": text,
        "width": number, "height": number, "at": text, "item": number, "link": text,
    }  # fmt: skip
    return rows.order_by().values_list(
        Value(part, output_field=TextField()), *(given.get(name, empty) for name, empty in missing.items())
    )


def _row(row: Sequence[Any]) -> _Row:
    _part, text, pk, recipe, tags, palette, name, width, height, at, item, link = row
    facts = json.loads(recipe or "{}")
    words = facts.get("words") or {}
    title = str(facts.get("alt", ""))
    candidate = Candidate(
        pk, None, Facts(text, tags, palette, str(name), title, "campaign", width, height), at
    )
    return _Row(
        candidate,
        item,
        str(facts.get("format", "")),
        str(facts.get("language", "")),
        str(facts.get("alt", "")),
        # Rows may be older than the form's own check, or written by a program.
        safe_link(link),
        str(words.get("headline", "")),
    )
