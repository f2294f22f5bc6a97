"""Campaign pictures: products, words and a brand, laid out for every size of a campaign.

Names are brought in when they are first used, so that a form may list sizes without NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .brief import BannerError, Brand, Brief, Shown
    from .directions import Look, looks
    from .families import FAMILIES
    from .fonts import lacking_package, missing_scripts
    from .formats import FORMATS, GROUPS, Format
    from .layers import layered_svg
    from .making import Banner, Campaign

_HOMES = {
    "Banner": "making",
    "BannerError": "brief",
    "Brand": "brief",
    "Brief": "brief",
    "Campaign": "making",
    "FAMILIES": "families",
    "FORMATS": "formats",
    "Format": "formats",
    "GROUPS": "formats",
    "Look": "directions",
    "Shown": "brief",
    "lacking_package": "fonts",
    "layered_svg": "layers",
    "looks": "directions",
    "missing_scripts": "fonts",
}

__all__ = [
    "FAMILIES",
    "FORMATS",
    "GROUPS",
    "Banner",
    "BannerError",
    "Brand",
    "Brief",
    "Campaign",
    "Format",
    "Look",
    "Shown",
    "lacking_package",
    "layered_svg",
    "looks",
    "missing_scripts",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)

    globals()[name] = value
    return value
