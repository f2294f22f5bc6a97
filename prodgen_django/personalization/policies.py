"""The policy's versions in the database: what pages choose by, and the learning that makes the next one.

A page reads no table for its policy: `cached_ensemble` has it for a minute in the process's memory, and where it has
none, `ensemble_rows` becomes part of what is asked of the visitor (`known`) and `remember` keeps what that brought.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.features import SHOP_SPACE, picture_vector, shop_prior, taste_vector
from prodgen_django.personalization.learning import Event, Record, update
from prodgen_django.personalization.models import Exposure, PictureRecord, PolicyVersion
from prodgen_django.personalization.policy import Arm, Ensemble, PolicyState
from prodgen_django.personalization.upsert import upsert

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

#: How long a process chooses by what it has read; then it looks whether there is a newer version.
CACHE_SECONDS = 60.0
#: Most exposures that one version is learnt from: a bound on a task's memory and time.
BATCH = 5000

_cache: tuple[float, Ensemble] | None = None


def cached_ensemble() -> Ensemble | None:
    """What pages choose by, where this process has read it within the last minute."""
    if _cache is None or time.monotonic() - _cache[0] > CACHE_SECONDS:
        return None
    return _cache[1]


def ensemble_rows() -> QuerySet[PolicyVersion]:
    """The version in use: one row, or none where nothing has been learnt."""
    return PolicyVersion.objects.filter(is_current=True, is_simulated=False)


def remember(text: str | None) -> Ensemble:
    """Keep what `ensemble_rows` brought in its column ``ensemble`` (None: nothing), and give it back."""
    global _cache
    ensemble = _parsed(text) if text else prior().ensemble()
    _cache = (time.monotonic(), ensemble)
    return ensemble


def forget_cache() -> None:
    """Have this process look at the database again."""
    global _cache
    _cache = None


def prior() -> PolicyState:
    """What is believed before anything has been learnt."""
    return shop_prior(**_options())


def latest_state(*, simulated: bool = False) -> PolicyState:
    """The newest version's state under the settings of today."""
    row = PolicyVersion.objects.filter(is_simulated=simulated).order_by("-number").first()
    return state_of(row) if row else prior()


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

    Safe to run twice at once and to be killed at any instruction: version, records and marks are one transaction, and
    the version's number is unique.
    """
    until = until or timezone.now() - timedelta(seconds=settings.LEARN_AFTER_SECONDS)
    done = Learnt()
    while True:
        try:
            one = _learn_batch(until, limit)
        except IntegrityError:
            # Another worker has learnt from these meanwhile; whatever is left, it will find.
            return done
        seen = one.impressions + one.skipped
        done = Learnt(
            one.version or done.version,
            done.impressions + one.impressions,
            done.clicks + one.clicks,
            done.skipped + one.skipped,
        )
        if seen < limit:
            return done


@transaction.atomic
def relearn() -> None:
    """Forget all versions and records of real visitors; the next `learn` starts from the prior, over the whole log."""
    PolicyVersion.objects.filter(is_simulated=False).delete()
    PictureRecord.objects.all().delete()
    forget_cache()


@transaction.atomic
def _learn_batch(until: datetime, limit: int) -> Learnt:
    # A campaign is clicked for what it offers: that says little of a style on a product's picture.
    waiting = Exposure.objects.filter(learnt_in=None, slot="", is_simulated=False, shown_at__lt=until)
    exposures = list(waiting.order_by("shown_at", "pk")[:limit])
    if not exposures:
        return Learnt()
    last = PolicyVersion.objects.filter(is_simulated=False).order_by("-number").first()
    # Made first: whoever else tries the same number waits here, and then fails before anything else is written.
    version = PolicyVersion.objects.create(number=(last.number if last else 0) + 1, state={}, ensemble="")
    state = state_of(last) if last else prior()
    events = list(events_of(exposures))
    keys = {arm.id for _exposure, event in events for arm in event.arms}
    rows = PictureRecord.objects.filter(pk__in=keys)
    records = {
        row.pk: Record(row.impressions, row.clicks, row.expected, row.information, row.surplus)
        for row in rows
    }
    state = update(state, [event for _exposure, event in events], records)
    _write_records({event.arms[event.index].id for _exposure, event in events}, records)
    clicks = int(sum(event.reward for _exposure, event in events))
    write_version(version, state, impressions=len(events), clicks=clicks)
    marked = Exposure.objects.filter(pk__in=[e.pk for e in exposures], learnt_in=None).update(
        learnt_in=version
    )
    if marked != len(exposures):
        raise IntegrityError("somebody else has learnt from some of these exposures")
    return Learnt(version.number, len(events), clicks, len(exposures) - len(events))


def write_version(version: PolicyVersion, state: PolicyState, *, impressions: int, clicks: int) -> None:
    """Fill a version and put it to use in the place of the one before."""
    state = replace(state, version=version.number, _cache={})
    ensemble = replace(state.ensemble(), version=str(version))
    PolicyVersion.objects.filter(is_simulated=version.is_simulated, is_current=True).update(is_current=False)
    version.state, version.ensemble = state.to_json(), json.dumps(ensemble.to_json())
    version.impressions, version.clicks, version.is_current = impressions, clicks, True
    version.save()


def events_of(exposures: Iterable[Exposure]) -> Iterable[tuple[Exposure, Event]]:
    """What can be learnt from exposures: those whose picture still exists, with the candidates that still do."""
    exposures = list(exposures)
    wanted = {key for exposure in exposures for key in exposure.candidates if isinstance(key, int)}
    styles = picture_styles(wanted)
    for exposure in exposures:
        arms = [Arm(key, styles[key]) for key in exposure.candidates if key in styles]
        shown = next((place for place, arm in enumerate(arms) if arm.id == exposure.image_id), None)
        if shown is not None:
            taste = taste_vector(taste_of(exposure.context))
            yield exposure, Event(taste, arms, shown, reward_of(exposure), exposure.source)


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


def _options() -> dict[str, Any]:
    return {"mode": settings.POLICY_MODE, "explore": settings.POLICY_EXPLORE}


def state_of(row: PolicyVersion) -> PolicyState:
    """What a version had learnt, under the settings of today."""
    state = PolicyState.from_json(row.state)
    if state.space != SHOP_SPACE:
        # Learnt on other axes by another release: it says nothing here.
        return PolicyState.new(SHOP_SPACE, version=row.number, **_options())
    return state.with_options(**_options())


def _write_records(keys: set[int], records: Mapping[int, Record]) -> None:
    fields = ["impressions", "clicks", "expected", "information", "surplus"]
    rows = [
        PictureRecord(
            image_id=key,
            impressions=records[key].impressions,
            clicks=round(records[key].clicks),
            expected=records[key].expected,
            information=records[key].information,
            surplus=records[key].surplus,
        )
        for key in sorted(keys)
    ]
    upsert(PictureRecord, rows, key="image", fields=fields)


def _parsed(text: str) -> Ensemble:
    try:
        ensemble = Ensemble.from_json(json.loads(text))
    except (KeyError, TypeError, ValueError):
        # A page must not break for a policy that another release wrote; it goes by what is believed beforehand.
        logger.exception("the policy version in use cannot be read")
        return prior().ensemble()
    # Learnt on other axes, it cannot choose among pictures of today's.
    return ensemble if ensemble.space == SHOP_SPACE else prior().ensemble()
