"""Pairs of photographs of what repeats: right, refused or wrong; and of the same without a repeat.

    python -m benchmarks.stitching.repeats [--seeds 0-11] [--size 800x680]

Five surfaces (a print, dots, brick, gingham, cloth with folds) a seed, overlaps of 20 to 60 %, drawn by
tests/stitching/repeats.py. A repeat may be refused but not placed wrongly; a label in the overlap, or no repeat at all,
should be stitched. Seeds 0 to 11 were looked at while the rules were made.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np

from prodgen_django.stitching import StitchError, stitch
from tests.stitching.repeats import KINDS, Pair, pair
from tests.stitching.scenes import misplacement

NEAR = 4.0
"""Pixels by which a right picture may be off; folds bend the cloth by as much."""
SERIES = {
    "repeats": {"repeats": True},
    "repeats, a label in both": {"repeats": True, "label": True},
    "no repeat": {"repeats": False},
}


def verdict(made: Pair) -> str:
    """`right`, `wrong` or the refusal's code."""
    try:
        result = stitch([shot.image for shot in made.shots])
    except StitchError as refused:
        return refused.code
    return "right" if misplacement(made.shots, result.transforms) < NEAR else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0-11", help="first-last")
    parser.add_argument("--size", default="800x680", help="of a photograph")
    parser.add_argument("-v", action="store_true", help="name every pair that is not right")
    options = parser.parse_args()
    first, last = (int(v) for v in options.seeds.split("-"))
    width, height = (int(v) for v in options.size.split("x"))
    for name, settings in SERIES.items():
        began, total = time.process_time(), Counter[str]()
        for kind in KINDS:
            found = Counter[str]()
            for seed in range(first, last + 1):
                made = pair(kind, seed, size=(width, height), **settings)
                said = verdict(made)
                found[said] += 1
                if options.v and said != "right":
                    print(f"  {kind} {seed}: {said} (overlap {made.overlap:.2f})", flush=True)
            total += found
            print(f"{name}: {kind}: {dict(found)}", flush=True)
        spent = (time.process_time() - began) / max(1, total.total())
        print(f"{name}: all {total.total()}: {dict(total)}, {spent:.2f} CPU seconds each", flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
