"""GrabCut (Rother, Kolmogorov and Blake 2004) from a map of what stands out, or about an outline."""

from __future__ import annotations

import cv2
import numpy as np

from .background import Mask
from .color import Float, Pixels

_ITERATIONS = 3


def grab_cut(image: Pixels, saliency: Float, outside: Mask) -> Mask:
    """The product in uint8 h×w×3, started where `saliency` (float32 h×w, 0 to 1) is high and not at the border
    `outside`."""
    labels = np.full(image.shape[:2], cv2.GC_PR_FGD, np.uint8)
    cut, _ = cv2.threshold((saliency * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    labels[saliency * 255 <= cut] = cv2.GC_PR_BGD
    labels[saliency * 255 <= cut * 0.35] = cv2.GC_BGD
    if not (labels == cv2.GC_PR_FGD).any():
        return np.zeros(image.shape[:2], bool)
    labels[outside] = cv2.GC_PR_BGD
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(image, labels, None, background, foreground, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # too few pixels of one side for a colour model: a uniform picture
        return np.zeros(image.shape[:2], bool)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def grab_band(image: Pixels, body: Mask) -> Mask:
    """GrabCut that may move the outline of `body` by a few pixels only."""
    reach = max(3, round(0.022 * max(body.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    byte = body.astype(np.uint8)
    labels = np.where(body, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(byte, kernel) == 1] = cv2.GC_FGD
    labels[cv2.dilate(byte, kernel) == 0] = cv2.GC_BGD
    if not (labels == cv2.GC_FGD).any() or not (labels == cv2.GC_BGD).any():
        return body
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(image, labels, None, background, foreground, 2, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return body
    moved = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    thin = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(moved.astype(np.uint8), cv2.MORPH_OPEN, thin)
    return (opened == 1) | (moved & (labels == cv2.GC_FGD))
