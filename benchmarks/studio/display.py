"""How fast the display recipe is, and how much memory it takes: cut out, stage, certify, encode, check.

    python -m benchmarks.studio.display [--megapixels 48] [--side 1600]

Prints CPU seconds by stage, megapixels of photograph a CPU second, and the most memory that the process has held,
less what it held before the photograph was loaded.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor

import cv2
import numpy as np

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import certify, check_channel, cut_out_report, stage, thresholds_for


def photograph(megapixels: float) -> bytes:
    """A drawn vase on paper, as a JPEG of that many megapixels."""
    height = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    width = round(megapixels * 1e6 / height)
    small = np.full((height // 8, width // 8, 3), (222, 219, 210), np.uint8)
    middle = (small.shape[1] // 2, small.shape[0] // 2)
    cv2.ellipse(small, middle, (small.shape[1] // 4, small.shape[0] // 3), 0, 0, 360, (150, 60, 45), -1)
    image = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return encode_image(image, source_type="digitalCapture", quality=88)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--side", type=int, default=1600)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    cut_out_report(load_image(photograph(0.3)))  # the solvers' compilation is not part of the measure
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        # Drawn elsewhere, so that its memory is not counted here.
        data = other.submit(photograph, arguments.megapixels).result()
    before, spent, last = peak(), {}, time.process_time()

    def done(stage_name: str) -> None:
        nonlocal last
        spent[stage_name] = time.process_time() - last
        last = time.process_time()

    photo = load_image(data)
    done("load")
    cut = cut_out_report(photo)
    done("cut out")
    staged = stage(photo, cut.alpha, "white", size=(arguments.side, arguments.side))
    done("stage")
    stored = encode_image(staged.image, source_type=staged.source_type, quality=90)
    done("encode")
    fidelity = certify(
        photo, cut.alpha, load_image(stored), staged.transform, thresholds=thresholds_for("jpeg")
    )
    done("certify")
    check_channel(stored, "web")
    done("check")
    total = sum(spent.values())
    print("  ".join(f"{name} {seconds:.2f} s" for name, seconds in spent.items()))
    print(
        f"{arguments.megapixels:g} MP in {total:.2f} CPU s: {arguments.megapixels / total:.2f} MP a CPU second; "
        f"{peak() - before:.0f} MB above the {before:.0f} MB before; fidelity {'holds' if fidelity.passed else 'fails'}"
    )


if __name__ == "__main__":
    main()
