"""Pairs of photographs of what repeats: right, refused or wrong; and of the same without a repeat.

    python -m benchmarks.stitching.repeats [--seeds 0-11] [--size 800x680] [--labels]

Five surfaces (a print, dots, brick, gingham, cloth with folds) a seed, overlaps of 20 to 60 %, drawn by
tests/stitching/repeats.py. A repeat may be refused but not placed wrongly; a label in the overlap, or no repeat at all,
should be stitched. Seeds 0 to 11 were looked at while the rules were made.

`--labels`: crops of four sheets (checker, half-drop, houndstooth, text), drawn by tests/stitching/labels.py. A label
lies in both, in one, another one in each, one like it in each, or a row of them. Labels alike, whole repeats apart,
cannot be told from one that both show: a picture that one thing places has to say so (`told`). Seeds 0 to 9 were
looked at.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from prodgen_django.stitching import StitchError, stitch
from tests.stitching.labels import LABELS, SHEETS, labelled
from tests.stitching.repeats import KINDS, Pair, pair
from tests.stitching.scenes import misplacement

NEAR = 4.0
"""Pixels by which a right picture may be off; folds bend the cloth by as much."""
SERIES: dict[str, dict[str, Any]] = {
    "repeats": {"repeats": True},
    "repeats, a label in both": {"repeats": True, "label": True},
    "no repeat": {"repeats": False},
}


def verdict(made: Pair) -> str:
    """`right` or `wrong`, with `told` where a warning asks to look at the place, or the refusal's code."""
    try:
        result = stitch([shot.image for shot in made.shots])
    except StitchError as refused:
        return refused.code
    said = "right" if misplacement(made.shots, result.transforms) < NEAR else "wrong"
    return f"{said}, told" if any("repeats" in w for w in result.report["warnings"]) else said


def count(name: str, kinds: Mapping[str, Callable[[int], Pair]], seeds: range, verbose: bool) -> None:
    """Print what became of the pairs that each of the `kinds` makes of the seeds."""
    began, total = time.process_time(), Counter[str]()
    for kind, make in kinds.items():
        found = Counter[str]()
        for seed in seeds:
            made = make(seed)
            said = verdict(made)
            found[said] += 1
            if verbose and not said.startswith("right"):
                print(f"  {kind} {seed}: {said} (overlap {made.overlap:.2f})", flush=True)
        total += found
        print(f"{name}: {kind}: {dict(found)}", flush=True)
    spent = (time.process_time() - began) / max(1, total.total())
    print(f"{name}: all {total.total()}: {dict(total)}, {spent:.2f} CPU seconds each", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0-11", help="first-last")
    parser.add_argument("--size", default="800x680", help="of a photograph")
    parser.add_argument("--labels", action="store_true", help="sheets with labels")
    parser.add_argument("-v", action="store_true", help="name every pair that is not right")
    options = parser.parse_args()
    first, last = (int(v) for v in options.seeds.split("-"))
    width, height = (int(v) for v in options.size.split("x"))
    seeds, size = range(first, last + 1), (width, height)
    if options.labels:
        for labels in LABELS:
            sheets = {kind: partial(labelled, kind, labels, size=size) for kind in SHEETS}
            count(f"labels: {labels}", sheets, seeds, options.v)
        return
    for name, settings in SERIES.items():
        count(name, {kind: partial(pair, kind, size=size, **settings) for kind in KINDS}, seeds, options.v)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
