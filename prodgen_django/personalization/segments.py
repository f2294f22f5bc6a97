"""Segments: customers of like taste, for whom a shop makes pictures that its products lack.

Found from the profiles by spherical k-means (Dhillon & Modha, Machine Learning 2001) where there are at least
`LEAST_PROFILES`; below that a handful of customers would be a segment, so editorial ones stand in. Off the request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from prodgen_django.personalization.features import AXES, STYLE_AXES, taste_vector
from prodgen_django.personalization.models import TasteProfile, TasteSegment
from prodgen_django.personalization.space import FloatArray

#: Fewer profiles make no segments.
LEAST_PROFILES = 200
#: How many segments are tried; the number that separates best is kept.
COUNTS = (3, 4, 5, 6)
#: A segment of fewer customers than this share of all is none that pictures are made for.
LEAST_SHARE = 0.05
_FEATURES = 12
_SAMPLE = 800

#: name, weights: the tastes that an interior shop meets, as a start.
EDITORIAL: tuple[tuple[str, dict[str, float]], ...] = (
    ("Warm and natural", {"tag:warm": 0.8, "tag:wood": 0.7, "tag:natural": 0.6, "tag:home": 0.4}),
    ("Modern and plain", {"tag:urban": 0.7, "tag:neutral": 0.6, "tag:muted": 0.5, "tag:modern": 0.5}),
    ("Elegant and dark", {"tag:elegant": 0.8, "tag:dark": 0.7, "tag:marble": 0.4}),
    ("Soft and light", {"tag:soft": 0.7, "tag:light": 0.6, "tag:pastel": 0.6}),
    ("Festive and vivid", {"tag:festive": 0.7, "tag:vivid": 0.7, "tag:gift": 0.5}),
)


@dataclass(frozen=True)
class Found:
    """Segments among profiles."""

    #: Unit vectors over `AXES`, (k, len(AXES)).
    centres: FloatArray
    #: Of each profile the place of its segment, or -1 for one that says nothing.
    labels: np.ndarray
    #: Mean silhouette in [-1, 1]: how well the segments are told apart.
    silhouette: float


def known_segments() -> list[TasteSegment]:
    """The segments that pictures can be made for: those found or drawn up by the shop, else editorial ones, unsaved."""
    return list(TasteSegment.objects.all()) or [
        TasteSegment(name=_(name), weights=weights, is_editorial=True) for name, weights in EDITORIAL
    ]


def refresh_segments(*, seed: int = 0) -> int:
    """Find the segments anew and put each profile into its own; returns how many there are now, 0 for too few profiles.

    Those that the shop drew up itself (``is_editorial``) stay.
    """
    rows = list(TasteProfile.objects.order_by("pk").values_list("pk", "weights"))
    if len(rows) < LEAST_PROFILES:
        return 0
    vectors = np.array([taste_vector(weights) for _pk, weights in rows])
    found = find_segments(vectors, seed=seed)
    keys = np.array([pk for pk, _weights in rows])
    overall = vectors.mean(0)
    with transaction.atomic():
        names: list[str] = []
        for place, centre in enumerate(found.centres):
            members = keys[found.labels == place]
            if len(members) < LEAST_SHARE * len(rows):
                continue
            name = _unlike(names, name_of(centre, overall))
            names.append(name)
            weights = _mean([weights for pk, weights in rows if pk in set(members.tolist())])
            segment, _new = TasteSegment.objects.update_or_create(
                name=name, defaults={"weights": weights, "size": len(members), "is_editorial": False}
            )
            for start in range(0, len(members), 500):
                TasteProfile.objects.filter(pk__in=members[start : start + 500].tolist()).update(
                    segment=segment
                )
        TasteSegment.objects.filter(is_editorial=False).exclude(name__in=names).delete()
    return len(names)


def find_segments(vectors: FloatArray, *, counts: Sequence[int] = COUNTS, seed: int = 0) -> Found:
    """Group tastes (n, axes) by direction, whatever their strength. The same seed gives the same segments."""
    lengths = np.linalg.norm(vectors, axis=1)
    telling = lengths > 1e-6
    units = vectors[telling] / lengths[telling, None]
    random = np.random.default_rng(seed)
    best: tuple[float, FloatArray, np.ndarray] | None = None
    for count in counts:
        if len(units) < 2 * count:
            continue
        # k-means stops at the nearest good answer: of several starts the tightest counts.
        runs = [_k_means(units, count, random) for _ in range(4)]
        _tightness, centres, labels = max(runs, key=lambda run: run[0])
        score = _silhouette(units, labels, random)
        if best is None or score > best[0]:
            best = (score, centres, labels)
    if best is None:
        return Found(np.zeros((0, vectors.shape[1])), np.full(len(vectors), -1), 0.0)
    all_labels = np.full(len(vectors), -1)
    all_labels[telling] = best[2]
    return Found(best[1], all_labels, best[0])


def name_of(centre: FloatArray, overall: FloatArray) -> str:
    """ "Warm, wood": what a segment likes more than all customers do, strongest first."""
    scale = np.linalg.norm(overall) or 1.0
    more = (centre - overall / scale)[: len(STYLE_AXES)]
    first, second = np.argsort(-more)[:2]
    words = AXES[first] if more[second] < 0.1 else f"{AXES[first]}, {AXES[second]}"
    return words.capitalize()


def _k_means(
    units: FloatArray, count: int, random: np.random.Generator
) -> tuple[float, FloatArray, np.ndarray]:
    """Mean cosine to the own centre, centres (count, axes), labels (n,)."""
    chosen = [int(random.integers(len(units)))]
    while len(chosen) < count:  # k-means++: far from those chosen
        distance = np.clip(1.0 - (units @ units[chosen].T).max(1), 0.0, None) + 1e-9
        chosen.append(int(random.choice(len(units), p=distance / distance.sum())))
    centres = units[chosen].copy()
    labels = np.full(len(units), -1)
    for _step in range(50):
        new = (units @ centres.T).argmax(1)
        if (new == labels).all():
            break
        labels = new
        for place in range(count):
            members = units[labels == place]
            if len(members):
                mean = members.mean(0)
                centres[place] = mean / (np.linalg.norm(mean) or 1.0)
    return float((units * centres[labels]).sum(1).mean()), centres, labels


def _silhouette(units: FloatArray, labels: np.ndarray, random: np.random.Generator) -> float:
    """Rousseeuw's mean silhouette by cosine distance, on a sample."""
    sample = random.permutation(len(units))[:_SAMPLE]
    distance = 1.0 - units[sample] @ units[sample].T
    own_labels = labels[sample]
    values = sorted(set(own_labels.tolist()))
    if len(values) < 2:
        return -1.0
    means = np.stack([distance[:, own_labels == value].mean(1) for value in values], axis=1)
    own = np.searchsorted(values, own_labels)
    inside = means[np.arange(len(sample)), own]
    means[np.arange(len(sample)), own] = np.inf
    outside = means.min(1)
    return float(((outside - inside) / np.maximum(np.maximum(outside, inside), 1e-9)).mean())


def _mean(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for weights in many:
        for name, value in weights.items():
            sums[name] = sums.get(name, 0.0) + float(value) / len(many)
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:_FEATURES]
    return {name: round(value, 4) for name, value in ranked}


def _unlike(names: Sequence[str], name: str) -> str:
    number, found = 2, name
    while found in names:
        found, number = f"{name} {number}", number + 1
    return found


def lacking(
    ranked: Mapping[str, Sequence[str]], had: Mapping[Any, set[str]], product_id: Any, count: int
) -> list[tuple[str, list[str]]]:
    """Of each segment the styles that a product lacks: pairs (segment, styles), segments without any left out.

    `ranked`: by segment, the names of styles that suit it, best first. `had`: by product, the styles that it has a
    picture in. A style that an earlier segment is given already serves the later one too.
    """
    taken = set(had.get(product_id, ()))
    found = []
    for segment, styles in ranked.items():
        missing = [style for style in styles[:count] if style not in taken]
        if missing:
            taken.update(missing)
            found.append((segment, missing))
    return found
