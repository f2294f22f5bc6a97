"""What was liked, as a taste: a mapping from features to weights in [0, 1]: ``tag:warm``, ``colour:#c08040``,
``category:Mugs``. The same names describe pictures and products, so that a taste and a picture can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

Taste = Mapping[str, float]

#: How much one signal of a kind says, against one look at a product's page.
STRENGTHS: dict[str, float] = {"search": 1.0, "view": 1.0, "basket": 3.0, "wishlist": 3.0, "order": 4.0}
#: A taste that rests on this much strength is believed by half.
DOUBT = 2.0
#: Features kept of a profile: enough for a taste, and a bound on what a page loads.
MAX_FEATURES = 40


def make_taste(likes: Iterable[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """The taste that follows from liked things: pairs (strength, features of the thing).

    Each feature's weight is its share of all strength, taken back towards nothing where there is little
    strength in
    all, so that one look at one page does not make a taste. The strongest `MAX_FEATURES` are kept.
    """
    total = 0.0
    sums: dict[str, float] = {}
    for strength, features in likes:
        total += strength
        for name, value in features.items():
            sums[name] = sums.get(name, 0.0) + strength * value
    if total <= 0:
        return {}
    scale = 1.0 / (total + DOUBT)
    ranked = sorted(((value * scale, name) for name, value in sums.items() if value > 0), reverse=True)
    return {name: round(weight, 4) for weight, name in ranked[:MAX_FEATURES]}


def blend(first: Taste, second: Taste) -> dict[str, float]:
    """Two tastes of one visitor as one: of each feature the stronger weight."""
    return {name: max(first.get(name, 0.0), second.get(name, 0.0)) for name in first.keys() | second.keys()}


def picture_features(tags: Iterable[str], palette: Iterable[str]) -> dict[str, float]:
    """The features of a picture: its tags, and its colours, of which the first fills most of it."""
    features = {f"tag:{tag}": 1.0 for tag in tags}
    for place, colour in enumerate(list(palette)[:3]):
        features.setdefault(f"colour:{colour}", 1.0 / (1 + place))
    return features


def mean_features(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The features that several pictures of one product have on average: what they share stands out."""
    sums: dict[str, float] = {}
    for features in many:
        for name, value in features.items():
            sums[name] = sums.get(name, 0.0) + value / len(many)
    return sums


@lru_cache(maxsize=4096)
def likeness(first: str, second: str) -> float:
    """How alike two colours "#rrggbb" look, 0 to 1, by their distance in CIE Lab (0 from 50 on)."""
    try:
        a, b = _lab(first), _lab(second)
    except ValueError:
        return 0.0
    distance = sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
    return float(max(0.0, 1.0 - distance / 50.0))


@lru_cache(maxsize=1024)
def _lab(colour: str) -> tuple[float, float, float]:
    """CIE Lab (D65) of "#rrggbb". Raises ValueError for anything else."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(colour)
    linear = []
    for start in (1, 3, 5):
        value = int(colour[start : start + 2], 16) / 255
        linear.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    r, g, b = linear
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
