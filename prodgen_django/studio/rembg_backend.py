"""Cut-outs by a network of the rembg package, for shops that prefer one. Needs the extra `rembg`.

Its soft alpha is kept, brought to the photograph's size by the photograph's colours, and judged as our own is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .color import Pixels
from .matting import Box, CutOut, cut_out_report, judged, shrink
from .matting.looking import part_of

__all__ = ["LICENCES", "MattingUnavailable", "rembg_cut_out"]

LICENCES = {
    "bria-rmbg": "CC BY-NC 4.0",
    "birefnet-general": "MIT",
    "birefnet-general-lite": "MIT",
    "isnet-general-use": "Apache-2.0",
    "silueta": "Apache-2.0",
    "u2net": "Apache-2.0",
    "u2netp": "Apache-2.0",
}
"""Of weights that rembg fetches, as their makers state it."""

_FORBIDS = re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE)

_SIDE = 1024  # networks look at 320 to 1024 px
_CUSTOM = "u2net_custom"


class MattingUnavailable(RuntimeError):
    """The network that was asked for cannot be had. The message says what is missing."""


def rembg_cut_out(image: Pixels, options: Mapping[str, Any], box: Box | None = None) -> CutOut:
    """The cut-out of a photograph, uint8 H×W×3: the network's own soft alpha, judged by our inspector.

    `box`: as `cut_out_report` takes it; the network then sees nothing else.
    `options`: "model", a name that rembg knows, or "path", an ONNX file of one's own; "licence", what the weights are
    under; "non_commercial", whether the shop may use weights that are not for shops; "beside", whether our own cut-out
    is made as well and the one that is trusted more is taken. Without a path rembg fetches the model on first use,
    which is the one thing here that asks the network.
    Raises MattingUnavailable where rembg, its runtime or the file is missing, or the licence forbids it.
    """
    from PIL import Image

    path, model = options.get("path"), str(options.get("model") or _CUSTOM)
    _may_be_used(model, str(options.get("licence") or LICENCES.get(model, "")), options)
    session = _session(model, str(path) if path else None)
    part = part_of(box or (0, 0, 1, 1), image.shape)
    small = shrink(image[part.slices], _SIDE)
    try:
        masks = session.predict(Image.fromarray(small))
    except Exception as error:  # whatever a runtime raises for a model that is none
        raise MattingUnavailable(f"The network could not be run: {error}") from error
    alpha = np.zeros(image.shape[:2], np.float32)
    found = np.asarray(masks[0].convert("L"), np.float32) / 255
    alpha[part.slices] = cv2.resize(found, (part.right - part.left, part.bottom - part.top))
    theirs = judged(image, alpha)
    if not options.get("beside"):
        return theirs
    return max(cut_out_report(image, box), theirs, key=lambda cut: cut.confidence)


def _may_be_used(model: str, licence: str, options: Mapping[str, Any]) -> None:
    if _FORBIDS.search(licence) and not options.get("non_commercial"):
        raise MattingUnavailable(
            f"The weights of {model!r} are under {licence}, which is not for shops. If their maker has given you "
            "another licence, set PRODGEN['MATTING']['rembg']['non_commercial'] to True."
        )


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
