"""How often a "winner" is announced where no picture is better than another, though somebody looks all the time.

    python -m benchmarks.personalization.null_worlds ../shared/bench/personalization/ope.py --runs 60

The shipped policy serves the bench's visitors beside a random hold-out of 10 %, as in a shop, and after every batch the
admin's own test of the uplift is asked. A run counts as soon as any of these looks announces a winner. Beside it stand
worlds in which taste matters: a test that never announces anything would pass the first half.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
from pathlib import Path
from typing import Any

from benchmarks.personalization.policy import BATCH, Policy
from prodgen_django.personalization.report.evidence import Evidence

HOLDOUT = 0.1
#: What the report spends on the uplift in clicks of the 5 % that it may err in all.
ALPHAS = (0.02, 0.05)


def announced(world: Any, seed: int, impressions: int) -> dict[float, bool]:
    """For each α, whether any of the looks at one run had a winner."""
    policy, rng = Policy(seed), random.Random(seed)
    evidence = Evidence()
    found = dict.fromkeys(ALPHAS, False)
    for t in range(impressions):
        context, candidates = world.step(t)
        held_out = rng.random() < HOLDOUT
        index = rng.randrange(len(candidates)) if held_out else policy.select(context, candidates)
        clicked = rng.random() < world.p(context, candidates)[index]
        if not held_out:
            policy.update(context, candidates, index, float(clicked))
        if clicked:
            evidence.add(not held_out, 1 - HOLDOUT)
        if (t + 1) % BATCH == 0:
            for alpha in ALPHAS:
                found[alpha] |= evidence.verdict(alpha).winner != 0
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bench", type=Path, help="the bench's file, which has the worlds")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--first", type=int, default=2000, help="the first seed")
    parser.add_argument("--impressions", type=int, default=6000)
    parser.add_argument("--kinds", nargs="+", default=["null@shop"])
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location("ope", arguments.bench)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    for kind in arguments.kinds:
        counts = dict.fromkeys(ALPHAS, 0)
        for number in range(arguments.runs):
            seed = arguments.first + number
            for alpha, winner in announced(bench.Env(kind, seed), seed, arguments.impressions).items():
                counts[alpha] += winner
        shares = {f"alpha {alpha}": counts[alpha] / arguments.runs for alpha in ALPHAS}
        print(json.dumps({"kind": kind, "runs": arguments.runs, "announced a winner": shares}), flush=True)


if __name__ == "__main__":
    main()
