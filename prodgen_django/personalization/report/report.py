"""What came of choosing pictures for visitors: uplift against the comparison group, pictures, styles, other policies.

Everything that the report calls better or worse is decided by `evidence`, whose error does not grow with looking. The
5 % are shared out, so that a whole report about a shop in which nothing matters calls anything a winner in at most
five of a hundred shops, however often it is opened.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.log.versions import sums_of
from prodgen_django.personalization.models import Exposure, PolicyVersion
from prodgen_django.personalization.policy.features import AXES, STYLE_AXES
from prodgen_django.personalization.report.comparison import Row, compare
from prodgen_django.personalization.report.evidence import Evidence, Verdict, clicks_needed
from prodgen_django.personalization.report.others import Judgement, judge

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: What a visitor may do, and the share of the 5 % that its decision may take; `comparison` has the rest.
OUTCOMES = {"followed": 0.02, "basket": 0.005, "ordered": 0.005}
#: The uplift for which the report says how much is missing.
TARGET = 0.2
#: A comparison group whose size differs from its share by more than this many deviations was not drawn by chance.
SUSPICIOUS = 4.0


@dataclass
class Side:
    """The visitors that the policy chose for, or those of the comparison group."""

    visitors: int = 0
    exposures: int = 0
    #: How many of the visitors did it at least once, by outcome.
    did: Counter[str] = field(default_factory=Counter)

    def rate(self, outcome: str) -> float:
        return self.did[outcome] / self.visitors if self.visitors else 0.0


@dataclass(frozen=True)
class Outcome:
    """One thing that visitors may do, of both sides."""

    name: str
    personal: float
    held: float
    verdict: Verdict
    #: Exposures that are missing until an uplift of `TARGET` would show; 0 where it is decided.
    missing: int


@dataclass(frozen=True)
class Day:
    """The uplift in clicks as it was known at the end of a day."""

    day: date
    exposures: int
    verdict: Verdict


@dataclass(frozen=True)
class Report:
    """The whole report over a period."""

    since: datetime
    until: datetime
    simulated: bool
    share: float
    personal: Side
    held: Side
    outcomes: list[Outcome]
    days: list[Day]
    #: By product key: the rows of its pictures, most shown first.
    pictures: dict[Any, list[Row]]
    #: By place of the shop: the designs that were shown there, most shown first.
    campaigns: dict[str, list[Row]]
    styles: list[Row]
    #: What the newest version believes: (taste axis, style axis) -> share of clicks more; "" for everybody.
    beliefs: dict[tuple[str, str], float]
    judgement: Judgement
    version: str
    #: Whether the comparison group has a size that chance does not explain.
    suspicious: bool

    @property
    def exposures(self) -> int:
        return self.personal.exposures + self.held.exposures

    @property
    def main(self) -> Outcome:
        return self.outcomes[0]

    @property
    def is_enough(self) -> bool:
        """Whether anything can be said of the uplift."""
        return self.main.verdict.is_decided


def has_rows(*, simulated: bool) -> bool:
    return Exposure.objects.filter(is_simulated=simulated).exists()


def make_report(days: int = 30, *, simulated: bool = False, now: datetime | None = None) -> Report:
    """Look at the last days of the log; of real visitors, or of made-up ones, never of both."""
    until = now or timezone.now()
    since = until - timedelta(days=days)
    everything = Exposure.objects.filter(is_simulated=simulated, shown_at__gte=since, shown_at__lte=until)
    rows = _with_a_choice(everything.filter(slot=""))
    share = settings.HOLDOUT
    sides, follows = _sides(rows)
    outcomes = [_outcome(name, alpha, sides, share) for name, alpha in OUTCOMES.items()]
    comparison = compare(rows, everything.exclude(slot=""))
    newest = PolicyVersion.objects.filter(is_simulated=simulated, is_current=True).first()
    visitors = sides[False].visitors + sides[True].visitors
    spread = math.sqrt(max(1e-9, visitors * share * (1 - share)))
    return Report(
        since,
        until,
        simulated,
        share,
        sides[False],
        sides[True],
        outcomes,
        _days(rows, follows, share),
        comparison.pictures,
        comparison.campaigns,
        comparison.styles,
        _beliefs(newest),
        judge(rows, simulated=simulated),
        str(newest) if newest else "",
        abs(sides[True].visitors - share * visitors) > SUSPICIOUS * spread and visitors > 0,
    )


def _with_a_choice(rows: QuerySet[Exposure]) -> QuerySet[Exposure]:
    """Where only one picture could be shown, both sides saw the same: nothing to compare."""
    return rows.alias(_text=Cast("candidates", TextField())).filter(_text__contains=",")


def _sides(rows: QuerySet[Exposure]) -> tuple[dict[bool, Side], list[tuple[datetime, bool]]]:
    """Both sides by whether they are held out, and each visitor's first click: when, on which side."""
    sides = {False: Side(), True: Side()}
    follows: list[tuple[datetime, bool]] = []
    # Visitors, not exposures, are drawn for the comparison group; each counts once, with what they did first. Who was
    # drawn again on signing in belongs where they were at first.
    visitors = (
        rows.order_by()
        .values_list("visitor")
        .annotate(
            held=Min("shown_at", filter=Q(is_holdout=True)),
            free=Min("shown_at", filter=Q(is_holdout=False)),
            n=Count("pk"),
            clicked=Min("clicked_at"),
            basket=Min("basket_at"),
            ordered=Min("ordered_at"),
        )
    )
    for _visitor, held_at, free_at, count, clicked, basket, ordered in visitors.iterator():
        held = free_at is None or (held_at is not None and held_at < free_at)
        side = sides[held]
        side.visitors += 1
        side.exposures += count
        moments = [moment for moment in (clicked, basket, ordered) if moment is not None]
        if moments:
            side.did["followed"] += 1
            follows.append((min(moments), held))
        side.did["basket"] += basket is not None
        side.did["ordered"] += ordered is not None
    return sides, sorted(follows)


