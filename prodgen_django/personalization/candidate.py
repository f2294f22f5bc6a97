"""Pictures as a page's query brings them: what could be shown of a product."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prodgen_django.personalization.features import picture_vector
from prodgen_django.personalization.space import Vector

if TYPE_CHECKING:
    from prodgen_django.models import GeneratedImage


class Facts:
    """What the database says of a picture by itself, taken from its row once a process: see `facts_of`."""

    __slots__ = ("height", "kind", "name", "palette", "renditions", "style", "tags", "title", "width")

    def __init__(
        self,
        renditions: str,
        tags: str,
        palette: str,
        name: str,
        title: str,
        kind: str,
        width: int,
        height: int,
    ) -> None:
        self.renditions, self.name, self.title, self.kind = renditions, name, title, kind
        self.width, self.height = width, height
        self.tags, self.palette = words_of(tags), words_of(palette)
        # An array: the policy puts many of them together.
        self.style = np.array(picture_vector(self.tags, self.palette))


class Candidate(NamedTuple):
    """A published picture as the page's query brings it, and an `Arm` of the policy. A page makes hundreds."""

    id: int
    product_id: Any
    facts: Facts
    #: What is known of it by itself (`models.PictureRecord`).
    surplus: float = 0.0
    information: float = 0.0

    @property
    def style(self) -> Vector:
        return self.facts.style

    def instance(self) -> GeneratedImage:
        """The picture as a model instance; what the page's query did not read is deferred."""
        from prodgen_django.models import GeneratedImage

        facts = self.facts
        values = {
            "id": self.id,
            "product_id": self.product_id,
            "renditions": json.loads(facts.renditions or "[]"),
            "tags": list(facts.tags),
            "palette": list(facts.palette),
            "file": facts.name,
            "title": facts.title,
            "kind": facts.kind,
            "width": facts.width,
            "height": facts.height,
            "state": GeneratedImage.State.PUBLISHED,
        }
        # `from_db` takes the values in the order of the model's fields, whatever the names say.
        names = [f.attname for f in GeneratedImage._meta.concrete_fields if f.attname in values]
        return GeneratedImage.from_db(None, names, [values[name] for name in names])


@dataclass(frozen=True)
class Own:
    """One of the shop's own pictures."""

    name: str
    caption: str


@lru_cache(maxsize=8192)
def facts_of(*columns: Any) -> Facts:
    """Cached by all that it is made of, so never stale; the same pictures are on many pages."""
    return Facts(*columns)


@lru_cache(maxsize=4096)
def words_of(text: str | None) -> tuple[str, ...]:
    """A JSON list of strings; cached by its text, so what it holds can never be stale."""
    found = json.loads(text or "[]")
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()
