"""A clock for tests: a budget in seconds then means so many steps, on a busy machine as on a quiet one."""

from __future__ import annotations


class Ticking:
    """Goes on by ``step`` seconds each time it is read."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now