def _outcome(name: str, alpha: float, sides: dict[bool, Side], share: float) -> Outcome:
    personal, held = sides[False], sides[True]
    evidence = Evidence()
    evidence.add(True, 1 - share, personal.did[name])
    evidence.add(False, 1 - share, held.did[name])
    verdict = evidence.verdict(alpha)
    return Outcome(
        name,
        personal.rate(name),
        held.rate(name),
        verdict,
        0 if verdict.is_decided else _missing(verdict, alpha, personal.exposures + held.exposures, share),
    )


def _missing(verdict: Verdict, alpha: float, exposures: int, share: float) -> int:
    """How many more exposures it takes, at the click rate seen, until an uplift of `TARGET` would show."""
    if not 0 < share < 1:
        return 0
    needed = clicks_needed(1 + TARGET, 1 - share, alpha)
    # Before any click two of a hundred is a guess, as good as any.
    rate = verdict.clicks / exposures if verdict.clicks else 0.02
    return max(1, math.ceil(needed / rate) - exposures)


def _days(rows: QuerySet[Exposure], follows: Sequence[tuple[datetime, bool]], share: float) -> list[Day]:
    shown: Counter[date] = Counter()
    for moment in rows.order_by().values_list("shown_at", flat=True).iterator():
        shown[timezone.localtime(moment).date()] += 1
    if not shown:
        return []
    first, last = min(shown), max(shown)
    by_day: dict[date, list[bool]] = defaultdict(list)
    for moment, held in follows:
        by_day[min(last, timezone.localtime(moment).date())].append(held)
    evidence, found = Evidence(), []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        of_held = sum(by_day[day])
        evidence.add(True, 1 - share, len(by_day[day]) - of_held)
        evidence.add(False, 1 - share, of_held)
        found.append(Day(day, shown[day], evidence.verdict(OUTCOMES["followed"])))
    return found


def _beliefs(version: PolicyVersion | None) -> dict[tuple[str, str], float]:
    """By how much each style raises the click rate for everybody, and more for each taste: 0.2 is a fifth."""
    policy = sums_of(version).policy()
    styles = [name for name, _tags in STYLE_AXES]
    found = {("", name): float(policy.weights[place]) for place, name in enumerate(AXES)}
    for row, taste in enumerate(styles):
        for column, style in enumerate(styles):
            match = policy.weights[-2] if row == column else 0.0
            found[taste, style] = float(policy.cross[row, column] + match)
    return found
