"""A drawn product on a drawn ground, so that the truth is known."""

from tests.pictures import vase

__all__ = ["vase"]
