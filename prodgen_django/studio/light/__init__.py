"""The light of a scene: what a product takes from it, by a trained network (`shadow_left`), and what falls on it while
it is empty: rendered light that ships (`styled.py`), or a generator's that a shop has trained (`scene_light`).

`geometry.py` says what the networks are told, `lighting.py` asks them, `styled.py` gives a style its light; `pairs.py`
and the two trainings are for whoever trains them again (`python -m prodgen_django.studio.light`).
"""

from .geometry import Light
from .lighting import floor_below, scene_light, shadow_left

__all__ = ["Light", "floor_below", "scene_light", "shadow_left"]
