"""Surroundings painted by a large diffusion model about the untouched product. Needs the extra `diffusion`.

The model fills in everything outside the product (inpainting through `diffusers`); the photograph's own pixels are laid
over what it made by `stage`, so that the fidelity certificate holds whatever the model does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .color import Float, Pixels

__all__ = ["SOURCE_TYPE", "DiffusionUnavailable", "paint_surroundings"]

SOURCE_TYPE = "trainedAlgorithmicMedia"
"""What the painted surroundings are; with the photographed product the whole is a composite."""

AVOID = "text, letters, watermark, logo, people, hands, frame, border, deformed, second product"
_STEP = 32  # widths and heights that every family of models takes


class DiffusionUnavailable(RuntimeError):
    """The model that was asked for cannot be had or run. The message says what is missing."""


def paint_surroundings(
    picture: Pixels,
    mask: Float,
    words: str,
    options: Mapping[str, Any],
    *,
    seed: int = 0,
    device: str = "auto",
    on_step: Callable[[float], None] | None = None,
) -> Pixels:
    """uint8 h×w×3: `picture` (uint8 h×w×3, the product on a bare canvas) with everything painted anew where `mask`
    (float32 h×w in [0, 1], the product) is below one half.

    `words`: what is to be seen about the product. `options`: {"model": a folder of weights, or a name that diffusers
    knows and fetches on first use; "steps": 30; "guidance": 7.0; "side": 1024, the longer side in pixels at which the
    model works; "avoid": what is not to be seen; "dtype": "auto", "float32", "float16" or "bfloat16"}. Only safetensors
    are loaded. `on_step` is told the share of steps done and may raise, to stop. The same arguments give the same
    picture on the same machine. Raises DiffusionUnavailable, and ValueError where the mask leaves nothing to paint.
    """
    import torch

    if picture.shape[:2] != mask.shape:
        raise ValueError(f"the mask is {mask.shape}, the picture {picture.shape[:2]}")
    outside = mask < 0.5
    if not outside.any():
        raise ValueError("the product fills the whole picture: there is nothing to paint")
    device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    pipeline = _pipeline(str(options["model"]), str(options.get("dtype", "auto")), device)
    height, width = mask.shape
    size = _working_size(width, height, int(options.get("side", 1024)))
    image = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    hole = cv2.resize(outside.astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST)
    wanted = {
        "prompt": words,
        "negative_prompt": str(options.get("avoid", AVOID)),
        "num_inference_steps": int(options.get("steps", 30)),
        "guidance_scale": float(options.get("guidance", 7.0)),
        "strength": 1.0,
    }
    made = _run(pipeline, image, hole, wanted, seed, on_step)
    return cv2.resize(made, (width, height), interpolation=cv2.INTER_CUBIC)


def _run(
    pipeline: Any,
    image: Pixels,
    hole: Pixels,
    wanted: Mapping[str, Any],
    seed: int,
    on_step: Callable[[float], None] | None,
) -> Pixels:
    import inspect

    import torch
    from PIL import Image

    taken = inspect.signature(pipeline.__call__).parameters
    steps = max(1, wanted["num_inference_steps"])

    def told(_pipeline: Any, step: int, _time: Any, state: dict[str, Any]) -> dict[str, Any]:
        if on_step is not None:
            on_step((step + 1) / steps)
        return state

    arguments = {name: value for name, value in wanted.items() if name in taken}
    if "callback_on_step_end" in taken:
        arguments["callback_on_step_end"] = told
    try:
        result = pipeline(
            image=Image.fromarray(image),
            mask_image=Image.fromarray(hole),
            height=image.shape[0],
            width=image.shape[1],
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="np",
            **arguments,
        )
    except torch.OutOfMemoryError as error:
        raise DiffusionUnavailable(
            "The model does not fit this machine's memory: choose a smaller one or a smaller side."
        ) from error
    pixels = np.nan_to_num(np.asarray(result.images[0], np.float32), nan=0.5)
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def _working_size(width: int, height: int, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height))
    return (
        max(_STEP, round(width * scale / _STEP) * _STEP),
        max(_STEP, round(height * scale / _STEP) * _STEP),
    )


@lru_cache(maxsize=1)
def _pipeline(model: str, dtype: str, device: str) -> Any:
    import torch

    try:
        from diffusers import AutoPipelineForInpainting
    except (ImportError, RuntimeError) as error:
        raise DiffusionUnavailable(
            "diffusers is not installed: pip install 'prodgen-django[diffusion]'"
        ) from error
    half = torch.float16 if device.startswith("cuda") else torch.float32
    types = {"auto": half, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if dtype not in types:
        raise DiffusionUnavailable(f"dtype is {dtype!r}, but may be {', '.join(types)}.")
    folder = Path(model)
    local = folder.is_absolute() or folder.is_dir()
    if local and not (folder / "model_index.json").is_file():
        raise DiffusionUnavailable(f"There is no diffusion model in {folder.name}.")
    try:
        pipeline = AutoPipelineForInpainting.from_pretrained(
            model, dtype=types[dtype], use_safetensors=True, local_files_only=local
        )
    except Exception as error:  # of diffusers, transformers, the file or the download
        raise DiffusionUnavailable(f"The model {folder.name!r} could not be loaded: {error}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)
