"""Cut-outs by a network of the rembg package, for shops that prefer one. Needs the extra `rembg`.

The network says roughly where the product is; the outline is refined at the photograph's size as our own is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .color import Float, Pixels
from .matting import CutOut, refine, shrink

__all__ = ["MattingUnavailable", "rembg_cut_out"]

_SIDE = 1024  # networks look at 320 to 1024 px
_CUSTOM = "u2net_custom"


class MattingUnavailable(RuntimeError):
    """The network that was asked for cannot be had. The message says what is missing."""


def rembg_cut_out(image: Pixels, options: Mapping[str, Any]) -> CutOut:
    """The cut-out of a photograph, uint8 H×W×3.

    `options`: {"model": a name that rembg knows, "path": an ONNX file of one's own or None}. Without a path rembg
    fetches the model on first use, which is the one thing here that asks the network.
    Raises MattingUnavailable where rembg, its runtime or the file is missing.
    """
    from PIL import Image

    path = options.get("path")
    session = _session(str(options.get("model") or _CUSTOM), str(path) if path else None)
    small = shrink(image, _SIDE)
    try:
        masks = session.predict(Image.fromarray(small))
    except Exception as error:  # whatever a runtime raises for a model that is none
        raise MattingUnavailable(f"The network could not be run: {error}") from error
    surety = np.asarray(masks[0].convert("L"), np.float32) / 255
    mask = surety > 0.5
    if not mask.any():
        nothing = ("No product stands out from the background.",)
        return CutOut(np.zeros(image.shape[:2], np.float32), 0.0, nothing)
    confidence, reasons = _confidence(surety, mask)
    return CutOut(refine(image, mask), confidence, reasons)


@lru_cache(maxsize=2)
def _session(model: str, path: str | None) -> Any:
    try:
        from rembg import new_session
    # rembg ends the interpreter where onnxruntime is missing.
    except (ImportError, SystemExit) as error:
        raise MattingUnavailable("rembg is not installed: pip install 'prodgen-django[rembg]'") from error
    if path is not None and not Path(path).is_file():
        raise MattingUnavailable(f"There is no model at {Path(path).name}.")
    try:
        if path is None:
            return new_session(model)
        with _home(Path(path).resolve().parent):
            return new_session(_CUSTOM, model_path=str(Path(path).resolve()))
    except Exception as error:  # of rembg, onnxruntime or the download
        raise MattingUnavailable(f"The model {model!r} could not be loaded: {error}") from error


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """rembg takes a model of one's own only from its home folder, so the model's folder is that for the moment."""
    before = os.environ.get("REMBG_HOME")
    os.environ["REMBG_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["REMBG_HOME"]
        else:
            os.environ["REMBG_HOME"] = before


def _confidence(surety: Float, mask: np.ndarray) -> tuple[float, tuple[str, ...]]:
    """How far such a mask can be trusted, by the network's own doubt and by where the mask lies."""
    near = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) == 1
    doubt = float((np.minimum(surety, 1 - surety)[near]).mean())
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    witnesses = {
        "The network is unsure what is product.": np.clip((0.2 - doubt) / 0.15, 0, 1),
        "The product touches the edge of the photograph.": np.clip(1 - (rim.mean() - 0.02) / 0.2, 0, 1),
        "The product is very small in the photograph.": np.clip((mask.mean() - 0.01) / 0.05, 0, 1),
    }
    values = [float(value) for value in witnesses.values()]
    confidence = 0.6 * min(values) + 0.4 * float(np.mean(values))
    return round(confidence, 3), tuple(text for text, value in witnesses.items() if value < 0.5)
