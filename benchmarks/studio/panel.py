"""Pictures for a panel of judges: shuffled, each beside its photograph, none chosen by hand.

    python -m benchmarks.studio.panel OUT                          # all kinds
    python -m benchmarks.studio.panel OUT --kinds white            # ../shared/data/demo-catalogues cut out on white
    python -m benchmarks.studio.panel OUT --count verdicts-1.csv verdicts-2.csv

The kinds are `white` and those of `shop_panel`: display, catalogues, garments, grids, stitches and campaigns. OUT gets
NNN.jpg (the photograph on the left, the picture on the right, at full size), key.csv (which is which, and how
sure the app was; not for judges) and verdicts.csv to be filled in: "yes", or "no" and the first of whole, clean, true,
plausible, better. `--count` then prints how many were published, by kind, and how far the judges agree.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.studio.matting import DATA
from benchmarks.studio.shop_panel import Shop
from benchmarks.studio.shown import Shown
from benchmarks.studio.tiles import squared
from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import cut_out_report, stage

SIDE = 1000


def white() -> Iterator[Shown]:
    """Packshots of other demo shops, cut out on white."""
    for path in sorted((DATA / "demo-catalogues").glob("*.webp")):
        photo = load_image(path, background=(255, 255, 255))
        cut = cut_out_report(photo)
        if cut.alpha.any():
            picture = stage(photo, cut.alpha, "white", size=(SIDE, SIDE), seed=0).image
        else:
            picture = np.full((SIDE, SIDE, 3), 255, np.uint8)
        yield Shown("white", path.stem, photo, picture, cut.confidence, cut.poor)


def kinds_of(shop: Shop) -> dict[str, Callable[[], Iterator[Shown]]]:
    made = (shop.display, shop.catalogues, shop.garments, shop.grids, shop.stitches, shop.campaigns)
    return {"white": white, **{way.__name__: way for way in made}}


def make(out: Path, kinds: list[str], seed: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    ways = kinds_of(Shop(out / "shop"))
    found = [shown for kind in kinds or ways for shown in ways[kind]()]
    numbers = list(range(1, len(found) + 1))
    random.Random(seed).shuffle(numbers)
    with (out / "key.csv").open("w", newline="") as file:
        key = csv.writer(file)
        key.writerow(["number", "kind", "name", "confidence", "poor"])
        for number, shown in sorted(zip(numbers, found, strict=True), key=lambda pair: pair[0]):
            key.writerow([number, shown.kind, shown.name, shown.confidence, int(shown.poor)])
            gap = np.full((SIDE, 20, 3), 128, np.uint8)
            pair = np.hstack([squared(shown.photo, SIDE), gap, squared(shown.picture, SIDE)])
            data = encode_image(pair, format="jpeg", source_type=None, quality=93)
            (out / f"{number:03}.jpg").write_bytes(data)
    lines = ["number,publish,first_no", *(f"{number}," + "," for number in sorted(numbers))]
    (out / "verdicts.csv").write_text("\n".join(lines) + "\n")


def count(out: Path, verdicts: list[Path]) -> None:
    with (out / "key.csv").open(newline="") as file:
        key = {row["number"]: row for row in csv.DictReader(file)}
    judges = []
    for path in verdicts:
        with path.open(newline="") as file:
            judges.append({str(int(row["number"])): row for row in csv.DictReader(file)})
    yes = {n: [judge[n]["publish"].strip().lower() == "yes" for judge in judges] for n in key}
    agree = sum(len(set(said)) == 1 for said in yes.values())
    print(f"{len(key)} pictures, {len(judges)} judges; they agree on {agree}")
    for kind in sorted({row["kind"] for row in key.values()}):
        of_kind = [n for n in key if key[n]["kind"] == kind]
        sure = [n for n in of_kind if key[n]["poor"] == "0"]
        each = " / ".join(str(sum(yes[n][k] for n in of_kind)) for k in range(len(judges)))
        print(
            f"{kind:12} published by each {each}, by all {sum(all(yes[n]) for n in of_kind)} of {len(of_kind)}; "
            f"called sure {len(sure)}, of these by all {sum(all(yes[n]) for n in sure)}"
        )
    for k, judge in enumerate(judges):
        print(
            f"first no of judge {k + 1}:",
            dict(Counter(r["first_no"] for r in judge.values() if r["first_no"])),
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--kinds", nargs="*", default=[], help="all of them by default")
    parser.add_argument("--count", nargs="*", type=Path, help="verdicts that judges have filled in")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.count:
        count(arguments.out, arguments.count)
    else:
        make(arguments.out, arguments.kinds, arguments.seed)


if __name__ == "__main__":
    main()
