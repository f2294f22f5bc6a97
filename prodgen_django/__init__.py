"""A shop's own image studio as a reusable Django app."""

__version__ = "0.1.0"
