"""One module a job kind: display, concept, campaign, stitch, train. Item in, pictures out.

The only place where models and engines meet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed, ItemPlan, Outcome, Picture, Recipe, Workbench, WorkItem
from prodgen_django.schema import where

__all__ = [
    "ItemFailed",
    "ItemPlan",
    "Outcome",
    "Picture",
    "Recipe",
    "WorkItem",
    "Workbench",
    "get_recipe",
    "recipe_kinds",
]

BUILT_IN = {
    "display": "prodgen_django.recipes.display.DisplayRecipe",
    "concept": "prodgen_django.recipes.concept.ConceptRecipe",
    "campaign": "prodgen_django.recipes.campaign.CampaignRecipe",
    "stitch": "prodgen_django.recipes.stitch.StitchRecipe",
    "segments": "prodgen_django.recipes.segments.SegmentsRecipe",
    "export": "prodgen_django.recipes.export.ExportRecipe",
    "train": "prodgen_django.recipes.train.TrainRecipe",
}


def recipe_kinds() -> dict[str, Any]:
    """Every job kind with its recipe's dotted path; a shop's own replace built-in ones of the same name."""
    return {**BUILT_IN, **settings.RECIPES}


@lru_cache(maxsize=32)
def _recipe(kind: str, path: Any) -> Recipe:
    own = settings.imported("RECIPES", kind)
    if own is None:
        return import_string(path)()
    try:
        return own()
    except Exception as error:  # whatever the shop's own class raises
        raise ImproperlyConfigured(
            f"{where('RECIPES')}[{kind!r}] is {path!r}, which cannot be made: {error}"
        ) from error


def get_recipe(kind: str) -> Recipe:
    """The recipe of a kind. Raises LookupError for an unknown one, ImproperlyConfigured where the shop's is none."""
    try:
        return _recipe(kind, recipe_kinds()[kind])
    except KeyError:
        raise LookupError(f"no recipe of kind {kind!r}") from None
