"""What a person is told when a picture cannot be used."""

from __future__ import annotations


class ImageRejected(ValueError):
    """A picture that is not let in.

    `code` is stable and machine-readable (see docs/reference/bad-images.md); `message` is one sentence
    for the person who can mend it. It never holds a path, a traceback or anything else from the machine.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
