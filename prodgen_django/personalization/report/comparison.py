"""Pictures and styles, each against what might have been shown in its place to the same visitor.

Plain click rates of two pictures cannot be compared where each was chosen for those who like it. What a click says is
how much more, or less, often a picture was followed than its probability would have it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Count, Q

from prodgen_django.personalization.log.versions import picture_styles
from prodgen_django.personalization.policy.features import STYLE_AXES
from prodgen_django.personalization.report.evidence import Evidence, Verdict

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from prodgen_django.personalization.models import Exposure

#: The shares of the report's 5 % (`report.OUTCOMES` has the rest): one for all pictures, one for all styles.
PICTURES_ALPHA = STYLES_ALPHA = 0.01
FOLLOWED = Q(clicked_at__isnull=False) | Q(basket_at__isnull=False) | Q(ordered_at__isnull=False)


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


class Comparison(NamedTuple):
    """Rows by what they compete for, most shown first."""

    #: By product key.
    pictures: dict[Any, list[Row]]
    #: By place of the shop.
    campaigns: dict[str, list[Row]]
    styles: list[Row]


class _Follower(NamedTuple):
    """What somebody followed, and what might have been there: candidates with their probabilities."""

    image: int
    keys: Sequence[int]
    probabilities: Sequence[float]


def compare(of_products: QuerySet[Exposure], of_campaigns: QuerySet[Exposure]) -> Comparison:
    """Pictures of products, designs of campaigns, and the styles of the former."""
    followers = list(_followers(of_products))
    products, slots = _homes(of_products, "product"), _homes(of_campaigns, "slot")
    rows = _pictures(_counts(of_products), products, followers)
    rows += _pictures(_counts(of_campaigns), slots, list(_followers(of_campaigns)))
    # One family: however many of them there are, the share of errors among the winners is the same.
    won = winners(rows, PICTURES_ALPHA)
    return Comparison(
        _grouped([row for row in won if row.key in products], products),
        _grouped([row for row in won if row.key in slots], slots),
        _styles([row for row in won if row.key in products], followers),
    )


def _homes(rows: QuerySet[Exposure], field: str) -> dict[int, Any]:
    """What each picture is of."""
    return dict(rows.exclude(image=None).order_by().values_list("image", field).distinct())


def _counts(rows: QuerySet[Exposure]) -> dict[int, int]:
    return dict(rows.exclude(image=None).order_by().values_list("image").annotate(n=Count("pk")))


def _pictures(
    shown: Mapping[int, int], homes: Mapping[int, Any], followers: Sequence[_Follower]
) -> list[Row]:
    clicks: dict[int, list[tuple[bool, float]]] = defaultdict(list)
    followed = Counter(one.image for one in followers)
    for one in followers:
        for key, probability in zip(one.keys, one.probabilities, strict=True):
            clicks[key].append((key == one.image, probability))
    return [
        Row(image, shown.get(image, 0), followed[image], _verdict(clicks[image], PICTURES_ALPHA))
        for image in homes
    ]


def _styles(pictures: Sequence[Row], followers: Sequence[_Follower]) -> list[Row]:
    styles = picture_styles({key for one in followers for key in one.keys} | {row.key for row in pictures})
    clicks: dict[int, list[tuple[bool, float]]] = defaultdict(list)
    for one in followers:
        if not all(key in styles for key in one.keys):
            continue
        for axis in range(len(STYLE_AXES)):
            having = {key for key in one.keys if styles[key][axis] >= 0.5}
            probability = sum(p for p, key in zip(one.probabilities, one.keys, strict=True) if key in having)
            clicks[axis].append((one.image in having, probability))
    rows = []
    for axis, (name, _tags) in enumerate(STYLE_AXES):
        with_it = [row for row in pictures if row.key in styles and styles[row.key][axis] >= 0.5]
        rows.append(
            Row(
                name,
                sum(row.shown for row in with_it),
                sum(row.followed for row in with_it),
                _verdict(clicks[axis], STYLES_ALPHA),
            )
        )
    return [row for row in winners(rows, STYLES_ALPHA) if row.shown]


def _followers(rows: QuerySet[Exposure]) -> Iterator[_Follower]:
    found = rows.filter(FOLLOWED).exclude(image=None)
    values = ("image", "candidates", "propensity", "propensities")
    for image, keys, propensity, propensities in found.values_list(*values).iterator():
        if image not in keys:
            continue
        if len(propensities) == len(keys):
            yield _Follower(image, keys, propensities)
        elif len(keys) == 2:
            # The other one's is what is left.
            place = keys.index(image)
            yield _Follower(image, keys, [propensity if at == place else 1 - propensity for at in range(2)])


def _grouped(rows: Sequence[Row], homes: Mapping[int, Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -row.shown):
        found[homes[row.key]].append(row)
    return dict(sorted(found.items(), key=lambda item: -sum(row.shown for row in item[1])))


def _verdict(clicks: Sequence[tuple[bool, float]], alpha: float) -> Verdict:
    return Evidence().add_all(clicks).verdict(alpha)


def winners(rows: Sequence[Row], alpha: float) -> list[Row]:
    """Winners and losers among many: e-BH (Wang & Ramdas, JRSS-B 2022), whatever they have to do with each other."""
    ranked = sorted((row.verdict.wealth for row in rows), reverse=True)
    found = [wealth for place, wealth in enumerate(ranked, 1) if wealth * place * alpha >= len(rows)]
    least = min(found, default=math.inf)
    return [
        replace(row, winner=1 if (row.verdict.ratio or 1) > 1 else -1) if row.verdict.wealth >= least else row
        for row in rows
    ]
