"""What `stitch()` returns, and the clock that fills its report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from prodgen_django.common.arrays import Image, Mask, Matrix

from .options import StitchOptions


@dataclass
class StitchResult:
    """A stitched picture and how it came about.

    Attributes:
        image: RGB uint8, height × width × 3.
        mask: bool, height × width; True where a photograph (or, in layouts and filled crops, the chosen
            background) gives the pixel.
        transforms: per input a 3×3 float64 matrix from its pixels to the result's pixels, None if it is
            unused.
            Exact for planes and layouts; for cylinder and sphere the best fit at the picture's centre.
        generated: bool, height × width; True where a trained model painted (crop="inpaint"), None where
            nothing was: such a picture's source type is compositeWithTrainedAlgorithmicMedia.
        report: JSON-serialisable: mode, why, inputs (used, reason), model, stages (seconds), warnings,
            checks.
    """

    image: Image
    mask: Mask
    transforms: list[Matrix | None]
    report: dict[str, Any]
    generated: Mask | None = None

    @property
    def source_type(self) -> str:
        """The IPTC DigitalSourceType that the picture's file has to name."""
        return "compositeCapture" if self.generated is None else "compositeWithTrainedAlgorithmicMedia"


@dataclass
class Journal:
    """Times the stages, passes progress on, collects warnings, checks and intermediate pictures."""

    options: StitchOptions
    stages: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    checks: dict[str, Any] = field(default_factory=dict)
    pictures: int = 0
    fraction: float = 0.0

    @contextmanager
    def stage(self, name: str, begin: float) -> Iterator[None]:
        self.progress(name, begin)
        started = time.perf_counter()
        yield
        self.stages[name] = round(self.stages.get(name, 0.0) + time.perf_counter() - started, 4)

    def progress(self, name: str, fraction: float) -> None:
        self.fraction = min(1.0, max(self.fraction, float(fraction)))
        if self.options.on_progress is not None:
            self.options.on_progress(name, self.fraction)

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    @property
    def explaining(self) -> bool:
        return self.options.explain is not None or self.options.explain_dir is not None

    def show(self, name: str, picture: Any) -> None:
        """Hand an intermediate picture (RGB or grey, any real dtype already scaled to 0..255) to whoever
        asked."""
        if not self.explaining:
            return
        array = np.clip(np.asarray(picture, np.float32), 0, 255).astype(np.uint8)
        if array.ndim == 2:
            array = np.repeat(array[..., None], 3, 2)
        self.pictures += 1
        name = f"{self.pictures:02d}-{name}"
        if self.options.explain is not None:
            self.options.explain(name, array)
        if self.options.explain_dir is not None:
            from prodgen_django.imagefile import encode_image

            folder = Path(self.options.explain_dir)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(
                encode_image(array, format="png", source_type="compositeCapture")
            )
