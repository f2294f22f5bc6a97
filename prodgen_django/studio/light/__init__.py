"""Light from trained networks: what falls on an empty scene (`scene_light`), and what a product takes from it
(`shadow_left`).

`geometry.py` says what the networks are told, `lighting.py` asks them, `styled.py` gives a style its light; `pairs.py`
and the two trainings are for whoever trains them again (`python -m prodgen_django.studio.light`).
"""

from .geometry import Light
from .lighting import floor_below, scene_light, shadow_left

__all__ = ["Light", "floor_below", "scene_light", "shadow_left"]
