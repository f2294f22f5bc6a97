"""What came of choosing pictures for visitors: uplift against the hold-out, pictures, styles, other policies.

Everything that the report calls better or worse is decided by `evidence`, whose error does not grow with looking. The
5 % are shared out, so that a whole report about a shop in which nothing matters calls anything a winner in at most
five of a hundred shops, however often it is opened.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.evidence import Evidence, Verdict, clicks_needed
from prodgen_django.personalization.features import AXES, STYLE_AXES
from prodgen_django.personalization.models import Exposure, PolicyVersion
from prodgen_django.personalization.offpolicy import Judgement, judge
from prodgen_django.personalization.policies import picture_styles, prior, state_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: What a visitor may do, and the share of the 5 % that its decision may take.
OUTCOMES = {"followed": 0.02, "basket": 0.005, "ordered": 0.005}
PICTURES_ALPHA = STYLES_ALPHA = 0.01
#: The uplift for which the report says how much is missing.
TARGET = 0.2
#: A hold-out whose size differs from its share by more than this many standard deviations was not drawn by chance.
SUSPICIOUS = 4.0


@dataclass
class Side:
    """The visitors that the policy chose for, or those of the hold-out."""

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
class Row:
    """A picture or a style, against what might have been shown in its place."""

    key: Any
    shown: int
    followed: int
    verdict: Verdict
    #: 1 better, −1 worse than what else could have been shown, 0 not known.
    winner: int = 0

    @property
    def rate(self) -> float:
        return self.followed / self.shown if self.shown else 0.0


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
    styles: list[Row]
    #: What the newest version believes: (taste axis, style axis) -> log odds; "" for everybody.
    beliefs: dict[tuple[str, str], float]
    judgement: Judgement
    version: str
    #: Whether the hold-out has a size that chance does not explain.
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
    rows = _with_a_choice(
        Exposure.objects.filter(is_simulated=simulated, shown_at__gte=since, shown_at__lte=until)
    )
    share = settings.HOLDOUT
    sides, follows = _sides(rows)
    outcomes = [_outcome(name, alpha, sides, share) for name, alpha in OUTCOMES.items()]
    shown = dict(rows.order_by().values_list("image").annotate(n=Count("pk")))
    pictures, styles = _compared(rows, shown)
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
        pictures,
        styles,
        _beliefs(newest),
        judge(rows, simulated=simulated),
        str(newest) if newest else "",
        abs(sides[True].visitors - share * visitors) > SUSPICIOUS * spread and visitors > 0,
    )


def _with_a_choice(rows: QuerySet[Exposure]) -> QuerySet[Exposure]:
    """Where only one picture could be shown, both sides saw the same: nothing to compare."""
    return rows.alias(_text=Cast("candidates", TextField())).filter(_text__contains=",")


FOLLOWED = Q(clicked_at__isnull=False) | Q(basket_at__isnull=False) | Q(ordered_at__isnull=False)


def _sides(rows: QuerySet[Exposure]) -> tuple[dict[bool, Side], list[tuple[datetime, bool]]]:
    """Both sides by whether they are held out, and each visitor's first click: when, on which side."""
    sides = {False: Side(), True: Side()}
    follows: list[tuple[datetime, bool]] = []
    # Visitors, not exposures, are drawn for the hold-out; each counts once, with what they did first. Who was drawn
    # again on signing in belongs where they were at first.
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


def _compared(
    rows: QuerySet[Exposure], shown: dict[int | None, int]
) -> tuple[dict[Any, list[Row]], list[Row]]:
    """Pictures by product, and styles, each against what might have been shown in its place."""
    clicks: dict[int, list[tuple[bool, float]]] = defaultdict(list)
    by_axis: dict[int, list[tuple[bool, float]]] = defaultdict(list)
    followed: Counter[int] = Counter()
    products: dict[int, Any] = dict(
        rows.exclude(image=None).order_by().values_list("image", "product").distinct()
    )
    followers = list(_followers(rows))
    styles = picture_styles({key for _image, keys, _p in followers for key in keys} | set(products))
    for shown_image, keys, probabilities in followers:
        followed[shown_image] += 1
        for key, probability in zip(keys, probabilities, strict=True):
            clicks[key].append((key == shown_image, probability))
        if not all(key in styles for key in keys):
            continue
        for axis in range(len(STYLE_AXES)):
            having = {key for key in keys if styles[key][axis] >= 0.5}
            probability = sum(p for p, key in zip(probabilities, keys, strict=True) if key in having)
            by_axis[axis].append((shown_image in having, probability))
    pictures = [
        Row(image, shown.get(image, 0), followed[image], _verdict(clicks[image], PICTURES_ALPHA))
        for image in products
    ]
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(_won(pictures, PICTURES_ALPHA), key=lambda row: -row.shown):
        found[products[row.key]].append(row)
    axes = []
    for axis, (name, _tags) in enumerate(STYLE_AXES):
        with_it = [image for image in products if image in styles and styles[image][axis] >= 0.5]
        axes.append(
            Row(
                name,
                sum(shown.get(image, 0) for image in with_it),
                sum(followed[image] for image in with_it),
                _verdict(by_axis[axis], STYLES_ALPHA),
            )
        )
    order = sorted(found.items(), key=lambda item: -sum(row.shown for row in item[1]))
    return dict(order), [row for row in _won(axes, STYLES_ALPHA) if row.shown]


def _followers(rows: QuerySet[Exposure]) -> Iterator[tuple[int, list[int], list[float]]]:
    """Of each exposure that somebody followed: the picture, the candidates and their probabilities."""
    found = rows.filter(FOLLOWED).exclude(image=None)
    values = ("image", "candidates", "propensity", "propensities")
    for image, keys, propensity, propensities in found.values_list(*values).iterator():
        if image not in keys:
            continue
        if len(propensities) == len(keys):
            yield image, keys, propensities
        elif len(keys) == 2:
            # The other one's is what is left.
            place = keys.index(image)
            yield image, keys, [propensity if at == place else 1 - propensity for at in range(2)]


def _verdict(clicks: Sequence[tuple[bool, float]], alpha: float) -> Verdict:
    return Evidence().add_all(clicks).verdict(alpha)


def _won(rows: Sequence[Row], alpha: float) -> list[Row]:
    """Winners and losers among many: e-BH (Wang & Ramdas, JRSS-B 2022), whatever they have to do with each other."""
    ranked = sorted((row.verdict.wealth for row in rows), reverse=True)
    found = [wealth for place, wealth in enumerate(ranked, 1) if wealth * place * alpha >= len(rows)]
    least = min(found, default=math.inf)
    return [
        replace(row, winner=1 if (row.verdict.ratio or 1) > 1 else -1) if row.verdict.wealth >= least else row
        for row in rows
    ]


def _beliefs(version: PolicyVersion | None) -> dict[tuple[str, str], float]:
    """What each style does for everybody, and more for each taste, on the scale of log odds."""
    state = state_of(version) if version else prior()
    rows, columns = state.space.n_crossed
    found = {("", AXES[place]): float(state.mean[place]) for place in range(columns)}
    start = state.space.n_style
    for taste in range(rows):
        for style in range(columns):
            value = state.mean[start + taste * columns + style]
            if state.space.aligned and taste == style:
                value = value + state.mean[state.space.size - 1]
            found[AXES[taste], AXES[style]] = float(value)
    return found
