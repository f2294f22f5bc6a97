"""What `stitch()` raises when it will not guess."""

from __future__ import annotations

from prodgen_django.common.errors import CodedError

ADVICE: dict[str, str] = {
    "no_overlap": (
        "{what} Photograph neighbouring pictures so that each shares about a third of its width with "
        "the next, or choose a grid, row or column to put them side by side."
    ),
    "ambiguous": (
        "{what} Lay something that does not repeat (a label, a coin) where neighbouring pictures overlap, or "
        "include an edge, and overlap about a half."
    ),
    "too_few_features": (
        "{what} Photograph closer or with light from the side so that the fabric or surface shows its "
        "texture, keep the picture sharp, and overlap about a half."
    ),
    "too_large": "{what} Use fewer or smaller photographs, a narrower field of view, or allow more pixels.",
    "bad_input": "{what}",
}


class StitchError(CodedError):
    """The photographs cannot be stitched, and why.

    Attributes:
        code: one of `no_overlap`, `ambiguous`, `too_few_features`, `too_large`, `bad_input`.
        message: a sentence for the person who took the photographs, with what to do differently.
        details: JSON-serialisable facts behind the sentence (per-input reasons, measured values).
    """

    def __init__(self, code: str, message: str, details: dict[str, object] | None = None) -> None:
        super().__init__(code, message)
        self.details = details or {}

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own would forget the details.
        return (type(self), (self.code, self.message, self.details))


def refusal(code: str, what: str, details: dict[str, object] | None = None) -> StitchError:
    """A `StitchError` whose message ends in what to photograph differently."""
    return StitchError(code, ADVICE[code].format(what=what), details)
