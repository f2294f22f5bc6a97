"""Lines of lettering in a picture: where a channel forbids them, a person is told where they stand."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .color import Pixels

__all__ = ["text_boxes"]

Box = tuple[int, int, int, int]

_SIDE = 1000  # lettering that a customer can read is found at this size
_LEAST = 4  # signs that make a line


def text_boxes(pixels: Pixels, region: npt.NDArray[np.bool_] | None = None) -> list[Box]:
    """Rows of like-sized signs in uint8 h×w×3, as (left, top, right, bottom) in its pixels.

    `region` (bool h×w): where to look; a sign counts if it lies in it. Signs are dark on pale or pale on dark, at
    least 8 px of 1000 high. Four or more of like height on one line, close to each other, are lettering; so are four
    buttons in a row, which is why a finding is told with its place.
    """
    scale = min(1.0, _SIDE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    grey = cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    where = None
    if region is not None:
        where = cv2.resize(region.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) == 1
        if not where.any():
            return []
    found: list[Box] = []
    for plane in (grey, 255 - grey):
        signs = _signs(plane, where)
        for line in _lines(signs):
            boxes = signs[line]
            left, top = boxes[:, 0].min(), boxes[:, 1].min()
            right, bottom = (boxes[:, 0] + boxes[:, 2]).max(), (boxes[:, 1] + boxes[:, 3]).max()
            found.append(tuple(round(float(v) / scale) for v in (left, top, right, bottom)))
    return found


def _signs(grey: npt.NDArray[np.uint8], where: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
    """Small dark things with a clear edge, N×4: left, top, width, height."""
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8))
    dark = ((ground.astype(np.int16) - grey) > 40).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(dark, connectivity=8)
    del labels
    boxes = stats[1:, :4].astype(np.int64)
    area = stats[1:, cv2.CC_STAT_AREA]
    width, height = boxes[:, 2], boxes[:, 3]
    like = (height >= 8) & (height <= 120) & (width <= 2.2 * height) & (width >= 0.08 * height)
    filled = area / np.maximum(width * height, 1)
    like &= (filled > 0.15) & (filled < 0.98) | (width < 0.4 * height) & (filled > 0.15)
    if where is not None and len(boxes):
        x, y = np.rint(centres[1:]).astype(int).T
        like &= where[np.clip(y, 0, where.shape[0] - 1), np.clip(x, 0, where.shape[1] - 1)]
    return boxes[like]


def _lines(signs: npt.NDArray[np.int64]) -> list[list[int]]:
    """Which signs stand in one row: like height, on one base, and no wider apart than a word from the next."""
    order = list(np.argsort(signs[:, 0])) if len(signs) else []
    lines: list[list[int]] = []
    for k in order:
        left, top, _, height = signs[k]
        for line in lines:
            _, t, _, h = signs[line[-1]]
            end = signs[line[-1]][0] + signs[line[-1]][2]
            alike = 0.5 < height / h < 2.0 and abs((top + height) - (t + h)) < 0.35 * max(h, height)
            if alike and -0.2 * h < left - end < 1.3 * max(h, height):
                line.append(int(k))
                break
        else:
            lines.append([int(k)])
    return [line for line in lines if len(line) >= _LEAST]
