"""The policy's versions in the database: what pages choose by, and the learning that makes the next one.

A page reads no table for its policy: `cached_policy` has it for a minute in the process's memory, and where it has
none, `policy_rows` becomes part of what is asked of the visitor (`serve.known`) and `remember` keeps what that brought.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.log import kept
from prodgen_django.personalization.models import Exposure, PolicyVersion
from prodgen_django.personalization.policy.features import picture_vector, taste_vector
from prodgen_django.personalization.policy.model import Policy, Sums

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

#: Most exposures that one version is learnt from: a bound on a task's memory and time.
BATCH = 5000


def cached_policy() -> Policy | None:
    """What pages choose by, where this process has read it within the last minute."""
    policy: Policy | None = kept.get("policy")
    return policy


def policy_rows() -> QuerySet[PolicyVersion]:
    """The version in use: one row, or none where nothing has been learnt."""
    return PolicyVersion.objects.filter(is_current=True, is_simulated=False)


def remember(text: str | None) -> Policy:
    """Keep what `policy_rows` brought in its column ``policy`` (None: nothing), and give it back."""
    try:
        policy = Policy.from_json(json.loads(text)) if text else Sums.new().policy()
    except (KeyError, TypeError, ValueError):
        # A page must not break for a policy that another release wrote; it goes by what is believed beforehand.
        logger.exception("the policy version in use cannot be read")
        policy = Sums.new().policy()
    kept.keep("policy", policy)
    return policy


def sums_of(version: PolicyVersion | None) -> Sums:
    """What a version had learnt; what is believed beforehand where there is none, or one of another release."""
    try:
        return Sums.from_json(version.sums) if version else Sums.new()
    except (KeyError, TypeError, ValueError):
        return Sums.new()


def latest(*, simulated: bool = False) -> PolicyVersion | None:
    return PolicyVersion.objects.filter(is_simulated=simulated).order_by("-number").first()


@dataclass(frozen=True)
class Learnt:
    """What a round of learning did."""

    version: int = 0
    impressions: int = 0
    clicks: int = 0
    #: Looked at, but of no use: the picture or the choice is gone.
    skipped: int = 0


def learn(*, until: datetime | None = None, limit: int = BATCH) -> Learnt:
    """Learn from the exposures that have had time to be clicked, each exactly once, at most ``limit`` a version.

    Safe to run twice at once and to be killed at any instruction: version and marks are one transaction, and the
    version's number is unique.
    """
    until = until or timezone.now() - timedelta(seconds=settings.LEARN_AFTER_SECONDS)
    done = Learnt()
    while True:
        try:
            one = _learn_batch(until, limit)
        except IntegrityError:
            # Another worker has learnt from these meanwhile; whatever is left, it will find.
            return done
        done = Learnt(
            one.version or done.version,
            done.impressions + one.impressions,
            done.clicks + one.clicks,
            done.skipped + one.skipped,
        )
        if one.impressions + one.skipped < limit:
            return done


def relearn() -> None:
    """Forget all versions of real visitors; the next `learn` starts anew, over the whole log."""
    PolicyVersion.objects.filter(is_simulated=False).delete()
    kept.forget_cache()


@transaction.atomic
def _learn_batch(until: datetime, limit: int) -> Learnt:
    # A campaign is clicked for what it offers: that says little of a style on a product's picture.
    waiting = Exposure.objects.filter(learnt_in=None, slot="", is_simulated=False, shown_at__lt=until)
    exposures = list(waiting.order_by("shown_at", "pk")[:limit])
    if not exposures:
        return Learnt()
    last = latest()
    # Made first: whoever else tries the same number waits here, and then fails before anything else is written.
    version = PolicyVersion.objects.create(number=(last.number if last else 0) + 1, sums={}, policy="")
    styles = picture_styles({one.image_id for one in exposures if one.image_id})
    told = [one for one in exposures if one.image_id in styles]
    write_version(version, learn_from(sums_of(last), told, styles), told)
    marked = Exposure.objects.filter(pk__in=[e.pk for e in exposures], learnt_in=None).update(
        learnt_in=version
    )
    if marked != len(exposures):
        raise IntegrityError("somebody else has learnt from some of these exposures")
    return Learnt(version.number, len(told), version.clicks, len(exposures) - len(told))


def learn_from(sums: Sums, exposures: Collection[Exposure], styles: Mapping[int, tuple[float, ...]]) -> Sums:
    """The sums with exposures in them; `styles`: by the keys of the pictures shown."""
    return sums.learn(
        np.array([taste_vector(taste_of(one.context)) for one in exposures]),
        np.array([styles[one.image_id] for one in exposures if one.image_id]),
        np.array([reward_of(one) for one in exposures]),
        [one.source for one in exposures],
        [one.product_id for one in exposures],
    )


def write_version(version: PolicyVersion, sums: Sums, exposures: Iterable[Exposure]) -> None:
    """Fill a version and put it to use in the place of the one before. `exposures`: those that it learnt from."""
    rewards = [reward_of(one) for one in exposures]
    PolicyVersion.objects.filter(is_simulated=version.is_simulated, is_current=True).update(is_current=False)
    version.sums, version.policy = sums.to_json(), json.dumps(sums.policy(str(version)).to_json())
    version.impressions, version.clicks, version.is_current = len(rewards), int(sum(rewards)), True
    version.save()


def picture_styles(keys: Iterable[int]) -> dict[int, tuple[float, ...]]:
    """The vectors of pictures by key; those that are gone are left out."""
    from prodgen_django.models import GeneratedImage

    found, wanted = {}, sorted(keys)
    for start in range(0, len(wanted), 500):
        rows = GeneratedImage.objects.filter(pk__in=wanted[start : start + 500])
        for key, tags, palette in rows.values_list("pk", "tags", "palette"):
            found[key] = picture_vector(tuple(map(str, tags)), tuple(map(str, palette)))
    return found


def reward_of(exposure: Exposure) -> float:
    """1 for a visitor who followed the picture in any way: a click, a basket, an order."""
    return float(any((exposure.clicked_at, exposure.basket_at, exposure.ordered_at)))


def taste_of(context: Any) -> dict[str, float]:
    """The taste that an exposure was chosen for; whatever else stands in the row says nothing."""
    if not isinstance(context, Mapping):
        return {}
    return {str(k): float(v) for k, v in context.items() if isinstance(v, int | float)}
