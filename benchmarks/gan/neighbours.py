"""Generated pictures beside the training photographs that are nearest to them: what was learnt, and what was copied.

    python benchmarks/gan/neighbours.py CHECKPOINT.safetensors PHOTOS sheet.jpg

PHOTOS is the folder that the checkpoint was trained on. One row holds two sets of a generated picture (not picked; two
of each label) and its three nearest photographs, by the shipped extractor's features. Prints the nearest distance of
each picture as a ratio to the distance at which held-out photographs find theirs in the same folder: under 0.9 on
average means copying.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.gan import PhotoDataset, Sampler
from prodgen_django.imagefile import encode_image

SIDE = 96


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sampler = Sampler.load(arguments.checkpoint)
    photos = PhotoDataset.from_folder(arguments.photos, sampler.resolution)
    place = {key: i for i, key in enumerate(photos.keys)}
    held, rest = photos.split(0.1)[::-1]
    usual = [near[0].distance for near in sampler.nearest(held.images, rest)]
    groups, distances = [], []
    for label in sampler.labels:
        made = sampler.sample(2, label, arguments.seed)
        for picture, near in zip(made, sampler.nearest(made, photos, 3), strict=True):
            distances.append(near[0].distance)
            groups.append([picture, *(photos.images[place[n.key]] for n in near)])
    ratio = np.array(distances) / np.mean(usual)
    print(
        f"nearest distance over that of held-out photographs: mean {ratio.mean():.2f}, least {ratio.min():.2f}"
    )
    rows = []
    for two in zip(groups[::2], groups[1::2], strict=True):
        cells = []
        for group in two:
            shown = [cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for p in group]
            # A white line after the generated one, a wider gap after the group.
            cells += [shown[0], np.full((SIDE, 4, 3), 255, np.uint8), *shown[1:]]
            cells.append(np.full((SIDE, 16, 3), 255, np.uint8))
        rows.append(np.hstack(cells[:-1]))
    arguments.sheet.write_bytes(
        encode_image(np.vstack(rows), format="jpeg", source_type="compositeWithTrainedAlgorithmicMedia")
    )


if __name__ == "__main__":
    main()
