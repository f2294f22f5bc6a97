"""How we read a shop's products and put pictures back."""

from prodgen_django.catalog.base import Catalog, CatalogError, Photo, get_catalog
from prodgen_django.catalog.keys import key_of, parent_key_of

__all__ = ["Catalog", "CatalogError", "Photo", "get_catalog", "key_of", "parent_key_of"]
