"""How we read a shop's products and put pictures back."""

from prodgen_django.catalog.base import Catalog, CatalogError, Photo, get_catalog

__all__ = ["Catalog", "CatalogError", "Photo", "get_catalog"]
