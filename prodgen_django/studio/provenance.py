"""Which IPTC DigitalSourceType a picture of several parts has, by what really happened."""

from __future__ import annotations

from collections.abc import Iterable

_TRAINED = {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"}


def combined_source_type(parts: Iterable[str]) -> str:
    """The source type of a picture that was composed of parts with these source types.

    Photographs and drawn backdrops give "compositeCapture"; with a part from a trained model the whole is
    "compositeWithTrainedAlgorithmicMedia"; if every part is, "trainedAlgorithmicMedia"; if nothing was
    photographed and no model had a part, "algorithmicMedia". A trained part is never talked away.
    """
    kinds = list(parts)
    if not kinds:
        raise ValueError("a picture has at least one part")
    if all(kind == "trainedAlgorithmicMedia" for kind in kinds):
        return "trainedAlgorithmicMedia"
    if _TRAINED.intersection(kinds):
        return "compositeWithTrainedAlgorithmicMedia"
    if all(kind == "algorithmicMedia" for kind in kinds):
        return "algorithmicMedia"
    return "digitalCapture" if kinds == ["digitalCapture"] else "compositeCapture"
