"""Draw the small picture of each backdrop that the option form shows; run again after a set was rendered.

python -m training.swatches
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prodgen_django.imagefile import encode_image
from prodgen_django.studio import backdrops, sets
from prodgen_django.studio.backdrop import TRANSPARENT, Backdrop
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.scene import encoded, rgb

FOLDER = Path(__file__).resolve().parents[1] / "prodgen_django/static/prodgen_django/backdrops"
SIDE = 240


def main() -> None:
    """Write one WebP a backdrop into the app's static files; those of backdrops that are gone are deleted."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = {backdrop.name: _drawn(backdrop) for backdrop in backdrops()}
    drawn["auto"] = _several([drawn[one.name] for one in backdrops() if one.views])
    for name, pixels in drawn.items():
        data = encode_image(pixels, format="webp", source_type="algorithmicMedia", quality=80)
        (FOLDER / f"{name}.webp").write_bytes(data)
        print(f"{name}: {len(data)} bytes")
    for path in FOLDER.glob("*.webp"):
        if path.stem not in drawn:
            path.unlink()


def _several(pictures: list[Pixels]) -> Pixels:
    """A quarter each of four of them, from all over the list."""
    four = [pictures[round(k * (len(pictures) - 1) / 3)] for k in range(4)]
    half, start = SIDE // 2, SIDE // 4
    parts = [picture[start : start + half, start : start + half] for picture in four]
    return np.vstack([np.hstack(parts[:2]), np.hstack(parts[2:])])


def _drawn(backdrop: Backdrop) -> Pixels:
    if backdrop.name == TRANSPARENT:
        squares = (np.indices((SIDE, SIDE)) // 20).sum(0) % 2
        return np.repeat(np.where(squares, 255, 225).astype(np.uint8)[..., None], 3, 2)
    if not backdrop.views:
        flat = np.broadcast_to(rgb(backdrop.palette[0]), (SIDE, SIDE, 3))
        return np.asarray(np.rint(flat * 255), np.uint8)
    # A table or a floor tells more of a room than its wall or its boards from above.
    view = next(view for view in ("table", "floor", "wall", "top") if view in backdrop.views)
    return np.asarray(np.rint(encoded(sets.lit(backdrop.name, view, None, (SIDE, SIDE))) * 255), np.uint8)


if __name__ == "__main__":
    main()
