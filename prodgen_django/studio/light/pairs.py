"""Rendered pairs to learn light from: what a lamp and the sky give to a scene, with a product in it and without.

They are rendered by `example_shop/catalogue/light_pairs.py` and packed into one file here, small enough to travel:
`python -m prodgen_django.studio.light pack FOLDER pairs.npz`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.atomicfile import replacing
from prodgen_django.studio.color import Float

from .geometry import Light, as_light, logged

__all__ = ["HELD_OUT", "KINDS", "Pairs", "coded", "decoded", "from_byte", "to_byte"]

Bytes = npt.NDArray[np.uint8]

KINDS = ("bare", "window", "blinds", "leaves")
"""What the lamp shines through, the labels of a training's scenes."""

HELD_OUT = frozenset(
    {"bottle", "jug", "shoe", "dining_chair", "desk_lamp", "tripod_lamp", "lantern", "pouf", "bust"}
)
"""Families of things that no step sees; figures are told of them alone."""


def to_byte(light: Float) -> Bytes:
    """Light of 0 to infinity, 1 at the product's foot, as a byte: x / (1 + x)."""
    x = np.maximum(light.astype(np.float32), 0)
    return np.rint(255 * x / (1 + x)).astype(np.uint8)


def from_byte(plane: npt.NDArray[Any]) -> Float:
    """The reverse; the brightest is about 250."""
    share = np.minimum(plane.astype(np.float32) / 255, 0.996)
    return share / (1 - share)


def coded(key: Float, sky: Float) -> Float:
    """The light of lamp and sky as the generator makes it, float32 2×…: logarithms, each spread about as widely as the
    other, within [-3, 3]."""
    return np.stack([logged(key), np.clip(5 * np.log(sky + 0.05), -3, 3)]).astype(np.float32)


def decoded(planes: Float) -> tuple[Float, Float]:
    """The reverse: light of lamp and sky."""
    key, sky = np.exp(np.clip(planes[0], -3, 3) - 0.6) - 0.05, np.exp(np.clip(planes[1], -3, 3) / 5) - 0.05
    return np.maximum(key, 0).astype(np.float32), np.maximum(sky, 0).astype(np.float32)


@dataclass(eq=False)
class Pairs:
    """N scenes of side S.

    `product` uint8 N×S×S×4 (sRGB and alpha); `floor` N×S×S; `sky` N×S×S and `key` N×3×S×S, bare and through two
    openings, as `to_byte` writes light; `direct` N×3×S×S, what the lamp itself gives of `key`; `left` N×S×S×2, the
    shares of lamp and sky that a product leaves, 255 for all. `kinds` N×3 index `KINDS`; `throw` float32 N×2,
    `softness`, `pitch` N (see `Light`); `families` N names.
    """

    product: Bytes
    floor: Bytes
    key: Bytes
    sky: Bytes
    direct: Bytes
    left: Bytes
    kinds: npt.NDArray[np.int64]
    throw: npt.NDArray[np.float32]
    softness: npt.NDArray[np.float32]
    pitch: npt.NDArray[np.float32]
    families: npt.NDArray[np.str_]

    @property
    def labels(self) -> list[str]:
        return list(KINDS)

    @property
    def side(self) -> int:
        return int(self.floor.shape[1])

    def __len__(self) -> int:
        return len(self.floor)

    def light(self, index: int) -> Light:
        """The lamp of one scene."""
        return as_light(self.throw[index], float(self.softness[index]), float(self.pitch[index]))

    def subset(self, index: npt.NDArray[Any]) -> Pairs:
        """The scenes at `index`."""
        return Pairs(*(getattr(self, f.name)[index] for f in fields(self)))

    def split(self, holdout: float = 0.0) -> tuple[Pairs, Pairs]:
        """(train, held out) by families, whatever the share: a thing like one that was seen proves nothing."""
        held = np.isin(self.families, list(HELD_OUT))
        return self.subset(np.flatnonzero(~held)), self.subset(np.flatnonzero(held))

    def counts(self) -> dict[str, int]:
        """Planes of light through each kind of opening."""
        return {kind: int((self.kinds == i).sum()) for i, kind in enumerate(KINDS)}

    def facts(self) -> dict[str, Any]:
        return {"families": len(set(self.families.tolist())), "held_out_families": sorted(HELD_OUT)}

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for f in fields(self):
            digest.update(np.ascontiguousarray(getattr(self, f.name)).tobytes())
        return digest.hexdigest()

    # -- files

    def save(self, path: Path) -> None:
        """One compressed file."""
        with replacing(path) as file:
            np.savez_compressed(file, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: str | Path) -> Pairs:
        """What `save` wrote, or a folder of rendered scenes."""
        path = Path(path)
        if path.is_dir():
            return cls.of_scenes(sorted(path.glob("*.npz")))
        with np.load(path) as kept:
            return cls(**{f.name: kept[f.name] for f in fields(cls)})

    @classmethod
    def of_scenes(cls, files: Sequence[Path], side: int = 0) -> Pairs:
        """Of files that the renderer wrote, made smaller where `side` says so. A scene that shows no product, or whose
        lamp does not reach the product's foot, is left out."""
        rows = [row for path in files if (row := _scene(path, side)) is not None]
        if not rows:
            raise ValueError("there is no rendered scene")
        return cls(*(np.stack([row[f.name] for row in rows]) for f in fields(cls)))


def _scene(path: Path, side: int) -> dict[str, Any] | None:
    with np.load(path) as planes:
        row = {name: planes[name] for name in planes.files}
    alpha = row["product"][..., 3]
    lit = row["key"].astype(np.float32)
    if (alpha > 127).mean() < 0.01 or not np.isfinite(lit).all() or np.median(lit) > 30:
        return None

    def sized(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if not side or side == plane.shape[0]:
            return plane
        return cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA)

    left = np.stack([row["key_left"], row["sky_left"]], -1).astype(np.float32)
    return {
        "product": sized(row["product"]),
        "floor": sized(row["floor"]),
        "key": np.stack([to_byte(sized(p.astype(np.float32))) for p in (lit, *row["patterns"])]),
        "sky": to_byte(sized(row["sky"].astype(np.float32))),
        "direct": np.stack([sized(p) for p in row["direct"]]),
        "left": np.rint(sized(np.clip(left, 0, 1)) * 255).astype(np.uint8),
        "kinds": np.array([0, *(KINDS.index(str(kind)) for kind in row["kinds"])]),
        "throw": row["throw"].astype(np.float32),
        "softness": np.float32(row["softness"]),
        "pitch": np.float32(row["pitch"]),
        "families": np.str_(row["family"]),
    }
