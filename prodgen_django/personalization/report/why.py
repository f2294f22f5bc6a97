"""Why a visitor sees a picture, in words that they would use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prodgen_django.conf import settings
from prodgen_django.personalization.policy.taste import likeness
from prodgen_django.personalization.policy.words import colour_name

if TYPE_CHECKING:
    from prodgen_django.personalization.serve.choice import Choice

#: Most reasons named of a taste: more than three nobody reads.
_MOST = 3


def reasons(choice: Choice, taste: Mapping[str, float]) -> list[str]:
    """Sentences, the most important first; at least one."""
    picture = choice.candidate
    if picture is None and choice.own is None:
        return [_("The shop has no picture of the product yet.")]
    if picture is None:
        return [_("This is the shop's own photo; no other picture of the product is published.")]
    if not choice.candidates:
        return [
            _(
                "Everybody who has not agreed to be shown what suits them sees this picture: the last one "
                "published that shows the product."
            )
        ]
    if len(choice.candidates) == 1:
        return [_("It is the only published picture of the product.")]
    found: list[str] = []
    if choice.is_holdout:
        found.append(
            _(
                "It was drawn at random: a part of all visitors is shown pictures by chance, which tells the "
                "shop whether choosing helps anybody."
            )
        )
    else:
        words = [
            in_words(name) for name in speaks_for(taste, picture.facts.tags, picture.facts.palette)[:_MOST]
        ]
        if words:
            found.append(_("It fits what you looked at and bought: %s.") % ", ".join(words))
        elif taste:
            found.append(_("It was tried out, to learn whether you like it."))
        else:
            found.append(
                _("Nothing is known of your taste yet; the picture is one that is liked, or is tried out.")
            )
    if not choice.is_new:
        since = datetime.fromtimestamp(choice.hour * 3600, timezone.get_current_timezone())
        found.append(
            ngettext(
                "You have seen it since %(date)s, and a picture stays the same for %(days)d day.",
                "You have seen it since %(date)s, and a picture stays the same for %(days)d days.",
                settings.STABLE_DAYS,
            )
            % {"date": date_format(since, "DATE_FORMAT"), "days": settings.STABLE_DAYS}
        )
    return found


def speaks_for(taste: Mapping[str, float], tags: Sequence[str], palette: Sequence[str]) -> list[str]:
    """The features of a taste that a picture meets, strongest first."""
    found = [(taste.get(f"tag:{tag}", 0.0), f"tag:{tag}") for tag in tags]
    for name, weight in taste.items():
        if name.startswith("colour:"):
            near = max((likeness(name[7:], own) for own in palette[:3]), default=0.0)
            found.append((weight * near, name))
    # A hundredth of what a taste can say is no reason.
    return [name for weight, name in sorted(found, reverse=True) if weight > 0.01]


def in_words(feature: str) -> str:
    """ "tag:warm" as "warm", "colour:#c4653f" as "terracotta"."""
    kind, _colon, word = feature.partition(":")
    return colour_name(word) if kind == "colour" else word
