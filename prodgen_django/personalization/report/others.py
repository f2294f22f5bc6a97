"""What other policies would have earned on the shop's own log.

The log is cut in two by time. Policies are judged on the later part as they had learnt by its beginning, and so is the
model behind the doubly robust estimate: nobody is judged on what they have learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from django.utils.translation import gettext as _

from prodgen_django.conf import settings
from prodgen_django.personalization.log.versions import picture_styles, reward_of, sums_of, taste_of
from prodgen_django.personalization.models import Exposure, PolicyVersion
from prodgen_django.personalization.policy.features import taste_vector
from prodgen_django.personalization.policy.model import Policy, Sums, shares
from prodgen_django.personalization.report.estimators import Estimate, Log, estimate_all

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Exposures looked at, the newest; a bound on the report's time.
MOST = 10_000


@dataclass(frozen=True)
class Judged:
    """A policy and its estimates by estimator ("ips", "snips", "dr")."""

    name: str
    about: str
    estimates: dict[str, Estimate] = field(default_factory=dict)

    @property
    def best(self) -> Estimate | None:
        """The estimate to go by: doubly robust, else self-normalised."""
        return self.estimates.get("dr") or self.estimates.get("snips")


@dataclass(frozen=True)
class Judgement:
    """All policies over the same exposures."""

    policies: list[Judged]
    events: int
    since: datetime | None
    #: What the log itself earned.
    earned: float


class _Event(NamedTuple):
    """An exposure with a choice: the candidate shown, and each candidate's score and forecast."""

    exposure: Exposure
    place: int
    #: By the policy as it began, and as it had learnt.
    before: list[float]
    learnt: list[float]
    forecasts: list[float]


def judge(exposures: QuerySet[Exposure], *, simulated: bool = False) -> Judgement:
    """Judge other ways to choose on the later half of ``exposures``."""
    newest = list(exposures.exclude(image=None).order_by("-shown_at", "-pk")[:MOST])
    if not newest:
        return Judgement([], 0, None, float("nan"))
    since = newest[len(newest) // 2].shown_at
    learnt = PolicyVersion.objects.filter(is_simulated=simulated, created_at__lte=since).order_by("-number")
    rows = [row for row in newest if row.shown_at >= since]
    events = list(_events(rows, sums_of(learnt.first()).policy()))
    policies = [
        Judged(name, about, estimate_all(_log(events, target)) if events else {})
        for name, about, target in _others()
    ]
    rewards = [reward_of(one.exposure) for one in events]
    return Judgement(policies, len(events), since, float(np.mean(rewards)) if events else float("nan"))


#: The probability with which a policy would show each candidate of an event.
Target = Callable[[_Event], Sequence[float]]


def _others() -> list[tuple[str, str, Target]]:
    def first(event: _Event) -> list[float]:
        return [1.0, *[0.0] * (len(event.learnt) - 1)]

    explore = settings.POLICY_EXPLORE
    return [
        (_("Any picture"), _("Each as often as the others."), lambda event: shares(event.learnt, 1.0)),
        (_("The last one published"), _("What visitors see who have not consented."), first),
        (
            _("Fit to taste, nothing learnt"),
            _("Where every shop begins."),
            lambda event: shares(event.before, explore),
        ),
        (_("As learnt"), _("What chooses today."), lambda event: shares(event.learnt, explore)),
    ]


def _events(rows: Sequence[Exposure], policy: Policy) -> Iterator[_Event]:
    styles = picture_styles({key for row in rows for key in row.candidates if isinstance(key, int)})
    beginning = Sums.new().policy()
    for row in rows:
        keys = row.candidates
        # Where a candidate is gone, what the policy would have made of it cannot be known.
        if len(keys) > 1 and all(key in styles for key in keys) and row.image_id in keys:
            pictures, taste = np.array([styles[key] for key in keys]), taste_vector(taste_of(row.context))
            learnt = pictures @ policy.worth(taste)
            yield _Event(
                row,
                keys.index(row.image_id),
                (pictures @ beginning.worth(taste)).tolist(),
                learnt.tolist(),
                policy.rates(learnt).tolist(),
            )


def _log(events: Sequence[_Event], target: Target) -> Log:
    visitors = {
        visitor: number
        for number, visitor in enumerate(dict.fromkeys(one.exposure.visitor for one in events))
    }
    targets = [target(one) for one in events]
    return Log(
        [reward_of(one.exposure) for one in events],
        [one.exposure.propensity for one in events],
        [shown[one.place] for shown, one in zip(targets, events, strict=True)],
        [one.forecasts[one.place] for one in events],
        [float(np.dot(shown, one.forecasts)) for shown, one in zip(targets, events, strict=True)],
        [visitors[one.exposure.visitor] for one in events],
    )
