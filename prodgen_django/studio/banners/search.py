"""The layout by a scored search: every family that suits, several divisions of each, and the best of them.

The score is what an art director looks for: products large, the headline large, both well filled, nothing
crowded, words on calm ground, the weight in balance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from .arrangement import Arrangement, in_rows, in_tiles
from .brief import Shown
from .directions import Look
from .families import Plan, margin, plans, safe_area
from .formats import Format
from .geometry import Rect
from .lettering import Block
from .saliency import Busyness
from .typesetting import Setter

_WEIGHTS = {
    "products": 3.0,
    "headline": 2.2,
    "filled": 1.0,
    "lines": 0.7,
    "complete": 1.6,
    "shown": 1.5,
    "calm": 1.6,
    "balance": 0.7,
    "stage": 1.0,
    "even": 0.8,
}


@dataclass(frozen=True)
class Layout:
    """A finished layout: plan, words and products, with its score and what it is made of."""

    plan: Plan
    block: Block
    arrangement: Arrangement
    score: float
    parts: dict[str, float] = field(default_factory=dict)


def search(
    fmt: Format,
    look: Look,
    setter: Setter,
    products: Sequence[Shown],
    busyness: Callable[[], Busyness] | None = None,
) -> list[Layout]:
    """Layouts of a size, best first: one for each family and arrangement that is possible at all.

    `busyness` tells how restless the empty ground is, and is asked only where words stand on a scene.
    """
    found: list[Layout] = []
    busy = busyness() if busyness is not None and look.ground == "scene" else None
    for plan in plans(fmt, look.ground, len(products)):
        if setter.rtl:
            plan = plan.mirrored(fmt.size[0])
        block = _words(fmt, plan, setter)
        if block is None:
            continue
        block, plan = _placed(fmt, plan, block, busy)
        arrangement = _products(fmt, plan, products, setter.rtl)
        if arrangement is None:
            continue
        plan, block, arrangement = _settled(fmt, plan, block, arrangement)
        parts = _parts(fmt, plan, block, arrangement, products, setter, busy)
        score = sum(_WEIGHTS[name] * value for name, value in parts.items())
        found.append(Layout(plan, block, arrangement, round(score, 6), parts))
    return sorted(found, key=lambda layout: -layout.score)


def _words(fmt: Format, plan: Plan, setter: Setter) -> Block | None:
    width, height = fmt.size
    most = (0.112 if not fmt.small else 0.125) * sqrt(width * height)
    if plan.row:
        return setter.row(plan.text.w, plan.text.h, fmt.least_text, most)
    lines = 3 if plan.side in ("above", "below") and fmt.aspect > 0.4 else 5 if fmt.aspect <= 0.4 else 4
    return setter.column(plan.text.w, plan.text.h, fmt.least_text, most, plan.align, lines)


def _placed(fmt: Format, plan: Plan, block: Block, busy: Busyness | None) -> tuple[Block, Plan]:
    """The words in their room; what room they leave goes to the products, or to where the ground is calm."""
    text, spare = plan.text, plan.text.h - block.height
    if plan.row:
        return block.moved(text.x, text.y), plan
    if plan.anchor == "middle":
        offsets = [0.5 * spare]
        if busy is not None and spare > 0:
            steps = [spare * k / 6 for k in range(7)]
            offsets = [
                min(
                    steps,
                    key=lambda dy: (
                        busy.of(block.moved(text.x, text.y + dy).rect) + 0.06 * abs(dy / spare - 0.45)
                    ),
                )
            ]
        return block.moved(text.x, text.y + offsets[0]), plan
    top = 0.0 if plan.anchor == "top" else spare
    return block.moved(text.x, text.y + top), plan


def _settled(
    fmt: Format, plan: Plan, block: Block, arrangement: Arrangement
) -> tuple[Plan, Block, Arrangement]:
    """Where a row of products leaves much of its stage empty, words and products move towards each other,
    so that what is empty lies around them and not between."""
    if plan.side != "above" or plan.ground in ("tiles", "shelf") or plan.row:
        return plan, block, arrangement
    top = min(stand.rect.y for stand in arrangement.stands)
    spare = top - block.rect.bottom
    row = plan.stage.bottom - top
    wanted = 0.14 * row
    if spare <= 1.4 * wanted:
        return plan, block, arrangement
    free = spare - wanted
    lift = {"scene": 0.06, "tint": 0.10, "split": 0.08, "card": 0.08}.get(plan.ground, 0.34)
    tower = fmt.aspect < 0.4
    up = round(min(lift * free, (0.16 if tower else 0.10) * plan.stage.bottom))
    down = min(0.38 * free, (1.4 if tower else 0.9) * row)
    if plan.ground in ("split", "card", "slant"):
        # The words stay on their own panel, in its middle.
        down = min(down, 0.5 * max(0.0, plan.field.y - block.rect.bottom - 0.2 * block.headline_size))
    stands = tuple(replace(stand, rect=stand.rect.moved(0, -up)) for stand in arrangement.stands)
    baselines = tuple(base - up for base in arrangement.baselines)
    plan = replace(
        plan,
        stage=Rect(plan.stage.x, plan.stage.y, plan.stage.w, plan.stage.h - up),
        horizon=plan.horizon - up if plan.horizon is not None else None,
    )
    return plan, block.moved(0, down), replace(arrangement, stands=stands, baselines=baselines)


def _products(fmt: Format, plan: Plan, products: Sequence[Shown], rtl: bool) -> Arrangement | None:
    stage = plan.stage
    best: Arrangement | None = None
    merit = -1.0
    edge = margin(fmt)
    # Small adverts show the first few of many products: twelve on the size of a stamp are none.
    counts = [len(products)]
    least = 0.34 * min(fmt.size) if fmt.small else 0.10 * sqrt(fmt.size[0] * fmt.size[1])
    while counts[-1] > 1:
        counts.append(counts[-1] - 1)
    for count in counts:
        shown = products[:count]
        options: list[Arrangement | None]
        if plan.ground == "tiles":
            options = [in_tiles(shown, stage, c, 0.35 * edge) for c in range(1, min(count, 6) + 1)]
        elif plan.ground == "shelf":
            options = [in_rows(shown, stage, r, rtl=rtl) for r in range(1, min(3, count) + 1)]
        else:
            options = [in_rows(shown, stage, 1, rtl=rtl)]
        for option in options:
            if option is None:
                continue
            smallest = min(max(s.rect.w, s.rect.h) for s in option.stands)
            if smallest < least and count > 1:
                continue
            value = option.area * (count / len(products)) ** 1.5
            if value > merit:
                best, merit = option, value
    return best


def _parts(
    fmt: Format,
    plan: Plan,
    block: Block,
    arrangement: Arrangement,
    products: Sequence[Shown],
    setter: Setter,
    busy: Busyness | None,
) -> dict[str, float]:
    width, height = fmt.size
    canvas = width * height
    safe = safe_area(fmt)
    covered = sum(
        stand.rect.area * float(products[stand.index].extra.get("cover", 0.78))
        for stand in arrangement.stands
    )
    sides = [max(s.rect.w, s.rect.h) for s in arrangement.stands]
    areas = [s.rect.area for s in arrangement.stands]
    text = block.rect
    room = plan.text
    weight_x = (
        sum(s.rect.centre[0] * s.rect.area for s in arrangement.stands) + text.centre[0] * 0.7 * text.area
    )
    weight_y = (
        sum(s.rect.centre[1] * s.rect.area for s in arrangement.stands) + text.centre[1] * 0.7 * text.area
    )
    mass = sum(areas) + 0.7 * text.area
    off = abs(weight_x / mass / width - 0.5) + 0.5 * abs(weight_y / mass / height - 0.52)
    stage_use = (
        max(s.rect.right for s in arrangement.stands) - min(s.rect.x for s in arrangement.stands)
    ) / max(1.0, plan.stage.w)
    stage_high = max(s.rect.h for s in arrangement.stands) / max(
        1.0, plan.stage.h / max(1, len(arrangement.baselines))
    )
    fill = (text.h / room.h) if not plan.row else 0.8
    enough = 0.05 * sqrt(canvas)
    return {
        "products": min(1.0, covered / canvas / 0.20),
        "headline": min(1.0, block.headline_size / (0.088 * sqrt(canvas))),
        "filled": 1.0 - abs(min(1.0, fill) - 0.82),
        "lines": {1: 0.8, 2: 1.0, 3: 0.9, 4: 0.6}.get(block.headline_lines, 0.3)
        - (0.8 if block.evenness < 0.42 else 0.0),
        "complete": 1.0 - 0.4 * len(block.dropped),
        "shown": len(arrangement.stands) / len(products),
        "calm": 1.0 - min(1.0, busy.of(text)) if busy is not None else 0.9,
        "balance": 1.0 - min(1.0, 2.2 * off),
        "stage": min(1.0, max(stage_use, stage_high)),
        "even": min(1.0, min(sides) / enough) * (1.0 if safe.holds(text, 1.0) else 0.0),
    }
