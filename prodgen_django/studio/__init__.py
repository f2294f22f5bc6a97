"""From a seller's photograph to a shop's picture, with proof that the product is unaltered.

Names are brought in when they are first used: a web process that only lists backdrops or channels loads neither
OpenCV nor NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backdrop import Backdrop, backdrops
    from .brought import brought_alpha
    from .channels import CHANNELS, Channel, Rule
    from .checking import ChannelReport, RuleResult, check_channel
    from .color import palette, style_tags
    from .consistency import Look, common_look, measure_look, outliers
    from .export import Exported, ExportError, export_for_channel
    from .fidelity import Fidelity, certify, thresholds_for
    from .matting import CutOut, cut_out, cut_out_brought, cut_out_by_hand, cut_out_report, foreground, refine
    from .provenance import combined_source_type
    from .review import PhotoQuality, photo_quality
    from .staging import Staged, StagingError, stage

_HOMES = {
    "Backdrop": "backdrop",
    "CHANNELS": "channels",
    "Channel": "channels",
    "ChannelReport": "checking",
    "CutOut": "matting",
    "ExportError": "export",
    "Exported": "export",
    "Fidelity": "fidelity",
    "Look": "consistency",
    "PhotoQuality": "review",
    "Rule": "channels",
    "RuleResult": "checking",
    "Staged": "staging",
    "StagingError": "staging",
    "backdrops": "backdrop",
    "brought_alpha": "brought",
    "certify": "fidelity",
    "check_channel": "checking",
    "common_look": "consistency",
    "combined_source_type": "provenance",
    "cut_out": "matting",
    "cut_out_brought": "matting",
    "cut_out_by_hand": "matting",
    "cut_out_report": "matting",
    "export_for_channel": "export",
    "foreground": "matting",
    "measure_look": "consistency",
    "outliers": "consistency",
    "palette": "color",
    "photo_quality": "review",
    "refine": "matting",
    "stage": "staging",
    "style_tags": "color",
    "thresholds_for": "fidelity",
}

__all__ = [
    "CHANNELS",
    "Backdrop",
    "Channel",
    "ChannelReport",
    "CutOut",
    "ExportError",
    "Exported",
    "Fidelity",
    "Look",
    "PhotoQuality",
    "Rule",
    "RuleResult",
    "Staged",
    "StagingError",
    "backdrops",
    "brought_alpha",
    "certify",
    "check_channel",
    "combined_source_type",
    "common_look",
    "cut_out",
    "cut_out_brought",
    "cut_out_by_hand",
    "cut_out_report",
    "export_for_channel",
    "foreground",
    "measure_look",
    "outliers",
    "palette",
    "photo_quality",
    "refine",
    "stage",
    "style_tags",
    "thresholds_for",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
