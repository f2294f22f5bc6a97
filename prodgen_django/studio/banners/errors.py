"""What goes wrong with a banner."""

from __future__ import annotations


class BannerError(ValueError):
    """A banner that cannot be made. `code` is stable; the message is for the person who can mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
