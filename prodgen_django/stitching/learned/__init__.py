"""What stitching has learnt: light that remains after the deterministic correction, and whether a match is true.

Using it needs NumPy and OpenCV alone; torch is imported only by the modules that train.
"""

from .grids import Correction
from .light import Touch, shipped, touch_up

__all__ = ["Correction", "Touch", "shipped", "touch_up"]
