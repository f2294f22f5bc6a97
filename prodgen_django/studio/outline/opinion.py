"""What the outline network thinks of a photograph, beside what colours and edges say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from prodgen_django.studio.background import Mask
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.grabcut import grab_cut
from prodgen_django.studio.pieces import clean

__all__ = ["Opinion", "overlap"]

_WEIGHTS = Path(__file__).resolve().parents[2] / "checkpoints" / "outline.safetensors"

# Chosen on packshots before grounds of photographs other than those by which the studio is measured
# (`python -m benchmarks.studio.matting surfaces --seed 6` and 7), and on garment-masks.
_VOICE = 1.5
_MARGIN = 0.06


@dataclass(frozen=True, slots=True)
class Opinion:
    """`surety`: float32 h×w, how surely each pixel is the product. `grown`: bool h×w, the mask into which GrabCut makes
    it, since the network sees 128 px only."""

    surety: Float
    grown: Mask

    @classmethod
    def of(cls, image: Pixels, lab: Float, outside: Mask) -> Opinion:
        """Of a photograph uint8 h×w×3, its smoothed Lab colours and the rim that is taken for background."""
        # Imported late: the network needs torch, which takes a second that a plain photograph need not wait for.
        surety = _network()(image)
        return cls(surety, clean(grab_cut(image, surety, outside), surety, lab))

    @property
    def mask(self) -> Mask:
        """Where the product is likelier than not."""
        return self.surety > 0.5

    @property
    def doubt(self) -> float:
        """What is left open, in product's areas: 0 where every pixel is certain."""
        return float(np.minimum(self.surety, 1 - self.surety).sum() / max(int(self.mask.sum()), 1))

    def backing(self, mask: Mask) -> float:
        """How far a mask is what the network sees, 0 to 1: intersection over union with its sureties."""
        both = float((self.surety * mask).sum())
        return both / max(float(self.surety.sum()) + float(mask.sum()) - both, 1e-6)

    def prefers(self, merit: float, mask: Mask, merit_grown: float) -> bool:
        """Whether `grown` is to be taken in a mask's place: what colours and edges say for each (0 to 1) and how far
        the network backs it are weighed together."""
        heard = _VOICE * (self.backing(self.grown) - self.backing(mask))
        return merit_grown - merit + heard > _MARGIN


def overlap(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks."""
    return float((first & second).sum() / max(int((first | second).sum()), 1))


@lru_cache(maxsize=1)
def _network():  # type: ignore[no-untyped-def]  # the network's type needs torch
    from prodgen_django.studio.outline.net import Outliner

    return Outliner.load(_WEIGHTS)
