"""Cut-outs: where a photograph's product is, to the hair, and whether a judge would find fault with it.

`network` is what was taught, `looking` asks it, `edges` brings its answer to the photograph's size, `inspector` judges
it, and `cutout` is what others call. Knows NumPy, OpenCV and torch; torch is loaded with the first photograph.
"""

from .cutout import (
    CutOut,
    cut_out,
    cut_out_brought,
    cut_out_by_hand,
    cut_out_report,
    judged,
    refine,
)
from .edges import Mask, enlarged, foreground, shrink
from .inspector import NOTHING, POOR, Judgement, Place
from .looking import Box

__all__ = [
    "NOTHING",
    "POOR",
    "Box",
    "CutOut",
    "Judgement",
    "Mask",
    "Place",
    "cut_out",
    "cut_out_brought",
    "cut_out_by_hand",
    "cut_out_report",
    "enlarged",
    "foreground",
    "judged",
    "refine",
    "shrink",
]
