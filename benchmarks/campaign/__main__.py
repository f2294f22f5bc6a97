"""What campaign pictures cost: pictures a minute on two cores and memory, beside a browser that draws a template.

    python -m benchmarks.campaign [--designs 3] [--processes 2]

The work: the example shop's mug, jug and vase, thirteen sizes in each design, laid out, painted, certified, measured
and encoded; the cut-outs are made once and counted apart. The peer is what many shops do instead: an HTML template with
the same words and cut-outs, drawn by headless Chromium and saved as JPEG of the same size, without a search and
without any measurement. CPU seconds are compared, since they do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.campaign.work import FORMATS, NAMES, browser, cpu, design, products


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--designs", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sheet", type=Path, help="draw the contact sheet of the documentation instead")
    given = parser.parse_args()
    if given.sheet:
        from benchmarks.campaign.sheet import write

        cuts = Path(tempfile.gettempdir()) / "prodgen-campaign-cuts"
        cuts.mkdir(exist_ok=True)
        print(f"{write(given.sheet, cuts)} banners passed every gate")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = cpu()
        products(folder)
        cutting = cpu() - started
        wall = time.monotonic()
        with ProcessPoolExecutor(given.processes, get_context("spawn")) as pool:
            jobs: list[Any] = [pool.submit(design, k, given.designs, folder) for k in range(given.designs)]
            results = [job.result() for job in jobs]
        wall = time.monotonic() - wall
        made, passed = sum(r[0] for r in results), sum(r[1] for r in results)
        seconds, memory = sum(r[2] for r in results), max(r[3] for r in results)
        each = seconds / made
        print(
            f"{len(NAMES)} products, {given.designs} designs, {len(FORMATS)} sizes, {given.processes} processes"
        )
        print(f"pictures                      {made}, {passed} passed every gate")
        print(f"cut-outs, once                {cutting:.1f} CPU s ({cutting / len(NAMES):.1f} s a product)")
        print(f"CPU seconds a picture         {each:.2f}")
        print(
            f"pictures a minute, this run   {60 * made / wall:.0f} (wall clock, on what else the machine did)"
        )
        print(f"pictures a minute, 2 cores    {120 / each:.0f} (from CPU seconds)")
        print(f"peak memory of a process      {memory / 1024:.0f} MB")
        peer = browser(folder)
        if peer is None:
            print("Chromium                      not here, so not measured")
        else:
            print(f"Chromium, a fixed template    {peer[1] / peer[0]:.2f} CPU s a picture, nothing measured")
            print(f"ours to Chromium's            {each / (peer[1] / peer[0]):.2f} times its CPU")


if __name__ == "__main__":
    main()
