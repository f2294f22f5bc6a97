"""What a recipe reports beside its pictures, in sentences for the shop admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def report_in_words(kind: str, report: Mapping[str, Any]) -> list[str]:
    """Sentences about an item's report. A recipe's own ``sentences`` come first; figures unknown to us are
    left out.
    """
    return [str(sentence) for sentence in report.get("sentences", ())]
