"""What a set is, and the list that all sets enter themselves in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .rooms import Stage

Builder = Callable[[Stage], None]


@dataclass(frozen=True)
class Design:
    """A set. `words`: mood, season and materials; `weights`: how much of each light by default (1: as it was lit);
    `white`: how bright a view's brightest parts come out, linear (0.9 where it is not said); `pitch`: degrees by which
    a view's camera looks down, where they are not those of `VIEWS`."""

    name: str
    label: str
    views: dict[str, Builder]
    mood: tuple[str, ...]
    materials: tuple[str, ...]
    season: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    white: dict[str, float] = field(default_factory=dict)
    pitch: dict[str, float] = field(default_factory=dict)


DESIGNS: dict[str, Design] = {}


def add(design: Design) -> None:
    DESIGNS[design.name] = design
