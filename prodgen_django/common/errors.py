"""How an engine refuses: a stable code for programs and a sentence for people."""

from __future__ import annotations

__all__ = ["CodedError"]


class CodedError(ValueError):
    """Something cannot be done, and why.

    Attributes:
        code: stable and machine-readable; each engine lists its own.
        message: one sentence for the person who can mend it. It never holds a path, a traceback or anything else of
            the machine.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message

    def __str__(self) -> str:
        return self.message
