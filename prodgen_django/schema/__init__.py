"""What a settings dict may hold: kinds of value, keys, and the reader that judges a dict by them.

Knows no key of ``PRODGEN`` (those stand in conf.py) and imports nothing heavy: what a dotted path names is imported
only by `Dotted.resolve`.
"""

from .kinds import (
    REQUIRED,
    Dotted,
    Fault,
    Folder,
    Key,
    Kind,
    Named,
    Network,
    Nothing,
    Number,
    OneOf,
    StorageName,
    Switch,
    Text,
    Whole,
    nearest,
)
from .nested import DictOf, Either, ListOf, Record
from .reading import Reader, where

__all__ = [
    "REQUIRED",
    "DictOf",
    "Dotted",
    "Either",
    "Fault",
    "Folder",
    "Key",
    "Kind",
    "ListOf",
    "Named",
    "Network",
    "Nothing",
    "Number",
    "OneOf",
    "Reader",
    "Record",
    "StorageName",
    "Switch",
    "Text",
    "Whole",
    "nearest",
    "where",
]
