"""From a seller's photograph to a shop's picture, with proof that the product is unaltered."""

from .fidelity import Fidelity, certify
from .matting import CutOut, cut_out, cut_out_report, foreground

__all__ = ["CutOut", "Fidelity", "certify", "cut_out", "cut_out_report", "foreground"]
